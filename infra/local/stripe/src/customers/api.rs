//! The operations on customers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Customer, given, living, named};
use crate::balance::{self, BalanceReason};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoices::{Collection, InvoiceStatus};
use crate::metadata::Metadata;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::SubscriptionStatus;
use crate::{invoices, list, payment_methods, schedules, subscriptions, tax_ids, test_clocks};

/// Where a payment method is named as the default one.
const DEFAULT_METHOD: &str = "invoice_settings[default_payment_method]";

pub fn post(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = create(stripe, &call.params)?;
    Ok(stripe.shown(|stripe| &stripe.customers, &id))
}

/// Makes a customer of the parameters of `POST /v1/customers`. Answers with its id.
///
/// # Errors
///
/// Stripe's; nothing is made then.
pub fn create(stripe: &mut Stripe, params: &Params) -> Result<String, ApiError> {
    let id = stripe.ids.next("cus");
    create_as(stripe, &id, params)?;
    Ok(id)
}

/// Makes a customer with an id of one's choice, as data that come from elsewhere have it.
///
/// # Errors
///
/// As [`create`], and `resource_already_exists`.
pub fn create_as(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    if stripe.customers.get(id).is_some() {
        let error = ApiError::invalid("Customer already exists.");
        return Err(error.code("resource_already_exists").param("id"));
    }
    given::check(params, None)?;
    if params.has("source") && params.has("payment_method") {
        // Only one of them can be declined without the other being left over.
        return Err(ApiError::not_simulated("source"));
    }
    let tax_ids = tax_ids::checked_data(params)?;
    let clock = params.text("test_clock");
    if let Some(clock) = clock {
        test_clocks::has_room(stripe, clock)?;
    }
    let settings = params.within("invoice_settings").unwrap_or_default();
    let default = settings.text("default_payment_method");
    if default.is_some() && default != params.text("payment_method") {
        return Err(not_attached(default.unwrap_or_default()));
    }

    let customer = blank(stripe, id, clock, params);
    stripe.customers.add(customer);
    if let Err(error) = put_on_file(stripe, id, params, default.is_some()) {
        stripe.customers.remove(id);
        return Err(error);
    }
    let balance = params.integer("balance").filter(|balance| *balance != 0);
    if let Some(balance) = balance {
        let currency = stripe.settings.currency.clone();
        balance::book(stripe, id, balance, &currency, BalanceReason::Initial);
    }
    let customer = stripe.shown(|stripe| &stripe.customers, id);
    stripe.emit("customer.created", customer);
    for (kind, value) in tax_ids {
        tax_ids::add(stripe, id, &kind, &value);
    }
    Ok(())
}

fn blank(stripe: &mut Stripe, id: &str, clock: Option<&str>, params: &Params) -> Customer {
    let mut customer = Customer {
        id: id.to_owned(),
        created: stripe.time_on(clock),
        test_clock: clock.map(str::to_owned),
        balance: 0,
        currency: None,
        other_balances: BTreeMap::new(),
        default_payment_method: None,
        default_source: None,
        invoice_prefix: stripe.ids.text(8).to_ascii_uppercase(),
        next_invoice_sequence: 1,
        delinquent: false,
        tax_exempt: "none".to_owned(),
        ip_address: None,
        deleted: false,
        metadata: Metadata::default(),
        told: Map::new(),
        invoice_told: Map::new(),
    };
    given::take(&mut customer, params);
    customer
}

/// Gives a new customer its payment method and its old card.
fn put_on_file(
    stripe: &mut Stripe,
    id: &str,
    params: &Params,
    is_default: bool,
) -> Result<(), ApiError> {
    if let Some(method) = params.text("payment_method") {
        let method = payment_methods::resolve(stripe, method, "payment_method")?;
        payment_methods::attach(stripe, &method, id)?;
        if let Some(customer) = stripe.customers.get_mut(id).filter(|_| is_default) {
            customer.default_payment_method = Some(method);
        }
    }
    if let Some(token) = params.text("source") {
        payment_methods::add_source(stripe, token, id, "source")?;
    }
    Ok(())
}

fn not_attached(method: &str) -> ApiError {
    let message = format!(
        "The customer does not have a payment method with the ID {method}. The payment method must \
         be attached to the customer."
    );
    ApiError::invalid(message).code("resource_missing").param(DEFAULT_METHOD)
}

/// A deleted one is told as such, with 200.
pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.customers.named(call.id())?.json(stripe))
}

pub fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    let customer = named(stripe, id)?;
    given::check(params, Some(customer))?;
    let settings = params.within("invoice_settings").unwrap_or_default();
    if let Some(method) = settings.text("default_payment_method") {
        owned(stripe, id, method).ok_or_else(|| not_attached(method))?;
    }
    if let Some(source) = params.text("default_source") {
        let missing = || ApiError::no_such("source", source, "default_source");
        owned(stripe, id, source).ok_or_else(missing)?;
    }
    let moved = params.integer("balance").map(|balance| balance.saturating_sub(customer.balance));
    let old_source = customer.default_source.clone();
    let before = customer.json(stripe);

    if let Some(token) = params.text("source") {
        let source = payment_methods::add_source(stripe, token, id, "source")?;
        if let Some(customer) = stripe.customers.get_mut(id) {
            customer.default_source = Some(source);
        }
    }
    if let Some(customer) = stripe.customers.get_mut(id) {
        given::take(customer, params);
        if settings.has("default_payment_method") {
            let method = settings.text("default_payment_method");
            customer.default_payment_method = method.map(str::to_owned);
        }
        if let Some(source) = params.text("default_source") {
            customer.default_source = Some(source.to_owned());
        }
    }
    if let Some(moved) = moved.filter(|moved| *moved != 0) {
        let own = stripe.customers.get(id).and_then(|customer| customer.currency.clone());
        let currency = own.unwrap_or_else(|| stripe.settings.currency.clone());
        balance::book(stripe, id, moved, &currency, BalanceReason::Adjustment);
    }
    let after = stripe.shown(|stripe| &stripe.customers, id);
    stripe.emit_update("customer.updated", &before, after);
    if params.has("source") {
        source_replaced(stripe, id, old_source);
    }
    Ok(stripe.shown(|stripe| &stripe.customers, id))
}

/// A payment method of a customer.
fn owned(stripe: &Stripe, customer: &str, method: &str) -> Option<()> {
    let method = stripe.payment_methods.get(method)?;
    (method.customer.as_deref() == Some(customer)).then_some(())
}

/// A new default source takes the place of the old one, and what is past due is tried with it.
fn source_replaced(stripe: &mut Stripe, id: &str, old: Option<String>) {
    if let Some((old, card)) =
        old.and_then(|id| Some((payment_methods::source_json(stripe, &id)?, id)))
    {
        // It is the customer's, so it can be detached.
        let _ = payment_methods::detach(stripe, &card);
        stripe.emit("customer.source.deleted", old);
    }
    let past_due = stripe.subscriptions.iter().filter(|subscription| {
        subscription.customer == id
            && subscription.status == SubscriptionStatus::PastDue
            && subscription.collection == Collection::Automatic
    });
    let invoices: Vec<String> =
        past_due.filter_map(|subscription| subscription.latest_invoice.clone()).collect();
    for invoice in invoices {
        let open = stripe.invoices.get(&invoice).is_some_and(|it| it.status == InvoiceStatus::Open);
        if open {
            let _ = invoices::collect(stripe, &invoice);
        }
    }
}

pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    named(stripe, call.id())?;
    remove(stripe, call.id());
    Ok(stripe.shown(|stripe| &stripe.customers, call.id()))
}

/// Deletes a customer: its subscriptions and schedules end, its payment methods are detached, and
/// only its id is left.
pub fn remove(stripe: &mut Stripe, id: &str) {
    if living(stripe, id, "customer").is_err() {
        return;
    }
    let running = stripe
        .subscriptions
        .iter()
        .filter(|subscription| subscription.customer == id && !subscription.status.ended());
    let running: Vec<String> = running.map(|subscription| subscription.id.clone()).collect();
    for subscription in running {
        // It runs, so it can be cancelled.
        let _ = subscriptions::cancel(stripe, &subscription, &Params::default());
    }
    let schedules = stripe.schedules.iter();
    let schedules = schedules.filter(|it| it.customer == id && it.status.runs());
    let schedules: Vec<String> = schedules.map(|schedule| schedule.id.clone()).collect();
    for schedule in schedules {
        schedules::subscription_ended(stripe, &schedule);
    }
    let customer = stripe.shown(|stripe| &stripe.customers, id);
    if let Some(customer) = stripe.customers.get_mut(id) {
        // What it had is not told to have changed: it is gone.
        customer.default_payment_method = None;
        customer.default_source = None;
    }
    let methods = stripe.payment_methods.iter();
    let methods = methods.filter(|method| method.customer.as_deref() == Some(id));
    let methods: Vec<String> = methods.map(|method| method.id.clone()).collect();
    for method in methods {
        // It is attached, so it can be detached.
        let _ = payment_methods::detach(stripe, &method);
    }
    tax_ids::forget(stripe, id);
    if let Some(customer) = stripe.customers.get_mut(id) {
        customer.deleted = true;
    }
    stripe.emit("customer.deleted", customer);
}

pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let clock = params.text("test_clock");
    if let Some(clock) = clock {
        stripe.test_clocks.given(clock, "test_clock")?;
    }
    let customers = stripe.customers.iter().filter(|customer| {
        !customer.deleted
            && customer.test_clock.as_deref() == clock
            && params.text("email").is_none_or(|email| customer.text("email") == Some(email))
    });
    list::page(stripe, call, "/v1/customers", customers)
}
