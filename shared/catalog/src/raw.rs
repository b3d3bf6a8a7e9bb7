//! The catalog's text as TOML has it, each value with its place, before anything is checked.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub currency: Spanned<String>,
    pub late_usage_hours: Spanned<u32>,
    pub vendor: Vendor,
    pub resources: Vec<Resource>,
    pub plans: Vec<Plan>,
    pub credits: Credits,
    #[serde(default)]
    pub tax_rates: Vec<TaxRate>,
    #[serde(default)]
    pub bank_accounts: Vec<BankAccount>,
    #[serde(default)]
    pub cancellation: Vec<Condition>,
    #[serde(default)]
    pub regions: Vec<Region>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub code: Spanned<String>,
    pub met: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    pub currency: Spanned<String>,
    pub holder: Spanned<String>,
    pub account: Spanned<String>,
    pub bank_code: Spanned<String>,
    pub bank: Spanned<String>,
    pub reference: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    pub name: Spanned<String>,
    pub support: Spanned<String>,
    pub footer: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
    pub percent: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
    pub unit: Spanned<String>,
    pub kind: Kind,
    pub blocks_cancel: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Sum,
    Gauge,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
    #[serde(default)]
    pub sold: Sold,
    pub seats_max: Option<Spanned<u32>>,
    pub renews: Option<Spanned<Renews>>,
    #[serde(default)]
    pub prices: Vec<Spanned<Price>>,
    pub resources: BTreeMap<Spanned<String>, Spanned<Terms>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sold {
    #[default]
    ToAll,
    ByStaff,
    NotAnyMore,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renews {
    OnTheFirst,
    OnTheDay,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub interval: Interval,
    pub amount: Spanned<i64>,
    pub seat_amount: Option<Spanned<i64>>,
    pub billed: Spanned<Billed>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Month,
    Year,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    InAdvance,
    InArrears,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub included: Option<u64>,
    #[serde(default)]
    pub unlimited: bool,
    pub beyond: Option<Beyond>,
    #[serde(default)]
    pub tiers: Vec<Spanned<Tier>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    Refuse,
    Restrict,
    Priced,
    Credits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub up_to: Option<u64>,
    pub unit_amount: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credits {
    pub currency: Spanned<String>,
    pub packs: Vec<Pack>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
    pub tokens: Spanned<u64>,
    pub amount: Spanned<i64>,
}
