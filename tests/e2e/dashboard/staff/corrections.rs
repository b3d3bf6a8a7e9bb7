//! What staff correct on the desk: counted usage, and an invoice by a credit note.

use super::*;

/// Goal: usage is corrected on the desk as by the API, with a second page that says the units, and
/// what cannot be taken off is said at its field.
#[tokio::test]
async fn billing_corrects_usage() {
    let cloud = company().await;
    let event = json!({ "account": "acme", "resource": "events", "quantity": 10 });
    let body = json!({ "batch_id": "b1", "events": [event] });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &body).await.0, 202);
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let page = browser.page("/staff/accounts/acme/do/usage").await;
    assert!(page.contains("<option value=\"events\""), "{page}");
    assert!(!page.contains("<option value=\"enrichments\""), "deductions meter it: {page}");

    let month = cloud.clock().now().to_string()[..7].to_owned();
    let typed = |units: &'static str| {
        [
            ("resource", "events".to_owned()),
            ("period", month.clone()),
            ("quantity", units.to_owned()),
            ("reason", "counted twice".to_owned()),
        ]
    };
    let too_much = typed("−11");
    let too_much = too_much.each_ref().map(|(name, value)| (*name, value.as_str()));
    let refused = act(&mut browser, "acme", ("usage", &too_much)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("id=\"field-quantity-wrong\""), "{}", refused.text);
    let some = typed("-4");
    let some = some.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = act(&mut browser, "acme", ("usage", &some)).await;
    assert_eq!((done.status, &*done.location), (303, "/staff/accounts/acme?done=usage"));
    let account = browser.page("/staff/accounts/acme?done=usage").await;
    assert!(
        account.contains("4 taken off; the count is now 6. Reason: counted twice."),
        "{account}"
    );
}

/// Goal: an invoice is credited on the desk, once; the second page names amount and way.
#[tokio::test]
async fn billing_gives_a_credit_note() {
    let cloud = on_team().await;
    cloud.clock().run_due().await;
    let invoices = get(&cloud, "/v1/accounts/acme/invoices").await;
    let invoice = invoices["data"][0]["id"].as_str().unwrap().to_owned();
    let currency = invoices["data"][0]["total"]["currency"].as_str().unwrap().to_owned();
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let address = "/staff/accounts/acme/do/credit-note";
    let page = browser.page(address).await;
    assert!(page.contains(&format!("<option value=\"{invoice}\"")), "{page}");

    let typed = [
        ("invoice", invoice.as_str()),
        ("amount", "1.50"),
        ("currency", currency.as_str()),
        ("after_payment", "customer_balance"),
        ("reason", "the exporter was down"),
    ];
    let done = act(&mut browser, "acme", ("credit-note", &typed)).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let shown = get(&cloud, &format!("/v1/accounts/acme/invoices/{invoice}")).await;
    assert_eq!(shown["credit_notes"][0]["amount"]["amount"], 150, "{shown}");
    let home = browser.page("/staff").await;
    assert!(home.contains("href=\"/staff/disputes\""), "{home}");
    assert!(browser.page("/staff/disputes").await.contains("Nothing is disputed."));
}
