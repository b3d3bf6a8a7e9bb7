//! What was typed into the form: filled in by one click, read, and made into a payment method.

use billing::time::Timestamp;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::super::Form;
use super::super::inputs::Errors;
use super::super::test_cards::grouped;
use super::{Asks, Email};
use crate::call::Params;
use crate::checkout::{Payer, is_email};
use crate::error::ApiError;
use crate::payment_methods;
use crate::stripe::Stripe;
use crate::tax_ids;

/// Fills a form in with a test card or account, as its button asks.
pub fn fill(mut typed: Form, number: &str, now: Timestamp) -> Form {
    let mut set = |name: &str, value: &str| typed.set(name, value);
    if number.starts_with(|first: char| first.is_ascii_digit()) {
        set("pay_with", "card");
        set("number", &grouped(number));
        let year = OffsetDateTime::from_unix_timestamp(now.0).map_or(2_026, OffsetDateTime::year);
        let year = year.saturating_add(4).rem_euclid(100);
        set("expiry", &format!("12 / {year:02}"));
        set("cvc", if number.len() == 15 { "1234" } else { "123" });
    } else {
        set("pay_with", "sepa_debit");
        set("iban", &grouped(number));
    }
    for name in ["name", "holder"] {
        if typed.text(name).is_empty() {
            typed.set(name, "Jenny Rosen");
        }
    }
    typed
}

/// What a person typed, and what it pays with: known already, or to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Who pays.
    pub payer: Payer,
    /// `type`, `card` or `sepa_debit` of a new payment method.
    new: Option<Map<String, Value>>,
}

/// Reads a form.
///
/// # Errors
///
/// What is wrong, by field.
pub fn read(asks: &Asks, typed: &Form) -> Result<Typed, Errors> {
    let mut errors = Errors::default();
    let mut payer = contact(asks, typed, &mut errors);
    let chosen = typed.text("pay_with");
    let new = if asks.kinds.is_empty() {
        None
    } else if asks.saved.iter().any(|saved| saved.id == chosen) {
        payer.payment_method = Some(chosen.to_owned());
        None
    } else if asks.kinds.iter().any(|kind| kind == chosen) {
        Some(if chosen == "card" {
            card(asks, typed, &mut payer, &mut errors)
        } else {
            account(typed, &mut payer, &mut errors)
        })
    } else {
        errors.say("pay_with", "Choose how to pay.");
        None
    };
    if errors.is_empty() { Ok(Typed { payer, new }) } else { Err(errors) }
}

impl Typed {
    /// Makes the payment method, where it is a new one.
    ///
    /// # Errors
    ///
    /// What is wrong with the card or account, by field.
    pub fn payer(mut self, stripe: &mut Stripe) -> Result<Payer, Errors> {
        if let Some(mut new) = self.new {
            new.insert("billing_details".to_owned(), self.payer.billing_details());
            let made = payment_methods::from_params(stripe, &Params(new));
            self.payer.payment_method = Some(made.map_err(|error| at_field(&error))?);
        }
        Ok(self.payer)
    }
}

/// At which field of the form a refused card or account is wrong.
fn at_field(error: &ApiError) -> Errors {
    let mut errors = Errors::default();
    let test_only = error.more.get("decline_code").and_then(Value::as_str);
    let iban = error.param.as_deref() == Some("sepa_debit[iban]");
    match (error.code.unwrap_or_default(), test_only) {
        _ if iban => errors.say("iban", "Only test accounts are taken here: choose one of them."),
        (_, Some("test_mode_live_card")) => {
            errors.say("number", "Only test cards are taken here: choose one of them.");
        }
        ("invalid_expiry_month" | "invalid_expiry_year", _) => {
            errors.say("expiry", "This date is past or not one: take a month to come.");
        }
        ("invalid_cvc", _) => errors.say("cvc", "The security code has three or four digits."),
        _ => errors.say("number", error.message.clone()),
    }
    errors
}

fn contact(asks: &Asks, typed: &Form, errors: &mut Errors) -> Payer {
    let mut payer = Payer { email: typed.text("email").to_owned(), ..Payer::default() };
    match &asks.email {
        Email::Known(known) | Email::OnFile(known) => payer.email.clone_from(known),
        Email::Asked if !is_email(&payer.email) => {
            errors.say("email", "Enter an email address, such as name@example.com.");
        }
        Email::Asked | Email::NotAsked => {}
    }
    if asks.phone {
        typed.text("phone").clone_into(&mut payer.phone);
        if payer.phone.is_empty() {
            errors.say("phone", "Enter a phone number.");
        }
    }
    let (kind, number) = (typed.text("tax_id_type"), typed.text("tax_id"));
    if asks.tax_id && !(kind.is_empty() && number.is_empty()) {
        let asked = json!({ "tax_id_data": [{ "type": kind, "value": number }] });
        let asked = Params(asked.as_object().cloned().unwrap_or_default());
        match tax_ids::checked_data(&asked) {
            _ if kind.is_empty() => errors.say("tax_id_type", "Choose what kind of tax id it is."),
            _ if number.is_empty() => errors.say("tax_id", "Enter the tax id."),
            Err(_) => errors.say("tax_id", "This is not a tax id of that kind."),
            Ok(_) => {
                kind.clone_into(&mut payer.tax_id_type);
                number.clone_into(&mut payer.tax_id);
            }
        }
    }
    payer
}

fn card(asks: &Asks, typed: &Form, payer: &mut Payer, errors: &mut Errors) -> Map<String, Value> {
    let number: String = typed.text("number").split_whitespace().collect();
    if number.is_empty() {
        errors.say("number", "Enter the card's number.");
    }
    let expiry = expiry(typed.text("expiry"));
    if expiry.is_none() {
        errors.say("expiry", "Enter month and year, such as 12 / 30.");
    }
    if typed.text("cvc").is_empty() {
        errors.say("cvc", "Enter the security code.");
    }
    name(typed.text("name"), "name", payer, errors);
    let mut fields = vec![("country", "Choose a country.")];
    if asks.address {
        fields.extend([
            ("line1", "Enter street and number."),
            ("postal_code", "Enter the postal code."),
            ("city", "Enter the city."),
        ]);
    }
    for (field, message) in fields {
        let text = typed.text(field);
        if text.is_empty() {
            errors.say(field, message);
        }
        payer.address.insert(field.to_owned(), json!(text));
    }
    let (month, year) = expiry.unwrap_or_default();
    let card = json!({
        "number": number, "exp_month": month, "exp_year": year, "cvc": typed.text("cvc"),
    });
    json!({ "type": "card", "card": card }).as_object().cloned().unwrap_or_default()
}

fn account(typed: &Form, payer: &mut Payer, errors: &mut Errors) -> Map<String, Value> {
    let iban: String = typed.text("iban").split_whitespace().collect();
    if iban.is_empty() {
        errors.say("iban", "Enter the account's IBAN.");
    }
    name(typed.text("holder"), "holder", payer, errors);
    let kind = json!({ "type": "sepa_debit", "sepa_debit": { "iban": iban } });
    kind.as_object().cloned().unwrap_or_default()
}

fn name(typed: &str, field: &'static str, payer: &mut Payer, errors: &mut Errors) {
    if typed.is_empty() {
        errors.say(field, "Enter a name.");
    }
    typed.clone_into(&mut payer.name);
}

/// Month and year of `12 / 30`, `12/2030` or `1230`.
fn expiry(text: &str) -> Option<(i64, i64)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (month, year) = match text.split_once(['/', '-', '.', ' ']) {
        Some((month, year)) => (month.trim(), year.trim_matches([' ', '/', '-', '.'])),
        None => digits.split_at_checked(2)?,
    };
    let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let year: i64 = year.parse().ok().filter(|year| (0..=9_999).contains(year))?;
    Some((month, if year < 100 { year.saturating_add(2_000) } else { year }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_read_as_people_write_it() {
        for (text, expected) in [
            ("12 / 30", Some((12, 2_030))),
            ("1/31", Some((1, 2_031))),
            ("04-2032", Some((4, 2_032))),
            ("1230", Some((12, 2_030))),
            ("13/30", None),
            ("12", None),
            ("", None),
            ("ab / cd", None),
        ] {
            assert_eq!(expiry(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_said_at_its_field() {
        let asks = Asks {
            kinds: vec!["card".to_owned()],
            email: Email::Asked,
            address: true,
            ..Asks::default()
        };
        let typed = Form::decode(b"pay_with=card&email=nobody&expiry=13%2F30");
        let errors = read(&asks, &typed).unwrap_err();
        for field in ["email", "number", "expiry", "cvc", "name", "country", "line1", "city"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        let nothing = read(&asks, &Form::default()).unwrap_err();
        assert!(nothing.of("pay_with").is_some());
    }

    #[test]
    fn a_test_card_fills_the_form_and_leaves_what_was_typed() {
        let typed = Form::decode(b"email=a@b.example&name=Ada");
        let filled = fill(typed, "378282246310005", Timestamp(1_795_338_000));
        for (name, expected) in [
            ("email", "a@b.example"),
            ("name", "Ada"),
            ("number", "3782 8224 6310 005"),
            ("expiry", "12 / 30"),
            ("cvc", "1234"),
            ("pay_with", "card"),
        ] {
            assert_eq!(filled.text(name), expected, "{name}");
        }
        let filled = fill(filled, "DE89370400440532013000", Timestamp(0));
        assert_eq!(filled.text("pay_with"), "sepa_debit");
    }
}
