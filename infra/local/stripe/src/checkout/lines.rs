//! What a session sells: its lines, their amounts and taxes.

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Mode;
use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::{self, Line, Tax};
use crate::metadata::Metadata;
use crate::prices;
use crate::stripe::Stripe;

/// Most lines of a session that recur.
const RECURRING_MAX: usize = 20;
/// Most lines of a session that are bought once.
const ONCE_MAX: usize = 100;

/// A line of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// `li_...`
    pub id: String,
    /// The price.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// The product's name.
    pub description: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// True if it recurs.
    pub recurring: bool,
    /// Due now without exclusive tax, in minor units: nothing while a trial runs.
    pub subtotal: i64,
    /// Taxes on it.
    pub(crate) taxes: Vec<Tax>,
    /// Its own tax rates.
    pub tax_rates: Vec<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

impl SessionLine {
    /// All tax, in minor units.
    pub fn tax(&self) -> i64 {
        self.taxes.iter().fold(0, |sum, tax| sum.saturating_add(tax.amount))
    }

    /// What is due now with tax, in minor units.
    pub fn total(&self) -> i64 {
        due(self.subtotal, &self.taxes)
    }
}

impl SessionLine {
    /// As a line of an invoice that is made when the session is paid.
    pub(super) fn invoiced(&self, now: Timestamp) -> Line {
        Line {
            id: String::new(),
            amount: self.subtotal,
            description: self.description.clone(),
            quantity: Some(self.quantity),
            period: (now, now),
            price: Some(self.price.clone()),
            invoice_item: None,
            subscription: None,
            subscription_item: None,
            proration: false,
            credited: Vec::new(),
            tax_rates: self.tax_rates.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

/// The sum of an amount over lines.
pub(super) fn sum(lines: &[SessionLine], of: impl Fn(&SessionLine) -> i64) -> i64 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(of(line)))
}

/// A line as it was asked for; nothing is made yet.
#[derive(Debug, Clone)]
pub(super) struct AskedLine {
    price: AskedPrice,
    quantity: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    recurring: bool,
    /// Minor units, without tax.
    subtotal: i64,
    taxes: Vec<Tax>,
    tax_rates: Vec<String>,
    metadata: Metadata,
}

/// What is due now for lines, with tax, in minor units.
pub(super) fn asked_total(lines: &[AskedLine]) -> i64 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(due(line.subtotal, &line.taxes)))
}

fn due(subtotal: i64, taxes: &[Tax]) -> i64 {
    let exclusive = taxes.iter().filter(|tax| !tax.inclusive);
    exclusive.fold(subtotal, |sum, tax| sum.saturating_add(tax.amount))
}

#[derive(Debug, Clone)]
enum AskedPrice {
    /// One that there is.
    Existing(String),
    /// One that is made for this session only.
    Made(Params),
}

/// Reads and checks `line_items`.
pub(super) fn read(
    stripe: &Stripe,
    params: &Params,
    mode: Mode,
) -> Result<Vec<AskedLine>, ApiError> {
    let asked = params.list("line_items").into_iter().enumerate();
    let lines: Vec<AskedLine> = asked
        .map(|(nth, line)| read_line(stripe, &line, params, &format!("line_items[{nth}]")))
        .collect::<Result<_, _>>()?;
    let recurring = lines.iter().filter(|line| line.recurring).count();
    let once = lines.len().saturating_sub(recurring);
    let wrong = match mode {
        Mode::Setup if !lines.is_empty() => "You cannot pass `line_items` in `setup` mode.",
        Mode::Payment if lines.is_empty() => {
            "The `line_items` parameter is required in payment mode."
        }
        Mode::Payment if recurring > 0 => {
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices."
        }
        Mode::Subscription if recurring == 0 => {
            "You must provide at least one recurring price in `subscription` mode when using prices."
        }
        Mode::Subscription if recurring > RECURRING_MAX || once > RECURRING_MAX => {
            "A session in `subscription` mode takes up to 20 recurring and 20 one-time prices."
        }
        Mode::Payment if once > ONCE_MAX => "A session takes up to 100 line items.",
        Mode::Payment | Mode::Setup | Mode::Subscription => return same_currency(lines),
    };
    Err(ApiError::invalid(wrong).param("line_items"))
}

fn same_currency(lines: Vec<AskedLine>) -> Result<Vec<AskedLine>, ApiError> {
    let Some(expected) = lines.first().map(|line| line.currency.clone()) else { return Ok(lines) };
    let other = lines.iter().enumerate().find(|(_, line)| line.currency != expected);
    let Some((nth, line)) = other else { return Ok(lines) };
    let message = format!(
        "The price specified only supports `{}`. This doesn't match the expected currency: `{expected}`.",
        line.currency
    );
    Err(ApiError::invalid(message).param(format!("line_items[{nth}]")))
}

fn read_line(
    stripe: &Stripe,
    line: &Params,
    params: &Params,
    at: &str,
) -> Result<AskedLine, ApiError> {
    if line.within("adjustable_quantity").is_some_and(|it| it.flag("enabled") == Some(true)) {
        return Err(ApiError::not_simulated(&format!("{at}[adjustable_quantity]")));
    }
    let tax_rates = line.texts("tax_rates");
    for (nth, rate) in tax_rates.iter().enumerate() {
        crate::tax_rates::usable(stripe, rate, &format!("{at}[tax_rates][{nth}]"))?;
    }
    let quantity = quantity(line, at)?;
    let (price, currency, recurring, amount) = match (line.text("price"), line.within("price_data"))
    {
        (Some(id), None) => {
            let price = prices::usable(stripe, id, &format!("{at}[price]"))?;
            if price.recurring.is_some_and(|recurring| recurring.metered) {
                return Err(ApiError::not_simulated(&format!("{at}[price]")));
            }
            let amount = price.amount(quantity);
            let existing = AskedPrice::Existing(id.to_owned());
            (existing, price.currency.clone(), price.recurring.is_some(), amount)
        }
        (None, Some(data)) => {
            let at = format!("{at}[price_data]");
            if !data.has("product") && !data.has("product_data") {
                return Err(ApiError::missing(&format!("{at}[product]")));
            }
            let new = prices::checked_data(stripe, &data, &at)?;
            let price = new.price();
            let (currency, recurring) = (price.currency.clone(), price.recurring.is_some());
            let amount = price.amount(quantity);
            (AskedPrice::Made(data), currency, recurring, amount)
        }
        _ => {
            let message = format!("`{at}` needs either `price` or `price_data`.");
            return Err(ApiError::invalid(message).param(at));
        }
    };
    let data = params.within("subscription_data").unwrap_or_default();
    let customer = params.text("customer").and_then(|id| stripe.customers.get(id));
    let exempt = customer.map_or("none", |customer| customer.tax_exempt.as_str());
    let subtotal = if recurring && has_trial(&data) { 0 } else { amount };
    let mut rates = tax_rates.clone();
    if recurring && rates.is_empty() {
        rates = data.texts("default_tax_rates");
    }
    let taxes = invoices::taxes(stripe, exempt, subtotal, &rates);
    let metadata = line.metadata();
    Ok(AskedLine { price, quantity, currency, recurring, subtotal, taxes, tax_rates, metadata })
}

/// How many are sold.
fn quantity(line: &Params, at: &str) -> Result<i64, ApiError> {
    let param = format!("{at}[quantity]");
    match line.integer("quantity") {
        None => {
            let message = format!("Quantity is required. Add `quantity` to `{at}`");
            Err(ApiError::invalid(message).param(at))
        }
        Some(quantity) if quantity < 1 => {
            let message = "This value must be greater than or equal to 1.";
            Err(ApiError::invalid(message).code("parameter_invalid_integer").param(param))
        }
        Some(quantity) => Ok(quantity),
    }
}

/// Makes the lines, and the prices that are made for this session.
pub(super) fn make(
    stripe: &mut Stripe,
    asked: Vec<AskedLine>,
) -> Result<Vec<SessionLine>, ApiError> {
    let mut lines = Vec::new();
    for line in asked {
        let price = match line.price {
            AskedPrice::Existing(id) => id,
            AskedPrice::Made(data) => prices::inline(stripe, &data, "line_items[price_data]")?,
        };
        let product = stripe.prices.get(&price).map(|price| price.product.clone());
        let product = product.and_then(|id| stripe.products.get(&id));
        let description = product.map_or_else(String::new, |product| product.name.clone());
        lines.push(SessionLine {
            id: stripe.ids.next("li"),
            price,
            quantity: line.quantity,
            description,
            currency: line.currency,
            recurring: line.recurring,
            subtotal: line.subtotal,
            taxes: line.taxes,
            tax_rates: line.tax_rates,
            metadata: line.metadata,
        });
    }
    Ok(lines)
}

/// True if a subscription begins with a trial.
pub(super) fn has_trial(subscription_data: &Params) -> bool {
    let days = subscription_data.integer("trial_period_days").is_some_and(|days| days > 0);
    days || subscription_data.has("trial_end")
}

/// `price_data` and the like as they are given on to the subscription of a session.
pub(super) fn subscription_items(lines: &[SessionLine]) -> (Vec<Value>, Vec<Value>) {
    let item = |line: &&SessionLine| {
        let mut item = json!({ "price": line.price, "quantity": line.quantity });
        let fields = item.as_object_mut();
        if let Some(fields) = fields {
            if !line.tax_rates.is_empty() {
                fields.insert("tax_rates".to_owned(), json!(line.tax_rates));
            }
            if !line.metadata.0.is_empty() {
                fields.insert("metadata".to_owned(), line.metadata.json());
            }
        }
        item
    };
    let recurring = lines.iter().filter(|line| line.recurring).collect::<Vec<_>>();
    let once = lines.iter().filter(|line| !line.recurring).collect::<Vec<_>>();
    (recurring.iter().map(item).collect(), once.iter().map(item).collect())
}
