//! The steps of an account's credits.

use billing::credits::purchase::PurchaseStatus;
use billing::credits::recharge::Settings;
use billing::credits::{Books, Change, Offer, Wish};
use billing::ids::{CustomerId, PaymentIntentId, PurchaseId};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::payment::{PaymentFact, PaymentNews, PaymentSnapshot, PaymentStatus};
use billing::time::Timestamp;
use invocation::{Entropy, Invocation};
use store::credits::Direction;
use store::due::Place;
use store::{Part, StoreError};

use super::{Story, account, api, invocation};
use crate::world::NOW;

const AT: Timestamp = Timestamp(NOW);

fn wish(id: &str, tokens: i64) -> Wish {
    Wish { id: id.to_owned(), tokens, reason: Some("a test".to_owned()) }
}

fn purchase() -> PurchaseId {
    PurchaseId::parse("pur_1").unwrap()
}

impl Story {
    async fn books(&mut self) -> Books {
        let (account, call) = (account(), invocation(api("read")));
        let parts = [Part::Standing, Part::Credits];
        let loaded = self.store.load(&call, &account, &parts).await.unwrap();
        let price = Money::new(500, Currency::parse("eur").unwrap());
        let offer = Offer { pack: "starter".to_owned(), tokens: 1_000, price };
        Books {
            standing: loaded.standing().unwrap().unwrap(),
            credits: self.store.credits(&call, &account, &loaded).await.unwrap(),
            allowance: Some(50),
            offer: Some(offer),
            next: purchase(),
        }
    }

    async fn written(&mut self, what: &str, books: &Books, change: &Change) -> bool {
        let (standing, call) = (&books.standing, invocation(api(what)));
        let written = self.store.write_credits(&call, standing, change).await;
        self.saw(what, &written, call.cost());
        assert!(matches!(written, Ok(()) | Err(StoreError::Conflict)), "{what}: {written:?}");
        written.is_ok()
    }

    /// Used, granted, bought again, reserved; and each condition that fails once.
    pub(super) async fn credits(&mut self) {
        let books = self.books().await;
        let first = books.deduct(&wish("ded_1", 30), AT).unwrap().change;
        assert!(self.written("the first deduction", &books, &first).await);
        assert!(!self.written("the same on old books", &books, &first).await);
        let books = self.books().await;
        let given = books.adjust(&wish("adj_1", 300), AT).unwrap().change;
        assert!(self.written("an adjustment", &books, &given).await);
        let books = self.books().await;
        let limit = Money::new(1_000, Currency::parse("eur").unwrap());
        let settings =
            Settings { enabled: true, threshold: 100, limit, pack: "starter".to_owned() };
        assert!(self.written("settings", &books, &books.set_recharge(settings, AT)).await);

        let books = self.books().await;
        let [one, other] =
            ["ded_2", "ded_3"].map(|id| books.deduct(&wish(id, 150), AT).unwrap().change);
        assert!(one.decided.is_none() && other.decided.is_none(), "each alone stays above");
        assert!(self.written("a deduction", &books, &one).await);
        assert!(!self.written("one that would cross unseen", &books, &other).await);
        let books = self.books().await;
        let crossing = books.deduct(&wish("ded_3", 150), AT).unwrap().change;
        assert!(crossing.purchase.is_some(), "it begins a charge");
        assert!(self.written("one that crosses", &books, &crossing).await);

        let payment = PaymentIntentId::parse("pi_1").unwrap();
        let snapshot = PaymentSnapshot {
            id: payment.clone(),
            customer: CustomerId::parse("cus_acme").unwrap(),
            purchase: purchase(),
            status: PaymentStatus::Succeeded,
            amount: Money::new(500, Currency::parse("eur").unwrap()),
            declined: None,
        };
        let fact = PaymentFact { at: AT, news: PaymentNews::Payment(snapshot) };
        let call = invocation(api("read"));
        let found = self.store.purchase(&call, &account(), &purchase()).await;
        self.saw("the purchase", &found, call.cost());
        let (_, credits, known) = found.unwrap().unwrap();
        let kept = self.store.keep_purchase(&call, &account(), &known).await;
        self.saw("keep it", &kept, call.cost());
        let granted = credits.told(&kept.unwrap(), &fact, AT).unwrap().unwrap();
        let books = self.books().await;
        assert!(self.written("a grant", &books, &granted).await);
        assert!(!self.written("a grant again", &books, &granted).await);

        let books = self.books().await;
        let (held, reserved) = books.reserve(&wish("res_1", 100), AT.plus_seconds(60), AT).unwrap();
        assert!(self.written("a reservation", &books, &reserved).await);
        let held = billing::credits::reservation::Reservation { version: 1, ..held };
        let books = self.books().await;
        let settled = books.settle(&held, 40, AT).unwrap().unwrap().change;
        assert!(self.written("its settlement", &books, &settled).await);
        assert!(!self.written("its settlement again", &books, &settled).await);
        self.expired_holds().await;
        self.what_credits_left(&payment).await;
    }

    /// Two reservations whose time is over, found by range and taken over by the next decision.
    async fn expired_holds(&mut self) {
        for (id, seconds) in [("res_2", 1), ("res_3", 2)] {
            let books = self.books().await;
            let (_, held) = books.reserve(&wish(id, 10), AT.plus_seconds(seconds), AT).unwrap();
            assert!(self.written("a short reservation", &books, &held).await);
        }
        for (seconds, expected) in [(0, 20), (1, 10), (2, 0)] {
            let call = Invocation::new(AT.plus_seconds(seconds), api("late"), Entropy::seeded(1));
            let loaded = self.store.load(&call, &account(), &[Part::Credits]).await.unwrap();
            let read = self.store.credits(&call, &account(), &loaded).await;
            self.saw("credits, later", &read, call.cost());
            assert_eq!(read.unwrap().counted.reserved, expected, "after {seconds} s");
        }
        let late = AT.plus_seconds(2);
        let call = Invocation::new(late, api("late"), Entropy::seeded(1));
        let mut books = self.books().await;
        let loaded = self.store.load(&call, &account(), &[Part::Credits]).await.unwrap();
        books.credits = self.store.credits(&call, &account(), &loaded).await.unwrap();
        let taken = books.deduct(&wish("ded_late", 5), late).unwrap().change;
        assert!(self.written("a deduction that takes them over", &books, &taken).await);
        assert!(!self.written("the same again", &books, &taken).await);
        let books = self.books().await;
        assert_eq!(
            (books.credits.holds.open, books.credits.counted.reserved),
            (0, 0),
            "{:?}",
            books.credits
        );
    }

    async fn what_credits_left(&mut self, payment: &PaymentIntentId) {
        let (account, call) = (account(), invocation(api("read")));
        let link = self.store.payment_link(&call, payment).await;
        self.saw("the link of the payment", &link, call.cost());
        let backwards = (Direction::Backwards, 10);
        let pages = self.store.ledger_pages(&call, &account, (1, 100), backwards).await;
        self.saw("pages of the ledger", &pages, call.cost());
        let books = self.books().await;
        let tail = books.credits.tail.page(books.credits.counted.balance());
        let mut ids: Vec<String> = Vec::new();
        for page in pages.unwrap().into_iter().rev().chain(tail) {
            assert_eq!(page.first, u64::try_from(ids.len()).unwrap() + 1);
            ids.extend(page.ids);
        }
        let all = self.store.ledger_entries(&call, &account, &ids).await;
        self.saw("the ledger", &all, call.cost());
        let sum: i64 = all.unwrap().iter().map(|(entry, _)| entry.tokens).sum();
        assert_eq!(books.credits.counted.balance(), sum);
        let used = [Part::Credits, Part::Tokens(Month::of(AT))];
        let used = self.store.load(&call, &account, &used).await.unwrap().tokens(Month::of(AT));
        self.saw("tokens used", &used, call.cost());
        assert_eq!(used.unwrap().values().sum::<i64>(), 30 + 150 + 150 + 40 + 5);
        let place = Place { shard: 0, began_at: Timestamp::MAX, after: None };
        let due = self.store.recharges_due(&call, place).await;
        self.saw("whom to look at", &due.map(|due| due.found), call.cost());
        let bought = self.store.purchase(&call, &account, &purchase()).await.unwrap().unwrap();
        assert_eq!(bought.2.status, PurchaseStatus::Granted);
    }
}
