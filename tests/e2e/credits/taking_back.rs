//! Refunds and disputes take tokens back, in proportion, and give them back (D18, money rule 29).

use local::gate::{Faults, Mode};
use serde_json::json;
use stripe_simulator::faults::{Chances, Probability};

use super::{
    advance, at_stripe, balance, bought, card, deduct, ledger, recharge, settled, shop, show,
    stripe, taken,
};
use crate::letters::dead_letters;
use crate::stripe::event;
use crate::world::{NOW, get, kinds, post};

/// Goal: half of the money takes half of the tokens; the rest takes the rest, below zero if they
/// are used, visibly; and nothing is bought because of it.
#[tokio::test]
async fn a_refund_takes_its_share_back() {
    let cloud = shop().await;
    let (_, payment) = bought(&cloud, "standard").await;
    card(&cloud, "pm_card_visa");
    recharge(&cloud, 100, 5_000, "starter").await;
    advance(&cloud, "1s").await;
    stripe(&cloud, "/v1/refunds", &format!("payment_intent={payment}&amount=500"));
    settled(&cloud).await;
    assert_eq!(balance(&cloud).await, 1_250_000);
    advance(&cloud, "1s").await;
    assert_eq!(deduct(&cloud, "job-1", 1_001_000).await.0, 201);
    advance(&cloud, "1s").await;
    stripe(&cloud, "/v1/refunds", &format!("payment_intent={payment}"));
    settled(&cloud).await;
    let shown = show(&cloud).await;
    assert_eq!(shown["balance"], -1_000_000);
    assert_eq!(shown["auto_recharge"]["state"], "idle", "a refund is no reason to buy");
    let kinds_and_tokens: Vec<_> =
        ledger(&cloud).await.into_iter().map(|(kind, tokens, _)| (kind, tokens)).collect();
    let expected = [
        ("purchase", 2_500_000),
        ("refund", -1_250_000),
        ("deduction", -1_000_000),
        ("refund", -1_250_000),
    ];
    assert_eq!(kinds_and_tokens, expected.map(|(kind, tokens)| (kind.to_owned(), tokens)));
    assert_eq!(taken(&cloud), 1_000, "nothing was bought");
    let explained = get(&cloud, "/v1/accounts/acme/explain?field=credits").await;
    assert_eq!(explained["value"], -1_000_000);
    let because = explained["because"].as_array().unwrap().iter();
    let because: Vec<_> = because.map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(because, ["credits.purchased", "credits.taken_back", "credits.taken_back"]);
    assert_eq!(deduct(&cloud, "job-2", 1).await.0, 402, "what is taken back comes first");
}

/// Goal: a refund that fails later gives the tokens back.
#[tokio::test]
async fn a_refund_that_fails_gives_them_back() {
    let cloud = shop().await;
    let purchase = super::buy(&cloud, "starter").await;
    let (status, page) =
        super::pay(&cloud, purchase["checkout_url"].as_str().unwrap(), "pm_card_refundFail");
    assert_eq!(status, 200, "{page}");
    settled(&cloud).await;
    let payment = super::payments(&cloud)[0]["id"].as_str().unwrap().to_owned();
    stripe(&cloud, "/v1/refunds", &format!("payment_intent={payment}"));
    settled(&cloud).await;
    advance(&cloud, "10d").await;
    assert_eq!(balance(&cloud).await, 1_000_000);
    let tokens: Vec<_> = ledger(&cloud).await.iter().map(|(_, tokens, _)| *tokens).collect();
    assert_eq!(tokens, [1_000_000, -1_000_000, 1_000_000]);
}

/// Goal: a dispute takes the tokens and pauses auto-recharge; a win gives them back; an inquiry
/// takes nothing; and it is set again before anything is bought.
#[tokio::test]
async fn a_dispute_takes_and_a_win_gives_back() {
    for (evidence, tokens) in [("winning_evidence", 1_000_000), ("losing_evidence", 0)] {
        let cloud = shop().await;
        let purchase = super::buy(&cloud, "starter").await;
        let url = purchase["checkout_url"].as_str().unwrap();
        assert_eq!(super::pay(&cloud, url, "pm_card_createDispute").0, 200);
        settled(&cloud).await;
        let shown = show(&cloud).await;
        assert_eq!(shown["balance"], 0, "{shown}");
        let dispute =
            at_stripe(&cloud, "/v1/disputes")["data"][0]["id"].as_str().unwrap().to_owned();
        let form = format!("evidence[uncategorized_text]={evidence}&submit=true");
        stripe(&cloud, &format!("/v1/disputes/{dispute}"), &form);
        advance(&cloud, "2d").await;
        assert_eq!(balance(&cloud).await, tokens, "{evidence}");
        ledger(&cloud).await;
        let kinds = kinds(&cloud, "acme").await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "credits.taken_back").count(), 1);
        let won = usize::from(tokens > 0);
        assert_eq!(kinds.iter().filter(|kind| *kind == "credits.returned").count(), won);
    }
    let cloud = shop().await;
    let purchase = super::buy(&cloud, "starter").await;
    let url = purchase["checkout_url"].as_str().unwrap();
    assert_eq!(super::pay(&cloud, url, "pm_card_createDisputeInquiry").0, 200);
    settled(&cloud).await;
    assert_eq!(balance(&cloud).await, 1_000_000, "an inquiry takes nothing");
}

/// Goal: a dispute pauses what is on, once, and setting it again lets it go on.
#[tokio::test]
async fn a_dispute_pauses_auto_recharge() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    super::grant(&cloud, 1_000).await;
    recharge(&cloud, 100, 5_000, "starter").await;
    let purchase = super::buy(&cloud, "starter").await;
    let url = purchase["checkout_url"].as_str().unwrap();
    assert_eq!(super::pay(&cloud, url, "pm_card_createDispute").0, 200);
    settled(&cloud).await;
    let shown = show(&cloud).await;
    let state = &shown["auto_recharge"];
    assert_eq!((&state["state"], &state["paused_reason"]), (&json!("paused"), &json!("dispute")));
    assert_eq!(deduct(&cloud, "job-1", 1_950).await.0, 201);
    settled(&cloud).await;
    assert_eq!(balance(&cloud).await, 50, "nothing is bought while it is paused");
    let paused = kinds(&cloud, "acme").await;
    assert_eq!(paused.iter().filter(|kind| *kind == "auto_recharge.paused").count(), 1);
    recharge(&cloud, 100, 5_000, "starter").await;
    settled(&cloud).await;
    assert_eq!(balance(&cloud).await, 1_000_050);
}

/// Goal: a refund whose payment is told much later, because neither of its events came through at
/// first, takes its tokens back all the same.
#[tokio::test]
async fn a_refund_that_is_told_long_before_its_payment_counts() {
    let cloud = shop().await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    let lost = |drop| {
        let chances = Chances { drop, ..Chances::default() };
        cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));
    };
    lost(Probability::ALWAYS);
    let purchase = super::buy(&cloud, "starter").await;
    let url = purchase["checkout_url"].as_str().unwrap();
    assert_eq!(super::pay(&cloud, url, "pm_card_visa").0, 200);
    // Stripe tries again after five minutes, and then half an hour later.
    advance(&cloud, "6m").await;
    lost(Probability::percent(0));
    let payment = super::payments(&cloud)[0]["id"].as_str().unwrap().to_owned();
    stripe(&cloud, "/v1/refunds", &format!("payment_intent={payment}"));
    advance(&cloud, "1d").await;
    assert_eq!(balance(&cloud).await, 0);
    let tokens: Vec<_> = ledger(&cloud).await.iter().map(|(_, tokens, _)| *tokens).collect();
    assert_eq!(tokens, [1_000_000, -1_000_000]);
}

/// Goal: a lost dispute in another currency than the purchase's takes every token and pauses
/// auto-recharge; where Stripe says what it took in ours, it takes that share (XB5).
#[tokio::test]
async fn a_dispute_in_another_currency_takes_tokens_and_pauses() {
    for (amount, withdrawn, left) in
        [(545, json!([]), 0), (272, json!([{ "amount": -250, "currency": "eur" }]), 500_000)]
    {
        let cloud = shop().await;
        card(&cloud, "pm_card_visa");
        recharge(&cloud, 100, 5_000, "starter").await;
        settled(&cloud).await;
        let before = balance(&cloud).await;
        let (_, payment) = super::bought(&cloud, "starter").await;
        let dispute = json!({
            "id": "du_usd", "object": "dispute", "payment_intent": payment, "amount": amount,
            "currency": "usd", "status": "lost", "balance_transactions": withdrawn,
        });
        let closed = event("evt_du", "charge.dispute.closed", NOW + 60, &dispute);

        post(&cloud, &closed, "applied").await;
        post(&cloud, &closed, "unchanged").await;

        let shown = show(&cloud).await;
        assert_eq!(shown["balance"], before + left, "{shown}");
        assert_eq!(shown["auto_recharge"]["paused_reason"], "dispute", "{shown}");
    }
}

/// Goal: a refund of an invoice's payment is known as such at the second look, and what Stripe
/// tells of that payment in the next days is let go at once (XE3).
#[tokio::test]
async fn a_refund_of_an_invoices_payment_is_not_waited_for() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    let invoice = stripe(&cloud, "/v1/invoices", "customer=cus_acme&currency=eur");
    let invoice = invoice["id"].as_str().unwrap();
    let item = format!("customer=cus_acme&invoice={invoice}&amount=900&currency=eur");
    stripe(&cloud, "/v1/invoiceitems", &item);
    stripe(&cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "");
    settled(&cloud).await;
    let payment = super::payments(&cloud)[0]["id"].as_str().unwrap().to_owned();
    let refund = |id: &str| {
        let object = json!({
            "id": id, "object": "refund", "payment_intent": payment, "amount": 100,
            "currency": "eur", "status": "succeeded",
        });
        event(&format!("evt_{id}"), "refund.created", NOW, &object)
    };

    post(&cloud, &refund("re_1"), "queued").await;
    advance(&cloud, "1m").await;

    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);
    assert_eq!(dead_letters(&cloud).await, []);
    post(&cloud, &refund("re_2"), "ignored").await;
    advance(&cloud, "4d").await;
    post(&cloud, &refund("re_3"), "queued").await;
}
