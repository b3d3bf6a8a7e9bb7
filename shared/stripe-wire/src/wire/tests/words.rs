//! Words of Stripe's that no reader knows, objects without a customer, and thin events: none of
//! them loses a fact or makes a dead letter (XF1, XF2).

use billing::fact::{Collection, CreditNoteStatus, InvoiceStatus, SubscriptionStatus};
use billing::payment::{DisputeStatus, PaymentStatus, RefundStatus, SessionStatus};

use super::payments::{dispute, intent, refund, session};
use super::*;

/// A word that Stripe does not have.
const NEW: &str = "brand_new";

/// The event's words that no reader knows, as `field=word`.
fn noted(event_type: &str, object: &Value) -> Vec<String> {
    let parsed = parse_value(&event(event_type, object)).unwrap();
    let (Parsed::Fact { event, .. } | Parsed::Payment { event, .. }) = parsed else {
        panic!("{event_type} is not used");
    };
    event.unknown_words.iter().map(|it| format!("{}={}", it.field, it.word)).collect()
}

fn payment_news(event_type: &str, object: &Value) -> PaymentNews {
    let parsed = parse_value(&event(event_type, object)).unwrap();
    let Parsed::Payment { fact, .. } = parsed else { panic!("{event_type} is not used") };
    fact.news
}

/// Goal: each enum that a rule depends on is tried with a word that nobody knows: the event is
/// read, and says which word it was.
#[test]
fn no_unknown_word_makes_an_event_unreadable() {
    let old_note = without(without(credit_note(), "pre_payment_amount"), "post_payment_amount");
    for (event_type, object, field) in [
        ("invoice.updated", invoice(), "status"),
        ("invoice.updated", invoice(), "collection_method"),
        ("credit_note.updated", credit_note(), "status"),
        ("credit_note.created", old_note, "type"),
        ("customer.subscription.updated", subscription(), "status"),
        ("checkout.session.completed", session(), "status"),
        ("checkout.session.completed", session(), "payment_status"),
        ("payment_intent.succeeded", intent(), "status"),
        ("refund.updated", refund(), "status"),
        ("charge.dispute.updated", dispute(), "status"),
    ] {
        let object = with(object, json!({field: NEW}));
        assert_eq!(noted(event_type, &object), [format!("{field}={NEW}")], "{event_type}");
        // The log never repeats what is no word.
        let object = with(object, json!({field: "a@b.example <script>"}));
        assert_eq!(noted(event_type, &object), [format!("{field}=ab.examplescript")]);
    }
}

/// Goal: words that no rule depends on are read as nothing, and not noted.
#[test]
fn words_that_no_rule_needs_are_not_noted() {
    for (event_type, object, fields) in [
        ("invoice.updated", invoice(), json!({"billing_reason": NEW})),
        ("credit_note.updated", credit_note(), json!({"reason": NEW, "type": NEW})),
        (
            "customer.subscription.updated",
            subscription(),
            json!({"collection_method": NEW, "pause_collection": {"behavior": NEW}}),
        ),
        ("customer.updated", customer(), json!({"tax_exempt": NEW})),
    ] {
        assert_eq!(noted(event_type, &with(object, fields)), [""; 0], "{event_type}");
    }
}

/// Goal: behind an unknown status an invoice keeps its amounts, and is what the rest of it proves.
#[test]
fn an_invoice_with_an_unknown_status_is_what_the_rest_of_it_proves() {
    let unfinished = json!({"finalized_at": null});
    for (event_type, transitions, expected) in [
        ("invoice.updated", None, InvoiceStatus::Open),
        ("invoice.updated", Some(&unfinished), InvoiceStatus::Draft),
        ("invoice.finalized", Some(&unfinished), InvoiceStatus::Open),
        ("invoice.paid", None, InvoiceStatus::Paid),
        ("invoice.voided", None, InvoiceStatus::Void),
        ("invoice.marked_uncollectible", None, InvoiceStatus::Uncollectible),
    ] {
        let mut object = with(invoice(), json!({"status": NEW, "amount_paid": 900}));
        if let Some(transitions) = transitions {
            object = with(object, json!({"status_transitions": transitions}));
        }
        let told = invoice_in(event_type, &object);
        assert_eq!((told.status, told.amount_paid), (expected, 900), "{event_type}");
    }
    for (due_date, expected) in
        [(json!(null), Collection::Automatic), (json!(1_797_296_460_i64), Collection::Manual)]
    {
        let object = with(invoice(), json!({"collection_method": NEW, "due_date": due_date}));
        assert_eq!(invoice_in("invoice.updated", &object).collection, expected);
    }
}

/// Goal: a credit note with an unknown word is neither lost nor counted on the wrong side.
#[test]
fn a_credit_note_with_an_unknown_word_counts_on_the_right_side() {
    let unknown = with(credit_note(), json!({"status": NEW}));
    let voided = with(unknown.clone(), json!({"voided_at": 1_796_086_000_i64}));
    for (event_type, object, expected) in [
        ("credit_note.updated", &unknown, CreditNoteStatus::Issued),
        ("credit_note.updated", &voided, CreditNoteStatus::Void),
        ("credit_note.voided", &unknown, CreditNoteStatus::Void),
    ] {
        assert_eq!(credit_note_in(event_type, object).status, expected);
    }

    let old = without(without(credit_note(), "pre_payment_amount"), "post_payment_amount");
    let old = with(old, json!({"type": NEW}));
    for (fields, expected) in [
        (json!({}), (2_000, 0)),
        (json!({"refund": "re_1"}), (0, 2_000)),
        (json!({"customer_balance_transaction": {"id": "cbtxn_1"}}), (0, 2_000)),
        (json!({"out_of_band_amount": 2_000}), (0, 2_000)),
        (json!({"out_of_band_amount": null}), (2_000, 0)),
    ] {
        let note = credit_note_in("credit_note.created", &with(old.clone(), fields));
        assert_eq!((note.pre_payment, note.post_payment), expected);
    }
}

/// Goal: behind an unknown status a subscription has the lowest status, which no known one gives
/// way to, unless the object or the event says that it ended.
#[test]
fn a_subscription_with_an_unknown_status_has_the_lowest_or_has_ended() {
    let unknown = with(subscription(), json!({"status": NEW}));
    let ended = with(unknown.clone(), json!({"ended_at": 1_796_086_000_i64}));
    for (event_type, object, expected) in [
        ("customer.subscription.updated", &unknown, SubscriptionStatus::Incomplete),
        ("customer.subscription.updated", &ended, SubscriptionStatus::Canceled),
        ("customer.subscription.deleted", &unknown, SubscriptionStatus::Canceled),
    ] {
        assert_eq!(subscription_in(event_type, object).status, expected, "{event_type}");
    }
}

/// Goal: money that came is seen behind an unknown status, and no other is invented.
#[test]
fn a_payment_with_an_unknown_status_is_what_the_rest_of_it_proves() {
    for (fields, expected) in [
        (json!({"amount_received": 595}), PaymentStatus::Succeeded),
        (json!({"amount_received": 594}), PaymentStatus::Processing),
        (json!({"canceled_at": 1_796_086_000_i64}), PaymentStatus::Canceled),
        (json!({"amount_received": null}), PaymentStatus::Processing),
    ] {
        let object = with(with(intent(), json!({"status": NEW})), fields);
        for event_type in ["payment_intent.succeeded", "payment_intent.payment_failed"] {
            let PaymentNews::Payment(told) = payment_news(event_type, &object) else { panic!() };
            assert_eq!(told.status, expected, "{object}");
        }
    }

    let unknown = with(session(), json!({"status": NEW, "payment_status": NEW}));
    for (event_type, expected) in [
        ("checkout.session.completed", (SessionStatus::Open, false)),
        ("checkout.session.async_payment_succeeded", (SessionStatus::Complete, true)),
        ("checkout.session.async_payment_failed", (SessionStatus::Complete, false)),
        ("checkout.session.expired", (SessionStatus::Open, false)),
    ] {
        let PaymentNews::Session(told) = payment_news(event_type, &unknown) else { panic!() };
        assert_eq!((told.status, told.paid), expected, "{event_type}");
    }

    let PaymentNews::Refund(told) =
        payment_news("refund.updated", &with(refund(), json!({"status": NEW})))
    else {
        panic!()
    };
    assert_eq!(told.status, RefundStatus::Pending);

    for (transactions, expected) in [
        (json!(null), DisputeStatus::Warning),
        (json!([]), DisputeStatus::Warning),
        (json!([{"id": "txn_1"}]), DisputeStatus::Open),
    ] {
        let object = with(dispute(), json!({"status": NEW, "balance_transactions": transactions}));
        let PaymentNews::Dispute(told) = payment_news("charge.dispute.updated", &object) else {
            panic!()
        };
        assert_eq!(told.status, expected);
    }
}

/// Goal: an object of a customer that only Accounts v2 knows is no dead letter.
#[test]
fn an_object_without_a_customer_is_left_alone() {
    let nobody = json!({"customer": null, "customer_account": "acct_1"});
    for (event_type, object) in [
        ("invoice.paid", invoice()),
        ("credit_note.created", credit_note()),
        ("customer.subscription.updated", subscription()),
        ("checkout.session.completed", session()),
        ("payment_intent.succeeded", intent()),
    ] {
        let parsed = parse_value(&event(event_type, &with(object, nobody.clone()))).unwrap();
        assert!(matches!(parsed, Parsed::WithoutCustomer(_)), "{event_type}: {parsed:?}");
    }

    // A purchase of ours that names nobody is not lost in silence.
    assert_eq!(
        reason("payment_intent.succeeded", &with(intent(), json!({"customer": null}))),
        "`customer` is missing",
    );
}

/// Goal: a thin event is told from what is no event, with its type.
#[test]
fn a_thin_event_says_its_type() {
    for event_type in ["v1.invoice.paid", "v2.core.health.event_generation_failure.resolved"] {
        let thin = json!({
            "id": "evt_1", "object": "v2.core.event", "type": event_type, "livemode": false,
            "created": "2026-11-18T09:30:00.000Z", "related_object": {"id": "in_1"},
        });
        let Parsed::Thin(head) = parse_value(&thin).unwrap() else { panic!("{event_type}") };
        assert_eq!(head.event_type.as_deref(), Some(event_type));
        assert_eq!((head.id.as_deref(), head.livemode), (Some("evt_1"), Some(false)));
        assert_eq!(head.created, None);
    }
}
