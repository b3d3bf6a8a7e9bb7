//! One rule at a time, with numbers worked out by hand.

mod disputes;

use std::collections::BTreeMap;

use crate::account::Standing;
use crate::credits::ledger::LedgerKind;
use crate::credits::purchase::{How, Purchase, PurchaseStatus};
use crate::credits::recharge::{Charge, Decided, PauseReason, Settings, Verdict};
use crate::credits::reservation::NotHeld;
use crate::credits::{Books, Counted, Credits, Offer, Split, Wish};
use crate::ids::{AccountId, CustomerId, PaymentIntentId, PurchaseId, RefundId};
use crate::intent::Intent;
use crate::journal::credits::CreditsEvent;
use crate::money::{Currency, Money};
use crate::month::Month;
use crate::payment::{
    Decline, PaymentFact, PaymentNews, PaymentSnapshot, PaymentStatus, RefundSnapshot, RefundStatus,
};
use crate::refusal::Refusal;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// 2026-11-22T09:00:00Z.
pub(in crate::credits) const NOW: Timestamp = Timestamp(1_795_338_000);
/// The spending limit, in minor units: two packs and a half.
pub(super) const LIMIT: i64 = 1_250;

pub(super) fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("eur").unwrap())
}

pub(super) fn offer() -> Offer {
    Offer { pack: "starter".to_owned(), tokens: 1_000, price: eur(500) }
}

pub(super) fn standing() -> Standing {
    Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW)
}

fn settings(threshold: i64) -> Settings {
    Settings { enabled: true, threshold, limit: eur(LIMIT), pack: "starter".to_owned() }
}

fn books(available: i64, decided: Decided) -> Books {
    let counted = Counted { available, ..Counted::default() };
    books_of(Credits { version: 1, counted, decided, ..Credits::default() })
}

pub(in crate::credits) fn books_of(credits: Credits) -> Books {
    Books {
        standing: standing(),
        credits,
        allowance: Some(50),
        offer: Some(offer()),
        next: PurchaseId::parse("pur_next").unwrap(),
    }
}

fn recharging(available: i64) -> Books {
    books(available, Decided { settings: Some(settings(100)), ..Decided::default() })
}

pub(in crate::credits) fn wish(tokens: i64) -> Wish {
    Wish { id: "ded_1".to_owned(), tokens, reason: None }
}

fn purchase(how: How) -> Purchase {
    let id = PurchaseId::parse("pur_1").unwrap();
    let intent = Intent::new("pur_1".to_owned(), "pur_1".to_owned(), "starter".to_owned(), NOW);
    Purchase { version: 1, ..Purchase::new(how, offer(), intent, id) }
}

fn payment(status: PaymentStatus, amount: i64, decline: Option<(&str, &str)>) -> PaymentFact {
    let snapshot = PaymentSnapshot {
        id: PaymentIntentId::parse("pi_1").unwrap(),
        customer: CustomerId::parse("cus_1").unwrap(),
        purchase: PurchaseId::parse("pur_1").unwrap(),
        status,
        amount: eur(amount),
        declined: decline.map(|(code, decline)| Decline {
            code: code.to_owned(),
            decline_code: Some(decline.to_owned()),
            message: None,
            method: None,
        }),
    };
    PaymentFact { at: NOW, news: PaymentNews::Payment(snapshot) }
}

fn charging() -> Decided {
    let id = PurchaseId::parse("pur_1").unwrap();
    let charge = Charge { purchase: id, month: Month::of(NOW), price: 500 };
    Decided { settings: Some(settings(100)), charge: Some(charge), ..Decided::default() }
}

fn happened(change: &crate::credits::Change) -> Vec<CreditsEvent> {
    let kinds = change.journal.iter().map(|entry| entry.kind.as_str());
    kinds.map(|kind| CreditsEvent::of_word(kind).unwrap()).collect()
}

/// Goal: what is included comes first, then credits; when both together do not cover it, nothing is
/// taken (D12).
#[test]
fn a_deduction_takes_what_is_included_first_and_all_or_nothing() {
    for (available, used, tokens, expected) in [
        (100, 0, 50, Some((50, 0))),
        (100, 0, 51, Some((50, 1))),
        (100, 30, 60, Some((20, 40))),
        (100, 50, 100, Some((0, 100))),
        (100, 50, 101, None),
        (0, 0, 51, None),
        (-10, 0, 50, Some((50, 0))),
        (-10, 50, 1, None),
    ] {
        let mut books = books(available, Decided::default());
        books.credits.counted.included = BTreeMap::from([(Month::of(NOW), used)]);
        let split = books.deduct(&wish(tokens), NOW).ok().map(|it| it.split);
        let expected = expected.map(|(included, credits)| Split { included, credits });
        assert_eq!(split, expected, "{tokens} of {available} with {used} used");
    }
}

/// Goal: the included tokens are a month's: the first instant of the next one has them again (C8).
#[test]
fn what_is_included_is_there_again_next_month() {
    let mut books = books(0, Decided::default());
    books.credits.counted.included = BTreeMap::from([(Month::of(NOW), 50)]);
    let next = Month::of(NOW).end();
    assert!(books.deduct(&wish(1), next.plus_seconds(-1)).is_err());
    let taken = books.deduct(&wish(50), next).unwrap();
    assert_eq!(taken.split, Split { included: 50, credits: 0 });
    assert_eq!(taken.change.count.included_max, Some((Month::of(next), 0)));
}

/// Goal: it buys strictly below the threshold, not at it (D13), and a deduction that stays above
/// cannot slip under it together with another one.
#[test]
fn a_pack_is_bought_strictly_below_the_threshold() {
    let mut books = recharging(200);
    books.allowance = Some(0);
    let at = books.deduct(&wish(100), NOW).unwrap().change;
    assert_eq!((at.decided, at.purchase), (None, None));
    assert_eq!(at.count.available_min, Some(200), "whoever was faster makes this one decide again");
    let below = books.deduct(&wish(101), NOW).unwrap().change;
    let charge = below.decided.unwrap().charge.unwrap();
    let bought = below.purchase.unwrap();
    assert_eq!((charge.price, charge.month, &charge.purchase), (500, Month::of(NOW), &bought.id));
    assert_eq!((bought.how, bought.status), (How::Recharge, PurchaseStatus::Open));
}

/// Goal: a refused deduction takes nothing and is a reason to recharge all the same (money rule
/// 26).
#[test]
fn a_refused_deduction_buys_too() {
    let short = recharging(10).deduct(&wish(500), NOW).unwrap_err();
    assert_eq!((short.included, short.available), (50, 10));
    let change = short.change.unwrap();
    assert!(change.purchase.is_some() && change.entry.is_none());
    assert_eq!(change.count, crate::credits::Count::default(), "nothing is taken");
}

/// Goal: spent, reserved and the price together stay within the limit, to the cent; it is told once
/// a month, and the next month begins anew (D13).
#[test]
fn the_limit_holds_to_the_cent_and_is_told_once() {
    let month = Month::of(NOW);
    for (spent, verdict) in [(750, Verdict::Buy), (751, Verdict::OverLimit)] {
        let mut books = recharging(0);
        books.credits.decided.spent = BTreeMap::from([(month, spent)]);
        assert_eq!(books.verdict(0, NOW), verdict, "{spent} spent");
        assert_eq!(books.verdict(0, month.end()), Verdict::Buy);
    }
    let mut books = recharging(0);
    books.credits.decided.spent = BTreeMap::from([(month, 751)]);
    let told = books.look(NOW).unwrap();
    assert_eq!(happened(&told), [CreditsEvent::LimitReached]);
    let decided = told.decided.unwrap();
    assert_eq!(decided.wake_at, Some(month.end()), "somebody looks again when the month turns");
    books.credits.decided = decided;
    assert_eq!(books.look(NOW), None, "it is told once");
    assert!(books.look(month.end()).unwrap().purchase.is_some(), "without a deduction");
}

/// Goal: one charge at a time (D14).
#[test]
fn nothing_is_bought_while_a_charge_is_under_way() {
    let books = books(0, charging());
    assert_eq!(books.verdict(0, NOW), Verdict::Charging);
    assert_eq!(books.look(NOW), None);
}

/// Goal: an open charge stays in the index when auto-recharge is switched off, is not wanted any
/// more, and ends without a decline (XB1).
#[test]
fn a_charge_that_is_switched_off_is_called_off() {
    let wake_at = Some(NOW.plus_seconds(60));
    let mut books = books(0, Decided { wake_at, ..charging() });
    assert!(books.wants_charge(NOW));

    let off = books.set_recharge(Settings { enabled: false, ..settings(100) }, NOW);
    books.credits.decided = off.decided.unwrap();

    assert_eq!(books.credits.decided.wake_at, wake_at);
    assert_eq!((books.verdict(0, NOW), books.wants_charge(NOW)), (Verdict::Charging, false));
    let ended = books.credits.call_off(&purchase(How::Recharge), NOW).unwrap();
    assert_eq!(ended.purchase.as_ref().map(|it| it.status), Some(PurchaseStatus::Failed));
    let decided = ended.decided.unwrap();
    assert_eq!((decided.charge, decided.declines), (None, 0));
}

/// Goal: three declines in a row pause it, with waits in between; a hard decline and one that wants
/// the holder pause at once.
#[test]
fn declines_wait_and_then_pause() {
    let soft = payment(PaymentStatus::Waiting, 500, Some(("card_declined", "insufficient_funds")));
    for (before, waits) in [(0, Some(6 * 3_600)), (1, Some(DAY_SECONDS)), (2, None)] {
        let books = books(0, Decided { declines: before, ..charging() });
        let change = books.credits.told(&purchase(How::Recharge), &soft, NOW).unwrap().unwrap();
        let decided = change.decided.clone().unwrap();
        assert_eq!(decided.charge, None, "its price is not reserved any more");
        assert_eq!(decided.not_before, waits.map(|seconds| NOW.plus_seconds(seconds)));
        assert_eq!(change.purchase.as_ref().unwrap().status, PurchaseStatus::Failed);
        let expected = match waits {
            Some(_) => CreditsEvent::RechargeDeclined,
            None => CreditsEvent::RechargePaused,
        };
        assert_eq!(happened(&change), [expected]);
        assert_eq!(decided.pause.is_some(), waits.is_none());
    }
    for (code, decline, reason) in [
        ("card_declined", "stolen_card", PauseReason::Declined),
        ("expired_card", "expired_card", PauseReason::Declined),
        ("card_declined", "authentication_required", PauseReason::AuthenticationRequired),
    ] {
        let told = payment(PaymentStatus::Waiting, 500, Some((code, decline)));
        let books = books(0, charging());
        let change = books.credits.told(&purchase(How::Recharge), &told, NOW).unwrap().unwrap();
        let decided = change.decided.unwrap();
        assert_eq!(decided.pause.map(|pause| pause.reason), Some(reason), "{decline}");
        let is_reserved = reason == PauseReason::AuthenticationRequired;
        assert_eq!(decided.charge.is_some(), is_reserved, "{decline}");
    }
}

/// Goal: a paid purchase is granted once; another price is refused, and so is another payment for
/// it.
#[test]
fn a_payment_grants_once_and_only_at_its_price() {
    let books = books(0, charging());
    let paid = payment(PaymentStatus::Succeeded, 500, None);
    let change = books.credits.told(&purchase(How::Recharge), &paid, NOW).unwrap().unwrap();
    assert_eq!(change.count.available, 1_000);
    let entry = change.entry.unwrap();
    assert_eq!((entry.id.as_str(), entry.kind), ("pur_1", LedgerKind::AutoRecharge));
    let decided = change.decided.unwrap();
    assert_eq!((decided.spent_in(Month::of(NOW)), decided.charge), (500, None));
    let granted = change.purchase.unwrap();
    assert_eq!(books.credits.told(&granted, &paid, NOW), Ok(None));
    let cheap = payment(PaymentStatus::Succeeded, 499, None);
    let refused = books.credits.told(&purchase(How::Recharge), &cheap, NOW);
    assert!(matches!(refused, Err(Refusal::OtherPrice { .. })), "{refused:?}");
    let mut again = granted;
    again.payment = Some(PaymentIntentId::parse("pi_other").unwrap());
    let twice = books.credits.told(&again, &paid, NOW);
    assert!(matches!(twice, Err(Refusal::PaidTwice { .. })), "{twice:?}");
}

/// Goal: whoever has just paid in Checkout was there to be asked: a pause that waits for its holder
/// ends, unless its own page can still be paid; one that waits for another card does not.
#[test]
fn a_purchase_in_checkout_ends_the_wait_for_the_holder() {
    let paid = payment(PaymentStatus::Succeeded, 500, None);
    for (reason, charge, ends) in [
        (PauseReason::AuthenticationRequired, None, true),
        (PauseReason::AuthenticationRequired, charging().charge, false),
        (PauseReason::Declined, None, false),
        (PauseReason::Dispute, None, false),
    ] {
        let mut decided = Decided { charge, ..charging() };
        decided.pause(reason, Some("card".to_owned()), NOW);
        let other = PurchaseId::parse("pur_other").unwrap();
        let purchase = Purchase { id: other, ..purchase(How::Checkout) };
        let books = books(0, decided);
        let change = books.credits.told(&purchase, &paid, NOW).unwrap().unwrap();
        let pause = change.decided.map_or(books.credits.decided.pause, |decided| decided.pause);
        assert_eq!(pause.is_none(), ends, "{reason:?}");
    }
}

/// Goal: a third of the money takes a third of the tokens, rounded down; all of it takes all; what
/// fails gives them back; and nothing is bought because of it (D18, money rule 26).
#[test]
fn tokens_go_back_with_the_money() {
    let mut known = purchase(How::Checkout);
    known.status = PurchaseStatus::Granted;
    known.paid = Some(eur(595));
    let refund = |id: &str, amount: i64, status: RefundStatus| {
        let id = RefundId::parse(id).unwrap();
        let payment = PaymentIntentId::parse("pi_1").unwrap();
        let refund = RefundSnapshot { id, payment, amount: eur(amount), status };
        PaymentFact { at: NOW, news: PaymentNews::Refund(refund) }
    };
    let books = recharging(0);
    // 1,000 tokens for 595 cents with tax: 199 of them are 334.45 tokens, and all of them 1,000.
    for (id, amount, status, tokens) in [
        ("re_1", 199, RefundStatus::Pending, -334),
        ("re_1", 199, RefundStatus::Succeeded, 0),
        ("re_2", 595, RefundStatus::Succeeded, -666),
        ("re_2", 595, RefundStatus::Failed, 666),
    ] {
        let told = refund(id, amount, status);
        let change = books.credits.told(&known, &told, NOW).unwrap().unwrap();
        assert_eq!(change.count.available, tokens, "{id} {status:?}");
        assert_eq!(change.entry.is_some(), tokens != 0);
        assert_eq!(change.decided, None, "nothing is bought");
        known = change.purchase.unwrap();
        assert_eq!(books.credits.told(&known, &told, NOW), Ok(None), "told again");
    }
    let late = refund("re_2", 595, RefundStatus::Succeeded);
    assert_eq!(
        books.credits.told(&known, &late, NOW),
        Ok(None),
        "what has failed does not succeed"
    );
}

/// Goal: a reservation settles at most once and at most at what it holds; what is left of it goes
/// back where it came from.
#[test]
fn a_reservation_gives_back_what_was_not_needed() {
    let mut books = books(100, Decided::default());
    let (held, made) = books.reserve(&wish(80), NOW.plus_seconds(60), NOW).unwrap();
    assert_eq!(held.held, Split { included: 50, credits: 30 });
    assert_eq!((made.count.available, made.count.reserved, made.entry), (-30, 30, None));
    books.credits.counted.available = 70;
    books.credits.counted.reserved = 30;
    for (tokens, included, available) in
        [(0, -50, 30), (40, -10, 30), (50, 0, 30), (65, 0, 15), (80, 0, 0)]
    {
        let change = books.settle(&held, tokens, NOW).unwrap().unwrap().change;
        let given = change.count.included.get(&Month::of(NOW)).copied().unwrap_or(0);
        assert_eq!((given, change.count.available), (included, available), "settled at {tokens}");
        assert_eq!(change.count.reserved, -30);
        let ended = &change.reservation.unwrap();
        assert_eq!(books.settle(ended, tokens, NOW), Ok(None), "the same again");
        assert_eq!(books.settle(ended, tokens + 1, NOW), Err(NotHeld::Settled));
        assert_eq!(books.release(ended, NOW), Err(NotHeld::Settled));
    }
    assert_eq!(books.settle(&held, 81, NOW), Err(NotHeld::HoldsLess));
    let late = NOW.plus_seconds(60);
    assert_eq!(books.settle(&held, 1, late), Err(NotHeld::Expired));
    assert_eq!(books.release(&held, late), Ok(None), "it holds nothing any more");
    let released = books.release(&held, NOW).unwrap().unwrap();
    assert_eq!((released.count.available, released.count.reserved), (30, -30));
    assert_eq!(books.settle(&released.reservation.unwrap(), 1, NOW), Err(NotHeld::Released));
}
