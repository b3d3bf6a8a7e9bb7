//! Invoice items (docs.stripe.com/api/invoiceitems): what the next invoice takes with it.
//!
//! An item's line is the truth while it is pending; on an invoice the invoice's line is, and both
//! are kept the same. Stripe has no event for a changed item.

mod api;
mod bulk;

use billing::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::invoices::{self, InvoiceStatus, Line};
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/invoiceitems", api::list),
    Route::post("/v1/invoiceitems", api::create),
    Route::get("/v1/invoiceitems/{invoiceitem}", api::get),
    Route::post("/v1/invoiceitems/{invoiceitem}", api::update),
    Route::delete("/v1/invoiceitems/{invoiceitem}", api::delete),
    Route::post("/v1/invoices/{invoice}/add_lines", bulk::add),
    Route::post("/v1/invoices/{invoice}/remove_lines", bulk::remove),
    Route::post("/v1/invoices/{invoice}/update_lines", bulk::update),
    Route::post("/v1/invoices/{invoice}/lines/{line_item_id}", bulk::update_one),
];

/// What the next invoice takes with it, or has taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InvoiceItem {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The invoice that it stands on; none while it is pending.
    pub invoice: Option<String>,
    /// What the line will be; its id is the line's.
    pub line: Line,
    /// Minor units per unit, with decimals, where they were given.
    #[serde(with = "crate::kept::maybe_decimal", default)]
    pub unit_amount: Option<Decimal>,
    /// True if discounts would take it.
    pub discountable: bool,
    /// True if it was made for its invoice, rather than pending before.
    pub made_for_invoice: bool,
}

impl Object for InvoiceItem {
    const KIND: &'static str = "invoiceitem";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        let line = &self.line;
        let customer = stripe.customers.get(&self.customer);
        let description = Some(&line.description).filter(|text| !text.is_empty());
        let parent = line.subscription.as_deref().map(|subscription| {
            let mut details = json!({ "subscription": subscription });
            if let (Some(details), Some(item)) = (details.as_object_mut(), &line.subscription_item)
            {
                details.insert("subscription_item".to_owned(), json!(item));
            }
            json!({ "subscription_details": details, "type": "subscription_details" })
        });
        let credited = invoices::credited(line).map(
            |lines| json!({ "invoice_line_item_details": lines, "type": "invoice_line_items" }),
        );
        let quantity = line.quantity.unwrap_or(1);
        let rates = line.tax_rates.iter().filter_map(|id| stripe.tax_rates.get(id));
        let rates: Vec<Value> = rates.map(|rate| rate.json(stripe)).collect();
        json!({
            "id": self.id,
            "object": "invoiceitem",
            "amount": line.amount,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "date": self.created.0,
            "description": description,
            "discountable": self.discountable,
            "discounts": [],
            "frozen_fields": [],
            "invoice": self.invoice,
            "livemode": false,
            "metadata": line.metadata.json(),
            "net_amount": line.amount,
            "parent": parent,
            "period": { "end": line.period.1.0, "start": line.period.0.0 },
            "pricing": invoices::pricing(stripe, line, self.unit_amount),
            "proration": line.proration,
            "proration_details": { "credited_items": credited, "discount_amounts": [] },
            "quantity": quantity,
            "quantity_decimal": quantity.to_string(),
            "tax_rates": rates,
            "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
        })
    }
}

/// Makes a pending one, as prorations are; `invoiceitem.created` is told. Answers with its id.
pub fn create(stripe: &mut Stripe, customer: &str, currency: &str, line: Line) -> String {
    make(stripe, customer, currency, line, |_| {})
}

fn make(
    stripe: &mut Stripe,
    customer: &str,
    currency: &str,
    line: Line,
    also: impl FnOnce(&mut InvoiceItem),
) -> String {
    invoices::fix_currency(stripe, customer, currency);
    let id = stripe.ids.next("ii");
    let line = Line { id: stripe.ids.next("il"), invoice_item: Some(id.clone()), ..line };
    let mut item = InvoiceItem {
        id: id.clone(),
        created: stripe.time_of(Some(customer)),
        customer: customer.to_owned(),
        currency: currency.to_owned(),
        invoice: None,
        discountable: !line.proration && line.amount >= 0,
        line,
        unit_amount: None,
        made_for_invoice: false,
    };
    also(&mut item);
    stripe.invoice_items.add(item);
    let created = stripe.shown(|stripe| &stripe.invoice_items, &id);
    stripe.emit("invoiceitem.created", created);
    id
}

/// Pending ones of a customer in a currency, oldest first: those of this subscription, or, without
/// one, those that are of no subscription.
pub fn pending(
    stripe: &Stripe,
    customer: &str,
    currency: &str,
    subscription: Option<&str>,
) -> Vec<String> {
    let mut items = all_pending(stripe, customer, currency);
    items.retain(|id| {
        let item = stripe.invoice_items.get(id);
        item.is_some_and(|item| item.line.subscription.as_deref() == subscription)
    });
    items
}

/// All pending ones of a customer in a currency, oldest first.
pub(crate) fn all_pending(stripe: &Stripe, customer: &str, currency: &str) -> Vec<String> {
    let items = stripe.invoice_items.iter().filter(|item| {
        item.invoice.is_none() && item.customer == customer && item.currency == currency
    });
    items.map(|item| item.id.clone()).collect()
}

/// Puts a pending one on an invoice that takes it; answers with its line.
pub(crate) fn put_on(stripe: &mut Stripe, id: &str, invoice: &str) -> Option<Line> {
    let item = stripe.invoice_items.get_mut(id)?;
    item.invoice = Some(invoice.to_owned());
    Some(item.line.clone())
}

/// A draft was deleted: what was pending before is pending again, what was made for it is deleted.
pub(crate) fn invoice_deleted(stripe: &mut Stripe, invoice: &str) {
    let items = stripe.invoice_items.iter();
    let items = items.filter(|item| item.invoice.as_deref() == Some(invoice));
    let items: Vec<(String, bool)> =
        items.map(|item| (item.id.clone(), item.made_for_invoice)).collect();
    for (id, made_for_invoice) in items {
        if made_for_invoice {
            remove(stripe, &id);
        } else if let Some(item) = stripe.invoice_items.get_mut(&id) {
            item.invoice = None;
        }
    }
}

/// Deletes one that nothing else refers to.
fn remove(stripe: &mut Stripe, id: &str) {
    let last = stripe.shown(|stripe| &stripe.invoice_items, id);
    stripe.invoice_items.remove(id);
    stripe.emit("invoiceitem.deleted", last);
}

/// True if it can be changed: it is pending, or its invoice is a draft.
fn is_editable(stripe: &Stripe, item: &InvoiceItem) -> bool {
    let invoice = item.invoice.as_deref().and_then(|id| stripe.invoices.get(id));
    invoice.is_none_or(|invoice| invoice.status == InvoiceStatus::Draft)
}
