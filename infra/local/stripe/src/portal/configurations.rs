//! Configurations by the API.

use serde_json::{Map, Value, json};

use super::{Features, PortalConfiguration};
use crate::call::{Call, Params};
use crate::checkout::is_url;
use crate::error::ApiError;
use crate::list as lists;
use crate::metadata::Metadata;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// `POST /v1/billing_portal/configurations`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    default(stripe);
    checked(&call.params)?;
    let asked = call.params.within("features").unwrap_or_default();
    let features = Features::none().changed(stripe, &asked)?;
    let now = stripe.now();
    let id = stripe.ids.next("bpc");
    let mut configuration = PortalConfiguration {
        id: id.clone(),
        created: now,
        updated: now,
        active: true,
        is_default: false,
        features,
        default_return_url: None,
        metadata: Metadata::default(),
        told: Map::new(),
    };
    change(&mut configuration, &call.params);
    stripe.portal_configurations.add(configuration);
    let shown = stripe.shown(|stripe| &stripe.portal_configurations, &id);
    stripe.emit("billing_portal.configuration.created", shown.clone());
    Ok(shown)
}

/// `GET /v1/billing_portal/configurations/{configuration}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    default(stripe);
    Ok(named(stripe, call.id())?.json(stripe))
}

/// `POST /v1/billing_portal/configurations/{configuration}`
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    default(stripe);
    let configuration = named(stripe, call.id())?;
    let params = &call.params;
    checked(params)?;
    if configuration.is_default && params.flag("active") == Some(false) {
        let message = "You cannot deactivate the default portal configuration.";
        return Err(ApiError::invalid(message).param("active"));
    }
    let asked = params.within("features").unwrap_or_default();
    let features = configuration.features.clone().changed(stripe, &asked)?;
    let before = configuration.json(stripe);
    let now = stripe.now();
    if let Some(configuration) = stripe.portal_configurations.get_mut(call.id()) {
        configuration.features = features;
        configuration.updated = now;
        configuration.active = params.flag("active").unwrap_or(configuration.active);
        change(configuration, params);
    }
    let shown = stripe.shown(|stripe| &stripe.portal_configurations, call.id());
    stripe.emit_update("billing_portal.configuration.updated", &before, shown.clone());
    Ok(shown)
}

/// `GET /v1/billing_portal/configurations`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    default(stripe);
    let is = |wanted: Option<bool>, known: bool| wanted.is_none_or(|wanted| wanted == known);
    let (active, is_default) = (call.params.flag("active"), call.params.flag("is_default"));
    let found = stripe.portal_configurations.iter();
    let found = found.filter(|it| is(active, it.active) && is(is_default, it.is_default));
    lists::page(stripe, call, "/v1/billing_portal/configurations", found)
}

/// The configuration of sessions that name none: there is always one.
pub(super) fn default(stripe: &mut Stripe) -> String {
    if let Some(known) = stripe.portal_configurations.iter().find(|known| known.is_default) {
        return known.id.clone();
    }
    let now = stripe.now();
    let id = stripe.ids.next("bpc");
    stripe.portal_configurations.add(PortalConfiguration {
        id: id.clone(),
        created: now,
        updated: now,
        active: true,
        is_default: true,
        features: Features::of_default(),
        default_return_url: None,
        metadata: Metadata::default(),
        told: Map::new(),
    });
    id
}

fn named<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a PortalConfiguration, ApiError> {
    let found = stripe.portal_configurations.get(id);
    found.ok_or_else(|| {
        let error = ApiError::no_such("configuration", id, "configuration");
        ApiError { status: 404, ..error }
    })
}

fn checked(params: &Params) -> Result<(), ApiError> {
    let login = params.within("login_page").and_then(|page| page.flag("enabled"));
    if login == Some(true) {
        return Err(ApiError::not_simulated("login_page[enabled]"));
    }
    let profile = params.within("business_profile").unwrap_or_default();
    for name in ["privacy_policy_url", "terms_of_service_url"] {
        address(&profile, name, &format!("business_profile[{name}]"))?;
    }
    address(params, "default_return_url", "default_return_url")
}

/// Whether an address that was given is one.
pub(super) fn address(params: &Params, name: &str, param: &str) -> Result<(), ApiError> {
    match params.text(name) {
        Some(url) if !is_url(url) => {
            Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(param))
        }
        _ => Ok(()),
    }
}

fn change(configuration: &mut PortalConfiguration, params: &Params) {
    configuration.metadata.update(params);
    if params.has("default_return_url") {
        configuration.default_return_url = params.text("default_return_url").map(str::to_owned);
    }
    configuration.told.extend(params.told(&["name"]));
    if let Some(asked) = params.within("business_profile") {
        let known = configuration.told.remove("business_profile");
        let none = || json!({ "headline": null, "privacy_policy_url": null, "terms_of_service_url": null });
        let mut profile = known.unwrap_or_else(none);
        if let Some(fields) = profile.as_object_mut() {
            let names = ["headline", "privacy_policy_url", "terms_of_service_url"];
            fields.extend(asked.told(&names));
        }
        configuration.told.insert("business_profile".to_owned(), profile);
    }
}
