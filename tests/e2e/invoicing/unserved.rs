//! Usage of an account that got no service (C10, requirements "Usage of a disabled account").

use super::{
    RUN, account, id, lines, post, report_november, subscribe, told, until, upcoming,
    usage_invoices,
};
use crate::world::{cloud_with_grace, get};

/// Goal: an account that is disabled at the month's last instant pays for what it did and not for
/// what it holds, as it was told before; and nothing for months in which it was disabled
/// throughout.
#[tokio::test]
async fn a_disabled_account_does_not_pay_for_what_it_holds() {
    let cloud = cloud_with_grace(3).await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    let form =
        format!("customer={customer}&collection_method=send_invoice&days_until_due=1&currency=usd");
    let owed = id(&post(&cloud, "/v1/invoices", &form));
    post(
        &cloud,
        "/v1/invoiceitems",
        &format!("customer={customer}&invoice={owed}&amount=700&currency=usd"),
    );
    post(&cloud, &format!("/v1/invoices/{owed}/finalize"), "");
    until(&cloud, "2026-11-28T12:00:00Z").await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "disabled");
    let sessions =
        ("Sessions in November 2026: 1,234 beyond 100,000 included, at 0.0005 USD".to_owned(), 62);
    let shown = told(&upcoming(&cloud, "acme").await);
    assert!(
        shown.contains(&sessions) && !shown.iter().any(|line| line.0.contains("Storage")),
        "{shown:?}"
    );

    until(&cloud, "2026-12-03T00:14:59Z").await;
    let shown = told(&upcoming(&cloud, "acme").await);
    until(&cloud, RUN).await;

    let invoices = usage_invoices(&cloud, &customer);
    assert_eq!(lines(&cloud, &invoices[0]), std::slice::from_ref(&sessions));
    assert!(
        shown.contains(&sessions) && !shown.iter().any(|line| line.0.contains("Storage")),
        "{shown:?}"
    );
    until(&cloud, "2027-01-03T12:00:00Z").await;
    assert_eq!(usage_invoices(&cloud, &customer).len(), 1, "December had no service at all");
}
