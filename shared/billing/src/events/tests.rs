use super::*;
use crate::journal::{Cause, CauseKind, Entry, Kind};

fn account() -> AccountId {
    AccountId::parse("acme_1").unwrap()
}

fn record(sequence: u64, first: u64, kinds: &[Kind]) -> Record {
    let at = Timestamp(1_790_000_000);
    Record {
        at,
        sequence,
        cause: Cause::new(CauseKind::Api, "req"),
        entries: kinds.iter().map(|kind| Entry::new(at, *kind, None)).collect(),
        first: Some(first),
    }
}

/// Goal: events of an account are numbered without a gap, however many transactions they take, and
/// entries without an event are passed.
#[test]
fn every_entry_is_published_once_and_numbered_densely() {
    let mut kinds = vec![Kind::AccountCreated, Kind::FactRefused];
    kinds.extend([Kind::MemberSaved; 30]);
    let records = [record(1, 1, &kinds), record(4, 33, &[Kind::KeyCreated, Kind::FactRefused])];
    let (mut mark, mut numbers) = (Mark::default(), Vec::new());

    for _ in 0..3 {
        let left: Vec<Record> =
            records.iter().filter(|it| it.sequence > mark.record).cloned().collect();
        let (found, next) = mark.publish(&left);
        assert!(found.len() <= PUBLISHED_MAX);
        numbers.extend(found.iter().map(|it| it.sequence));
        mark = next;
    }

    assert_eq!(numbers, (1..=32).collect::<Vec<u64>>());
    assert_eq!((mark.entries, mark.events, mark.record, mark.skip), (34, 32, 4, 0));
    assert!(!mark.lacks(34) && mark.lacks(35));
    let (none, same) = mark.publish(&[]);
    assert_eq!((none.len(), same), (0, mark));
}

/// Goal: an id is read back as it was written, and nothing else is an id.
#[test]
fn ids_are_read_back() {
    let id = EventId { account: account(), sequence: 42 };
    assert_eq!(id.to_string(), "evt_acme_1_42");
    assert_eq!(EventId::parse("evt_acme_1_42"), Some(id));
    for text in ["", "evt_", "evt_acme", "evt_acme_0", "evt_acme_-1", "evt_acme_042", "evt__1"] {
        assert_eq!(EventId::parse(text), None, "{text}");
    }
}

/// Goal: pages of any size read each shard in order, once, to its end.
#[test]
fn pages_of_the_feed_miss_nothing() {
    let kind = EventType::parse("account.created").unwrap();
    let shard = |shard: usize, times: &[i64]| -> Vec<Numbered> {
        let numbered = times.iter().zip(1_u64..).map(|(at, number)| Numbered {
            shard,
            number,
            event: EventId { account: account(), sequence: number },
            kind,
            created: Timestamp(*at),
        });
        numbered.collect()
    };
    let all = [shard(0, &[5, 1, 9]), shard(3, &[2, 2, 20]), shard(7, &[1])];
    for limit in 1..9 {
        let (mut place, mut read) = (Bookmark::default(), Vec::new());
        loop {
            let behind = |it: &&Numbered| it.number > place.of(it.shard);
            let heads = all.iter().map(|it| it.iter().filter(behind).cloned().collect()).collect();
            let (page, next) = merged(place, heads, (limit, |_| true));
            if page.is_empty() {
                assert_eq!(next, place);
                break;
            }
            assert_eq!(Bookmark::parse(&next.to_string()), Ok(next));
            read.extend(page.into_iter().map(|it| (it.shard, it.number)));
            place = next;
        }
        assert_eq!(read.len(), 7, "{limit}");
        for of in [0, 3, 7] {
            let numbers: Vec<u64> =
                read.iter().filter(|(shard, _)| *shard == of).map(|(_, number)| *number).collect();
            assert!(numbers.is_sorted(), "{limit} {of} {numbers:?}");
        }
    }
    let (chosen, end) = merged(Bookmark::default(), all.to_vec(), (9, |_| false));
    assert_eq!((chosen.len(), end.to_string().as_str()), (0, "3.0.0.3.0.0.0.1"));
    for text in ["", "1", "1.2.3.4.5.6.7", "1.2.3.4.5.6.7.x", "1.2.3.4.5.6.7.8.9"] {
        assert_eq!(Bookmark::parse(text), Err(NotABookmark), "{text}");
    }
}
