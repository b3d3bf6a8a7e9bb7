//! The form that pays or saves a card: shown, and read. Cards and accounts are Stripe's test ones.

use billing::time::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::Form;
use super::countries::COUNTRIES;
use super::inputs::{Errors, Input, problem, refusal, select};
use super::methods::SavedMethod;
use crate::call::Params;
use crate::checkout::{Payer, is_email};
use crate::error::ApiError;
use crate::payment_methods;
use crate::stripe::Stripe;
use crate::tax_ids;

/// The form's id, which buttons elsewhere on the page send.
pub const FORM: &str = "pay";

const EMAIL: Input = Input { kind: "email", ..Input::text("email", "Email", "email") };
const PHONE: Input = Input { kind: "tel", ..Input::text("phone", "Phone", "tel") };
const NUMBER: Input =
    Input::text("number", "Card number", "cc-number").digits("1234 1234 1234 1234");
const EXPIRY: Input = Input::text("expiry", "Expiry", "cc-exp").digits("MM / YY");
const CVC: Input = Input::text("cvc", "CVC", "cc-csc").digits("123");
const NAME: Input = Input::text("name", "Name", "name");
const IBAN: Input =
    Input { example: "DE89 3704 0044 0532 0130 00", ..Input::text("iban", "IBAN", "off") };
const LINE1: Input = Input::text("line1", "Address", "address-line1");
const POSTAL_CODE: Input = Input::text("postal_code", "Postal code", "postal-code");
const CITY: Input = Input::text("city", "City", "address-level2");
const TAX_ID: Input = Input { example: "DE123456789", ..Input::text("tax_id", "Number", "off") };

/// Kinds of tax ids that customers choose from.
pub const TAX_IDS: [(&str, &str); 6] = [
    ("", "None"),
    ("eu_vat", "EU VAT"),
    ("gb_vat", "GB VAT"),
    ("ch_vat", "CH VAT"),
    ("us_ein", "US EIN"),
    ("ca_bn", "CA BN"),
];

/// What a form asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// Ways to pay: `card`, `sepa_debit`. None when nothing is to be given.
    pub kinds: Vec<String>,
    /// What the customer has already.
    pub saved: Vec<SavedMethod>,
    /// The email address.
    pub email: Email,
    /// Whether an address is asked for, and not only a country.
    pub address: bool,
    /// Whether a phone number is asked for.
    pub phone: bool,
    /// Whether a tax id can be given.
    pub tax_id: bool,
}

/// An email address in a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Email {
    /// It does not matter.
    #[default]
    NotAsked,
    /// It is asked for.
    Asked,
    /// It is known already, and shown.
    Known(String),
}

/// A form as it is shown.
#[derive(Debug, Clone, Default)]
pub struct PayForm {
    /// What it asks for.
    pub asks: Asks,
    /// Where it is sent.
    pub action: String,
    /// What its button says.
    pub button: String,
    /// What its choice of payment methods is called.
    pub legend: &'static str,
    /// What was typed.
    pub typed: Form,
    /// What is wrong with that.
    pub errors: Errors,
    /// What was refused.
    pub refusal: Option<String>,
}

impl PayForm {
    /// The form.
    pub fn show(&self) -> Markup {
        let asks = &self.asks;
        html! {
            form class="pay" id=(FORM) method="post" action=(self.action) {
                (refusal(self.refusal.as_deref()))
                (self.contact())
                @if !asks.kinds.is_empty() {
                    fieldset {
                        legend { (self.legend) }
                        (self.choices())
                        @for kind in &asks.kinds {
                            div class={ "panel panel-" (kind) } {
                                @if kind == "card" { (self.card()) } @else { (self.account()) }
                            }
                        }
                    }
                }
                button type="submit" class="primary" { (self.button) }
            }
        }
    }

    fn contact(&self) -> Markup {
        let asks = &self.asks;
        let (typed, errors) = (&self.typed, &self.errors);
        html! {
            @match &asks.email {
                Email::NotAsked => {}
                Email::Asked => (EMAIL.show(typed, errors)),
                Email::Known(email) => {
                    div class="field" { span class="label" { "Email" } p class="known" { (email) } }
                }
            }
            @if asks.phone { (PHONE.show(typed, errors)) }
            @if asks.tax_id {
                div class="row" {
                    (select("tax_id_type", "Tax id", &TAX_IDS, typed, errors))
                    (TAX_ID.show(typed, errors))
                }
            }
        }
    }

    /// What there is to choose from; with one way alone nothing is asked.
    fn choices(&self) -> Markup {
        let asks = &self.asks;
        let chosen = self.chosen();
        let choice = |value: &str, label: &str, hint: &str| {
            html! {
                label class="choice" {
                    input type="radio" name="pay_with" value=(value) checked[chosen == value];
                    span { (label) @if !hint.is_empty() { " " small { (hint) } } }
                }
            }
        };
        html! {
            @if asks.saved.is_empty() && asks.kinds.len() == 1 {
                @for kind in &asks.kinds { input type="hidden" name="pay_with" value=(kind); }
            } @else {
                div class="choices" {
                    @for saved in &asks.saved { (choice(&saved.id, &saved.label, &saved.expires)) }
                    @for kind in &asks.kinds {
                        @let other = !asks.saved.is_empty();
                        @match (kind.as_str(), other) {
                            ("card", true) => (choice("card", "Another card", "")),
                            ("card", false) => (choice("card", "Card", "")),
                            _ => (choice(kind, "SEPA direct debit", "")),
                        }
                    }
                }
            }
            (problem("pay_with", self.errors.of("pay_with")))
        }
    }

    /// What is chosen at first: what was chosen before, what is saved, or the first way.
    fn chosen(&self) -> &str {
        let first = self.asks.saved.first().map(|saved| saved.id.as_str());
        let first = first.or(self.asks.kinds.first().map(String::as_str)).unwrap_or_default();
        Some(self.typed.text("pay_with")).filter(|chosen| !chosen.is_empty()).unwrap_or(first)
    }

    fn card(&self) -> Markup {
        let (typed, errors) = (&self.typed, &self.errors);
        html! {
            (NUMBER.show(typed, errors))
            div class="row" { (EXPIRY.show(typed, errors)) (CVC.show(typed, errors)) }
            (Input { label: "Name on the card", autocomplete: "cc-name", ..NAME }.show(typed, errors))
            (self.address())
        }
    }

    fn account(&self) -> Markup {
        let (typed, errors) = (&self.typed, &self.errors);
        let holder = Input { name: "holder", label: "Name of the account's holder", ..NAME };
        html! {
            (IBAN.show(typed, errors))
            (holder.show(typed, errors))
            p class="hint" { "The debit takes a while: the outcome follows." }
        }
    }

    fn address(&self) -> Markup {
        let (typed, errors) = (&self.typed, &self.errors);
        html! {
            (select("country", "Country", &COUNTRIES, typed, errors))
            @if self.asks.address {
                (LINE1.show(typed, errors))
                div class="row" { (POSTAL_CODE.show(typed, errors)) (CITY.show(typed, errors)) }
            }
        }
    }
}

/// Fills a form in with a test card or account, as its button asks.
pub fn fill(mut typed: Form, number: &str, now: Timestamp) -> Form {
    let mut set = |name: &str, value: &str| typed.set(name, value);
    if number.starts_with(|first: char| first.is_ascii_digit()) {
        set("pay_with", "card");
        set("number", &super::test_cards::grouped(number));
        let year = OffsetDateTime::from_unix_timestamp(now.0).map_or(2_026, OffsetDateTime::year);
        let year = year.saturating_add(4).rem_euclid(100);
        set("expiry", &format!("12 / {year:02}"));
        set("cvc", if number.len() == 15 { "1234" } else { "123" });
    } else {
        set("pay_with", "sepa_debit");
        set("iban", &super::test_cards::grouped(number));
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
        Email::Known(known) => payer.email.clone_from(known),
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
