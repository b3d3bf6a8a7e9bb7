//! Payments: what is on file, Pay now and Pay all within the pages, transfers, what is prepaid.

use super::{Browser, company, later, on_team};
use crate::shop::{default_card, sent_invoice};
use crate::world::{get, vendor};
use http::Method;
use serde_json::json;

const PAGE: &str = "/billing/acme/payments";
const PAY: &str = "/billing/acme/payments/pay";
const ADVICE: &str = "/billing/acme/payments/advice";

/// Status of the account's advices, newest first.
async fn advices(cloud: &local::Running) -> Vec<String> {
    let all = get(cloud, "/v1/accounts/acme/payment-advice").await;
    let all = all["data"].as_array().unwrap().iter();
    all.map(|it| it["status"].as_str().unwrap().to_owned()).collect()
}

/// Goal: an invoice is paid by its button, and everything by one; the page says so, and a form that
/// is sent twice pays once (A12).
#[tokio::test]
async fn invoices_are_paid_within_the_pages() {
    let cloud = on_team().await;
    let mut invoices = Vec::new();
    for cents in [1_000, 2_000, 3_000] {
        invoices.push(sent_invoice(&cloud, "cus_acme", cents));
        later(&cloud, 60).await;
    }
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let page = finn.page(PAGE).await;
    assert!(page.contains("visa ending in 4242") && page.contains("Pay all, 60.00 USD"), "{page}");
    assert!(page.contains("This may take some time"), "{page}");

    let body = super::filled(&page, PAY, &[("invoice", &invoices[0])]);
    let paid = finn.post(PAY, &body).await;
    let again = finn.post(PAY, &body).await;

    assert_eq!((paid.status, &paid.location), (303, &format!("{PAGE}?done=invoice_paid")));
    assert_eq!((again.status, &again.location), (303, &paid.location));
    let page = finn.page(&paid.location).await;
    assert!(page.contains("The invoice is paid. Thank you."), "{page}");
    assert!(!page.contains(&invoices[0]) && page.contains("Pay all, 50.00 USD"), "{page}");
    let all = finn.submit(PAGE, PAY, &[("invoice", ""), ("all", "yes")]).await;
    assert_eq!((all.status, &all.location), (303, &format!("{PAGE}?done=all_paid")));
    let page = finn.page(&all.location).await;
    assert!(
        page.contains("Nothing is to be paid.") && page.contains("Everything is paid"),
        "{page}"
    );
}

/// Goal: a decline is said in words on the page, with what comes next; without a card nothing is
/// tried.
#[tokio::test]
async fn a_decline_is_said_on_the_page() {
    let cloud = company().await;
    let owed = sent_invoice(&cloud, "cus_acme", 4_900);
    cloud.clock().run_due().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;

    let without = finn.submit(PAGE, PAY, &[]).await;
    default_card(&cloud, "cus_acme", "pm_card_chargeCustomerFail");
    cloud.clock().run_due().await;
    let declined = finn.submit(PAGE, PAY, &[]).await;
    let everything = finn.submit(PAGE, PAY, &[("invoice", ""), ("all", "yes")]).await;

    assert_eq!(without.status, 402, "{}", without.text);
    assert!(without.text.contains("There is no payment method on file."), "{}", without.text);
    assert_eq!(declined.status, 402);
    assert!(declined.text.contains("The bank declined the payment."), "{}", declined.text);
    assert!(declined.text.contains("The invoice is still to be paid."), "{}", declined.text);
    assert_eq!(everything.status, 402);
    assert!(everything.text.contains("1 of 1 invoices were not paid."), "{}", everything.text);
    let (_, invoice) =
        vendor(&cloud, Method::GET, &format!("/v1/accounts/acme/invoices/{owed}"), &json!(null))
            .await;
    assert_eq!(invoice["status"], "open");
}

/// Goal: a transfer is told of for several invoices, with each refusal at its field; it is shown as
/// checked within 48 hours, is withdrawn by its button, and paying meanwhile asks once more (A18).
#[tokio::test]
async fn a_transfer_is_told_of() {
    let cloud = on_team().await;
    let one = sent_invoice(&cloud, "cus_acme", 1_000);
    let other = sent_invoice(&cloud, "cus_acme", 2_000);
    later(&cloud, 60).await;
    let today = cloud.clock().now().to_string();
    let today = today.get(..10).unwrap();
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let (first, second) = (format!("invoice-{one}"), format!("invoice-{other}"));
    let good = [
        (first.as_str(), "on"),
        (second.as_str(), "on"),
        ("amount", "30.00"),
        ("paid_on", today),
        ("reference", "RF 18"),
    ];
    for (field, value, says) in [
        ("amount", "much", "field-amount-wrong"),
        ("amount", "0", "field-amount-wrong"),
        ("paid_on", "2030-01-01", "field-paid-on-wrong"),
        ("paid_on", "", "field-paid-on-wrong"),
        ("reference", " ", "field-reference-wrong"),
    ] {
        let mut typed = good.to_vec();
        typed.push((field, value));
        let refused = finn.submit(PAGE, ADVICE, &typed).await;
        assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
        assert!(refused.text.contains(says), "{field} {value}: {}", refused.text);
        assert!(refused.text.contains("RF 18") || field == "reference", "typed text is kept");
    }
    let none = finn.submit(PAGE, ADVICE, &good[2..]).await;
    assert!(none.status == 422 && none.text.contains("Choose an invoice."), "{}", none.text);
    assert!(advices(&cloud).await.is_empty());

    let told = finn.submit(PAGE, ADVICE, &good).await;
    assert_eq!((told.status, &told.location), (303, &format!("{PAGE}?done=transfer_told")));
    let page = finn.page(PAGE).await;
    assert!(page.contains("Checked within 48 hours.") && page.contains("Held until"), "{page}");
    let twice = finn.submit(PAGE, ADVICE, &good).await;
    assert!(twice.status == 422 && twice.text.contains("field-reference-wrong"), "{}", twice.text);

    let asked = finn.submit(PAGE, PAY, &[("invoice", &one)]).await;
    assert!(asked.status == 409 && asked.text.contains("Tick the box"), "{}", asked.text);
    assert_eq!(advices(&cloud).await, ["pending"]);
    let confirm = format!("confirm-{one}");
    let paid = finn.submit(PAGE, PAY, &[("invoice", &one), (&confirm, "on")]).await;
    assert_eq!(paid.status, 303, "{}", paid.text);
    assert_eq!(advices(&cloud).await, ["withdrawn"]);

    let left =
        [(second.as_str(), "on"), ("amount", "20"), ("paid_on", today), ("reference", "T-2")];
    assert_eq!(finn.submit(PAGE, ADVICE, &left).await.status, 303);
    let withdrawn = finn.submit(PAGE, "/billing/acme/payments/withdraw", &[]).await;
    assert_eq!(withdrawn.location, format!("{PAGE}?done=transfer_withdrawn"));
    assert_eq!(advices(&cloud).await, ["withdrawn", "withdrawn"]);
}

/// Goal: what is prepaid is shown with its receipt.
#[tokio::test]
async fn what_is_prepaid_is_shown() {
    let cloud = on_team().await;
    let body = json!({
        "amount": { "amount": 12_000, "currency": "usd" },
        "reference": "UPFRONT-1", "paid_on": cloud.clock().now().to_string().get(..10),
    });
    let path = "/v1/staff/accounts/acme/prepayments";
    let (status, made) = Box::pin(cloud.call(cloud.staff_key(), Method::POST, path, &body)).await;
    assert_eq!(status, 201, "{made}");
    cloud.clock().run_due().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;

    let page = finn.page(PAGE).await;

    assert!(page.contains("120.00 USD") && page.contains("P-0001"), "{page}");
    assert!(page.contains("no tax invoice") || page.contains("not a tax invoice"), "{page}");
}
