//! What is known of a customer, to be changed by it.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::countries::COUNTRIES;
use super::super::inputs::{Errors, Input, refusal, select};
use super::super::pay_form::TAX_IDS;
use super::super::{Form, Page, PageRequest};
use super::{Done, Visit};
use crate::call::Params;
use crate::checkout::is_email;
use crate::documents;
use crate::field;
use crate::routes;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::tax_ids;

/// Fields of an address, with what a browser fills in.
const ADDRESS: [Input; 5] = [
    Input::text("line1", "Address", "address-line1"),
    Input::text("line2", "Address, second line", "address-line2"),
    Input::text("postal_code", "Postal code", "postal-code"),
    Input::text("city", "City", "address-level2"),
    Input::text("state", "State or region", "address-level1"),
];

pub(super) fn get(stripe: &Stripe, visit: &Visit) -> Option<Page> {
    let customer = stripe.customers.get(&visit.customer)?.json(stripe);
    let mut typed = Form::default();
    for name in ["name", "email", "phone"] {
        typed.set(name, field::text(&customer, &format!("/{name}")).unwrap_or_default());
    }
    for name in ["line1", "line2", "postal_code", "city", "state", "country"] {
        typed.set(name, field::text(&customer, &format!("/address/{name}")).unwrap_or_default());
    }
    if typed.text("country").is_empty() {
        typed.set("country", &stripe.settings.country);
    }
    let page = || page(stripe, visit, 200, &typed, &Errors::default(), None);
    visit.features.customer_update.then(page)
}

fn allows(visit: &Visit, what: &str) -> bool {
    visit.features.allowed_updates.iter().any(|allowed| allowed == what)
}

fn page(
    stripe: &Stripe,
    visit: &Visit,
    status: u16,
    typed: &Form,
    errors: &Errors,
    refused: Option<&str>,
) -> Page {
    let email = Input { kind: "email", ..Input::text("email", "Email", "email") };
    let phone = Input { kind: "tel", ..Input::text("phone", "Phone", "tel") };
    let content = html! {
        section class="card" {
            h1 { "Billing details" }
            form class="form" method="post" action={ (visit.base) "/details" } {
                (refusal(refused))
                @if allows(visit, "name") {
                    (Input::text("name", "Name", "organization").show(typed, errors))
                }
                @if allows(visit, "email") { (email.show(typed, errors)) }
                @if allows(visit, "phone") { (phone.show(typed, errors)) }
                @if allows(visit, "address") {
                    @for input in ADDRESS { (input.show(typed, errors)) }
                    (select("country", "Country", &COUNTRIES, typed, errors))
                }
                @if allows(visit, "tax_id") {
                    div class="row" {
                        (select("tax_id_type", "Another tax id", &TAX_IDS, typed, errors))
                        (Input::text("tax_id", "Number", "off").show(typed, errors))
                    }
                }
                button type="submit" class="primary" { "Save" }
            }
            @if allows(visit, "tax_id") { (known_tax_ids(stripe, visit)) }
            (visit.back())
        }
    };
    visit.page(status, "Billing details", &content)
}

fn known_tax_ids(stripe: &Stripe, visit: &Visit) -> Markup {
    let own = stripe.tax_ids.iter().filter(|tax_id| tax_id.customer == visit.customer);
    html! {
        @for tax_id in own {
            div class="entry" {
                p { (documents::tax_id(&tax_id.json(stripe))) }
                form method="post" action={ (visit.base) "/details/tax_ids/" (tax_id.id) "/remove" } {
                    button class="quiet" { "Remove" }
                }
            }
        }
    }
}

pub(super) fn post(stripe: &mut Stripe, visit: &Visit, request: &PageRequest) -> Option<Page> {
    if !visit.features.customer_update {
        return None;
    }
    let typed = &request.form;
    let mut errors = Errors::default();
    if allows(visit, "email") && !is_email(typed.text("email")) {
        errors.say("email", "Enter an email address, such as name@example.com.");
    }
    let (kind, number) = (typed.text("tax_id_type"), typed.text("tax_id"));
    let adds = allows(visit, "tax_id") && !(kind.is_empty() && number.is_empty());
    if adds {
        let asked = json!({ "tax_id_data": [{ "type": kind, "value": number }] });
        let asked = Params(asked.as_object().cloned().unwrap_or_default());
        if kind.is_empty() {
            errors.say("tax_id_type", "Choose what kind of tax id it is.");
        } else if tax_ids::checked_data(&asked).is_err() {
            errors.say("tax_id", "This is not a tax id of that kind.");
        }
    }
    if !errors.is_empty() {
        return Some(page(stripe, visit, 422, typed, &errors, None));
    }
    let path = format!("/v1/customers/{}", visit.customer);
    let update = Value::Object(update(visit, typed));
    if let Err(error) = routes::post(stripe, &path, &update) {
        let message = Some(error.message.as_str());
        return Some(page(stripe, visit, 422, typed, &Errors::default(), message));
    }
    if adds {
        tax_ids::add(stripe, &visit.customer, kind, number);
    }
    Some(visit.done(Done::Details))
}

/// The parameters of the customer's update: only what the configuration allows.
fn update(visit: &Visit, typed: &Form) -> Map<String, Value> {
    let texts = ["name", "email", "phone"].into_iter().filter(|name| allows(visit, name));
    let mut update: Map<String, Value> =
        texts.map(|name| (name.to_owned(), json!(typed.text(name)))).collect();
    if allows(visit, "address") {
        let names = ["line1", "line2", "postal_code", "city", "state", "country"];
        let address = names.map(|name| (name.to_owned(), json!(typed.text(name))));
        update.insert("address".to_owned(), Value::Object(address.into_iter().collect()));
    }
    update
}

pub(super) fn remove_tax_id(stripe: &mut Stripe, visit: &Visit, id: &str) -> Option<Page> {
    let own = stripe.tax_ids.get(id)?.customer == visit.customer;
    let allowed = visit.features.customer_update && allows(visit, "tax_id");
    let path = format!("/v1/customers/{}/tax_ids/{id}", visit.customer);
    let removed = own && allowed && routes::delete(stripe, &path).is_ok();
    removed.then(|| Page::go(format!("{}/details", visit.base)))
}
