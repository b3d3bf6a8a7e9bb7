//! Flows: the one thing that a customer comes to the portal for, and what follows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Features, configurations};
use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::subscriptions::{Subscription, SubscriptionStatus};

/// What a customer comes for, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// What.
    pub kind: FlowKind,
    /// What follows.
    pub after: AfterCompletion,
}

/// What a customer comes for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowKind {
    /// To change its details.
    CustomerUpdate,
    /// To give another payment method.
    PaymentMethodUpdate,
    /// To cancel a subscription.
    SubscriptionCancel {
        /// Which.
        subscription: String,
    },
    /// To change a subscription.
    SubscriptionUpdate {
        /// Which.
        subscription: String,
    },
    /// To confirm a change of a subscription.
    SubscriptionUpdateConfirm {
        /// Which.
        subscription: String,
        /// Its item.
        item: String,
        /// To which price.
        price: Option<String>,
        /// To how many.
        quantity: Option<i64>,
    },
}

/// What follows when the customer is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterCompletion {
    /// All of the portal.
    Homepage,
    /// A page that says so, with the caller's own words.
    Confirmation(Option<String>),
    /// The caller's own page.
    Redirect(String),
}

impl Flow {
    /// Reads and checks `flow_data`.
    pub(super) fn read(
        stripe: &Stripe,
        asked: &Params,
        customer: &str,
        features: &Features,
    ) -> Result<Self, ApiError> {
        let kind = asked.required("type").map_err(|error| error.param("flow_data[type]"))?;
        let within = asked.within(kind).unwrap_or_default();
        let at = format!("flow_data[{kind}]");
        let subscription = || living(stripe, &within, customer, &at);
        let allowed = match kind {
            "customer_update" => features.customer_update,
            "payment_method_update" => features.payment_method_update,
            "subscription_cancel" => features.subscription_cancel.enabled,
            _ => features.subscription_update.enabled,
        };
        if !allowed {
            let feature = kind.trim_end_matches("_confirm");
            let message = format!(
                "The portal configuration does not have the feature `{feature}` enabled, which the \
                 flow `{kind}` needs."
            );
            return Err(ApiError::invalid(message).param("flow_data[type]"));
        }
        let kind = match kind {
            "customer_update" => FlowKind::CustomerUpdate,
            "payment_method_update" => FlowKind::PaymentMethodUpdate,
            "subscription_cancel" => {
                if within.has("retention") {
                    return Err(ApiError::not_simulated(&format!("{at}[retention]")));
                }
                let subscription = subscription()?;
                if subscription.cancel_at.is_some() {
                    let message =
                        "The subscription is already set to be canceled at the period end.";
                    return Err(ApiError::invalid(message).param(format!("{at}[subscription]")));
                }
                FlowKind::SubscriptionCancel { subscription: subscription.id.clone() }
            }
            "subscription_update" => {
                FlowKind::SubscriptionUpdate { subscription: subscription()?.id.clone() }
            }
            _ => confirm(&within, subscription()?, features, &at)?,
        };
        Ok(Self { kind, after: AfterCompletion::read(asked)? })
    }

    /// As the API shows it.
    pub(super) fn json(&self) -> Value {
        let (kind, details) = match &self.kind {
            FlowKind::CustomerUpdate => ("customer_update", json!({})),
            FlowKind::PaymentMethodUpdate => ("payment_method_update", Value::Null),
            FlowKind::SubscriptionCancel { subscription } => {
                let details = json!({ "retention": null, "subscription": subscription });
                ("subscription_cancel", details)
            }
            FlowKind::SubscriptionUpdate { subscription } => {
                ("subscription_update", json!({ "subscription": subscription }))
            }
            FlowKind::SubscriptionUpdateConfirm { subscription, item, price, quantity } => {
                let mut item = json!({ "id": item, "price": price });
                if let (Some(fields), Some(quantity)) = (item.as_object_mut(), quantity) {
                    fields.insert("quantity".to_owned(), json!(quantity));
                }
                let details =
                    json!({ "discounts": null, "items": [item], "subscription": subscription });
                ("subscription_update_confirm", details)
            }
        };
        let mut shown = json!({
            "after_completion": self.after.json(),
            "customer_update": null,
            "subscription_cancel": null,
            "subscription_update": null,
            "subscription_update_confirm": null,
            "type": kind,
        });
        if let Some(known) = shown.get_mut(kind) {
            *known = details;
        }
        shown
    }
}

impl AfterCompletion {
    fn read(flow: &Params) -> Result<Self, ApiError> {
        let asked = flow.within("after_completion").unwrap_or_default();
        let at = "flow_data[after_completion]";
        match asked.text("type") {
            None | Some("portal_homepage") => Ok(Self::Homepage),
            Some("hosted_confirmation") => {
                let said = asked.within("hosted_confirmation").unwrap_or_default();
                Ok(Self::Confirmation(said.text("custom_message").map(str::to_owned)))
            }
            Some(_) => {
                let redirect = asked.within("redirect").unwrap_or_default();
                let param = format!("{at}[redirect][return_url]");
                let url = redirect.text("return_url").ok_or_else(|| ApiError::missing(&param))?;
                configurations::address(&redirect, "return_url", &param)?;
                Ok(Self::Redirect(url.to_owned()))
            }
        }
    }

    fn json(&self) -> Value {
        let (kind, confirmation, redirect) = match self {
            Self::Homepage => ("portal_homepage", Value::Null, Value::Null),
            Self::Confirmation(message) => {
                ("hosted_confirmation", json!({ "custom_message": message }), Value::Null)
            }
            Self::Redirect(url) => ("redirect", Value::Null, json!({ "return_url": url })),
        };
        json!({ "hosted_confirmation": confirmation, "redirect": redirect, "type": kind })
    }
}

/// The customer's own subscription that is not over.
fn living<'a>(
    stripe: &'a Stripe,
    within: &Params,
    customer: &str,
    at: &str,
) -> Result<&'a Subscription, ApiError> {
    let param = format!("{at}[subscription]");
    let id = within.text("subscription").ok_or_else(|| ApiError::missing(&param))?;
    let subscription = stripe.subscriptions.given(id, &param)?;
    if subscription.customer != customer {
        return Err(ApiError::no_such("subscription", id, &param));
    }
    match subscription.status {
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
            let message = "The subscription is canceled: it can no longer be changed.";
            Err(ApiError::invalid(message).param(param))
        }
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::PastDue
        | SubscriptionStatus::Unpaid
        | SubscriptionStatus::Paused => Ok(subscription),
    }
}

/// The change that a customer is to confirm: of the one item of a subscription, to what is offered.
fn confirm(
    within: &Params,
    subscription: &Subscription,
    features: &Features,
    at: &str,
) -> Result<FlowKind, ApiError> {
    if !within.list("discounts").is_empty() {
        return Err(ApiError::not_simulated(&format!("{at}[discounts]")));
    }
    let items = within.list("items");
    let ([asked], [item]) = (items.as_slice(), subscription.items.as_slice()) else {
        let message = "Only a subscription with one item can be changed, and only that item.";
        return Err(ApiError::invalid(message).param(format!("{at}[items]")));
    };
    let id = asked.required("id")?;
    if item.id != id {
        return Err(ApiError::no_such("subscription_item", id, &format!("{at}[items][0][id]")));
    }
    let price = asked.text("price").map(str::to_owned);
    let update = &features.subscription_update;
    if price.as_ref().is_some_and(|price| update.offer(price).is_none()) {
        let message = "The price is not among those of the portal configuration's \
                       `features[subscription_update][products]`.";
        return Err(ApiError::invalid(message).param(format!("{at}[items][0][price]")));
    }
    Ok(FlowKind::SubscriptionUpdateConfirm {
        subscription: subscription.id.clone(),
        item: item.id.clone(),
        price,
        quantity: asked.integer("quantity"),
    })
}
