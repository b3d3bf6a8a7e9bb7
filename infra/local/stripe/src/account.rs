//! The account itself (`GET /v1/account`).

use crate::routes::Route;

/// What it answers.
pub const ROUTES: &[Route] = &[];
