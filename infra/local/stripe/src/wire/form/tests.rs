//! Bodies as SDKs, the Stripe CLI and curl send them, and what is read.

use serde_json::{Value, json};

use super::{NESTING_MAX, PARAMETERS_MAX, decode};

fn read(text: &str) -> Value {
    decode(text.as_bytes()).unwrap().into()
}

/// Goal: every way in which callers write parameters is read as they mean it.
#[test]
fn parameters_are_read() {
    let cases = [
        ("", json!({})),
        ("&&", json!({})),
        ("name=Ada", json!({"name": "Ada"})),
        ("name=", json!({"name": ""})),
        ("name", json!({"name": ""})),
        ("name=a=b", json!({"name": "a=b"})),
        ("name=Ada+L%C3%B6v%65&email=a%2Bb%40c.d", json!({"name": "Ada Löve", "email": "a+b@c.d"})),
        ("rate=100%", json!({"rate": "100%"})),
        // The later value of one name counts.
        ("name=a&name=b", json!({"name": "b"})),
        ("metadata[a]=1&metadata[b]=", json!({"metadata": {"a": "1", "b": ""}})),
        // stripe-node and stripe-python.
        ("expand[0]=a&expand[1]=b", json!({"expand": ["a", "b"]})),
        ("expand%5B0%5D=latest_invoice.payments", json!({"expand": ["latest_invoice.payments"]})),
        (
            "items[0][price]=p&items[0][quantity]=2&items[1][price]=q",
            json!({"items": [{"price": "p", "quantity": "2"}, {"price": "q"}]}),
        ),
        // The Stripe CLI, stripe-ruby and curl.
        ("payment_method_types[]=card", json!({"payment_method_types": ["card"]})),
        ("types[]=a&types[]=b", json!({"types": ["a", "b"]})),
        ("recurring[interval]=month", json!({"recurring": {"interval": "month"}})),
        (
            "items[][price]=p&items[][quantity]=2&items[][price]=q",
            json!({"items": [{"price": "p", "quantity": "2"}, {"price": "q"}]}),
        ),
        (
            "items[][price_data][currency]=eur&items[][price_data][unit_amount]=1",
            json!({"items": [{"price_data": {"currency": "eur", "unit_amount": "1"}}]}),
        ),
        (
            "items[][tax_rates][]=a&items[][tax_rates][]=b",
            json!({"items": [{"tax_rates": ["a", "b"]}]}),
        ),
        // Numbers are ordered as numbers; with gaps they are names until the shape tells.
        ("a[1]=y&a[0]=x", json!({"a": ["x", "y"]})),
        (
            &(0..11).map(|i| format!("a[{i}]={i}")).collect::<Vec<_>>().join("&"),
            json!({"a": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]}),
        ),
        ("a[7]=x&a[2]=y", json!({"a": {"7": "x", "2": "y"}})),
        ("a[00]=x", json!({"a": {"00": "x"}})),
        // Brackets that do not match are part of the name.
        ("a[b=1&[c]=2&d]=3", json!({"a[b": "1", "[c]": "2", "d]": "3"})),
        ("a[b]c=1&a[b[c]]=2", json!({"a[b]c": "1", "a[b[c]]": "2"})),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), expected, "{text}");
    }
}

/// Goal: what cannot be meant is refused, and the refusal names the parameter.
#[test]
fn what_contradicts_itself_is_refused() {
    let cases = [
        ("a=1&a[b]=2", "Invalid hash", Some("a")),
        ("a[b]=2&a=1", "Invalid hash", Some("a")),
        ("a[]=2&a=1", "Invalid array", Some("a")),
        ("a=1&a[]=2", "Invalid array", Some("a")),
        ("a[]=1&a[b]=2", "Invalid array", Some("a")),
        ("a[b]=1&a[]=2", "Invalid array", Some("a")),
        ("a[b]=1&a[b][c]=2", "Invalid hash", Some("a")),
        ("a=%FF", "Invalid UTF-8 in the parameters.", None),
        ("%C3=1", "Invalid UTF-8 in the parameters.", None),
    ];
    for (text, message, param) in cases {
        let error = decode(text.as_bytes()).unwrap_err();
        assert_eq!((error.status, error.message.as_str()), (400, message), "{text}");
        assert_eq!(error.param.as_deref(), param, "{text}");
    }
}

/// Goal: no request makes us recurse or allocate without end.
#[test]
fn limits_hold() {
    let nested = |levels: usize| format!("a{}=1", "[b]".repeat(levels - 1));
    assert!(decode(nested(NESTING_MAX).as_bytes()).is_ok());
    assert_eq!(decode(nested(NESTING_MAX + 1).as_bytes()).unwrap_err().status, 400);
    let many = |count: usize| vec!["a[]=1"; count].join("&");
    assert!(decode(many(PARAMETERS_MAX).as_bytes()).is_ok());
    assert_eq!(decode(many(PARAMETERS_MAX + 1).as_bytes()).unwrap_err().status, 400);
}
