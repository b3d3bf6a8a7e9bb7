//! What an invoice would come to, and why one was not paid.

use billing::ids::InvoiceId;
use billing::money::{Currency, Money};
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::request::Request;
use stripe_requests::request::subscription::invoice_with_payments;
use stripe_wire::wire::Reason;

use crate::{Stripe, StripeError, text};

/// An invoice that is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePreview {
    /// What would be charged: with tax, less what the customer's balance covers. Never negative.
    pub due: Money,
    /// What it comes to, with tax; negative when it would give credit.
    pub total: Money,
    /// What it comes to without tax.
    pub without_tax: Money,
    /// Line by line, without tax, before discounts.
    pub lines: Vec<PreviewLine>,
    /// What discounts take off the lines.
    pub discount: Money,
    /// Time at which Stripe answered.
    pub at: Timestamp,
}

impl InvoicePreview {
    /// End of the latest time that it bills: the renewal behind it.
    pub fn ends(&self) -> Option<Timestamp> {
        self.lines.iter().map(|line| line.period.1).max()
    }
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewLine {
    /// Stripe's words.
    pub description: String,
    /// Negative for time that is credited.
    pub amount: Money,
    /// For which time.
    pub period: (Timestamp, Timestamp),
    /// Part of a period, charged or credited by a change.
    pub is_proration: bool,
}

/// Reason why an invoice is not paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPaid {
    /// Stripe's or the bank's code, such as `insufficient_funds`; none when no payment was tried.
    pub code: Option<String>,
    /// Stripe's words.
    pub message: Option<String>,
    /// True if the customer has to authenticate the payment.
    pub needs_action: bool,
    /// Stripe's page on which it can be paid.
    pub hosted_invoice_url: Option<String>,
}

#[derive(Deserialize)]
struct Preview {
    currency: String,
    amount_due: i64,
    total: i64,
    #[serde(default)]
    total_excluding_tax: Option<i64>,
    #[serde(default)]
    total_discount_amounts: Option<Vec<Discounted>>,
    lines: List<Line>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Discounted {
    amount: i64,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    description: Option<String>,
    amount: i64,
    period: Period,
    #[serde(default)]
    parent: Option<Parent>,
}

/// What a line was made of: one of the two says whether it is a proration.
#[derive(Deserialize)]
struct Parent {
    #[serde(default)]
    subscription_item_details: Option<Origin>,
    #[serde(default)]
    invoice_item_details: Option<Origin>,
}

#[derive(Deserialize)]
struct Origin {
    #[serde(default)]
    proration: bool,
}

impl Line {
    fn is_proration(&self) -> bool {
        let Some(parent) = &self.parent else { return false };
        let origins = [&parent.subscription_item_details, &parent.invoice_item_details];
        origins.into_iter().flatten().any(|origin| origin.proration)
    }
}

#[derive(Deserialize)]
struct Period {
    start: i64,
    end: i64,
}

#[derive(Deserialize)]
struct Unpaid {
    #[serde(default)]
    hosted_invoice_url: Option<String>,
    #[serde(default)]
    payments: Option<List<Payment>>,
}

#[derive(Deserialize)]
struct Payment {
    #[serde(default)]
    created: i64,
    payment: Means,
}

#[derive(Deserialize)]
struct Means {
    #[serde(default)]
    payment_intent: Option<Intent>,
}

#[derive(Deserialize)]
struct Intent {
    status: String,
    #[serde(default)]
    last_payment_error: Option<PaymentError>,
}

#[derive(Deserialize)]
struct PaymentError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Stripe {
    /// What an invoice would come to.
    pub async fn preview(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<InvoicePreview, StripeError> {
        let answer = self.call(invocation, request).await?;
        let preview: Preview = read(&answer.body, "the preview of an invoice")?;
        let currency = Currency::parse(&preview.currency).map_err(|_| StripeError::Unreadable {
            what: "the preview of an invoice".to_owned(),
            reason: Reason::Missing("currency"),
        })?;
        let money = |amount: i64| Money::new(amount, currency);
        let lines = preview.lines.data.into_iter().map(|line| PreviewLine {
            is_proration: line.is_proration(),
            description: line.description.unwrap_or_default(),
            amount: money(line.amount),
            period: (Timestamp(line.period.start), Timestamp(line.period.end)),
        });
        let discounts = preview.total_discount_amounts.unwrap_or_default();
        let discount = discounts.iter().fold(0_i64, |sum, it| sum.saturating_add(it.amount));
        Ok(InvoicePreview {
            discount: money(discount),
            at: answer.at,
            due: money(preview.amount_due),
            total: money(preview.total),
            without_tax: money(preview.total_excluding_tax.unwrap_or(preview.total)),
            lines: lines.collect(),
        })
    }

    /// Reason why an invoice is not paid.
    pub async fn not_paid(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<NotPaid, StripeError> {
        let answer = self.call(invocation, &invoice_with_payments(id)).await?;
        let Unpaid { hosted_invoice_url, payments } = read(&answer.body, "an unpaid invoice")?;
        let intent = payments.and_then(newest_intent);
        let Some(Intent { status, last_payment_error }) = intent else {
            return Ok(NotPaid {
                code: None,
                message: None,
                needs_action: false,
                hosted_invoice_url,
            });
        };
        let error = last_payment_error.as_ref();
        let code = error.and_then(|error| error.decline_code.clone().or(error.code.clone()));
        let asks = |code: &Option<String>| code.as_deref() == Some("authentication_required");
        let needs_action = status == "requires_action"
            || asks(&code)
            || error.is_some_and(|error| asks(&error.code));
        let message = last_payment_error.and_then(|error| error.message);
        Ok(NotPaid { code, message, needs_action, hosted_invoice_url })
    }
}

/// The payment intent of an invoice's newest payment. Stripe's lists have the newest first; of one
/// second, it is the first.
fn newest_intent(payments: List<Payment>) -> Option<Intent> {
    let payments = payments.data.into_iter().rev();
    let intents =
        payments.filter_map(|payment| Some((payment.created, payment.payment.payment_intent?)));
    intents.max_by_key(|(created, _)| *created).map(|(_, intent)| intent)
}

pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8], what: &str) -> Result<T, StripeError> {
    serde_json::from_str(text(body)?).map_err(|error| StripeError::Unreadable {
        what: what.to_owned(),
        reason: Reason::Shape(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the decline that is shown is that of the newest payment, whatever order the list has.
    #[test]
    fn the_newest_payment_says_why_an_invoice_is_not_paid() {
        let payment = |created: i64, code: &str| {
            let error = format!(r#"{{"code": "card_declined", "decline_code": "{code}"}}"#);
            let intent = format!(
                r#"{{"status": "requires_payment_method", "last_payment_error": {error}}}"#
            );
            format!(r#"{{"created": {created}, "payment": {{"payment_intent": {intent}}}}}"#)
        };
        for payments in [
            [payment(2, "lost_card"), payment(1, "insufficient_funds")],
            [payment(1, "insufficient_funds"), payment(2, "lost_card")],
            [payment(1, "lost_card"), payment(1, "insufficient_funds")],
        ] {
            let list = format!(r#"{{"data": [{}]}}"#, payments.join(","));
            let intent = newest_intent(serde_json::from_str(&list).unwrap()).unwrap();
            let error = intent.last_payment_error.unwrap();
            assert_eq!(error.decline_code.as_deref(), Some("lost_card"), "{list}");
        }
    }
}
