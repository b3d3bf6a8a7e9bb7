//! The plan of an account's pending entries: what is mailed, and what is superseded.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Standing;
use crate::alerts::Watch;
use crate::fact::InvoiceStatus;
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::Entry;
use crate::mails::{MailKind, Topic};
use crate::state::State;
use crate::time::Timestamp;

/// An entry whose mails are not decided yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Time of its record.
    pub recorded_at: Timestamp,
    /// Place of its record in the journal.
    pub sequence: u64,
    /// Place in its record.
    pub place: usize,
    /// Kind of its mail.
    pub kind: MailKind,
    /// The entry.
    pub entry: Entry,
}

/// Facts of the moment at which mails are made.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Standing of the account.
    pub standing: &'a Standing,
    /// Invoices that the entries name.
    pub invoices: &'a BTreeMap<InvoiceId, Invoice>,
    /// Alert of the account.
    pub watch: &'a Watch,
    /// Prices whose announced change was withdrawn.
    pub withdrawn: &'a BTreeSet<String>,
    /// The moment.
    pub now: Timestamp,
}

/// A pending entry with its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The entry.
    pub pending: Pending,
    /// Its fate.
    pub fate: Fate,
}

/// Fate of a pending entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is mailed.
    Mailed,
    /// It is not mailed.
    Superseded(Superseded),
}

/// Reason why an entry is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Superseded {
    /// It does not hold any more.
    NoLongerTrue,
    /// A graver one of its topic is mailed, or a later one of its kind.
    ByAnother,
}

/// The fate of each pending entry, in their order. Of those of a topic that still hold, the gravest
/// kind is mailed, once for each thing that it is about; each transfer is a topic of its own.
pub fn plan(pending: Vec<Pending>, facts: Facts<'_>) -> Vec<Planned> {
    let mut gravest: BTreeMap<(Topic, Option<String>), MailKind> = BTreeMap::new();
    for it in pending.iter().filter(|it| holds(it, facts)) {
        let topic = gravest.entry(topic(it)).or_insert(it.kind);
        *topic = it.kind.max(*topic);
    }

    let mut mailed: BTreeSet<(MailKind, Option<String>)> = BTreeSet::new();
    let mut planned: Vec<Planned> = Vec::new();
    // From the latest on: of several about the same thing the latest is mailed.
    for pending in pending.into_iter().rev() {
        let fate = if !holds(&pending, facts) {
            Fate::Superseded(Superseded::NoLongerTrue)
        } else if gravest.get(&topic(&pending)) == Some(&pending.kind)
            && mailed.insert((pending.kind, subject(&pending)))
        {
            Fate::Mailed
        } else {
            Fate::Superseded(Superseded::ByAnother)
        };
        planned.push(Planned { pending, fate });
    }
    planned.reverse();
    planned
}

/// Topic of an entry, with the transfer that it is about: another one's end says nothing of it.
fn topic(pending: &Pending) -> (Topic, Option<String>) {
    let topic = pending.kind.topic();
    match topic {
        Topic::Transfers => (topic, pending.entry.about.clone()),
        Topic::Spend | Topic::Debt | Topic::Prices | Topic::Recharge | Topic::Subscription => {
            (topic, None)
        }
    }
}

/// Subject of an entry, where one kind is mailed once for each: debts of an account are one.
fn subject(pending: &Pending) -> Option<String> {
    match pending.kind {
        MailKind::Overdue
        | MailKind::WillBeDisabled
        | MailKind::Disabled
        | MailKind::Reactivated => None,
        MailKind::Alert
        | MailKind::Paid
        | MailKind::PaymentFailed
        | MailKind::AuthenticationNeeded
        | MailKind::PriceChange
        | MailKind::RechargeDone
        | MailKind::RechargeDeclined
        | MailKind::RechargePaused
        | MailKind::SubscriptionStarted
        | MailKind::ChangeBooked
        | MailKind::SubscriptionEnded
        | MailKind::TransferReported
        | MailKind::PrepaymentReceived
        | MailKind::TransferApproved
        | MailKind::TransferPartlyApproved
        | MailKind::TransferRejected
        | MailKind::TransferExpired
        | MailKind::TransferReturned => pending.entry.about.clone(),
    }
}

/// True if an entry is still so.
fn holds(pending: &Pending, facts: Facts<'_>) -> bool {
    let Facts { standing, watch, withdrawn, now, .. } = facts;
    let state = standing.state_at(now);
    let entry = &pending.entry;
    match pending.kind {
        MailKind::Alert => watch.threshold.is_some(),
        MailKind::Disabled => state == State::Disabled,
        MailKind::Overdue | MailKind::WillBeDisabled => {
            state == State::PastDue && named(entry).any(|id| is_owed(id, facts))
        }
        MailKind::Reactivated => match state {
            State::Active | State::PastDue | State::Restricted => true,
            State::Disabled | State::Canceled | State::Terminated => false,
        },
        MailKind::PaymentFailed | MailKind::AuthenticationNeeded => {
            !state.is_unserved() && named(entry).any(|id| is_owed(id, facts))
        }
        MailKind::Paid => named(entry).any(|id| is_paid(id, facts)),
        MailKind::PriceChange => {
            entry.about.as_ref().is_none_or(|price| !withdrawn.contains(price))
        }
        MailKind::RechargeDone
        | MailKind::RechargeDeclined
        | MailKind::RechargePaused
        | MailKind::SubscriptionStarted
        | MailKind::ChangeBooked
        | MailKind::SubscriptionEnded
        | MailKind::TransferReported
        | MailKind::PrepaymentReceived
        | MailKind::TransferApproved
        | MailKind::TransferPartlyApproved
        | MailKind::TransferRejected
        | MailKind::TransferExpired
        | MailKind::TransferReturned => true,
    }
}

/// Invoices that an entry names.
fn named(entry: &Entry) -> impl Iterator<Item = &str> {
    entry.because.iter().map(String::as_str).chain(entry.about.as_deref())
}

fn invoice<'a>(id: &str, facts: Facts<'a>) -> Option<&'a Invoice> {
    InvoiceId::parse(id).ok().and_then(|id| facts.invoices.get(&id))
}

fn is_owed(id: &str, facts: Facts<'_>) -> bool {
    invoice(id, facts).is_some_and(Invoice::is_owed)
}

fn is_paid(id: &str, facts: Facts<'_>) -> bool {
    invoice(id, facts).is_some_and(|invoice| invoice.status == Some(InvoiceStatus::Paid))
}

impl Pending {
    /// Invoices that the entry names: facts of its mail.
    pub fn invoices(&self) -> Vec<InvoiceId> {
        let names_invoices = matches!(self.kind.topic(), Topic::Debt | Topic::Transfers);
        let ids = named(&self.entry).filter(|_| names_invoices);
        ids.filter_map(|id| InvoiceId::parse(id).ok()).collect()
    }
}
