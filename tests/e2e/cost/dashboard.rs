//! What the dashboard's first page costs at the table and at Stripe.

use local::gate::{Faults, Mode};

use super::{Spent, spent};
use crate::dashboard::{Browser, on_team};

/// The overview of an account with a running subscription, and of one without.
pub(super) async fn rows() -> Vec<(&'static str, Spent)> {
    let cloud = Box::pin(on_team()).await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    cloud.gate().forget_calls();
    ada.page("/billing/acme").await;
    let overview = spent(&cloud);
    ada.page("/billing/acme/usage").await;
    let usage = spent(&cloud);
    vec![
        ("`GET /billing/{id}`, the dashboard's overview", overview),
        ("`GET /billing/{id}/usage`, a month day by day", usage),
    ]
}
