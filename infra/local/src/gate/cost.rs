//! What the table charges for a call, read from the `ConsumedCapacity` of its answer.

use std::fmt;

use serde::ser::{Error, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Capacity units, counted in halves: an eventually consistent read is half a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Units {
    halves: u64,
}

impl Units {
    /// So many whole ones.
    pub const fn whole(units: u64) -> Self {
        Self { halves: units.saturating_mul(2) }
    }

    /// So many halves.
    pub const fn halves(halves: u64) -> Self {
        Self { halves }
    }

    fn read(value: Option<&Value>) -> Self {
        let text = value.map(Value::to_string).unwrap_or_default();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole: u64 = whole.parse().unwrap_or(0);
        let half = u64::from(fraction.starts_with('5'));
        Self { halves: whole.saturating_mul(2).saturating_add(half) }
    }

    fn and(self, other: Self) -> Self {
        Self { halves: self.halves.saturating_add(other.halves) }
    }
}

/// As a number, with a half where there is one.
impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: serde_json::Number = self.to_string().parse().map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(Some(&Value::deserialize(deserializer)?)))
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.halves % 2 == 1 { ".5" } else { "" };
        write!(f, "{}{half}", self.halves / 2)
    }
}

/// What one call, or one invocation, cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Read units.
    pub read: Units,
    /// Write units of the table itself.
    pub write: Units,
    /// Write units of its indexes.
    pub index_write: Units,
}

impl Cost {
    /// Of an answer; nothing when the caller did not ask for `ReturnConsumedCapacity`.
    pub fn of(operation: &str, answer: &[u8]) -> Self {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
            return Self::default();
        };
        match answer.get("ConsumedCapacity") {
            Some(Value::Array(tables)) => tables
                .iter()
                .map(|table| Self::of_table(operation, table))
                .fold(Self::default(), Self::and),
            Some(table) => Self::of_table(operation, table),
            None => Self::default(),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            read: self.read.and(other.read),
            write: self.write.and(other.write),
            index_write: self.index_write.and(other.index_write),
        }
    }

    fn of_table(operation: &str, capacity: &Value) -> Self {
        let writes = matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem"
        );
        let total = Units::read(capacity.get("CapacityUnits"));
        if !writes {
            return Self { read: total, ..Self::default() };
        }
        let index_write = match capacity.get("GlobalSecondaryIndexes") {
            Some(Value::Object(indexes)) => indexes
                .values()
                .map(|index| Units::read(index.get("CapacityUnits")))
                .fold(Units::default(), Units::and),
            _ => Units::default(),
        };
        let write = match capacity.get("Table") {
            Some(table) => Units::read(table.get("CapacityUnits")),
            None => total,
        };
        Self { read: Units::default(), write, index_write }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("nothing");
        }
        write!(f, "{} read, {} write", self.read, self.write)?;
        if self.index_write > Units::default() {
            write!(f, ", {} index", self.index_write)?;
        }
        Ok(())
    }
}
