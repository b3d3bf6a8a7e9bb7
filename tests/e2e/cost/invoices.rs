//! Cost of invoices read.

use super::{Spent, spent};
use crate::paying::{INVOICES, SENT, invoice, shop};
use crate::world::get;

/// Ten invoices: a page of them, and one.
pub(super) async fn rows() -> Vec<(&'static str, Spent)> {
    let (cloud, customer) = shop().await;
    let mut one = String::new();
    for _ in 0..10 {
        one = invoice(&cloud, &customer, 4_900, SENT).await;
    }
    cloud.gate().forget_calls();

    get(&cloud, INVOICES).await;
    let list = spent(&cloud);
    get(&cloud, &format!("{INVOICES}/{one}")).await;
    let show = spent(&cloud);

    vec![
        ("`GET /v1/accounts/{id}/invoices`, a page of ten", list),
        ("`GET .../invoices/{invoice_id}`", show),
    ]
}
