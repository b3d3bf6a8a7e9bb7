//! What a configuration lets customers do.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;

/// Most products that customers can change between.
const PRODUCTS_MAX: usize = 10;

/// What customers can do in the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// True if they can change what is known of them.
    pub customer_update: bool,
    /// Which of it: `address`, `email`, `name`, `phone`, `shipping`, `tax_id`.
    pub allowed_updates: Vec<String>,
    /// True if they see their invoices.
    pub invoice_history: bool,
    /// True if they can change their payment methods.
    pub payment_method_update: bool,
    /// How they can cancel.
    pub subscription_cancel: SubscriptionCancel,
    /// How they can change a subscription.
    pub subscription_update: SubscriptionUpdate,
}

/// How customers can cancel a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionCancel {
    /// True if they can.
    pub enabled: bool,
    /// `at_period_end` or `immediately`.
    pub mode: String,
    /// `none`, `create_prorations` or `always_invoice`.
    pub proration_behavior: String,
    /// True if they are asked why.
    pub asks_reason: bool,
    /// What they can answer.
    pub reasons: Vec<String>,
}

/// How customers can change a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionUpdate {
    /// True if they can.
    pub enabled: bool,
    /// What they can change: `price`, `quantity`.
    pub allowed_updates: Vec<String>,
    /// What they can change to.
    pub products: Vec<OfferedProduct>,
    /// `none`, `create_prorations` or `always_invoice`.
    pub proration_behavior: String,
    /// `now` or `unchanged`.
    pub billing_cycle_anchor: Option<String>,
    /// `end_trial` or `continue_trial`.
    pub trial_update_behavior: String,
    /// Which changes wait for the period's end: `decreasing_item_amount`, `shortening_interval`.
    pub at_period_end: Vec<String>,
}

/// A product that customers can change to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedProduct {
    /// The product.
    pub product: String,
    /// Its prices.
    pub prices: Vec<String>,
    /// Least and most of it, where they can say how many.
    pub quantity: Option<(i64, Option<i64>)>,
}

impl Features {
    /// Nothing.
    pub(super) fn none() -> Self {
        Self {
            customer_update: false,
            allowed_updates: Vec::new(),
            invoice_history: false,
            payment_method_update: false,
            subscription_cancel: SubscriptionCancel {
                enabled: false,
                mode: "at_period_end".to_owned(),
                proration_behavior: "none".to_owned(),
                asks_reason: false,
                reasons: Vec::new(),
            },
            subscription_update: SubscriptionUpdate {
                enabled: false,
                allowed_updates: Vec::new(),
                products: Vec::new(),
                proration_behavior: "none".to_owned(),
                billing_cycle_anchor: None,
                trial_update_behavior: "end_trial".to_owned(),
                at_period_end: Vec::new(),
            },
        }
    }

    /// Those of the default configuration.
    pub(super) fn of_default() -> Self {
        let none = Self::none();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            customer_update: true,
            allowed_updates: texts(&["email", "name", "address", "phone", "tax_id"]),
            invoice_history: true,
            payment_method_update: true,
            subscription_cancel: SubscriptionCancel {
                enabled: true,
                asks_reason: true,
                reasons: texts(&["too_expensive", "missing_features", "unused", "other"]),
                ..none.subscription_cancel
            },
            ..none
        }
    }

    /// With what `features` of a request says.
    pub(super) fn changed(mut self, stripe: &Stripe, features: &Params) -> Result<Self, ApiError> {
        let enabled = |name: &str| features.within(name).and_then(|it| it.flag("enabled"));
        if let Some(update) = features.within("customer_update") {
            self.customer_update = update.flag("enabled").unwrap_or(self.customer_update);
            texts(&update, "allowed_updates", &mut self.allowed_updates);
            if self.customer_update && self.allowed_updates.is_empty() {
                return Err(ApiError::missing("features[customer_update][allowed_updates]"));
            }
        }
        self.invoice_history = enabled("invoice_history").unwrap_or(self.invoice_history);
        if let Some(update) = features.within("payment_method_update") {
            if update.text("payment_method_configuration").is_some() {
                let param = "features[payment_method_update][payment_method_configuration]";
                return Err(ApiError::not_simulated(param));
            }
            self.payment_method_update = update.flag("enabled").unwrap_or(false);
        }
        if let Some(cancel) = features.within("subscription_cancel") {
            self.subscription_cancel = self.subscription_cancel.changed(&cancel)?;
        }
        if let Some(update) = features.within("subscription_update") {
            self.subscription_update = self.subscription_update.changed(stripe, &update)?;
        }
        Ok(self)
    }

    /// As the API shows them.
    pub fn json(&self) -> Value {
        let (cancel, update) = (&self.subscription_cancel, &self.subscription_update);
        let conditions = update.at_period_end.iter().map(|kind| json!({ "type": kind }));
        json!({
            "customer_update": {
                "allowed_updates": self.allowed_updates, "enabled": self.customer_update,
            },
            "invoice_history": { "enabled": self.invoice_history },
            "payment_method_update": {
                "enabled": self.payment_method_update, "payment_method_configuration": null,
            },
            "subscription_cancel": {
                "cancellation_reason": {
                    "enabled": cancel.asks_reason, "feedback_options": null,
                    "options": cancel.reasons,
                },
                "enabled": cancel.enabled,
                "mode": cancel.mode,
                "proration_behavior": cancel.proration_behavior,
            },
            "subscription_update": {
                "billing_cycle_anchor": update.billing_cycle_anchor,
                "default_allowed_updates": update.allowed_updates,
                "enabled": update.enabled,
                "products": update.products.iter().map(OfferedProduct::json).collect::<Vec<_>>(),
                "proration_behavior": update.proration_behavior,
                "schedule_at_period_end": { "conditions": conditions.collect::<Vec<_>>() },
                "trial_update_behavior": update.trial_update_behavior,
            },
        })
    }
}

impl SubscriptionCancel {
    fn changed(mut self, asked: &Params) -> Result<Self, ApiError> {
        self.enabled = asked.flag("enabled").unwrap_or(self.enabled);
        text(asked, "mode", &mut self.mode);
        text(asked, "proration_behavior", &mut self.proration_behavior);
        if let Some(reason) = asked.within("cancellation_reason") {
            if !reason.texts("feedback_options").is_empty() {
                let param = "features[subscription_cancel][cancellation_reason][feedback_options]";
                return Err(ApiError::not_simulated(param));
            }
            self.asks_reason = reason.flag("enabled").unwrap_or(self.asks_reason);
            texts(&reason, "options", &mut self.reasons);
        }
        if self.mode == "at_period_end" && self.proration_behavior != "none" {
            let message = "`proration_behavior` must be `none` when `mode` is `at_period_end`.";
            let param = "features[subscription_cancel][proration_behavior]";
            return Err(ApiError::invalid(message).param(param));
        }
        Ok(self)
    }
}

impl SubscriptionUpdate {
    fn changed(mut self, stripe: &Stripe, asked: &Params) -> Result<Self, ApiError> {
        let at = |name: &str| format!("features[subscription_update]{name}");
        self.enabled = asked.flag("enabled").unwrap_or(self.enabled);
        texts(asked, "default_allowed_updates", &mut self.allowed_updates);
        if self.allowed_updates.iter().any(|update| update == "promotion_code") {
            return Err(ApiError::not_simulated(&at("[default_allowed_updates]")));
        }
        text(asked, "proration_behavior", &mut self.proration_behavior);
        text(asked, "trial_update_behavior", &mut self.trial_update_behavior);
        if let Some(anchor) = asked.text("billing_cycle_anchor") {
            self.billing_cycle_anchor = Some(anchor.to_owned());
        }
        if let Some(schedule) = asked.within("schedule_at_period_end") {
            let conditions = schedule.list("conditions");
            let kinds = conditions.iter().filter_map(|condition| condition.text("type"));
            self.at_period_end = kinds.map(str::to_owned).collect();
        }
        if asked.has("products") {
            let products = asked.list("products").into_iter().enumerate();
            let products = products.map(|(nth, product)| {
                OfferedProduct::read(stripe, &product, &at(&format!("[products][{nth}]")))
            });
            self.products = products.collect::<Result<_, _>>()?;
        }
        if self.products.len() > PRODUCTS_MAX {
            let message = format!("Up to {PRODUCTS_MAX} products can be offered.");
            return Err(ApiError::invalid(message).param(at("[products]")));
        }
        if self.enabled && self.allowed_updates.is_empty() {
            return Err(ApiError::missing(&at("[default_allowed_updates]")));
        }
        if self.enabled && self.products.is_empty() {
            return Err(ApiError::missing(&at("[products]")));
        }
        Ok(self)
    }

    /// The product of a price that customers can change to.
    pub fn offer(&self, price: &str) -> Option<&OfferedProduct> {
        let mut products = self.products.iter();
        products.find(|product| product.prices.iter().any(|known| known == price))
    }

    /// True if customers can change this.
    pub fn allows(&self, update: &str) -> bool {
        self.enabled && self.allowed_updates.iter().any(|allowed| allowed == update)
    }
}

impl OfferedProduct {
    fn read(stripe: &Stripe, asked: &Params, at: &str) -> Result<Self, ApiError> {
        let product = asked.required("product")?.to_owned();
        stripe.products.given(&product, &format!("{at}[product]"))?;
        let prices = asked.texts("prices");
        for (nth, id) in prices.iter().enumerate() {
            let param = format!("{at}[prices][{nth}]");
            let price = stripe.prices.given(id, &param)?;
            let wrong = if price.product != product {
                format!("The price `{id}` is not one of the product `{product}`.")
            } else if price.recurring.is_none() {
                format!("The price `{id}` does not recur.")
            } else {
                continue;
            };
            return Err(ApiError::invalid(wrong).param(param));
        }
        let quantity = asked.within("adjustable_quantity");
        let quantity = quantity.filter(|quantity| quantity.flag("enabled") == Some(true));
        let quantity =
            quantity.map(|asked| (asked.integer("minimum").unwrap_or(1), asked.integer("maximum")));
        Ok(Self { product, prices, quantity })
    }

    fn json(&self) -> Value {
        let (minimum, maximum) = self.quantity.unwrap_or((1, None));
        json!({
            "adjustable_quantity": {
                "enabled": self.quantity.is_some(), "maximum": maximum, "minimum": minimum,
            },
            "prices": self.prices,
            "product": self.product,
        })
    }
}

fn text(asked: &Params, name: &str, known: &mut String) {
    if let Some(given) = asked.text(name) {
        given.clone_into(known);
    }
}

fn texts(asked: &Params, name: &str, known: &mut Vec<String>) {
    if asked.has(name) {
        *known = asked.texts(name);
    }
}
