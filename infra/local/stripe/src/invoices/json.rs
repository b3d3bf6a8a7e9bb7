//! An invoice as it is shown.

use serde_json::{Map, Value, json};

use super::finalize::Terms;
use super::totals::{Totals, tax_json};
use super::{Collection, Invoice, InvoiceStatus, line_json};
use crate::coupons;
use crate::invoice_payments::{self, Means};
use crate::metadata::Metadata;
use crate::pages::links;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// An invoice as Stripe shows it.
pub(super) fn invoice(stripe: &Stripe, invoice: &Invoice) -> Value {
    let mut fields = Map::new();
    let customer = invoice.customer_then.clone();
    for part in [
        frame(stripe, invoice),
        amounts(stripe, invoice),
        terms(stripe, invoice),
        settings(invoice),
        given_up(invoice),
        Value::Object(customer.unwrap_or_else(|| customer_now(stripe, &invoice.customer))),
    ] {
        if let Value::Object(part) = part {
            fields.extend(part);
        }
    }
    Value::Object(fields)
}

/// What it is, where it stands, and its lines.
fn frame(stripe: &Stripe, invoice: &Invoice) -> Value {
    let final_ = invoice.transitions.finalized.is_some();
    let host = &stripe.settings.host;
    let url = format!("/v1/invoices/{}/lines", invoice.id);
    let lines = invoice.lines.iter().map(|line| line_json::line(stripe, invoice, line));
    let parent = invoice.subscription.as_deref().map(|subscription| {
        let then = invoice.subscription_then.as_ref();
        let metadata = then.map(Metadata::json).or_else(|| {
            stripe.subscriptions.get(subscription).map(|subscription| subscription.metadata.json())
        });
        json!({
            "quote_details": null,
            "subscription_details": { "metadata": metadata, "subscription": subscription },
            "type": "subscription_details",
        })
    });
    json!({
        "id": invoice.id,
        "object": "invoice",
        "account_country": stripe.settings.country,
        "account_name": stripe.settings.name,
        "application": null,
        "billing_reason": invoice.billing_reason,
        "created": invoice.created.0,
        "currency": invoice.currency,
        "customer": invoice.customer,
        "customer_account": null,
        "from_invoice": null,
        "hosted_invoice_url": final_.then(|| links::invoice(host, &invoice.id)),
        "invoice_pdf": final_.then(|| links::invoice_pdf(host, &invoice.id)),
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "lines": crate::list::inline(&url, lines.collect()),
        "livemode": false,
        "metadata": invoice.metadata.json(),
        "number": invoice.number,
        "on_behalf_of": null,
        "parent": parent,
        "period_end": invoice.period.1.0,
        "period_start": invoice.period.0.0,
        "receipt_number": null,
        "status": invoice.status.as_str(),
        "test_clock": stripe.customers.get(&invoice.customer).and_then(|it| it.test_clock.clone()),
        "webhooks_delivered_at": invoice.announced.1.map(|at| at.0),
    })
}

/// What it comes to. A draft shows what would be due if it became final now.
fn amounts(stripe: &Stripe, invoice: &Invoice) -> Value {
    let totals = Totals::of(stripe, invoice);
    let taxes: Vec<Value> = totals.taxes.iter().map(tax_json).collect();
    let taken = coupons::taken(stripe, invoice);
    let discounted = invoice.discounts.iter().zip(&taken).map(|(discount, taken)| {
        let amount = taken.iter().fold(0_i64, |sum, off| sum.saturating_add(*off));
        json!({ "amount": amount, "discount": discount.id })
    });
    let discounted: Vec<Value> = discounted.collect();
    let (starting, ending, due, remaining) = if let Some((starting, ending)) = invoice.balance {
        (starting, Some(ending), invoice.amount_due(), invoice.amount_remaining())
    } else {
        let terms = Terms::of(stripe, invoice);
        let ending = invoice.id.starts_with("upcoming_in_").then_some(terms.ending);
        (terms.starting, ending, terms.due, terms.due)
    };
    json!({
        "amount_due": due,
        "amount_overpaid": invoice.amount_overpaid,
        "amount_paid": invoice.amount_paid,
        "amount_remaining": remaining,
        "amount_shipping": 0,
        "discounts": invoice.discounts.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
        "ending_balance": ending,
        "post_payment_credit_notes_amount": invoice.credit_notes.1,
        "pre_payment_credit_notes_amount": invoice.credit_notes.0,
        "shipping_cost": null,
        "starting_balance": starting,
        "subtotal": totals.subtotal,
        "subtotal_excluding_tax": totals.subtotal_without_tax(),
        "total": totals.total(),
        "total_discount_amounts": discounted,
        "total_excluding_tax": totals.without_tax(),
        "total_pretax_credit_amounts": [],
        "total_taxes": taxes,
    })
}

/// How and when it is collected.
fn terms(stripe: &Stripe, invoice: &Invoice) -> Value {
    let moving = matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Open);
    let draft = invoice.status == InvoiceStatus::Draft;
    let finalizes = invoice.automatically_finalizes_at.filter(|_| draft);
    let effective = invoice.effective_at.or(invoice.transitions.finalized);
    let rates = invoice.default_tax_rates.iter().filter_map(|id| stripe.tax_rates.get(id));
    let rates: Vec<Value> = rates.map(|rate| rate.json(stripe)).collect();
    let automatic = invoice.collection == Collection::Automatic;
    // A draft that advances by itself is charged when it becomes final.
    let next = invoice.attempts.next.or(finalizes.filter(|_| invoice.auto_advance));
    json!({
        "attempt_count": invoice.attempts.count,
        "attempted": invoice.attempts.attempted,
        "auto_advance": invoice.auto_advance && moving,
        "automatic_tax": {
            "disabled_reason": null,
            "enabled": false,
            "liability": null,
            "provider": null,
            "status": null,
        },
        "automatically_finalizes_at": finalizes.map(|at| at.0),
        "collection_method": invoice.collection.as_str(),
        "default_payment_method": invoice.default_payment_method,
        "default_source": invoice.default_source,
        "default_tax_rates": rates,
        "due_date": invoice.due_date().map(|at| at.0),
        "effective_at": effective.map(|at| at.0),
        "next_payment_attempt": next.filter(|_| automatic && moving).map(|at| at.0),
        "status_transitions": {
            "finalized_at": invoice.transitions.finalized.map(|at| at.0),
            "marked_uncollectible_at": invoice.transitions.uncollectible.map(|at| at.0),
            "paid_at": invoice.transitions.paid.map(|at| at.0),
            "voided_at": invoice.transitions.voided.map(|at| at.0),
        },
    })
}

/// Reason why it is uncollectible, only while it is.
fn given_up(invoice: &Invoice) -> Value {
    let reason = invoice.transitions.given_up;
    match reason.filter(|_| invoice.status == InvoiceStatus::Uncollectible) {
        Some(reason) => {
            json!({ "status_details": { "uncollectible": { "reason": reason.as_str() } } })
        }
        None => json!({}),
    }
}

/// What it only repeats.
fn settings(invoice: &Invoice) -> Value {
    let told = |name: &str| invoice.told.get(name).cloned().unwrap_or_default();
    let within = |name: &str, defaults: Value| {
        let (mut fields, given) = (defaults, told(name));
        if let (Some(fields), Some(given)) = (fields.as_object_mut(), given.as_object()) {
            fields.extend(given.clone());
        }
        fields
    };
    let payment = json!({
        "default_mandate": null,
        "payment_method_options": null,
        "payment_method_types": null,
    });
    let rendering = json!({
        "amount_tax_display": null,
        "pdf": null,
        "template": null,
        "template_version": null,
    });
    let rendered = invoice.told.get("rendering").is_some_and(Value::is_object);
    json!({
        "account_tax_ids": told("account_tax_ids"),
        "custom_fields": told("custom_fields"),
        "description": told("description"),
        "footer": told("footer"),
        "payment_settings": within("payment_settings", payment),
        "rendering": rendered.then(|| within("rendering", rendering)),
        "shipping_details": told("shipping_details"),
        "statement_descriptor": told("statement_descriptor"),
    })
}

/// The customer as it stands on an invoice.
pub(super) fn customer_now(stripe: &Stripe, id: &str) -> Map<String, Value> {
    let customer = stripe.customers.get(id);
    let told = |name: &str| {
        customer.and_then(|customer| customer.told.get(name).cloned()).unwrap_or_default()
    };
    let tax_ids = stripe.tax_ids.iter().filter(|tax_id| tax_id.customer == id);
    let tax_ids = tax_ids.map(|it| json!({ "type": it.kind, "value": it.value }));
    let exempt = customer.map(|customer| customer.tax_exempt.as_str());
    Map::from_iter([
        ("customer_address".to_owned(), told("address")),
        ("customer_email".to_owned(), told("email")),
        ("customer_name".to_owned(), told("name")),
        ("customer_phone".to_owned(), told("phone")),
        ("customer_shipping".to_owned(), told("shipping")),
        ("customer_tax_exempt".to_owned(), json!(exempt.filter(|it| !it.is_empty()))),
        ("customer_tax_ids".to_owned(), tax_ids.collect()),
    ])
}

/// `none`, `exempt` or `reverse`: the customer's, as it was when the invoice became final.
pub(super) fn tax_exempt(stripe: &Stripe, invoice: &Invoice) -> String {
    let then = invoice.customer_then.as_ref().and_then(|it| it.get("customer_tax_exempt"));
    match then {
        Some(then) => then.as_str().unwrap_or("none").to_owned(),
        None => stripe
            .customers
            .get(&invoice.customer)
            .map_or_else(|| "none".to_owned(), |customer| customer.tax_exempt.clone()),
    }
}

/// `confirmation_secret`, which is shown when asked for.
pub(crate) fn confirmation_secret(stripe: &Stripe, id: &str) -> Value {
    let intent = invoice_payments::default_intent(stripe, id);
    let intent = intent.and_then(|intent| stripe.payment_intents.get(&intent));
    intent.map_or(Value::Null, |intent| {
        let secret = intent.json(stripe).get("client_secret").cloned();
        json!({ "client_secret": secret, "type": "payment_intent" })
    })
}

/// `amount_paid_off_stripe`, which is shown when asked for: what payment records paid, in minor
/// units
/// (docs.stripe.com/changelog/dahlia/2026-05-27/invoice-object-amount-paid-off-stripe-property).
pub(crate) fn amount_paid_off_stripe(stripe: &Stripe, id: &str) -> Value {
    let payments = stripe.invoice_payments.iter().filter(|payment| payment.invoice == id);
    let amounts = payments.filter_map(|payment| match payment.means {
        Means::PaymentRecord(_) => payment.amount_paid,
        Means::PaymentIntent(_) => None,
    });
    json!(amounts.fold(0_i64, i64::saturating_add))
}
