//! What tax ids look like, by type and country, and what Stripe's test numbers lead to.

use crate::error::ApiError;

/// What the authority answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It knows the number.
    Known,
    /// It does not.
    Unknown,
    /// It does not answer.
    None,
}

/// Stripe's test numbers.
const TEST_NUMBERS: [(&str, Answer); 3] =
    [("000000000", Answer::Known), ("111111111", Answer::Unknown), ("222222222", Answer::None)];

/// What the types that are checked look like: `9` is a digit, `A` a letter, `X` either of them, and
/// everything else itself. European numbers begin with their country.
const FORMATS: &[(&str, &[&str])] = &[
    ("au_abn", &["99999999999"]),
    ("ch_vat", &["CHE-999.999.999 MWST", "CHE-999.999.999 TVA", "CHE-999.999.999 IVA"]),
    ("de_stn", &["9999999999", "99999999999"]),
    ("es_cif", &["A99999999", "A9999999A"]),
    ("eu_oss_vat", &["EU999999999"]),
    ("eu_vat", EU_VAT),
    ("gb_vat", &["GB999999999", "GB999999999999", "GBGD999", "GBHA999"]),
    ("in_gst", &["99AAAAA9999AXZX", "99AAAAA9999AXAX"]),
    ("no_vat", &["999999999MVA"]),
    ("nz_gst", &["99999999", "999999999"]),
    ("us_ein", &["99-9999999"]),
    ("za_vat", &["4999999999"]),
];

/// `ec.europa.eu/taxation_customs/vies`: the structure of VAT numbers by member state.
const EU_VAT: &[&str] = &[
    "ATU99999999",
    "BE0999999999",
    "BE1999999999",
    "BG999999999",
    "BG9999999999",
    "CY99999999A",
    "CZ99999999",
    "CZ999999999",
    "CZ9999999999",
    "DE999999999",
    "DK99999999",
    "EE999999999",
    "EL999999999",
    "ESX9999999X",
    "FI99999999",
    "FRXX999999999",
    "HR99999999999",
    "HU99999999",
    "IE9999999A",
    "IE9A99999A",
    "IE9999999AA",
    "IT99999999999",
    "LT999999999",
    "LT999999999999",
    "LU99999999",
    "LV99999999999",
    "MT99999999",
    "NL999999999B99",
    "PL9999999999",
    "PT999999999",
    "RO99",
    "RO999",
    "RO9999",
    "RO99999",
    "RO999999",
    "RO9999999",
    "RO99999999",
    "RO999999999",
    "RO9999999999",
    "SE999999999999",
    "SI99999999",
    "SK9999999999",
    "XI999999999",
    "XI999999999999",
    "XIGD999",
    "XIHA999",
];

/// Refuses a number that is not well formed for its type; types that are not checked take any.
pub fn check(kind: &str, value: &str, param: &str) -> Result<(), ApiError> {
    let formats = FORMATS.iter().find(|(known, _)| *known == kind).map(|(_, formats)| *formats);
    let fits = match formats {
        None => !value.trim().is_empty(),
        Some(formats) => {
            TEST_NUMBERS.iter().any(|(number, _)| *number == value)
                || formats.iter().any(|format| fits(format, value))
        }
    };
    if fits {
        return Ok(());
    }
    let error = ApiError::invalid(format!("Invalid value for {kind}."));
    Err(error.code("tax_id_invalid").param(param))
}

fn fits(format: &str, value: &str) -> bool {
    let mut letters = value.chars();
    format.chars().all(|wanted| {
        letters.next().is_some_and(|letter| match wanted {
            '9' => letter.is_ascii_digit(),
            'A' => letter.is_ascii_uppercase(),
            'X' => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            _ => letter == wanted,
        })
    }) && letters.next().is_none()
}

/// True if Stripe asks an authority for the type.
pub fn is_verified(kind: &str) -> bool {
    matches!(kind, "au_abn" | "eu_vat" | "gb_vat")
}

/// What the authority answers of a number.
pub fn answer(value: &str) -> Answer {
    let test = TEST_NUMBERS.iter().find(|(number, _)| value.contains(number));
    test.map_or(Answer::Known, |(_, answer)| *answer)
}

/// The country of a tax id, where the type or the number tells it.
pub fn country(kind: &str, value: &str) -> Option<String> {
    let prefix = match kind {
        "eu_vat" => value.get(..2)?,
        "eu_oss_vat" | "unknown" => return None,
        _ => kind.split('_').next()?,
    };
    let country = match prefix.to_ascii_uppercase().as_str() {
        "EL" => "GR".to_owned(),
        "XI" => "GB".to_owned(),
        // The Canary Islands are Spain's.
        "IC" => "ES".to_owned(),
        other if other.bytes().all(|letter| letter.is_ascii_uppercase()) => other.to_owned(),
        _ => return None,
    };
    Some(country)
}
