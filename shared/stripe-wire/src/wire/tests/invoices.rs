//! Invoices: where they stand, and what else an event says of them.

use billing::fact::{BillingReason, Collection, InvoiceEvent, InvoiceKind, InvoiceStatus};
use billing::invoice_payment::PaymentState;

use super::*;

#[test]
fn an_invoice_is_read_whole() {
    let told = fact("invoice.payment_failed", &invoice());
    let News::Invoice { event, snapshot } = told.news else {
        panic!("{told:?}");
    };
    assert_eq!(event, InvoiceEvent::PaymentFailed);
    assert_eq!(
        snapshot,
        InvoiceSnapshot {
            id: "in_1".to_owned().try_into().unwrap(),
            currency: "eur".to_owned().try_into().unwrap(),
            status: InvoiceStatus::Open,
            collection: Collection::Manual,
            reason: BillingReason::Subscription,
            subscription: Some("sub_1".to_owned().try_into().unwrap()),
            number: Some("ACME-0017".into()),
            created: Timestamp(1_796_083_260),
            finalized_at: Some(Timestamp(1_796_086_860)),
            ended_at: None,
            due_at: Some(Timestamp(1_797_296_460)),
            kind: InvoiceKind::Subscription,
            period: None,
            tax: None,
            total: 11_900,
            amount_due: 10_900,
            amount_paid: 0,
            payments: Vec::new(),
            pre_payment_credit_notes: 1_000,
            attempted: true,
            attempt_count: 2,
            marked: false,
            auto_advance: None,
            held: false,
            given_up_by_pause: false,
            next_attempt_at: Some(Timestamp(1_796_346_060)),
            hosted_invoice_url: Some("https://invoice.example/in_1".into()),
            pdf_url: Some("https://invoice.example/in_1/pdf".into()),
        }
    );
}

/// Goal: an invoice says what it is for, of which period, and its tax, in every version; what
/// cannot be read of that leaves the invoice as it is.
#[test]
fn an_invoice_says_what_it_is_for() {
    use InvoiceKind::{Credits, Manual, Subscription, Usage};
    let line = |start: i64, end: i64| json!({"id": "il", "period": {"start": start, "end": end}});
    let lines = |lines: Value| json!({"lines": {"object": "list", "data": lines}});
    let told = |fields: Value| {
        let told = invoice_in("invoice.finalized", &with(invoice(), fields));
        (told.kind, told.period, told.tax)
    };
    let period = |start: i64, end: i64| Some((Timestamp(start), Timestamp(end)));
    let one_off = json!({"billing_reason": "manual", "parent": null});

    assert_eq!(told(json!({})), (Subscription, None, None));
    assert_eq!(told(one_off.clone()), (Manual, None, None));
    let usage = with(one_off.clone(), json!({"metadata": {"tollgate_month": "2026-11"}}));
    assert_eq!(told(usage).0, Usage);
    let credits = with(one_off, json!({"metadata": {"tollgate_purchase": "buy_1"}}));
    assert_eq!(told(credits).0, Credits);
    let several = lines(json!([line(5, 50), line(50, 90), line(0, 50)]));
    assert_eq!(told(several).1, period(50, 90));
    let since_basil = json!({"total_taxes": [{"amount": 190}, {"amount": 10}]});
    assert_eq!(told(since_basil).2, Some(200));
    assert_eq!(told(json!({"total_tax_amounts": [{"amount": 190}]})).2, Some(190));
    assert_eq!(told(json!({"total_taxes": []})).2, Some(0));
    let unreadable = json!({"total_taxes": [{"amount": "x"}], "lines": 7});
    assert_eq!(told(unreadable), (Subscription, None, None));
}

/// Rows are what the object shows, columns what the event means.
#[test]
fn the_status_is_the_larger_of_object_and_event_but_an_end_stays_as_shown() {
    use InvoiceStatus::{Deleted, Draft, Open, Paid, Uncollectible, Void};
    let events = [
        "invoice.updated",
        "invoice.finalized",
        "invoice.marked_uncollectible",
        "invoice.paid",
        "invoice.voided",
        "invoice.deleted",
    ];
    for (shown, expected) in [
        ("draft", [Draft, Open, Uncollectible, Paid, Void, Deleted]),
        ("open", [Open, Open, Uncollectible, Paid, Void, Deleted]),
        ("uncollectible", [Uncollectible, Uncollectible, Uncollectible, Paid, Void, Deleted]),
        ("paid", [Paid; 6]),
        ("void", [Void; 6]),
        ("deleted", [Deleted; 6]),
    ] {
        for (event_type, expected) in events.into_iter().zip(expected) {
            let object = with(invoice(), json!({"status": shown}));
            let snapshot = invoice_in(event_type, &object);
            assert_eq!(snapshot.status, expected, "{shown} in {event_type}");
        }
    }
}

#[test]
fn events_that_prove_no_status_leave_the_objects() {
    for event_type in [
        "invoice.created",
        "invoice.payment_succeeded",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "invoice.overdue",
    ] {
        let snapshot = invoice_in(event_type, &invoice());
        assert_eq!(snapshot.status, InvoiceStatus::Open, "{event_type}");
        let object = with(invoice(), json!({"status": null}));
        assert_eq!(reason(event_type, &object), "`status` is missing");
    }
    let object = with(invoice(), json!({"status": null}));
    assert_eq!(invoice_in("invoice.paid", &object).status, InvoiceStatus::Paid);
}

#[test]
fn an_end_has_its_own_time() {
    for (status, transitions, expected) in [
        ("paid", json!({"paid_at": 7, "voided_at": null}), Some(Timestamp(7))),
        ("paid", json!({}), None),
        ("void", json!({"paid_at": null, "voided_at": 8}), Some(Timestamp(8))),
        ("open", json!({"paid_at": 7}), None),
    ] {
        let object = with(invoice(), json!({"status": status, "status_transitions": transitions}));
        assert_eq!(invoice_in("invoice.updated", &object).ended_at, expected, "{status}");
    }
}

#[test]
fn values_that_a_rule_needs_are_known_or_unreadable() {
    for (fields, expected) in [
        (json!({"collection_method": null}), "`collection_method` is missing"),
        (json!({"object": "charge"}), "`object` has a value that is not known here: `charge`"),
        (json!({"currency": null}), "`currency` is missing"),
        (
            json!({"currency": "euro"}),
            "`currency` is not a currency: `euro` is not a currency: three letters are expected, such as `eur`",
        ),
        (json!({"customer": {}}), "`customer` is missing"),
        (json!({"customer": ["cus_1"]}), "`customer` is not text"),
        (json!({"id": null}), "`id` is missing"),
        (json!({"attempted": 1}), "`attempted` is neither true nor false"),
        (
            json!({"parent": {"subscription_details": {"subscription": 5}}}),
            "`parent.subscription_details.subscription` is not text",
        ),
    ] {
        assert_eq!(reason("invoice.updated", &with(invoice(), fields)), expected);
    }
}

#[test]
fn values_that_no_rule_needs_are_read_leniently() {
    for (shown, expected) in [
        (json!("subscription_create"), BillingReason::SubscriptionCreate),
        (json!("subscription_update"), BillingReason::SubscriptionUpdate),
        (json!("subscription_cycle"), BillingReason::Subscription),
        (json!("subscription_threshold"), BillingReason::Subscription),
        (json!("subscription"), BillingReason::Subscription),
        (json!("manual"), BillingReason::Other),
        (json!("something_of_2027"), BillingReason::Other),
        (json!(null), BillingReason::Other),
    ] {
        let object = with(invoice(), json!({"billing_reason": shown}));
        assert_eq!(invoice_in("invoice.updated", &object).reason, expected);
    }
}

#[test]
fn a_draft_that_says_little_is_still_read() {
    let bare = json!({
        "id": "in_1", "customer": "cus_1", "currency": "eur", "status": "draft",
        "collection_method": "charge_automatically", "created": 1, "total": -100, "amount_due": 0,
        "amount_paid": 0,
    });
    let snapshot = invoice_in("invoice.created", &bare);
    assert_eq!(snapshot.total, -100);
    assert_eq!(snapshot.collection, Collection::Automatic);
    assert_eq!((snapshot.attempted, snapshot.attempt_count), (false, 0));
    assert_eq!(
        (snapshot.due_at, snapshot.finalized_at, snapshot.next_attempt_at),
        (None, None, None)
    );
    assert_eq!((snapshot.number, snapshot.subscription), (None, None));
}

/// Goal: payments are read where the invoice has them with their payment intents, and a payment
/// that cannot be read takes nothing from the invoice.
#[test]
fn payments_are_read_where_they_are_shown() {
    let means =
        |intent: serde_json::Value| json!({ "type": "payment_intent", "payment_intent": intent });
    let intent =
        |status: &str| means(json!({ "id": "pi_1", "object": "payment_intent", "status": status }));
    let record = json!({ "type": "payment_record", "payment_record": "pr_1" });
    for (status, payment, expected) in [
        ("open", intent("processing"), Some(("pi_1", PaymentState::Processing, 700))),
        ("open", intent("requires_payment_method"), Some(("pi_1", PaymentState::Waiting, 700))),
        ("open", intent("a_word_of_tomorrow"), Some(("pi_1", PaymentState::Waiting, 700))),
        ("open", means(json!("pi_1")), None),
        ("paid", means(json!("pi_1")), Some(("pi_1", PaymentState::Paid, 300))),
        ("paid", record, Some(("pr_1", PaymentState::Paid, 300))),
        ("canceled", intent("canceled"), Some(("pi_1", PaymentState::Canceled, 700))),
        ("open", json!(7), None),
    ] {
        let mut invoice = invoice_with_payments();
        invoice["payments"] = json!({ "object": "list", "data": [{
            "id": "inpay_1", "status": status, "amount_paid": 300, "amount_requested": 700,
            "payment": payment,
        }] });
        let text = invoice.to_string();
        let kind = EventType::Invoice(InvoiceEvent::Updated);
        let fact = read_object(kind, &text, Timestamp(1)).unwrap();
        let News::Invoice { snapshot, .. } = fact.news else { panic!("{fact:?}") };
        let seen: Vec<_> =
            snapshot.payments.iter().map(|it| (it.id.as_str(), it.state, it.amount)).collect();
        assert_eq!(seen, expected.into_iter().collect::<Vec<_>>(), "{status} {payment}");
    }
}

fn invoice_with_payments() -> serde_json::Value {
    json!({
        "id": "in_1", "object": "invoice", "customer": "cus_1", "currency": "eur", "created": 1,
        "status": "open", "collection_method": "send_invoice", "total": 700, "amount_due": 700,
        "amount_paid": 0,
    })
}

/// Goal: marks on the invoice or on its subscription, a stop of collection and a pause as the
/// reason are read in each version's shape.
#[test]
fn marks_and_what_was_taken_out_of_collection_are_read() {
    type Read = fn(&InvoiceSnapshot) -> bool;
    let mark = json!({"metadata": {"tollgate_account": "acme"}});
    let parent = json!({"parent": {"subscription_details": mark}});
    let reason = |reason: &str| json!({"status_details": {"uncollectible": {"reason": reason}}});
    let cases: [(Value, Read, bool); 8] = [
        (json!({}), |it| it.marked, false),
        (json!({"metadata": {"tollgate_account": ""}}), |it| it.marked, false),
        (json!({"metadata": {"tollgate_intent": "t"}}), |it| it.marked, true),
        (parent, |it| it.marked, true),
        (json!({"subscription_details": mark}), |it| it.marked, true),
        (json!({"auto_advance": false}), |it| it.auto_advance == Some(false), true),
        (reason("subscription_paused"), |it| it.given_up_by_pause, true),
        (reason("user_forgiven"), |it| it.given_up_by_pause, false),
    ];
    for (fields, read, expected) in cases {
        let told = invoice_in("invoice.updated", &with(invoice(), fields.clone()));
        assert_eq!(read(&told), expected, "{fields}");
    }
}
