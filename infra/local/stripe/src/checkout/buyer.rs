//! Who buys: what the customer says of itself on the page, and the customer that a session makes or
//! changes by it.

use serde_json::{Map, Value, json};

use super::{CheckoutSession, Mode, address, change};
use crate::call::Params;
use crate::error::ApiError;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{customers, field, routes, tax_ids};

/// What the customer fills in; empty texts where nothing was asked or said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payer {
    /// Email address.
    pub email: String,
    /// Name, of a person or a business.
    pub name: String,
    /// Phone number.
    pub phone: String,
    /// `city`, `country`, `line1`, `line2`, `postal_code` and `state`.
    pub address: Map<String, Value>,
    /// Such as `eu_vat`.
    pub tax_id_type: String,
    /// Its number.
    pub tax_id: String,
    /// What it pays with.
    pub payment_method: Option<String>,
}

impl Payer {
    /// What a session knows already.
    pub fn of_session(stripe: &Stripe, id: &str) -> Self {
        let Some(session) = stripe.checkout_sessions.get(id) else { return Self::default() };
        let mut payer = Self::default();
        payer.fill(&session.customer_details);
        payer
    }

    /// Takes from a payment method's billing details what is not known yet.
    pub fn details_of(&mut self, stripe: &Stripe, payment_method: &str) {
        if let Some(method) = stripe.payment_methods.get(payment_method) {
            self.fill(&method.billing_details);
        }
    }

    fn fill(&mut self, details: &Value) {
        let texts =
            [("/email", &mut self.email), ("/name", &mut self.name), ("/phone", &mut self.phone)];
        for (pointer, known) in texts {
            if known.is_empty() {
                field::text(details, pointer).unwrap_or_default().clone_into(known);
            }
        }
        let said = field::of(details, "/address").as_object().into_iter().flatten();
        let said = said.filter(|(_, value)| !value.is_null());
        for (name, value) in said {
            self.address.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// As `billing_details` of a payment method.
    pub fn billing_details(&self) -> Value {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "address": self.whole_address(),
            "email": text(&self.email),
            "name": text(&self.name),
            "phone": text(&self.phone),
            "tax_id": null,
        })
    }

    fn whole_address(&self) -> Value {
        let mut whole = address(None);
        if let Some(fields) = whole.as_object_mut() {
            fields.extend(self.address.clone());
        }
        whole
    }
}

/// What a session knows of its customer when it is made: nothing, unless the caller named it.
pub(super) fn details_at_first(stripe: &Stripe, params: &Params) -> Value {
    let customer = params.text("customer").and_then(|id| stripe.customers.get(id));
    let known = customer.map(|customer| customer.json(stripe)).unwrap_or_default();
    let email = params.text("customer_email").or(field::text(&known, "/email"));
    if customer.is_none() && email.is_none() {
        return Value::Null;
    }
    json!({
        "address": null, "business_name": null, "email": email, "individual_name": null,
        "name": null, "phone": null, "tax_exempt": tax_exempt(&known), "tax_ids": null,
    })
}

fn tax_exempt(customer: &Value) -> &str {
    field::text(customer, "/tax_exempt").unwrap_or("none")
}

/// Writes down who confirms a session, and makes the customer where one is needed and none is
/// named.
pub(super) fn settle(stripe: &mut Stripe, id: &str, payer: &Payer) -> Result<(), ApiError> {
    let Some(session) = stripe.checkout_sessions.get(id) else { return Ok(()) };
    let known = session.payer().map(str::to_owned);
    let customer = known.as_deref().and_then(|id| stripe.customers.get(id));
    let customer = customer.map(|customer| customer.json(stripe)).unwrap_or_default();
    let email = Some(payer.email.as_str()).filter(|email| !email.is_empty());
    let email = email.or(field::text(&customer, "/email"));
    let name = Some(payer.name.as_str()).filter(|name| !name.is_empty());
    let phone = Some(payer.phone.as_str()).filter(|phone| !phone.is_empty());
    let tax_ids = if payer.tax_id.is_empty() {
        json!([])
    } else {
        json!([{ "type": payer.tax_id_type, "value": payer.tax_id }])
    };
    let details = json!({
        "address": payer.whole_address(), "business_name": null, "email": email,
        "individual_name": null, "name": name, "phone": phone,
        "tax_exempt": tax_exempt(&customer), "tax_ids": tax_ids,
    });
    let makes = known.is_none() && makes_customer(session);
    change(stripe, id, |session| session.customer_details = details.clone());
    if makes {
        let asked = json!({ "email": email, "name": name, "phone": phone });
        let mut asked = asked.as_object().cloned().unwrap_or_default();
        asked.retain(|_, value| !value.is_null());
        let mut said = payer.address.clone();
        said.retain(|_, value| !value.is_null());
        if !said.is_empty() {
            asked.insert("address".to_owned(), Value::Object(said));
        }
        let made = customers::create(stripe, &Params(asked))?;
        change(stripe, id, |session| session.buyer = Some(made));
    }
    Ok(())
}

/// True if a session that names no customer makes one.
fn makes_customer(session: &CheckoutSession) -> bool {
    let asked = &session.asked;
    let on = |name: &str| asked.within(name).and_then(|within| within.flag("enabled"));
    match session.mode {
        Mode::Subscription => true,
        Mode::Payment | Mode::Setup => {
            let data = asked.within("payment_intent_data").unwrap_or_default();
            asked.text("customer_creation") == Some("always")
                || data.has("setup_future_usage")
                || on("invoice_creation") == Some(true)
        }
    }
}

/// Gives the customer what it said of itself, where the session may: a new customer's tax id, and
/// what `customer_update` names.
pub(super) fn update_customer(stripe: &mut Stripe, id: &str) {
    let Some(session) = stripe.checkout_sessions.get(id) else { return };
    let Some(customer) = session.payer().map(str::to_owned) else { return };
    let asked = session.asked.within("customer_update").unwrap_or_default();
    let details = session.customer_details.clone();
    let mut update = Map::new();
    for name in ["name", "address"] {
        let said = details.get(name).unwrap_or(&Value::Null);
        if asked.text(name) == Some("auto") && !said.is_null() {
            let mut said = said.clone();
            if let Some(fields) = said.as_object_mut() {
                fields.retain(|_, value| !value.is_null());
            }
            update.insert(name.to_owned(), said);
        }
    }
    if !update.is_empty() {
        let path = format!("/v1/customers/{customer}");
        // The customer may have been deleted meanwhile: then there is nothing to say of it.
        let _ = routes::post(stripe, &path, &Value::Object(update));
    }
    for tax_id in field::rows(&details, "/tax_ids") {
        let kind = field::text(tax_id, "/type").unwrap_or_default();
        tax_ids::add(stripe, &customer, kind, field::text(tax_id, "/value").unwrap_or_default());
    }
}
