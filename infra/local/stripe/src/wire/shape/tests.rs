//! Requests as callers send them, what they become, and what is refused.

use http::Method;
use serde_json::{Value, json};

use super::{check, knows};
use crate::error::ApiError;
use crate::wire::form::decode;

fn post(pattern: &str, body: &str) -> Result<Value, ApiError> {
    check(&Method::POST, pattern, decode(body.as_bytes())?).map(Value::Object)
}

/// Operation, body, and what is read.
const READ: [(&str, &str, &str); 27] = [
    ("/v1/customers", "", "{}"),
    (
        "/v1/customers",
        "name=Ada&balance=-500&metadata[a]=1&metadata[b]=&address[line1]=x&address[line2]=",
        r#"{"name": "Ada", "balance": -500, "metadata": {"a": "1", "b": ""},
            "address": {"line1": "x", "line2": ""}}"#,
    ),
    ("/v1/customers", "metadata=&description=", r#"{"metadata": "", "description": ""}"#),
    ("/v1/customers", "metadata[7]=x&metadata[2]=y", r#"{"metadata": {"7": "x", "2": "y"}}"#),
    ("/v1/customers", "metadata[0]=x", r#"{"metadata": {"0": "x"}}"#),
    ("/v1/customers", "expand[]=a.b", r#"{"expand": ["a.b"]}"#),
    ("/v1/customers", "expand[4]=a&expand[10]=b", r#"{"expand": ["a", "b"]}"#),
    // The Stripe CLI's recipes.
    (
        "/v1/prices",
        "unit_amount=1500&currency=USD&recurring[interval]=month&product_data[name]=myproduct",
        r#"{"unit_amount": 1500, "currency": "usd", "recurring": {"interval": "month"},
            "product_data": {"name": "myproduct"}}"#,
    ),
    (
        "/v1/subscriptions",
        "customer=cus_1&items[0][price]=price_1&items[0][quantity]=2",
        r#"{"customer": "cus_1", "items": [{"price": "price_1", "quantity": 2}]}"#,
    ),
    (
        "/v1/payment_intents",
        "amount=2000&currency=usd&payment_method_types[]=card&confirm=true\
             &payment_method=pm_card_visa",
        r#"{"amount": 2000, "currency": "usd", "payment_method_types": ["card"],
            "confirm": true, "payment_method": "pm_card_visa"}"#,
    ),
    (
        "/v1/checkout/sessions",
        "success_url=https%3A%2F%2Fa.b&mode=payment&line_items[0][price]=p\
             &line_items[0][quantity]=2",
        r#"{"success_url": "https://a.b", "mode": "payment",
            "line_items": [{"price": "p", "quantity": 2}]}"#,
    ),
    (
        "/v1/payment_pages/{session}/confirm",
        "payment_method=pm_1&expected_amount=3000",
        r#"{"payment_method": "pm_1", "expected_amount": 3000}"#,
    ),
    ("/v1/test_helpers/test_clocks", "frozen_time=1", r#"{"frozen_time": 1}"#),
    // Alternatives.
    ("/v1/subscriptions", "trial_end=now", r#"{"trial_end": "now"}"#),
    ("/v1/subscriptions", "trial_end=1790000000", r#"{"trial_end": 1790000000}"#),
    ("/v1/subscriptions", "default_tax_rates=", r#"{"default_tax_rates": ""}"#),
    ("/v1/subscriptions", "default_tax_rates[]=t", r#"{"default_tax_rates": ["t"]}"#),
    (
        "/v1/payment_intents",
        "amount=1&currency=eur&off_session=true",
        r#"{"amount": 1, "currency": "eur", "off_session": true}"#,
    ),
    (
        "/v1/payment_intents",
        "amount=1&currency=eur&off_session=recurring",
        r#"{"amount": 1, "currency": "eur", "off_session": "recurring"}"#,
    ),
    (
        "/v1/payment_methods",
        "type=card&card[token]=tok_visa",
        r#"{"type": "card", "card": {"token": "tok_visa"}}"#,
    ),
    (
        "/v1/payment_methods",
        "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034",
        r#"{"type": "card", "card": {"number": "4242424242424242", "exp_month": 12,
            "exp_year": 2034}}"#,
    ),
    // Endive's object, and dahlia's word.
    (
        "/v1/subscriptions/{subscription_exposed_id}",
        "billing_cycle_anchor[type]=now",
        r#"{"billing_cycle_anchor": {"type": "now"}}"#,
    ),
    (
        "/v1/subscriptions/{subscription_exposed_id}",
        "billing_cycle_anchor=unchanged",
        r#"{"billing_cycle_anchor": "unchanged"}"#,
    ),
    // Numbers, and decimals that stay text.
    (
        "/v1/tax_rates",
        "display_name=VAT&inclusive=false&percentage=19.6",
        r#"{"display_name": "VAT", "inclusive": false, "percentage": 19.6}"#,
    ),
    (
        "/v1/prices",
        "currency=eur&unit_amount_decimal=0.123456789012&currency_options[usd][unit_amount]=5",
        r#"{"currency": "eur", "unit_amount_decimal": "0.123456789012",
            "currency_options": {"usd": {"unit_amount": 5}}}"#,
    ),
    (
        "/v1/prices",
        "currency=eur&tiers[0][up_to]=5&tiers[1][up_to]=inf",
        r#"{"currency": "eur", "tiers": [{"up_to": 5}, {"up_to": "inf"}]}"#,
    ),
    // What is not looked at stays as it is.
    (
        "/v1/subscription_schedules",
        "pause_schedules[0][key]=x",
        r#"{"pause_schedules": [{"key": "x"}]}"#,
    ),
];

/// Goal: what callers mean arrives with its type.
#[test]
fn values_get_their_types() {
    for (pattern, body, expected) in READ {
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(post(pattern, body), Ok(expected), "{pattern} {body}");
    }
}

/// Operation, body, Stripe's message, and its code and parameter.
const REFUSED: [(&str, &str, &str, &str); 31] = [
    (
        "/v1/customers",
        "frist_name=Ada",
        "Received unknown parameter: frist_name",
        "parameter_unknown frist_name",
    ),
    (
        "/v1/customers",
        "b=1&a=2&balance=x",
        "Received unknown parameters: a, b",
        "parameter_unknown a",
    ),
    (
        "/v1/subscriptions",
        "customer=c&items[0][pric]=p",
        "Received unknown parameter: items[0][pric]",
        "parameter_unknown items[0][pric]",
    ),
    ("/v1/payment_intents", "", "Missing required param: amount.", "parameter_missing amount"),
    (
        "/v1/payment_intents",
        "amount=1",
        "Missing required param: currency.",
        "parameter_missing currency",
    ),
    (
        "/v1/prices",
        "currency=eur&recurring[interval_count]=1",
        "Missing required param: recurring[interval].",
        "parameter_missing recurring[interval]",
    ),
    (
        "/v1/payment_intents",
        "amount=19.99&currency=eur",
        "Invalid integer: 19.99",
        "parameter_invalid_integer amount",
    ),
    (
        "/v1/payment_intents",
        "amount=99999999999999999999&currency=eur",
        "Invalid integer: 99999999999999999999",
        "parameter_invalid_integer amount",
    ),
    (
        "/v1/payment_intents",
        "amount=&currency=eur",
        "You passed an empty string for 'amount'. We assume empty values are an attempt to \
             unset a parameter; however 'amount' cannot be unset. You should remove 'amount' from \
             your request or supply a non-empty value.",
        "parameter_invalid_empty amount",
    ),
    (
        "/v1/subscriptions",
        "items[1][quantity]=two&items[0][price]=p",
        "Invalid integer: two",
        "parameter_invalid_integer items[1][quantity]",
    ),
    (
        "/v1/subscriptions",
        "cancel_at_period_end=True",
        "Invalid boolean: True",
        " cancel_at_period_end",
    ),
    (
        "/v1/subscriptions",
        "collection_method=magic",
        "Invalid collection_method: must be one of charge_automatically or send_invoice",
        " collection_method",
    ),
    (
        "/v1/prices",
        "currency=eur&recurring[interval]=century",
        "Invalid recurring[interval]: must be one of day, month, week, or year",
        " recurring[interval]",
    ),
    ("/v1/prices", "currency=euro", "Invalid currency: euro", " currency"),
    (
        "/v1/prices",
        "currency=eur&unit_amount_decimal=0.1234567890123",
        "Invalid decimal: 0.1234567890123",
        " unit_amount_decimal",
    ),
    ("/v1/customers", "name[first]=Ada", r#"Invalid string: {"first":"Ada"}"#, " name"),
    ("/v1/customers", "name[]=Ada", r#"Invalid string: ["Ada"]"#, " name"),
    ("/v1/customers", "address=x", "Invalid object", " address"),
    ("/v1/customers", "address[]=x", "Invalid object", " address"),
    ("/v1/customers", "metadata=x", "Invalid object", " metadata"),
    ("/v1/customers", "metadata[a][b]=x", r#"Invalid string: {"b":"x"}"#, " metadata[a]"),
    ("/v1/customers", "expand=default_source", "Invalid array", " expand"),
    (
        "/v1/payment_intents",
        "amount=1&currency=eur&payment_method_types=card",
        "Invalid array",
        " payment_method_types",
    ),
    ("/v1/subscriptions", "items[price]=p", "Invalid array", " items"),
    ("/v1/subscriptions", "items=p", "Invalid array", " items"),
    (
        "/v1/payment_methods",
        "type=card&sepa_debit=",
        "You passed an empty string for 'sepa_debit'. We assume empty values are an attempt to \
             unset a parameter; however 'sepa_debit' cannot be unset. You should remove \
             'sepa_debit' from your request or supply a non-empty value.",
        "parameter_invalid_empty sepa_debit",
    ),
    ("/v1/subscriptions", "items[0]=p", "Invalid object", " items[0]"),
    (
        "/v1/subscriptions/{subscription_exposed_id}",
        "billing_cycle_anchor=later",
        "Invalid billing_cycle_anchor: must be one of now or unchanged",
        " billing_cycle_anchor",
    ),
    // A card is a number or a token.
    (
        "/v1/payment_methods",
        "type=card&card[number]=4242424242424242&card[exp_month]=12",
        "Missing required param: card[exp_year].",
        "parameter_missing card[exp_year]",
    ),
    (
        "/v1/payment_methods",
        "type=card&card[token]=tok_visa&card[cvc]=123",
        "Received unknown parameter: card[token]",
        "parameter_unknown card[token]",
    ),
    (
        "/v1/tax_rates",
        "display_name=VAT&inclusive=false&percentage=much",
        "Invalid decimal: much",
        " percentage",
    ),
];

/// Goal: a wrong shape is refused in Stripe's words, and the refusal names the parameter.
#[test]
fn wrong_shapes_are_refused() {
    for (pattern, body, message, code_and_param) in REFUSED {
        let error = post(pattern, body).unwrap_err();
        assert_eq!((error.status, error.message.as_str()), (400, message), "{pattern} {body}");
        let told = format!("{} {}", error.code.unwrap_or(""), error.param.unwrap());
        assert_eq!(told, code_and_param, "{pattern} {body}");
    }
}

/// Goal: lengths hold to the character, and a message does not repeat a long text.
#[test]
fn lengths_are_held() {
    let named = |length: usize| post("/v1/customers", &format!("name={}", "ä".repeat(length)));
    assert!(named(256).is_ok());
    let error = named(257).unwrap_err();
    assert!(error.message.chars().count() < 300, "{}", error.message);
    assert!(error.message.ends_with("; must be at most 256 characters"), "{}", error.message);

    let metadata = |key: usize, value: usize, count: usize| {
        let pairs = (0..count).map(|i| format!("metadata[{i:0key$}]={}", "v".repeat(value)));
        post("/v1/customers", &pairs.collect::<Vec<_>>().join("&"))
    };
    assert!(metadata(40, 500, 50).is_ok());
    for (key, value, count) in [(41, 1, 1), (1, 501, 1), (2, 1, 51)] {
        let error = metadata(key, value, count).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some("metadata")));
        assert!(error.message.starts_with("Metadata "), "{}", error.message);
    }
}

/// Goal: queries are held to their shape as bodies are.
#[test]
fn queries_are_checked() {
    let get = |pattern: &str, query: &str| {
        check(&Method::GET, pattern, decode(query.as_bytes()).unwrap()).map(Value::Object)
    };
    let events =
        get("/v1/events", "created[gte]=5&limit=3&types[]=invoice.paid&types[]=charge.failed");
    let expected = json!({
        "created": {"gte": 5}, "limit": 3, "types": ["invoice.paid", "charge.failed"],
    });
    assert_eq!(events, Ok(expected));
    assert_eq!(get("/v1/events", "created=5"), Ok(json!({"created": 5})));
    assert_eq!(get("/v1/events", "limit=x").unwrap_err().message, "Invalid integer: x");
    let missing = get("/v1/credit_notes/preview", "amount=1").unwrap_err();
    assert_eq!(missing.message, "Missing required param: invoice.");
}

#[test]
fn operations_are_known_by_method_and_path() {
    assert!(knows(&Method::POST, "/v1/customers/{customer}"));
    assert!(knows(&Method::DELETE, "/v1/subscriptions/{id}"), "what a part is called is the same");
    assert!(knows(&Method::POST, "/v1/subscriptions/{subscription}/pause"));
    assert!(!knows(&Method::PUT, "/v1/customers/{customer}"));
    assert!(!knows(&Method::POST, "/v1/orders"));
    let error = check(&Method::POST, "/v1/orders", serde_json::Map::new()).unwrap_err();
    assert_eq!(error.status, 404);
}
