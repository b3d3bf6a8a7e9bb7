//! An invoice with all that Stripe shows of it: lines, payments, and the customer as printed.
//!
//! Read when somebody looks, in two calls; a third where it has more lines than come with it.

use std::collections::BTreeMap;

use billing::decline::asks_for_action;
use billing::fact::{Address, Fact};
use billing::ids::InvoiceId;
use billing::money::{Currency, Money};
use billing::printed::{BillTo, Method, Outcome, Payment, Printed, PrintedLine};
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use serde_json::Value;
use stripe_requests::Bound;
use stripe_requests::request;
use stripe_requests::request::paying::{invoice_lines, invoice_payments};
use stripe_wire::wire::Reason;

use crate::preview::read;
use crate::{Stripe, StripeError, pull, text};

/// What is said of an invoice that cannot be read.
const WHAT: &str = "an invoice";
/// Kind of a payment outside of Stripe.
const OUTSIDE: &str = "outside";

#[derive(Deserialize)]
struct Whole {
    currency: String,
    #[serde(default)]
    customer_name: Option<String>,
    #[serde(default)]
    customer_email: Option<String>,
    #[serde(default)]
    customer_address: Option<PostalAddress>,
    #[serde(default)]
    customer_tax_ids: Option<Vec<TaxId>>,
    #[serde(default)]
    custom_fields: Option<Vec<CustomField>>,
    lines: Lines,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PostalAddress {
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
}

#[derive(Deserialize)]
struct TaxId {
    r#type: String,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Deserialize)]
struct CustomField {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Lines {
    data: Vec<Line>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    description: Option<String>,
    amount: i64,
    #[serde(default)]
    quantity: Option<i64>,
    #[serde(default)]
    pricing: Option<Pricing>,
    #[serde(default)]
    taxes: Option<Vec<Tax>>,
    period: Period,
    #[serde(default)]
    parent: Option<BTreeMap<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pricing {
    unit_amount_decimal: Option<String>,
}

#[derive(Deserialize)]
struct Tax {
    amount: i64,
}

#[derive(Deserialize)]
struct Period {
    start: i64,
    end: i64,
}

#[derive(Deserialize)]
struct InvoicePayments {
    data: Vec<InvoicePayment>,
}

#[derive(Deserialize)]
struct InvoicePayment {
    status: String,
    #[serde(default)]
    amount_paid: Option<i64>,
    amount_requested: i64,
    created: i64,
    payment: Means,
    #[serde(default)]
    status_transitions: Transitions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Transitions {
    paid_at: Option<i64>,
    canceled_at: Option<i64>,
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
    #[serde(default)]
    latest_charge: Option<Charge>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
    payment_method: Option<Details>,
}

#[derive(Deserialize)]
struct Charge {
    created: i64,
    #[serde(default)]
    receipt_url: Option<String>,
    #[serde(default)]
    payment_method_details: Option<Details>,
}

/// Details of a payment method, under the name of its kind.
#[derive(Deserialize)]
struct Details {
    r#type: String,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

impl Stripe {
    /// An invoice as it is now, as a fact, and all that Stripe shows of it; nothing when Stripe
    /// does not know it.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn printed_invoice(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<Option<(Fact, Printed)>, StripeError> {
        let answer = match self.call(invocation, &request::invoice(id)).await {
            Err(StripeError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        let fact = pull::read(pull::INVOICE, text(&answer.body)?, answer.at)?;
        let whole: Whole = read(&answer.body, WHAT)?;
        let currency = currency(&whole.currency)?;

        let lines = if whole.lines.has_more {
            self.all_lines(invocation, id).await?
        } else {
            whole.lines.data
        };
        let payments = self.call(invocation, &invoice_payments(id)).await?;
        let payments: InvoicePayments = read(&payments.body, "the payments of an invoice")?;

        let printed = Printed {
            lines: lines.into_iter().map(|line| printed_line(line, currency)).collect(),
            payments: payments.data.into_iter().map(|it| payment(it, currency)).collect(),
            customer: BillTo {
                name: whole.customer_name,
                email: whole.customer_email,
                address: address(whole.customer_address.unwrap_or_default()),
                tax_ids: tax_ids(whole.customer_tax_ids.unwrap_or_default()),
                custom_fields: fields(whole.custom_fields.unwrap_or_default()),
            },
            at: answer.at,
        };
        Ok(Some((fact, printed)))
    }

    async fn all_lines(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<Vec<Line>, StripeError> {
        let page = |after: Option<&str>| invoice_lines(id, after);
        let all = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        all.objects.iter().map(|line| read(line.get().as_bytes(), "an invoice's line")).collect()
    }
}

fn currency(code: &str) -> Result<Currency, StripeError> {
    Currency::parse(code).map_err(|_| StripeError::Unreadable {
        what: WHAT.to_owned(),
        reason: Reason::Missing("currency"),
    })
}

fn printed_line(line: Line, currency: Currency) -> PrintedLine {
    let taxes = line.taxes.unwrap_or_default();
    let details = line.parent.iter().flat_map(BTreeMap::values);
    PrintedLine {
        description: line.description.unwrap_or_default(),
        amount: Money::new(line.amount, currency),
        quantity: line.quantity,
        unit_amount: line.pricing.and_then(|pricing| pricing.unit_amount_decimal),
        tax: taxes.iter().fold(0_i64, |sum, tax| sum.saturating_add(tax.amount)),
        period: (Timestamp(line.period.start), Timestamp(line.period.end)),
        is_proration: details
            .filter_map(|details| details.get("proration"))
            .any(|proration| proration == &Value::Bool(true)),
    }
}

fn payment(payment: InvoicePayment, currency: Currency) -> Payment {
    let InvoicePayment { status, amount_paid, amount_requested, created, .. } = payment;
    let Transitions { paid_at, canceled_at } = payment.status_transitions;
    let Some(intent) = payment.payment.payment_intent else {
        let method = Method { kind: OUTSIDE.to_owned(), brand: None, last4: None, country: None };
        return Payment {
            at: Timestamp(paid_at.or(canceled_at).unwrap_or(created)),
            amount: Money::new(amount_paid.unwrap_or(amount_requested), currency),
            outcome: if status == "paid" { Outcome::Paid } else { Outcome::Canceled },
            method: Some(method),
            receipt_url: None,
        };
    };

    let outcome = match &*status {
        "paid" => Outcome::Paid,
        "canceled" => Outcome::Canceled,
        _ => outcome(&intent),
    };
    let tried_at = intent.latest_charge.as_ref().map(|charge| charge.created);
    let refused = intent.last_payment_error.and_then(|error| error.payment_method);
    let (charged, receipt_url) = match intent.latest_charge {
        Some(charge) => (charge.payment_method_details, charge.receipt_url),
        None => (None, None),
    };
    Payment {
        at: Timestamp(paid_at.or(canceled_at).or(tried_at).unwrap_or(created)),
        amount: Money::new(amount_paid.unwrap_or(amount_requested), currency),
        outcome,
        method: charged.or(refused).map(method),
        receipt_url,
    }
}

/// Outcome of a payment that is neither made nor given up.
fn outcome(intent: &Intent) -> Outcome {
    let error = intent.last_payment_error.as_ref();
    let code = error.and_then(|error| error.decline_code.clone().or(error.code.clone()));
    match (&*intent.status, code) {
        ("processing" | "requires_capture", _) => Outcome::Processing,
        ("requires_action", _) => Outcome::NeedsAction,
        ("canceled", _) => Outcome::Canceled,
        (_, Some(code)) if asks_for_action(&code) => Outcome::NeedsAction,
        (_, Some(code)) => Outcome::Failed(code),
        (_, None) => Outcome::Untried,
    }
}

fn method(details: Details) -> Method {
    let own = details.more.get(&details.r#type);
    let text = |name: &str| own.and_then(|own| own.get(name)?.as_str()).map(str::to_owned);
    Method {
        brand: text("brand"),
        last4: text("last4"),
        country: text("country"),
        kind: details.r#type,
    }
}

fn address(address: PostalAddress) -> Address {
    let PostalAddress { line1, line2, postal_code, city, state, country } = address;
    Address { line1, line2, postal_code, city, state, country }
}

fn tax_ids(tax_ids: Vec<TaxId>) -> Vec<(String, String)> {
    tax_ids.into_iter().filter_map(|tax_id| Some((tax_id.r#type, tax_id.value?))).collect()
}

fn fields(fields: Vec<CustomField>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}
