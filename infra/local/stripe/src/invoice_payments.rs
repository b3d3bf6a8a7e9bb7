//! Payments of invoices (docs.stripe.com/api/invoice-payment): which payment intent or record pays
//! how much of which invoice. The default one is made with the invoice's finalization and asks for
//! what remains.

mod api;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::invoices::{self, Invoice};
use crate::payment_intents::{self, PaymentStatus, Purpose};
use crate::payment_records;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/invoice_payments", api::list),
    Route::get("/v1/invoice_payments/{invoice_payment}", api::get),
    Route::post("/v1/invoices/{invoice}/attach_payment", api::attach),
];

/// A payment of an invoice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InvoicePayment {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Of which invoice.
    pub invoice: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What it is to pay, in minor units.
    pub amount_requested: i64,
    /// What it paid, in minor units.
    pub amount_paid: Option<i64>,
    /// True if it came with the finalization.
    pub is_default: bool,
    /// What pays.
    pub means: Means,
    /// Time at which it was paid.
    pub paid_at: Option<Timestamp>,
    /// Time at which it was cancelled.
    pub canceled_at: Option<Timestamp>,
}

/// What pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Means {
    /// A payment intent.
    PaymentIntent(String),
    /// A record of a payment outside of Stripe.
    PaymentRecord(String),
}

impl InvoicePayment {
    /// True if it can still pay.
    pub fn is_open(&self) -> bool {
        self.paid_at.is_none() && self.canceled_at.is_none()
    }

    fn status(&self) -> &'static str {
        match (self.paid_at, self.canceled_at) {
            (Some(_), _) => "paid",
            (None, Some(_)) => "canceled",
            (None, None) => "open",
        }
    }

    fn intent(&self) -> Option<&str> {
        match &self.means {
            Means::PaymentIntent(id) => Some(id),
            Means::PaymentRecord(_) => None,
        }
    }
}

impl Object for InvoicePayment {
    const KIND: &'static str = "invoice_payment";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let payment = match &self.means {
            Means::PaymentIntent(id) => json!({ "payment_intent": id, "type": "payment_intent" }),
            Means::PaymentRecord(id) => json!({ "payment_record": id, "type": "payment_record" }),
        };
        json!({
            "id": self.id,
            "object": "invoice_payment",
            "amount_paid": self.amount_paid,
            "amount_requested": self.amount_requested,
            "created": self.created.0,
            "currency": self.currency,
            "invoice": self.invoice,
            "is_default": self.is_default,
            "livemode": false,
            "payment": payment,
            "status": self.status(),
            "status_transitions": {
                "canceled_at": self.canceled_at.map(|at| at.0),
                "paid_at": self.paid_at.map(|at| at.0),
            },
        })
    }
}

/// An invoice's payments, as a list within it.
pub fn of_invoice(stripe: &Stripe, invoice: &str) -> Value {
    let payments = stripe.invoice_payments.iter().rev().filter(|it| it.invoice == invoice);
    let payments: Vec<Value> = payments.map(|payment| payment.json(stripe)).collect();
    let url = format!("/v1/invoice_payments?invoice={invoice}");
    crate::list::inline(&url, payments)
}

/// The payment intent of an invoice's own payment, which can still pay or has paid.
pub fn default_intent(stripe: &Stripe, invoice: &str) -> Option<String> {
    let mut payments = stripe.invoice_payments.iter().rev();
    let payment = payments.find(|payment| {
        payment.invoice == invoice && payment.is_default && payment.canceled_at.is_none()
    });
    payment?.intent().map(str::to_owned)
}

/// The payment intent by which an invoice's customer can pay now.
pub fn to_be_paid(stripe: &Stripe, invoice: &str) -> Option<String> {
    let intent = default_intent(stripe, invoice)?;
    let status = stripe.payment_intents.get(&intent)?.status;
    match status {
        PaymentStatus::RequiresPaymentMethod
        | PaymentStatus::RequiresConfirmation
        | PaymentStatus::RequiresAction => Some(intent),
        PaymentStatus::Processing
        | PaymentStatus::RequiresCapture
        | PaymentStatus::Succeeded
        | PaymentStatus::Canceled => None,
    }
}

/// The invoice's payment by a payment intent.
pub(crate) fn of_intent(stripe: &Stripe, invoice: &str, intent: &str) -> Option<String> {
    let mut payments = stripe.invoice_payments.iter().filter(|it| it.invoice == invoice);
    payments.find(|payment| payment.intent() == Some(intent)).map(|payment| payment.id.clone())
}

/// The payment intents that have paid an invoice.
pub(crate) fn intents(stripe: &Stripe, invoice: &str) -> Vec<String> {
    let payments = stripe.invoice_payments.iter();
    let paid = payments.filter(|it| it.invoice == invoice && it.paid_at.is_some());
    paid.filter_map(|payment| payment.intent().map(str::to_owned)).collect()
}

/// True if a payment intent or record pays no invoice yet.
fn unattached(stripe: &Stripe, means: &str) -> bool {
    !stripe.invoice_payments.iter().any(|payment| match &payment.means {
        Means::PaymentIntent(id) | Means::PaymentRecord(id) => id == means,
    })
}

/// Asks for what remains of an invoice: makes the default payment and its payment intent, and
/// answers with the intent's id.
pub(crate) fn request(stripe: &mut Stripe, invoice: &str) -> String {
    let Some(of) = stripe.invoices.get(invoice) else { return String::new() };
    let purpose = purpose(of);
    let amount = purpose.amount;
    let intent = payment_intents::create_for(stripe, purpose);
    add(stripe, invoice, amount, Means::PaymentIntent(intent.clone()), |it| it.is_default = true);
    intent
}

fn purpose(invoice: &Invoice) -> Purpose {
    let first = invoice.billing_reason == "subscription_create";
    let description = match &*invoice.billing_reason {
        "subscription_create" => "Subscription creation",
        "subscription_cycle" | "subscription_update" => "Subscription update",
        _ => "Payment for Invoice",
    };
    let types =
        invoice.told.get("payment_settings").and_then(|it| it["payment_method_types"].as_array());
    let types = types.into_iter().flatten().filter_map(Value::as_str);
    Purpose {
        customer: Some(invoice.customer.clone()),
        amount: invoice.amount_remaining(),
        currency: invoice.currency.clone(),
        invoice: Some(invoice.id.clone()),
        description: Some(description.to_owned()),
        setup_future_usage: first.then(|| "off_session".to_owned()),
        payment_method_types: types.map(str::to_owned).collect(),
        ..Purpose::default()
    }
}

/// Puts a payment to an invoice; answers with its id.
fn add(
    stripe: &mut Stripe,
    invoice: &str,
    amount: i64,
    means: Means,
    also: impl FnOnce(&mut InvoicePayment),
) -> String {
    let Some(of) = stripe.invoices.get(invoice) else { return String::new() };
    let (currency, customer) = (of.currency.clone(), of.customer.clone());
    let mut payment = InvoicePayment {
        id: stripe.ids.next("inpay"),
        created: stripe.time_of(Some(&customer)),
        invoice: invoice.to_owned(),
        currency,
        amount_requested: amount,
        amount_paid: None,
        is_default: false,
        means,
        paid_at: None,
        canceled_at: None,
    };
    also(&mut payment);
    let id = payment.id.clone();
    stripe.invoice_payments.add(payment);
    id
}

/// The whole of what remains was paid outside of Stripe (`paid_out_of_band`).
pub(crate) fn pay_out_of_band(stripe: &mut Stripe, invoice: &str) {
    let Some(of) = stripe.invoices.get(invoice) else { return };
    let (customer, currency) = (of.customer.clone(), of.currency.clone());
    let amount = of.amount_remaining();
    let record = payment_records::of_invoice(stripe, &customer, amount, &currency);
    credit(stripe, invoice, Means::PaymentRecord(record), amount);
}

/// Money that has come already is credited to an invoice.
fn credit(stripe: &mut Stripe, invoice: &str, means: Means, amount: i64) {
    let requested = stripe.invoices.get(invoice).map_or(0, Invoice::amount_remaining).min(amount);
    let payment = add(stripe, invoice, requested, means, |_| {});
    invoices::paid(stripe, invoice, &payment, amount);
}

/// True if a payment was made outside of Stripe.
pub(crate) fn is_off_stripe(stripe: &Stripe, payment: &str) -> bool {
    let payment = stripe.invoice_payments.get(payment);
    payment.is_some_and(|payment| matches!(payment.means, Means::PaymentRecord(_)))
}

/// True if a payment can still pay.
pub(crate) fn can_pay(stripe: &Stripe, payment: &str) -> bool {
    stripe.invoice_payments.get(payment).is_some_and(InvoicePayment::is_open)
}

/// It has paid so much, in minor units.
pub(crate) fn mark_paid(stripe: &mut Stripe, payment: &str, amount: i64) {
    let Some(now) = now_of(stripe, payment) else { return };
    if let Some(payment) = stripe.invoice_payments.get_mut(payment) {
        payment.amount_paid = Some(amount);
        payment.paid_at = Some(now);
    }
}

/// Tells that it has paid.
pub(crate) fn announce_paid(stripe: &mut Stripe, payment: &str) {
    let paid = stripe.shown(|stripe| &stripe.invoice_payments, payment);
    stripe.emit("invoice_payment.paid", paid);
}

/// A payment intent was cancelled: the invoice's payment by it is too.
pub(crate) fn canceled(stripe: &mut Stripe, invoice: &str, intent: &str) {
    let Some(payment) = of_intent(stripe, invoice, intent) else { return };
    let Some(now) = now_of(stripe, &payment) else { return };
    if let Some(payment) = stripe.invoice_payments.get_mut(&payment)
        && payment.is_open()
    {
        payment.canceled_at = Some(now);
    }
}

/// Cancels all payments of an invoice that can still pay, and their payment intents.
pub(crate) fn cancel_open(stripe: &mut Stripe, invoice: &str, reason: &'static str) {
    let payments = stripe.invoice_payments.iter();
    let open = payments.filter(|payment| payment.invoice == invoice && payment.is_open());
    let intents: Vec<String> = open.filter_map(|it| it.intent().map(str::to_owned)).collect();
    for intent in intents {
        payment_intents::cancel(stripe, &intent, reason);
        canceled(stripe, invoice, &intent);
    }
}

/// What remains of an invoice has changed: the default payment asks for that.
pub(crate) fn follow(stripe: &mut Stripe, invoice: &str) {
    let Some(of) = stripe.invoices.get(invoice) else { return };
    let (payable, amount) = (of.is_payable(), of.amount_remaining());
    let open = |it: &&InvoicePayment| it.invoice == invoice && it.is_default && it.is_open();
    let Some(payment) = stripe.invoice_payments.iter().find(open).cloned() else { return };
    let intent = payment.intent().map(str::to_owned);
    let (id, asked) = (payment.id, payment.amount_requested);
    if !payable || amount == 0 || asked == amount {
        return;
    }
    if let Some(payment) = stripe.invoice_payments.get_mut(&id) {
        payment.amount_requested = amount;
    }
    if let Some(intent) = intent {
        payment_intents::set_amount(stripe, &intent, amount);
    }
}

fn now_of(stripe: &Stripe, payment: &str) -> Option<Timestamp> {
    let payment = stripe.invoice_payments.get(payment)?;
    let invoice = stripe.invoices.get(&payment.invoice)?;
    Some(stripe.time_of(Some(&invoice.customer)))
}
