//! Schedules as the pinned API version shows them.

use serde_json::{Value, json};

use super::{EndBehaviour, Phase, PhaseItem, Schedule};
use crate::call::Params;
use crate::stripe::Stripe;
use crate::subscriptions;

/// A schedule.
pub fn schedule(stripe: &Stripe, schedule: &Schedule) -> Value {
    let current = schedule.current();
    let end_behaviour = match schedule.end_behaviour {
        EndBehaviour::Release => "release",
        EndBehaviour::Cancel => "cancel",
    };
    let customer = stripe.customers.get(&schedule.customer);
    let phases: Vec<Value> = schedule.phases.iter().map(|it| phase(stripe, it)).collect();
    json!({
        "id": schedule.id,
        "object": "subscription_schedule",
        "application": null,
        "billing_mode": subscriptions::billing_mode_json(schedule.mode, schedule.created.0),
        "canceled_at": schedule.canceled_at.map(|at| at.0),
        "completed_at": schedule.completed_at.map(|at| at.0),
        "created": schedule.created.0,
        "current_phase": current.map(|it| json!({
            "end_date": it.end.0,
            "start_date": it.start.0,
        })),
        "customer": schedule.customer,
        "customer_account": null,
        "default_settings": defaults(&schedule.defaults),
        "end_behavior": end_behaviour,
        "livemode": false,
        "metadata": schedule.metadata.json(),
        "phases": phases,
        "released_at": schedule.released_at.map(|at| at.0),
        "released_subscription": schedule.released_subscription,
        "status": schedule.status.as_str(),
        "subscription": schedule.subscription,
        "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
    })
}

fn defaults(given: &Params) -> Value {
    let text = |name: &str| given.text(name);
    let settings = given.within("invoice_settings").unwrap_or_default();
    json!({
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": text("billing_cycle_anchor").unwrap_or("automatic"),
        "billing_thresholds": null,
        "collection_method": text("collection_method").unwrap_or("charge_automatically"),
        "default_payment_method": text("default_payment_method"),
        "description": text("description"),
        "invoice_settings": {
            "account_tax_ids": null,
            "custom_fields": null,
            "days_until_due": settings.integer("days_until_due"),
            "description": settings.text("description"),
            "footer": settings.text("footer"),
            "issuer": { "type": "self" },
        },
        "on_behalf_of": null,
        "transfer_data": null,
    })
}

fn phase(stripe: &Stripe, phase: &Phase) -> Value {
    let text = |name: &str| phase.params.text(name);
    let extras: Vec<Value> = phase
        .params
        .list("add_invoice_items")
        .iter()
        .map(|extra| self::extra(stripe, extra))
        .collect();
    let invoicing = phase.params.within("invoice_settings");
    let invoicing = invoicing.map(|settings| {
        json!({
            "account_tax_ids": null,
            "custom_fields": null,
            "days_until_due": settings.integer("days_until_due"),
            "description": settings.text("description"),
            "footer": settings.text("footer"),
            "issuer": null,
        })
    });
    json!({
        "add_invoice_items": extras,
        "application_fee_percent": null,
        "billing_cycle_anchor": text("billing_cycle_anchor"),
        "billing_thresholds": null,
        "collection_method": text("collection_method"),
        "currency": phase.currency,
        "default_payment_method": text("default_payment_method"),
        "default_tax_rates":
            subscriptions::tax_rates_json(stripe, &phase.params.texts("default_tax_rates")),
        "description": text("description"),
        "discounts": [],
        "end_date": phase.end.0,
        "invoice_settings": invoicing,
        "items": phase.items.iter().map(|it| item(stripe, it)).collect::<Vec<Value>>(),
        "metadata": phase.params.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "on_behalf_of": null,
        "proration_behavior": text("proration_behavior").unwrap_or("create_prorations"),
        "start_date": phase.start.0,
        "transfer_data": null,
        "trial_end": phase.trial_end.map(|at| at.0),
    })
}

fn item(stripe: &Stripe, item: &PhaseItem) -> Value {
    json!({
        "billing_thresholds": null,
        "discounts": [],
        "metadata": item.metadata,
        "plan": item.price,
        "price": item.price,
        "quantity": item.quantity,
        "tax_rates": subscriptions::tax_rates_json(stripe, &item.tax_rates),
    })
}

fn extra(stripe: &Stripe, extra: &Params) -> Value {
    json!({
        "discountable": true,
        "discounts": [],
        "metadata": extra.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "period": {
            "end": { "type": "min_item_period_end" },
            "start": { "type": "max_item_period_start" },
        },
        "price": extra.text("price"),
        "quantity": extra.integer("quantity").unwrap_or(1),
        "tax_rates": subscriptions::tax_rates_json(stripe, &extra.texts("tax_rates")),
    })
}
