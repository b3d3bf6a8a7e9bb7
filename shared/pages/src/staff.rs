//! Pages of the staff desk: the vendor's own people, looking at any account. Read [`frame`] first.

pub mod account;
pub mod act;
mod asks;
pub mod dead_letters;
pub mod disputes;
pub mod events;
pub mod frame;
pub mod home;
pub mod mails;
pub mod search;
pub mod transfers;
pub mod words;
