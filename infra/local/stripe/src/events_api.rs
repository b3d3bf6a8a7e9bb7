//! Reading events (docs.stripe.com/api/events/list).

use crate::routes::Route;

/// What it answers.
pub const ROUTES: &[Route] = &[];
