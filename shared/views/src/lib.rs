//! Values of the HTTP contract, made from the outcomes of commands by pure functions.
//!
//! One module for each area. A view has codes and values, and no rule; where money is shown, it is the kind for callers who
//! may see prices.

pub mod access;
pub mod credits;
pub mod money;
pub mod rejection;
pub mod upcoming;
pub mod usage;
