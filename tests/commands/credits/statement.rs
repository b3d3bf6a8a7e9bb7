//! The ledger in order, from any place on and by month (XB3, XB4).

use billing::month::Month;
use billing::time::{DAY_SECONDS, Timestamp};

use super::Shop;
use crate::world::{NOW, invocation};

/// Goal: pieces of the ledger, forwards and backwards and of any size, are the whole, with the same
/// balances.
#[tokio::test]
async fn pieces_of_the_ledger_are_the_whole() {
    let shop = Shop::new().await;
    shop.grant(50_000).await;
    for nth in 0..25 {
        let at = NOW + nth * 3 * DAY_SECONDS;
        shop.deduct_at(at, &format!("ded_{nth}"), 1_000 / (1 + nth % 3)).await.unwrap();
    }
    let at = invocation(Timestamp(NOW));
    let loaded = shop.load(&at, None).await;
    let (whole, more) = shop.credits.statement(&at, &loaded, (None, 1, 100)).await.unwrap();
    assert_eq!((whole.len(), more), (26, false));
    assert!(whole.iter().zip(1..).all(|(it, number)| it.number == number));
    let sums = whole.iter().scan(0, |sum, it| {
        *sum += it.entry.tokens;
        Some(*sum)
    });
    assert!(sums.eq(whole.iter().map(|it| it.balance_after)), "each balance is the sum so far");

    for limit in [1, 4, 7, 26] {
        let (mut forwards, mut from) = (Vec::new(), 1);
        loop {
            let wanted = (None, from, limit);
            let (piece, more) = shop.credits.statement(&at, &loaded, wanted).await.unwrap();
            from = piece.last().unwrap().number + 1;
            forwards.extend(piece);
            if !more {
                break;
            }
        }
        assert_eq!(forwards, whole, "forwards by {limit}");
        let (mut backwards, mut before) = (Vec::new(), None);
        loop {
            let wanted = (before, limit);
            let (piece, more) = shop.credits.ledger(&at, &loaded, wanted).await.unwrap();
            before = piece.last().map(|it| it.number);
            backwards.extend(piece);
            if !more {
                break;
            }
        }
        backwards.reverse();
        assert_eq!(backwards, whole, "backwards by {limit}");
    }

    for month in ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03"] {
        let month = Month::parse(month).unwrap();
        let (of_it, _) = shop.credits.statement(&at, &loaded, (Some(month), 1, 100)).await.unwrap();
        let expected = whole.iter().filter(|it| Month::of(it.entry.at) == month);
        assert!(of_it.iter().eq(expected), "{month}: {of_it:?}");
    }
}
