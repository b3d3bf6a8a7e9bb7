//! The rules of billing, and nothing else: pure functions of what is known, a fact and the time.
//!
//! Read in this order: [`money`] and [`time`] are the quantities, [`ids`] the names, [`fact`] what
//! Stripe tells us, then what we keep about an account ([`account`], [`invoice`],
//! [`credit_note`], [`subscription`], [`profile`], [`tax_id`], [`member`]), how its state follows from that ([`state`]),
//! what a fact changes ([`decide`]), what Stripe is to do that follows from it ([`agreement`]), what we are about to do
//! there ([`intent`]), and how every number is explained afterwards ([`journal`], [`explain`]). Usage is counted apart from
//! all of that, by [`month`]: what it comes to ([`metering`]), what follows from a plan's limits ([`usage`]), what it
//! costs ([`overage`]), how a month is closed and invoiced ([`bill`]), and what the next invoice will be ([`upcoming`]). Whether a
//! subscription may be cancelled follows from all of it ([`cancellation`]), and so does what a wish to change it comes to
//! ([`plan_change`]). Prepaid [`credits`] are apart from invoices:
//! counted like usage, bought by what Stripe tells of payments ([`payment`]), and bought again by themselves.
//!
//! It is not a service: no async, no AWS, no Stripe type, no JSON, no clock and no entropy. Time is
//! an argument. Requirement ids (A20, D7 ...) name the rule that a function carries.

pub mod account;
pub mod agreement;
pub mod authority;
pub mod bill;
pub mod cancellation;
pub mod credit_note;
pub mod credits;
pub mod decide;
mod describe;
pub mod explain;
pub mod fact;
pub mod ids;
pub mod intent;
pub mod invoice;
pub mod journal;
pub mod member;
pub mod metering;
pub mod money;
pub mod month;
pub mod overage;
pub mod payment;
pub mod plan_change;
pub mod price_change;
pub mod profile;
pub mod refusal;
pub mod state;
pub mod subscription;
pub mod tax;
pub mod tax_id;
pub mod time;
pub mod upcoming;
pub mod usage;
pub mod words;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;
