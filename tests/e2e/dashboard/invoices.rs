//! Invoices: the list as the API has it, and one whole, with what was printed.

use super::{Browser, company, later, on_team};
use crate::shop::sent_invoice;
use crate::world::{get, open_account};

/// Goal: every issued invoice is in the list with its amounts, filters are in the address, and CSV
/// has the same.
#[tokio::test]
async fn invoices_are_listed() {
    let cloud = on_team().await;
    let unpaid = sent_invoice(&cloud, "cus_acme", 123_456);
    cloud.clock().run_due().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let listed = get(&cloud, "/v1/accounts/acme/invoices").await;
    let page = finn.page("/billing/acme/invoices").await;
    let all = listed["data"].as_array().unwrap();
    assert!(all.len() >= 2, "{listed}");
    for invoice in all {
        let address = format!("/billing/acme/invoices/{}", invoice["id"].as_str().unwrap());
        assert!(page.contains(&address), "{address}: {page}");
    }
    assert!(page.contains("1,234.56 USD") && page.contains("To be paid"), "{page}");

    let only = finn.page("/billing/acme/invoices?status=unpaid").await;
    assert_eq!(only.matches("/billing/acme/invoices/in_").count(), 1, "{only}");
    let csv = finn.get("/billing/acme/invoices.csv?status=unpaid").await.text;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(&unpaid) && csv.contains(",usd,123456,0,123456,"), "{csv}");
}

/// Goal: an invoice says what is the case, what it is for, how it was tried to be paid, and who is
/// billed.
#[tokio::test]
async fn an_invoice_is_shown_whole() {
    let cloud = on_team().await;
    let unpaid = sent_invoice(&cloud, "cus_acme", 4_900);
    later(&cloud, 2 * 86_400).await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let page = finn.page(&format!("/billing/acme/invoices/{unpaid}")).await;
    assert!(page.contains("49.00 USD is overdue since"), "{page}");
    assert!(page.contains("Pay 49.00 USD"), "{page}");
    assert!(page.contains("Billed to"), "{page}");

    let listed = get(&cloud, "/v1/accounts/acme/invoices?status=paid").await;
    let paid = listed["data"][0]["id"].as_str().unwrap();
    let page = finn.page(&format!("/billing/acme/invoices/{paid}")).await;
    assert!(page.contains("Paid on 22 November 2026."), "{page}");
    assert!(page.contains("visa ending in 4242"), "{page}");
}

/// Goal: another account's invoice is not there.
#[tokio::test]
async fn another_accounts_invoice_is_unknown() {
    let cloud = company().await;
    open_account(&cloud, "birch").await;
    let foreign = sent_invoice(&cloud, "cus_birch", 4_900);
    cloud.clock().run_due().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    for id in [foreign.as_str(), "in_none", "x"] {
        let shown = finn.get(&format!("/billing/acme/invoices/{id}")).await;
        assert_eq!(shown.status, 404, "{id}");
        assert!(!shown.text.contains("49.00"), "{id}");
    }
}
