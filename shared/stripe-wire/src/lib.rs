//! Stripe's webhook events: who sent these bytes, and what they say, in our own words.
//!
//! Read in this order: [`signature`] proves that Stripe signed the bytes, [`event_type`] lists the
//! events that we use, and [`wire`] turns the bytes of one event into a [`billing::fact::Fact`].
//!
//! It is not a Stripe client and knows no Stripe type beyond the fields that a fact needs: the
//! typed events of `async-stripe` fail as a whole when one field is missing, and an endpoint keeps
//! the API version that it was made with for ever (docs.stripe.com/webhooks/versioning). No async,
//! no AWS, no clock: the time is an argument.

pub mod signature;

pub mod event_type;

pub mod wire;
