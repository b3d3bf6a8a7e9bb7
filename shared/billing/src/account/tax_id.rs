//! Tax ids: what they look like by type and country (A2), and those of an account as they are at
//! Stripe.
//!
//! A form is all that is checked here. Whether the authority knows the number, Stripe finds out
//! later and tells by an event ([`Verification`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::TaxIdId;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Most tax ids of an account.
pub const TAX_IDS_MAX: usize = 5;
/// Longest tax id of a type whose form is not known here, in characters.
pub const VALUE_CHARACTERS_MAX: usize = 60;
/// Most removed tax ids that are remembered: a profile has room for no more.
const REMOVED_MAX: usize = 20;
/// For how long it is remembered that a tax id was removed, in seconds: Stripe's events are sent
/// again for 30 days.
pub const REMOVED_SECONDS: i64 = 40 * DAY_SECONDS;

/// A tax id as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaxIdSnapshot {
    /// Stripe's id.
    pub id: TaxIdId,
    /// Stripe's type, such as `eu_vat`.
    pub kind: String,
    /// The number, as invoices print it.
    pub value: String,
    /// What the authority says of it.
    pub verification: Verification,
    /// True if it was removed.
    #[serde(default)]
    pub removed: bool,
}

/// What the authority says of a tax id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// It has not answered yet.
    Pending,
    /// Nobody can be asked about this type.
    Unavailable,
    /// It does not know it.
    Unverified,
    /// It knows it.
    Verified,
}

/// A tax id of an account, and when it was so at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxId {
    /// The newest snapshot.
    pub snapshot: TaxIdSnapshot,
    /// Time at which that was true, at Stripe.
    pub as_of: Timestamp,
}

/// The tax ids of an account, with those that were removed lately: a late event does not bring one
/// back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaxIds(pub BTreeMap<TaxIdId, TaxId>);

/// The number does not have the form of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongForm {
    /// Another form is right.
    #[error("`{value}` is not written as a tax id of type `{kind}`: {expected} is expected")]
    Other {
        /// The type.
        kind: String,
        /// What was given.
        value: String,
        /// What is right.
        expected: String,
    },
    /// The number begins with no member state.
    #[error("`{0}` does not begin with the two letters of a member state of the EU, or with `XI`")]
    NoCountry(String),
    /// It is empty, or too long.
    #[error("1 to {VALUE_CHARACTERS_MAX} characters are expected")]
    Length,
}

impl Word for Verification {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Pending, "pending"),
        (Self::Unavailable, "unavailable"),
        (Self::Unverified, "unverified"),
        (Self::Verified, "verified"),
    ];
}

impl TaxIds {
    /// Those that are there, the oldest known first.
    pub fn present(&self) -> impl Iterator<Item = &TaxIdSnapshot> {
        self.0.values().map(|known| &known.snapshot).filter(|snapshot| !snapshot.removed)
    }

    /// After one more snapshot of one of them: the later wins, and a removed one does not come
    /// back.
    #[must_use]
    pub fn after(&self, told: &TaxIdSnapshot, at: Timestamp) -> Self {
        let mut all = self.clone();
        let new = TaxId { snapshot: told.clone(), as_of: at };
        let rank = |one: &TaxId| (one.snapshot.removed, one.as_of, one.snapshot.verification);
        let is_newer = all.0.get(&told.id).is_none_or(|known| rank(known) < rank(&new));
        if is_newer {
            all.0.insert(told.id.clone(), new);
        }
        all.without_old(at)
    }

    /// After a reading of all of them at Stripe, which was after these were read from the table:
    /// what is not among them is gone. `at` is a moment before the reading, by Stripe's clock.
    #[must_use]
    pub fn after_reading(&self, read: &[TaxIdSnapshot], at: Timestamp) -> Self {
        let is_new = |told: &&TaxIdSnapshot| {
            self.0.get(&told.id).is_none_or(|known| known.snapshot != **told)
        };
        let news = read.iter().filter(is_new);
        let mut all = news.fold(self.clone(), |all, told| all.after(told, at));
        for (id, known) in &mut all.0 {
            if !known.snapshot.removed && read.iter().all(|told| told.id != *id) {
                known.snapshot.removed = true;
                known.as_of = known.as_of.max(at);
            }
        }
        all.without_old(at)
    }

    /// All of them in one line, as the journal has it; nothing when there are none.
    pub fn one_line(&self) -> Option<String> {
        let one =
            |it: &TaxIdSnapshot| format!("{} ({}, {})", it.value, it.kind, it.verification.word());
        let all: Vec<String> = self.present().map(one).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    fn without_old(mut self, at: Timestamp) -> Self {
        let since = at.plus_seconds(REMOVED_SECONDS.saturating_neg());
        let removed = self.0.values().filter(|known| known.snapshot.removed);
        let mut times: Vec<Timestamp> = removed.map(|known| known.as_of).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        let oldest = times.get(REMOVED_MAX.saturating_sub(1)).copied();
        let since = oldest.map_or(since, |oldest| since.max(oldest));
        self.0.retain(|_, known| !known.snapshot.removed || known.as_of >= since);
        self
    }
}

/// What a number looks like: `#` is a digit, `@` a letter, `?` either, anything else itself.
struct Form {
    /// The type.
    kind: &'static str,
    /// Each form that is right.
    patterns: &'static [&'static str],
    /// The right form, for a person.
    expected: &'static str,
}

/// The types whose form we know, but for `eu_vat`. Sources: the tax authorities' pages that
/// docs.stripe.com/billing/customer/tax-ids names.
const FORMS: &[Form] = &[
    Form {
        kind: "au_abn",
        patterns: &["###########"],
        expected: "11 digits, such as `12345678912`,",
    },
    Form { kind: "ca_bn", patterns: &["#########"], expected: "9 digits, such as `123456789`," },
    Form {
        kind: "ch_vat",
        patterns: &["CHE-###.###.### MWST", "CHE-###.###.### TVA", "CHE-###.###.### IVA"],
        expected: "`CHE-123.456.789 MWST` (or `TVA`, `IVA`)",
    },
    Form {
        kind: "gb_vat",
        patterns: &["GB#########", "GB############", "GBGD###", "GBHA###"],
        expected: "`GB` and 9 or 12 digits, such as `GB123456789`,",
    },
    Form {
        kind: "in_gst",
        patterns: &["##@@@@@####@?Z?"],
        expected: "15 characters such as `12ABCDE3456FGZH`",
    },
    Form { kind: "no_vat", patterns: &["#########MVA"], expected: "9 digits and `MVA`" },
    Form { kind: "us_ein", patterns: &["##-#######"], expected: "`12-3456789`" },
];

/// VAT numbers of the member states and of Northern Ireland (`ec.europa.eu/taxation_customs/vies`):
/// the country's two letters, the forms of what follows, and these for a person.
const EU_VAT: &[(&str, &[&str], &str)] = &[
    ("AT", &["U########"], "`ATU` and 8 digits"),
    ("BE", &["0#########", "1#########"], "`BE` and 10 digits that begin with 0 or 1"),
    ("BG", &["#########", "##########"], "`BG` and 9 or 10 digits"),
    ("CY", &["########@"], "`CY`, 8 digits and a letter"),
    ("CZ", &["########", "#########", "##########"], "`CZ` and 8 to 10 digits"),
    ("DE", &["#########"], "`DE` and 9 digits"),
    ("DK", &["########"], "`DK` and 8 digits"),
    ("EE", &["#########"], "`EE` and 9 digits"),
    ("EL", &["#########"], "`EL` and 9 digits"),
    (
        "ES",
        &["@#######@", "########@", "@########"],
        "`ES` and 9 characters, the first or last a letter,",
    ),
    ("FI", &["########"], "`FI` and 8 digits"),
    ("FR", &["??#########"], "`FR`, 2 characters and 9 digits"),
    ("HR", &["###########"], "`HR` and 11 digits"),
    ("HU", &["########"], "`HU` and 8 digits"),
    ("IE", &["#######@", "#######@@", "#@#####@"], "`IE`, 7 digits and 1 or 2 letters"),
    ("IT", &["###########"], "`IT` and 11 digits"),
    ("LT", &["#########", "############"], "`LT` and 9 or 12 digits"),
    ("LU", &["########"], "`LU` and 8 digits"),
    ("LV", &["###########"], "`LV` and 11 digits"),
    ("MT", &["########"], "`MT` and 8 digits"),
    ("NL", &["#########B##"], "`NL`, 9 digits, `B` and 2 digits"),
    ("PL", &["##########"], "`PL` and 10 digits"),
    ("PT", &["#########"], "`PT` and 9 digits"),
    ("RO", RO_VAT, "`RO` and 2 to 10 digits"),
    ("SE", &["############"], "`SE` and 12 digits"),
    ("SI", &["########"], "`SI` and 8 digits"),
    ("SK", &["##########"], "`SK` and 10 digits"),
    ("XI", &["#########", "############", "GD###", "HA###"], "`XI` and 9 or 12 digits"),
];

const RO_VAT: &[&str] =
    &["##", "###", "####", "#####", "######", "#######", "########", "#########", "##########"];

/// A number as it is written: without blanks around it, in capitals, and within it only those marks
/// that belong there.
pub fn normal(kind: &str, value: &str) -> String {
    let value = value.trim().to_uppercase();
    let has_no_marks = |form: &Form| form.patterns.iter().all(|it| !it.contains(['-', '.', ' ']));
    let is_compact =
        kind == "eu_vat" || FORMS.iter().any(|form| form.kind == kind && has_no_marks(form));
    let kept = |c: &char| !is_compact || !(c.is_whitespace() || matches!(c, '.' | '-'));
    value.chars().filter(kept).collect()
}

/// Refuses a number, as [`normal`] has it, that does not have its type's form (A2). Of a type whose
/// form is not known here, only the length is looked at; Stripe has the last word on each.
pub fn check_form(kind: &str, value: &str) -> Result<(), WrongForm> {
    if !(1..=VALUE_CHARACTERS_MAX).contains(&value.chars().count()) {
        return Err(WrongForm::Length);
    }
    let other = |expected: &str| WrongForm::Other {
        kind: kind.to_owned(),
        value: value.to_owned(),
        expected: expected.trim_end_matches(',').to_owned(),
    };
    if kind == "eu_vat" {
        let country = EU_VAT.iter().find(|(country, _, _)| value.starts_with(country));
        let (country, patterns, expected) =
            country.ok_or_else(|| WrongForm::NoCountry(value.to_owned()))?;
        let number = value.strip_prefix(country).unwrap_or_default();
        let fits = patterns.iter().any(|pattern| fits(pattern, number));
        return if fits { Ok(()) } else { Err(other(expected)) };
    }
    let Some(form) = FORMS.iter().find(|form| form.kind == kind) else { return Ok(()) };
    let fits = form.patterns.iter().any(|pattern| fits(pattern, value));
    if fits { Ok(()) } else { Err(other(form.expected)) }
}

fn fits(pattern: &str, value: &str) -> bool {
    let is = |(wanted, given): (char, char)| match wanted {
        '#' => given.is_ascii_digit(),
        '@' => given.is_ascii_uppercase(),
        '?' => given.is_ascii_digit() || given.is_ascii_uppercase(),
        itself => itself == given,
    };
    pattern.chars().count() == value.chars().count() && pattern.chars().zip(value.chars()).all(is)
}

#[cfg(test)]
mod tests;
