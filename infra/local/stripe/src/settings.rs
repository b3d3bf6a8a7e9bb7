//! What a Stripe user sets in the dashboard and cannot set by the API.

use serde::{Deserialize, Serialize};

/// Seconds for which a draft invoice of a subscription stays a draft: one hour.
pub const DRAFT_SECONDS: i64 = 3_600;
/// Seconds after which a subscription whose first payment did not come is over: 23 hours.
pub const INCOMPLETE_SECONDS: i64 = 82_800;

/// Settings of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// The account's id.
    pub account: String,
    /// Its name, as invoices show it.
    pub name: String,
    /// Its country, ISO 3166.
    pub country: String,
    /// Its currency.
    pub currency: String,
    /// Where its hosted pages are, such as `http://127.0.0.1:3001`: see [`crate::pages::links`].
    pub host: String,
    /// Days after each failed attempt at which a renewal is tried again.
    pub retry_days: Vec<i64>,
    /// What becomes of a subscription when all attempts have failed.
    pub after_retries: AfterRetries,
    /// True if an automation tells of `invoice.overdue` on the due date: Stripe sends it only where
    /// one is set up.
    pub tells_overdue: bool,
}

/// What becomes of a subscription when all attempts to collect have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterRetries {
    /// It stays past due.
    LeavePastDue,
    /// It becomes unpaid: later invoices stay drafts.
    MarkUnpaid,
    /// It is cancelled.
    Cancel,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: "acct_1Tollgate000000".to_owned(),
            name: "Tollgate Local".to_owned(),
            country: "DE".to_owned(),
            currency: "eur".to_owned(),
            host: "http://127.0.0.1:3001".to_owned(),
            retry_days: vec![3, 5, 7],
            after_retries: AfterRetries::LeavePastDue,
            tells_overdue: false,
        }
    }
}
