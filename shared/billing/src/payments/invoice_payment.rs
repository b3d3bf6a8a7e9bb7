//! Payments of an invoice: a set by id, each as Stripe last showed it.
//!
//! Events of invoices carry no payments, so they are known only from an invoice that was read with
//! them. A payment that is in progress, such as a bank debit, stops the clock of its invoice: that
//! disables nobody meanwhile, and reactivates nobody. A payment that was there and is no more was
//! returned by the bank: it is owed again while the invoice is open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, CustomerId, InvoicePaymentId, PaymentIntentId};
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Longest time for which a payment in progress stops the clock, in seconds. The slowest debits
/// that Stripe offers take 14 business days.
pub const PROCESSING_SECONDS_MAX: i64 = 21 * DAY_SECONDS;
/// Most payments of one invoice that are kept.
pub const PAYMENTS_MAX: usize = 50;

/// Where a payment of an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// It waits for a payment method, or its last attempt failed.
    Waiting,
    /// It is in progress.
    Processing,
    /// It was given up.
    Canceled,
    /// The money is there.
    Paid,
    /// The money was there, and went back.
    Returned,
}

impl Word for PaymentState {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Waiting, "waiting"),
        (Self::Processing, "processing"),
        (Self::Canceled, "canceled"),
        (Self::Paid, "paid"),
        (Self::Returned, "returned"),
    ];
}

/// A payment of an invoice, as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentShown {
    /// Its id.
    pub id: InvoicePaymentId,
    /// Where it stands.
    pub state: PaymentState,
    /// What it paid, or is to pay, in minor units of the invoice's currency.
    pub amount: i64,
}

/// A payment of an account's customer that moved, and whose invoice is to be read at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedPayment {
    /// The account.
    pub account: AccountId,
    /// Its customer at Stripe.
    pub customer: CustomerId,
    /// The payment.
    pub intent: PaymentIntentId,
}

/// A payment of an invoice, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvoicePayment {
    /// Where it stands.
    pub state: PaymentState,
    /// What it paid, or is to pay, in minor units.
    pub amount: i64,
    /// The time at which it was first seen in progress, if it ever was.
    pub since: Option<Timestamp>,
    /// The time at which it was no longer in progress.
    pub until: Option<Timestamp>,
}

/// All payments of an invoice that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payments(pub BTreeMap<InvoicePaymentId, InvoicePayment>);

impl Payments {
    /// Takes over what Stripe showed at a moment. True if a payment went back.
    pub fn learn(&mut self, shown: &[PaymentShown], at: Timestamp) -> bool {
        let mut went_back = false;
        for payment in shown.iter().take(PAYMENTS_MAX) {
            let known = self.0.get(&payment.id).copied();
            let new = InvoicePayment::after(known, payment, at);
            went_back |= new.state == PaymentState::Returned
                && known.is_some_and(|known| known.state != PaymentState::Returned);
            self.0.insert(payment.id.clone(), new);
        }
        went_back
    }

    /// An attempt of the invoice failed at a moment: what was in progress before is over.
    pub fn fail(&mut self, at: Timestamp) {
        for payment in self.0.values_mut().filter(|it| it.state == PaymentState::Processing) {
            if payment.since.is_some_and(|since| since <= at) {
                (payment.state, payment.until) = (PaymentState::Waiting, Some(at));
            }
        }
    }

    /// What is paid by them, in minor units.
    pub fn paid(&self) -> i64 {
        let live = self.0.values().filter(|payment| payment.state == PaymentState::Paid);
        live.fold(0, |sum, payment| sum.saturating_add(payment.amount))
    }

    /// The time since which one of them is in progress.
    pub fn processing_since(&self) -> Option<Timestamp> {
        let running = self.0.values().filter(|it| it.state == PaymentState::Processing);
        running.filter_map(|payment| payment.since).min()
    }

    /// Dates of an invoice that would be overdue at a moment, with its grace in seconds: when it is
    /// overdue and when it disables its account, with the clock stopped for what was, or is, in
    /// progress. Whoever began to pay before it was overdue is not overdue until that is over; what
    /// began later holds off the second date only. What began after that holds off nothing.
    pub fn dates(&self, overdue_at: Timestamp, grace_seconds: i64) -> (Timestamp, Timestamp) {
        let mut stops: Vec<(Timestamp, Timestamp)> =
            self.0.values().filter_map(InvoicePayment::stop).collect();
        stops.sort_unstable();

        let mut overdue_at = overdue_at;
        for (since, until) in &stops {
            if *since <= overdue_at {
                overdue_at = overdue_at.max(*until);
            }
        }
        let mut disables_at = overdue_at.plus_seconds(grace_seconds);
        let mut stopped_until = overdue_at;
        for (since, until) in stops {
            let since = since.max(stopped_until);
            if since < disables_at && until > since {
                disables_at = disables_at.plus_seconds(until.0.saturating_sub(since.0));
                stopped_until = until;
            }
        }
        (overdue_at, disables_at)
    }
}

impl InvoicePayment {
    fn after(known: Option<Self>, shown: &PaymentShown, at: Timestamp) -> Self {
        let Some(known) = known else {
            let since = (shown.state == PaymentState::Processing).then_some(at);
            return Self { state: shown.state, amount: shown.amount, since, until: None };
        };
        let was_processing = known.state == PaymentState::Processing;
        match (known.state, shown.state) {
            (PaymentState::Returned, _) => known,
            (PaymentState::Paid, PaymentState::Paid) => Self { amount: shown.amount, ..known },
            (
                PaymentState::Paid,
                PaymentState::Waiting
                | PaymentState::Processing
                | PaymentState::Canceled
                | PaymentState::Returned,
            ) => Self { state: PaymentState::Returned, ..known },
            (_, PaymentState::Processing) if was_processing => known,
            (_, PaymentState::Processing) => Self {
                state: PaymentState::Processing,
                amount: shown.amount,
                since: Some(known.since.unwrap_or(at)),
                until: None,
            },
            (_, state) => Self {
                state,
                amount: shown.amount,
                since: known.since,
                until: if was_processing { Some(at) } else { known.until },
            },
        }
    }

    /// The time for which it stops the clock.
    fn stop(&self) -> Option<(Timestamp, Timestamp)> {
        let since = self.since?;
        let longest = since.plus_seconds(PROCESSING_SECONDS_MAX);
        Some((since, self.until.unwrap_or(longest).min(longest)))
    }
}

#[cfg(test)]
mod tests;
