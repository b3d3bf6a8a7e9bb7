//! `POST /v1/accounts/{id}/pay`: everything at once, and an invoice whose transfer is reported.

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{CHARGED, INVOICES, SENT, attach, card, charged, count, get_status, id, invoice, shop};
use crate::world::{get, has_fired, post_with_key, script, vendor};

const ALL: &str = "/v1/accounts/acme/pay";

async fn pay_all(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::POST, ALL, body).await
}

/// Invoice, status and code of each result.
fn results(answer: &Value) -> Vec<(String, String, String)> {
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    results.map(|it| (text(it, "invoice"), text(it, "status"), text(it, "code"))).collect()
}

fn result(invoice: &str, status: &str, code: &str) -> (String, String, String) {
    (invoice.to_owned(), status.to_owned(), code.to_owned())
}

/// Goal: everything that is owed is paid, the oldest first, charged and sent alike, each once; what
/// is paid or void is not named.
#[tokio::test]
async fn everything_that_is_owed_is_paid() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    // Known before anything is owed: a new card pays what is owed by itself.
    cloud.clock().run_due().await;
    let mut owed = Vec::new();
    for (cents, how) in [(1_000, CHARGED), (2_000, SENT), (3_000, CHARGED)] {
        owed.push(invoice(&cloud, &customer, cents, how).await);
        cloud.clock().advance("1m").await.unwrap();
    }
    let void = invoice(&cloud, &customer, 4_000, SENT).await;
    super::stripe(&cloud, &format!("invoices/{void}/void"), "");
    cloud.clock().run_due().await;

    let (status, answer) = pay_all(&cloud, &Value::Null).await;
    let (again, nothing) = pay_all(&cloud, &json!({})).await;
    cloud.clock().run_due().await;

    let paid: Vec<_> = owed.iter().map(|it| result(it, "paid", "")).collect();
    assert_eq!((status, results(&answer)), (202, paid), "{answer}");
    assert_eq!((again, results(&nothing)), (202, Vec::new()));
    assert_eq!((charged(&cloud, &customer), count(&cloud, "invoice.paid").await), (6_000, 3));
}

/// Goal: what is named is paid and nothing else; a name that is nobody's stops it before anything
/// is paid.
#[tokio::test]
async fn what_is_named_is_paid() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    // Known before anything is owed: a new card pays what is owed by itself.
    cloud.clock().run_due().await;
    let one = invoice(&cloud, &customer, 1_000, CHARGED).await;
    let other = invoice(&cloud, &customer, 2_000, CHARGED).await;
    let many: Vec<String> = (0..21).map(|at| format!("in_{at}")).collect();

    for wrong in [json!(["in_nobodys", &one]), json!([]), json!(["no id"]), json!(many), json!([7])]
    {
        let (status, problem) = pay_all(&cloud, &json!({ "invoices": wrong })).await;
        assert_eq!(status, 422, "{wrong}: {problem}");
        let field = problem["fields"][0]["field"].as_str().unwrap_or_default();
        assert!(field.starts_with("invoices"), "{problem}");
    }
    assert_eq!(charged(&cloud, &customer), 0);
    let (status, answer) = pay_all(&cloud, &json!({ "invoices": [&other, &other] })).await;

    assert_eq!((status, results(&answer)), (202, vec![result(&other, "paid", "")]), "{answer}");
    assert_eq!(charged(&cloud, &customer), 2_000);
    let (_, twice) = pay_all(&cloud, &json!({ "invoices": [&other] })).await;
    assert_eq!(results(&twice), [result(&other, "refused", "paid")]);
    let nobody = vendor(&cloud, Method::POST, "/v1/accounts/nobody/pay", &json!({})).await;
    assert_eq!(nobody.0, 404);
}

/// Goal: a card that is refused for good is tried once, a decline that may pass each time; without
/// a card nothing is tried.
#[tokio::test]
async fn a_card_that_is_refused_for_good_is_tried_once() {
    for (name, first, second) in [
        ("chargeCustomerFail", ("declined", "card_declined"), ("declined", "card_declined")),
        (
            "threeDSecureRequired",
            ("declined", "authentication_required"),
            ("not_tried", "payment_method_refused"),
        ),
        ("", ("refused", "payment_method_required"), ("refused", "payment_method_required")),
    ] {
        let (cloud, customer) = shop().await;
        if !name.is_empty() {
            card(&cloud, &customer, name);
        }
        let one = invoice(&cloud, &customer, 1_000, CHARGED).await;
        cloud.clock().advance("1m").await.unwrap();
        let other = invoice(&cloud, &customer, 2_000, CHARGED).await;

        let (status, answer) = pay_all(&cloud, &Value::Null).await;

        let expected = [result(&one, first.0, first.1), result(&other, second.0, second.1)];
        assert_eq!((status, results(&answer)), (202, expected.to_vec()), "{name}: {answer}");
        assert_eq!(charged(&cloud, &customer), 0, "{name}");
    }
}

/// Goal: whichever call a crash hits, the same request sent again pays each invoice once.
#[tokio::test]
async fn a_crash_at_any_call_pays_each_once() {
    for call in 1..60 {
        let (cloud, customer) = shop().await;
        card(&cloud, &customer, "visa");
        for cents in [1_000, 2_000] {
            invoice(&cloud, &customer, cents, CHARGED).await;
        }
        let kill = Script::at("Invoices", call, Fault::KillAfter);
        script(&cloud, &kill);
        post_with_key(&cloud, ALL, "k1", &json!({})).await;
        let fired = has_fired(&cloud, &kill);

        let (status, answer) = post_with_key(&cloud, ALL, "k1", &json!({})).await;
        cloud.clock().run_due().await;

        assert_eq!(status, 202, "call {call}: {answer}");
        let is_paid = |it: &(String, String, String)| it.1 == "paid";
        assert!(results(&answer).iter().all(is_paid), "call {call}: {answer}");
        assert_eq!(charged(&cloud, &customer), 3_000, "call {call}");
        assert_eq!(count(&cloud, "invoice.paid").await, 2, "call {call}");
        if !fired {
            assert!(call > 12, "two payments have only {call} calls");
            return;
        }
    }
    panic!("the request never ends");
}

/// Goal: an invoice whose transfer is reported is paid once the payer says so; its advice is
/// withdrawn and the bank's money is not waited for. Without the word nothing is withdrawn (A18).
#[tokio::test]
async fn a_confirmed_payment_withdraws_the_advice() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    let one = invoice(&cloud, &customer, 1_000, SENT).await;
    let path = format!("{INVOICES}/{one}/payment-advice");
    let advice = json!({
        "reference": "T-1", "paid_on": "2026-11-22",
        "amount": { "amount": 1_000, "currency": "eur" },
    });
    let (status, advised) = vendor(&cloud, Method::POST, &path, &advice).await;
    assert_eq!(status, 201, "{advised}");
    let pay = format!("{INVOICES}/{one}/pay");

    let (refused, problem) = vendor(&cloud, Method::POST, &pay, &json!({ "confirm": false })).await;
    let (_, all) = pay_all(&cloud, &Value::Null).await;
    assert_eq!((refused, &problem["code"]), (409, &json!("payment_advice_pending")));
    assert_eq!(results(&all), [result(&one, "refused", "payment_advice_pending")]);
    assert_eq!(get_status(&cloud, &id(&advised)).await, "pending");
    let (status, paid) = post_with_key(&cloud, &pay, "k1", &json!({ "confirm": true })).await;
    let (_, replayed) = post_with_key(&cloud, &pay, "k1", &json!({ "confirm": true })).await;
    cloud.clock().run_due().await;

    assert_eq!((status, &paid["status"]), (200, &json!("paid")), "{paid}");
    assert_eq!(replayed, paid);
    assert_eq!(get_status(&cloud, &id(&advised)).await, "withdrawn");
    assert_eq!((charged(&cloud, &customer), count(&cloud, "invoice.paid").await), (1_000, 1));
}

/// Goal: a confirmed payment that is declined leaves the advice withdrawn and the invoice unpaid;
/// one that could not be paid at all withdraws nothing.
#[tokio::test]
async fn a_confirmed_payment_that_cannot_be_made_says_so() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "chargeCustomerFail");
    attach(&cloud, &customer, "visa");
    let one = invoice(&cloud, &customer, 1_000, SENT).await;
    let advice = json!({
        "reference": "T-1", "paid_on": "2026-11-22",
        "amount": { "amount": 1_000, "currency": "eur" },
    });
    let path = format!("{INVOICES}/{one}/payment-advice");
    let (_, advised) = vendor(&cloud, Method::POST, &path, &advice).await;
    let pay = format!("{INVOICES}/{one}/pay");
    let (unread, _) = vendor(&cloud, Method::POST, &pay, &json!({ "confirm": "yes" })).await;
    assert_eq!((unread, get_status(&cloud, &id(&advised)).await.as_str()), (422, "pending"));

    let (status, declined) = vendor(&cloud, Method::POST, &pay, &json!({ "confirm": true })).await;

    assert_eq!((status, &declined["code"]), (402, &json!("card_declined")), "{declined}");
    assert_eq!(get_status(&cloud, &id(&advised)).await, "withdrawn");
    assert_eq!(get(&cloud, INVOICES).await["data"][0]["status"], "open");
    let unknown = format!("{INVOICES}/in_nobodys/payment-advice");
    assert_eq!(vendor(&cloud, Method::POST, &unknown, &advice).await.0, 404, "an unknown invoice");
}
