//! What an invocation cost at the table, as DynamoDB itself counts it.

use std::fmt;

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Requests and capacity units of one invocation. Reads are counted in half units, because an
/// eventually consistent read of an item costs half of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests that read.
    pub reads: u32,
    /// Requests that write.
    pub writes: u32,
    /// Half read units.
    pub read_half_units: u64,
    /// Write units of the table.
    pub write_units: u64,
    /// Write units of its indexes.
    pub index_write_units: u64,
}

impl Cost {
    /// Takes over what a part of the invocation cost.
    pub fn add(&mut self, part: Self) {
        self.reads = self.reads.saturating_add(part.reads);
        self.writes = self.writes.saturating_add(part.writes);
        self.read_half_units = self.read_half_units.saturating_add(part.read_half_units);
        self.write_units = self.write_units.saturating_add(part.write_units);
        self.index_write_units = self.index_write_units.saturating_add(part.index_write_units);
    }

    pub(crate) fn read<'a>(&mut self, capacity: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.reads = self.reads.saturating_add(1);
        for capacity in capacity {
            // A read's units come without a kind; a transaction's with one.
            let units = capacity.capacity_units().or(capacity.read_capacity_units());
            self.read_half_units = self.read_half_units.saturating_add(halves(units));
        }
    }

    pub(crate) fn written<'a>(&mut self, capacity: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.writes = self.writes.saturating_add(1);
        for capacity in capacity {
            let table = capacity
                .table()
                .and_then(|table| table.write_capacity_units().or(table.capacity_units()));
            let indexes = capacity.global_secondary_indexes().into_iter().flat_map(|all| {
                all.values().map(|one| one.write_capacity_units().or(one.capacity_units()))
            });
            let indexes = indexes.fold(0_u64, |sum, units| sum.saturating_add(halves(units)));
            self.write_units = self.write_units.saturating_add(whole(halves(table)));
            self.index_write_units = self.index_write_units.saturating_add(whole(indexes));
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reads, {} transactions, {} write units and {} of the index",
            self.reads, self.writes, self.write_units, self.index_write_units
        )
    }
}

fn whole(halves: u64) -> u64 {
    halves.div_ceil(2)
}

#[expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "DynamoDB reports capacity as a float, in halves at the finest; it is no money"
)]
fn halves(units: Option<f64>) -> u64 {
    (units.unwrap_or_default() * 2.0).round() as u64
}
