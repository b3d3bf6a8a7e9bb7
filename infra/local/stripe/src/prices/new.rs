//! New prices: what callers may say of them, and what they may not.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{Interval, Price, Recurring, Rounding, TOLD, Tier, Transform, plan};
use crate::call::Params;
use crate::error::ApiError;
use crate::products::{self, NewProduct};
use crate::stripe::Stripe;
use crate::told;

/// Most minor units of one amount: twelve digits.
const AMOUNT_MAX: i64 = 999_999_999_999;

/// A price that can be made: what a caller said of it is right.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// Everything but its id, its time and, when that is new too, its product.
    price: Price,
    product: Option<NewProduct>,
    /// True if it takes its lookup key from the price that has it.
    transfer: bool,
}

/// Reads the parameters of `POST /v1/prices`.
///
/// # Errors
///
/// Stripe's for what is missing, contradicts itself or is taken.
pub fn checked(stripe: &Stripe, params: &Params) -> Result<NewPrice, ApiError> {
    for param in ["currency_options", "custom_unit_amount"] {
        if params.has(param) {
            return Err(ApiError::not_simulated(param));
        }
    }
    let (unit_amount, tiers) = amounts(params)?;
    let transform = transform(params)?;
    if transform.is_some() && !tiers.is_empty() {
        let message = "You cannot combine `transform_quantity` with `tiers`.";
        return Err(ApiError::invalid(message).param("transform_quantity"));
    }
    let transfer = params.flag("transfer_lookup_key").unwrap_or(false);
    if let Some(key) = params.text("lookup_key").filter(|_| !transfer) {
        free(stripe, key, None)?;
    }
    let (product, new_product) = product(stripe, params)?;
    let mut repeated = Map::new();
    told::update(&mut repeated, params, TOLD);
    let price = Price {
        id: String::new(),
        created: stripe.now(),
        active: params.flag("active").unwrap_or(true),
        product,
        currency: params.required("currency")?.to_owned(),
        unit_amount,
        recurring: recurring(params)?,
        tiers,
        graduated: params.text("tiers_mode") == Some("graduated"),
        transform,
        tax_behavior: params.text("tax_behavior").unwrap_or("unspecified").to_owned(),
        lookup_key: params.text("lookup_key").map(str::to_owned),
        trial_period_days: params.integer("trial_period_days"),
        deleted: false,
        metadata: params.metadata(),
        told: repeated,
    };
    Ok(NewPrice { price, product: new_product, transfer })
}

/// Reads a `price_data` within the parameter `at`; one without a product is for
/// [`NewPrice::make_of`].
///
/// # Errors
///
/// As [`checked`], about the parameters within `at`.
pub fn checked_data(stripe: &Stripe, params: &Params, at: &str) -> Result<NewPrice, ApiError> {
    checked(stripe, params).map_err(|mut error| {
        if let Some(param) = error.param {
            let (name, rest) = param.split_at(param.find('[').unwrap_or(param.len()));
            error.param = Some(format!("{at}[{name}]{rest}"));
        }
        error
    })
}

/// Makes the price of a `price_data` within the parameter `at`. It is inactive: nothing else can
/// use it.
///
/// # Errors
///
/// As [`checked_data`], and when it has no product.
pub fn inline(stripe: &mut Stripe, params: &Params, at: &str) -> Result<String, ApiError> {
    let mut new = checked_data(stripe, params, at)?;
    if !new.has_product() {
        return Err(ApiError::missing(&format!("{at}[product]")));
    }
    new.price.active = false;
    Ok(new.make(stripe))
}

impl NewPrice {
    /// True if it has a product, or brings one.
    pub(super) fn has_product(&self) -> bool {
        self.product.is_some() || !self.price.product.is_empty()
    }

    /// With an id of the caller's choice.
    pub(super) fn named(mut self, id: Option<&str>) -> Self {
        id.unwrap_or_default().clone_into(&mut self.price.id);
        self
    }

    /// What it will be.
    pub fn price(&self) -> &Price {
        &self.price
    }

    /// Makes it, and its product when that is new, and tells of both. Answers with its id.
    pub fn make(self, stripe: &mut Stripe) -> String {
        let Self { mut price, product, transfer } = self;
        if let Some(product) = product {
            price.product = product.make(stripe);
        }
        if price.id.is_empty() {
            price.id = stripe.ids.next("price");
        }
        if let Some(key) = price.lookup_key.as_deref().filter(|_| transfer) {
            release(stripe, key, &price.id);
        }
        let id = price.id.clone();
        stripe.prices.add(price);
        if let Some(plan) = plan(stripe, &id) {
            stripe.emit("plan.created", plan);
        }
        let price = stripe.shown(|stripe| &stripe.prices, &id);
        stripe.emit("price.created", price);
        id
    }

    /// Makes it for a product.
    pub fn make_of(mut self, stripe: &mut Stripe, product: &str) -> String {
        product.clone_into(&mut self.price.product);
        self.make(stripe)
    }
}

/// Refuses a lookup key that another price has.
pub(super) fn free(stripe: &Stripe, key: &str, except: Option<&str>) -> Result<(), ApiError> {
    let holder = stripe.prices.iter().find(|price| price.lookup_key.as_deref() == Some(key));
    match holder.filter(|price| Some(price.id.as_str()) != except) {
        None => Ok(()),
        Some(holder) => {
            let message = format!("A price (`{}`) already uses that lookup key.", holder.id);
            Err(ApiError::invalid(message).param("lookup_key"))
        }
    }
}

/// Takes a lookup key from the price that has it.
pub(super) fn release(stripe: &mut Stripe, key: &str, except: &str) {
    let holds = |price: &&Price| price.lookup_key.as_deref() == Some(key) && price.id != except;
    let holder = stripe.prices.iter().find(holds).map(|price| price.id.clone());
    if let Some(holder) = holder {
        super::change(stripe, &holder, |price| price.lookup_key = None);
    }
}

/// The product that it is for: one of ours, or a new one. An empty id when neither was said.
fn product(stripe: &Stripe, params: &Params) -> Result<(String, Option<NewProduct>), ApiError> {
    match (params.text("product"), params.within("product_data")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: product, product_data.";
            Err(ApiError::invalid(message).param("product"))
        }
        (Some(id), None) => Ok((stripe.products.given(id, "product")?.id.clone(), None)),
        (None, Some(data)) => Ok((String::new(), Some(products::checked(stripe, &data)?))),
        (None, None) => Ok((String::new(), None)),
    }
}

/// The amount per unit, or the tiers.
fn amounts(params: &Params) -> Result<(Option<Decimal>, Vec<Tier>), ApiError> {
    let unit = amount(params, "unit_amount", "")?;
    let tiered = params.text("billing_scheme") == Some("tiered");
    match (tiered, unit, params.has("tiers")) {
        (true, Some(_), _) => {
            let message = "You cannot set `unit_amount` with `billing_scheme=tiered`: each tier \
                           has its own.";
            Err(ApiError::invalid(message).param("unit_amount"))
        }
        (true, None, _) => {
            if params.text("tiers_mode").is_none() {
                return Err(ApiError::missing("tiers_mode"));
            }
            Ok((None, tiers(params)?))
        }
        (false, _, true) => {
            let message = "`tiers` can only be set with `billing_scheme=tiered`.";
            Err(ApiError::invalid(message).param("tiers"))
        }
        (false, Some(unit), false) => Ok((Some(unit), Vec::new())),
        (false, None, false) => {
            let message =
                "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.";
            Err(ApiError::invalid(message).code("parameter_missing").param("unit_amount"))
        }
    }
}

/// An amount in whole minor units or, as `..._decimal`, with decimals; `at` is where the parameters
/// are.
fn amount(params: &Params, name: &str, at: &str) -> Result<Option<Decimal>, ApiError> {
    let with_decimals = format!("{name}_decimal");
    let full = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}[{name}]") };
    let decimal = params.text(&with_decimals).and_then(|text| text.parse::<Decimal>().ok());
    let (given, name) = match (params.integer(name), decimal) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message =
                format!("You may only specify one of these parameters: {name}, {with_decimals}.");
            return Err(ApiError::invalid(message).param(full(name)));
        }
        (Some(whole), None) => (Decimal::from(whole), name),
        (None, Some(decimal)) => (decimal, with_decimals.as_str()),
    };
    if given < Decimal::ZERO {
        let error = ApiError::invalid("This value must be greater than or equal to 0.");
        return Err(error.code("parameter_invalid_integer").param(full(name)));
    }
    if given > Decimal::from(AMOUNT_MAX) {
        let message = format!("This value must be at most {AMOUNT_MAX}.");
        return Err(ApiError::invalid(message).code("amount_too_large").param(full(name)));
    }
    Ok(Some(given))
}

fn tiers(params: &Params) -> Result<Vec<Tier>, ApiError> {
    let mut tiers: Vec<Tier> = Vec::new();
    for (nth, tier) in params.list("tiers").iter().enumerate() {
        let at = format!("tiers[{nth}]");
        let (unit_amount, flat_amount) =
            (amount(tier, "unit_amount", &at)?, amount(tier, "flat_amount", &at)?);
        if unit_amount.is_none() && flat_amount.is_none() {
            let message = "Each tier must have an amount per unit, a flat amount, or both.";
            return Err(ApiError::invalid(message).param(at));
        }
        let up_to = tier.integer("up_to");
        let below = tiers.last().map_or(Some(0), |tier| tier.up_to);
        let ascends = below.is_some_and(|below| up_to.is_none_or(|up_to| up_to > below));
        if !ascends {
            let message = "The tiers' `up_to` must be in ascending order, and only the last one \
                           may be `inf`.";
            return Err(ApiError::invalid(message).param(format!("{at}[up_to]")));
        }
        tiers.push(Tier { up_to, unit_amount, flat_amount });
    }
    match tiers.last() {
        None => Err(ApiError::missing("tiers")),
        Some(Tier { up_to: None, .. }) => Ok(tiers),
        Some(Tier { up_to: Some(_), .. }) => {
            let message = "The last tier must have `up_to` set to `inf`.";
            Err(ApiError::invalid(message).param("tiers"))
        }
    }
}

fn recurring(params: &Params) -> Result<Option<Recurring>, ApiError> {
    let Some(recurring) = params.within("recurring") else { return Ok(None) };
    if recurring.has("meter") {
        return Err(ApiError::not_simulated("recurring[meter]"));
    }
    if recurring.text("usage_type") == Some("metered") {
        let message = "Metered prices must be backed by a meter: set `recurring[meter]`.";
        return Err(ApiError::invalid(message).param("recurring[usage_type]"));
    }
    let interval = recurring.text("interval").and_then(Interval::named);
    let interval = interval.ok_or_else(|| ApiError::missing("recurring[interval]"))?;
    let count = recurring.integer("interval_count").unwrap_or(1);
    if !(1..=interval.count_max()).contains(&count) {
        let message = format!(
            "The interval must be at least one {} and at most three years.",
            interval.as_str()
        );
        return Err(ApiError::invalid(message).param("recurring[interval_count]"));
    }
    Ok(Some(Recurring { interval, count, metered: false }))
}

fn transform(params: &Params) -> Result<Option<Transform>, ApiError> {
    let Some(transform) = params.within("transform_quantity") else { return Ok(None) };
    let divide_by = transform.integer("divide_by").unwrap_or(1);
    if divide_by < 1 {
        let error = ApiError::invalid("This value must be greater than or equal to 1.");
        let error = error.code("parameter_invalid_integer");
        return Err(error.param("transform_quantity[divide_by]"));
    }
    let up = transform.get("round").and_then(Value::as_str) == Some("up");
    let round = if up { Rounding::Up } else { Rounding::Down };
    Ok(Some(Transform { divide_by, round }))
}
