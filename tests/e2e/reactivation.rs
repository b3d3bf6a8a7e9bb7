//! A19 and A20: what disables an account, and the one rule that reactivates it.

use serde_json::Value;

use crate::stripe::Invoice;
use crate::world::{
    DAY, NOW, access, cloud, cloud_with_grace, get, kinds, open_account, post, state,
};

/// Goal: paying one of two overdue invoices keeps the account disabled; settling the other
/// reactivates it once, whatever settles it, although no schedule had noticed that it was overdue.
async fn the_second_settlement_reactivates(settle: impl FnOnce(&Invoice, i64) -> Value) {
    let cloud = cloud_with_grace(7).await;
    open_account(&cloud, "acme").await;
    let one = Invoice::sent("in_one", "cus_acme", 4_900, NOW, NOW + 10 * DAY);
    let two = Invoice::sent("in_two", "cus_acme", 1_200, NOW, NOW + 12 * DAY);
    post(&cloud, &one.finalized(NOW), "applied").await;
    post(&cloud, &two.finalized(NOW), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");

    cloud.clock().advance("20d").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(access(&cloud, "acme").await, "none");

    let now = NOW + 20 * DAY;
    post(&cloud, &one.paid(now), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(access(&cloud, "acme").await, "none");

    post(&cloud, &settle(&two, now + 5), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(access(&cloud, "acme").await, "full");

    let kinds = kinds(&cloud, "acme").await;
    let count = |kind: &str| kinds.iter().filter(|it| *it == kind).count();
    assert_eq!(count("account.past_due"), 1, "{kinds:?}");
    assert_eq!(count("account.disabled"), 1, "{kinds:?}");
    assert_eq!(count("account.reactivated"), 1, "{kinds:?}");
    assert_eq!(kinds.last().map(String::as_str), Some("account.reactivated"));

    let why = get(&cloud, "/v1/accounts/acme/explain?field=state").await;
    assert_eq!(why["value"], "active");
    let because = why["because"].to_string();
    assert!(because.contains("in_one") && because.contains("in_two"), "{because}");
    assert!(because.contains("account.reactivated"), "{because}");
}

#[tokio::test]
async fn a_card_payment_reactivates() {
    the_second_settlement_reactivates(Invoice::paid).await;
}

#[tokio::test]
async fn a_payment_out_of_band_reactivates() {
    the_second_settlement_reactivates(Invoice::paid_out_of_band).await;
}

#[tokio::test]
async fn voiding_reactivates() {
    the_second_settlement_reactivates(Invoice::voided).await;
}

#[tokio::test]
async fn a_credit_note_that_takes_the_invoice_to_zero_reactivates() {
    the_second_settlement_reactivates(|invoice, at| {
        invoice.credit_note("cn_1", "credit_note.created", 1_200, at)
    })
    .await;
}

/// Goal: the missed transitions stand in the timeline at their true times, the reactivation at the
/// time at which access came back.
#[tokio::test]
async fn missed_transitions_are_written_at_their_true_times() {
    let cloud = cloud_with_grace(7).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_one", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    post(&cloud, &invoice.payment_failed(NOW + 60), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active", "the failure is a minute ahead");
    cloud.clock().advance("30d").await.unwrap();
    post(&cloud, &invoice.paid(NOW + 30 * DAY), "applied").await;

    let page = get(&cloud, "/v1/accounts/acme/timeline").await;
    let at = |kind: &str| {
        let entries = page["data"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["kind"] == kind);
        entry.and_then(|entry| entry["at"].as_str()).unwrap_or("missing").to_owned()
    };
    assert_eq!(at("account.past_due"), "2026-11-22T09:01:00Z");
    assert_eq!(at("account.disabled"), "2026-11-29T09:01:00Z");
    assert_eq!(at("account.reactivated"), "2026-12-22T09:00:00Z");
}

/// Goal: while both are overdue, the explanation names both and says what would clear each.
#[tokio::test]
async fn the_explanation_of_disabled_names_every_overdue_invoice() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    for id in ["in_one", "in_two"] {
        let invoice = Invoice::automatic(id, "cus_acme", 4_900, NOW - DAY);
        post(&cloud, &invoice.finalized(NOW - DAY), "applied").await;
        post(&cloud, &invoice.payment_failed(NOW - 60), "applied").await;
    }
    let why = get(&cloud, "/v1/accounts/acme/explain?field=state").await;
    assert_eq!(why["value"], "disabled");
    for id in ["in_one", "in_two"] {
        assert!(why["because"].to_string().contains(id), "{why}");
        assert!(why["clears_by"].to_string().contains(id), "{why}");
    }
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!(answer["reasons"].as_array().map(Vec::len), Some(2), "{answer}");
    assert_eq!(answer["reasons"][0]["code"], "overdue_invoices");
}

/// Goal: a card invoice between finalized and paid makes nobody past due, at zero grace too; only a
/// failed attempt does.
#[tokio::test]
async fn nobody_is_past_due_between_finalized_and_paid() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_one", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.drafted(NOW - 3_600), "applied").await;
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    cloud.clock().advance("1h").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "active");
    post(&cloud, &invoice.paid(NOW + 3_600), "applied").await;
    assert_eq!(
        kinds(&cloud, "acme").await,
        ["account.created", "invoice.created", "invoice.finalized", "invoice.paid"]
    );
}

/// Goal: at zero grace a failed payment disables at once, and the payment that follows reactivates.
#[tokio::test]
async fn zero_grace_disables_at_the_first_failure() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_one", "cus_acme", 4_900, NOW - 60);
    post(&cloud, &invoice.finalized(NOW - 60), "applied").await;
    post(&cloud, &invoice.payment_failed(NOW - 30), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    post(&cloud, &invoice.paid(NOW), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: an uncollectible invoice is still unpaid, and can still be paid.
#[tokio::test]
async fn uncollectible_is_still_unpaid() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_one", "cus_acme", 4_900, NOW - 60);
    post(&cloud, &invoice.payment_failed(NOW - 30), "applied").await;
    post(&cloud, &invoice.uncollectible(NOW - 20), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    post(&cloud, &invoice.paid(NOW), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: whoever pays the invoice that disabled the account stays disabled while another is
/// overdue, even if that one's own grace still runs: "nothing overdue remains" is the only way
/// back.
#[tokio::test]
async fn the_grace_of_another_overdue_invoice_does_not_reactivate() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let one = Invoice::sent("in_one", "cus_acme", 4_900, NOW, NOW + DAY);
    let two = Invoice::sent("in_two", "cus_acme", 1_200, NOW, NOW + 10 * DAY);
    post(&cloud, &one.finalized(NOW), "applied").await;
    post(&cloud, &two.finalized(NOW), "applied").await;
    cloud.clock().advance("16d").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "disabled");
    post(&cloud, &one.paid(NOW + 16 * DAY), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    post(&cloud, &two.paid(NOW + 16 * DAY), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
}
