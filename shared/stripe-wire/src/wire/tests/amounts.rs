//! Amounts are integer literals, exactly, or the event is unreadable and says which field.

use super::*;

/// The invoice event with this text in place of the field's value.
fn body(field: &str, literal: &str) -> String {
    let marked = with(invoice(), json!({ field: "@" }));
    let body = event("invoice.updated", &marked).to_string();
    body.replace("\"@\"", literal)
}

fn total(literal: &str) -> i64 {
    let parsed = parse(body("total", literal).as_bytes()).unwrap();
    let Parsed::Fact { fact, .. } = parsed else {
        panic!("{parsed:?}");
    };
    let News::Invoice { snapshot, .. } = fact.news else {
        panic!("{fact:?}");
    };
    snapshot.total
}

/// Goal: every amount up to 10^12 is exact, and one beyond is refused by its field (XE7).
#[test]
fn every_amount_that_is_read_is_exact() {
    for exact in [0, 1, -1, 1_000_000_000_000, -1_000_000_000_000, 999_999_999_999] {
        assert_eq!(total(&exact.to_string()), exact);
    }
    for beyond in [1_000_000_000_001, -1_000_000_000_001, (1 << 53) + 1, i64::MAX, i64::MIN] {
        for field in ["total", "amount_due", "amount_paid"] {
            let reason = reason_of(&body(field, &beyond.to_string()));
            assert_eq!(reason, format!("`{field}` is negative or too large"), "{beyond}");
        }
    }
}

#[test]
fn what_is_no_whole_number_is_unreadable_and_names_the_field() {
    for field in ["total", "amount_due", "amount_paid", "pre_payment_credit_notes_amount"] {
        for literal in [
            "10.5",
            "100.0",
            "1e3",
            "1E2",
            "1e30",
            "1e400",
            "-0.0",
            "\"100\"",
            "true",
            "[]",
            "{}",
            "[100]",
            "9223372036854775808",
            "-9223372036854775809",
            "1000000000000000000000000",
        ] {
            assert_eq!(
                reason_of(&body(field, literal)),
                format!("`{field}` is not a whole number that 64 bits hold"),
                "{literal}"
            );
        }
    }
}

#[test]
fn only_a_total_may_be_negative() {
    for field in ["amount_due", "amount_paid", "pre_payment_credit_notes_amount"] {
        assert_eq!(reason_of(&body(field, "-1")), format!("`{field}` is negative or too large"));
    }
    assert_eq!(total("-11900"), -11_900);
    let reason =
        reason("credit_note.created", &with(credit_note(), json!({"pre_payment_amount": -1})));
    assert_eq!(reason, "`pre_payment_amount` is negative or too large");
}

#[test]
fn a_required_amount_must_be_there() {
    for field in ["total", "amount_due", "amount_paid"] {
        let missing = format!("`{field}` is missing");
        assert_eq!(reason_of(&body(field, "null")), missing);
        assert_eq!(reason("invoice.paid", &without(invoice(), field)), missing);
    }
    let notes = "pre_payment_credit_notes_amount";
    for object in [without(invoice(), notes), with(invoice(), json!({ notes: null }))] {
        assert_eq!(invoice_in("invoice.paid", &object).pre_payment_credit_notes, 0);
    }
}

#[test]
fn counts_and_times_stay_within_their_range() {
    for (field, literal, expected) in [
        ("attempt_count", "-1", "`attempt_count` is negative or too large"),
        ("attempt_count", "4294967296", "`attempt_count` is negative or too large"),
        ("created", "-1", "`created` is not a time"),
        ("due_date", "253402300800", "`due_date` is not a time"),
        ("due_date", "\"2026-12-01\"", "`due_date` is not a whole number that 64 bits hold"),
    ] {
        assert_eq!(reason_of(&body(field, literal)), expected);
    }
}
