//! Bytes that nobody means well with: deep, doubled, long, random.

use proptest::prelude::*;

use super::*;

const DEEP: usize = 100_000;

/// An invoice event with this text as the value of one field.
fn body(field: &str, literal: &str) -> String {
    let marked = with(invoice(), json!({ field: "@" }));
    (event("invoice.paid", &marked).to_string()).replace("\"@\"", literal)
}

#[test]
fn depth_in_a_field_that_is_not_read_costs_nothing() {
    let deep = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    for literal in [&deep, &objects] {
        let parsed = parse(body("lines", literal).as_bytes());
        assert!(matches!(parsed, Ok(Parsed::Fact { .. })));
    }
}

#[test]
fn depth_in_a_field_that_is_read_is_refused() {
    let deep = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let expanded = format!("{}1{}", "{\"id\":".repeat(DEEP), "}".repeat(DEEP));
    for (field, literal, expected) in [
        ("total", &deep, "`total` is not a whole number that 64 bits hold"),
        ("customer", &deep, "`customer` is not text"),
        ("customer", &expanded, "`customer` is not text"),
        ("subscription", &expanded, "`subscription` is not text"),
        ("status_transitions", &deep, "`status_transitions` is not an object"),
        ("parent", &deep, "`parent` is not an object"),
    ] {
        assert_eq!(reason_of(&body(field, literal)), expected);
    }
}

#[test]
fn depth_where_an_event_should_be_is_no_event() {
    let closed = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    assert!(matches!(parse(closed.as_bytes()), Ok(Parsed::Unused(_))));
    for open in ["[".repeat(DEEP), "{\"data\":".repeat(DEEP)] {
        assert!(matches!(parse(open.as_bytes()), Err(ParseError::NotJson(_))));
    }
    let data = event("invoice.paid", &json!("@")).to_string().replace("\"@\"", &closed);
    assert!(reason_of(&data).contains("expected an object"));
}

#[test]
fn a_field_that_is_read_and_named_twice_is_unreadable() {
    let whole = event("invoice.paid", &invoice()).to_string();
    for (field, once, twice) in [
        ("total", "\"total\":11900", "\"total\":11900,\"total\":1"),
        ("total", "\"total\":11900", "\"total\":11900,\"t\\u006ftal\":11900"),
        ("id", "\"id\":\"evt_1\"", "\"id\":\"evt_1\",\"id\":\"evt_2\""),
        ("data", "\"data\":{", "\"data\":null,\"data\":{"),
        ("object", "\"data\":{", "\"data\":{\"object\":{},"),
        ("paid_at", "\"paid_at\":null", "\"paid_at\":null,\"paid_at\":1"),
        (
            "subscription",
            "\"subscription\":\"sub_1\"",
            "\"subscription\":\"sub_1\",\"subscription\":\"sub_2\"",
        ),
    ] {
        assert!(whole.contains(once), "{once}");
        // Each event means paid, which is where `paid_at` is read.
        let reason = reason_of(&whole.replacen(once, twice, 1));
        assert!(reason.contains(&format!("duplicate field `{field}`")), "{reason}");
    }
}

#[test]
fn a_field_that_is_not_read_may_be_named_twice() {
    let body = event("invoice.paid", &invoice()).to_string();
    let twice =
        body.replacen("\"amount_remaining\"", "\"amount_remaining\":1,\"amount_remaining\"", 1);
    assert_ne!(body, twice);
    assert_eq!(parse(twice.as_bytes()).unwrap(), parse(body.as_bytes()).unwrap());
    // Nor does it matter in an event that is not used.
    let unused = twice.replace("invoice.paid", "invoice.upcoming").replacen(
        "\"total\"",
        "\"total\":1,\"total\"",
        1,
    );
    assert!(matches!(parse(unused.as_bytes()), Ok(Parsed::Unused(_))));
}

#[test]
fn a_text_has_a_limit_and_may_be_escaped() {
    let longest = "x".repeat(TEXT_BYTES_MAX);
    let object = with(invoice(), json!({"number": longest}));
    assert_eq!(invoice_in("invoice.paid", &object).number, Some(longest.clone()));
    let object = with(invoice(), json!({"number": longest + "x"}));
    assert_eq!(reason("invoice.paid", &object), "`number` is longer than 5000 bytes");
    let escaped = event("invoice.paid", &invoice()).to_string().replace("sub_1", "sub\\u005f1");
    assert_eq!(
        parse(escaped.as_bytes()).unwrap(),
        parse_value(&event("invoice.paid", &invoice())).unwrap()
    );
    let half = event("invoice.paid", &invoice()).to_string().replace("ACME", "\\ud800");
    assert_eq!(reason_of(&half), "`number` is not text");
}

#[test]
fn six_megabytes_of_lines_are_read() {
    let lines: Vec<_> =
        (0..60_000).map(|n| json!({"id": n, "description": "x".repeat(90)})).collect();
    let body = event("invoice.paid", &with(invoice(), json!({"lines": lines}))).to_string();
    assert!(body.len() > 6_000_000);
    assert!(matches!(parse(body.as_bytes()), Ok(Parsed::Fact { .. })));
}

/// Values that could stand anywhere.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_0-9]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                "id|data|plan|price|recurring|interval|subscription",
                inner,
                0..4
            )
            .prop_map(|fields| json!(fields)),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(parse(&bytes));
    }

    /// A real event with one byte changed is a fact, unused or refused.
    #[test]
    fn a_damaged_event_never_panics(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = event("customer.subscription.updated", &subscription()).to_string().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        drop(parse(&bytes));
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(parse(&bytes).is_err());
    }

    /// Any value in any field of any object: never a panic, and a refusal has a reason.
    #[test]
    fn any_value_in_any_field_is_read_or_refused(
        kind in 0_usize..4,
        field in any::<prop::sample::Index>(),
        value in any_value(),
    ) {
        let (event_type, mut object) = [
            ("invoice.paid", invoice()),
            ("credit_note.created", credit_note()),
            ("customer.subscription.deleted", subscription()),
            ("customer.updated", customer()),
        ][kind].clone();
        let fields = object.as_object_mut().unwrap();
        let name = fields.keys().nth(field.index(fields.len())).unwrap().clone();
        // An object without a customer is nobody's, whatever else it holds.
        let of_nobody = name == "customer" && value.is_null();
        fields.insert(name, value);
        match parse_value(&event(event_type, &object)) {
            Ok(Parsed::WithoutCustomer(_)) => prop_assert!(of_nobody, "it has a customer"),
            Ok(parsed) => prop_assert!(matches!(parsed, Parsed::Fact { .. }), "unused"),
            Err(error) => prop_assert!(error.code().is_none(), "{}", error),
        }
    }
}
