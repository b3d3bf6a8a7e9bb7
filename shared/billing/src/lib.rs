//! The rules of billing, and nothing else: pure functions of what is known, a fact and the time.
//!
//! Modules stand in rooms, and the root names most of them, whatever their room. Read in this
//! order:
//!
//! - `ground`: quantities ([`money`], [`time`], [`month`]), names ([`ids`]), enums as they are
//!   written ([`words`]), costs ([`price`], [`tax_rate`]), a condition that holds an account back
//!   ([`reason`]), an effect at Stripe that has begun ([`intent`]), the right to
//!   change an account there ([`lease`]), a renewal that was [`voided`], a request with an
//!   Idempotency-Key ([`request`]),
//!   and the [`budget`] of requests that call Stripe.
//! - `facts`: messages of Stripe in our words ([`fact`]), our marks in metadata ([`marks`]), and
//!   reasons not to apply one ([`refusal`]).
//! - `invoices`: an [`invoice`] with each [`credit_note`], the [`listing`] of an
//!   account's and what one shows when it is [`printed`], a month of usage closed and priced
//!   ([`closing`], [`bill`]), that of several accounts ([`consolidated`]), [`tax`] on lines, and
//!   the next invoice ([`upcoming`]).
//! - `subscriptions`: a [`subscription`], the tasks that make Stripe agree with our books
//!   ([`agreement`]), a change of plan or seats ([`plan_change`]) and its
//!   [`booking`], announced prices
//!   ([`price_change`], [`announcement`]), a [`preview`] of a change, the [`rest`] of a
//!   voided period, a [`resumption`], a plan that
//!   staff set ([`set_plan`]), its [`terms`] of payment, the code of a [`decline`], and the check
//!   before a [`cancellation`].
//! - [`account`]: the standing, and the [`state`] that follows from it; its [`opening`],
//!   [`profile`], billing [`details`], [`tax_id`], [`member`], its [`family`] of parent and
//!   sub-accounts, and who may do what ([`authority`]); of the dashboard a [`session`], its
//!   [`pages`] and the [`banner`] above them;
//!   of [`staff`] their desk, and each [`dead_letter`] that waits for them.
//! - [`usage`]: counts and the limits of a plan, a batch of events ([`metering`]), and the price of
//!   use beyond the included ([`overage`]).
//! - `payments`: payments of an invoice ([`invoice_payment`]), those that we ask for
//!   ([`paying`]), by the method [`on_file`] (a new one is tried for what a [`trial`] names), and
//!   the attempts of Stripe ([`attempt`]), messages of Stripe about a
//!   [`payment`] for credits, a customer's [`advice`] of a transfer, a [`receipt`] of money, the
//!   [`desk`] where staff match the two, what is [`prepaid`], and
//!   the [`statement`] of account.
//! - [`credits`]: prepaid credits, counted like usage, bought by payments, and bought again by
//!   themselves.
//! - [`alerts`]: the threshold of an account, and the check that notifies it once a month.
//! - [`journal`]: each change, field by field and in sentences; and every number explained by its
//!   entries ([`explain`]).
//! - [`events`]: entries of the journal as events for the vendor's backend, and the feed of them.
//! - [`mails`]: which entries of the journal are mailed, to whom, and what of them still holds.
//! - [`served`]: the plan, state and access of an account within its family.
//! - [`change`]: items that are written together, with their entries of the journal; and, on top,
//!   [`decide`]: the change that a fact makes.
//!
//! It is not a service: no async, no AWS, no Stripe type, no JSON, no clock and no entropy. Time is
//! an argument. Requirement ids (A20, D7 ...) name the rule that a function carries.

pub mod account;
pub mod alerts;
pub mod change;
pub mod credits;
pub mod decide;
pub mod events;
mod facts;
mod ground;
mod invoices;
pub mod journal;
pub mod mails;
mod payments;
pub mod served;
mod subscriptions;
pub mod usage;

pub use account::{
    api_key, authority, banner, dead_letter, details, family, member, opening, pages, profile,
    search, session, staff, state, tax_id,
};
pub use facts::{fact, marks, proof, refusal};
pub use ground::{
    budget, ids, intent, lease, money, month, price, reason, request, tax_rate, time, voided, words,
};
pub use invoices::{
    bill, closing, consolidated, credit_note, invoice, listing, printed, tax, upcoming,
};
pub use journal::explain;
pub use payments::{
    advice, attempt, crediting, desk, dispute, invoice_payment, on_file, paying, payment, prepaid,
    receipt, statement, trial,
};
pub use subscriptions::{
    agreement, announcement, booking, cancellation, decline, plan_change, preview, price_change,
    rest, resumption, set_plan, subscription, terms,
};
pub use usage::{metering, overage};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;
