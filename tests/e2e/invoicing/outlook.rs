//! Forecasts of the month's end (G4): shown with the upcoming invoice, and only shown.

use super::*;

/// Reports 10,000 sessions for each day from the 1st of November to the 21st.
async fn report_three_weeks(cloud: &Running, account: &str) {
    for day in 1..=21 {
        let at = format!("2026-11-{day:02}T08:00:00Z");
        let batch = format!("{account}-{day}");
        report(cloud, &batch, &[(account, "sessions", 10_000, &at)]).await;
    }
}

async fn set_alert(cloud: &Running, amount: i64) {
    let body = json!({ "threshold": { "amount": amount, "currency": "usd" } });
    let (status, answer) = vendor(cloud, Method::PUT, "/v1/accounts/acme/alert", &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// Goal: what goes on every day goes on to the month's end, within bounds that come closer; and the
/// day is named on which the alert will be reached. Looking does not spend the alert.
#[tokio::test]
async fn the_end_of_the_month_is_forecast() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_three_weeks(&cloud, "acme").await;
    until(&cloud, "2026-11-22T12:00:00Z").await;
    set_alert(&cloud, 13_000).await;

    // 110,000 sessions beyond the included so far, at 0.0005 USD, and 85,000 more to come.
    let shown = upcoming(&cloud, "acme").await;
    assert_eq!(shown["total"]["amount"], 5_800 + 5_500, "{shown}");
    let forecast = &shown["forecast"];
    assert_eq!(forecast["expected"], json!({ "amount": 5_800 + 9_750, "currency": "usd" }));
    let bound = |forecast: &Value, name: &str| forecast[name]["amount"].as_i64().unwrap();
    let width = bound(forecast, "upper") - bound(forecast, "lower");
    assert!(width > 0 && bound(forecast, "lower") >= 11_300, "{forecast}");
    // 13,000 is exceeded behind 144,000 sessions beyond: 34,000 more, on the fourth day from now.
    assert_eq!(forecast["alert_reached_on"], "2026-11-25", "{forecast}");

    until(&cloud, "2026-11-22T16:00:00Z").await;
    assert!(!kinds(&cloud, "acme").await.contains(&"alert.triggered".to_owned()));
    set_alert(&cloud, 11_000).await;
    let shown = upcoming(&cloud, "acme").await;
    assert_eq!(shown["forecast"]["alert_reached_on"], Value::Null, "reached already: {shown}");
}

/// Goal: two days say nothing of a month.
#[tokio::test]
async fn a_new_account_has_no_forecast() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    for (batch, at) in [("a", "2026-11-20T08:00:00Z"), ("b", "2026-11-21T08:00:00Z")] {
        report(&cloud, batch, &[("acme", "sessions", 60_000, at)]).await;
    }
    assert_eq!(upcoming(&cloud, "acme").await["forecast"], Value::Null);
}
