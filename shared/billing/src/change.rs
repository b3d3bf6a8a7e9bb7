//! A change of an account: items to write, all or none, and what the journal says of it.
//!
//! Decisions make it; the store writes it in one transaction, each item under the version that it
//! was read at.

use std::collections::BTreeMap;

use crate::account::Standing;
use crate::advice::Advice;
use crate::alerts::{Alerted, Watch};
use crate::api_key::AccountKey;
use crate::bill::Bill;
use crate::cancellation::Blockers;
use crate::credits;
use crate::credits::holds::Numbers;
use crate::credits::ledger::LedgerEntry;
use crate::credits::pages::{LedgerPage, TokensUsed};
use crate::credits::purchase::Purchase;
use crate::credits::reservation::Reservation;
use crate::dispute::Dispute;
use crate::family::listed::ListedSubAccount;
use crate::family::payers::Payers;
use crate::ids::{AccountId, CustomerId, InvoiceId, PaymentIntentId, PurchaseId};
use crate::intent::Intent;
use crate::invoice::Invoice;
use crate::journal::Entry;
use crate::member::Member;
use crate::month::Month;
use crate::on_file::OnFile;
use crate::paying::Paying;
use crate::preview::Preview;
use crate::price_change::Notice;
use crate::profile::Profile;
use crate::receipt::Receipt;
use crate::request::UsedKey;
use crate::session::{Session, SignIn};
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::usage::correction::Corrected;
use crate::usage::{Held, Usage};

/// A change of an account that its journal tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Standing: always written, because its version guards the decision and orders the journal.
    pub standing: Standing,
    /// Other items.
    pub writes: Vec<Write>,
    /// Entries of the journal, oldest first.
    pub entries: Vec<Entry>,
}

/// One item that is written. An item that carries a version is written under it: 0 is the version
/// of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The standing, where nothing happened that the journal tells of.
    Standing(Standing),
    /// Nothing is written: the standing must be at this version.
    StandingAt(u64),
    /// The profile.
    Profile(Profile),
    /// One invoice.
    Invoice(Invoice),
    /// Place of an invoice among the account's by date: written once, when its terms are agreed.
    InvoiceIssued(InvoiceId, Timestamp),
    /// One subscription.
    Subscription(Subscription),
    /// A member, new or changed.
    Member(Member),
    /// A member who leaves.
    MemberRemoved(Member),
    /// A link that opens a session of the dashboard, or its use.
    SignIn(SignIn),
    /// A session of the dashboard.
    Session(Session),
    /// A session of the dashboard that is ended, by the hash of its secret.
    SessionEnded(String),
    /// All sessions of the account are ended: the turn that was read, and the next one begins.
    TurnEnded(u64),
    /// Cancellation blockers, as the vendor reports them.
    Blockers(Blockers),
    /// An API key of the account, new.
    KeyCreated(AccountKey),
    /// An API key that opens nothing any more.
    KeyRevoked(AccountKey),
    /// The key of that hash, which the request came with, must still open.
    KeyStands(String),
    /// A Stripe customer, linked to the account for ever.
    CustomerLink(CustomerId),
    /// An effect at Stripe, as far as it has come.
    Intent(Intent),
    /// The use of an Idempotency-Key, by its fingerprint: new, or in the place of a forgotten one.
    UsedKey(String, UsedKey),
    /// The payment method on file.
    OnFile(OnFile),
    /// A payment of an invoice that we ask for.
    Paying(Paying),
    /// A preview of a change.
    Preview(Preview),
    /// An announced price, as the account was told of it.
    PriceNotice(Notice),
    /// The alert of the account, and what it was notified of.
    Watch(Watch),
    /// A notification of an exceeded threshold: new.
    Alerted(Alerted),
    /// A fact that was refused, by its event: new.
    FactRefused(String),
    /// A bill.
    Bill(Bill),
    /// Counted usage, corrected by staff: new, under its counters as they were read.
    UsageCorrected(Box<Corrected>),
    /// A month, closed under its counters as they were read.
    MonthClosed {
        /// Month.
        month: Month,
        /// Counters as they were read.
        counted: Usage,
        /// Resources that must not have been counted meanwhile for the first time.
        resources: Vec<String>,
    },
    /// Usage of a month for which a parent pays, with the bill of one of the parent's months.
    Share {
        /// The parent.
        parent: AccountId,
        /// The parent's month.
        billed: Month,
        /// The month in which it was used.
        month: Month,
        /// The usage.
        usage: Usage,
    },
    /// Levels that go on in a month, where nobody reported any meanwhile.
    LevelsCarried {
        /// Month that begins with them.
        month: Month,
        /// Levels by resource.
        levels: BTreeMap<String, Held>,
    },
    /// The numbers of the account's credits.
    Credits(Box<Numbers>),
    /// An entry of the credits' ledger, new.
    LedgerEntry(LedgerEntry),
    /// A page of the credits' ledger, new.
    LedgerPage(LedgerPage),
    /// Tokens that deductions used in a month, added to what is counted.
    TokensUsed(TokensUsed),
    /// A reservation of tokens.
    Reservation(Reservation),
    /// A dispute of a payment.
    Dispute(Box<Dispute>),
    /// The invoice that a disputed payment paid, for ever: new.
    InvoicePaymentLink(PaymentIntentId, Option<InvoiceId>),
    /// A purchase of credits.
    Purchase(Purchase),
    /// A customer's advice of a transfer.
    Advice(Box<Advice>),
    /// Money that came outside of Stripe.
    Receipt(Box<Receipt>),
    /// Payers of a sub-account.
    Payers(Payers),
    /// A sub-account in its parent's list.
    SubAccount(Box<ListedSubAccount>),
    /// A sub-account that leaves its parent's list.
    SubAccountRemoved(Box<ListedSubAccount>),
    /// The purchase that a payment paid, for ever: new.
    PaymentLink(PaymentIntentId, PurchaseId),
}

impl Change {
    /// The change with one more item.
    #[must_use]
    pub fn with(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// The change with more items.
    #[must_use]
    pub fn with_all(mut self, writes: impl IntoIterator<Item = Write>) -> Self {
        self.writes.extend(writes);
        self
    }

    /// True if it says no more than that Stripe is to be read: what was told of one second leaves
    /// an object open.
    pub fn is_doubt(&self) -> bool {
        let is_open = |write: &Write| {
            matches!(write, Write::Subscription(it) if it.ambiguous)
                || matches!(write, Write::Profile(it) if it.ambiguous)
        };
        self.writes.iter().any(is_open)
    }

    /// The subscription among the items, if one changed.
    pub fn subscription(&self) -> Option<&Subscription> {
        self.writes.iter().find_map(|write| {
            if let Write::Subscription(subscription) = write { Some(subscription) } else { None }
        })
    }
}

impl credits::Change {
    /// Items of a decision about credits. The numbers are always among them, also where nothing of
    /// them changes: then they must only be as they were read.
    pub fn writes(&self) -> Vec<Write> {
        let mut writes = vec![Write::Credits(Box::new(self.numbers()))];

        writes.extend(self.entry.clone().map(Write::LedgerEntry));
        if let Some(turn) = &self.turn {
            writes.extend(turn.page().map(Write::LedgerPage));
            writes.extend(turn.used().into_iter().map(Write::TokensUsed));
        }
        writes.extend(self.reservation.clone().map(Write::Reservation));
        if let Some(purchase) = &self.purchase {
            let link = self.link.clone();
            writes.push(Write::Purchase(purchase.clone()));
            writes.extend(link.map(|payment| Write::PaymentLink(payment, purchase.id.clone())));
        }
        writes
    }
}
