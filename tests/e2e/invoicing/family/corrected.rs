//! A sub-account's usage, corrected in a month in which its payer changes (B11, F3).

use super::*;
use crate::world::staff_with_key;

/// Goal: a correction on a day lowers the share of the payer of that day, and one without a day the
/// shares of both as they used; behind the month's end the parent's invoice is named.
#[tokio::test]
async fn a_correction_lowers_the_share_of_its_payer() {
    let cloud = cloud().await;
    let group = parent(&cloud).await;
    let north = sub_account(&cloud, "north", BillingModel::BillToParent).await;
    subscribe(&cloud, &north, "team").await;
    move_to(&cloud, "north", BillingModel::BillToSubAccount, "2026-11-26T00:00:00Z").await;
    until(&cloud, "2026-11-28T00:00:00Z").await;
    let events = [
        ("north", "sessions", 120_000, "2026-11-25T08:00:00Z"),
        ("north", "sessions", 160_000, "2026-11-27T08:00:00Z"),
    ];
    report(&cloud, "b1", &events).await;

    let path = "/v1/staff/accounts/north/usage-corrections";
    let body = |quantity: i64, day: Option<&str>| {
        json!({
            "period": "2026-11", "resource": "sessions", "quantity": quantity,
            "reason": "Reported twice", "day": day,
        })
    };
    let on_day = body(-10_000, Some("2026-11-25"));
    assert_eq!(staff_with_key(&cloud, path, "k1", &on_day).await.0, 201);
    let (status, answer) = staff_with_key(&cloud, path, "k2", &body(-27_000, None)).await;
    assert_eq!(status, 201, "{answer}");
    let daily = json!([
        { "date": "2026-11-25", "quantity": -11_000 }, { "date": "2026-11-27", "quantity": -16_000 },
    ]);
    assert_eq!(answer["daily"], daily);
    until(&cloud, RUN).await;

    let count = |lines: &[(String, i64)]| -> Vec<i64> { lines.iter().map(|line| line.1).collect() };
    assert_eq!(count(&invoiced(&cloud, &north, "2026-11")), [2_200], "44,000 beyond 100,000");
    assert_eq!(invoiced(&cloud, &group, "2026-11"), [], "99,000 of 100,000 included");
    let (status, answer) = staff_with_key(&cloud, path, "k3", &body(-1, None)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("month_invoiced")), "{answer}");
}
