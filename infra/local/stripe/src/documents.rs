//! Invoices, credit notes and receipts as people read them: values that a page shows and a PDF
//! prints.

mod credit_note;
mod invoice;
mod receipt;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde_json::Value;

use crate::field;
use crate::pages::{countries, dates, money};
use crate::stripe::Stripe;

pub use self::credit_note::credit_note;
pub use self::invoice::invoice;
pub use self::receipt::receipt;

/// A document, all of it text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What it is, such as `Invoice`.
    pub title: &'static str,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub stamp: Option<Stamp>,
    /// What is known of it as a whole, such as its dates and the customer's order number.
    pub facts: Vec<(String, String)>,
    /// Whose it is: name, country, tax ids.
    pub seller: Vec<String>,
    /// Who it is for: name, address, tax ids.
    pub customer: Vec<String>,
    /// The one sentence that matters, such as what is due when.
    pub headline: String,
    /// What the seller says before the lines.
    pub description: Option<String>,
    /// What it is for.
    pub lines: Vec<DocumentLine>,
    /// How the lines add up.
    pub sums: Vec<Sum>,
    /// What the seller says below.
    pub footer: Option<String>,
}

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// A word, such as `Paid`.
    pub text: &'static str,
    /// How it looks.
    pub tone: Tone,
}

/// How a stamp looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something is to be done.
    Open,
    /// It is over, or was never meant.
    Faded,
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentLine {
    /// What.
    pub description: String,
    /// For when.
    pub period: Option<String>,
    /// How many.
    pub quantity: Option<i64>,
    /// How much for one.
    pub unit_price: Option<String>,
    /// How much tax, such as `19 %`.
    pub tax: Option<String>,
    /// How much.
    pub amount: String,
}

/// A line of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// What.
    pub label: String,
    /// How much.
    pub amount: String,
    /// True if it is what counts.
    pub strong: bool,
}

impl Sum {
    fn new(label: impl Into<String>, amount: i64, currency: &str) -> Self {
        Self { label: label.into(), amount: money::text(amount, currency), strong: false }
    }

    fn strong(label: impl Into<String>, amount: i64, currency: &str) -> Self {
        Self { strong: true, ..Self::new(label, amount, currency) }
    }
}

/// Tax rates by their ids, as documents name them: `VAT 19 %`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<String, Rate>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rate {
    name: String,
    percentage: String,
}

impl Rates {
    /// All of an account.
    pub fn of(stripe: &Stripe) -> Self {
        let rates = stripe.tax_rates.iter().map(|rate| {
            let name = rate.told.get("display_name").and_then(Value::as_str).unwrap_or("Tax");
            let percentage = format!("{} %", rate.percentage.normalize());
            (rate.id.clone(), Rate { name: name.to_owned(), percentage })
        });
        Self(rates.collect())
    }

    fn percentage(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|rate| rate.percentage.as_str())
    }

    fn name(&self, id: &str) -> String {
        let rate = self.0.get(id);
        rate.map_or_else(|| "Tax".to_owned(), |rate| format!("{} {}", rate.name, rate.percentage))
    }
}

/// Taxes of a whole, by rate, as sums.
fn tax_sums<'a>(taxes: impl Iterator<Item = &'a Value>, rates: &Rates, currency: &str) -> Vec<Sum> {
    let sum = |tax: &Value| {
        let rate = field::text(tax, "/tax_rate_details/tax_rate").unwrap_or_default();
        let inclusive = field::text(tax, "/tax_behavior") == Some("inclusive");
        let name = rates.name(rate);
        let label = if inclusive { format!("of which {name}") } else { name };
        Sum::new(label, field::integer(tax, "/amount").unwrap_or(0), currency)
    };
    taxes.map(sum).collect()
}

/// The percentages of a line's taxes, such as `19 %` or `7 % + 2 %`.
fn tax_of_line(line: &Value, rates: &Rates) -> Option<String> {
    let taxes = field::rows(line, "/taxes");
    let taxes = taxes.filter_map(|tax| field::text(tax, "/tax_rate_details/tax_rate"));
    let taxes: Vec<&str> = taxes.filter_map(|rate| rates.percentage(rate)).collect();
    (!taxes.is_empty()).then(|| taxes.join(" + "))
}

/// An address in the lines of a letter.
pub(crate) fn address(shown: &Value) -> Vec<String> {
    let text = |name: &str| field::text(shown, name).unwrap_or_default();
    let town = format!("{} {}", text("/postal_code"), text("/city"));
    let town = [town.trim(), text("/state")].into_iter().filter(|part| !part.is_empty());
    let town = town.collect::<Vec<_>>().join(", ");
    let country = countries::name(text("/country"));
    let lines = [text("/line1"), text("/line2"), town.as_str(), country];
    lines.into_iter().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A tax id, such as `EU VAT DE123456789`.
pub(crate) fn tax_id(shown: &Value) -> String {
    let kind = field::text(shown, "/type").unwrap_or_default();
    let value = field::text(shown, "/value").unwrap_or_default();
    format!("{} {value}", kind.replace('_', " ").to_uppercase())
}

/// A date of a document, where it has one.
fn date(shown: &Value, pointer: &str) -> Option<String> {
    field::integer(shown, pointer).map(|at| dates::day(Timestamp(at)))
}
