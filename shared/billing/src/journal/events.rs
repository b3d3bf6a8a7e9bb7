//! Events out: the type that an entry of the journal has for the vendor's backend (G5), and the
//! object that its event shows.
//!
//! The types are a contract: they are added to, and none is renamed. An entry without a type is the
//! books' own work, or is known to the vendor who reported it.

use super::alert::AlertEvent;
use super::credits::CreditsEvent;
use super::family::FamilyEvent;
use super::transfers::TransferEvent;
use super::{Entry, FieldChange, Kind, Value};
use crate::fact::{InvoiceEvent, InvoiceStatus, SubscriptionStatus};
use crate::state::State;
use crate::words::Word;

/// Object that an event shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// The account.
    Account,
    /// A member of the account.
    Member,
    /// An API key of the account, without its secret.
    ApiKey,
    /// The subscription of the account.
    Subscription,
    /// An announced change of a price.
    PriceChange,
    /// An invoice, without its lines.
    Invoice,
    /// A credit note of an invoice.
    CreditNote,
    /// A dispute of a payment: its id alone.
    Dispute,
    /// The payment method on file, without its number.
    PaymentMethod,
    /// A customer's advice of a transfer.
    PaymentAdvice,
    /// A receipt of money with a prepaid part.
    Prepayment,
    /// Credits of the account.
    Credits,
    /// The spend alert of the account.
    Alert,
    /// A sub-account.
    SubAccount,
    /// A metering month.
    Month,
    /// A metered resource.
    Resource,
}

/// Type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventType(&'static str);

/// Every type, with the object that its events show.
const TYPES: [(&str, ObjectKind); 76] = [
    ("account.created", ObjectKind::Account),
    ("account.updated", ObjectKind::Account),
    ("account.linked", ObjectKind::Account),
    ("account.closed", ObjectKind::Account),
    ("account.terminated", ObjectKind::Account),
    ("account.past_due", ObjectKind::Account),
    ("account.recovered", ObjectKind::Account),
    ("account.disable_scheduled", ObjectKind::Account),
    ("account.disabled", ObjectKind::Account),
    ("account.reactivated", ObjectKind::Account),
    ("account.hold_changed", ObjectKind::Account),
    ("account.terms_changed", ObjectKind::Account),
    ("account.converted", ObjectKind::Account),
    ("billing_details.updated", ObjectKind::Account),
    ("member.created", ObjectKind::Member),
    ("member.updated", ObjectKind::Member),
    ("member.removed", ObjectKind::Member),
    ("api_key.created", ObjectKind::ApiKey),
    ("api_key.revoked", ObjectKind::ApiKey),
    ("subscription.started", ObjectKind::Subscription),
    ("subscription.updated", ObjectKind::Subscription),
    ("subscription.renewed", ObjectKind::Subscription),
    ("subscription.change_booked", ObjectKind::Subscription),
    ("subscription.change_undone", ObjectKind::Subscription),
    ("subscription.change_declined", ObjectKind::Subscription),
    ("subscription.cancel_booked", ObjectKind::Subscription),
    ("subscription.cancel_undone", ObjectKind::Subscription),
    ("subscription.ended", ObjectKind::Subscription),
    ("subscription.paused", ObjectKind::Subscription),
    ("subscription.resumed", ObjectKind::Subscription),
    ("price_change.announced", ObjectKind::PriceChange),
    ("price_change.withdrawn", ObjectKind::PriceChange),
    ("invoice.finalized", ObjectKind::Invoice),
    ("invoice.overdue", ObjectKind::Invoice),
    ("invoice.payment_processing", ObjectKind::Invoice),
    ("invoice.payment_failed", ObjectKind::Invoice),
    ("invoice.payment_action_required", ObjectKind::Invoice),
    ("invoice.paid", ObjectKind::Invoice),
    ("invoice.voided", ObjectKind::Invoice),
    ("invoice.marked_uncollectible", ObjectKind::Invoice),
    ("credit_note.issued", ObjectKind::CreditNote),
    ("credit_note.voided", ObjectKind::CreditNote),
    ("dispute.opened", ObjectKind::Dispute),
    ("dispute.updated", ObjectKind::Dispute),
    ("dispute.closed", ObjectKind::Dispute),
    ("payment_method.updated", ObjectKind::PaymentMethod),
    ("payment_advice.submitted", ObjectKind::PaymentAdvice),
    ("payment_advice.approved", ObjectKind::PaymentAdvice),
    ("payment_advice.partially_approved", ObjectKind::PaymentAdvice),
    ("payment_advice.rejected", ObjectKind::PaymentAdvice),
    ("payment_advice.withdrawn", ObjectKind::PaymentAdvice),
    ("payment_advice.expired", ObjectKind::PaymentAdvice),
    ("payment_advice.returned", ObjectKind::PaymentAdvice),
    ("prepayment.created", ObjectKind::Prepayment),
    ("prepayment.applied", ObjectKind::Prepayment),
    ("prepayment.reversed", ObjectKind::Prepayment),
    ("credits.purchased", ObjectKind::Credits),
    ("credits.purchase_failed", ObjectKind::Credits),
    ("credits.reversed", ObjectKind::Credits),
    ("credits.reinstated", ObjectKind::Credits),
    ("credits.adjusted", ObjectKind::Credits),
    ("auto_recharge.updated", ObjectKind::Credits),
    ("auto_recharge.declined", ObjectKind::Credits),
    ("auto_recharge.paused", ObjectKind::Credits),
    ("auto_recharge.resumed", ObjectKind::Credits),
    ("auto_recharge.limit_reached", ObjectKind::Credits),
    ("alert.updated", ObjectKind::Alert),
    ("alert.removed", ObjectKind::Alert),
    ("alert.triggered", ObjectKind::Alert),
    ("sub_account.created", ObjectKind::SubAccount),
    ("sub_account.renamed", ObjectKind::SubAccount),
    ("sub_account.model_booked", ObjectKind::SubAccount),
    ("sub_account.model_changed", ObjectKind::SubAccount),
    ("usage.corrected", ObjectKind::Resource),
    ("usage.month_closed", ObjectKind::Month),
    ("usage.not_invoiced", ObjectKind::Month),
];

impl EventType {
    /// Type of the event of an entry; none for an entry that has no event.
    pub fn of(entry: &Entry) -> Option<Self> {
        name_of(entry).and_then(Self::parse)
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        TYPES.iter().find(|(known, _)| *known == name).map(|(known, _)| Self(known))
    }

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Object that events of the type show.
    pub fn object(self) -> ObjectKind {
        let row = TYPES.iter().find(|(known, _)| *known == self.0);
        row.map_or(ObjectKind::Account, |(_, object)| *object)
    }

    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(|(name, _)| Self(name))
    }
}

/// Name of the type of an entry.
fn name_of(entry: &Entry) -> Option<&'static str> {
    Some(match entry.kind {
        Kind::AccountCreated => "account.created",
        Kind::AccountRenamed => "account.updated",
        Kind::CustomerLinked => "account.linked",
        Kind::AccountPastDue => "account.past_due",
        Kind::AccountRecovered => "account.recovered",
        Kind::AccountDisableScheduled => "account.disable_scheduled",
        Kind::AccountDisabled => "account.disabled",
        Kind::AccountReactivated => "account.reactivated",
        Kind::AccountClosed => closed(entry),
        Kind::HoldChanged => "account.hold_changed",
        Kind::TermsChanged | Kind::PartnerChanged | Kind::Family(FamilyEvent::LimitChanged) => {
            "account.terms_changed"
        }
        Kind::Family(FamilyEvent::Converted) => "account.converted",
        Kind::Family(FamilyEvent::SubAccountCreated) => "sub_account.created",
        Kind::Family(FamilyEvent::Renamed) => "sub_account.renamed",
        Kind::Family(FamilyEvent::ModelBooked) => "sub_account.model_booked",
        Kind::Family(FamilyEvent::ModelChanged) => "sub_account.model_changed",
        Kind::DetailsChanged => entry.for_customer().map(|_| "billing_details.updated")?,
        Kind::MemberSaved if is_new(entry, "role") => "member.created",
        Kind::MemberSaved => "member.updated",
        Kind::MemberRemoved => "member.removed",
        Kind::KeyCreated => "api_key.created",
        Kind::KeyDeleted => "api_key.revoked",
        Kind::SubscriptionChanged => entry.for_customer().map(|_| subscription(entry))?,
        Kind::PlanSet => "subscription.updated",
        Kind::ChangeBooked => "subscription.change_booked",
        Kind::ChangeUndone => "subscription.change_undone",
        Kind::ChangeDeclined => "subscription.change_declined",
        Kind::PriceChangeAnnounced => "price_change.announced",
        Kind::PriceChangeWithdrawn => "price_change.withdrawn",
        Kind::Invoice(event) => invoice(event, entry)?,
        Kind::CreditNoteIssued => "credit_note.issued",
        Kind::CreditNoteVoided => "credit_note.voided",
        Kind::Dispute(event) => event.word(),
        Kind::PaymentMethodSet => "payment_method.updated",
        Kind::UsageCorrected => "usage.corrected",
        Kind::UsageClosed => "usage.month_closed",
        Kind::UsageNotInvoiced => "usage.not_invoiced",
        Kind::Alert(AlertEvent::Updated) => "alert.updated",
        Kind::Alert(AlertEvent::Removed) => "alert.removed",
        Kind::Alert(AlertEvent::Triggered) => "alert.triggered",
        Kind::Credits(event) => credits(event),
        Kind::Transfer(event) => transfer(event)?,
        // The vendor reported or cleared these; the others are the books' own work.
        // A note that staff gave is said by its own `credit_note.issued`.
        Kind::BlockerReported
        | Kind::BlockerCleared
        | Kind::CreditNoteGiven
        | Kind::FactRefused
        | Kind::RestBilled
        | Kind::RestNotInvoiced => return None,
    })
}

fn closed(entry: &Entry) -> &'static str {
    if becomes(entry, "state", State::Terminated.word()) {
        "account.terminated"
    } else {
        "account.closed"
    }
}

/// Events of Stripe come in any order, and the first of them that changes the books is journaled:
/// so a payment is said by the status, not by the name of the event.
fn invoice(event: InvoiceEvent, entry: &Entry) -> Option<&'static str> {
    let is_paid = becomes(entry, "status", InvoiceStatus::Paid.word());
    match event {
        InvoiceEvent::Finalized => Some("invoice.finalized"),
        InvoiceEvent::Overdue => Some("invoice.overdue"),
        InvoiceEvent::PaymentFailed => Some("invoice.payment_failed"),
        InvoiceEvent::PaymentActionRequired => Some("invoice.payment_action_required"),
        InvoiceEvent::Voided => Some("invoice.voided"),
        InvoiceEvent::MarkedUncollectible => Some("invoice.marked_uncollectible"),
        InvoiceEvent::Paid
        | InvoiceEvent::PaymentSucceeded
        | InvoiceEvent::Updated
        | InvoiceEvent::Created
            if is_paid =>
        {
            Some("invoice.paid")
        }
        InvoiceEvent::Updated if is_new(entry, "processing_since") => {
            Some("invoice.payment_processing")
        }
        InvoiceEvent::Paid
        | InvoiceEvent::PaymentSucceeded
        | InvoiceEvent::Updated
        | InvoiceEvent::Created
        | InvoiceEvent::Deleted => None,
    }
}

fn subscription(entry: &Entry) -> &'static str {
    let runs = [SubscriptionStatus::Active, SubscriptionStatus::Trialing];
    let ended = [SubscriptionStatus::Canceled, SubscriptionStatus::IncompleteExpired];
    let becomes_one = |statuses: [SubscriptionStatus; 2]| {
        statuses.into_iter().any(|status| becomes(entry, "status", status.word()))
    };
    let was_not_paid =
        before(entry, "status").is_none_or(|it| it == SubscriptionStatus::Incomplete.word());
    let is_other = ["plan", "interval", "seats"].iter().any(|name| field(entry, name).is_some());

    if becomes_one(runs) && was_not_paid {
        "subscription.started"
    } else if becomes_one(ended) {
        "subscription.ended"
    } else if is_new(entry, "renewals") {
        "subscription.paused"
    } else if is_gone(entry, "renewals") {
        "subscription.resumed"
    } else if is_other {
        "subscription.updated"
    } else if is_new(entry, "ends_at") {
        "subscription.cancel_booked"
    } else if is_gone(entry, "ends_at") {
        "subscription.cancel_undone"
    } else if field(entry, "period_end").is_some() {
        "subscription.renewed"
    } else {
        "subscription.updated"
    }
}

fn credits(event: CreditsEvent) -> &'static str {
    match event {
        CreditsEvent::Purchased => "credits.purchased",
        CreditsEvent::PurchaseFailed => "credits.purchase_failed",
        CreditsEvent::TakenBack => "credits.reversed",
        CreditsEvent::Returned => "credits.reinstated",
        CreditsEvent::Adjusted => "credits.adjusted",
        CreditsEvent::RechargeSet => "auto_recharge.updated",
        CreditsEvent::RechargeDeclined => "auto_recharge.declined",
        CreditsEvent::RechargePaused => "auto_recharge.paused",
        CreditsEvent::RechargeResumed => "auto_recharge.resumed",
        CreditsEvent::LimitReached => "auto_recharge.limit_reached",
    }
}

fn transfer(event: TransferEvent) -> Option<&'static str> {
    match event {
        TransferEvent::Submitted => Some("payment_advice.submitted"),
        TransferEvent::Approved => Some("payment_advice.approved"),
        TransferEvent::PartiallyApproved => Some("payment_advice.partially_approved"),
        TransferEvent::Rejected => Some("payment_advice.rejected"),
        TransferEvent::Withdrawn => Some("payment_advice.withdrawn"),
        TransferEvent::Expired => Some("payment_advice.expired"),
        TransferEvent::Returned => Some("payment_advice.returned"),
        TransferEvent::Prepaid => Some("prepayment.created"),
        TransferEvent::PrepaidApplied => Some("prepayment.applied"),
        TransferEvent::PrepaidReversed => Some("prepayment.reversed"),
        // Steps of the desk: the invoices that they pay, or replace, have events of their own.
        TransferEvent::Replaced | TransferEvent::Received | TransferEvent::Reserved => None,
    }
}

fn field<'a>(entry: &'a Entry, name: &str) -> Option<&'a FieldChange> {
    entry.changes.iter().find(|change| change.field == name)
}

fn before(entry: &Entry, name: &str) -> Option<String> {
    field(entry, name)?.before.as_ref().map(Value::to_string)
}

/// True if a field changes to that word.
fn becomes(entry: &Entry, name: &str, word: &str) -> bool {
    let after = field(entry, name).and_then(|change| change.after.as_ref());
    after.is_some_and(|after| after.to_string() == word)
}

/// True if a field had no value and has one.
fn is_new(entry: &Entry, name: &str) -> bool {
    field(entry, name).is_some_and(|it| it.before.is_none() && it.after.is_some())
}

/// True if a field had a value and has none.
fn is_gone(entry: &Entry, name: &str) -> bool {
    field(entry, name).is_some_and(|it| it.before.is_some() && it.after.is_none())
}

/// Fields with a person's or a company's details, whose values no event shows.
const PRIVATE: [&str; 4] = ["email", "tax_ids", "address", "name"];

/// Entry as an event shows it: of private fields only that they changed, and no address of a page.
/// `is_priced` is false for an account whose parent pays: then no sum is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pricing {
    /// Sums are shown.
    Priced,
    /// The account's parent pays: no sum is shown.
    Unpriced,
}

impl Entry {
    /// The changes that an event of the entry shows: none of the books' own work, of private fields
    /// only that they changed, no link, and no sum where a parent pays.
    pub fn changes_out(&self, pricing: Pricing) -> Vec<FieldChange> {
        let seen = self.for_customer();
        let changes = seen.map_or_else(|| self.changes.clone(), |seen| seen.changes);
        let is_money = |value: &Option<Value>| matches!(value, Some(Value::Money(_)));
        let is_shown = |change: &FieldChange| {
            pricing == Pricing::Priced || !(is_money(&change.before) || is_money(&change.after))
        };
        changes.into_iter().filter(is_shown).map(without_private).collect()
    }
}

fn without_private(change: FieldChange) -> FieldChange {
    if PRIVATE.contains(&change.field.as_str()) {
        return FieldChange { before: None, after: None, ..change };
    }
    let shown = |value: Option<Value>| value.filter(|it| !it.to_string().contains("://"));
    let FieldChange { field, before, after } = change;
    FieldChange { field, before: shown(before), after: shown(after) }
}

#[cfg(test)]
mod tests;
