//! The journal: what each fact changed, in words that a person can read.
//!
//! It is timeline, audit trail and outbox in one. An entry keeps codes and values; the sentence is
//! made from them when it is read (the crate `messages`), so that the items stay small and the
//! wording can improve for entries long written.

mod actor;
pub mod alert;
mod audience;
mod cause;
pub mod credits;
pub(crate) mod describe;
pub mod disputes;
pub mod events;
pub mod explain;
pub mod family;
pub mod page;
pub mod topic;
pub mod transfers;

use std::fmt;

use crate::fact::InvoiceEvent;
use crate::money::Money;
use crate::state::{State, Transition};
use crate::time::Timestamp;
use crate::words::Word;
use alert::AlertEvent;
use credits::CreditsEvent;
use disputes::DisputeEvent;
use family::FamilyEvent;
use transfers::TransferEvent;

pub use actor::{Actor, ActorKind};

/// Most invoices that an entry names as the reason of a transition; the rest is counted.
pub const REASONS_MAX: usize = 3;

/// What one commit wrote, and what brought it about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Time at which it was committed; never before the record in front of it.
    pub at: Timestamp,
    /// Its place in the account's journal: the version of the standing it was written with.
    pub sequence: u64,
    /// What brought it about.
    pub cause: Cause,
    /// What it changed, oldest first.
    pub entries: Vec<Entry>,
    /// Number of its first entry among the account's, which count from 1; none for a record from
    /// before entries were numbered.
    pub first: Option<u64>,
}

impl Record {
    /// Number of the entry at a place of the record, where entries are numbered.
    pub fn number_of(&self, place: usize) -> Option<u64> {
        Some(self.first?.saturating_add(u64::try_from(place).ok()?))
    }
}

/// What brought a change about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Kind of the cause.
    pub kind: CauseKind,
    /// Id of the event, the request or the schedule.
    pub id: String,
    /// Key or person behind a request; none for what nobody asked for.
    pub actor: Option<Actor>,
    /// Reason that a person of the vendor's gave.
    pub reason: Option<String>,
}

impl Cause {
    /// A cause without an actor.
    pub fn new(kind: CauseKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), actor: None, reason: None }
    }
}

/// Kinds of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// An event from Stripe.
    StripeEvent,
    /// A call of our API.
    Api,
    /// A schedule of ours.
    Schedule,
    /// A person of the vendor's.
    Staff,
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Time at which it was true: at Stripe for what Stripe tells, the derived time for a missed
    /// transition.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: Kind,
    /// What it is about: the id of an invoice, a subscription, or nothing for the account itself.
    pub about: Option<String>,
    /// Field by field.
    pub changes: Vec<FieldChange>,
    /// The invoices that brought a transition about, at most [`REASONS_MAX`].
    pub because: Vec<String>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which, in the API's words.
    pub field: String,
    /// What it was; nothing when it was not known.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
}

/// A value in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A sum.
    Money(Money),
    /// A moment.
    Time(Timestamp),
}

/// The kinds of entries. Their names are stable: programs filter by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The account began.
    AccountCreated,
    /// An invoice became overdue.
    AccountPastDue,
    /// The account got another name.
    AccountRenamed,
    /// An overdue invoice will disable the account in a few days (F1).
    AccountDisableScheduled,
    /// An overdue invoice passed its date (A19).
    AccountDisabled,
    /// Nothing overdue remains (A20), or the account is otherwise allowed to work again.
    AccountReactivated,
    /// The overdue invoices were settled before they disabled the account.
    AccountRecovered,
    /// The account was closed.
    AccountClosed,
    /// Staff gave another grace, or took a promise to pay (F3).
    HoldChanged,
    /// Something about an invoice changed.
    Invoice(InvoiceEvent),
    /// A credit note was issued.
    CreditNoteIssued,
    /// Staff gave a credit note, with a reason (F3).
    CreditNoteGiven,
    /// A credit note was voided.
    CreditNoteVoided,
    /// The subscription began, changed or ended.
    SubscriptionChanged,
    /// The billing details changed.
    DetailsChanged,
    /// A fact contradicts what is known and was not applied.
    FactRefused,
    /// The account has its customer at Stripe.
    CustomerLinked,
    /// An API key was made.
    KeyCreated,
    /// An API key was deleted.
    KeyDeleted,
    /// A change of plan or seats was booked for the end of the period (D4, D5).
    ChangeBooked,
    /// A booked change was taken back.
    ChangeUndone,
    /// A change was not paid for, so nothing changed (D3).
    ChangeDeclined,
    /// Staff set the plan, with its prices.
    PlanSet,
    /// How invoices are collected changed (A17).
    TermsChanged,
    /// The account became a partner, or is one no more.
    PartnerChanged,
    /// Another payment method became the one that is charged.
    PaymentMethodSet,
    /// A member was added, or changed.
    MemberSaved,
    /// A member was removed.
    MemberRemoved,
    /// The vendor reported what keeps the account from cancelling (A7, A8).
    BlockerReported,
    /// That is no longer the case.
    BlockerCleared,
    /// A month's usage was closed and priced (A16).
    UsageClosed,
    /// What it costs could not be invoiced.
    UsageNotInvoiced,
    /// Staff corrected counted usage before its month was closed (F3).
    UsageCorrected,
    /// The rest of a period whose renewal was voided was billed: the account came back in it.
    RestBilled,
    /// It could not be invoiced.
    RestNotInvoiced,
    /// Another price was announced (C2).
    PriceChangeAnnounced,
    /// An announced price was withdrawn.
    PriceChangeWithdrawn,
    /// Something about the spend alert changed.
    Alert(AlertEvent),
    /// Something about credits changed.
    Credits(CreditsEvent),
    /// Something about money that comes outside of Stripe changed.
    Transfer(TransferEvent),
    /// Something about a dispute of an invoice's payment changed.
    Dispute(DisputeEvent),
    /// Something about parents and sub-accounts changed.
    Family(FamilyEvent),
}

impl Entry {
    /// An entry about something, with no changes yet.
    pub fn new(at: Timestamp, kind: Kind, about: Option<&str>) -> Self {
        let about = about.map(str::to_owned);
        Self { at, kind, about, changes: Vec::new(), because: Vec::new() }
    }

    /// With a field that changed; without it when it did not.
    #[must_use]
    pub fn with(mut self, field: &str, before: Option<Value>, after: Option<Value>) -> Self {
        if before != after {
            self.changes.push(FieldChange { field: field.to_owned(), before, after });
        }
        self
    }

    /// True if it is about the object of that id, or came about because of it.
    pub fn is_about(&self, id: &str) -> bool {
        self.about.as_deref() == Some(id) || self.because.iter().any(|because| because == id)
    }

    /// A transition of the account's state.
    pub fn transition(transition: &Transition) -> Self {
        let kind = match (transition.from, transition.to) {
            (_, State::PastDue) if transition.from != State::Disabled => Kind::AccountPastDue,
            (_, State::Disabled) => Kind::AccountDisabled,
            (_, State::Terminated | State::Canceled) => Kind::AccountClosed,
            (State::PastDue, State::Active) => Kind::AccountRecovered,
            // Usage restricts without a transition of its own: the journal is about money and
            // closing.
            (_, State::Active | State::PastDue | State::Restricted) => Kind::AccountReactivated,
        };
        let text = |state: State| Some(Value::Text(state.word().to_owned()));
        let mut entry = Self::new(transition.at, kind, None).with(
            "state",
            text(transition.from),
            text(transition.to),
        );
        entry.because =
            transition.because.iter().take(REASONS_MAX).map(|id| id.as_str().to_owned()).collect();
        entry
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Time(at) => write!(f, "{at}"),
        }
    }
}

/// Every kind with its name, but for those of credits, alert, transfers and families.
const KINDS: [(Kind, &str); 47] = [
    (Kind::AccountCreated, "account.created"),
    (Kind::AccountRenamed, "account.updated"),
    (Kind::AccountPastDue, "account.past_due"),
    (Kind::AccountDisableScheduled, "account.disable_scheduled"),
    (Kind::AccountDisabled, "account.disabled"),
    (Kind::AccountReactivated, "account.reactivated"),
    (Kind::AccountRecovered, "account.recovered"),
    (Kind::AccountClosed, "account.closed"),
    (Kind::HoldChanged, "account.hold_changed"),
    (Kind::Invoice(InvoiceEvent::Created), "invoice.created"),
    (Kind::Invoice(InvoiceEvent::Finalized), "invoice.finalized"),
    (Kind::Invoice(InvoiceEvent::Updated), "invoice.updated"),
    (Kind::Invoice(InvoiceEvent::Paid), "invoice.paid"),
    (Kind::Invoice(InvoiceEvent::PaymentSucceeded), "invoice.payment_succeeded"),
    (Kind::Invoice(InvoiceEvent::PaymentFailed), "invoice.payment_failed"),
    (Kind::Invoice(InvoiceEvent::PaymentActionRequired), "invoice.payment_action_required"),
    (Kind::Invoice(InvoiceEvent::Voided), "invoice.voided"),
    (Kind::Invoice(InvoiceEvent::MarkedUncollectible), "invoice.marked_uncollectible"),
    (Kind::Invoice(InvoiceEvent::Deleted), "invoice.deleted"),
    (Kind::Invoice(InvoiceEvent::Overdue), "invoice.overdue"),
    (Kind::CreditNoteIssued, "credit_note.issued"),
    (Kind::CreditNoteGiven, "credit_note.given"),
    (Kind::CreditNoteVoided, "credit_note.voided"),
    (Kind::SubscriptionChanged, "subscription.changed"),
    (Kind::DetailsChanged, "billing_details.changed"),
    (Kind::FactRefused, "fact.refused"),
    (Kind::CustomerLinked, "customer.linked"),
    (Kind::KeyCreated, "api_key.created"),
    (Kind::KeyDeleted, "api_key.deleted"),
    (Kind::ChangeBooked, "subscription.change_booked"),
    (Kind::ChangeUndone, "subscription.change_undone"),
    (Kind::ChangeDeclined, "subscription.change_declined"),
    (Kind::PlanSet, "subscription.set_by_staff"),
    (Kind::TermsChanged, "collection.changed"),
    (Kind::PartnerChanged, "partner.changed"),
    (Kind::PaymentMethodSet, "payment_method.set"),
    (Kind::MemberSaved, "member.saved"),
    (Kind::MemberRemoved, "member.removed"),
    (Kind::BlockerReported, "cancellation_blocker.reported"),
    (Kind::BlockerCleared, "cancellation_blocker.cleared"),
    (Kind::UsageClosed, "usage.closed"),
    (Kind::UsageNotInvoiced, "usage.not_invoiced"),
    (Kind::UsageCorrected, "usage.corrected"),
    (Kind::RestBilled, "subscription.rest_billed"),
    (Kind::RestNotInvoiced, "subscription.rest_not_invoiced"),
    (Kind::PriceChangeAnnounced, "price_change.announced"),
    (Kind::PriceChangeWithdrawn, "price_change.withdrawn"),
];

impl Kind {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        if let Self::Credits(event) = self {
            return event.word();
        }
        if let Self::Alert(event) = self {
            return event.word();
        }
        if let Self::Transfer(event) = self {
            return event.word();
        }
        if let Self::Family(event) = self {
            return event.word();
        }
        if let Self::Dispute(event) = self {
            return event.word();
        }
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let kind = KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind);
        let kind = kind.or_else(|| CreditsEvent::of_word(name).map(Self::Credits));
        let kind = kind.or_else(|| AlertEvent::of_word(name).map(Self::Alert));
        let kind = kind.or_else(|| FamilyEvent::of_word(name).map(Self::Family));
        let kind = kind.or_else(|| DisputeEvent::of_word(name).map(Self::Dispute));
        kind.or_else(|| TransferEvent::of_word(name).map(Self::Transfer))
    }
}
