//! The route table: each module says which operations it answers.

use http::Method;
use serde_json::Value;

use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::{
    account, balance, charges, checkout, coupons, credit_notes, customers, disputes, endpoints,
    events_api, invoice_items, invoice_payments, invoices, payment_intents, payment_methods,
    payment_records, portal, prices, products, refunds, schedules, setup_intents, subscriptions,
    tax_ids, tax_rates, test_clocks,
};

/// What answers an operation.
pub type Handler = fn(&mut Stripe, &Call) -> Result<Value, ApiError>;

/// One operation. Patterns are those of Stripe's `OpenAPI` description.
#[derive(Debug, Clone)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Such as `/v1/customers/{customer}`.
    pub pattern: &'static str,
    /// What answers.
    pub handler: Handler,
}

impl Route {
    /// A GET.
    pub const fn get(pattern: &'static str, handler: Handler) -> Self {
        Self { method: Method::GET, pattern, handler }
    }

    /// A POST.
    pub const fn post(pattern: &'static str, handler: Handler) -> Self {
        Self { method: Method::POST, pattern, handler }
    }

    /// A DELETE.
    pub const fn delete(pattern: &'static str, handler: Handler) -> Self {
        Self { method: Method::DELETE, pattern, handler }
    }
}

/// All operations.
fn all() -> impl Iterator<Item = &'static Route> {
    let tables: [&'static [Route]; 26] = [
        account::ROUTES,
        balance::ROUTES,
        charges::ROUTES,
        checkout::ROUTES,
        credit_notes::ROUTES,
        customers::ROUTES,
        disputes::ROUTES,
        endpoints::ROUTES,
        events_api::ROUTES,
        invoice_items::ROUTES,
        invoice_payments::ROUTES,
        invoices::ROUTES,
        payment_intents::ROUTES,
        payment_methods::ROUTES,
        payment_records::ROUTES,
        portal::ROUTES,
        prices::ROUTES,
        products::ROUTES,
        refunds::ROUTES,
        schedules::ROUTES,
        setup_intents::ROUTES,
        subscriptions::ROUTES,
        tax_ids::ROUTES,
        tax_rates::ROUTES,
        coupons::ROUTES,
        test_clocks::ROUTES,
    ];
    tables.into_iter().flatten()
}

/// The operation of a request, and what stands in its path's places. A pattern with fewer places
/// wins: `/v1/invoices/create_preview` is not an invoice's id.
pub fn find(method: &Method, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    let fitting = all().filter(|route| route.method == *method);
    let fitting = fitting.filter_map(|route| Some((route, places(route.pattern, &path)?)));
    fitting.min_by_key(|(_, places)| places.len())
}

/// Does what a POST does, for a hosted page or for another operation that makes such an object. The
/// parameters have their types already.
pub fn post(stripe: &mut Stripe, path: &str, params: &Value) -> Result<Value, ApiError> {
    let Some((route, path)) = find(&Method::POST, path) else {
        return Err(ApiError::invalid(format!("Unrecognized request URL (POST: {path}).")));
    };
    let params = Params(params.as_object().cloned().unwrap_or_default());
    let host = stripe.settings.host.clone();
    (route.handler)(stripe, &Call { path, params, host, ..Call::default() })
}

/// Does what a DELETE does, for a hosted page.
pub fn delete(stripe: &mut Stripe, path: &str) -> Result<Value, ApiError> {
    let Some((route, path)) = find(&Method::DELETE, path) else {
        return Err(ApiError::invalid(format!("Unrecognized request URL (DELETE: {path}).")));
    };
    (route.handler)(stripe, &Call { path, ..Call::default() })
}

fn places(pattern: &str, path: &[&str]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    if pattern.len() != path.len() {
        return None;
    }
    let mut places = Vec::new();
    for (wanted, &given) in pattern.iter().zip(path) {
        if wanted.starts_with('{') {
            let text = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
            places.push(text.into_owned());
        } else if *wanted != given {
            return None;
        }
    }
    Some(places)
}
