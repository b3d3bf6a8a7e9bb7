//! Attributes in and out: a writer and a reader that name what is wrong.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::money::{Currency, Money};
use billing::time::Timestamp;

use crate::error::StoreError;
use crate::keys::{ENTITY, Key, PK, SK, VERSION};

/// An item, or a map within one.
pub type Attributes = HashMap<String, AttributeValue>;

/// Builds an item or a map; what is absent is left out.
#[derive(Debug, Default)]
pub struct Writer(Attributes);

impl Writer {
    /// An item, with its key, entity and version.
    pub fn item(key: Key, entity: &str, version: u64) -> Self {
        Self::default()
            .text(PK, key.pk)
            .text(SK, key.sk)
            .text(ENTITY, entity)
            .number(VERSION, version)
    }

    /// Text.
    #[must_use]
    pub fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(text.into()));
        self
    }

    /// Text, if there is any.
    #[must_use]
    pub fn maybe_text(self, name: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn number(mut self, name: &str, number: impl std::fmt::Display) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        self
    }

    /// A whole number, if there is one.
    #[must_use]
    pub fn maybe_number(self, name: &str, number: Option<impl std::fmt::Display>) -> Self {
        match number {
            Some(number) => self.number(name, number),
            None => self,
        }
    }

    /// A moment, if there is one.
    #[must_use]
    pub fn maybe_time(self, name: &str, at: Option<Timestamp>) -> Self {
        match at {
            Some(at) => self.number(name, at.0),
            None => self,
        }
    }

    /// A flag: left out when it is not set.
    #[must_use]
    pub fn flag(mut self, name: &str, set: bool) -> Self {
        if set {
            self.0.insert(name.to_owned(), AttributeValue::Bool(true));
        }
        self
    }

    /// A map: left out when it is empty.
    #[must_use]
    pub fn map(mut self, name: &str, map: Attributes) -> Self {
        if !map.is_empty() {
            self.0.insert(name.to_owned(), AttributeValue::M(map));
        }
        self
    }

    /// A list: left out when it is empty.
    #[must_use]
    pub fn list(mut self, name: &str, list: Vec<AttributeValue>) -> Self {
        if !list.is_empty() {
            self.0.insert(name.to_owned(), AttributeValue::L(list));
        }
        self
    }

    /// What was built.
    pub fn done(self) -> Attributes {
        self.0
    }
}

/// Reads an item or a map within one; remembers whose it is, for errors.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    item: &'a Attributes,
    here: &'a Attributes,
}

impl<'a> Reader<'a> {
    /// Of an item.
    pub fn new(item: &'a Attributes) -> Self {
        Self { item, here: item }
    }

    /// An error about this item.
    pub fn corrupt(&self, what: impl Into<String>) -> StoreError {
        let key = |name: &str| {
            let text = self.item.get(name).and_then(|value| value.as_s().ok());
            text.cloned().unwrap_or_default()
        };
        StoreError::Corrupt { pk: key(PK), sk: key(SK), what: what.into() }
    }

    /// Text that may be absent.
    pub fn maybe_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        match self.here.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.corrupt(format!("`{name}` is not text"))),
        }
    }

    /// Text.
    pub fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.maybe_text(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    /// Text that is one of our words, or an id; it may be absent.
    pub fn maybe<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.maybe_text(name)? else {
            return Ok(None);
        };
        let unknown = || self.corrupt(format!("`{name}` is `{text}`"));
        parse(text).map(Some).ok_or_else(unknown)
    }

    /// Text that is one of our words, or an id.
    pub fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        self.maybe(name, parse)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    /// A whole number that may be absent.
    pub fn maybe_number<N: FromStr>(&self, name: &str) -> Result<Option<N>, StoreError> {
        match self.here.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => {
                let wrong = || self.corrupt(format!("`{name}` is `{number}`"));
                number.parse().map(Some).map_err(|_| wrong())
            }
            Some(_) => Err(self.corrupt(format!("`{name}` is not a number"))),
        }
    }

    /// A whole number.
    pub fn number<N: FromStr>(&self, name: &str) -> Result<N, StoreError> {
        self.maybe_number(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    /// A moment that may be absent.
    pub fn maybe_time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_number(name)?.map(Timestamp))
    }

    /// A moment.
    pub fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp)
    }

    /// A flag; absent is not set.
    pub fn flag(&self, name: &str) -> Result<bool, StoreError> {
        match self.here.get(name) {
            None => Ok(false),
            Some(AttributeValue::Bool(set)) => Ok(*set),
            Some(_) => Err(self.corrupt(format!("`{name}` is not a flag"))),
        }
    }

    /// Money in two attributes.
    pub fn money(&self, amount: &str, currency: &str) -> Result<Money, StoreError> {
        let currency = self.word(currency, |code| Currency::parse(code).ok())?;
        Ok(Money::new(self.number(amount)?, currency))
    }

    /// A map within this one; none when it is absent.
    pub fn map(&self, name: &str) -> Result<Option<Self>, StoreError> {
        match self.here.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(here)) => Ok(Some(Self { item: self.item, here })),
            Some(_) => Err(self.corrupt(format!("`{name}` is not a map"))),
        }
    }

    /// The maps within a map, by name; none when it is absent.
    pub fn maps(&self, name: &str) -> Result<Vec<(&'a str, Self)>, StoreError> {
        let Some(map) = self.map(name)? else {
            return Ok(Vec::new());
        };
        let entries = map.here.iter();
        entries.map(|(name, value)| Ok((name.as_str(), self.within(value)?))).collect()
    }

    /// The texts within a map, by name; none when it is absent.
    pub fn texts(&self, name: &str) -> Result<Vec<(&'a str, &'a str)>, StoreError> {
        let Some(map) = self.map(name)? else {
            return Ok(Vec::new());
        };
        let names = map.here.keys();
        names.map(|name| Ok((name.as_str(), map.text(name)?))).collect()
    }

    /// The numbers within a map, by name; none when it is absent.
    pub fn numbers<N: FromStr>(&self, name: &str) -> Result<Vec<(&'a str, N)>, StoreError> {
        let Some(map) = self.map(name)? else {
            return Ok(Vec::new());
        };
        let names = map.here.keys();
        names.map(|name| Ok((name.as_str(), map.number(name)?))).collect()
    }

    /// The lists within a map, by name; none when it is absent.
    pub fn lists(&self, name: &str) -> Result<Vec<(&'a str, &'a [AttributeValue])>, StoreError> {
        let Some(map) = self.map(name)? else {
            return Ok(Vec::new());
        };
        let names = map.here.keys();
        names.map(|name| Ok((name.as_str(), map.list(name)?))).collect()
    }

    /// The values of a list; none when it is absent.
    pub fn list(&self, name: &str) -> Result<&'a [AttributeValue], StoreError> {
        match self.here.get(name) {
            None => Ok(&[]),
            Some(AttributeValue::L(list)) => Ok(list),
            Some(_) => Err(self.corrupt(format!("`{name}` is not a list"))),
        }
    }

    /// A reader of a map that stands in a list or a map of this item.
    pub fn within(&self, value: &'a AttributeValue) -> Result<Self, StoreError> {
        let here = value.as_m().map_err(|_| self.corrupt("a map was expected within"))?;
        Ok(Self { item: self.item, here })
    }
}
