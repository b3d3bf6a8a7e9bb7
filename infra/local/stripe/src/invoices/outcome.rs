//! What payments, credit notes and time make of an invoice: the only place where one becomes paid,
//! and where `invoice.paid`, `.payment_failed` and `.payment_action_required` are told.

use billing::time::{DAY_SECONDS, Timestamp};

use super::{Attempt, Collection, Invoice, InvoiceStatus, change, shown};
use crate::agenda::Task;
use crate::balance::{self, BalanceReason};
use crate::invoice_payments;
use crate::payment_intents::Payment;
use crate::stripe::Stripe;
use crate::subscriptions::{self, InvoiceNews};

/// Decline codes after which Stripe does not try the same payment method again
/// (docs.stripe.com/billing/revenue-recovery/smart-retries).
const FINAL_DECLINES: [&str; 10] = [
    "authentication_required",
    "highest_risk_level",
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "stop_payment_order",
    "transaction_not_allowed",
];

/// Reason why nothing is left to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nothing was due when it became final.
    NothingDue,
    /// Credit notes took what was left.
    Credited,
    /// It was paid outside of Stripe.
    OutOfBand,
    /// By a payment.
    Payment,
}

/// An invoice with nothing left to be paid becomes paid, and who waits for it is told.
pub(crate) fn settle(stripe: &mut Stripe, id: &str, how: Settled, also: impl FnOnce(&mut Invoice)) {
    become_paid(stripe, id, how, also);
    announce_paid(stripe, id);
}

/// `invoice.payment_succeeded` is told for payments, and for an invoice that never had anything
/// due.
fn become_paid(stripe: &mut Stripe, id: &str, how: Settled, also: impl FnOnce(&mut Invoice)) {
    let now = now_of(stripe, id);
    let attempted = matches!(how, Settled::NothingDue | Settled::Payment);
    let after = change(stripe, id, |invoice| {
        also(invoice);
        invoice.status = InvoiceStatus::Paid;
        invoice.transitions.paid = Some(now);
        invoice.attempts.attempted |= attempted;
        invoice.attempts.next = None;
        invoice.attempts.current = Attempt::None;
    });
    stripe.emit("invoice.paid", after.clone());
    if attempted {
        stripe.emit("invoice.payment_succeeded", after);
    }
}

/// The customer of a paid invoice is not delinquent any more; its subscription is told.
fn announce_paid(stripe: &mut Stripe, id: &str) {
    set_delinquent(stripe, id, false);
    tell(stripe, id, InvoiceNews::Paid);
}

/// Something became of a payment intent that pays an invoice: the only place where a payment makes
/// an invoice paid, and where `invoice.paid`, `.payment_failed` and `.payment_action_required` are
/// told.
pub fn payment_changed(stripe: &mut Stripe, id: &str, payment_intent: &str, payment: &Payment) {
    if stripe.invoices.get(id).is_none() {
        return;
    }
    match payment {
        Payment::Succeeded => {
            let intent = stripe.payment_intents.get(payment_intent);
            let amount = intent.map_or(0, |intent| intent.amount_received);
            let payment = invoice_payments::of_intent(stripe, id, payment_intent);
            if let Some(payment) = payment.filter(|it| invoice_payments::can_pay(stripe, it)) {
                paid(stripe, id, &payment, amount);
            }
        }
        Payment::Processing => {
            change(stripe, id, |invoice| {
                count(invoice);
                invoice.attempts.next = None;
                invoice.attempts.current = Attempt::Counted;
            });
        }
        Payment::RequiresAction => action_required(stripe, id, payment_intent),
        Payment::Failed(error) => {
            let decline = error.more.get("decline_code").and_then(serde_json::Value::as_str);
            let final_ = [decline, error.code].into_iter().flatten();
            let final_ = final_.into_iter().any(|code| FINAL_DECLINES.contains(&code));
            let method = error.more.get("payment_method").and_then(|it| it.get("id")?.as_str());
            failed(stripe, id, method.map(str::to_owned), final_);
        }
        Payment::Canceled => invoice_payments::canceled(stripe, id, payment_intent),
    }
}

/// Money came for an invoice by one of its payments: all of it, a part, or more than was due. What
/// is too much becomes credit of the customer. Minor units.
pub(crate) fn paid(stripe: &mut Stripe, id: &str, payment: &str, amount: i64) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let over = amount.saturating_sub(invoice.amount_remaining()).max(0);
    let taken = amount.saturating_sub(over);
    let covers = taken == invoice.amount_remaining();
    let off_stripe = invoice_payments::is_off_stripe(stripe, payment);
    let (payable, customer) = (invoice.is_payable(), invoice.customer.clone());
    let currency = invoice.currency.clone();
    let add = |invoice: &mut Invoice| {
        if !off_stripe {
            count(invoice);
        }
        invoice.amount_paid = invoice.amount_paid.saturating_add(taken);
        invoice.amount_overpaid = invoice.amount_overpaid.saturating_add(over);
    };
    invoice_payments::mark_paid(stripe, payment, taken);
    if payable && covers {
        let how = if off_stripe { Settled::OutOfBand } else { Settled::Payment };
        become_paid(stripe, id, how, add);
    } else {
        change(stripe, id, add);
        invoice_payments::follow(stripe, id);
    }
    invoice_payments::announce_paid(stripe, payment);
    if over > 0 {
        let credit = over.saturating_neg();
        let reason = BalanceReason::InvoiceOverpaid;
        balance::adjust(stripe, &customer, credit, &currency, reason, Some(id), None);
        let after = shown(stripe, id);
        stripe.emit("invoice.overpaid", after);
    }
    if payable && covers {
        invoice_payments::cancel_open(stripe, id, "automatic");
        announce_paid(stripe, id);
    }
}

/// The customer has to authenticate. While Stripe collects by itself this is a failure; on a page
/// it is a step.
fn action_required(stripe: &mut Stripe, id: &str, payment_intent: &str) {
    let ours = stripe.invoices.get(id).is_some_and(|it| it.attempts.current != Attempt::None);
    if ours {
        let intent = stripe.payment_intents.get(payment_intent);
        let method = intent.and_then(|intent| intent.payment_method.clone());
        failed(stripe, id, method, true);
        if let Some(invoice) = stripe.invoices.get_mut(id) {
            invoice.attempts.current = Attempt::Counted;
        }
    }
    let after = shown(stripe, id);
    stripe.emit("invoice.payment_action_required", after);
}

/// A try to collect has failed, with a payment method or for want of one. `final_` says that this
/// method is not to be tried again by itself.
pub(super) fn failed(stripe: &mut Stripe, id: &str, method: Option<String>, final_: bool) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let now = now_of(stripe, id);
    let automatic = matches!(invoice.attempts.current, Attempt::Automatic | Attempt::Counted);
    let refused = final_ || method.as_deref().is_some_and(|method| is_indian(stripe, method));
    let retry_days = stripe.settings.retry_days.clone();
    let mut exhausted = false;
    let after = change(stripe, id, |invoice| {
        let by_schedule = count(invoice) || invoice.attempts.current == Attempt::Counted;
        invoice.attempts.current = Attempt::None;
        if refused {
            invoice.attempts.refused = method;
        }
        if by_schedule {
            exhausted = plan(invoice, now, &retry_days);
        }
    });
    put_down(stripe, id);
    stripe.emit("invoice.payment_failed", after);
    if automatic {
        set_delinquent(stripe, id, true);
    }
    tell(stripe, id, InvoiceNews::PaymentFailed);
    if exhausted {
        tell(stripe, id, InvoiceNews::RetriesExhausted);
    }
}

/// A try by the schedule that cannot be made: it counts, and the next one is put down.
pub(super) fn skipped(stripe: &mut Stripe, id: &str) {
    let now = now_of(stripe, id);
    let retry_days = stripe.settings.retry_days.clone();
    let mut exhausted = false;
    change(stripe, id, |invoice| {
        invoice.attempts.count = invoice.attempts.count.saturating_add(1);
        exhausted = plan(invoice, now, &retry_days);
    });
    put_down(stripe, id);
    if exhausted {
        tell(stripe, id, InvoiceNews::RetriesExhausted);
    }
}

/// Counts a try, if it counts: the first one of whatever kind, then those of the schedule.
fn count(invoice: &mut Invoice) -> bool {
    let counts = match invoice.attempts.current {
        Attempt::Automatic => true,
        Attempt::Manual | Attempt::None => invoice.attempts.count == 0,
        Attempt::Counted => false,
    };
    invoice.attempts.attempted = true;
    if counts {
        invoice.attempts.count = invoice.attempts.count.saturating_add(1);
    }
    counts
}

/// Plans the next try by the schedule, where there is one: not for a subscription's first payment,
/// nor for a pending update. Answers whether there were tries and none is left.
fn plan(invoice: &mut Invoice, now: Timestamp, retry_days: &[i64]) -> bool {
    let by_itself = invoice.auto_advance
        && invoice.status == InvoiceStatus::Open
        && invoice.collection == Collection::Automatic;
    if !by_itself || invoice.pending_update || invoice.billing_reason == "subscription_create" {
        invoice.attempts.next = None;
        return false;
    }
    let made = usize::try_from(invoice.attempts.count.saturating_sub(1)).unwrap_or(usize::MAX);
    let next = retry_days.get(made).map(|days| days.saturating_mul(DAY_SECONDS));
    invoice.attempts.next = next.map(|seconds| now.plus_seconds(seconds));
    next.is_none()
}

/// Puts the next try on the agenda.
pub(super) fn put_down(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let customer = invoice.customer.clone();
    if let Some(next) = invoice.attempts.next {
        stripe.schedule(Some(&customer), next, Task::CollectInvoice(id.to_owned()));
    }
}

/// The due date of a sent invoice has passed: its customer is delinquent, and it is told of where
/// an automation is set up for it.
pub fn due_date_passed(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let passed = invoice.due_date.is_some_and(|due| due <= now_of(stripe, id));
    if invoice.status != InvoiceStatus::Open || !passed {
        return;
    }
    set_delinquent(stripe, id, true);
    tell(stripe, id, InvoiceNews::DueDatePassed);
    if stripe.settings.tells_overdue {
        let overdue = shown(stripe, id);
        stripe.emit("invoice.overdue", overdue);
    }
}

/// Tells the subscription of an invoice what became of it.
pub(super) fn tell(stripe: &mut Stripe, id: &str, news: InvoiceNews) {
    let subscription = stripe.invoices.get(id).and_then(|invoice| invoice.subscription.clone());
    if let Some(subscription) = subscription {
        subscriptions::invoice_changed(stripe, &subscription, id, news);
    }
}

/// Whether the customer's latest invoice went wrong; tells of the customer's update.
pub(super) fn set_delinquent(stripe: &mut Stripe, id: &str, delinquent: bool) {
    let Some(customer) = stripe.invoices.get(id).map(|it| it.customer.clone()) else { return };
    super::change_customer(stripe, &customer, |customer| customer.delinquent = delinquent);
}

pub(super) fn now_of(stripe: &Stripe, id: &str) -> Timestamp {
    stripe.time_of(stripe.invoices.get(id).map(|invoice| invoice.customer.as_str()))
}

/// True if a card was issued in India: Stripe never tries it again by itself.
fn is_indian(stripe: &Stripe, method: &str) -> bool {
    let details = stripe.payment_methods.get(method).map(|method| &method.details);
    details.and_then(|details| details.get("country")?.as_str()) == Some("IN")
}
