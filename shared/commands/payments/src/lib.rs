//! Use cases of invoices and their payment: list, show, pay. Input value in, outcome value out, no
//! HTTP.
//!
//! What our books have is shown from them; lines, payments and the customer as printed are read at
//! Stripe when one invoice is looked at.

mod all;
mod credit_note;
mod export;
mod failure;
mod given_note;
mod list;
mod new_method;
mod outcome;
mod pay;
mod show;
mod statement;
mod unpaid;

pub use all::{Became, OfAll, PaidAll};
pub use credit_note::{CreditNotes, Given};
pub use export::{Exported, Exports};
pub use failure::Failure;
pub use given_note::{GivenFields, GivenLine};
pub use list::{Listed, Lister, Window};
pub use new_method::Progress;
pub use pay::{NewPayment, Payments, Tried};
pub use show::{Shown, Shows};
pub use statement::{NotStated, Stated, Statements};
pub use unpaid::Unpaid;
