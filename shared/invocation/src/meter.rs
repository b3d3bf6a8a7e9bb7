//! The meter: calls and capacity units of one invocation, counted where the calls are made.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one invocation. Calls that run at the same time share the meter, so each count is an
/// atomic.
#[derive(Debug, Default)]
pub struct Meter {
    reads: AtomicU64,
    writes: AtomicU64,
    read_half_units: AtomicU64,
    write_units: AtomicU64,
    index_write_units: AtomicU64,
    stripe_calls: AtomicU64,
}

/// Calls and capacity units at a moment. Reads are counted in half units, because an eventually
/// consistent read of an item costs half of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests that read the table.
    pub reads: u64,
    /// Requests that write the table.
    pub writes: u64,
    /// Half read units.
    pub read_half_units: u64,
    /// Write units of the table.
    pub write_units: u64,
    /// Write units of its indexes.
    pub index_write_units: u64,
    /// Calls to Stripe.
    pub stripe_calls: u64,
}

impl Meter {
    /// Counts a request that read, with its half read units.
    pub fn read(&self, half_units: u64) {
        add(&self.reads, 1);
        add(&self.read_half_units, half_units);
    }

    /// Counts a request that wrote, with its write units of the table and of its indexes.
    pub fn wrote(&self, units: u64, index_units: u64) {
        add(&self.writes, 1);
        add(&self.write_units, units);
        add(&self.index_write_units, index_units);
    }

    /// Counts a call to Stripe.
    pub fn called_stripe(&self) {
        add(&self.stripe_calls, 1);
    }

    /// Counts so far.
    pub fn cost(&self) -> Cost {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Cost {
            reads: count(&self.reads),
            writes: count(&self.writes),
            read_half_units: count(&self.read_half_units),
            write_units: count(&self.write_units),
            index_write_units: count(&self.index_write_units),
            stripe_calls: count(&self.stripe_calls),
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reads, writes, write_units, index_write_units, stripe_calls, .. } = self;
        write!(
            f,
            "{reads} reads, {writes} transactions, {write_units} write units and {index_write_units} of the index"
        )?;
        if *stripe_calls > 0 {
            write!(f, ", {stripe_calls} calls to Stripe")?;
        }
        Ok(())
    }
}
