//! Commands about credits: what is taken, held and adjusted, once and to the token, or refused with
//! a value.

mod expired;
mod statement;

use billing::credits::Wish;
use billing::credits::ledger::LedgerEntry;
use billing::credits::recharge::{Decided, Settings, Verdict};
use billing::credits::reservation::{NotHeld, ReservationStatus};
use billing::ids::AccountId;
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::state::State;
use billing::time::Timestamp;
use credits_commands::{Credits, Insufficient, Refused, Reserved, Tried, parts};
use invocation::Invocation;
use local::Running;
use queue::account::Accounts;
use runtime::environment::{RECHARGE_QUEUE_URL, TABLE_NAME};
use store::{Loaded, Part, Store};
use stripe_sync::Interrupted;

use crate::stripe::customer;
use crate::world::{NOW, cloud, invocation, open_account, post};

/// A cloud with the account `acme` on the Free plan, which includes 1,000 tokens a month.
struct Shop {
    cloud: Running,
    store: Store,
    credits: Credits,
    account: AccountId,
}

impl Shop {
    async fn new() -> Self {
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        let host = cloud.host("Credits");
        let store = Store::new(host.dynamodb().unwrap(), host.environment.get(TABLE_NAME).unwrap());
        let queue = host.environment.get(RECHARGE_QUEUE_URL).unwrap();
        let recharges = Accounts::new(host.sqs().unwrap(), queue);
        let credits = Credits::new(store.clone(), catalog::deployed().unwrap(), recharges);
        Self { cloud, store, credits, account: AccountId::parse("acme").unwrap() }
    }

    async fn load(&self, at: &Invocation, target: Option<Part>) -> Loaded {
        self.store.load(at, &self.account, &parts(target)).await.unwrap()
    }

    async fn grant(&self, tokens: i64) -> LedgerEntry {
        self.adjust("adj_grant", tokens).await.unwrap()
    }

    async fn adjust(&self, id: &str, tokens: i64) -> Tried<LedgerEntry> {
        let at = invocation(Timestamp(NOW));
        let loaded = self.load(&at, Some(Part::LedgerEntry(id.to_owned()))).await;
        let wish = Wish { id: id.to_owned(), tokens, reason: Some("a gift".to_owned()) };
        self.credits.adjust(&at, &self.account, &wish, loaded).await
    }

    async fn deduct(&self, id: &str, tokens: i64) -> Tried<LedgerEntry> {
        self.deduct_at(NOW, id, tokens).await
    }

    async fn deduct_at(&self, now: i64, id: &str, tokens: i64) -> Tried<LedgerEntry> {
        let at = invocation(Timestamp(now));
        let loaded = self.load(&at, Some(Part::LedgerEntry(id.to_owned()))).await;
        self.credits.deduct(&at, &self.account, &wish(id, tokens), loaded).await
    }

    async fn reserve(&self, id: &str, tokens: i64, ttl_seconds: i64) -> Tried<Reserved> {
        let at = invocation(Timestamp(NOW));
        let loaded = self.load(&at, Some(Part::Reservation(id.to_owned()))).await;
        let wish = (&wish(id, tokens), ttl_seconds);
        self.credits.reserve(&at, &self.account, wish, loaded).await
    }

    async fn settle(&self, id: &str, tokens: i64) -> Tried<Reserved> {
        self.settle_at(NOW, id, tokens).await
    }

    async fn settle_at(&self, now: i64, id: &str, tokens: i64) -> Tried<Reserved> {
        let at = invocation(Timestamp(now));
        let loaded = self.load(&at, Some(Part::Reservation(id.to_owned()))).await;
        self.credits.settle(&at, &self.account, (id, tokens), loaded).await
    }

    async fn release(&self, id: &str) -> Tried<Reserved> {
        let at = invocation(Timestamp(NOW));
        let loaded = self.load(&at, Some(Part::Reservation(id.to_owned()))).await;
        self.credits.release(&at, &self.account, id, loaded).await
    }

    async fn set_recharge(&self, threshold: i64, cents: i64) -> Tried<Decided> {
        let at = invocation(Timestamp(NOW));
        let limit = Money::new(cents, Currency::parse("eur").unwrap());
        let settings = Settings { enabled: true, threshold, limit, pack: "starter".to_owned() };
        let loaded = self.load(&at, None).await;
        self.credits.set_recharge(&at, &self.account, &settings, loaded).await
    }

    /// Available, reserved, and used of what the plan includes.
    async fn numbers(&self) -> (i64, i64, i64) {
        let at = invocation(Timestamp(NOW));
        let read = self.credits.read(&at, &self.load(&at, None).await).await.unwrap();
        let counted = read.credits.counted;
        (counted.available, counted.reserved, counted.included_in(Month::of(at.now)))
    }

    /// Tokens and balance of each entry, the newest first.
    async fn ledger(&self) -> Vec<(i64, i64)> {
        let at = invocation(Timestamp(NOW));
        let loaded = self.load(&at, None).await;
        let (listed, more) = self.credits.ledger(&at, &loaded, (None, 100)).await.unwrap();
        assert!(!more);
        listed.iter().map(|it| (it.entry.tokens, it.balance_after)).collect()
    }
}

fn wish(id: &str, tokens: i64) -> Wish {
    Wish { id: id.to_owned(), tokens, reason: None }
}

fn refused<T: std::fmt::Debug>(tried: Tried<T>) -> Refused {
    match tried {
        Err(Interrupted::Refused(refused)) => refused,
        other => panic!("no refusal: {other:?}"),
    }
}

/// Goal: a deduction takes what the plan includes first, and the rest of the credits (D12).
#[tokio::test]
async fn included_tokens_are_taken_before_credits() {
    let shop = Shop::new().await;
    shop.grant(500).await;

    let entry = shop.deduct("ded_1", 1_200).await.unwrap();

    assert_eq!((entry.included, entry.tokens, entry.told), (1_000, -200, Some(300)));
    assert_eq!(shop.numbers().await, (300, 0, 1_000));
    assert_eq!(shop.ledger().await, [(-200, 300), (500, 500)]);
}

/// Goal: a deduction that is not covered takes nothing at all, and its refusal names every number.
#[tokio::test]
async fn a_refused_deduction_takes_nothing() {
    let shop = Shop::new().await;
    shop.grant(500).await;

    let refused = refused(shop.deduct("ded_1", 1_501).await);

    let Refused::Insufficient(insufficient) = refused else { panic!("{refused:?}") };
    let month = Month::of(Timestamp(NOW));
    let expected = Insufficient {
        tokens: 1_501,
        month,
        included: 1_000,
        available: 500,
        recharge: Verdict::Off,
    };
    assert_eq!(insufficient, expected);
    assert_eq!(shop.numbers().await, (500, 0, 0));
    assert_eq!(shop.ledger().await, [(500, 500)]);
}

/// Goal: the same id takes once and is answered the same; for other tokens it is refused (D17).
#[tokio::test]
async fn the_same_id_takes_once() {
    let shop = Shop::new().await;
    shop.grant(500).await;
    let first = shop.deduct("ded_1", 1_200).await.unwrap();
    shop.deduct("ded_2", 100).await.unwrap();

    let again = shop.deduct("ded_1", 1_200).await.unwrap();
    let other = refused(shop.deduct("ded_1", 1_201).await);

    assert_eq!((again.told, again.included), (first.told, first.included));
    assert!(matches!(other, Refused::OtherContent), "{other:?}");
    assert_eq!(shop.numbers().await, (200, 0, 1_000));
}

/// Goal: a decision that rests on what another writer changed is made again, and counts once.
#[tokio::test]
async fn a_decision_on_old_books_is_made_again() {
    let shop = Shop::new().await;
    shop.grant(3_000).await;
    let at = invocation(Timestamp(NOW));
    let old = shop.load(&at, Some(Part::LedgerEntry("ded_1".to_owned()))).await;
    shop.set_recharge(1_000, 5_000).await.unwrap();

    let wish = wish("ded_1", 3_500);
    shop.credits.deduct(&at, &shop.account, &wish, old).await.unwrap();

    // The settings are newer than the books that the first try had: still the charge is begun.
    let read = shop.credits.read(&at, &shop.load(&at, None).await).await.unwrap();
    assert_eq!(read.credits.counted.available, 500);
    let charge = read.credits.decided.charge.expect("a charge");
    assert_eq!(charge.price, 500);
    let purchase = Part::Purchase(charge.purchase.clone());
    let kept = shop.load(&at, Some(purchase)).await.purchase(&charge.purchase).unwrap();
    assert!(kept.is_some(), "the purchase is kept with the decision");
}

/// Goal: a reservation holds its tokens and is settled at what the job took, once.
#[tokio::test]
async fn a_reservation_is_settled_at_what_the_job_took() {
    let shop = Shop::new().await;
    shop.grant(500).await;

    let reserved = shop.reserve("res_1", 1_300, 60).await.unwrap();
    assert_eq!((reserved.balance, shop.numbers().await), (500, (200, 300, 1_000)));
    let too_much = refused(shop.settle("res_1", 1_301).await);
    let settled = shop.settle("res_1", 1_100).await.unwrap();
    let again = shop.settle("res_1", 1_100).await.unwrap();
    let other = refused(shop.settle("res_1", 1_000).await);

    assert!(matches!(too_much, Refused::NotHeld(NotHeld::HoldsLess)), "{too_much:?}");
    assert_eq!((settled.reservation.settled, settled.balance), (Some(1_100), 400));
    assert_eq!((again.reservation.settled, again.balance), (Some(1_100), 400));
    assert!(matches!(other, Refused::NotHeld(NotHeld::Settled)), "{other:?}");
    assert_eq!(shop.numbers().await, (400, 0, 1_000));
    assert_eq!(shop.ledger().await, [(-100, 400), (500, 500)]);
}

/// Goal: a released reservation returns all that it held, and cannot be settled.
#[tokio::test]
async fn a_released_reservation_returns_everything() {
    let shop = Shop::new().await;
    shop.grant(500).await;
    shop.reserve("res_1", 1_300, 60).await.unwrap();

    let released = shop.release("res_1").await.unwrap();
    shop.release("res_1").await.unwrap();
    let late = refused(shop.settle("res_1", 1).await);
    let unknown = refused(shop.release("res_2").await);

    assert_eq!(released.reservation.status, ReservationStatus::Released);
    assert_eq!((released.balance, shop.numbers().await), (500, (500, 0, 0)));
    assert!(matches!(late, Refused::NotHeld(NotHeld::Released)), "{late:?}");
    assert!(matches!(unknown, Refused::NotFound("reservation")), "{unknown:?}");
}

/// Goal: an expired reservation gives way to a deduction that needs its tokens, and to no earlier
/// one.
#[tokio::test]
async fn an_expired_reservation_gives_way() {
    let shop = Shop::new().await;
    shop.grant(500).await;
    shop.reserve("res_1", 1_400, 60).await.unwrap();

    let early = refused(shop.deduct_at(NOW + 59, "ded_1", 1_400).await);
    let entry = shop.deduct_at(NOW + 60, "ded_1", 1_400).await.unwrap();

    assert!(matches!(early, Refused::Insufficient(_)), "{early:?}");
    assert_eq!((entry.included, entry.tokens), (1_000, -400));
    assert_eq!(shop.numbers().await, (100, 0, 1_000));
    let again = shop.reserve("res_1", 1_400, 60).await.unwrap();
    assert_eq!(again.reservation.status, ReservationStatus::Released);
}

/// Goal: staff adjust once for each id, and never remove what is reserved or was never there (F3).
#[tokio::test]
async fn an_adjustment_counts_once_and_leaves_no_debt() {
    let shop = Shop::new().await;
    shop.grant(500).await;
    shop.reserve("res_1", 1_200, 60).await.unwrap();

    let again = shop.grant(500).await;
    let too_much = refused(shop.adjust("adj_2", -301).await);
    let removed = shop.adjust("adj_3", -300).await.unwrap();

    assert_eq!(again.told, Some(500));
    assert!(matches!(too_much, Refused::MoreThanAvailable { available: 300 }), "{too_much:?}");
    assert_eq!((removed.tokens, removed.told), (-300, Some(200)));
    assert_eq!(shop.numbers().await, (0, 200, 1_000));
}

/// Goal: a closed account may use nothing of what it has, and is told why.
#[tokio::test]
async fn a_closed_account_is_refused() {
    let shop = Shop::new().await;
    shop.grant(500).await;
    post(&shop.cloud, &customer("customer.deleted", "cus_acme", NOW, |_| {}), "applied").await;

    let refusals =
        [refused(shop.deduct("ded_1", 1).await), refused(shop.reserve("res_1", 1, 60).await)];

    for refusal in refusals {
        let Refused::Closed { state, reasons } = refusal else { panic!("{refusal:?}") };
        assert_eq!((state, reasons.len()), (State::Canceled, 1));
    }
    assert_eq!(shop.numbers().await, (500, 0, 0));
}

/// Goal: a spending limit within which no pack could ever be bought is refused with the price.
#[tokio::test]
async fn a_limit_below_the_price_is_refused() {
    let shop = Shop::new().await;

    let refused = refused(shop.set_recharge(1_000, 499).await);
    let decided = shop.set_recharge(1_000, 500).await.unwrap();

    assert!(matches!(refused, Refused::LimitBelowPrice(price) if price.amount == 500));
    assert_eq!(decided.settings.map(|settings| settings.limit.amount), Some(500));
}
