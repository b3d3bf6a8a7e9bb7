//! The same thing told by each API version is the same fact.

use super::*;

/// Each shape must give the first one's fact.
fn all_alike(event_type: &str, shapes: &[(&str, Value)]) {
    let expected = fact(event_type, &shapes[0].1);
    for (version, object) in shapes {
        assert_eq!(fact(event_type, object), expected, "{event_type} of {version}");
    }
}

#[test]
fn an_invoice_is_the_same_in_every_version() {
    let newest = with(invoice(), json!({"status": "paid", "amount_paid": 10_900}));
    let before_basil = |customer: Value, subscription: Value| {
        with(
            without(newest.clone(), "parent"),
            json!({
                "customer": customer, "subscription": subscription, "paid": true, "charge": "ch_1",
                "paid_out_of_band": false, "payment_intent": "pi_1", "tax": 1_900, "discount": null,
            }),
        )
    };
    let payments = json!({"object": "list", "data": [
        {"amount_paid": 10_900, "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
    ]});
    let expanded = json!({"id": "sub_1", "object": "subscription", "status": "active"});
    all_alike(
        "invoice.paid",
        &[
            ("2020-03-02", before_basil(json!("cus_1"), json!("sub_1"))),
            (
                "2020-03-02, null for the absent parent",
                with(before_basil(json!("cus_1"), json!("sub_1")), json!({"parent": null})),
            ),
            (
                "2024-09-30.acacia, expanded",
                before_basil(json!({"id": "cus_1", "object": "customer"}), expanded.clone()),
            ),
            ("2025-03-31.basil", newest.clone()),
            (
                "2025-09-30.clover, with payments",
                with(newest.clone(), json!({"payments": payments})),
            ),
            (
                "2026-03-25.dahlia, expanded",
                with(
                    newest.clone(),
                    json!({
                        "parent": {"type": "subscription_details", "subscription_details": {"subscription": expanded}},
                    }),
                ),
            ),
            (
                "2026-09-30.endive",
                with(
                    newest.clone(),
                    json!({
                        "subscription": null, "customer_account": null, "amount_overpaid": 0,
                    }),
                ),
            ),
        ],
    );
}

/// Goal: an invoice that was paid outside of Stripe is the same fact before and since basil, so
/// that the second of two endpoints writes nothing (XF3).
#[test]
fn an_invoice_paid_outside_of_stripe_is_the_same_in_every_version() {
    let newest = with(invoice(), json!({"status": "paid", "amount_paid": 10_900}));
    let before_basil = with(
        without(newest.clone(), "parent"),
        json!({"subscription": "sub_1", "paid_out_of_band": true, "amount_paid": 0}),
    );
    let in_parts = with(before_basil.clone(), json!({"amount_paid": 900}));
    all_alike(
        "invoice.paid",
        &[
            ("2026-11-18.endive", newest),
            ("2024-09-30.acacia", before_basil),
            ("2024-09-30.acacia, a part through Stripe", in_parts),
        ],
    );
}

#[test]
fn a_credit_note_is_the_same_in_every_version() {
    for (kind, pre, post) in [("pre_payment", 2_000, 0), ("post_payment", 0, 2_000)] {
        let newest = with(
            credit_note(),
            json!({"type": kind, "pre_payment_amount": pre, "post_payment_amount": post}),
        );
        let old = without(without(newest.clone(), "pre_payment_amount"), "post_payment_amount");
        let told = credit_note_in("credit_note.created", &newest);
        assert_eq!((told.pre_payment, told.post_payment), (pre, post));
        all_alike(
            "credit_note.created",
            &[
                ("2025-05-28.basil", newest.clone()),
                ("2020-03-02", with(old.clone(), json!({"refund": null, "tax_amounts": []}))),
                (
                    "2024-09-30.acacia, expanded",
                    with(
                        old,
                        json!({
                            "invoice": {"id": "in_1", "object": "invoice"}, "customer": {"id": "cus_1"},
                        }),
                    ),
                ),
                ("2026-09-30.endive", with(newest, json!({"refunds": [], "total_taxes": []}))),
            ],
        );
    }
}

#[test]
fn a_subscription_is_the_same_in_every_version() {
    let newest = with(subscription(), json!({"metadata": {"plan": "team"}}));
    let plan = json!({"id": "price_1", "interval": "month", "interval_count": 1, "usage_type": "licensed"});
    let price = newest["items"]["data"][0]["price"].clone();
    let period = json!({
        "current_period_start": 1_796_083_200_i64, "current_period_end": 1_798_761_600_i64,
        "billing_cycle_anchor": 1_790_000_000_i64,
    });
    let old = |items: Value| with(with(newest.clone(), period.clone()), items);
    all_alike(
        "customer.subscription.updated",
        &[
            ("2026-09-30.endive", newest.clone()),
            (
                "2020-03-02, plan alone",
                with(old(json!({"items": {"data": []}})), json!({"plan": plan, "quantity": 5})),
            ),
            (
                "2020-03-02, items with plans",
                old(json!({
                    "items": {"data": [{"id": "si_1", "plan": plan, "quantity": 5}]}, "plan": plan, "quantity": 5,
                })),
            ),
            (
                "2024-09-30.acacia",
                old(json!({
                    "items": {"data": [{"id": "si_1", "plan": plan, "price": price, "quantity": 5}]},
                    "plan": plan, "quantity": 5, "customer": {"id": "cus_1"},
                })),
            ),
            (
                "2025-03-31.basil",
                with(newest.clone(), json!({"billing_cycle_anchor": 1_790_000_000_i64})),
            ),
            (
                "2025-09-30.clover",
                with(
                    newest.clone(),
                    json!({
                        "billing_mode": {"type": "flexible"}, "latest_invoice": {"id": "in_1"},
                    }),
                ),
            ),
        ],
    );
}
