//! What a dispute does to auto-recharge (money rule 26).

use super::*;
use crate::ids::{DisputeId, SessionId};
use crate::payment::{DisputeSnapshot, DisputeStatus, SessionSnapshot, SessionStatus};

/// Goal: a dispute pauses auto-recharge whatever else it is paused for, so that another card does
/// not let it go on, and stays when the charge under way finds no card (money rule 26).
#[test]
fn a_dispute_pauses_whatever_else_it_waits_for() {
    let mut granted = purchase(How::Checkout);
    granted.status = PurchaseStatus::Granted;
    granted.paid = Some(eur(500));
    let reason = |decided: &Decided| decided.pause.as_ref().map(|pause| pause.reason);
    for before in [PauseReason::Declined, PauseReason::NoPaymentMethod] {
        let mut books = recharging(2_000);
        books.credits.decided.pause(before, None, NOW);
        let decided = disputed(&books.credits, &granted).unwrap();
        assert_eq!(reason(&decided), Some(PauseReason::Dispute), "behind {before:?}");
        assert_eq!(decided.wake_at, None, "nothing but a person ends it");
    }
    let mut books = books(2_000, charging());
    books.credits.decided = disputed(&books.credits, &granted).unwrap();
    let decided = books.credits.no_method(&purchase(How::Recharge), NOW).decided.unwrap();
    assert_eq!((reason(&decided), &decided.charge), (Some(PauseReason::Dispute), &None));
}

/// Goal: while a page can be paid, a dispute waits behind it: told at once and once, and then it is
/// what auto-recharge is paused for, whether the page is paid, is over, or another card comes.
#[test]
fn a_dispute_waits_behind_a_page_that_can_be_paid() {
    let mut granted = purchase(How::Checkout);
    granted.status = PurchaseStatus::Granted;
    granted.paid = Some(eur(500));
    let mut books = books(0, charging());
    books.credits.decided.pause(PauseReason::AuthenticationRequired, Some("card".into()), NOW);
    books.credits =
        Credits { decided: disputed(&books.credits, &granted).unwrap(), ..books.credits };
    assert_eq!(disputed(&books.credits, &granted), None, "told once");
    let pause = books.credits.decided.pause.clone().unwrap();
    assert_eq!((pause.reason, pause.disputed), (PauseReason::AuthenticationRequired, true));
    let of_page = |status: SessionStatus, paid: bool| {
        let session = SessionSnapshot {
            id: SessionId::parse("cs_1").unwrap(),
            customer: CustomerId::parse("cus_1").unwrap(),
            purchase: PurchaseId::parse("pur_1").unwrap(),
            status,
            paid,
            failed: false,
            subtotal: eur(500),
            total: eur(500),
            payment: PaymentIntentId::parse("pi_2").ok(),
        };
        let fact = PaymentFact { at: NOW, news: PaymentNews::Session(session) };
        let told = books.credits.told(&purchase(How::Recharge), &fact, NOW).unwrap().unwrap();
        told.decided.unwrap()
    };
    for decided in [of_page(SessionStatus::Complete, true), of_page(SessionStatus::Expired, false)]
    {
        let reason = decided.pause.map(|pause| pause.reason);
        assert_eq!((reason, decided.charge), (Some(PauseReason::Dispute), None));
    }
    let settings = settings(100);
    let looked_at = books.set_recharge(settings, NOW).decided.unwrap().pause.unwrap();
    assert!(!looked_at.disputed, "somebody looked at it");
}

/// What is decided when a payment is disputed for the first time, or again.
fn disputed(credits: &Credits, granted: &Purchase) -> Option<Decided> {
    let dispute = DisputeSnapshot {
        reason: None,
        due_by: None,
        answered: false,
        id: DisputeId::parse("du_1").unwrap(),
        payment: PaymentIntentId::parse("pi_1").unwrap(),
        amount: eur(500),
        withdrawn: None,
        status: DisputeStatus::Open,
    };
    let fact = PaymentFact { at: NOW, news: PaymentNews::Dispute(dispute) };
    let change = credits.told(granted, &fact, NOW).unwrap().unwrap();
    let told = happened(&change).contains(&CreditsEvent::RechargePaused);
    assert_eq!(told, change.decided.is_some());
    change.decided
}

/// Goal: a dispute in another currency takes what Stripe took for it in ours, or everything where
/// nothing is known; and every kind of dispute pauses auto-recharge (XB5).
#[test]
fn a_dispute_in_another_currency_takes_its_share() {
    let usd = |amount: i64| Money::new(amount, Currency::parse("usd").unwrap());
    let mut granted = purchase(How::Checkout);
    granted.status = PurchaseStatus::Granted;
    granted.paid = Some(eur(500));
    for (amount, withdrawn, status, tokens) in [
        (usd(545), None, DisputeStatus::Lost, -1_000),
        (usd(545), Some(eur(500)), DisputeStatus::Open, -1_000),
        (usd(272), Some(eur(250)), DisputeStatus::Lost, -500),
        (usd(272), Some(usd(272)), DisputeStatus::Lost, -1_000),
        (eur(100), Some(eur(500)), DisputeStatus::Open, -200),
        (usd(545), None, DisputeStatus::Warning, 0),
        (usd(545), None, DisputeStatus::Won, 0),
    ] {
        let dispute = DisputeSnapshot {
            reason: None,
            due_by: None,
            answered: false,
            id: DisputeId::parse("du_1").unwrap(),
            payment: PaymentIntentId::parse("pi_1").unwrap(),
            amount,
            withdrawn,
            status,
        };
        let fact = PaymentFact { at: NOW, news: PaymentNews::Dispute(dispute) };
        let books = recharging(2_000);
        let change = books.credits.told(&granted, &fact, NOW).unwrap().unwrap();
        assert_eq!(change.count.available, tokens, "{amount} {withdrawn:?} {status:?}");
        let paused = happened(&change).contains(&CreditsEvent::RechargePaused);
        assert_eq!(paused, status != DisputeStatus::Won, "{status:?}");
        assert_eq!(books.credits.told(&change.purchase.unwrap(), &fact, NOW), Ok(None));
    }
}
