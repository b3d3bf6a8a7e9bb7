//! Reading payments of invoices, and attaching one.

use serde_json::Value;

use super::{Means, add, credit};
use crate::call::Call;
use crate::error::ApiError;
use crate::invoices::{self, Collection, Invoice};
use crate::list;
use crate::payment_intents::PaymentStatus;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// `GET /v1/invoice_payments`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let payment = params.within("payment").unwrap_or_default();
    let by = ["payment_intent", "payment_record"].into_iter().find_map(|kind| payment.text(kind));
    let payments = stripe.invoice_payments.iter().filter(|it| {
        let (Means::PaymentIntent(means) | Means::PaymentRecord(means)) = &it.means;
        params.text("invoice").is_none_or(|invoice| it.invoice == invoice)
            && params.text("status").is_none_or(|status| it.status() == status)
            && by.is_none_or(|by| means == by)
    });
    list::page(stripe, call, "/v1/invoice_payments", payments)
}

/// `GET /v1/invoice_payments/{invoice_payment}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.invoice_payments.named(call.id())?.json(stripe))
}

/// `POST /v1/invoices/{invoice}/attach_payment`: what has been paid already is credited at once,
/// the rest when it is paid (docs.stripe.com/invoicing/partial-payments).
pub(super) fn attach(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let params = &call.params;
    let invoice = stripe.invoices.named(id)?;
    if !invoice.is_payable() {
        let message = "You can only attach payments to open or uncollectible invoices.";
        return Err(ApiError::invalid(message));
    }
    let customer = invoice.customer.as_str();
    match (params.text("payment_intent"), params.text("payment_record")) {
        (Some(intent), None) => {
            let paying = stripe.payment_intents.given(intent, "payment_intent")?;
            same_customer(paying.customer.as_deref(), customer, "payment_intent")?;
            same_currency(&paying.currency, &invoice.currency, "payment_intent")?;
            free(paying.invoice.is_none() && super::unattached(stripe, intent), "payment_intent")?;
            let (amount, status) = (paying.amount, paying.status);
            whole(invoice, amount, "payment_intent")?;
            let means = Means::PaymentIntent(intent.to_owned());
            match status {
                PaymentStatus::Succeeded => credit(stripe, id, means, amount),
                PaymentStatus::Canceled => {
                    let message = "A canceled PaymentIntent can't be attached to an invoice.";
                    return Err(ApiError::invalid(message).param("payment_intent"));
                }
                PaymentStatus::RequiresPaymentMethod
                | PaymentStatus::RequiresConfirmation
                | PaymentStatus::RequiresAction
                | PaymentStatus::Processing
                | PaymentStatus::RequiresCapture => {
                    let requested = amount.min(invoice.amount_remaining());
                    add(stripe, id, requested, means, |_| {});
                    if let Some(paying) = stripe.payment_intents.get_mut(intent) {
                        paying.invoice = Some(id.to_owned());
                    }
                }
            }
        }
        (None, Some(record)) => {
            let paying = stripe.payment_records.given(record, "payment_record")?;
            same_customer(paying.customer.as_deref(), customer, "payment_record")?;
            same_currency(&paying.currency, &invoice.currency, "payment_record")?;
            free(super::unattached(stripe, record), "payment_record")?;
            let amount = paying.amount_guaranteed();
            if amount == 0 {
                let message = "Only a Payment Record whose payment is guaranteed can be attached.";
                return Err(ApiError::invalid(message).param("payment_record"));
            }
            whole(invoice, amount, "payment_record")?;
            credit(stripe, id, Means::PaymentRecord(record.to_owned()), amount);
        }
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: payment_intent, payment_record.";
            return Err(ApiError::invalid(message).param("payment_record"));
        }
        (None, None) => return Err(ApiError::missing("payment_intent")),
    }
    Ok(invoices::shown(stripe, id))
}

/// An invoice of a subscription that is charged automatically takes no part of what remains
/// (docs.stripe.com/invoicing/partial-payments).
fn whole(invoice: &Invoice, amount: i64, param: &str) -> Result<(), ApiError> {
    let is_charged = invoice.subscription.is_some() && invoice.collection == Collection::Automatic;
    if !is_charged || amount >= invoice.amount_remaining() {
        return Ok(());
    }
    let message = "Partial payments are not supported on subscription invoices with \
                   `collection_method=charge_automatically`.";
    Err(ApiError::invalid(message).param(param))
}

fn same_customer(of: Option<&str>, customer: &str, param: &str) -> Result<(), ApiError> {
    if of.is_none_or(|of| of == customer) {
        return Ok(());
    }
    let message = "The payment and the invoice must belong to the same customer.";
    Err(ApiError::invalid(message).param(param))
}

fn same_currency(of: &str, currency: &str, param: &str) -> Result<(), ApiError> {
    if of == currency {
        return Ok(());
    }
    let message = format!("The payment's currency ({of}) is not the invoice's ({currency}).");
    Err(ApiError::invalid(message).param(param))
}

fn free(free: bool, param: &str) -> Result<(), ApiError> {
    if free {
        return Ok(());
    }
    Err(ApiError::invalid("This payment is already attached to an invoice.").param(param))
}
