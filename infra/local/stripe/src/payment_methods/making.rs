//! Where payment methods come from: test ids, tokens, numbers and bank accounts.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::PaymentMethod;
use crate::call::Params;
use crate::cards::{self, Behaviour, Debit, TestCard};
use crate::error::ApiError;
use crate::field;
use crate::metadata::Metadata;
use crate::stripe::Stripe;

/// When test cards expire: month and year.
const EXPIRES: (i64, i64) = (12, 2034);
/// Years that a card lasts after its bank has replaced it.
const REPLACED_YEARS: i64 = 4;
/// The card that a bank puts in the place of another.
const REPLACEMENT: &str = "4012888888881881";
/// Last year of an expiry date.
const YEAR_MAX: i64 = 2_099;

/// The payment method that a request names: one of ours, or one that a test id such as
/// `pm_card_visa` makes anew.
///
/// # Errors
///
/// There is none.
pub fn resolve(stripe: &mut Stripe, given: &str, param: &str) -> Result<String, ApiError> {
    if stripe.payment_methods.get(given).is_some() {
        return Ok(given.to_owned());
    }
    if let Some(card) = given.strip_prefix("pm_card_").and_then(cards::by_name) {
        let details = card_details(card, EXPIRES, false);
        return Ok(put_up(stripe, "card", details, card.behaviour, no_billing_details()));
    }
    let account = given.strip_prefix("pm_usBankAccount_").and_then(cards::by_us_name);
    if let Some((number, debit)) = account {
        let details = us_account_details(number);
        let behaviour = Behaviour::Debits(debit);
        return Ok(put_up(stripe, "us_bank_account", details, behaviour, no_billing_details()));
    }
    Err(ApiError::no_such("PaymentMethod", given, param))
}

/// Makes a card from what a person types into a hosted page, by its number among Stripe's test
/// cards.
///
/// # Errors
///
/// It is not a card's number, or not a test card's.
pub fn from_number(
    stripe: &mut Stripe,
    number: &str,
    billing_details: &Value,
) -> Result<String, ApiError> {
    let card = numbered(number)?;
    let billing_details = complete(billing_details);
    Ok(put_up(stripe, "card", card_details(card, EXPIRES, true), card.behaviour, billing_details))
}

/// Makes a direct debit from what a person types into a hosted page, by its IBAN among Stripe's
/// test accounts.
///
/// # Errors
///
/// It is not a test account's.
pub fn from_iban(
    stripe: &mut Stripe,
    iban: &str,
    billing_details: &Value,
) -> Result<String, ApiError> {
    let (iban, debit) = account(iban)?;
    let billing_details = complete(billing_details);
    let details = sepa_details(&iban);
    Ok(put_up(stripe, "sepa_debit", details, Behaviour::Debits(debit), billing_details))
}

/// Makes one of the parameters of `POST /v1/payment_methods`, or of `payment_method_data`
/// elsewhere.
///
/// # Errors
///
/// Something is missing, or no test card or account has that number.
pub fn from_params(stripe: &mut Stripe, params: &Params) -> Result<String, ApiError> {
    for param in ["customer", "payment_method"] {
        if params.has(param) {
            return Err(ApiError::not_simulated(param));
        }
    }
    let kind = params.required("type")?;
    let billing = params.get("billing_details").map_or_else(no_billing_details, complete);
    let id = match kind {
        "card" => {
            let (card, expires, cvc) = card_of(stripe, params)?;
            let details = card_details(card, expires, cvc);
            put_up(stripe, "card", details, card.behaviour, billing)
        }
        "sepa_debit" => {
            for name in ["name", "email"] {
                if billing.get(name).is_none_or(Value::is_null) {
                    return Err(ApiError::missing(&format!("billing_details[{name}]")));
                }
            }
            let given = params.within("sepa_debit").unwrap_or_default();
            let iban = given.text("iban").ok_or_else(|| ApiError::missing("sepa_debit[iban]"))?;
            let (iban, debit) = account(iban)?;
            put_up(stripe, "sepa_debit", sepa_details(&iban), Behaviour::Debits(debit), billing)
        }
        _ => return Err(ApiError::not_simulated("type")),
    };
    if let Some(method) = stripe.payment_methods.get_mut(&id) {
        method.metadata = params.metadata();
        if let Some(allow) = params.text("allow_redisplay") {
            allow.clone_into(&mut method.allow_redisplay);
        }
    }
    Ok(id)
}

/// Makes a card as customers had them before payment methods: by a token, or by its number.
pub(super) fn source_of(stripe: &mut Stripe, params: &Params) -> Result<PaymentMethod, ApiError> {
    if params.has("bank_account") {
        return Err(ApiError::not_simulated("bank_account"));
    }
    let given = params.within("card").unwrap_or_default();
    let (card, expires, cvc) = match params.text("source").or_else(|| params.text("card")) {
        Some(token) => (tokened(token, "source")?, EXPIRES, false),
        None if params.has("card") => of_number(stripe, &given)?,
        None => return Err(ApiError::missing("source")),
    };
    let mut billing_details = no_billing_details();
    if let Some(name) = given.text("name") {
        field::set(&mut billing_details, "name", name);
    }
    let id = stripe.ids.next("card");
    let details = card_details(card, expires, cvc);
    Ok(new(stripe, id, "card", details, card.behaviour, billing_details))
}

/// Another card in a card's place.
pub(super) fn replace_card(method: &mut PaymentMethod) {
    let year = field::of(&method.details, "/exp_year").as_i64().unwrap_or(EXPIRES.1);
    let number = REPLACEMENT;
    field::set(&mut method.details, "last4", last4(number));
    field::set(&mut method.details, "fingerprint", cards::fingerprint(number));
    field::set(&mut method.details, "exp_year", year.saturating_add(REPLACED_YEARS));
    method.behaviour = Behaviour::Succeeds;
}

/// Billing details with every field: null where nothing was given.
pub(super) fn complete(given: &Value) -> Value {
    let text = |value: &Value| match value.as_str() {
        Some("") | None => Value::Null,
        Some(text) => json!(text),
    };
    let address = field::of(given, "/address");
    json!({
        "address": {
            "city": text(field::of(address, "/city")),
            "country": text(field::of(address, "/country")),
            "line1": text(field::of(address, "/line1")),
            "line2": text(field::of(address, "/line2")),
            "postal_code": text(field::of(address, "/postal_code")),
            "state": text(field::of(address, "/state")),
        },
        "email": text(field::of(given, "/email")),
        "name": text(field::of(given, "/name")),
        "phone": text(field::of(given, "/phone")),
        "tax_id": text(field::of(given, "/tax_id")),
    })
}

/// Whether a month and year can be a card's; the year with four digits.
pub(super) fn expiry(stripe: &Stripe, month: i64, year: i64) -> Result<(i64, i64), ApiError> {
    if !(1..=12).contains(&month) {
        let message = "Your card's expiration month is invalid.";
        return Err(ApiError::card("invalid_expiry_month", message).param("exp_month"));
    }
    let year = if year < 100 { year.saturating_add(2_000) } else { year };
    let today =
        OffsetDateTime::from_unix_timestamp(stripe.now().0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let this = i64::from(today.year());
    let passed = year == this && month < i64::from(u8::from(today.month()));
    if year < this || year > YEAR_MAX || passed {
        let message = "Your card's expiration year is invalid.";
        return Err(ApiError::card("invalid_expiry_year", message).param("exp_year"));
    }
    Ok((month, year))
}

/// What a card is made of: the test card, its expiry, and whether a security code came with it.
type Given = (&'static TestCard, (i64, i64), bool);

fn card_of(stripe: &Stripe, params: &Params) -> Result<Given, ApiError> {
    let given = params.within("card").ok_or_else(|| ApiError::missing("card"))?;
    match given.text("token") {
        Some(token) => Ok((tokened(token, "card[token]")?, EXPIRES, false)),
        None => of_number(stripe, &given),
    }
}

fn of_number(stripe: &Stripe, given: &Params) -> Result<Given, ApiError> {
    let missing = |field: &str| ApiError::missing(&format!("card[{field}]"));
    let number = given.text("number").ok_or_else(|| missing("number"))?;
    let month = given.integer("exp_month").ok_or_else(|| missing("exp_month"))?;
    let year = given.integer("exp_year").ok_or_else(|| missing("exp_year"))?;
    let card = numbered(number)?;
    let expires = expiry(stripe, month, year)?;
    let cvc = given.text("cvc");
    if cvc.is_some_and(|cvc| !(3..=4).contains(&cvc.len()) || !is_digits(cvc)) {
        let message = "Your card's security code is invalid.";
        return Err(ApiError::card("invalid_cvc", message).param("cvc"));
    }
    Ok((card, expires, cvc.is_some()))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn tokened(token: &str, param: &str) -> Result<&'static TestCard, ApiError> {
    let card = token.strip_prefix("tok_").and_then(cards::by_name);
    card.ok_or_else(|| ApiError::no_such("token", token, param))
}

fn numbered(number: &str) -> Result<&'static TestCard, ApiError> {
    let number: String = number.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
    if let Some(card) = cards::by_number(&number) {
        return Ok(card);
    }
    if !cards::has_check_digit(&number) {
        let message = "Your card number is incorrect.";
        return Err(ApiError::card("incorrect_number", message).param("number"));
    }
    let message = "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list \
                   of valid test cards, visit: https://stripe.com/docs/testing.";
    let error = ApiError::card("card_declined", message).param("number");
    Err(error.with("decline_code", "test_mode_live_card"))
}

fn account(iban: &str) -> Result<(String, Debit), ApiError> {
    let iban: String = iban.chars().filter(|it| *it != ' ').collect();
    let iban = iban.to_uppercase();
    match cards::by_iban(&iban) {
        Some(debit) => Ok((iban, debit)),
        None => Err(ApiError::invalid("The IBAN you provided is invalid.")
            .code("bank_account_unusable")
            .param("sepa_debit[iban]")),
    }
}

fn put_up(
    stripe: &mut Stripe,
    kind: &str,
    details: Value,
    behaviour: Behaviour,
    billing_details: Value,
) -> String {
    let id = stripe.ids.next("pm");
    let method = new(stripe, id.clone(), kind, details, behaviour, billing_details);
    stripe.payment_methods.add(method);
    id
}

fn new(
    stripe: &Stripe,
    id: String,
    kind: &str,
    details: Value,
    behaviour: Behaviour,
    billing_details: Value,
) -> PaymentMethod {
    PaymentMethod {
        id,
        created: stripe.now(),
        customer: None,
        behaviour,
        kind: kind.to_owned(),
        details,
        billing_details,
        allow_redisplay: "unspecified".to_owned(),
        set_up: false,
        gone: false,
        metadata: Metadata::default(),
    }
}

fn no_billing_details() -> Value {
    complete(&Value::Null)
}

fn last4(number: &str) -> &str {
    number.len().checked_sub(4).and_then(|at| number.get(at..)).unwrap_or(number)
}

fn card_details(card: &TestCard, (month, year): (i64, i64), cvc: bool) -> Value {
    let brand = cards::brand(card.number);
    json!({
        "brand": brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": cvc.then_some("pass"),
        },
        "country": card.country,
        "display_brand": brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": cards::fingerprint(card.number),
        "funding": card.funding,
        "generated_from": null,
        "last4": last4(card.number),
        "networks": { "available": [brand], "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": brand != "amex" },
        "wallet": null,
    })
}

/// The bank's code stands behind the country and the check digits.
fn sepa_details(iban: &str) -> Value {
    let bank = match iban.get(..2) {
        Some("DE") => iban.get(4..12),
        Some("NL") => iban.get(4..8),
        Some(_) | None => iban.get(4..9),
    };
    json!({
        "bank_code": bank,
        "branch_code": "",
        "country": iban.get(..2),
        "fingerprint": cards::fingerprint(iban),
        "generated_from": { "charge": null, "setup_attempt": null },
        "last4": last4(iban),
    })
}

fn us_account_details(number: &str) -> Value {
    json!({
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": null,
        "fingerprint": cards::fingerprint(number),
        "last4": last4(number),
        "networks": { "preferred": "ach", "supported": ["ach"] },
        "routing_number": "110000000",
        "status_details": {},
    })
}
