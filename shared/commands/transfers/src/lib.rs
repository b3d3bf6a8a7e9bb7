//! Use cases of money that comes outside of Stripe: a customer's advice of a transfer, and the desk
//! where staff approve it, record receipts and prepayments (A14, A18).
//!
//! Input value in, outcome value out, no HTTP. `billing::desk` decides. A decision is one commit:
//! from then on the money is booked, once. What it makes at Stripe stands in the receipt and is
//! done step by step ([`desk::TransferDesk::follow`]), by the request that decided or, when that
//! breaks off, by collections.

pub mod advice;
pub mod desk;
mod returned;
mod steps;
pub mod waiting;

use billing::advice::TransferRefusal;
use stripe_sync::Interrupted;

/// Reason why a command of this crate did not succeed.
pub type Failure = Interrupted<TransferRefusal>;
