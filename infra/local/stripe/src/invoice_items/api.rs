//! `/v1/invoiceitems`: what is to be billed, by an amount, a price or an amount per unit.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{InvoiceItem, is_editable, make, remove};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoices::{self, Invoice, InvoiceStatus, LINES_MAX, Line};
use crate::prices::Price;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{customers, list, prices};

/// What gives an item its amount: one of them at most.
const AMOUNTS: [&str; 4] = ["amount", "pricing", "price_data", "unit_amount_decimal"];

/// `POST /v1/invoiceitems`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = made(stripe, &call.params)?;
    let item = stripe.invoice_items.get(&id);
    if let Some((invoice, line)) = item.and_then(|it| Some((it.invoice.clone()?, it.line.clone())))
    {
        invoices::change(stripe, &invoice, |invoice| invoice.lines.push(line));
    }
    Ok(shown(stripe, &id))
}

/// Makes one of parameters; an invoice that it is for does not have its line yet. Answers with its
/// id.
pub(super) fn made(stripe: &mut Stripe, params: &Params) -> Result<String, ApiError> {
    refuse(params)?;
    let invoice = draft(stripe, params)?;
    let customer = match (params.text("customer"), invoice) {
        (Some(customer), _) => customer.to_owned(),
        (None, Some(invoice)) => invoice.customer.clone(),
        (None, None) => return Err(ApiError::missing("customer")),
    };
    let known = customers::living(stripe, &customer, "customer")?;
    if invoice.is_some_and(|invoice| invoice.customer != customer) {
        let message = "The invoice belongs to another customer.";
        return Err(ApiError::invalid(message).param("invoice"));
    }
    let priced = Priced::read(stripe, params)?.ok_or_else(|| ApiError::missing("amount"))?;
    let usual = invoice.map(|invoice| invoice.currency.as_str()).or(known.currency.as_deref());
    let usual = priced.currency.as_deref().or(usual).unwrap_or(&stripe.settings.currency);
    let currency = params.text("currency").unwrap_or(usual).to_lowercase();
    if invoice.is_none() {
        customers::same_currency(stripe, &customer, &currency)?;
    }
    same_currency(priced.currency.as_deref(), &currency, "pricing[price]")?;
    same_currency(invoice.map(|invoice| invoice.currency.as_str()), &currency, "currency")?;
    if let Some(id) = params.text("subscription")
        && stripe.subscriptions.given(id, "subscription")?.customer != customer
    {
        let message = format!("Customer {customer} does not have a subscription with ID {id}");
        return Err(ApiError::invalid(message).code("resource_missing").param("subscription"));
    }
    let now = stripe.time_of(Some(&customer));
    let of = invoice.and_then(|invoice| invoice.subscription.clone());
    let mut line = Line {
        id: String::new(),
        amount: priced.amount,
        description: params.text("description").unwrap_or(&priced.description).to_owned(),
        quantity: Some(priced.quantity),
        period: (now, now),
        price: None,
        invoice_item: None,
        subscription: params.text("subscription").map(str::to_owned).or(of),
        subscription_item: None,
        proration: false,
        credited: Vec::new(),
        tax_rates: invoices::tax_rates(stripe, params, "tax_rates")?,
        metadata: params.metadata(),
    };
    period(params, &mut line)?;
    let invoice = invoice.map(|invoice| invoice.id.clone());
    line.price = priced.make_price(stripe)?;
    Ok(make(stripe, &customer, &currency, line, |item| {
        item.invoice.clone_from(&invoice);
        item.made_for_invoice = invoice.is_some();
        item.unit_amount = priced.unit_amount;
        item.discountable = params.flag("discountable").unwrap_or(item.discountable);
    }))
}

/// `GET /v1/invoiceitems/{invoiceitem}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.invoice_items.named(call.id())?.json(stripe))
}

/// `POST /v1/invoiceitems/{invoiceitem}`
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    changed(stripe, id, &call.params)?;
    let item = stripe.invoice_items.get(id);
    if let Some((invoice, line)) = item.and_then(|it| Some((it.invoice.clone()?, it.line.clone())))
    {
        invoices::change(stripe, &invoice, |invoice| replace(invoice, &line));
    }
    Ok(shown(stripe, id))
}

/// Puts a line in the place of what it was before.
pub(super) fn replace(invoice: &mut Invoice, line: &Line) {
    for on in invoice.lines.iter_mut().filter(|on| on.id == line.id) {
        on.clone_from(line);
    }
}

/// Changes one by parameters; its invoice has the line as it was.
pub(super) fn changed(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    refuse(params)?;
    let item = editable(stripe, id)?;
    let (mut line, mut unit_amount) = (item.line.clone(), item.unit_amount);
    let priced = Priced::read(stripe, params)?;
    match (&priced, params.integer("quantity")) {
        (Some(priced), _) => {
            same_currency(priced.currency.as_deref(), &item.currency, "currency")?;
            line.amount = priced.amount;
            line.quantity = Some(priced.quantity);
            unit_amount = priced.unit_amount;
        }
        (None, Some(quantity)) => {
            line.amount = amount_of(stripe, item, quantity)?;
            line.quantity = Some(quantity);
        }
        (None, None) => {}
    }
    told(stripe, params, &mut line)?;
    if let Some(priced) = priced {
        line.price = priced.make_price(stripe)?;
    }
    if let Some(item) = stripe.invoice_items.get_mut(id) {
        item.line = line;
        item.unit_amount = unit_amount;
        item.discountable = params.flag("discountable").unwrap_or(item.discountable);
    }
    Ok(())
}

/// What can change of every line: its description, period, tax rates and metadata.
pub(super) fn told(stripe: &Stripe, params: &Params, line: &mut Line) -> Result<(), ApiError> {
    if params.has("tax_rates") {
        line.tax_rates = invoices::tax_rates(stripe, params, "tax_rates")?;
    }
    if params.has("description") {
        params.text("description").unwrap_or_default().clone_into(&mut line.description);
    }
    period(params, line)?;
    line.metadata.update(params);
    Ok(())
}

/// What another quantity of an item comes to.
fn amount_of(stripe: &Stripe, item: &InvoiceItem, quantity: i64) -> Result<i64, ApiError> {
    let price = item.line.price.as_deref().and_then(|price| stripe.prices.get(price));
    match (price, item.unit_amount) {
        (Some(price), _) => Ok(price.amount(quantity)),
        (None, Some(each)) => Ok(times(each, quantity)),
        (None, None) => Err(only_one("amount", "quantity")),
    }
}

/// `DELETE /v1/invoiceitems/{invoiceitem}`
pub(super) fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let item = editable(stripe, call.id())?;
    let (id, invoice) = (item.id.clone(), item.invoice.clone());
    remove(stripe, &id);
    if let Some(invoice) = invoice {
        invoices::change(stripe, &invoice, |invoice| {
            invoice.lines.retain(|line| line.invoice_item.as_deref() != Some(&id));
        });
    }
    Ok(json!({ "id": id, "object": "invoiceitem", "deleted": true }))
}

/// `GET /v1/invoiceitems`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let items = stripe.invoice_items.iter().filter(|item| {
        params.text("customer").is_none_or(|customer| item.customer == customer)
            && params.text("invoice").is_none_or(|invoice| item.invoice.as_deref() == Some(invoice))
            && params.flag("pending").is_none_or(|pending| item.invoice.is_none() == pending)
    });
    list::page(stripe, call, "/v1/invoiceitems", items)
}

/// What an item comes to, and how.
#[derive(Debug, Default)]
struct Priced {
    amount: i64,
    unit_amount: Option<Decimal>,
    price: Option<String>,
    price_data: Option<Params>,
    currency: Option<String>,
    quantity: i64,
    description: String,
}

impl Priced {
    /// Reads it; none where no amount is given.
    fn read(stripe: &Stripe, params: &Params) -> Result<Option<Self>, ApiError> {
        let mut given = AMOUNTS.into_iter().filter(|name| params.has(name));
        let (first, second) = (given.next(), given.next());
        if let (Some(first), Some(second)) = (first, second) {
            return Err(only_one(first, second));
        }
        let quantity = params.integer("quantity").unwrap_or(1);
        match first {
            None => Ok(None),
            Some("amount") if params.has("quantity") => Err(only_one("amount", "quantity")),
            Some("amount") => {
                let amount = params.integer("amount").unwrap_or(0);
                Ok(Some(Self { amount, quantity, ..Self::default() }))
            }
            Some("unit_amount_decimal") => {
                let each = decimal(params, "unit_amount_decimal")?;
                let amount = times(each, quantity);
                Ok(Some(Self { amount, unit_amount: Some(each), quantity, ..Self::default() }))
            }
            Some("pricing") => Self::by_price(stripe, params, quantity).map(Some),
            Some(_) => Self::by_data(stripe, params, quantity).map(Some),
        }
    }

    fn by_price(stripe: &Stripe, params: &Params, quantity: i64) -> Result<Self, ApiError> {
        let pricing = params.within("pricing").unwrap_or_default();
        let id = pricing.text("price").ok_or_else(|| ApiError::missing("pricing[price]"))?;
        let price = prices::usable(stripe, id, "pricing[price]")?;
        if price.recurring.is_some() {
            let message = "The price specified is set to `type=recurring` but this field only \
                           accepts prices with `type=one_time`.";
            return Err(ApiError::invalid(message).param("pricing[price]"));
        }
        Ok(Self { price: Some(price.id.clone()), ..Self::at(stripe, price, quantity) })
    }

    /// At a price that `price_data` describes, and that is made with the item.
    fn by_data(stripe: &Stripe, params: &Params, quantity: i64) -> Result<Self, ApiError> {
        let data = params.within("price_data").unwrap_or_default();
        let new = prices::checked_data(stripe, &data, "price_data")?;
        Ok(Self { price_data: Some(data), ..Self::at(stripe, new.price(), quantity) })
    }

    fn at(stripe: &Stripe, price: &Price, quantity: i64) -> Self {
        let product = stripe.products.get(&price.product);
        Self {
            amount: price.amount(quantity),
            currency: Some(price.currency.clone()),
            quantity,
            description: product.map(|product| product.name.clone()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The price, which is made now where `price_data` describes it.
    fn make_price(&self, stripe: &mut Stripe) -> Result<Option<String>, ApiError> {
        match &self.price_data {
            Some(data) => prices::inline(stripe, data, "price_data").map(Some),
            None => Ok(self.price.clone()),
        }
    }
}

/// So many units at an amount with decimals, in whole minor units.
fn times(each: Decimal, quantity: i64) -> i64 {
    invoices::rounded(each.checked_mul(Decimal::from(quantity)).unwrap_or(Decimal::MAX))
}

fn decimal(params: &Params, name: &str) -> Result<Decimal, ApiError> {
    let text = params.required(name)?;
    let message = format!("Invalid decimal: {text}");
    text.parse().map_err(|_| ApiError::invalid(message).param(name))
}

fn only_one(first: &str, second: &str) -> ApiError {
    let message = format!("You may only specify one of these parameters: {first}, {second}.");
    ApiError::invalid(message).param(second)
}

fn same_currency(of: Option<&str>, currency: &str, param: &str) -> Result<(), ApiError> {
    match of {
        Some(of) if of != currency => {
            let message = format!("The currency {of} does not match the item's, {currency}.");
            Err(ApiError::invalid(message).param(param))
        }
        _ => Ok(()),
    }
}

fn period(params: &Params, line: &mut Line) -> Result<(), ApiError> {
    let Some(period) = params.within("period") else { return Ok(()) };
    if let (Some(start), Some(end)) = (period.time("start"), period.time("end")) {
        if end < start {
            let message = "The period's end must not be before its start.";
            return Err(ApiError::invalid(message).param("period[end]"));
        }
        line.period = (start, end);
    }
    Ok(())
}

/// The draft that an item is made for.
fn draft<'a>(stripe: &'a Stripe, params: &Params) -> Result<Option<&'a Invoice>, ApiError> {
    let Some(id) = params.text("invoice") else { return Ok(None) };
    let invoice = stripe.invoices.given(id, "invoice")?;
    if invoice.status != InvoiceStatus::Draft {
        return Err(not_editable());
    }
    if invoice.lines.len() >= LINES_MAX {
        let message = format!("An invoice can have at most {LINES_MAX} line items.");
        return Err(ApiError::invalid(message).param("invoice"));
    }
    Ok(Some(invoice))
}

fn editable<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a InvoiceItem, ApiError> {
    let item = stripe.invoice_items.named(id)?;
    if is_editable(stripe, item) { Ok(item) } else { Err(not_editable()) }
}

pub(super) fn not_editable() -> ApiError {
    let message = "Invalid invoice: This invoice is no longer editable";
    ApiError::invalid(message).code("invoice_not_editable").param("invoice")
}

fn refuse(params: &Params) -> Result<(), ApiError> {
    if !params.list("discounts").is_empty() {
        return Err(ApiError::not_simulated("discounts"));
    }
    if !params.list("tax_amounts").is_empty() {
        return Err(ApiError::not_simulated("tax_amounts"));
    }
    for name in ["customer_account", "quantity_decimal"] {
        if params.has(name) && !params.unsets(name) {
            return Err(ApiError::not_simulated(name));
        }
    }
    if params.integer("quantity").is_some_and(i64::is_negative) {
        let message = "This value must be greater than or equal to 0.";
        return Err(ApiError::invalid(message).param("quantity"));
    }
    Ok(())
}

fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.invoice_items, id)
}
