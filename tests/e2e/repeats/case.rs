//! A request of the table of writes, and the answer that its repeat gets.

use serde_json::Value;

/// Answer that a repeat gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The kept one, byte for byte, with no call to Stripe and nothing written.
    Kept,
    /// The same status; nothing is written.
    Found,
    /// 409 `secret_already_shown`.
    Secret,
    /// A new address of Stripe's: nothing is kept of it.
    Fresh,
}

/// A request of the table: route, caller, path and body.
pub(super) struct Case {
    pub(super) route: &'static str,
    pub(super) is_of_staff: bool,
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) repeat: Repeat,
}

pub(super) fn case(route: &'static str, path: &str, body: Value) -> Case {
    let is_of_staff = route.contains("/staff/");
    Case { route, is_of_staff, path: path.to_owned(), body, repeat: Repeat::Kept }
}

impl Case {
    pub(super) fn but(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }
}
