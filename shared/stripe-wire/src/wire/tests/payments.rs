//! Payments for credits: sessions, payment intents, refunds and disputes.

use billing::ids::PaymentIntentId;
use billing::payment::{Decline, DisputeStatus, PaymentStatus, RefundStatus, SessionStatus};

use super::*;

/// A Checkout session of 5.00 EUR and 0.95 EUR tax that is paid, in the newest shape.
pub(super) fn session() -> Value {
    json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "customer": "cus_1",
        "metadata": {"tollgate_account": "acme", "tollgate_purchase": "buy_1"},
        "status": "complete", "payment_status": "paid", "currency": "eur",
        "amount_subtotal": 500, "amount_total": 595, "payment_intent": "pi_1",
    })
}

/// A payment intent that was declined.
pub(super) fn intent() -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "customer": "cus_1",
        "metadata": {"tollgate_purchase": "buy_1"}, "status": "requires_payment_method",
        "amount": 595, "amount_received": 0, "currency": "eur",
        "last_payment_error": {
            "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
            "payment_method": {"id": "pm_1", "object": "payment_method"},
        },
    })
}

pub(super) fn refund() -> Value {
    json!({
        "id": "re_1", "object": "refund", "payment_intent": "pi_1", "charge": "ch_1",
        "amount": 595, "currency": "eur", "status": "succeeded",
    })
}

pub(super) fn dispute() -> Value {
    json!({
        "id": "du_1", "object": "dispute", "payment_intent": "pi_1", "charge": "ch_1",
        "amount": 595, "currency": "eur", "status": "needs_response",
    })
}

fn news(event_type: &str, object: &Value) -> PaymentNews {
    match parse_value(&event(event_type, object)).unwrap() {
        Parsed::Payment { fact, event } => {
            assert_eq!(fact.at, Timestamp(CREATED));
            let EventType::Payment(kind) = event.event_type else { panic!("{event:?}") };
            // What the API answers with is the same.
            let read = read_payment_object(kind, &object.to_string(), fact.at).unwrap();
            assert_eq!(read.as_ref(), Some(&fact));
            fact.news
        }
        other @ (Parsed::Fact { .. }
        | Parsed::Thin(_)
        | Parsed::WithoutCustomer(_)
        | Parsed::Unused(_)) => panic!("{other:?} is no payment"),
    }
}

fn is_unused(event_type: &str, object: &Value) -> bool {
    matches!(parse_value(&event(event_type, object)), Ok(Parsed::Unused(_)))
}

/// Goal: a session says whether it is open, whether the money is there, and what it costs with and
/// without tax.
#[test]
fn a_session_says_whether_the_money_is_there() {
    use SessionStatus::{Complete, Expired, Open};
    for (event_type, status, payment_status, expected) in [
        ("checkout.session.completed", "complete", "paid", (Complete, true, false)),
        ("checkout.session.completed", "complete", "unpaid", (Complete, false, false)),
        ("checkout.session.completed", "complete", "no_payment_required", (Complete, true, false)),
        ("checkout.session.async_payment_succeeded", "complete", "paid", (Complete, true, false)),
        ("checkout.session.async_payment_failed", "complete", "unpaid", (Complete, false, true)),
        ("checkout.session.expired", "expired", "unpaid", (Expired, false, false)),
        ("checkout.session.completed", "open", "unpaid", (Open, false, false)),
    ] {
        let fields = json!({"status": status, "payment_status": payment_status});
        let told = news(event_type, &with(session(), fields));
        let PaymentNews::Session(told) = told else { panic!("{told:?}") };
        assert_eq!((told.status, told.paid, told.failed), expected, "{event_type} {status}");
        let ids = (told.id.as_str(), told.customer.as_str(), told.purchase.as_str());
        assert_eq!(ids, ("cs_1", "cus_1", "buy_1"));
        assert_eq!((told.subtotal.amount, told.total.amount), (500, 595));
        assert_eq!(told.total.currency.as_str(), "eur");
        assert_eq!(told.payment.as_ref().map(PaymentIntentId::as_str), Some("pi_1"));
    }
    let expanded =
        with(session(), json!({"payment_intent": {"id": "pi_1"}, "customer": {"id": "cus_1"}}));
    let event_type = "checkout.session.completed";
    assert_eq!(news(event_type, &expanded), news(event_type, &session()));
    let none = news(event_type, &with(session(), json!({"payment_intent": null})));
    assert!(matches!(none, PaymentNews::Session(it) if it.payment.is_none()));
}

/// Goal: a payment says where it stands, and why it was declined.
#[test]
fn a_payment_says_where_it_stands_and_why_it_was_declined() {
    let declined = Decline {
        code: "card_declined".into(),
        decline_code: Some("insufficient_funds".into()),
        message: Some("Your card has insufficient funds.".into()),
        method: Some("pm_1".to_owned().try_into().unwrap()),
    };
    for (event_type, status, expected) in [
        ("payment_intent.payment_failed", "requires_payment_method", PaymentStatus::Waiting),
        ("payment_intent.payment_failed", "requires_confirmation", PaymentStatus::Waiting),
        ("payment_intent.requires_action", "requires_action", PaymentStatus::RequiresAction),
        ("payment_intent.processing", "processing", PaymentStatus::Processing),
        ("payment_intent.processing", "requires_capture", PaymentStatus::Processing),
        ("payment_intent.canceled", "canceled", PaymentStatus::Canceled),
        ("payment_intent.succeeded", "succeeded", PaymentStatus::Succeeded),
    ] {
        let told = news(event_type, &with(intent(), json!({"status": status})));
        let PaymentNews::Payment(told) = told else { panic!("{told:?}") };
        assert_eq!((told.status, told.amount.amount), (expected, 595), "{status}");
        assert_eq!((told.id.as_str(), told.purchase.as_str()), ("pi_1", "buy_1"));
        assert_eq!(told.declined, Some(declined.clone()));
    }
    for (error, code) in [
        (json!(null), None),
        (json!({"type": "api_error"}), Some("api_error")),
        (json!({"type": "card_error", "code": "expired_card"}), Some("expired_card")),
    ] {
        let told = with(intent(), json!({"last_payment_error": error}));
        let PaymentNews::Payment(told) = news("payment_intent.succeeded", &told) else { panic!() };
        assert_eq!(told.declined.as_ref().map(|it| it.code.as_str()), code);
    }
}

/// Goal: each status of a refund and of a dispute is one of ours, in each of their events.
#[test]
fn refunds_and_disputes_say_where_they_stand() {
    use DisputeStatus::{Lost, Open, Warning, WarningClosed, Won};
    use RefundStatus::{Canceled, Failed, Pending, Succeeded};
    for event_type in ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
    {
        for (status, expected) in [
            (json!("pending"), Pending),
            (json!("requires_action"), Pending),
            (json!("succeeded"), Succeeded),
            (json!("failed"), Failed),
            (json!("canceled"), Canceled),
            // A refund that is older than the field (XF2).
            (json!(null), Succeeded),
        ] {
            let told = news(event_type, &with(refund(), json!({"status": status})));
            let PaymentNews::Refund(told) = told else { panic!("{told:?}") };
            assert_eq!((told.status, told.amount.amount), (expected, 595));
            assert_eq!((told.id.as_str(), told.payment.as_str()), ("re_1", "pi_1"));
        }
    }
    for event_type in ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"] {
        for (status, expected) in [
            ("warning_needs_response", Warning),
            ("warning_under_review", Warning),
            ("warning_closed", WarningClosed),
            ("prevented", WarningClosed),
            ("charge_refunded", WarningClosed),
            ("needs_response", Open),
            ("under_review", Open),
            ("lost", Lost),
            // An appeal against a loss (2026-10-28): the money stays taken.
            ("appeal_needs_response", Lost),
            ("appeal_under_review", Lost),
            ("won", Won),
        ] {
            let event_type = format!("charge.dispute.{event_type}");
            let told = news(&event_type, &with(dispute(), json!({"status": status})));
            let PaymentNews::Dispute(told) = told else { panic!("{told:?}") };
            assert_eq!((told.status, told.amount.amount), (expected, 595));
            assert_eq!((told.id.as_str(), told.payment.as_str()), ("du_1", "pi_1"));
        }
    }
}

/// Goal: what is not about a payment for credits is not used, whatever else is in it.
#[test]
fn what_buys_no_credits_is_not_used() {
    let odd = json!({"status": "new", "customer": null, "amount_total": null, "amount": "x"});
    for (event_type, object) in [
        ("checkout.session.completed", session()),
        ("checkout.session.expired", session()),
        ("payment_intent.succeeded", intent()),
        ("payment_intent.requires_action", intent()),
    ] {
        for metadata in [json!(null), json!({}), json!({"tollgate_account": "acme"})] {
            let object = with(with(object.clone(), odd.clone()), json!({"metadata": metadata}));
            assert!(is_unused(event_type, &object), "{event_type} {metadata}");
            assert!(is_unused(event_type, &without(object, "metadata")));
        }
    }
    for (event_type, object) in [("refund.updated", refund()), ("charge.dispute.closed", dispute())]
    {
        let object = with(with(object, odd.clone()), json!({"payment_intent": null}));
        assert!(is_unused(event_type, &object), "{event_type}");
    }
    let subscription = without(session(), "metadata").to_string();
    let event = PaymentEvent::Session(crate::event_type::SessionEvent::Completed);
    assert_eq!(read_payment_object(event, &subscription, Timestamp(1)).unwrap(), None);
}

/// Goal: no credits are given or taken by guess.
#[test]
fn what_a_rule_needs_and_can_not_be_read_is_unreadable() {
    for (event_type, object, fields) in [
        (
            "checkout.session.completed",
            session(),
            &[
                "status",
                "payment_status",
                "amount_subtotal",
                "amount_total",
                "currency",
                "customer",
            ][..],
        ),
        ("payment_intent.succeeded", intent(), &["status", "amount", "currency", "customer"]),
        ("refund.created", refund(), &["amount", "currency"]),
        ("charge.dispute.created", dispute(), &["status", "amount", "currency", "id"]),
    ] {
        for field in fields {
            let missing = format!("`{field}` is missing");
            assert_eq!(reason(event_type, &without(object.clone(), field)), missing);
            assert_eq!(reason(event_type, &with(object.clone(), json!({*field: null}))), missing);
        }
    }
    for (fields, expected) in [
        (json!({"amount": -1}), "`amount` is negative or too large"),
        (json!({"amount": 5.95}), "`amount` is not a whole number that 64 bits hold"),
        (json!({"object": "charge"}), "`object` has a value that is not known here: `charge`"),
        (
            json!({"metadata": {"tollgate_purchase": "a/b"}}),
            "`metadata.tollgate_purchase` is not an id: `a/b` is not an id: \
             1 to 64 characters of A-Z, a-z, 0-9, _ and - are expected",
        ),
        (json!({"metadata": "x"}), "`metadata` is not an object"),
        (json!({"last_payment_error": {}}), "`last_payment_error.code` is missing"),
    ] {
        assert_eq!(reason("payment_intent.succeeded", &with(intent(), fields)), expected);
    }
}
