//! Tax ids: what they look like by type and country (A2), and those of an account as they are at Stripe.
//!
//! A form is all that is checked here. Whether the authority knows the number, Stripe finds out later and tells by an
//! event ([`Verification`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::TaxIdId;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Most tax ids of an account.
pub const TAX_IDS_MAX: usize = 5;
/// Longest tax id of a type whose form is not known here, in characters.
pub const VALUE_CHARACTERS_MAX: usize = 60;
/// For how long it is remembered that a tax id was removed, in seconds: Stripe's events are sent again for 30 days.
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
    /// Whether it was removed.
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
    /// When that was true, at Stripe.
    pub as_of: Timestamp,
}

/// The tax ids of an account, with those that were removed lately: a late event does not bring one back.
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

    /// After one more snapshot of one of them: the later wins, and a removed one does not come back.
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

    /// After a reading of all of them at Stripe, which was after these were read from the table: what is not among them
    /// is gone. `at` is a moment before the reading, by Stripe's clock.
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

/// VAT numbers of the member states and of Northern Ireland (`ec.europa.eu/taxation_customs/vies`): the country's
/// two letters, the forms of what follows, and these for a person.
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

/// A number as it is written: without blanks around it, in capitals, and within it only those marks that belong there.
pub fn normal(kind: &str, value: &str) -> String {
    let value = value.trim().to_uppercase();
    let has_no_marks = |form: &Form| form.patterns.iter().all(|it| !it.contains(['-', '.', ' ']));
    let is_compact =
        kind == "eu_vat" || FORMS.iter().any(|form| form.kind == kind && has_no_marks(form));
    let kept = |c: &char| !is_compact || !(c.is_whitespace() || matches!(c, '.' | '-'));
    value.chars().filter(kept).collect()
}

/// Refuses a number, as [`normal`] has it, that does not have its type's form (A2). Of a type whose form is not known
/// here, only the length is looked at; Stripe has the last word on each.
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
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    /// Those of docs.stripe.com/billing/customer/tax-ids.
    const RIGHT: &[(&str, &str)] = &[
        ("eu_vat", "ATU12345678"),
        ("eu_vat", "BE0123456789"),
        ("eu_vat", "BG0123456789"),
        ("eu_vat", "CY12345678Z"),
        ("eu_vat", "CZ1234567890"),
        ("eu_vat", "DE123456789"),
        ("eu_vat", "DK12345678"),
        ("eu_vat", "EE123456789"),
        ("eu_vat", "EL123456789"),
        ("eu_vat", "ESA1234567Z"),
        ("eu_vat", "FI12345678"),
        ("eu_vat", "FRAB123456789"),
        ("eu_vat", "HR12345678912"),
        ("eu_vat", "HU12345678"),
        ("eu_vat", "IE1234567AB"),
        ("eu_vat", "IT12345678912"),
        ("eu_vat", "LT123456789123"),
        ("eu_vat", "LU12345678"),
        ("eu_vat", "LV12345678912"),
        ("eu_vat", "MT12345678"),
        ("eu_vat", "NL123456789B12"),
        ("eu_vat", "PL1234567890"),
        ("eu_vat", "PT123456789"),
        ("eu_vat", "RO1234567891"),
        ("eu_vat", "SE123456789123"),
        ("eu_vat", "SI12345678"),
        ("eu_vat", "SK1234567891"),
        ("eu_vat", "XI123456789"),
        ("gb_vat", "GB123456789"),
        ("us_ein", "12-3456789"),
        ("ch_vat", "CHE-123.456.789 MWST"),
        ("in_gst", "12ABCDE3456FGZH"),
        ("au_abn", "12345678912"),
        ("ca_bn", "123456789"),
        ("no_vat", "123456789MVA"),
        ("jp_trn", "T1234567891234"),
    ];

    /// Goal: each country's own form is taken and a slip in it refused, with the right form (A2).
    #[test]
    fn each_type_and_country_has_its_form() {
        for (kind, value) in RIGHT {
            assert_eq!(check_form(kind, &normal(kind, value)), Ok(()), "{kind} {value}");
            // One character less or more is never right, but where a country has several lengths.
            let several = ["BG", "CZ", "RO", "IE"].iter().any(|it| value.starts_with(it));
            let longer = format!("{value}1");
            let known = *kind == "eu_vat" || FORMS.iter().any(|form| form.kind == *kind);
            if known && !several {
                assert!(check_form(kind, &value[..value.len() - 1]).is_err(), "{kind} {value} -1");
                assert!(check_form(kind, &longer).is_err(), "{kind} {longer}");
            }
        }
        for (kind, value) in [
            ("eu_vat", "GB123456789"),
            ("eu_vat", "GR123456789"),
            ("eu_vat", "DE12345678A"),
            ("eu_vat", "NL123456789C12"),
            ("us_ein", "123456789"),
            ("ch_vat", "CHE123456789"),
            ("no_vat", "123456789"),
            ("eu_vat", ""),
            ("jp_trn", " "),
        ] {
            assert!(check_form(kind, &normal(kind, value)).is_err(), "{kind} {value}");
        }
        let error = check_form("eu_vat", "DE1").unwrap_err().to_string();
        assert!(error.ends_with("`DE` and 9 digits is expected"), "{error}");
    }

    #[test]
    fn what_people_put_between_digits_is_left_out() {
        assert_eq!(normal("eu_vat", " de 123.456-789 "), "DE123456789");
        assert_eq!(normal("au_abn", "12 345 678 912"), "12345678912");
        assert_eq!(normal("us_ein", "12-3456789 "), "12-3456789");
        assert_eq!(normal("ch_vat", "che-123.456.789 mwst"), "CHE-123.456.789 MWST");
    }

    fn told(id: &str, verification: Verification, removed: bool) -> TaxIdSnapshot {
        TaxIdSnapshot {
            id: TaxIdId::parse(id).unwrap(),
            kind: "eu_vat".to_owned(),
            value: "DE123456789".to_owned(),
            verification,
            removed,
        }
    }

    /// Goal: any order of a tax id's events gives the same, and a removed one does not come back.
    #[test]
    fn events_commute_and_a_removed_one_stays_away() {
        let made = (told("txi_1", Verification::Pending, false), NOW);
        let verified = (told("txi_1", Verification::Verified, false), NOW.plus_seconds(10));
        let removed = (told("txi_1", Verification::Verified, true), NOW.plus_seconds(20));
        let after = |order: [&(TaxIdSnapshot, Timestamp); 3]| {
            let none = TaxIds::default();
            order.into_iter().fold(none, |all, (told, at)| all.after(told, *at))
        };
        let expected = after([&made, &verified, &removed]);
        for order in [
            [&made, &removed, &verified],
            [&verified, &made, &removed],
            [&removed, &made, &verified],
            [&removed, &verified, &made],
        ] {
            assert_eq!(after(order), expected);
        }
        assert_eq!(expected.present().count(), 0);
        let later = told("txi_2", Verification::Pending, false);
        let much_later = NOW.plus_seconds(REMOVED_SECONDS + 21);
        assert_eq!(expected.after(&later, much_later).0.len(), 1, "remembered for ever");
    }

    /// Goal: a reading is the whole set: what it does not show is gone, and what it shows again is no news.
    #[test]
    fn a_reading_is_the_whole_set() {
        let both = ["txi_1", "txi_2"].map(|id| told(id, Verification::Pending, false));
        let known = both.iter().fold(TaxIds::default(), |all, told| all.after(told, NOW));
        assert_eq!(known.after_reading(&both, NOW.plus_seconds(9)), known);
        let read = known.after_reading(&both[1..], NOW);
        let left: Vec<&str> = read.present().map(|it| it.id.as_str()).collect();
        assert_eq!(left, ["txi_2"]);
        assert_eq!(read.after(&both[0], NOW.plus_seconds(9)), read, "a late event");
        assert_eq!(read.one_line().unwrap(), "DE123456789 (eu_vat, pending)");
    }
}
