//! Each page for each role: who may open it, and that a member sees no money anywhere.

use super::{Browser, company, later};
use crate::shop::{default_card, sent_invoice};

const PAGES: [(&str, bool); 17] = [
    ("/billing/acme", true),
    ("/billing/acme/usage", true),
    ("/billing/acme/usage.csv", true),
    ("/billing/acme/credits", true),
    ("/billing/acme/settings", true),
    ("/billing/acme/credits.csv", false),
    ("/billing/acme/alerts", false),
    ("/billing/acme/invoices?status=unpaid&kind=manual", false),
    ("/billing/acme/invoices.csv", false),
    ("/billing/acme/payments", false),
    ("/billing/acme/plan", false),
    ("/billing/acme/plan/cancel", false),
    ("/billing/acme/plan/review?plan=team&interval=month&seats=2", false),
    ("/billing/acme/timeline", false),
    ("/billing/acme/timeline.csv", false),
    ("/billing/acme/why?field=state", false),
    ("/billing/acme/why?field=outstanding", false),
];

/// Goal: administrators and finance open every page; a member the product's alone, and is told who
/// can help.
#[tokio::test]
async fn pages_open_to_their_roles() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let mut mia = Browser::signed_in(&cloud, "acme", "mia").await;
    for (page, open) in PAGES {
        ada.page(page).await;
        finn.page(page).await;
        let shown = mia.get(page).await;
        assert_eq!(shown.status, if open { 200 } else { 403 }, "{page}");
        if !open {
            assert!(shown.text.contains("ada@acme.example"), "{page}: {}", shown.text);
        }
    }
    assert!(ada.page("/billing/acme/settings").await.contains("id=\"keys\""));
    assert!(!finn.page("/billing/acme/settings").await.contains("id=\"keys\""));
    let own = mia.page("/billing/acme/settings").await;
    assert!(!own.contains("Billing details") && !own.contains("ada@acme.example"), "{own}");
}

/// Goal: no amount, currency or price stands in anything that a member can open, whatever is owed.
#[tokio::test]
async fn a_member_sees_no_money() {
    let cloud = company().await;
    default_card(&cloud, "cus_acme", "pm_card_visa");
    sent_invoice(&cloud, "cus_acme", 123_456);
    later(&cloud, 40 * 86_400).await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    assert!(finn.page("/billing/acme").await.contains("1,234.56 USD"));

    let mut mia = Browser::signed_in(&cloud, "acme", "mia").await;
    for (page, _) in PAGES {
        let shown = mia.get(page).await.text;
        for money in ["1,234.56", "123456", "USD", "EUR", "49.00", "5.00"] {
            assert!(!shown.contains(money), "{page} says {money}: {shown}");
        }
    }
    assert!(mia.page("/billing/acme").await.contains("This account is disabled"));
}
