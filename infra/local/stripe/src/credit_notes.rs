//! Credit notes (`docs.stripe.com/api/credit_notes`): they lower what an invoice is about, first
//! what remains to be paid (before payment), then what was paid (after payment: refunded, credited
//! to the balance, or given back outside of Stripe).

mod api;
mod issue;
mod lines;

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::invoices::{Tax, Totals, tax_json};
use crate::metadata::Metadata;
use crate::pages::links;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/credit_notes", api::list),
    Route::post("/v1/credit_notes", api::create),
    Route::get("/v1/credit_notes/preview", api::preview),
    Route::get("/v1/credit_notes/preview/lines", api::preview_lines),
    Route::get("/v1/credit_notes/{id}", api::get),
    Route::post("/v1/credit_notes/{id}", api::update),
    Route::post("/v1/credit_notes/{id}/void", api::void),
    Route::get("/v1/credit_notes/{credit_note}/lines", api::lines),
];

/// A credit note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreditNote {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Of which invoice.
    pub invoice: String,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// `ACME-0007-CN-01`
    pub number: String,
    /// What it is about; empty where it is about an amount alone.
    pub lines: Vec<NoteLine>,
    /// What it comes to.
    pub(crate) totals: Totals,
    /// By how much it lowered what remained to be paid, in minor units.
    pub pre_payment: i64,
    /// How much of it is given back, in minor units.
    pub post_payment: i64,
    /// What of that is given back outside of Stripe, in minor units.
    pub out_of_band: Option<i64>,
    /// What of that is refunded: refunds, with minor units of each.
    pub refunds: Vec<(String, i64)>,
    /// What of that the customer's balance has.
    pub balance_transaction: Option<String>,
    /// Stripe's `reason`.
    pub reason: Option<String>,
    /// For the customer.
    pub memo: Option<String>,
    /// The date that stands on it, when it is not that of its making.
    pub effective_at: Option<Timestamp>,
    /// Time at which it was made void.
    pub voided: Option<Timestamp>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// A line of a credit note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoteLine {
    /// `cnli_...`
    pub id: String,
    /// The invoice's line that it credits; none for what is described anew.
    pub invoice_line: Option<String>,
    /// Minor units, without exclusive taxes.
    pub amount: i64,
    /// For people.
    pub description: String,
    /// How many units, where it is about units.
    pub quantity: Option<i64>,
    /// Minor units per unit, with decimals.
    #[serde(with = "crate::kept::maybe_decimal", default)]
    pub unit_amount: Option<Decimal>,
    /// Tax rates of what is described anew.
    pub tax_rates: Vec<String>,
    /// Taxes on it.
    pub(crate) taxes: Vec<Tax>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

impl CreditNote {
    fn kind(&self) -> &'static str {
        match (self.pre_payment, self.post_payment) {
            (_, 0) => "pre_payment",
            (0, _) => "post_payment",
            _ => "mixed",
        }
    }
}

impl Object for CreditNote {
    const KIND: &'static str = "credit_note";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        let url = format!("/v1/credit_notes/{}/lines", self.id);
        let lines = self.lines.iter().map(|line| line.json(stripe));
        let mut lines = crate::list::inline(&url, lines.collect());
        if let Some(list) = lines.as_object_mut() {
            list.remove("total_count");
        }
        let refunds = self.refunds.iter().map(|(refund, amount)| {
            json!({
                "amount_refunded": amount,
                "payment_record_refund": null,
                "refund": refund,
                "type": "refund",
            })
        });
        let taxes: Vec<Value> = self.totals.taxes.iter().map(tax_json).collect();
        json!({
            "id": self.id,
            "object": "credit_note",
            "amount": self.totals.total(),
            "amount_shipping": 0,
            "created": self.created.0,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "customer_balance_transaction": self.balance_transaction,
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": self.effective_at.unwrap_or(self.created).0,
            "invoice": self.invoice,
            "lines": lines,
            "livemode": false,
            "memo": self.memo,
            "metadata": self.metadata.json(),
            "number": self.number,
            "out_of_band_amount": self.out_of_band,
            "pdf": links::credit_note_pdf(&stripe.settings.host, &self.id),
            "post_payment_amount": self.post_payment,
            "pre_payment_amount": self.pre_payment,
            "pretax_credit_amounts": [],
            "reason": self.reason,
            "refunds": refunds.collect::<Vec<_>>(),
            "shipping_cost": null,
            "status": if self.voided.is_some() { "void" } else { "issued" },
            "subtotal": self.totals.subtotal,
            "subtotal_excluding_tax": self.totals.without_tax(),
            "total": self.totals.total(),
            "total_excluding_tax": self.totals.without_tax(),
            "total_taxes": taxes,
            "type": self.kind(),
            "voided_at": self.voided.map(|at| at.0),
        })
    }
}

impl NoteLine {
    /// As the API shows it.
    pub(crate) fn json(&self, stripe: &Stripe) -> Value {
        let rates = self.tax_rates.iter().filter_map(|id| stripe.tax_rates.get(id));
        let rates: Vec<Value> = rates.map(|rate| rate.json(stripe)).collect();
        let description = Some(&self.description).filter(|text| !text.is_empty());
        let whole = self.unit_amount.filter(|amount| amount.fract().is_zero());
        let mut line = json!({
            "id": self.id,
            "object": "credit_note_line_item",
            "amount": self.amount,
            "description": description,
            "discount_amount": 0,
            "discount_amounts": [],
            "livemode": false,
            "metadata": self.metadata.json(),
            "pretax_credit_amounts": [],
            "quantity": self.quantity,
            "tax_rates": rates,
            "taxes": self.taxes.iter().map(tax_json).collect::<Vec<_>>(),
            "type": "custom_line_item",
            "unit_amount": whole.and_then(|amount| amount.to_i64()),
            "unit_amount_decimal": self.unit_amount.map(|amount| amount.normalize().to_string()),
        });
        if let (Some(line), Some(credited)) = (line.as_object_mut(), &self.invoice_line) {
            line.insert("type".to_owned(), json!("invoice_line_item"));
            line.insert("invoice_line_item".to_owned(), json!(credited));
        }
        line
    }
}

/// The live credit notes of an invoice, oldest first.
pub(crate) fn live<'a>(
    stripe: &'a Stripe,
    invoice: &'a str,
) -> impl Iterator<Item = &'a CreditNote> {
    let notes = stripe.credit_notes.iter();
    notes.filter(move |note| note.invoice == invoice && note.voided.is_none())
}
