//! Cost of invoices read.

use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{Spent, spent, spent_by};
use crate::paying::{INVOICES, SENT, card_unheard, disabled_by_a_bad_card, invoice, pay, shop};
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

    let pay = Box::pin(pay_row()).await;
    vec![
        ("`GET /v1/accounts/{id}/invoices`, a page of ten", list),
        ("`GET .../invoices/{invoice_id}`", show),
        pay,
    ]
}

/// A payment on the card on file that reactivates, by a function that is warm. The webhooks that
/// arrive meanwhile are not counted.
async fn pay_row() -> (&'static str, Spent) {
    let (cloud, customer, one) = disabled_by_a_bad_card().await;
    get(&cloud, &format!("{INVOICES}/{one}")).await;
    card_unheard(&cloud, &customer, "visa");
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    cloud.gate().forget_calls();
    let (status, answer) = pay(&cloud, &one, &Value::Null).await;
    assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{answer}");
    ("`POST .../invoices/{invoice_id}/pay` that reactivates", spent_by(&cloud, "Invoices"))
}
