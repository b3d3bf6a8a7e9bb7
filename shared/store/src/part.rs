//! Names of the parts of what is kept: the only home of entity names.

use billing::ids::{AccountId, BatchId, CustomerId, InvoiceId, MemberId, PurchaseId};
use billing::month::{Day, Month};
use billing::time::Timestamp;

use crate::keys::{self, Key};

/// One part of what is kept: about the account that is loaded, unless the part says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Standing: debts, plan and state.
    Standing,
    /// Profile: name, Stripe customer and billing details.
    Profile,
    /// One invoice.
    Invoice(InvoiceId),
    /// Credits: counted tokens and auto-recharge.
    Credits,
    /// Tokens that deductions used in a month, as far as they are on pages of the ledger.
    Tokens(Month),
    /// Counters of a metering month.
    Usage(Month),
    /// Counters of a day.
    UsageDay(Day),
    /// Latest level of each gauge.
    Gauges,
    /// Bill of a closed month.
    Bill(Month),
    /// Bill for the rest of a period, by the creation of its voided renewal.
    RestBill(Timestamp),
    /// Reported cancellation blockers.
    Blockers,
    /// Alert, and what the account was notified of.
    Watch,
    /// Place up to which the account's journal is published as events.
    Published,
    /// End of the account's shard of the feed.
    FeedEnd,
    /// One advice of a transfer, by its id.
    Advice(String),
    /// One member.
    Member(MemberId),
    /// One intent, by its id.
    Intent(String),
    /// Payment method on file.
    OnFile,
    /// Latest payment of an invoice that we asked for.
    Paying(InvoiceId),
    /// One preview of a change, by its id.
    Preview(String),
    /// One purchase of credits.
    Purchase(PurchaseId),
    /// One reservation of tokens, by its id.
    Reservation(String),
    /// One entry of the credits' ledger, by its id.
    LedgerEntry(String),
    /// Lease of the account.
    Lease,
    /// One session of the dashboard, by the hash of its secret.
    Session(String),
    /// Turn of the account's sessions.
    Turn,
    /// One link that opens a session, by the hash of its secret: of no account.
    SignIn(String),
    /// One link that opens a session of the staff desk, by the hash of its secret: of no account.
    StaffSignIn(String),
    /// One session of the staff desk, by the hash of its secret: of no account.
    StaffSession(String),
    /// Use of an Idempotency-Key, by its fingerprint: of no account.
    Request(String),
    /// Answer to a request with an Idempotency-Key, by its fingerprint: of no account.
    Answer(String),
    /// One counted chunk of a usage batch: of no account.
    UsageBatch(BatchId, usize),
    /// Payers of a sub-account.
    Payers,
    /// One sub-account of a parent.
    SubAccount(AccountId),
    /// Account of a Stripe customer: of no account.
    Link(CustomerId),
}

impl Part {
    /// Parts that tell what an account has used by now.
    pub fn used(now: Timestamp) -> Vec<Self> {
        vec![Self::Usage(Month::of(now)), Self::Gauges]
    }

    /// Parts that the cancellation check rests on (A5 to A10).
    pub fn cancellation(now: Timestamp) -> Vec<Self> {
        let mut parts = Self::used(now);
        parts.extend([Self::Standing, Self::Blockers]);
        parts
    }

    /// Primary key of the part; none for a part of an account where no account is loaded.
    pub(crate) fn key(&self, account: Option<&AccountId>) -> Option<Key> {
        match self {
            Self::Request(fingerprint) => Some(keys::request(fingerprint)),
            Self::Answer(fingerprint) => Some(keys::answer(fingerprint)),
            Self::UsageBatch(batch, chunk) => Some(keys::usage_batch(batch, *chunk)),
            Self::Link(customer) => Some(keys::link(customer)),
            Self::SignIn(hash) => Some(keys::sign_in(hash)),
            Self::StaffSignIn(hash) => Some(keys::staff_sign_in(hash)),
            Self::StaffSession(hash) => Some(keys::staff_session(hash)),
            Self::Standing => account.map(keys::standing),
            Self::Profile => account.map(keys::profile),
            Self::Invoice(id) => account.map(|account| keys::invoice(account, id)),
            Self::Credits => account.map(keys::credits),
            Self::Tokens(month) => account.map(|account| keys::tokens(account, *month)),
            Self::Usage(month) => account.map(|account| keys::usage(account, *month)),
            Self::UsageDay(day) => account.map(|account| keys::usage_day(account, *day)),
            Self::Gauges => account.map(keys::gauges),
            Self::Bill(month) => account.map(|account| keys::bill(account, *month)),
            Self::RestBill(renewal) => account.map(|account| keys::rest_bill(account, *renewal)),
            Self::Blockers => account.map(keys::blockers),
            Self::Watch => account.map(keys::watch),
            Self::OnFile => account.map(keys::method),
            Self::Published => account.map(keys::published),
            Self::FeedEnd => account.map(|account| keys::feed_end(keys::feed_shard(account))),
            Self::Advice(id) => account.map(|account| keys::advice(account, id)),
            Self::Member(id) => account.map(|account| keys::member(account, id)),
            Self::Intent(id) => account.map(|account| keys::intent(account, id)),
            Self::Paying(id) => account.map(|account| keys::paying(account, id)),
            Self::Preview(id) => account.map(|account| keys::preview(account, id)),
            Self::Purchase(id) => account.map(|account| keys::purchase(account, id)),
            Self::Reservation(id) => account.map(|account| keys::reservation(account, id)),
            Self::Lease => account.map(keys::lease),
            Self::Session(hash) => account.map(|account| keys::session(account, hash)),
            Self::Turn => account.map(keys::turn),
            Self::Payers => account.map(keys::payers),
            Self::SubAccount(id) => account.map(|parent| keys::sub_account(parent, id)),
            Self::LedgerEntry(id) => account.map(|account| keys::credit(account, id)),
        }
    }
}
