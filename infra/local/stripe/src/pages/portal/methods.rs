//! Payment methods in the portal: what is added becomes the customer's default, and the customer's
//! only.

use billing::time::Timestamp;
use maud::html;
use serde_json::json;

use super::super::inputs::Errors;
use super::super::pay_form::{self, Asks, FORM, PayForm};
use super::super::{Form, Page, PageRequest, links, methods, test_cards};
use super::{Done, Visit};
use crate::error::ApiError;
use crate::field;
use crate::payment_methods;
use crate::routes;
use crate::setup_intents;
use crate::stripe::Stripe;

pub(super) fn get(stripe: &Stripe, visit: &Visit) -> Option<Page> {
    let mut typed = Form::default();
    typed.set("country", &stripe.settings.country);
    let form = PayForm { typed, ..form(stripe, visit) };
    visit.features.payment_method_update.then(|| page(visit, 200, &form))
}

fn form(stripe: &Stripe, visit: &Visit) -> PayForm {
    let mut kinds = vec!["card".to_owned()];
    if stripe.settings.currency == "eur" {
        kinds.push("sepa_debit".to_owned());
    }
    PayForm {
        asks: Asks { kinds, email: methods::email(stripe, &visit.customer), ..Asks::default() },
        action: format!("{}/payment_methods", visit.base),
        button: "Save payment method".to_owned(),
        legend: "Payment method",
        ..PayForm::default()
    }
}

fn page(visit: &Visit, status: u16, form: &PayForm) -> Page {
    let content = html! {
        section class="card" {
            h1 { "Add a payment method" }
            p class="hint" { "It becomes your default: invoices to come are paid with it." }
            div class="split" {
                (form.show())
                (test_cards::panel(FORM, &form.asks.kinds))
            }
            (visit.back())
        }
    };
    visit.page(status, "Add a payment method", &content)
}

/// Fills in a test card, or saves what was typed.
pub(super) fn post(
    stripe: &mut Stripe,
    visit: &Visit,
    request: &PageRequest,
    now: Timestamp,
) -> Option<Page> {
    if !visit.features.payment_method_update {
        return None;
    }
    let typed = request.form.clone();
    let empty = form(stripe, visit);
    let number = typed.text("use");
    if !number.is_empty() {
        let typed = pay_form::fill(typed.clone(), number, now);
        return Some(page(visit, 200, &PayForm { typed, ..empty }));
    }
    let read = pay_form::read(&empty.asks, &typed);
    let made = read.and_then(|typed| typed.payer(stripe));
    let again = |errors: Errors, refusal: Option<String>, status| {
        page(visit, status, &PayForm { typed: typed.clone(), errors, refusal, ..empty.clone() })
    };
    let method = match made {
        Ok(payer) => payer.payment_method.unwrap_or_default(),
        Err(errors) => return Some(again(errors, None, 422)),
    };
    Some(match save(stripe, visit, &method) {
        Ok(page) => page,
        Err(error) => again(Errors::default(), Some(error.message), 402),
    })
}

/// Sets a payment method up for the customer; some have to be authenticated first.
fn save(stripe: &mut Stripe, visit: &Visit, method: &str) -> Result<Page, ApiError> {
    let intent = setup_intents::create_for(stripe, Some(&visit.customer));
    setup_intents::confirm(stripe, &intent, method)?;
    let shown = stripe.shown(|stripe| &stripe.setup_intents, &intent);
    let back = format!("{}/saved?setup_intent={intent}", visit.base);
    if field::text(&shown, "/status") == Some("requires_action") {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("back", &back);
        let page = links::authenticate("", &intent);
        return Ok(Page::go(format!("{page}?{}", query.finish())));
    }
    Ok(Page::go(back))
}

/// A payment method was set up: it becomes the default. When that failed it can be tried again.
pub(super) fn saved(stripe: &mut Stripe, visit: &Visit, request: &PageRequest) -> Option<Page> {
    let id = request.form.text("setup_intent");
    let shown = stripe.shown(|stripe| &stripe.setup_intents, id);
    let own = field::text(&shown, "/customer") == Some(visit.customer.as_str());
    if !own || !visit.features.payment_method_update {
        return None;
    }
    if field::text(&shown, "/status") != Some("succeeded") {
        let refusal = field::text(&shown, "/last_setup_error/message").map(str::to_owned);
        let form = PayForm { refusal, ..form(stripe, visit) };
        return Some(page(visit, 402, &form));
    }
    let method = field::text(&shown, "/payment_method").unwrap_or_default().to_owned();
    set_default(stripe, visit, &method)
}

pub(super) fn make_default(stripe: &mut Stripe, visit: &Visit, id: &str) -> Option<Page> {
    if !visit.features.payment_method_update {
        return None;
    }
    set_default(stripe, visit, id)
}

/// Sets the customer's default; a subscription's own stays.
fn set_default(stripe: &mut Stripe, visit: &Visit, id: &str) -> Option<Page> {
    let own = stripe.payment_methods.get(id)?.customer.as_deref() == Some(&visit.customer);
    let asked = json!({ "invoice_settings": { "default_payment_method": id } });
    let path = format!("/v1/customers/{}", visit.customer);
    let set = own && routes::post(stripe, &path, &asked).is_ok();
    set.then(|| visit.done(Done::Method))
}

pub(super) fn remove(stripe: &mut Stripe, visit: &Visit, id: &str) -> Option<Page> {
    let method = stripe.payment_methods.get(id)?;
    let own = method.customer.as_deref() == Some(&visit.customer);
    let removed =
        visit.features.payment_method_update && own && payment_methods::detach(stripe, id).is_ok();
    removed.then(|| Page::go(format!("{}/home?done={}", visit.base, Done::Removed.word())))
}
