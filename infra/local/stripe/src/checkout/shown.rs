//! Sessions and their lines as the API shows them.

use serde_json::{Map, Value, json};

use super::lines::{self, SessionLine};
use super::{CheckoutSession, Mode, SessionStatus};
use crate::invoices::Tax;
use crate::pages::links;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// Where the list of a session's lines is.
pub(super) fn lines_url(id: &str) -> String {
    format!("/v1/checkout/sessions/{id}/line_items")
}

/// A session, with nothing expanded.
pub(super) fn session(stripe: &Stripe, session: &CheckoutSession) -> Value {
    let mut shown = constant(stripe);
    shown.extend(amounts(session));
    shown.extend(state(session));
    shown.extend(asked(session));
    shown.extend(session.told.clone());
    Value::Object(shown)
}

/// What is the same for all sessions, unless they were asked for something else.
fn constant(stripe: &Stripe) -> Map<String, Value> {
    let branding = json!({
        "background_color": "#ffffff", "border_style": "rounded", "button_color": "#0074d4",
        "display_name": stripe.settings.name, "font_family": "default", "icon": null, "logo": null,
    });
    object(json!({
        "adaptive_pricing": { "enabled": false },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "automatic_tax": {
            "enabled": false, "liability": null, "provider": null, "status": null,
        },
        "billing_address_collection": null,
        "branding_settings": branding,
        "cancel_url": null,
        "client_reference_id": null,
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "currency_conversion": null,
        "custom_fields": [],
        "customer_account": null,
        "customer_email": null,
        "discounts": [],
        "integration_identifier": null,
        "livemode": false,
        "locale": null,
        "object": "checkout.session",
        "origin_context": null,
        "payment_link": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "permissions": null,
        "recovered_from": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "submit_type": null,
        "ui_mode": "hosted_page",
        "wallet_options": null,
    }))
}

fn amounts(session: &CheckoutSession) -> Map<String, Value> {
    let sum = |of: fn(&SessionLine) -> i64| lines::sum(&session.lines, of);
    let sold = session.mode != Mode::Setup;
    object(json!({
        "amount_subtotal": sold.then(|| sum(|line| line.subtotal)),
        "amount_total": sold.then(|| session.total()),
        "currency": session.currency,
        "total_details": sold.then(|| json!({
            "amount_discount": 0, "amount_shipping": 0, "amount_tax": sum(SessionLine::tax),
        })),
    }))
}

fn state(session: &CheckoutSession) -> Map<String, Value> {
    let done = session.status == SessionStatus::Complete;
    let open = session.status == SessionStatus::Open;
    // A subscription may begin with a setup intent: Stripe shows only that of setup mode.
    let setup_intent = session.setup_intent.as_ref().filter(|_| session.mode == Mode::Setup);
    object(json!({
        "created": session.created.0,
        "customer": session.customer,
        "customer_details": session.customer_details,
        "expires_at": session.expires_at.0,
        "id": session.id,
        "invoice": session.invoice.as_ref().filter(|_| done),
        "metadata": session.metadata.json(),
        "mode": session.mode.as_str(),
        "payment_intent": session.payment_intent,
        "payment_method_types": session.payment_method_types,
        "payment_status": session.payment_status.as_str(),
        "setup_intent": setup_intent,
        "status": session.status.as_str(),
        "subscription": session.subscription.as_ref().filter(|_| done),
        "url": open.then(|| links::checkout(&session.host, &session.id)),
    }))
}

/// What was asked for, filled up with what Stripe takes otherwise.
fn asked(session: &CheckoutSession) -> Map<String, Value> {
    let asked = &session.asked;
    let on = |name: &str| asked.within(name).and_then(|within| within.flag("enabled"));
    let payment = session.mode == Mode::Payment;
    let tax_ids = asked.within("tax_id_collection").unwrap_or_default();
    let saved = asked.within("saved_payment_method_options").or_else(|| {
        let has_customer = session.asked.has("customer");
        has_customer.then(Default::default)
    });
    let saved = saved.map(|saved| {
        let filters = saved.texts("allow_redisplay_filters");
        let filters = if filters.is_empty() { vec!["always".to_owned()] } else { filters };
        json!({
            "allow_redisplay_filters": filters,
            "payment_method_remove": saved.text("payment_method_remove"),
            "payment_method_save": saved.text("payment_method_save"),
        })
    });
    let creation = asked.text("customer_creation").unwrap_or("if_required");
    let created = session.mode != Mode::Subscription && !asked.has("customer");
    let mut shown = object(json!({
        "custom_text": custom_text(session),
        "customer_creation": created.then_some(creation),
        "invoice_creation": payment.then(|| invoice_creation(session)),
        "payment_method_collection": if payment { "if_required" } else { "always" },
        "phone_number_collection": { "enabled": on("phone_number_collection").unwrap_or(false) },
        "saved_payment_method_options": saved,
        "tax_id_collection": {
            "enabled": on("tax_id_collection").unwrap_or(false),
            "required": tax_ids.text("required").unwrap_or("never"),
        },
    }));
    if session.mode == Mode::Subscription && !asked.has("customer") {
        shown.insert("customer_creation".to_owned(), json!("always"));
    }
    shown
}

fn custom_text(session: &CheckoutSession) -> Value {
    let asked = session.asked.within("custom_text").unwrap_or_default();
    let names = ["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"];
    let texts = names.map(|name| {
        let text = asked.within(name).and_then(|text| text.text("message").map(str::to_owned));
        (name.to_owned(), text.map_or(Value::Null, |text| json!({ "message": text })))
    });
    Value::Object(texts.into_iter().collect())
}

fn invoice_creation(session: &CheckoutSession) -> Value {
    let asked = session.asked.within("invoice_creation").unwrap_or_default();
    let data = asked.within("invoice_data").unwrap_or_default();
    let mut shown = object(json!({
        "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
        "issuer": null, "metadata": data.metadata().json(), "rendering_options": null,
    }));
    let told = ["account_tax_ids", "custom_fields", "description", "footer", "rendering_options"];
    shown.extend(data.told(&told));
    json!({ "enabled": asked.flag("enabled").unwrap_or(false), "invoice_data": shown })
}

/// A line, without its taxes.
pub(super) fn line(stripe: &Stripe, line: &SessionLine) -> Value {
    json!({
        "id": line.id,
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": line.subtotal,
        "amount_tax": line.tax(),
        "amount_total": line.total(),
        "currency": line.currency,
        "description": line.description,
        "metadata": line.metadata.json(),
        "price": stripe.prices.get(&line.price).map(|price| price.json(stripe)),
        "quantity": line.quantity,
    })
}

/// The taxes on a line.
pub(super) fn taxes(stripe: &Stripe, line: &SessionLine) -> Value {
    let tax = |tax: &Tax| {
        let rate = stripe.tax_rates.get(&tax.rate).map(|rate| rate.json(stripe));
        // A session's lines say null where an invoice's say `not_available`.
        let reason = Some(&tax.reason).filter(|reason| **reason != "not_available");
        json!({
            "amount": tax.amount,
            "rate": rate,
            "taxability_reason": reason,
            "taxable_amount": tax.taxable,
        })
    };
    line.taxes.iter().map(tax).collect()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
