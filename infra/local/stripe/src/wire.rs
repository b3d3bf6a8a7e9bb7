//! What is on the wire: form encoding, the shape of requests, and what callers see of them.

pub mod form;
pub mod shape;
