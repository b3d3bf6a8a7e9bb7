//! Capacity as DynamoDB itself counts it, for the meter of an invocation.

use aws_sdk_dynamodb::types::ConsumedCapacity;
use invocation::Invocation;

/// Counts a request that read.
pub(crate) fn read<'a>(
    invocation: &Invocation,
    capacity: impl IntoIterator<Item = &'a ConsumedCapacity>,
) {
    let units = capacity.into_iter().map(|capacity| {
        // A read's units come without a kind; a transaction's with one.
        halves(capacity.capacity_units().or(capacity.read_capacity_units()))
    });

    invocation.meter().read(units.fold(0, u64::saturating_add));
}

/// Counts a request that wrote.
pub(crate) fn wrote<'a>(
    invocation: &Invocation,
    capacity: impl IntoIterator<Item = &'a ConsumedCapacity>,
) {
    let (mut table, mut index) = (0_u64, 0_u64);

    for capacity in capacity {
        let own = capacity
            .table()
            .and_then(|table| table.write_capacity_units().or(table.capacity_units()));
        let indexes = capacity.global_secondary_indexes().into_iter().flat_map(|all| {
            all.values().map(|one| one.write_capacity_units().or(one.capacity_units()))
        });
        let indexes = indexes.fold(0_u64, |sum, units| sum.saturating_add(halves(units)));
        table = table.saturating_add(halves(own).div_ceil(2));
        index = index.saturating_add(indexes.div_ceil(2));
    }

    invocation.meter().wrote(table, index);
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
