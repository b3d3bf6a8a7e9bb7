//! Outcomes of the dashboard's forms, as values that a language words.

use billing::money::Money;
use billing::state::State;
use billing::words::Word;

/// Outcome of a form that succeeded: its word travels in the address of the page behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Plan or seats are others at once.
    PlanChanged,
    /// Plan or seats will be others with the next period.
    ChangeBooked,
    /// The plan ends with its period.
    PlanEnds,
    /// A cancellation or a booked change was taken back.
    PlanKept,
    /// Settings of auto-recharge are in force.
    RechargeSaved,
    /// Billing details are in force.
    DetailsSaved,
    /// Mail preferences are in force.
    PreferencesSaved,
    /// An API key was revoked.
    KeyRevoked,
    /// The alert is in force.
    AlertSaved,
    /// The alert was removed.
    AlertRemoved,
    /// An invoice was paid.
    InvoicePaid,
    /// Everything that was owed was paid.
    AllPaid,
    /// A payment is on its way.
    PaymentUnderWay,
    /// Advice of a transfer was taken.
    TransferTold,
    /// Advice of a transfer was taken back.
    TransferWithdrawn,
    /// Credits were bought and are there.
    CreditsBought,
    /// The page of a purchase was left, or its payment failed.
    CreditsNotBought,
}

impl Word for Done {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::PlanChanged, "plan_changed"),
        (Self::ChangeBooked, "change_booked"),
        (Self::PlanEnds, "plan_ends"),
        (Self::PlanKept, "plan_kept"),
        (Self::RechargeSaved, "recharge_saved"),
        (Self::DetailsSaved, "details_saved"),
        (Self::PreferencesSaved, "preferences_saved"),
        (Self::KeyRevoked, "key_revoked"),
        (Self::AlertSaved, "alert_saved"),
        (Self::AlertRemoved, "alert_removed"),
        (Self::InvoicePaid, "invoice_paid"),
        (Self::AllPaid, "all_paid"),
        (Self::PaymentUnderWay, "payment_under_way"),
        (Self::TransferTold, "transfer_told"),
        (Self::TransferWithdrawn, "transfer_withdrawn"),
        (Self::CreditsBought, "credits_bought"),
        (Self::CreditsNotBought, "credits_not_bought"),
    ];
}

/// Refusal that belongs to pages, or that a page words for its reader and not for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The form's one-time key is missing, or of another session.
    FormExpired,
    /// Another person of the vendor's changed the account meanwhile: the name.
    DoneMeanwhile(String),
    /// Fields are wrong; each has a text of its own.
    WrongFields,
    /// The form was sent before, with other values.
    FormReused,
    /// Another change is at work.
    InProgress,
    /// The outcome is not known yet.
    Unknown,
    /// The account has no customer at Stripe yet.
    NoCustomer,
    /// The spending limit is below the price of a pack.
    LimitBelowPrice(Money),
    /// A disabled or closed account buys nothing.
    AccountNotServed(State),
}
