//! Customer balance transactions: the ledger of what a customer has in credit or owes
//! (docs.stripe.com/billing/customer/balance).

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::customers::{self, Customer};
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{list, told};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/customers/{customer}/balance_transactions", create),
    Route::get("/v1/customers/{customer}/balance_transactions", page),
    Route::get("/v1/customers/{customer}/balance_transactions/{transaction}", read),
    Route::post("/v1/customers/{customer}/balance_transactions/{transaction}", update),
];

/// What an entry only repeats.
const TOLD: &[&str] = &["description"];

/// An entry of a customer's ledger. What it says of money never changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BalanceTransaction {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// Minor units: negative gives the customer credit, positive takes it.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The customer's balance after it.
    pub ending_balance: i64,
    /// Why.
    pub reason: BalanceReason,
    /// The invoice that it is about.
    pub invoice: Option<String>,
    /// The credit note that it is about.
    pub credit_note: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for BalanceTransaction {
    const KIND: &'static str = "customer_balance_transaction";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let entry = json!({
            "id": self.id,
            "object": "customer_balance_transaction",
            "amount": self.amount,
            "checkout_session": null,
            "created": self.created.0,
            "credit_note": self.credit_note,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": null,
            "ending_balance": self.ending_balance,
            "invoice": self.invoice,
            "livemode": false,
            "metadata": self.metadata.json(),
            "type": self.reason.as_str(),
        });
        told::over(entry, &self.told)
    }
}

/// Stripe's `type` of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BalanceReason {
    /// By the API.
    Adjustment,
    /// The customer was made with it.
    Initial,
    /// An invoice took or gave it when it became final.
    AppliedToInvoice,
    /// A void invoice gave it back.
    UnappliedFromInvoice,
    /// A credit note gave it.
    CreditNote,
    /// What was due of an invoice is too little to be charged: it is owed with the next one.
    InvoiceTooSmall,
    /// More was paid than was due.
    InvoiceOverpaid,
}

impl BalanceReason {
    /// In Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adjustment => "adjustment",
            Self::Initial => "initial",
            Self::AppliedToInvoice => "applied_to_invoice",
            Self::UnappliedFromInvoice => "unapplied_from_invoice",
            Self::CreditNote => "credit_note",
            Self::InvoiceTooSmall => "invoice_too_small",
            Self::InvoiceOverpaid => "invoice_overpaid",
        }
    }
}

/// Moves a customer's balance and puts an entry into the ledger; tells of the customer's update.
/// Answers with the entry's id.
pub fn adjust(
    stripe: &mut Stripe,
    customer: &str,
    amount: i64,
    currency: &str,
    reason: BalanceReason,
    invoice: Option<&str>,
    credit_note: Option<&str>,
) -> String {
    let before = stripe.shown(|stripe| &stripe.customers, customer);
    let id = book(stripe, customer, amount, currency, reason);
    if let Some(entry) = stripe.balance_transactions.get_mut(&id) {
        entry.invoice = invoice.map(str::to_owned);
        entry.credit_note = credit_note.map(str::to_owned);
    }
    let after = stripe.shown(|stripe| &stripe.customers, customer);
    stripe.emit_update("customer.updated", &before, after);
    id
}

/// As [`adjust`], for who tells of the customer's update with other news. A customer without a
/// currency gets this one; in any other than its own it has a balance apart.
pub fn book(
    stripe: &mut Stripe,
    customer: &str,
    amount: i64,
    currency: &str,
    reason: BalanceReason,
) -> String {
    let id = stripe.ids.next("cbtxn");
    let created = stripe.time_of(Some(customer));
    let mut ending_balance = amount;
    if let Some(customer) = stripe.customers.get_mut(customer) {
        let own = customer.currency.get_or_insert_with(|| currency.to_owned());
        let balance = if own == currency {
            &mut customer.balance
        } else {
            customer.other_balances.entry(currency.to_owned()).or_default()
        };
        *balance = balance.saturating_add(amount);
        ending_balance = *balance;
    }
    stripe.balance_transactions.add(BalanceTransaction {
        id: id.clone(),
        created,
        customer: customer.to_owned(),
        amount,
        currency: currency.to_owned(),
        ending_balance,
        reason,
        invoice: None,
        credit_note: None,
        metadata: Metadata::default(),
        told: Map::new(),
    });
    id
}

fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    let customer = customers::named(stripe, id)?;
    let (amount, currency) =
        (params.integer("amount").unwrap_or_default(), params.required("currency")?);
    in_bounds(customer, amount, currency)?;
    let entry = adjust(stripe, id, amount, currency, BalanceReason::Adjustment, None, None);
    if let Some(entry) = stripe.balance_transactions.get_mut(&entry) {
        entry.metadata = params.metadata();
        told::update(&mut entry.told, params, TOLD);
    }
    Ok(stripe.shown(|stripe| &stripe.balance_transactions, &entry))
}

/// Refuses what a balance cannot hold.
fn in_bounds(customer: &Customer, amount: i64, currency: &str) -> Result<(), ApiError> {
    if customer.balance_in(currency).checked_add(amount).is_none() {
        let error = ApiError::invalid("The customer's balance would be too large.");
        return Err(error.code("amount_too_large").param("amount"));
    }
    Ok(())
}

/// The entry that a path names, of the customer that it names.
fn named<'a>(stripe: &'a Stripe, call: &Call) -> Result<&'a BalanceTransaction, ApiError> {
    customers::named(stripe, call.id())?;
    let entry = stripe.balance_transactions.named(call.place(1))?;
    if entry.customer == call.id() {
        Ok(entry)
    } else {
        Err(ApiError::not_found(BalanceTransaction::KIND, call.place(1)))
    }
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(named(stripe, call)?.json(stripe))
}

fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = named(stripe, call)?.id.clone();
    if let Some(entry) = stripe.balance_transactions.get_mut(&id) {
        entry.metadata.update(&call.params);
        told::update(&mut entry.told, &call.params, TOLD);
    }
    Ok(stripe.shown(|stripe| &stripe.balance_transactions, &id))
}

fn page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    customers::named(stripe, call.id())?;
    let invoice = call.params.text("invoice");
    let entries = stripe.balance_transactions.iter().filter(|entry| {
        entry.customer == call.id()
            && invoice.is_none_or(|invoice| entry.invoice.as_deref() == Some(invoice))
    });
    let url = format!("/v1/customers/{}/balance_transactions", call.id());
    list::page(stripe, call, &url, entries)
}
