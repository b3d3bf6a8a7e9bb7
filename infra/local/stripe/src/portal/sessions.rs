//! Visits: made by the API, over soon.

use billing::time::Timestamp;
use serde_json::Value;

use super::{Flow, PortalSession, configurations};
use crate::call::Call;
use crate::customers;
use crate::error::ApiError;
use crate::stripe::Stripe;

/// For how long the link of a session can be opened, in seconds: five minutes.
pub const PORTAL_SECONDS: i64 = 300;
/// For how long a session lasts after its page was asked for, in seconds: an hour.
const USED_SECONDS: i64 = 3_600;

/// `POST /v1/billing_portal/sessions`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let others = ["customer_account", "on_behalf_of"];
    if let Some(name) = others.into_iter().find(|name| params.has(name)) {
        return Err(ApiError::not_simulated(name));
    }
    let customer = params.required("customer")?.to_owned();
    customers::living(stripe, &customer, "customer")?;
    let default = configurations::default(stripe);
    let id = params.text("configuration").unwrap_or(&default);
    let found = stripe.portal_configurations.get(id);
    let Some(configuration) = found else {
        return Err(ApiError::no_such("configuration", id, "configuration"));
    };
    if !configuration.active {
        let message = "The portal configuration is not active.";
        return Err(ApiError::invalid(message).param("configuration"));
    }
    configurations::address(params, "return_url", "return_url")?;
    let flow = params.within("flow_data");
    let flow = flow
        .map(|flow| Flow::read(stripe, &flow, &customer, &configuration.features))
        .transpose()?;
    let return_url = params.text("return_url").map(str::to_owned);
    let return_url = return_url.or_else(|| configuration.default_return_url.clone());
    let configuration = configuration.id.clone();
    let now = stripe.now();
    let id = stripe.ids.next("bps");
    let session = PortalSession {
        id: id.clone(),
        created: now,
        customer,
        configuration,
        return_url,
        locale: params.text("locale").map(str::to_owned),
        flow,
        used: None,
        host: call.host.clone(),
    };
    stripe.portal_sessions.add(session);
    let shown = stripe.shown(|stripe| &stripe.portal_sessions, &id);
    stripe.emit("billing_portal.session.created", shown.clone());
    Ok(shown)
}

/// True if a session's page can still be asked for: its link within five minutes, and then for an
/// hour after it was asked for last.
pub fn is_open(session: &PortalSession, now: Timestamp) -> bool {
    let until = match session.used {
        None => session.created.plus_seconds(PORTAL_SECONDS),
        Some(used) => used.plus_seconds(USED_SECONDS),
    };
    now < until
}
