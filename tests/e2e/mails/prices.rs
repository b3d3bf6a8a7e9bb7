//! Days of notice count from an accepted mail (C2).

use http::Method;
use serde_json::json;

use super::{ADA, BILLING, FIN, LOG, company, one_each, sent, until};
use crate::subscription::invoices;
use crate::world::{get, vendor};

/// Totals of the renewals, the latest two.
fn renewals(cloud: &local::Running) -> Vec<i64> {
    let totals: Vec<i64> = invoices(cloud).into_iter().map(|(_, total, _)| total).collect();
    totals[totals.len() - 2..].to_vec()
}

async fn announce(cloud: &local::Running) {
    let change = json!({
        "price": "tollgate_team_month", "new_amount": 5_900,
        "effective_at": "2026-12-28T00:00:00Z",
    });
    let path = "/v1/staff/price-changes";
    let announced = Box::pin(cloud.call(cloud.staff_key(), Method::POST, path, &change)).await;
    assert_eq!(announced.0, 201, "{announced:?}");
}

/// Goal: a price notice goes to the billing address, administrators and finance; accepted in time,
/// the next renewal has the new price.
#[tokio::test]
async fn an_accepted_notice_lets_the_price_change() {
    let cloud = company().await;
    announce(&cloud).await;

    until(&cloud, "2027-01-02T00:00:00Z").await;

    assert_eq!(sent(&cloud, "a price changes"), one_each(&[ADA, FIN, BILLING]));
    assert_eq!(renewals(&cloud), [7_600, 8_600]);
}

/// Goal: without an accepted mail the old price stays; the 30 days begin with the copy that staff
/// send again.
#[tokio::test]
async fn without_an_accepted_mail_the_old_price_stays() {
    let cloud = company().await;
    cloud.gate().set_away(&["SES"]);
    announce(&cloud).await;
    until(&cloud, "2026-11-27T00:00:00Z").await;
    cloud.gate().set_away(&[]);
    until(&cloud, "2027-01-02T00:00:00Z").await;
    assert_eq!(sent(&cloud, "a price changes").len(), 0);
    assert_eq!(renewals(&cloud), [7_600, 7_600], "nobody was told");

    let log = get(&cloud, LOG).await;
    let all = log["data"].as_array().unwrap();
    let doubted = all.iter().find(|it| it["template"] == "price_change").unwrap();
    assert_eq!(doubted["status"], "in_doubt", "{log}");
    let path = format!("/v1/accounts/acme/mails/{}/resend", doubted["id"].as_str().unwrap());
    assert_eq!(vendor(&cloud, Method::POST, &path, &json!(null)).await.0, 202);
    until(&cloud, "2027-02-02T00:00:00Z").await;
    assert_eq!(renewals(&cloud), [7_600, 7_600], "accepted on 2 January: 30 days are 1 February");

    until(&cloud, "2027-03-02T00:00:00Z").await;
    assert_eq!(renewals(&cloud), [7_600, 8_600]);
}
