//! Payment methods as people know them.

use serde_json::Value;

use super::pay_form::Email;
use crate::field;
use crate::payment_methods::PaymentMethod;
use crate::stripe::Stripe;

/// A payment method that a customer has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedMethod {
    /// `pm_...`
    pub id: String,
    /// Such as `Visa •••• 4242`.
    pub label: String,
    /// Such as `12 / 2030`; empty for what does not expire.
    pub expires: String,
    /// True if it is what the customer's invoices are paid with.
    pub is_default: bool,
}

/// What a customer has, the default first and then the newest.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Vec<SavedMethod> {
    let default = stripe.customers.get(customer).and_then(|it| it.default_payment_method.clone());
    let own = stripe.payment_methods.iter().rev();
    let own = own.filter(|method| method.customer.as_deref() == Some(customer));
    let own = own.map(|method| SavedMethod {
        is_default: default.as_deref() == Some(method.id.as_str()),
        ..SavedMethod::of(method)
    });
    let mut own: Vec<SavedMethod> = own.collect();
    own.sort_by_key(|method| !method.is_default);
    own
}

/// The customer's email address: a new bank account needs one.
pub fn email(stripe: &Stripe, customer: &str) -> Email {
    let shown = stripe.shown(|stripe| &stripe.customers, customer);
    let email = field::text(&shown, "/email").unwrap_or("customer@example.com");
    Email::OnFile(email.to_owned())
}

impl SavedMethod {
    /// Of a payment method, without a look at its customer.
    pub fn of(method: &PaymentMethod) -> Self {
        let details = &method.details;
        let expires = field::integer(details, "/exp_month")
            .zip(field::integer(details, "/exp_year"))
            .map_or_else(String::new, |(month, year)| format!("{month:02} / {year}"));
        Self {
            id: method.id.clone(),
            label: label(&method.kind, details),
            expires,
            is_default: false,
        }
    }
}

/// Such as `Visa •••• 4242`.
pub fn label(kind: &str, details: &Value) -> String {
    let name = match field::text(details, "/brand").unwrap_or(kind) {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        "discover" => "Discover",
        "diners" => "Diners Club",
        "jcb" => "JCB",
        "unionpay" => "UnionPay",
        "sepa_debit" => "SEPA account",
        "us_bank_account" => "US bank account",
        "card" => "Card",
        other => other,
    };
    format!("{name} •••• {}", field::text(details, "/last4").unwrap_or_default())
}
