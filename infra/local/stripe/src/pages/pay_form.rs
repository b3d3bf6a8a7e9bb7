//! The form that pays or saves a card. Cards and accounts are Stripe's test ones.

mod typed;

use maud::{Markup, html};

use super::Form;
use super::countries::COUNTRIES;
use super::inputs::{Errors, Input, problem, refusal, select};
use super::methods::SavedMethod;

pub use self::typed::{fill, read};

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
    /// True if an address is asked for, and not only a country.
    pub address: bool,
    /// True if a phone number is asked for.
    pub phone: bool,
    /// True if a tax id can be given.
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
    /// It is known already, and goes onto a new payment method.
    OnFile(String),
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
                Email::NotAsked | Email::OnFile(_) => {}
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
