//! Personal data: what is held about people, and its erasure. After it, no item of the table has a
//! name or an address of the person (F8).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use crate::dashboard::{Browser, filled};
use crate::subscription::{card, subscribed};
use crate::world::{dynamodb, get, has_fired, kinds, script, vendor};

const MEMBERS: &str = "/v1/accounts/acme/members";
const EXPORT: &str = "/v1/accounts/acme/personal-data";
const ADA: &str = "ada.lovelace&co@people.example";

/// Every item of the table as a line of text.
async fn dump(cloud: &Running) -> String {
    let (mut lines, mut next) = (Vec::new(), None);
    loop {
        let scan = dynamodb(cloud).scan().table_name("Table").set_exclusive_start_key(next);
        let page = scan.send().await.unwrap();
        for item in page.items() {
            lines.push(plain(&AttributeValue::M(item.clone())));
        }
        next = page.last_evaluated_key;
        if next.is_none() {
            lines.sort();
            return lines.join("\n");
        }
    }
}

/// A value with its maps in order.
fn plain(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let map: BTreeMap<&String, String> = map.iter().map(|it| (it.0, plain(it.1))).collect();
            let fields = map.into_iter().map(|(name, value)| format!("{name}: {value}"));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        AttributeValue::L(list) => {
            format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// Lines of the dump that have a text, in small letters: the index has addresses so.
fn having(dump: &str, text: &str) -> Vec<String> {
    let is_there = |line: &&str| line.to_lowercase().contains(text);
    dump.lines().filter(is_there).map(str::to_owned).collect()
}

/// Status and body of a request with an Idempotency-Key.
async fn keyed(
    cloud: &Running,
    (method, path): (Method, &str),
    key: &str,
    body: &Value,
) -> (u16, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body)
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

async fn save(cloud: &Running, (id, email): (&str, &str), key: &str) -> Value {
    let body = json!({ "email": email, "role": "account_administrator" });
    let path = format!("{MEMBERS}/{id}");
    let (status, saved) = keyed(cloud, (Method::PUT, &path), key, &body).await;
    assert_eq!(status, 200, "{saved}");
    saved
}

async fn erase(cloud: &Running, id: &str) -> (u16, Value) {
    let path = format!("{MEMBERS}/{id}/personal-data");
    vendor(cloud, Method::DELETE, &path, &Value::Null).await
}

/// `acme` on Team, with Ada and Bo as administrators.
async fn company() -> Running {
    let cloud = subscribed("team", "month", 3).await;
    save(&cloud, ("bo", "bo@people.example"), "b1").await;
    save(&cloud, ("ada", ADA), "a0").await;
    cloud.clock().advance("5m").await.unwrap();
    cloud
}

/// An alert that the upcoming invoice has passed already.
async fn alert(cloud: &Running) {
    let alert = json!({ "threshold": { "amount": 1, "currency": "usd" } });
    let path = "/v1/accounts/acme/alert";
    assert_eq!(vendor(cloud, Method::PUT, path, &alert).await.0, 200);
}

/// The same; Ada has had another address, has been busy on the dashboard, had mails, and was
/// refused a payment there.
async fn busy() -> Running {
    let cloud = company().await;
    save(&cloud, ("ada", "ada@old.example"), "a1").await;
    let saved = save(&cloud, ("ada", ADA), "a2").await;
    assert_eq!(save(&cloud, ("ada", ADA), "a2").await, saved, "a repeat is answered the same");

    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let settings = "/billing/acme/settings";
    let keys = format!("{settings}/keys");
    let page = ada.page(settings).await;
    let body = filled(&page, &keys, &[("role", "finance"), ("name", "nightly export")]);
    assert_eq!(ada.post(&keys, &body).await.status, 200);
    let preferences = format!("{settings}/preferences");
    assert_eq!(ada.submit(settings, &preferences, &[]).await.status, 303);
    let details = [("email", "invoices@acme.example"), ("address.line1", "Rosenweg 5")];
    assert_eq!(ada.submit(settings, &format!("{settings}/details"), &details).await.status, 303);

    card(&cloud, "pm_card_chargeCustomerFail");
    let plan = "/billing/acme/plan";
    let review = ada.page(&format!("{plan}/review?plan=team&interval=month&seats=9")).await;
    let refused = ada.post(plan, &filled(&review, plan, &[])).await;
    assert_eq!(refused.status, 402, "{}", refused.text);
    assert!(refused.text.contains("lovelace&amp;co"), "the page names who is signed in");
    alert(&cloud).await;
    cloud.clock().advance("61m").await.unwrap();
    cloud
}

/// Goal: the export has what the items hold about everybody, or about one person; nothing else.
#[tokio::test]
async fn the_export_has_what_is_held_about_people() {
    let cloud = busy().await;

    let all = get(&cloud, EXPORT).await;
    let own = get(&cloud, &format!("{EXPORT}?member=ada")).await;

    assert_eq!(all["billing_details"]["email"], "invoices@acme.example", "{all}");
    assert_eq!(all["billing_details"]["address"]["line1"], "Rosenweg 5");
    assert_eq!(
        (&all["members"][0]["email"], &all["members"][1]["id"]),
        (&json!(ADA), &json!("bo"))
    );
    let key = &all["api_keys"][0];
    let by = json!({ "type": "member", "id": "ada", "name": "ada" });
    assert_eq!((&key["name"], &key["created_by"]), (&json!("nightly export"), &by));
    assert_eq!(all["sign_ins"][0]["member"], "ada");
    let to = |page: &Value, id: &str| {
        page["mails"].as_array().unwrap().iter().filter(|mail| mail["member"] == id).count()
    };
    assert!(to(&all, "ada") > 0 && to(&all, "bo") > 0, "{all}");
    assert_eq!((to(&own, "bo"), to(&own, "ada")), (0, to(&all, "ada")));
    assert_eq!(own["members"].as_array().unwrap().len(), 1);
    assert_eq!((&own["billing_details"], &own["name"]), (&Value::Null, &Value::Null));
    assert!(!own.to_string().contains("bo@people.example"), "{own}");

    let first = get(&cloud, &format!("{EXPORT}?limit=1")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(&cloud, &format!("{EXPORT}?limit=1&cursor={cursor}")).await;
    assert_eq!((&first["mails"][0], &second["mails"][0]), (&all["mails"][0], &all["mails"][1]));
    let wrong = vendor(&cloud, Method::GET, &format!("{EXPORT}?member=a.b"), &Value::Null).await;
    assert_eq!((wrong.0, &wrong.1["fields"][0]["field"]), (422, &json!("member")));
}

/// Goal: who is still a member is not erased; of one who was removed no item has a name or an
/// address; the journal goes on naming the id; a repetition changes nothing.
#[tokio::test]
async fn of_a_removed_member_nothing_is_left() {
    let cloud = busy().await;
    let (status, refused) = erase(&cloud, "ada").await;
    assert_eq!((status, &refused["code"]), (409, &json!("member_not_removed")), "{refused}");
    assert_eq!(having(&dump(&cloud).await, "lovelace").len(), 1, "only in the member's item");

    let path = format!("{MEMBERS}/ada");
    assert_eq!(vendor(&cloud, Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(erase(&cloud, "ada").await, (204, json!("")));

    let erased = dump(&cloud).await;
    for text in ["lovelace", "ada@old.example"] {
        assert_eq!(having(&erased, text), [""; 0], "{text}");
    }
    assert_eq!(
        having(&erased, "rosenweg").len(),
        1,
        "an address of invoices, in the profile alone"
    );
    let timeline = get(&cloud, "/v1/accounts/acme/timeline?limit=100&raw=true").await.to_string();
    assert!(timeline.contains("\"id\":\"ada\"") && !timeline.contains("lovelace"), "{timeline}");
    assert!(timeline.contains("address changed") || timeline.contains("address added"));

    for _ in 0..2 {
        assert_eq!(erase(&cloud, "ada").await, (204, json!("")));
    }
    assert_eq!(dump(&cloud).await, erased, "a repetition changes nothing");
    let saved = json!({ "email": ADA, "role": "account_administrator" });
    let again = keyed(&cloud, (Method::PUT, &path), "a2", &saved).await;
    assert_eq!(
        (again.0, &again.1["email"]),
        (200, &json!("")),
        "nobody knows the address any more"
    );
}

/// Goal: members of a closed account are erased at once, its last administrator too; its money
/// stays.
#[tokio::test]
async fn members_of_a_closed_account_are_erased_at_once() {
    let cloud = busy().await;
    let reason = json!({ "reason": "It is over." });
    let path = "/v1/staff/accounts/acme/close";
    let closed = Box::pin(cloud.call(cloud.staff_key(), Method::POST, path, &reason)).await;
    assert_eq!(closed.0, 200, "{closed:?}");

    for id in ["ada", "bo", "bo", "nobody"] {
        assert_eq!(erase(&cloud, id).await, (204, json!("")), "{id}");
    }

    let erased = dump(&cloud).await;
    assert_eq!(having(&erased, "people.example"), [""; 0]);
    let removed = kinds(&cloud, "acme").await;
    assert_eq!(removed.iter().filter(|kind| *kind == "member.removed").count(), 2, "{removed:?}");
    let export = get(&cloud, EXPORT).await;
    assert_eq!((&export["members"], &export["sign_ins"]), (&json!([]), &json!([])), "{export}");
    assert!(!export["mails"].as_array().unwrap().is_empty(), "the log goes on naming ids");
    let invoices = get(&cloud, "/v1/accounts/acme/invoices").await;
    assert!(!invoices["data"].as_array().unwrap().is_empty(), "{invoices}");
}

/// Goal: a mail that is being sent while its recipient is erased brings no address back, wherever
/// the sending was interrupted.
#[tokio::test]
async fn a_mail_under_way_brings_no_address_back() {
    let mut fired = 0;
    for call in 4..=12 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let cloud = company().await;
            alert(&cloud).await;
            let scripted = Script::at("Notify", call, fault);
            script(&cloud, &scripted);
            cloud.clock().advance("61m").await.unwrap();
            fired += usize::from(has_fired(&cloud, &scripted));

            let path = format!("{MEMBERS}/ada");
            assert_eq!(vendor(&cloud, Method::DELETE, &path, &Value::Null).await.0, 204);
            assert_eq!(erase(&cloud, "ada").await.0, 204);
            let mails = |cloud: &Running| {
                cloud.outbox().mails().iter().filter(|mail| mail.to == ADA).count()
            };
            let before = mails(&cloud);
            cloud.clock().advance("3h").await.unwrap();

            let what = format!("call {call}, {fault:?}");
            assert_eq!(having(&dump(&cloud).await, "lovelace"), [""; 0], "{what}");
            assert_eq!(mails(&cloud), before, "{what}: nothing is sent to who is erased");
            assert_eq!(crate::mails::undecided(&cloud).await, 0, "{what}");
        }
    }
    assert!(fired >= 8, "{fired} faults fired");
}
