//! Many reservations: open ones cost nobody anything, and expired ones are nothing (XB2, XB4).

use billing::credits::Books;
use billing::ids::PurchaseId;
use billing::time::Timestamp;
use invocation::Cost;
use store::Part;

use super::{Shop, refused, wish};
use crate::world::{NOW, invocation};

/// Reservations of the test's account.
const MANY: i64 = 5_000;
/// Seconds until the first of them ends.
const TTL: i64 = 3_600;

impl Shop {
    /// Makes reservations of one credit each, past the command; each ends a second after the one
    /// before.
    async fn hold(&self, numbers: std::ops::Range<i64>) {
        let at = invocation(Timestamp(NOW));
        let loaded = self.load(&at, None).await;
        let read = self.credits.read(&at, &loaded).await.unwrap();
        let books = Books {
            standing: loaded.standing().unwrap().unwrap(),
            credits: read.credits,
            allowance: Some(0),
            offer: None,
            next: PurchaseId::parse("pur_next").unwrap(),
        };
        for nth in numbers {
            let ends_at = Timestamp(NOW + TTL + nth);
            let wish = wish(&format!("res_{nth}"), 1);
            let (_, change) = books.reserve(&wish, ends_at, at.now).unwrap();
            self.store.write_reservation(&at, &books.standing, &change).await.unwrap();
        }
    }

    /// Cost of a deduction that is refused some seconds later.
    async fn refusal(&self, seconds: i64, tokens: i64) -> Cost {
        let at = invocation(Timestamp(NOW + seconds));
        let target = Some(Part::LedgerEntry("ded_1".to_owned()));
        let loaded = self.load(&at, target).await;
        refused(self.credits.deduct(&at, &self.account, &wish("ded_1", tokens), loaded).await);
        at.cost()
    }
}

/// Goal: a refused deduction costs the same without reservations, with 5,000 open ones, and with
/// 5,000 that are over, but for the first behind their end; and their tokens are there again at
/// once (XB4).
#[tokio::test]
async fn five_thousand_reservations_cost_a_refused_deduction_nothing() {
    let shop = Shop::new().await;
    shop.grant(MANY).await;
    let without = shop.refusal(0, 1_001 + MANY).await;

    shop.hold(0..1).await;
    shop.hold(1..MANY).await;
    let open = shop.refusal(0, 1_001).await;
    let over = TTL + MANY;
    let first = shop.refusal(over, 1_001 + MANY).await;
    let later = shop.refusal(over, 1_001 + MANY).await;

    assert_eq!((without.reads, without.writes), (1, 0));
    assert_eq!(open, without);
    assert!(first.reads <= 5 && first.writes == 1, "{first}");
    assert_eq!(later, without);
    let entry = shop.deduct_at(NOW + over, "ded_2", 1_000 + MANY).await.unwrap();
    assert_eq!((entry.included, entry.tokens), (1_000, -MANY));
}

/// Goal: of 5,000 reservations exactly those whose time has come are nothing, to the second.
#[tokio::test]
async fn a_reservation_is_nothing_from_its_last_second_on() {
    let shop = Shop::new().await;
    shop.grant(300).await;
    shop.hold(0..1).await;
    shop.hold(1..300).await;

    let early = refused(shop.deduct_at(NOW + TTL + 99, "ded_1", 1_101).await);
    let entry = shop.deduct_at(NOW + TTL + 99, "ded_2", 1_100).await.unwrap();
    let next = shop.deduct_at(NOW + TTL + 100, "ded_3", 1).await.unwrap();

    assert!(matches!(early, super::Refused::Insufficient(_)), "{early:?}");
    assert_eq!((entry.tokens, next.tokens), (-100, -1));
    let late = refused(shop.settle_at(NOW + TTL + 99, "res_99", 1).await);
    assert!(matches!(late, super::Refused::NotHeld(_)), "{late:?}");
    let settled = shop.settle_at(NOW + TTL + 99, "res_299", 1).await.unwrap();
    assert_eq!(settled.balance, 300 - 100 - 1 - 1);
}
