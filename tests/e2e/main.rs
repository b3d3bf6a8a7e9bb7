//! End to end: bytes and a signature in at the gateway, answers of the API out.

// A whole cloud is a deep future: the SDK, the functions and their pool within one another.
#![recursion_limit = "256"]

mod api;
mod bad_input;
mod cost;
mod faults;
mod payloads;
mod reactivation;
mod retries;
mod stripe;
mod world;
