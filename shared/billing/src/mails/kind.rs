//! Kinds of mails: the entries that they are made of, their audience and their weight.

use crate::fact::InvoiceEvent;
use crate::journal::alert::AlertEvent;
use crate::journal::credits::CreditsEvent;
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, Kind, Value};
use crate::words::Word;

/// Kind of a mail, which is its template too. The later of one topic is the graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailKind {
    /// The upcoming invoice exceeds the threshold (A22).
    Alert,
    /// An invoice was paid.
    Paid,
    /// The account was reactivated (A20).
    Reactivated,
    /// An invoice is overdue.
    Overdue,
    /// A payment failed (A13).
    PaymentFailed,
    /// A payment needs its card holder's authentication.
    AuthenticationNeeded,
    /// The account will be disabled on a date.
    WillBeDisabled,
    /// The account was disabled (A19).
    Disabled,
    /// A price will change (C2).
    PriceChange,
    /// Auto-recharge bought a pack (D13).
    RechargeDone,
    /// A charge of auto-recharge was declined and is tried again (D14).
    RechargeDeclined,
    /// Auto-recharge does not go on by itself (D14).
    RechargePaused,
    /// A subscription began.
    SubscriptionStarted,
    /// A change of plan or seats is booked for the end of the period (D4, D5).
    ChangeBooked,
    /// A subscription ended.
    SubscriptionEnded,
    /// The customer reported a transfer, and what it holds off is said (A18).
    TransferReported,
    /// Money is prepaid (A14).
    PrepaymentReceived,
    /// A transfer was received (A18).
    TransferApproved,
    /// A part of a transfer was received.
    TransferPartlyApproved,
    /// Staff did not find a transfer (A18).
    TransferRejected,
    /// A transfer did not arrive in time.
    TransferExpired,
    /// The bank took a transfer back.
    TransferReturned,
}

impl Word for MailKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Alert, "alert"),
        (Self::Paid, "paid"),
        (Self::Reactivated, "reactivated"),
        (Self::Overdue, "overdue"),
        (Self::PaymentFailed, "payment_failed"),
        (Self::AuthenticationNeeded, "authentication_needed"),
        (Self::WillBeDisabled, "will_be_disabled"),
        (Self::Disabled, "disabled"),
        (Self::PriceChange, "price_change"),
        (Self::RechargeDone, "recharge_done"),
        (Self::RechargeDeclined, "recharge_declined"),
        (Self::RechargePaused, "recharge_paused"),
        (Self::SubscriptionStarted, "subscription_started"),
        (Self::ChangeBooked, "change_booked"),
        (Self::SubscriptionEnded, "subscription_ended"),
        (Self::TransferReported, "transfer_reported"),
        (Self::PrepaymentReceived, "prepayment_received"),
        (Self::TransferApproved, "transfer_approved"),
        (Self::TransferPartlyApproved, "transfer_partly_approved"),
        (Self::TransferRejected, "transfer_rejected"),
        (Self::TransferExpired, "transfer_expired"),
        (Self::TransferReturned, "transfer_returned"),
    ];
}

/// Topic of mails: of several at once the gravest of each is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Spending ahead.
    Spend,
    /// Debts, and the state that follows from them.
    Debt,
    /// Prices.
    Prices,
    /// Auto-recharge.
    Recharge,
    /// The subscription.
    Subscription,
    /// Money that comes outside of Stripe.
    Transfers,
}

/// Audience of a kind (F1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The billing address, and every administrator and finance member.
    BillingAndRoles,
    /// Every administrator and finance member; the billing address if there is none.
    Roles,
    /// The same without those who switched alerts off.
    WantingAlerts,
    /// The same without those who switched notices off.
    WantingNotices,
}

impl MailKind {
    /// Kind of the mail about an entry of the journal; none where nothing is mailed.
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry.kind {
            Kind::Alert(AlertEvent::Triggered) => Some(Self::Alert),
            Kind::AccountPastDue => Some(Self::Overdue),
            Kind::AccountDisableScheduled => Some(Self::WillBeDisabled),
            Kind::AccountDisabled => Some(Self::Disabled),
            Kind::AccountReactivated => Some(Self::Reactivated),
            Kind::Invoice(event) => Self::of_invoice(event, entry),
            Kind::PriceChangeAnnounced => Some(Self::PriceChange),
            Kind::ChangeBooked => Some(Self::ChangeBooked),
            Kind::SubscriptionChanged => Self::of_subscription(entry),
            Kind::Credits(event) => Self::of_credits(event, entry),
            Kind::Transfer(event) => Self::of_transfer(event),
            Kind::AccountCreated
            | Kind::AccountRenamed
            | Kind::AccountRecovered
            | Kind::AccountClosed
            | Kind::CreditNoteIssued
            | Kind::CreditNoteVoided
            | Kind::DetailsChanged
            | Kind::FactRefused
            | Kind::CustomerLinked
            | Kind::KeyCreated
            | Kind::KeyDeleted
            | Kind::ChangeUndone
            | Kind::ChangeDeclined
            | Kind::PlanSet
            | Kind::TermsChanged
            | Kind::PartnerChanged
            | Kind::PaymentMethodSet
            | Kind::MemberSaved
            | Kind::MemberRemoved
            | Kind::BlockerReported
            | Kind::BlockerCleared
            | Kind::UsageClosed
            | Kind::UsageCorrected
            | Kind::CreditNoteGiven
            | Kind::Dispute(_)
            | Kind::UsageNotInvoiced
            | Kind::RestBilled
            | Kind::RestNotInvoiced
            | Kind::HoldChanged
            | Kind::Family(_)
            | Kind::PriceChangeWithdrawn
            | Kind::Alert(AlertEvent::Updated | AlertEvent::Removed) => None,
        }
    }

    /// An invoice is paid once what remains of it falls to zero.
    fn of_invoice(event: InvoiceEvent, entry: &Entry) -> Option<Self> {
        match event {
            InvoiceEvent::PaymentFailed => Some(Self::PaymentFailed),
            InvoiceEvent::PaymentActionRequired => Some(Self::AuthenticationNeeded),
            InvoiceEvent::Overdue => Some(Self::Overdue),
            InvoiceEvent::Paid | InvoiceEvent::PaymentSucceeded => {
                let is_paid = after(entry, "status") == Some("paid");
                is_paid.then_some(Self::Paid)
            }
            InvoiceEvent::Created
            | InvoiceEvent::Finalized
            | InvoiceEvent::Updated
            | InvoiceEvent::Voided
            | InvoiceEvent::MarkedUncollectible
            | InvoiceEvent::Deleted => None,
        }
    }

    fn of_subscription(entry: &Entry) -> Option<Self> {
        let status = entry.changes.iter().find(|change| change.field == "status")?;
        let is_new = status.before.is_none();
        match after(entry, "status")? {
            "active" | "trialing" if is_new => Some(Self::SubscriptionStarted),
            "canceled" if !is_new => Some(Self::SubscriptionEnded),
            _ => None,
        }
    }

    fn of_credits(event: CreditsEvent, entry: &Entry) -> Option<Self> {
        match event {
            CreditsEvent::Purchased => {
                let is_automatic = after(entry, "kind") == Some("auto_recharge");
                is_automatic.then_some(Self::RechargeDone)
            }
            CreditsEvent::RechargeDeclined => Some(Self::RechargeDeclined),
            CreditsEvent::RechargePaused | CreditsEvent::LimitReached => Some(Self::RechargePaused),
            CreditsEvent::PurchaseFailed
            | CreditsEvent::TakenBack
            | CreditsEvent::Returned
            | CreditsEvent::Adjusted
            | CreditsEvent::RechargeSet
            | CreditsEvent::RechargeResumed => None,
        }
    }

    /// A withdrawal is the customer's own, and what prepaid money settles is mailed as paid.
    fn of_transfer(event: TransferEvent) -> Option<Self> {
        match event {
            TransferEvent::Submitted => Some(Self::TransferReported),
            TransferEvent::Approved | TransferEvent::Received => Some(Self::TransferApproved),
            TransferEvent::PartiallyApproved => Some(Self::TransferPartlyApproved),
            TransferEvent::Rejected => Some(Self::TransferRejected),
            TransferEvent::Expired => Some(Self::TransferExpired),
            TransferEvent::Returned => Some(Self::TransferReturned),
            TransferEvent::Prepaid => Some(Self::PrepaymentReceived),
            TransferEvent::Withdrawn
            | TransferEvent::Reserved
            | TransferEvent::Replaced
            | TransferEvent::PrepaidApplied
            | TransferEvent::PrepaidReversed => None,
        }
    }

    /// Topic of the kind.
    pub fn topic(self) -> Topic {
        match self {
            Self::Alert => Topic::Spend,
            Self::Paid
            | Self::Reactivated
            | Self::Overdue
            | Self::PaymentFailed
            | Self::AuthenticationNeeded
            | Self::WillBeDisabled
            | Self::Disabled => Topic::Debt,
            Self::PriceChange => Topic::Prices,
            Self::RechargeDone | Self::RechargeDeclined | Self::RechargePaused => Topic::Recharge,
            Self::SubscriptionStarted | Self::ChangeBooked | Self::SubscriptionEnded => {
                Topic::Subscription
            }
            Self::TransferReported
            | Self::PrepaymentReceived
            | Self::TransferApproved
            | Self::TransferPartlyApproved
            | Self::TransferRejected
            | Self::TransferExpired
            | Self::TransferReturned => Topic::Transfers,
        }
    }

    /// Audience of the kind (F1).
    pub fn audience(self) -> Audience {
        match self {
            Self::Overdue
            | Self::WillBeDisabled
            | Self::Disabled
            | Self::Reactivated
            | Self::PriceChange => Audience::BillingAndRoles,
            Self::Alert => Audience::WantingAlerts,
            Self::RechargeDone => Audience::WantingNotices,
            Self::Paid
            | Self::PaymentFailed
            | Self::AuthenticationNeeded
            | Self::RechargeDeclined
            | Self::RechargePaused
            | Self::SubscriptionStarted
            | Self::ChangeBooked
            | Self::SubscriptionEnded
            | Self::TransferReported
            | Self::PrepaymentReceived
            | Self::TransferApproved
            | Self::TransferPartlyApproved
            | Self::TransferRejected
            | Self::TransferExpired
            | Self::TransferReturned => Audience::Roles,
        }
    }

    /// True if a mail of this kind goes once more when its sending is in doubt. An optional one is
    /// sent at most once.
    pub fn is_required(self) -> bool {
        match self.audience() {
            Audience::BillingAndRoles | Audience::Roles => true,
            Audience::WantingAlerts | Audience::WantingNotices => false,
        }
    }
}

/// Word to which a field of an entry changed.
fn after<'a>(entry: &'a Entry, field: &str) -> Option<&'a str> {
    let change = entry.changes.iter().find(|change| change.field == field)?;
    match change.after.as_ref()? {
        Value::Text(text) => Some(text),
        Value::Number(_) | Value::Money(_) | Value::Time(_) => None,
    }
}
