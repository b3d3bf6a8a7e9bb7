use accounts_commands::blockers::{CancellationBlockers, SetBlocker};
use accounts_commands::{Failure, Subject};
use billing::cancellation::{BLOCKERS_MAX, Blocker, BlockerCode, BlockerRefusal, Blockers};
use billing::journal::Kind;
use store::Part;

use super::{House, call, id, subject};

type Set = Result<(), Failure<BlockerRefusal>>;

impl House {
    async fn set(&self, seed: u64, set: &SetBlocker) -> Set {
        let blockers = CancellationBlockers { store: &self.store };
        blockers.set(&call(seed), &subject(), set).await
    }

    async fn blockers(&self) -> Blockers {
        let loaded = self.store.load(&call(0), &id("acme"), &[Part::Blockers]).await;
        loaded.unwrap().blockers().unwrap()
    }
}

fn code(text: &str) -> BlockerCode {
    BlockerCode::parse(text).unwrap()
}

fn report(name: &str, detail: &str) -> SetBlocker {
    let (detail, clears_by) = (detail.to_owned(), "Removing it.".to_owned());
    SetBlocker { code: code(name), blocker: Some(Blocker { detail, clears_by }) }
}

fn clear(name: &str) -> SetBlocker {
    SetBlocker { code: code(name), blocker: None }
}

/// Goal: a blocker is reported, reported in other words, and cleared; the journal has each.
#[tokio::test]
async fn a_blocker_is_reported_and_cleared() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;

    house.set(2, &report("domains", "One domain.")).await.unwrap();
    house.set(3, &report("domains", "Two domains.")).await.unwrap();
    let told = house.blockers().await.all.remove(&code("domains")).unwrap();
    house.set(4, &clear("domains")).await.unwrap();

    assert_eq!(told.detail, "Two domains.");
    assert_eq!(house.blockers().await.all.len(), 0);
    let kinds = [Kind::BlockerReported, Kind::BlockerReported, Kind::BlockerCleared];
    assert_eq!(house.kinds().await[2..], kinds);
}

/// Goal: the same report again, and clearing what is not there, write nothing.
#[tokio::test]
async fn the_same_again_writes_nothing() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    house.set(2, &report("domains", "One domain.")).await.unwrap();
    let before = (house.kinds().await, house.blockers().await.version);

    house.set(3, &report("domains", "One domain.")).await.unwrap();
    house.set(4, &clear("urls")).await.unwrap();

    assert_eq!((house.kinds().await, house.blockers().await.version), before);
}

/// Goal: two reports at once are both kept.
#[tokio::test]
async fn two_reports_at_once_are_both_kept() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let other = House::of(&cloud);
    let (domains, urls) = (report("domains", "One domain."), report("urls", "One URL."));

    let (one, two) = tokio::join!(house.set(2, &domains), other.set(3, &urls));

    one.unwrap();
    two.unwrap();
    let codes: Vec<BlockerCode> = house.blockers().await.all.into_keys().collect();
    assert_eq!(codes, [code("domains"), code("urls")]);
}

/// Goal: a standing that another writer moved costs another try, which keeps both reports.
#[tokio::test]
async fn a_stale_standing_is_loaded_again() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let parts = [Part::Standing, Part::Blockers];
    let loaded = house.store.load(&call(0), &id("acme"), &parts).await.unwrap();
    let stale = Subject::loaded(id("acme"), loaded);
    house.set(2, &report("domains", "One domain.")).await.unwrap();

    let blockers = CancellationBlockers { store: &house.store };
    blockers.set(&call(3), &stale, &report("urls", "One URL.")).await.unwrap();

    let codes: Vec<BlockerCode> = house.blockers().await.all.into_keys().collect();
    assert_eq!(codes, [code("domains"), code("urls")]);
}

/// Goal: an account has only so many blockers, and a full one can still change and clear those that
/// it has.
#[tokio::test]
async fn a_full_account_takes_no_other_blocker() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    for (seed, nth) in (2..).zip(0..BLOCKERS_MAX) {
        house.set(seed, &report(&format!("c_{nth}"), "It is.")).await.unwrap();
    }

    let refused = house.set(90, &report("another", "It is.")).await;
    house.set(91, &report("c_1", "It changed.")).await.unwrap();
    house.set(92, &clear("c_1")).await.unwrap();

    assert!(matches!(refused, Err(Failure::Refused(BlockerRefusal::TooMany))), "{refused:?}");
    assert_eq!(house.blockers().await.all.len(), BLOCKERS_MAX - 1);
}

#[tokio::test]
async fn an_account_that_is_not_there_has_no_blockers() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let blockers = CancellationBlockers { store: &house.store };
    let set = report("domains", "One domain.");
    let unknown = blockers.set(&call(2), &Subject::of(id("nobody")), &set).await;
    assert!(matches!(unknown, Err(Failure::NoAccount(_))), "{unknown:?}");
}
