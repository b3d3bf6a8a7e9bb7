//! Subscriptions: the one in force, changes of plan, seats and price, and the check before it is
//! cancelled.

pub mod agreement;
pub mod announcement;
pub mod booking;
pub mod cancellation;
pub mod decline;
pub mod plan_change;
pub mod preview;
pub mod price_change;
pub mod rest;
pub mod resumption;
pub mod set_plan;
pub mod subscription;
pub mod terms;
