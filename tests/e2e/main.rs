//! End to end: bytes and a signature in at the gateway, answers of the API out.

mod reactivation;
mod stripe;
mod world;
