//! From draft to final: number, balance, what is due, and its payment.
//!
//! A draft that advances by itself becomes final an hour after it was made. Stripe waits until all
//! endpoints have taken `invoice.created`, up to 72 hours
//! (docs.stripe.com/invoicing/integration/workflow-transitions); for customers on a test clock it
//! does not, as their hours pass at once.

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::Value;

use super::totals::Totals;
use super::{Collection, Invoice, InvoiceStatus, Settled, collect, json, settle, shown};
use crate::agenda::Task;
use crate::amounts;
use crate::balance::{self, BalanceReason};
use crate::error::ApiError;
use crate::invoice_payments;
use crate::settings::DRAFT_SECONDS;
use crate::stripe::Stripe;

/// Longest wait for endpoints that have not taken `invoice.created`.
const WAIT_SECONDS: i64 = 3 * DAY_SECONDS;

/// What becomes of an invoice's total and its customer's balance when it becomes final, in minor
/// units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// The balance before: negative is credit.
    pub starting: i64,
    /// What moves the balance because the invoice takes or gives it.
    pub applied: i64,
    /// What moves it because it is too little to be charged.
    pub too_small: i64,
    /// The balance after.
    pub ending: i64,
    /// What is left to be paid.
    pub due: i64,
}

impl Terms {
    /// Of a draft: with the balance in its currency.
    pub fn of(stripe: &Stripe, invoice: &Invoice) -> Self {
        let customer = stripe.customers.get(&invoice.customer);
        let starting = customer.map_or(0, |customer| customer.balance_in(&invoice.currency));
        let minimum = amounts::minimum(&invoice.currency);
        Self::new(Totals::of(stripe, invoice).total(), starting, minimum)
    }

    fn new(total: i64, starting: i64, minimum: i64) -> Self {
        let sum = total.saturating_add(starting);
        if sum >= minimum {
            let applied = starting.saturating_neg();
            return Self { starting, applied, too_small: 0, ending: 0, due: sum };
        }
        // Nothing is charged: the whole total moves the balance. What is above zero then is too
        // small.
        let applied = match (starting < 0, total > 0) {
            (true, _) if sum > 0 => starting.saturating_neg(),
            (false, true) if sum > 0 => 0,
            _ => total,
        };
        let too_small = total.saturating_sub(applied);
        Self { starting, applied, too_small, ending: sum, due: 0 }
    }
}

/// Makes a draft final: number, balance applied, payment intent, due date. An invoice with nothing
/// due is paid at once. With automatic collection and `auto_advance` nothing is charged here: see
/// [`super::collect`].
pub fn finalize(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let invoice = stripe.invoices.named(id)?;
    if invoice.status != InvoiceStatus::Draft {
        let message =
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
        return Err(ApiError::invalid(message));
    }
    let terms = Terms::of(stripe, invoice);
    let customer = invoice.customer.clone();
    let before = become_final(stripe, id, terms);
    if terms.due > 0 {
        invoice_payments::request(stripe, id);
    }
    let after = shown(stripe, id);
    stripe.emit_update("invoice.updated", &before, after.clone());
    stripe.emit("invoice.finalized", after);
    if terms.due > 0 {
        remember_due_date(stripe, id, &customer);
    } else {
        settle(stripe, id, Settled::NothingDue, |_| {});
    }
    Ok(())
}

/// Makes a draft final for which the money has come already, as Checkout's are: the balance stays
/// as it is, and no payment is asked for.
pub(crate) fn finalize_paid(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let customer = stripe.customers.get(&invoice.customer);
    let balance = customer.map_or(0, |customer| customer.balance_in(&invoice.currency));
    let due = Totals::of(stripe, invoice).total();
    let terms = Terms { starting: balance, applied: 0, too_small: 0, ending: balance, due };
    let before = become_final(stripe, id, terms);
    let after = shown(stripe, id);
    stripe.emit_update("invoice.updated", &before, after.clone());
    stripe.emit("invoice.finalized", after);
}

/// What a draft gets when it becomes final. Answers with how it was shown before.
fn become_final(stripe: &mut Stripe, id: &str, terms: Terms) -> Value {
    let Some(invoice) = stripe.invoices.get(id) else { return Value::Null };
    let (customer, currency) = (invoice.customer.clone(), invoice.currency.clone());
    let now = stripe.time_of(Some(&customer));
    let number = invoice.number.clone();
    let number = number.unwrap_or_else(|| next_number(stripe, &customer));
    let customer_then = json::customer_now(stripe, &customer);
    let subscription = stripe.invoices.get(id).and_then(|invoice| invoice.subscription.as_ref());
    let subscription = subscription.and_then(|id| stripe.subscriptions.get(id));
    let subscription_then = subscription.map(|subscription| subscription.metadata.clone());
    let before = shown(stripe, id);
    if let Some(invoice) = stripe.invoices.get_mut(id) {
        invoice.status = InvoiceStatus::Open;
        invoice.number = Some(number);
        invoice.transitions.finalized = Some(now);
        invoice.automatically_finalizes_at = None;
        invoice.due_date = invoice.due_date();
        invoice.customer_then = Some(customer_then);
        invoice.subscription_then = subscription_then;
        invoice.balance = Some((terms.starting, terms.ending));
        invoice.due_at_finalization = terms.due;
    }
    for (amount, reason) in [
        (terms.applied, BalanceReason::AppliedToInvoice),
        (terms.too_small, BalanceReason::InvoiceTooSmall),
    ] {
        if amount != 0 {
            balance::adjust(stripe, &customer, amount, &currency, reason, Some(id), None);
        }
    }
    before
}

/// `ACME-0007`: the customer's prefix and its own sequence.
fn next_number(stripe: &mut Stripe, customer: &str) -> String {
    let Some(customer) = stripe.customers.get_mut(customer) else { return String::new() };
    let sequence = customer.next_invoice_sequence.max(1);
    customer.next_invoice_sequence = sequence.saturating_add(1);
    format!("{}-{sequence:04}", customer.invoice_prefix)
}

fn remember_due_date(stripe: &mut Stripe, id: &str, customer: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    if let Some(due) = invoice.due_date {
        stripe.schedule(Some(customer), due, Task::InvoiceDue(id.to_owned()));
    }
}

/// Puts down when a draft becomes final by itself.
pub(super) fn schedule(stripe: &mut Stripe, id: &str, at: Timestamp) {
    let Some(invoice) = stripe.invoices.get_mut(id) else { return };
    invoice.automatically_finalizes_at = Some(at);
    let customer = invoice.customer.clone();
    stripe.schedule(Some(&customer), at, Task::FinalizeInvoice(id.to_owned()));
}

/// A draft's hour is over.
pub fn finalize_due(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let now = stripe.time_of(Some(&invoice.customer));
    let due = invoice.automatically_finalizes_at.is_some_and(|at| at <= now);
    if invoice.status != InvoiceStatus::Draft || !due {
        return;
    }
    let (collection, by_itself) = (invoice.collection, invoice.auto_advance);
    let last = invoice.created.plus_seconds(WAIT_SECONDS);
    if waits(stripe, invoice) && now < last {
        schedule(stripe, id, now.plus_seconds(DRAFT_SECONDS).min(last));
        return;
    }
    if let Some(invoice) = stripe.invoices.get_mut(id) {
        invoice.announced.1 = invoice.announced.1.or(Some(now));
    }
    if finalize(stripe, id).is_err() || !by_itself {
        return;
    }
    match collection {
        Collection::Automatic => {
            if stripe.invoices.get(id).is_some_and(|it| it.status == InvoiceStatus::Open) {
                collect(stripe, id);
            }
        }
        Collection::Send { .. } => {
            let sent = shown(stripe, id);
            stripe.emit("invoice.sent", sent);
        }
    }
}

/// True if an endpoint has not taken `invoice.created` yet.
fn waits(stripe: &Stripe, invoice: &Invoice) -> bool {
    let clocked = stripe.customers.get(&invoice.customer).is_some_and(|it| it.test_clock.is_some());
    let pending = |event: &String| stripe.deliveries.pending(event) > 0;
    !clocked && invoice.announced.0.as_ref().is_some_and(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_lowers_or_raises_what_is_due_and_small_sums_move_into_it() {
        for (name, total, starting, applied, too_small, ending, due) in [
            ("no balance", 1_000, 0, 0, 0, 0, 1_000),
            ("credit covers a part", 1_000, -300, 300, 0, 0, 700),
            ("credit covers all: 1000 - 1500 = -500 stay", 1_000, -1_500, 1_000, 0, -500, 0),
            ("credit covers it exactly", 1_000, -1_000, 1_000, 0, 0, 0),
            ("what is owed is due too", 1_000, 200, -200, 0, 0, 1_200),
            ("a credit becomes balance", -400, 0, -400, 0, -400, 0),
            ("a credit adds to credit", -400, -100, -400, 0, -500, 0),
            ("a credit lowers a debt: 1000 - 400 = 600 are due", -400, 1_000, -1_000, 0, 0, 600),
            ("under 50 cents", 49, 0, 0, 49, 49, 0),
            ("50 cents", 50, 0, 0, 0, 0, 50),
            ("20 after credit: 300 applied, 20 owed", 320, -300, 300, 20, 20, 0),
            ("two small sums: 30 + 10 = 40", 10, 30, 0, 10, 40, 0),
            ("two small sums that are enough: 30 + 20 = 50", 20, 30, -30, 0, 0, 50),
            ("a credit leaves a small debt: 100 - 80 = 20", -80, 100, -80, 0, 20, 0),
            ("nothing", 0, 0, 0, 0, 0, 0),
            ("nothing, with a small debt", 0, 30, 0, 0, 30, 0),
        ] {
            let expected = Terms { starting, applied, too_small, ending, due };
            let terms = Terms::new(total, starting, 50);
            assert_eq!(terms, expected, "{name}");
            let moved = terms.applied + terms.too_small;
            assert_eq!(terms.ending, starting + moved, "{name}: the ledger fits the balance");
            assert_eq!(total + starting, terms.due + terms.ending, "{name}: nothing is lost");
        }
    }
}
