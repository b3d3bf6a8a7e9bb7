//! A deserializer over parsed JSON that notes a fault and goes on with a stand-in.
//!
//! What a type expects is known only while it is read: each `deserialize_...` names a type of JSON,
//! and a struct names its fields. A missing field ends a struct's reading, so the whole value is
//! read again with a stand-in in its place, until nothing more is missing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::{fmt, slice, vec};

use serde::de::value::StrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};

use crate::problem::{FieldCode, FieldProblem};
use crate::text::repeated;

/// Most characters of an unknown field's name that are repeated.
const NAME_CHARACTERS_MAX: usize = 40;

/// Text in the place of a wrong one: also the types of ours that read a text take it for one.
const STAND_IN: &str = "eur";

/// Faults of a value as that type; none if it can be read.
pub(super) fn faults<'de, T: Deserialize<'de>>(
    value: &'de Value,
    most: usize,
) -> Option<Vec<FieldProblem>> {
    let notes = Notes::default();
    for _ in 0..=most {
        notes.begin();
        let reading = Reading { value: Some(value), path: String::new(), notes: &notes };
        let goes_on = match T::deserialize(reading) {
            Ok(_) => false,
            Err(Stop::Missing(_)) => true,
            Err(Stop::Refused) => notes.refused(),
        };
        if !goes_on {
            break;
        }
    }

    let mut faults = without_consequences(notes.all.into_inner());
    faults.truncate(most);
    (!faults.is_empty()).then_some(faults)
}

/// Faults without those of values that stand for nothing sent: a stand-in of an object is not one
/// of its fields.
fn without_consequences(faults: Vec<FieldProblem>) -> Vec<FieldProblem> {
    let wrong_type = |fault: &&FieldProblem| fault.code == FieldCode::WrongType;
    let whole: Vec<String> = faults.iter().filter(wrong_type).map(|it| it.field.clone()).collect();
    let is_below = |field: &str, above: &String| match field.strip_prefix(above.as_str()) {
        Some(rest) => rest.starts_with(['.', '[']),
        None => above == super::WHOLE,
    };
    let kept = faults.into_iter().filter(|fault| {
        let is_consequence = whole.iter().any(|above| is_below(&fault.field, above));
        !is_consequence || fault.code != FieldCode::Invalid
    });
    kept.collect()
}

/// Faults so far.
#[derive(Default)]
struct Notes {
    all: RefCell<Vec<FieldProblem>>,
    /// Paths that get a stand-in: missing fields, and values that a type of ours refused.
    stand_ins: RefCell<BTreeMap<String, FieldProblem>>,
    /// Path of the value that was begun last.
    last: RefCell<String>,
}

impl Notes {
    fn begin(&self) {
        *self.all.borrow_mut() = self.stand_ins.borrow().values().cloned().collect();
    }

    fn add(&self, fault: FieldProblem) {
        let mut all = self.all.borrow_mut();
        if all.iter().all(|known| known.field != fault.field) {
            all.push(fault);
        }
    }

    fn has_stand_in(&self, path: &str) -> bool {
        self.stand_ins.borrow().contains_key(path)
    }

    fn missing(&self, path: String) {
        let fault = FieldProblem::missing(path.clone());
        self.stand_ins.borrow_mut().insert(path, fault);
    }

    /// Notes the value that a type of ours refused; false if its stand-in is refused, too.
    fn refused(&self) -> bool {
        let path = self.last.borrow().clone();
        if self.has_stand_in(&path) {
            return false;
        }
        let detail = "This value is not one that can be accepted here.";
        let fault = FieldProblem::invalid(named(&path), detail);
        self.add(fault.clone());
        self.stand_ins.borrow_mut().insert(path, fault);
        true
    }
}

/// Path as answers have it.
fn named(path: &str) -> &str {
    if path.is_empty() { super::WHOLE } else { path }
}

/// Reason why a reading stopped.
#[derive(Debug)]
enum Stop {
    /// A field of that name is missing; without a name, its path is noted.
    Missing(Option<&'static str>),
    /// A type of ours refused a value.
    Refused,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a body is not as expected")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(Some(name))
    }
}

/// A value at its place; no value is a stand-in.
struct Reading<'de, 'n> {
    value: Option<&'de Value>,
    path: String,
    notes: &'n Notes,
}

impl<'de> Reading<'de, '_> {
    /// The value at a path within it, or its stand-in.
    fn at(&self, value: Option<&'de Value>, path: String) -> Self {
        let value = value.filter(|_| !self.notes.has_stand_in(&path));
        Self { value, path, notes: self.notes }
    }

    fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A value of the expected type; otherwise the fault is noted, and nothing is left.
    fn expected<T>(&self, found: Option<T>, detail: &str) -> Option<T> {
        self.notes.last.borrow_mut().clone_from(&self.path);
        if found.is_none() && self.value.is_some() {
            self.notes.add(FieldProblem::of(FieldCode::WrongType, named(&self.path), detail));
        }
        found
    }

    fn whole(&self) -> Option<&'de Number> {
        let number = self.value.and_then(Value::as_number);
        self.expected(number.filter(|it| !it.is_f64()), "A whole number is expected.")
    }

    fn text(&self) -> Option<&'de str> {
        self.expected(self.value.and_then(Value::as_str), "A text is expected.")
    }

    /// A whole number within a type's limits, or 0.
    fn within<T: TryFrom<i64> + TryFrom<u64> + Default>(&self) -> T {
        let Some(number) = self.whole() else { return T::default() };
        let signed = number.as_i64().and_then(|it| T::try_from(it).ok());
        let found = signed.or_else(|| number.as_u64().and_then(|it| T::try_from(it).ok()));
        found.unwrap_or_else(|| {
            let detail = "The number is too small or too large.";
            self.notes.add(FieldProblem::out_of_range(named(&self.path), detail));
            T::default()
        })
    }

    fn list(&self) -> &'de [Value] {
        let list = self.value.and_then(Value::as_array).map(Vec::as_slice);
        self.expected(list, "A list is expected.").unwrap_or_default()
    }

    fn object(&self) -> Option<&'de Map<String, Value>> {
        self.expected(self.value.and_then(Value::as_object), "An object is expected.")
    }
}

impl Reading<'_, '_> {
    fn unknown(&self, name: &str, known: &[&str]) {
        let name = repeated(name, NAME_CHARACTERS_MAX);
        let detail = format!("There is no such field. Known are {}.", names(known));
        self.notes.add(FieldProblem::of(FieldCode::Unknown, self.field(&name), detail));
    }
}

/// Names as a sentence lists them.
fn names(all: &[&str]) -> String {
    let all: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    all.join(", ")
}

/// A whole number of each type of Rust.
macro_rules! numbers {
    ($($deserialize:ident $visit:ident $type:ty,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
            visitor.$visit(self.within::<$type>())
        }
    )*};
}

impl<'de> Deserializer<'de> for Reading<'de, '_> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.notes.last.borrow_mut().clone_from(&self.path);
        let Some(value) = self.value else { return visitor.visit_unit() };
        value.deserialize_any(visitor).map_err(|_| Stop::Refused)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let value = self.value.and_then(Value::as_bool);
        let value = self.expected(value, "`true` or `false` is expected.");
        visitor.visit_bool(value.unwrap_or_default())
    }

    numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_str(self.text().unwrap_or(STAND_IN))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let all = self.list().iter().enumerate();
        visitor.visit_seq(Items { of: self, all })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let fields = self.object().into_iter().flatten();
        let fields: Vec<_> = fields.map(|(name, value)| (name.as_str(), Some(value))).collect();
        visitor.visit_map(Fields { of: &self, rest: fields.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let object = self.object();
        for name in object.into_iter().flatten().map(|(name, _)| name) {
            if !known.contains(&name.as_str()) {
                self.unknown(name, known);
            }
        }

        let fields = known.iter().filter_map(|&name| {
            let given = object.and_then(|object| object.get(name));
            let is_needed = object.is_none() || self.notes.has_stand_in(&self.field(name));
            (given.is_some() || is_needed).then_some((name, given))
        });
        let fields: Vec<_> = fields.collect();
        let read = visitor.visit_map(Fields { of: &self, rest: fields.into_iter(), value: None });

        read.map_err(|stop| match stop {
            Stop::Missing(Some(name)) => {
                self.notes.missing(self.field(name));
                Stop::Missing(None)
            }
            Stop::Missing(None) | Stop::Refused => stop,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let text = self.text();
        let known = text.filter(|text| variants.contains(text));
        if text.is_some() && known.is_none() {
            let detail = format!("One of {} is expected.", names(variants));
            self.notes.add(FieldProblem::invalid(named(&self.path), detail));
        }
        let variant = known.or_else(|| variants.first().copied()).unwrap_or_default();
        visitor.visit_enum(StrDeserializer::new(variant))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// Items of a list.
struct Items<'de, 'n> {
    of: Reading<'de, 'n>,
    all: Enumerate<slice::Iter<'de, Value>>,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Stop> {
        let Some((place, value)) = self.all.next() else { return Ok(None) };
        let path = format!("{}[{place}]", self.of.path);
        seed.deserialize(self.of.at(Some(value), path)).map(Some)
    }
}

/// Fields of an object, or stand-ins for them.
struct Fields<'de, 'b> {
    of: &'b Reading<'de, 'b>,
    rest: vec::IntoIter<(&'b str, Option<&'de Value>)>,
    /// The field whose name was read last.
    value: Option<(&'b str, Option<&'de Value>)>,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        self.value = self.rest.next();
        let Some((name, _)) = self.value else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        let (name, value) = self.value.unwrap_or_default();
        seed.deserialize(self.of.at(value, self.of.field(name)))
    }
}
