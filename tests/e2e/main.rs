//! End to end: bytes and a signature in at the gateway, answers of the API out.

// A whole cloud is a deep future: the SDK, the functions and their pool within one another.
#![recursion_limit = "256"]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test that goes wrong stops where it goes wrong"
)]

mod alerts;
mod answers;
mod api;
mod attacks;
mod authorisation;
mod bad_input;
mod budget;
mod cancellation;
mod catalog;
mod collections;
mod cost;
mod credits;
mod dashboard;
mod debits;
mod details;
mod doors;
mod embedded_table;
mod events;
mod explained;
mod family;
mod faults;
mod idempotency;
mod invoicing;
mod keys;
mod known_faults;
mod letters;
mod limits;
mod linking;
mod listing;
mod logs;
mod mails;
mod members;
mod opening;
mod ours;
mod paying;
mod payments;
mod personal;
mod portal;
mod preconditions;
mod reactivation;
mod reconcile;
mod repeats;
mod rest;
mod retries;
mod said;
mod shop;
mod simulator;
mod snapshots;
mod staff;
mod story;
mod stripe;
mod subscription;
mod table_story;
mod tables;
mod tax;
mod transfers;
mod usage;
mod walk;
mod words;
mod world;

#[path = "../commands/main.rs"]
mod commands;
