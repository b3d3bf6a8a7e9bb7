//! A sweep of any size, measured in messages and reads.

use super::*;

/// Accounts of the sweep that is measured.
const SWEPT: u64 = 1_000;

#[expect(clippy::disallowed_methods, reason = "a switch for an operator who runs the test by hand")]
fn swept() -> u64 {
    let named = std::env::var("TOLLGATE_SWEEP_ACCOUNTS").ok();
    named.and_then(|accounts| accounts.parse().ok()).unwrap_or(SWEPT)
}

/// Goal: a sweep gets through whatever number of accounts is due, also all in one shard: one read
/// for 200 of them, one message for each, and no invocation that does more than a page.
///
/// `TOLLGATE_SWEEP_ACCOUNTS=100000 cargo test -p tests --test e2e a_sweep_of_any_size` measures
/// more.
#[tokio::test]
async fn a_sweep_of_any_size_gets_through() {
    let page_max = u64::try_from(PAGE_ENTRIES_MAX).unwrap();
    for shards in [1, SHARDS] {
        let cloud = cloud().await;
        let (worker, host) = (walker(&cloud), cloud.host("InvoiceRun"));
        let store = Store::new(host.dynamodb().unwrap(), TABLE);
        let (accounts, mut pages_expected) = (swept(), 0);
        for number in 0..accounts {
            put_due(&cloud, &format!("a{number:06}"), number % shards).await;
        }
        for shard in 0..SHARDS {
            let own = if shard < shards { (accounts + shards - 1 - shard) / shards } else { 0 };
            pages_expected += own.div_ceil(page_max).max(1);
        }

        worker.begin_walk(AT).await.unwrap();
        let (mut found, mut reads, mut longest) = (0_u64, 0_u64, 0_usize);
        let mut messages = taken(&cloud);
        while let Some(message) = messages.pop() {
            let AccountMessage::Page(page) = message else {
                found += 1;
                continue;
            };
            let invocation = &invocation(AT);
            let read = async |place| {
                Ok(store.recharges_due(invocation, place).await?.map(AccountMessage::Account))
            };
            assert_eq!(worker.walk(invocation, page, read).await, Next::Done);
            reads += invocation.cost().reads;
            let sent = taken(&cloud);
            longest = longest.max(sent.len());
            messages.extend(sent);
        }

        assert_eq!(found, accounts, "{shards} shards: each account once");
        // A page that is exactly full is followed by an empty one.
        assert!((pages_expected..=pages_expected + shards).contains(&reads), "{reads} reads");
        assert!(longest <= usize::try_from(page_max).unwrap() + 1, "{longest} messages at once");
    }
}
