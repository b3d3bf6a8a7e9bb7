//! What surrounds the object, and what becomes of an event that is not for us.

use super::*;

#[test]
fn the_event_tells_its_id_time_mode_account_and_version() {
    let connected =
        with(event("invoice.paid", &invoice()), json!({"livemode": true, "account": "acct_1"}));
    let Parsed::Fact { event, fact } = parse_value(&connected).unwrap() else {
        panic!("it was not used");
    };
    assert_eq!(event.id.as_str(), "evt_1");
    assert_eq!(event.event_type.as_str(), "invoice.paid");
    assert_eq!((event.created, fact.at), (Timestamp(CREATED), Timestamp(CREATED)));
    assert!(event.livemode);
    assert_eq!(event.account.as_deref(), Some("acct_1"));
    assert_eq!(event.api_version.as_deref(), Some("2026-09-30.endive"));
    assert_eq!(fact.customer.as_str(), "cus_1");
}

#[test]
fn what_is_not_for_us_is_unused_and_carries_what_is_known() {
    let whole = event("invoice.paid", &invoice());
    for (why, value) in [
        ("another type", event("charge.refunded", &json!({"id": "ch_1"}))),
        (
            "another type without its object",
            with(event("charge.refunded", &json!(1)), json!({"data": [1]})),
        ),
        ("no id", without(whole.clone(), "id")),
        ("null as id", with(whole.clone(), json!({"id": null}))),
        ("no type", without(whole.clone(), "type")),
        ("a number as type", with(whole.clone(), json!({"type": 5}))),
        ("a number as object", with(whole, json!({"object": 1}))),
    ] {
        let Parsed::Unused(head) = parse_value(&value).unwrap() else {
            panic!("{why} was used");
        };
        assert_eq!(head.created, Some(Timestamp(CREATED)), "{why}");
        assert_eq!(head.livemode, Some(false), "{why}");
        assert_eq!(head.event_type.as_deref(), value["type"].as_str(), "{why}");
        assert_eq!(head.id.as_deref(), value["id"].as_str(), "{why}");
    }
    for no_object in ["[]", "1", "null", "\"evt_1\"", "{}", " [{\"id\":\"evt_1\"}] "] {
        let parsed = parse(no_object.as_bytes()).unwrap();
        assert_eq!(parsed, Parsed::Unused(Head::default()), "{no_object}");
    }
}

#[test]
fn a_used_event_that_can_not_be_relied_on_says_why_and_which() {
    let whole = event("invoice.paid", &invoice());
    for (fields, expected) in [
        (json!({"id": 5}), "`id` is not text"),
        (
            json!({"id": ""}),
            "`id` is not an id: `` is not an id: 1 to 255 printable ASCII characters are expected",
        ),
        (json!({"created": null}), "`created` is missing"),
        (json!({"created": "now"}), "`created` is not a whole number that 64 bits hold"),
        (json!({"livemode": null}), "`livemode` is missing"),
        (json!({"livemode": "true"}), "`livemode` is neither true nor false"),
        (json!({"account": 7}), "`account` is not text"),
        (json!({"data": null}), "`data.object` is missing"),
        (json!({"data": {}}), "`data.object` is missing"),
        (json!({"data": {"object": null}}), "`data.object` is missing"),
    ] {
        let value = with(whole.clone(), fields);
        assert_eq!(reason_of(&value.to_string()), expected);
    }
    for data in [json!([]), json!("secret"), json!({"object": ["in_1"]}), json!({"object": 1})] {
        let reason = reason_of(&with(whole.clone(), json!({"data": data})).to_string());
        assert!(reason.contains("expected an object"), "{reason}");
        assert!(!reason.contains("secret"), "{reason}");
    }
    let error = parse_value(&event("invoice.paid", &without(invoice(), "total"))).unwrap_err();
    assert_eq!(error.code(), None);
    assert_eq!(
        error.to_string(),
        "event evt_1 of type invoice.paid cannot be read: `total` is missing"
    );
    let ParseError::Unreadable { head, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(head.livemode, Some(false));
}

#[test]
fn bytes_that_are_not_json_are_the_senders_mistake() {
    let whole = event("invoice.paid", &invoice()).to_string();
    let cut = whole.strip_suffix('}').unwrap();
    let twice_then_cut = whole.replace("\"livemode\"", "\"livemode\":true,\"livemode\"");
    let mut not_utf8 = whole.clone().into_bytes();
    let place = whole.find("ACME").unwrap();
    not_utf8[place] = 0xff;
    for body in [
        b"".as_slice(),
        b" ",
        b"hello",
        b"{",
        b"{\"id\":\"evt_1\"}}",
        b"\xef\xbb\xbf{}",
        b"{\"id\":\"evt\n1\"}",
        b"{'id':1}",
        b"[1,]",
        cut.as_bytes(),
        twice_then_cut.strip_suffix('}').unwrap().as_bytes(),
        &not_utf8,
    ] {
        let error = parse(body).unwrap_err();
        assert_eq!(error.code(), Some("body_unreadable"), "{error}");
    }
}

#[test]
fn what_is_known_of_an_event_travels_as_json() {
    let Parsed::Fact { event, .. } =
        parse_value(&event("credit_note.voided", &credit_note())).unwrap()
    else {
        panic!("it was not used");
    };
    let text = serde_json::to_string(&event).unwrap();
    assert!(text.contains("\"event_type\":\"credit_note.voided\""), "{text}");
    assert_eq!(serde_json::from_str::<EventMeta>(&text).unwrap(), event);
}

/// Goal: what a call of ours is answered with says the same as the event that tells it.
#[test]
fn an_object_alone_makes_the_fact_that_an_event_around_it_makes() {
    for (event_type, object) in [
        ("invoice.updated", invoice()),
        ("credit_note.updated", credit_note()),
        ("customer.subscription.updated", subscription()),
        ("customer.updated", customer()),
    ] {
        let told = parse(event(event_type, &object).to_string().as_bytes()).unwrap();
        let Parsed::Fact { fact, .. } = told else { panic!("{event_type}") };
        let known = EventType::parse(event_type).unwrap();
        let read = read_object(known, &object.to_string(), Timestamp(CREATED)).unwrap();
        assert_eq!(read, fact, "{event_type}");
        for text in ["", "[]", "{", "\"cus_1\"", "null"] {
            assert!(read_object(known, text, Timestamp(CREATED)).is_err(), "{event_type}: {text}");
        }
    }
}
