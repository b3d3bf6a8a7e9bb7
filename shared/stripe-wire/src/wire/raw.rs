//! One field: its JSON text, found but not yet read, and the readers that turn it into a value.
//!
//! Every reader takes the field's name, as a path from the object that the event is about, so that
//! a refusal says what is wrong with which field. It is not a JSON parser: `serde_json` finds the
//! text, and checks its syntax while doing so.

use std::borrow::Cow;

use billing::ids::{CustomerId, NotAnId};
use billing::money::{Currency, NotACurrency};
use billing::tax::{NotAPercentage, Percent};
use billing::time::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Longest text that is kept, in bytes: what Stripe's API description allows for most of its
/// strings (`maxLength: 5000`).
pub const TEXT_BYTES_MAX: usize = 5_000;

/// The largest amount that is read, in minor units: more than Stripe charges in any currency, and
/// so little that sums of all that an account owes fit.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// The largest quantity that is read.
pub const QUANTITY_MAX: i64 = 1_000_000;

/// How much of an unknown value a refusal repeats, in characters.
const VALUE_CHARACTERS_MAX: usize = 40;

/// Reason why an event is unreadable, naming the field.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// A required field is absent or null.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A number is expected: an integer literal that 64 bits hold.
    #[error("`{0}` is not a whole number that 64 bits hold")]
    NotAnInteger(&'static str),
    /// An amount, a count or a quantity is out of its range.
    #[error("`{0}` is negative or too large")]
    OutOfRange(&'static str),
    /// A time is outside 1970 to 9999.
    #[error("`{0}` is not a time")]
    NotATime(&'static str),
    /// A string is expected.
    #[error("`{0}` is not text")]
    NotText(&'static str),
    /// A string has more than [`TEXT_BYTES_MAX`].
    #[error("`{0}` is longer than {TEXT_BYTES_MAX} bytes")]
    TooLong(&'static str),
    /// `true` or `false` is expected.
    #[error("`{0}` is neither true nor false")]
    NotABool(&'static str),
    /// An object is expected.
    #[error("`{0}` is not an object")]
    NotAnObject(&'static str),
    /// An array is expected.
    #[error("`{0}` is not a list")]
    NotAList(&'static str),
    /// An id is expected.
    #[error("`{field}` is not an id: {source}")]
    NotAnId {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: NotAnId,
    },
    /// A currency is expected.
    #[error("`{field}` is not a currency: {source}")]
    NotACurrency {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: NotACurrency,
    },
    /// A percentage is expected.
    #[error("`{field}` cannot be used: {source}")]
    NotAPercentage {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: NotAPercentage,
    },
    /// A rule depends on this value, and we do not know it.
    #[error("`{field}` has a value that is not known here: `{value}`")]
    Unknown {
        /// The field.
        field: &'static str,
        /// The beginning of its value.
        value: String,
    },
    /// Something else stands where the event or one of its parts should be an object, or a field of
    /// it is named twice.
    #[error("it cannot be read: {0}")]
    Shape(#[source] serde_json::Error),
    /// A field of a nested object that we read is named twice.
    #[error("`{field}` cannot be read: {source}")]
    Nested {
        /// The object.
        field: &'static str,
        /// Which field, and where.
        source: serde_json::Error,
    },
}

/// The text of a field's value; nothing when the field is absent or null.
#[derive(Clone, Copy, Default)]
pub(super) struct Raw<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object in place of its id: what Stripe writes where the endpoint asks for expansion.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Expanded<'a> {
    id: Raw<'a>,
}

impl<'a> Raw<'a> {
    pub(super) fn is_null(self) -> bool {
        self.0.is_none()
    }

    /// Any string of bearable length.
    pub(super) fn text(self, field: &'static str) -> Result<Option<Cow<'a, str>>, Reason> {
        let Some(raw) = self.0 else { return Ok(None) };
        let Text(text) = serde_json::from_str(raw.get()).map_err(|_| Reason::NotText(field))?;
        if text.len() > TEXT_BYTES_MAX {
            return Err(Reason::TooLong(field));
        }
        Ok(Some(text))
    }

    /// A string that the fact keeps.
    pub(super) fn owned(self, field: &'static str) -> Result<Option<String>, Reason> {
        Ok(self.text(field)?.map(Cow::into_owned))
    }

    /// An integer literal: the text is read as it stands, so that no float comes near it.
    pub(super) fn integer(self, field: &'static str) -> Result<Option<i64>, Reason> {
        let Some(raw) = self.0 else { return Ok(None) };
        let integer = raw.get().parse().map_err(|_| Reason::NotAnInteger(field))?;
        Ok(Some(integer))
    }

    /// An integer that is not negative and fits its type.
    pub(super) fn count<N: TryFrom<i64>>(self, field: &'static str) -> Result<Option<N>, Reason> {
        let Some(integer) = self.integer(field)? else {
            return Ok(None);
        };
        let count = N::try_from(integer).map_err(|_| Reason::OutOfRange(field))?;
        Ok(Some(count))
    }

    /// An amount in minor units that cannot be negative.
    pub(super) fn amount(self, field: &'static str) -> Result<Option<i64>, Reason> {
        match self.signed_amount(field)? {
            Some(amount) if amount < 0 => Err(Reason::OutOfRange(field)),
            amount => Ok(amount),
        }
    }

    /// An amount in minor units, of at most [`AMOUNT_MAX`] either way.
    pub(super) fn signed_amount(self, field: &'static str) -> Result<Option<i64>, Reason> {
        match self.integer(field)? {
            Some(amount) if !(-AMOUNT_MAX..=AMOUNT_MAX).contains(&amount) => {
                Err(Reason::OutOfRange(field))
            }
            amount => Ok(amount),
        }
    }

    /// A number of units, so small that its price is an amount: Stripe takes up to a million.
    pub(super) fn quantity<N: TryFrom<i64>>(
        self,
        field: &'static str,
    ) -> Result<Option<N>, Reason> {
        if self.integer(field)?.is_some_and(|quantity| quantity > QUANTITY_MAX) {
            return Err(Reason::OutOfRange(field));
        }
        self.count(field)
    }

    /// Unix seconds.
    pub(super) fn time(self, field: &'static str) -> Result<Option<Timestamp>, Reason> {
        match self.integer(field)?.map(Timestamp) {
            Some(at) if at < Timestamp::MIN || at > Timestamp::MAX => Err(Reason::NotATime(field)),
            at => Ok(at),
        }
    }

    pub(super) fn flag(self, field: &'static str) -> Result<Option<bool>, Reason> {
        match self.0.map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Reason::NotABool(field)),
        }
    }

    /// A percentage, read digit by digit as it stands.
    pub(super) fn percent(self, field: &'static str) -> Result<Option<Percent>, Reason> {
        let parse = |raw: &RawValue| {
            Percent::parse(raw.get()).map_err(|source| Reason::NotAPercentage { field, source })
        };
        self.0.map(parse).transpose()
    }

    pub(super) fn currency(self, field: &'static str) -> Result<Option<Currency>, Reason> {
        let parse = |code: Cow<'_, str>| {
            Currency::parse(&code).map_err(|source| Reason::NotACurrency { field, source })
        };
        self.text(field)?.map(parse).transpose()
    }

    /// One of our id types.
    pub(super) fn id<T>(
        self,
        field: &'static str,
        parse: fn(&str) -> Result<T, NotAnId>,
    ) -> Result<Option<T>, Reason> {
        let parse =
            |id: Cow<'_, str>| parse(&id).map_err(|source| Reason::NotAnId { field, source });
        self.text(field)?.map(parse).transpose()
    }

    /// The id of another object, written as its id or, expanded, as the object itself.
    pub(super) fn reference<T>(
        self,
        field: &'static str,
        parse: fn(&str) -> Result<T, NotAnId>,
    ) -> Result<Option<T>, Reason> {
        if self.starts_with('{') {
            let Expanded { id } = self.object(field)?.unwrap_or_default();
            return present(field, id.id(field, parse)?).map(Some);
        }
        self.id(field, parse)
    }

    /// The fields of an object. Its kind is checked by its first character: serde would take an
    /// array for an object, position by position.
    pub(super) fn object<T: Deserialize<'a>>(
        self,
        field: &'static str,
    ) -> Result<Option<T>, Reason> {
        let Some(raw) = self.0 else { return Ok(None) };
        if !self.starts_with('{') {
            return Err(Reason::NotAnObject(field));
        }
        // The syntax has been checked, and each field's text is taken as it is.
        serde_json::from_str(raw.get()).map(Some).map_err(|source| Reason::Nested { field, source })
    }

    /// The elements of an array; none when it is absent.
    pub(super) fn list(self, field: &'static str) -> Result<Vec<Self>, Reason> {
        let Some(raw) = self.0 else {
            return Ok(Vec::new());
        };
        serde_json::from_str(raw.get()).map_err(|_| Reason::NotAList(field))
    }

    fn starts_with(self, first: char) -> bool {
        self.0.is_some_and(|raw| raw.get().starts_with(first))
    }
}

/// A field that must be there.
pub(super) fn present<T>(field: &'static str, value: Option<T>) -> Result<T, Reason> {
    value.ok_or(Reason::Missing(field))
}

/// The customer that an object belongs to.
pub(super) fn customer(raw: Raw<'_>) -> Result<CustomerId, Reason> {
    present("customer", raw.reference("customer", CustomerId::parse)?)
}

/// Checks what kind of object this is, where it says so.
pub(super) fn expect_object(raw: Raw<'_>, expected: &str) -> Result<(), Reason> {
    match raw.text("object")? {
        Some(other) if other != expected => Err(unknown("object", &other)),
        Some(_) | None => Ok(()),
    }
}

/// A value that we do not know, where a rule depends on it.
pub(super) fn unknown(field: &'static str, value: &str) -> Reason {
    Reason::Unknown { field, value: value.chars().take(VALUE_CHARACTERS_MAX).collect() }
}
