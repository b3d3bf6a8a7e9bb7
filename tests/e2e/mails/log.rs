//! The log of mails: pages, no address in it, and a mail once more.

use http::Method;
use serde_json::{Value, json};

use super::{ADA, FIN, LOG, alert_at, company, sent};
use crate::world::{get, vendor};

/// Goal: the log names recipients by id and shows no address; its pages hang together.
#[tokio::test]
async fn the_log_has_ids_and_pages() {
    let cloud = company().await;
    alert_at(&cloud, 7_599).await;
    cloud.clock().advance("2h").await.unwrap();

    let whole = get(&cloud, LOG).await;
    let first = get(&cloud, "/v1/accounts/acme/mails?limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = get(&cloud, &format!("/v1/accounts/acme/mails?limit=100&cursor={cursor}")).await;

    let all = whole["data"].as_array().unwrap();
    let members: Vec<&str> = all.iter().filter_map(|mail| mail["member"].as_str()).collect();
    assert!(members.contains(&"ada") && members.contains(&"fin"), "{whole}");
    assert!(!whole.to_string().contains("@acme.example"), "{whole}");
    assert_eq!(first["data"][0], all[0]);
    assert_eq!(rest["data"].as_array().unwrap()[..], all[1..]);
    for wrong in ["cursor=%20", "cursor=a/b", "limit=0", "limit=101", "limit=x"] {
        let path = format!("/v1/accounts/acme/mails?{wrong}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 422, "{wrong}");
    }
}

/// Goal: a mail is sent once more when it is asked for, with the same number, and once for however
/// many requests; what nobody was mailed of is refused.
#[tokio::test]
async fn a_mail_is_sent_once_more() {
    let cloud = company().await;
    alert_at(&cloud, 7_599).await;
    cloud.clock().advance("2h").await.unwrap();
    let all = get(&cloud, LOG).await;
    let all = all["data"].as_array().unwrap();
    let is_it = |mail: &&Value| mail["member"] == "fin" && mail["template"] == "alert";
    let mail = all.iter().find(is_it).unwrap();
    let path = format!("/v1/accounts/acme/mails/{}/resend", mail["id"].as_str().unwrap());

    let first = vendor(&cloud, Method::POST, &path, &Value::Null).await;
    let second = vendor(&cloud, Method::POST, &path, &Value::Null).await;
    cloud.clock().advance("10m").await.unwrap();

    assert_eq!((first.0, second.0), (202, 202), "{first:?} {second:?}");
    let sent = sent(&cloud, "has passed");
    assert_eq!((sent[ADA], sent[FIN]), (1, 2));
    let mails = cloud.outbox().mails();
    let copies = mails.iter().filter(|it| it.to == FIN && it.subject.contains("has passed"));
    let numbers: Vec<_> = copies.map(|it| &it.headers).collect();
    assert_eq!(numbers[0], numbers[1], "the same number");
    let after = get(&cloud, LOG).await;
    let after = after["data"].as_array().unwrap();
    let again = after.iter().find(|it| it["id"] == mail["id"]).unwrap();
    assert_eq!((&again["status"], &again["sendings"]), (&json!("sent"), &json!(2)));

    let unknown = "/v1/accounts/acme/mails/1.2.3.billing/resend";
    assert_eq!(vendor(&cloud, Method::POST, unknown, &Value::Null).await.0, 404);
}
