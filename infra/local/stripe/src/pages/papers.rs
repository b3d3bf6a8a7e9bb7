//! Invoices, credit notes and receipts: their pages without forms, and their PDF.

use maud::{Markup, html};
use serde_json::Value;

use super::{Page, document, frame};
use crate::documents::{self, Document, Rates};
use crate::field;
use crate::invoices::{self, InvoiceStatus};
use crate::pdf;
use crate::stripe::Stripe;

/// An invoice as a document; none when there is no such invoice.
pub fn invoice(stripe: &Stripe, id: &str) -> Option<Document> {
    let invoice = stripe.invoices.get(id)?;
    let lines = invoice.lines.iter().map(|line| invoices::line(stripe, invoice, line));
    let lines: Vec<Value> = lines.collect();
    let shown = stripe.shown(|stripe| &stripe.invoices, id);
    Some(documents::invoice(&with_tax_ids(stripe, shown), &lines, &Rates::of(stripe)))
}

/// The seller's tax ids, which an invoice only names.
fn with_tax_ids(stripe: &Stripe, mut shown: Value) -> Value {
    let named = field::rows(&shown, "/account_tax_ids").filter_map(Value::as_str);
    let named = named.map(|id| stripe.shown(|stripe| &stripe.tax_ids, id));
    let named: Vec<Value> = named.filter(|tax_id| !tax_id.is_null()).collect();
    field::set(&mut shown, "account_tax_ids", named);
    shown
}

/// `GET /i/{invoice}/pdf`
pub fn invoice_pdf(stripe: &Stripe, id: &str) -> Page {
    let final_ = |invoice: &invoices::Invoice| invoice.status != InvoiceStatus::Draft;
    if !stripe.invoices.get(id).is_some_and(final_) {
        return frame::not_found();
    }
    print(invoice(stripe, id))
}

/// `GET /credit_notes/{credit_note}/pdf`
pub fn credit_note_pdf(stripe: &Stripe, id: &str) -> Page {
    print(credit_note(stripe, id))
}

fn credit_note(stripe: &Stripe, id: &str) -> Option<Document> {
    let note = stripe.credit_notes.get(id)?;
    let invoice = stripe.shown(|stripe| &stripe.invoices, &note.invoice);
    let lines: Vec<Value> = note.lines.iter().map(|line| line.json(stripe)).collect();
    let shown = stripe.shown(|stripe| &stripe.credit_notes, id);
    Some(documents::credit_note(&shown, &invoice, &lines, &Rates::of(stripe)))
}

/// `GET /receipts/{charge}`
pub fn receipt_page(stripe: &Stripe, id: &str) -> Page {
    let Some(receipt) = receipt(stripe, id) else { return frame::not_found() };
    let content: Markup = html! {
        main class="wide" {
            section class="card document" {
                (document::head(&receipt))
                p class="amount" { (receipt.headline) }
                (document::body(&receipt))
                p class="actions" {
                    a class="button" href={ "/receipts/" (id) "/pdf" } { "Download receipt (PDF)" }
                }
            }
        }
    };
    Page::html(200, frame::page(&format!("Receipt {}", receipt.number), &content))
}

/// `GET /receipts/{charge}/pdf`
pub fn receipt_pdf(stripe: &Stripe, id: &str) -> Page {
    print(receipt(stripe, id))
}

fn receipt(stripe: &Stripe, id: &str) -> Option<Document> {
    stripe.charges.get(id)?;
    let shown = stripe.shown(|stripe| &stripe.charges, id);
    Some(documents::receipt(&shown, &stripe.settings.name))
}

fn print(document: Option<Document>) -> Page {
    document.map_or_else(frame::not_found, |document| Page {
        status: 200,
        content_type: "application/pdf",
        location: None,
        body: pdf::print(&document),
    })
}
