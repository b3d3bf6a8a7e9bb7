//! `POST /v1/invoices`, and how its parameters are read: those that an update takes too are read
//! here.

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::{Map, Value};

use super::{Collection, Invoice, NewInvoice, create as make, finalize, shown};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoice_items;
use crate::stripe::Stripe;
use crate::{customers, shelf::Shelf};

/// Parameters that are only repeated.
const TOLD: [&str; 8] = [
    "account_tax_ids",
    "custom_fields",
    "description",
    "footer",
    "payment_settings",
    "rendering",
    "shipping_details",
    "statement_descriptor",
];
/// Parameters that would change money and are not acted on.
const REFUSED: [&str; 7] = [
    "application_fee_amount",
    "customer_account",
    "from_invoice",
    "on_behalf_of",
    "shipping_cost",
    "transfer_data",
    "mandate",
];
/// Parameters that say how it is collected.
const COLLECTION: [&str; 3] = ["collection_method", "days_until_due", "due_date"];
/// Longest time until a draft becomes final by itself (docs.stripe.com/api/invoices/create): five
/// years.
const FINALIZES_SECONDS_MAX: i64 = 5 * 366 * DAY_SECONDS;
/// Parameters that name a payment method.
const METHOD_PARAMS: [&str; 2] = ["default_payment_method", "default_source"];

/// What a parameter does to a field that can be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Change<T> {
    /// It was not given.
    #[default]
    Keep,
    /// It was given, or unset.
    To(Option<T>),
}

impl<T> Change<T> {
    fn of(params: &Params, name: &str, value: Option<T>) -> Self {
        if params.has(name) { Self::To(value) } else { Self::Keep }
    }

    fn onto(self, field: &mut Option<T>) {
        if let Self::To(value) = self {
            *field = value;
        }
    }
}

/// What parameters say, read and checked before anything is changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub auto_advance: Option<bool>,
    pub automatically_finalizes_at: Option<Timestamp>,
    pub collection: Option<Collection>,
    pub due_date: Change<Timestamp>,
    pub effective_at: Change<Timestamp>,
    pub number: Change<String>,
    pub default_payment_method: Change<String>,
    pub default_source: Change<String>,
    pub default_tax_rates: Option<Vec<String>>,
    pub told: Map<String, Value>,
}

impl Given {
    /// Reads them; `was` is how the invoice is collected so far.
    pub fn read(
        stripe: &Stripe,
        params: &Params,
        customer: &str,
        was: Collection,
    ) -> Result<Self, ApiError> {
        refuse(params)?;
        let now = stripe.time_of(Some(customer));
        let method = |name: &str| -> Result<Change<String>, ApiError> {
            Ok(Change::of(params, name, own_payment_method(stripe, params, name, customer)?))
        };
        let [payment_method, source] = METHOD_PARAMS;
        Ok(Self {
            auto_advance: params.flag("auto_advance"),
            automatically_finalizes_at: finalizes_at(params, now)?,
            collection: collection(stripe, params, customer, was)?,
            due_date: match params.time("due_date") {
                None if !params.has("days_until_due") => Change::Keep,
                due_date => Change::To(due_date),
            },
            effective_at: Change::of(params, "effective_at", params.time("effective_at")),
            number: Change::of(params, "number", number(stripe, params)?),
            default_payment_method: method(payment_method)?,
            default_source: method(source)?,
            default_tax_rates: params
                .has("default_tax_rates")
                .then(|| tax_rates(stripe, params, "default_tax_rates"))
                .transpose()?,
            told: params.told(&TOLD),
        })
    }

    /// Puts them on a draft.
    pub fn apply(self, invoice: &mut Invoice) {
        invoice.auto_advance = self.auto_advance.unwrap_or(invoice.auto_advance);
        invoice.collection = self.collection.unwrap_or(invoice.collection);
        self.due_date.onto(&mut invoice.due_date);
        if invoice.collection == Collection::Automatic {
            invoice.due_date = None;
        }
        self.effective_at.onto(&mut invoice.effective_at);
        self.number.onto(&mut invoice.number);
        self.default_payment_method.onto(&mut invoice.default_payment_method);
        self.default_source.onto(&mut invoice.default_source);
        if let Some(rates) = self.default_tax_rates {
            invoice.default_tax_rates = rates;
        }
        invoice.told.extend(self.told);
    }
}

/// `POST /v1/invoices`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let customer = params.required("customer")?.to_owned();
    let known = customers::living(stripe, &customer, "customer")?;
    let usual = known.currency.as_deref().unwrap_or(&stripe.settings.currency);
    let currency = params.text("currency").unwrap_or(usual).to_lowercase();
    let subscription = params.text("subscription").map(str::to_owned);
    if let Some(id) = &subscription {
        of_customer(&stripe.subscriptions, id, &customer, |it| &it.customer)?;
    }
    let given = Given::read(stripe, params, &customer, Collection::Automatic)?;
    let include = params.text("pending_invoice_items_behavior") == Some("include");
    let items = match &subscription {
        _ if !include => Vec::new(),
        Some(_) => invoice_items::pending(stripe, &customer, &currency, subscription.as_deref()),
        None => invoice_items::all_pending(stripe, &customer, &currency),
    };
    if items.len() > super::LINES_MAX {
        return Err(too_many_lines());
    }
    let now = stripe.time_of(Some(&customer));
    let new = NewInvoice {
        customer,
        currency,
        billing_reason: "manual",
        collection: given.collection.unwrap_or(Collection::Automatic),
        auto_advance: given.auto_advance == Some(true),
        subscription,
        lines: Vec::new(),
        items,
        period: (now, now),
        default_payment_method: None,
        default_tax_rates: Vec::new(),
        discounts: Vec::new(),
        pending_update: false,
        metadata: params.metadata(),
        told: Map::new(),
    };
    let finalizes = given.automatically_finalizes_at;
    let id = make::create_with(stripe, new, |invoice| given.apply(invoice));
    if let Some(at) = finalizes {
        finalize::schedule(stripe, &id, at);
    }
    Ok(shown(stripe, &id))
}

/// The payment method that a parameter names; none when it is unset. It must be the customer's.
pub(crate) fn own_payment_method(
    stripe: &Stripe,
    params: &Params,
    name: &str,
    customer: &str,
) -> Result<Option<String>, ApiError> {
    let Some(id) = params.text(name) else { return Ok(None) };
    let method = stripe.payment_methods.given(id, name)?;
    if method.customer.as_deref() != Some(customer) {
        let message = format!(
            "The customer does not have a payment method with the ID {id}. The payment method must \
             be attached to the customer."
        );
        return Err(ApiError::invalid(message).code("resource_missing").param(name));
    }
    Ok(Some(id.to_owned()))
}

/// The tax rates that a parameter names.
pub(crate) fn tax_rates(
    stripe: &Stripe,
    params: &Params,
    name: &str,
) -> Result<Vec<String>, ApiError> {
    let rates = params.texts(name);
    for rate in &rates {
        crate::tax_rates::usable(stripe, rate, name)?;
    }
    Ok(rates)
}

pub(super) fn too_many_lines() -> ApiError {
    let message = format!("An invoice can have at most {} line items.", super::LINES_MAX);
    ApiError::invalid(message)
}

/// An object that a parameter names must be of the same customer.
fn of_customer<T: crate::shelf::Object>(
    shelf: &Shelf<T>,
    id: &str,
    customer: &str,
    whose: impl Fn(&T) -> &String,
) -> Result<(), ApiError> {
    if whose(shelf.given(id, "subscription")?) == customer {
        return Ok(());
    }
    let message = format!("Customer {customer} does not have a subscription with ID {id}");
    Err(ApiError::invalid(message).code("resource_missing").param("subscription"))
}

fn refuse(params: &Params) -> Result<(), ApiError> {
    for name in REFUSED {
        if params.has(name) && !params.unsets(name) {
            return Err(ApiError::not_simulated(name));
        }
    }
    if !params.list("discounts").is_empty() {
        return Err(ApiError::not_simulated("discounts"));
    }
    let automatic_tax = params.within("automatic_tax").unwrap_or_default();
    if automatic_tax.flag("enabled") == Some(true) {
        return Err(ApiError::not_simulated("automatic_tax[enabled]"));
    }
    if params.within("issuer").is_some_and(|issuer| issuer.text("type") == Some("account")) {
        return Err(ApiError::not_simulated("issuer[account]"));
    }
    Ok(())
}

fn finalizes_at(params: &Params, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let Some(at) = params.time("automatically_finalizes_at") else { return Ok(None) };
    if at <= now || at > now.plus_seconds(FINALIZES_SECONDS_MAX) {
        let message = "`automatically_finalizes_at` must be in the future, and at most five years.";
        return Err(ApiError::invalid(message).param("automatically_finalizes_at"));
    }
    Ok(Some(at))
}

/// How it is collected. Sent invoices have a due date, and a customer with an email address.
fn collection(
    stripe: &Stripe,
    params: &Params,
    customer: &str,
    was: Collection,
) -> Result<Option<Collection>, ApiError> {
    if !COLLECTION.into_iter().any(|name| params.has(name)) {
        return Ok(None);
    }
    let sends = match params.text("collection_method") {
        Some(method) => method == "send_invoice",
        None => matches!(was, Collection::Send { .. }),
    };
    let named = ["days_until_due", "due_date"].into_iter().find(|name| params.has(name));
    if !sends {
        let message =
            "You can only set this if `collection_method` is `send_invoice` on the invoice.";
        return match named {
            Some(name) => Err(ApiError::invalid(message).param(name)),
            None => Ok(Some(Collection::Automatic)),
        };
    }
    let now = stripe.time_of(Some(customer));
    let days_until_due = match (params.integer("days_until_due"), params.time("due_date"), was) {
        (Some(_), Some(_), _) => {
            let message = "You may only specify one of these parameters: days_until_due, due_date.";
            return Err(ApiError::invalid(message).param("due_date"));
        }
        (Some(days), None, _) if days < 0 => {
            let message = "This value must be greater than or equal to 0.";
            return Err(ApiError::invalid(message).param("days_until_due"));
        }
        (Some(days), None, _) => days,
        (None, Some(due), _) if due <= now => {
            let message = "The `due_date` must be in the future.";
            return Err(ApiError::invalid(message).param("due_date"));
        }
        (None, Some(due), _) => days_between(now, due),
        (None, None, Collection::Send { days_until_due }) => days_until_due,
        (None, None, Collection::Automatic) => {
            let message = "If `collection_method` is `send_invoice`, `days_until_due` or \
                           `due_date` is required.";
            return Err(ApiError::invalid(message).code("parameter_missing").param("due_date"));
        }
    };
    has_email(stripe, customer)?;
    Ok(Some(Collection::Send { days_until_due }))
}

/// Whole days, rounded up.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    let seconds = to.0.saturating_sub(from.0).saturating_add(DAY_SECONDS).saturating_sub(1);
    seconds.checked_div(DAY_SECONDS).unwrap_or(0)
}

pub(super) fn has_email(stripe: &Stripe, customer: &str) -> Result<(), ApiError> {
    let customer = stripe.customers.get(customer);
    let email = customer.and_then(|it| it.told.get("email")?.as_str());
    if email.is_some_and(|email| !email.is_empty()) {
        return Ok(());
    }
    let message = "Missing email. In order to create invoices that are sent to the customer, the \
                   customer must have a valid email. Make sure the customer has a valid email and \
                   try again.";
    Err(ApiError::invalid(message))
}

/// A number that a caller chooses, once per account.
fn number(stripe: &Stripe, params: &Params) -> Result<Option<String>, ApiError> {
    let Some(number) = params.text("number") else { return Ok(None) };
    if stripe.invoices.iter().any(|invoice| invoice.number.as_deref() == Some(number)) {
        let message = format!("The invoice number {number} is already used.");
        return Err(ApiError::invalid(message).param("number"));
    }
    Ok(Some(number.to_owned()))
}
