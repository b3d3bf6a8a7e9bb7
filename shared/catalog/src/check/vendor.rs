//! The vendor's own words, as mails print them.

use toml::Spanned;

use super::Check;
use crate::{Vendor, raw};

/// Longest of them, in characters.
const CHARACTERS_MAX: usize = 200;

impl Check<'_> {
    /// Words in one line each.
    pub(super) fn vendor(&mut self, raw: &raw::Vendor) -> Vendor {
        Vendor {
            name: self.words("vendor.name", &raw.name),
            support: self.words("vendor.support", &raw.support),
            footer: self.words("vendor.footer", &raw.footer),
        }
    }

    pub(super) fn words(&mut self, what: &str, given: &Spanned<String>) -> String {
        let words = given.get_ref();
        let is_too_long = words.chars().count() > CHARACTERS_MAX;
        if words.trim().is_empty() || is_too_long || words.chars().any(char::is_control) {
            let reason = format!("{what} is one line of 1 to {CHARACTERS_MAX} characters");
            self.complain(given.span(), reason);
        }
        words.clone()
    }
}
