//! Midnight: the ended month is judged once more under its own name, and counts for nothing then
//! (requirements, "Alerts").

use billing::time::Timestamp;
use local::Running;

use super::{check, history, sessions, set, together};
use crate::subscription::subscribed;

async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).unwrap()).await;
}

/// Goal: passed on the 25th, still passed behind midnight only by November's usage: nothing is said
/// of December; passed by December's usage: it is, once.
#[tokio::test]
async fn usage_of_the_ended_month_does_not_spend_the_next_alert() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, 20_000).await;
    // 200.00 USD of sessions.
    sessions(&cloud, "november", 500_000, "2026-11-22T09:00:00Z").await;
    until(&cloud, "2026-11-25T00:00:00Z").await;
    assert_eq!(history(&cloud).await, [("2026-11".to_owned(), 27_600)]);

    until(&cloud, "2026-12-01T02:30:00Z").await;
    assert_eq!(history(&cloud).await.len(), 1, "only by November's usage");
    sessions(&cloud, "december", 500_000, "2026-12-01T02:00:00Z").await;
    until(&cloud, "2026-12-01T04:00:00Z").await;

    let months: Vec<String> = history(&cloud).await.into_iter().map(|it| it.0).collect();
    assert_eq!(months, ["2026-12", "2026-11"]);
}

/// Goal: what passes between the last check and midnight is notified by the first check behind it,
/// under the ended month, with its renewal; usage that comes later for that month is not.
#[tokio::test]
async fn the_first_check_behind_midnight_judges_the_ended_month() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, 20_000).await;
    until(&cloud, "2026-11-30T23:30:00Z").await;
    sessions(&cloud, "last", 500_000, "2026-11-30T23:30:00Z").await;

    until(&cloud, "2026-12-01T01:30:00Z").await;

    assert_eq!(history(&cloud).await, [("2026-11".to_owned(), 27_600)]);

    let other = subscribed("team", "month", 3).await;
    set(&other, 20_000).await;
    until(&other, "2026-12-01T01:30:00Z").await;
    sessions(&other, "late", 500_000, "2026-11-30T23:30:00Z").await;
    until(&other, "2026-12-05T00:00:00Z").await;
    assert_eq!(history(&other).await, [], "it counts for no alert any more");
}

/// Goal: a message of the 30th that is delivered behind midnight, several times, judges November
/// alone and notifies once.
#[tokio::test]
async fn a_message_that_comes_behind_midnight_keeps_its_month() {
    let cloud = subscribed("team", "month", 3).await;
    // Before the walk of midnight: no check has judged November after its end.
    until(&cloud, "2026-11-30T23:30:00Z").await;
    set(&cloud, 20_000).await;
    sessions(&cloud, "last", 500_000, "2026-11-30T23:30:00Z").await;
    let walked_at = Timestamp::parse("2026-11-30T23:40:00Z").unwrap().0;
    until(&cloud, "2026-11-30T23:59:59Z").await;
    assert_eq!(history(&cloud).await, []);

    together(&cloud, 3, &vec![check("2026-11", walked_at); 20]).await;
    until(&cloud, "2026-12-01T03:00:00Z").await;
    together(&cloud, 4, &vec![check("2026-11", walked_at); 20]).await;

    assert_eq!(history(&cloud).await, [("2026-11".to_owned(), 27_600)]);
}
