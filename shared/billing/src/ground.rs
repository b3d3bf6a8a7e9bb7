//! Ground: quantities, names and small values that every other room stands on.

pub mod budget;
pub mod ids;
pub mod intent;
pub mod lease;
pub mod money;
pub mod month;
pub mod price;
pub mod reason;
pub mod request;
pub mod tax_rate;
pub mod time;
pub mod voided;
pub mod words;
