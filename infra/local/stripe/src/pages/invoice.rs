//! An invoice's own page: what it is for, what is due, and a form to pay it.

use billing::time::Timestamp;
use maud::{Markup, html};

use super::inputs::Errors;
use super::pay_form::{self, Asks, FORM, PayForm};
use super::{Form, Page, PageRequest, document, frame, links, methods, money, papers, test_cards};
use crate::documents::Document;
use crate::error::ApiError;
use crate::invoice_payments;
use crate::invoices::InvoiceStatus;
use crate::payment_intents::{self, Payment, PaymentStatus, Presence};
use crate::stripe::Stripe;

/// `GET /i/{invoice}`
pub fn get(stripe: &Stripe, id: &str, request: &PageRequest) -> Page {
    let mut typed = request.form.clone();
    if typed.text("country").is_empty() {
        typed.set("country", &stripe.settings.country);
    }
    page(stripe, id, typed, Errors::default(), last_refusal(stripe, id), 200)
}

/// `POST /i/{invoice}`: fills in a test card, or pays.
pub fn post(stripe: &mut Stripe, id: &str, request: &PageRequest, now: Timestamp) -> Page {
    let typed = request.form.clone();
    let number = typed.text("use");
    if !number.is_empty() {
        let filled = pay_form::fill(typed.clone(), number, now);
        return page(stripe, id, filled, Errors::default(), None, 200);
    }
    let Some(intent) = invoice_payments::to_be_paid(stripe, id) else {
        return Page::go(links::invoice("", id));
    };
    let read = pay_form::read(&asks(stripe, id, &intent), &typed);
    let method = match read.and_then(|typed| typed.payer(stripe)) {
        Ok(payer) => payer.payment_method.unwrap_or_default(),
        Err(errors) => return page(stripe, id, typed, errors, None, 422),
    };
    match payment_intents::confirm(stripe, &intent, &method, Presence::OnSession) {
        Ok(Payment::Succeeded | Payment::Processing | Payment::Canceled) => {
            Page::go(links::invoice("", id))
        }
        Ok(Payment::RequiresAction) => Page::go(links::authenticate(&request.host, &intent)),
        Ok(Payment::Failed(error)) | Err(error) => {
            let ApiError { message, .. } = error;
            page(stripe, id, typed, Errors::default(), Some(message), 402)
        }
    }
}

/// Reason why the latest try did not succeed.
fn last_refusal(stripe: &Stripe, id: &str) -> Option<String> {
    let intent = invoice_payments::to_be_paid(stripe, id)?;
    let error = stripe.payment_intents.get(&intent)?.last_payment_error.as_ref()?;
    crate::field::text(error, "/message").map(str::to_owned)
}

fn asks(stripe: &Stripe, id: &str, intent: &str) -> Asks {
    let kinds = stripe.payment_intents.get(intent).map(|it| it.payment_method_types.clone());
    let mut kinds = kinds.unwrap_or_default();
    kinds.retain(|kind| kind == "card" || kind == "sepa_debit");
    let customer = stripe.invoices.get(id).map(|invoice| invoice.customer.clone());
    let customer = customer.unwrap_or_default();
    let mut saved = methods::of_customer(stripe, &customer);
    saved.retain(|saved| {
        let method = stripe.payment_methods.get(&saved.id);
        method.is_some_and(|method| kinds.contains(&method.kind))
    });
    Asks { kinds, saved, email: methods::email(stripe, &customer), ..Asks::default() }
}

fn page(
    stripe: &Stripe,
    id: &str,
    typed: Form,
    errors: Errors,
    refusal: Option<String>,
    status: u16,
) -> Page {
    let Some(invoice) = stripe.invoices.get(id) else { return frame::not_found() };
    if invoice.status == InvoiceStatus::Draft {
        let text = "It is still a draft: its page is there once it is final.";
        return frame::message("This invoice is not final yet", text, None);
    }
    let Some(document) = papers::invoice(stripe, id) else { return frame::not_found() };
    let form = invoice_payments::to_be_paid(stripe, id).map(|intent| {
        let due = stripe.payment_intents.get(&intent).map_or(0, |intent| intent.amount);
        PayForm {
            asks: asks(stripe, id, &intent),
            action: links::invoice("", id),
            button: format!("Pay {}", money::text(due, &invoice.currency)),
            legend: "Pay with",
            typed,
            errors,
            refusal,
        }
    });
    Page::html(status, show(stripe, id, &document, form.as_ref()))
}

fn show(stripe: &Stripe, id: &str, document: &Document, form: Option<&PayForm>) -> Markup {
    let merchant = &stripe.settings.name;
    let intent = invoice_payments::default_intent(stripe, id);
    let intent = intent.and_then(|intent| stripe.payment_intents.get(&intent));
    let waits = intent.is_some_and(|intent| intent.status == PaymentStatus::Processing);
    let content = html! {
        main class="wide" {
            div class="top" {
                p class="merchant" { (merchant) }
                a href=(links::invoice_pdf("", id)) { "Download invoice (PDF)" }
            }
            section class="card document" {
                p class="amount" { (document.headline) }
                (document::head(document))
                (document::body(document))
            }
            @if waits {
                p class="said" role="status" { "This invoice is being paid: the bank takes a while." }
            }
            @if let Some(form) = form {
                section class="card split" {
                    (form.show())
                    (test_cards::panel(FORM, &form.asks.kinds))
                }
            }
        }
    };
    frame::page(&format!("Invoice {}", document.number), &content)
}
