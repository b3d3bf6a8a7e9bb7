//! Invoices: the ones of Stripe with their credit notes, a month of usage closed and priced, for
//! one account or several, tax, the list of an account's, and the upcoming one.

pub mod bill;
pub mod closing;
pub mod consolidated;
pub mod credit_note;
pub mod invoice;
pub mod listing;
pub mod printed;
pub mod tax;
pub mod upcoming;
