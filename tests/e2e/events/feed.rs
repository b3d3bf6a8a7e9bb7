//! The feed: in order, once, whoever writes meanwhile and whatever is away.

use local::gate::{Fault, Limits, Script};

use super::*;
use crate::world::{cloud, has_fired, open_account, script};

/// Goal: an account's events are numbered from 1 without a gap, are the same bytes wherever they
/// are read, and are read once, from where a reader stopped, days later too.
#[tokio::test]
async fn events_are_read_in_order_and_once() {
    let cloud = cloud().await;
    for account in ["acme", "zoe"] {
        open_account(&cloud, account).await;
        member(&cloud, account, "ada").await;
    }
    published(&cloud).await;

    let (first, cursor) = all(&cloud, ("", 3), None).await;
    let (own, own_cursor) = all(&cloud, ("&account=acme", 2), None).await;

    assert_eq!(types(&own), ["account.created", "member.created"]);
    for numbers in numbers(&first).values() {
        assert_eq!(*numbers, [1, 2]);
    }
    assert_eq!(first.iter().filter(|it| it["account"] == "acme").collect::<Vec<_>>(), {
        own.iter().collect::<Vec<_>>()
    });
    let id = own[0]["id"].as_str().unwrap();
    assert_eq!(get(&cloud, &format!("/v1/events/{id}")).await, own[0]);
    assert_eq!(
        (own[0]["livemode"].clone(), own[0]["data"]["object"]["id"].clone()),
        (json!(false), json!("acme"))
    );

    cloud.clock().advance("5d").await.unwrap();
    member(&cloud, "acme", "bob").await;
    published(&cloud).await;
    let (more, _) = all(&cloud, ("", 3), Some(&cursor)).await;
    assert_eq!((types(&more), more[0]["sequence"].as_u64()), (vec!["member.created"], Some(3)));
    let (more, _) = all(&cloud, ("&account=acme", 2), Some(&own_cursor)).await;
    assert_eq!(numbers(&more)["acme"], [3]);
    let (behind, _) = page(&cloud, "account=acme&after=1").await;
    assert_eq!(numbers(&behind)["acme"], [2, 3]);
}

/// Goal: a reader of some types passes the others, and what is asked for wrongly is refused.
#[tokio::test]
async fn types_are_chosen_and_wrong_questions_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for id in ["ada", "bob", "cid"] {
        member(&cloud, "acme", id).await;
    }
    published(&cloud).await;

    let chosen = "&types=member.created,member.removed";
    let (members, cursor) = all(&cloud, (chosen, 2), None).await;
    let (of_account, _) = all(&cloud, (&format!("&account=acme{chosen}"), 2), None).await;
    assert_eq!(members.len(), 3);
    assert_eq!(members, of_account);
    assert_eq!(all(&cloud, ("&types=alert.removed", 2), None).await.0, Vec::<Value>::new());

    for (query, status) in [
        ("types=member.renamed", 422),
        ("types=", 422),
        ("after=3", 422),
        ("account=acme&after=-1", 422),
        ("cursor=x", 422),
        (&*format!("cursor={cursor}"), 422),
        ("account=nobody", 404),
        ("account=a%20b", 404),
        ("limit=101", 422),
    ] {
        let (found, answer) =
            vendor(&cloud, Method::GET, &format!("/v1/events?{query}"), &Value::Null).await;
        assert_eq!(found, status, "{query}: {answer}");
    }
    for id in ["evt_acme_99", "evt_nobody_1", "evt_acme", "x", "evt_acme_0"] {
        let path = format!("/v1/events/{id}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 404, "{id}");
    }
}

/// Goal: a reader who reads while others write misses nothing and reads nothing twice.
#[tokio::test]
async fn nothing_is_missed_while_others_write() {
    for seed in 1..=3 {
        let cloud = cloud().await;
        let accounts: Vec<String> = (0..6).map(|nth| format!("a{nth}")).collect();
        for account in &accounts {
            open_account(&cloud, account).await;
        }
        cloud.limit(Limits::ALL, None, seed);
        let (mut read, mut cursor) = (Vec::new(), None);
        for round in 0..8 {
            for account in &accounts {
                member(&cloud, account, &format!("m{round}")).await;
                let place = cursor.map(|it| format!("&cursor={it}")).unwrap_or_default();
                let (found, next) = page(&cloud, &format!("limit=4{place}")).await;
                read.extend(found);
                cursor = Some(next);
            }
            cloud.clock().advance("3s").await.unwrap();
        }
        cloud.clock().advance("1h").await.unwrap();
        let (rest, _) = all(&cloud, ("", 7), cursor.as_deref()).await;
        read.extend(rest);

        let numbers = numbers(&read);
        assert_eq!(numbers.len(), accounts.len(), "seed {seed}");
        for (account, numbers) in numbers {
            assert_eq!(numbers, (1..=9).collect::<Vec<u64>>(), "seed {seed} {account}");
        }
    }
}

/// Goal: a relay that is away for two days loses nothing: the schedule finds what the stream never
/// told, and what the stream tells later is not published again.
#[tokio::test]
async fn a_relay_that_is_away_loses_nothing() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    published(&cloud).await;
    cloud.streams().set_away(true);
    member(&cloud, "acme", "ada").await;
    published(&cloud).await;
    assert_eq!(all(&cloud, ("", 9), None).await.0.len(), 1);

    cloud.clock().advance("2d").await.unwrap();

    let (events, cursor) = all(&cloud, ("", 9), None).await;
    assert_eq!(numbers(&events)["acme"], [1, 2]);
    cloud.streams().set_away(false);
    cloud.clock().advance("1d").await.unwrap();
    assert_eq!(all(&cloud, ("", 9), Some(&cursor)).await.0, Vec::<Value>::new());
}

/// Goal: a publisher that is ended at any of its calls publishes each event once.
#[tokio::test]
async fn a_crash_at_any_call_publishes_once() {
    let mut fired = 0;
    for call in 1..=6 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let cloud = cloud().await;
            open_account(&cloud, "acme").await;
            let scripted = Script::at("EventPublisher", call, fault);
            script(&cloud, &scripted);

            cloud.clock().advance("30m").await.unwrap();

            fired += usize::from(has_fired(&cloud, &scripted));
            let (events, _) = all(&cloud, ("", 9), None).await;
            assert_eq!(numbers(&events)["acme"], [1], "call {call}, {fault:?}");
        }
    }
    assert!(fired >= 8, "{fired} faults fired");
}
