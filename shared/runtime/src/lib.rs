//! What a function stands on: configuration, clock, entropy, secrets, AWS clients, HTTP in and out,
//! authentication and logs.
//!
//! It holds no rule of billing and knows no table. A [`Host`] is what `main.rs`, or local mode,
//! hands to a function when it is built; the function keeps only what it uses.

pub mod body;
pub mod cursor;
pub mod edge;
pub mod environment;
pub mod host;
pub mod http;
pub mod input;
pub mod key;
pub mod once;
pub mod origins;
pub mod problem;
pub mod query;
pub mod secrets;
pub mod serve;
pub mod telemetry;
mod text;

pub use environment::{Environment, EnvironmentError};
pub use host::Host;
pub use http::{Request, Response};
pub use invocation::{Clock, Entropy, Invocation, Invocations, Stopwatch, entropy};
pub use problem::Problem;
