//! Subscriptions and their items as the pinned API version shows them.

use serde_json::{Map, Value, json};

use super::resume;
use super::{
    BillingMode, MissingPaymentMethod, PauseBehaviour, PauseCollection, PendingUpdate,
    Subscription, SubscriptionItem,
};
use crate::coupons::Discount;
use crate::invoices::Collection;
use crate::stripe::Stripe;
use crate::{list, prices};

/// A subscription.
pub fn subscription(stripe: &Stripe, subscription: &Subscription) -> Value {
    let mut shown = terms(stripe, subscription);
    let customer = stripe.customers.get(&subscription.customer);
    let rest = json!({
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_schedules": [],
        "billing_thresholds": null,
        "created": subscription.created.0,
        "currency": subscription.currency,
        "customer": subscription.customer,
        "customer_account": null,
        "default_payment_method": subscription.default_payment_method,
        "default_source": subscription.default_source,
        "description": subscription.told.get("description"),
        "discounts": ids(&subscription.discounts),
        "id": subscription.id,
        "invoice_settings": invoice_settings(subscription),
        "latest_invoice": subscription.latest_invoice,
        "livemode": false,
        "managed_payments": null,
        "metadata": subscription.metadata.json(),
        "next_pending_invoice_item_invoice": null,
        "object": "subscription",
        "on_behalf_of": null,
        "payment_settings": payment_settings(subscription),
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": subscription.pending_update.as_ref().map(pending_update),
        "schedule": subscription.schedule,
        "start_date": subscription.created.0,
        "status": subscription.status.as_str(),
        "status_details": resume::status_details(subscription),
        "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
        "transfer_data": null,
    });
    if let (Some(shown), Value::Object(rest)) = (shown.as_object_mut(), rest) {
        shown.extend(rest);
    }
    shown
}

fn ids(discounts: &[Discount]) -> Vec<&str> {
    discounts.iter().map(|discount| discount.id.as_str()).collect()
}

/// What it bills, how, and until when.
fn terms(stripe: &Stripe, subscription: &Subscription) -> Value {
    let (method, days) = match subscription.collection {
        Collection::Automatic => ("charge_automatically", None),
        Collection::Send { days_until_due } => ("send_invoice", Some(days_until_due)),
    };
    let cancellation = |name: &str| subscription.cancellation.get(name).cloned();
    let own = subscription.items.iter().map(|own| item(stripe, subscription, own)).collect();
    let url = format!("/v1/subscription_items?subscription={}", subscription.id);
    json!({
        "billing_cycle_anchor": subscription.anchor.0,
        "billing_cycle_anchor_config": anchor_config(&subscription.anchor_config),
        "billing_mode": billing_mode(subscription),
        "cancel_at": subscription.cancel_at.map(|at| at.0),
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "canceled_at": subscription.canceled_at.map(|at| at.0),
        "cancellation_details": {
            "comment": cancellation("comment"),
            "feedback": cancellation("feedback"),
            "reason": cancellation("reason"),
        },
        "collection_method": method,
        "days_until_due": days,
        "default_tax_rates": tax_rates(stripe, &subscription.default_tax_rates),
        "ended_at": subscription.ended_at.map(|at| at.0),
        "items": list::inline(&url, own),
        "pause_collection": subscription.pause.map(pause_collection),
        "trial_end": subscription.trial.map(|(_, end)| end.0),
        "trial_settings": trial_settings(subscription),
        "trial_start": subscription.trial.map(|(start, _)| start.0),
    })
}

/// An item.
pub fn item(stripe: &Stripe, subscription: &Subscription, item: &SubscriptionItem) -> Value {
    let plan = stripe.prices.get(&item.price).map(|price| prices::plan_json(stripe, price));
    json!({
        "billed_until": item.period.1.0,
        "billing_thresholds": null,
        "created": item.created.0,
        "current_period_end": item.period.1.0,
        "current_period_start": item.period.0.0,
        "discounts": [],
        "id": item.id,
        "metadata": item.metadata.json(),
        "object": "subscription_item",
        "plan": plan,
        "price": stripe.shown(|stripe| &stripe.prices, &item.price),
        "quantity": item.quantity,
        "subscription": subscription.id,
        "tax_rates": tax_rates(stripe, &item.tax_rates),
    })
}

/// `billing_mode`, of schedules too.
pub fn billing_mode_json(mode: BillingMode, since: i64) -> Value {
    match mode {
        BillingMode::Classic => json!({ "flexible": null, "type": "classic" }),
        BillingMode::Flexible => json!({
            "flexible": { "proration_discounts": "included" },
            "type": "flexible",
            "updated_at": since,
        }),
    }
}

fn billing_mode(subscription: &Subscription) -> Value {
    billing_mode_json(subscription.mode, subscription.created.0)
}

fn anchor_config(config: &Value) -> Value {
    let Some(config) = config.as_object() else { return Value::Null };
    let part = |name: &str| config.get(name).cloned();
    json!({
        "day_of_month": part("day_of_month"),
        "hour": part("hour"),
        "minute": part("minute"),
        "month": part("month"),
        "second": part("second"),
    })
}

fn pause_collection(pause: PauseCollection) -> Value {
    let behaviour = match pause.behaviour {
        PauseBehaviour::KeepAsDraft => "keep_as_draft",
        PauseBehaviour::MarkUncollectible => "mark_uncollectible",
        PauseBehaviour::Void => "void",
    };
    json!({ "behavior": behaviour, "resumes_at": pause.resumes_at.map(|at| at.0) })
}

fn trial_settings(subscription: &Subscription) -> Value {
    let missing = match subscription.missing_payment_method {
        MissingPaymentMethod::CreateInvoice => "create_invoice",
        MissingPaymentMethod::Cancel => "cancel",
        MissingPaymentMethod::Pause => "pause",
    };
    json!({ "end_behavior": { "missing_payment_method": missing } })
}

fn payment_settings(subscription: &Subscription) -> Value {
    let told = subscription.told.get("payment_settings");
    let part = |name: &str| told.and_then(|told| told.get(name)).cloned();
    let saves = if subscription.saves_payment_method { "on_subscription" } else { "off" };
    json!({
        "payment_method_options": part("payment_method_options"),
        "payment_method_types": part("payment_method_types"),
        "save_default_payment_method": saves,
    })
}

fn invoice_settings(subscription: &Subscription) -> Value {
    let told = subscription.told.get("invoice_settings");
    let part = |name: &str| told.and_then(|told| told.get(name)).cloned();
    json!({
        "account_tax_ids": part("account_tax_ids"),
        "custom_fields": part("custom_fields"),
        "description": part("description"),
        "footer": part("footer"),
        "issuer": { "type": "self" },
    })
}

fn pending_update(pending: &PendingUpdate) -> Value {
    let mut shown: Map<String, Value> = Map::new();
    for name in [
        "billing_cycle_anchor",
        "cancel_at_period_end",
        "discount",
        "discounts",
        "metadata",
        "subscription_items",
        "trial_end",
        "trial_from_plan",
    ] {
        shown.insert(name.to_owned(), pending.shown.get(name).cloned().unwrap_or_default());
    }
    shown.insert("expires_at".to_owned(), json!(pending.expires_at.0));
    Value::Object(shown)
}

/// Tax rates, which are shown as objects.
pub fn tax_rates(stripe: &Stripe, ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| stripe.shown(|stripe| &stripe.tax_rates, id)).collect()
}
