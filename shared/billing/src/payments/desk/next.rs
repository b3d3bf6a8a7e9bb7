//! What is to be done next about an account's transfers, and when.

use std::collections::BTreeMap;

use super::Desk;
use crate::advice::AdviceStatus;
use crate::fact::{Collection, InvoiceStatus};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::receipt::PartState;
use crate::time::Timestamp;

/// One thing to be done about an account's transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An advice's time is over: the journal is to say so.
    Expire(String),
    /// Money that waits for an invoice is to be moved: nothing remains that it could wait for.
    Free(InvoiceId),
    /// An invoice is covered: it is to be marked as paid at Stripe, by the receipt whose key that
    /// takes.
    Pay {
        /// The invoice.
        invoice: InvoiceId,
        /// The receipt.
        receipt: String,
    },
    /// A prepayment is to be put into the customer's balance.
    Credit(String),
    /// The rest of a prepayment is to be taken out of the balance.
    Reverse(String),
    /// The bank took back what paid an invoice: it is to be credited, and another one made in its
    /// place, by the receipt whose key that takes.
    Replace {
        /// The invoice.
        invoice: InvoiceId,
        /// The receipt.
        receipt: String,
    },
    /// Stripe is to stop its own retries of an invoice while advice holds it.
    Stop(InvoiceId),
    /// Stripe is to go on with its own retries.
    GoOn(InvoiceId),
}

/// The next step, if one is due.
pub fn next(desk: &Desk, invoices: &BTreeMap<InvoiceId, Invoice>, now: Timestamp) -> Option<Step> {
    let late = desk
        .advices
        .values()
        .find(|advice| advice.verdict.is_none() && advice.status_at(now) == AdviceStatus::Expired);
    if let Some(advice) = late {
        return Some(Step::Expire(advice.id.clone()));
    }
    if let Some(invoice) = invoices.values().find(|invoice| invoice.frees_reserved()) {
        return Some(Step::Free(invoice.id.clone()));
    }
    for receipt in desk.receipts.values() {
        let paying = receipt.parts.iter().find(|part| part.state == PartState::Paying);
        if let Some(part) = paying {
            let (invoice, receipt) = (part.invoice.clone(), payer(desk, &part.invoice)?);
            return Some(Step::Pay { invoice, receipt });
        }
        if receipt.crediting > 0 {
            return Some(Step::Credit(receipt.id.clone()));
        }
        if receipt.taking() > 0 {
            return Some(Step::Reverse(receipt.id.clone()));
        }
        let returning = receipt.parts.iter().find(|part| part.state == PartState::Returning);
        if let Some(part) = returning {
            let (invoice, receipt) = (part.invoice.clone(), returner(desk, &part.invoice)?);
            return Some(Step::Replace { invoice, receipt });
        }
    }
    invoices.values().find_map(|invoice| retries(invoice, now))
}

/// The receipt whose key marks an invoice as paid: the latest, which completed it.
fn payer(desk: &Desk, invoice: &InvoiceId) -> Option<String> {
    let paying = desk.receipts.values().filter(|it| it.sum_for(invoice, PartState::Paying) > 0);
    paying.max_by_key(|it| (it.recorded_at, it.id.clone())).map(|it| it.id.clone())
}

/// The receipt whose key replaces an invoice: the first that was taken back, so that a second one
/// changes no key.
fn returner(desk: &Desk, invoice: &InvoiceId) -> Option<String> {
    let parts = desk.receipts.values().flat_map(|it| it.parts.iter().map(move |part| (it, part)));
    let of_it =
        parts.filter(|(_, part)| part.invoice == *invoice && part.state == PartState::Returning);
    of_it.min_by_key(|(it, part)| (part.since, it.id.clone())).map(|(it, _)| it.id.clone())
}

/// What Stripe's own retries of an invoice need.
fn retries(invoice: &Invoice, now: Timestamp) -> Option<Step> {
    let terms = invoice.terms.as_ref()?;
    let is_retried = terms.collection == Collection::Automatic
        && invoice.status == Some(InvoiceStatus::Open)
        && !invoice.advance.is_stopped();
    let is_held = invoice.holds.live_until(now).is_some();
    match (invoice.holds.is_at_stripe, is_held && is_retried) {
        (false, true) => Some(Step::Stop(invoice.id.clone())),
        (true, false) => Some(Step::GoOn(invoice.id.clone())),
        (true, true) | (false, false) => None,
    }
}

/// The time at which the next step is due; none while nothing is to come.
pub fn next_look(
    desk: &Desk,
    invoices: &BTreeMap<InvoiceId, Invoice>,
    now: Timestamp,
) -> Option<Timestamp> {
    if next(desk, invoices, now).is_some() {
        return Some(now);
    }
    let undecided = desk.advices.values().filter(|advice| advice.verdict.is_none());
    let expiries = undecided.map(|advice| advice.expires_at);
    let held = invoices.values().filter(|invoice| invoice.holds.is_at_stripe);
    let ends = held.filter_map(|invoice| invoice.holds.live_until(now));
    expiries.chain(ends).min()
}
