//! Pages of the dashboard: pure functions of values, escaped by type. They work without script.
//!
//! A page is given what it shows, in the types of the rules, and words it by `messages`. What a
//! member's role may not see is not in the value, so no page can show it. Read [`frame`] first: it
//! is around every page of an account.

pub mod alerts;
pub mod alone;
pub mod bars;
pub mod cancel;
pub mod chart;
pub mod credits;
pub mod form;
pub mod frame;
pub mod invoice;
pub mod invoices;
pub mod keys;
pub mod overview;
pub mod payments;
pub mod plan;
pub mod recharge;
pub mod review;
pub mod settings;
pub mod staff;
pub mod style;
pub mod timeline;
pub mod usage;
pub mod why;
