//! Dead letters on the desk: listed, redriven with a reason, and two people at one letter.

use http::Method;
use local::sqs::Sent;
use serde_json::{Value, json};

use super::{Browser, desk, filled, person};
use crate::letters::{dead_letters, redrive};
use crate::world::{cloud, open_account};

const LETTERS: &str = "/staff/dead-letters";

/// A cloud with a letter of an account; its id.
async fn with_a_letter() -> (local::Running, String) {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let body = r#"{"event":{"id":"evt_1","type":"invoice.paid"},"letter":{"fact":{"customer":
        "cus_acme","secret":"ada@acme.example"}}}"#;
    let sent = Sent { body: body.to_owned(), ..Sent::default() };
    cloud.queues().send("DeadLetterQueue", sent).unwrap();
    cloud.clock().advance("2h").await.unwrap();
    let id = dead_letters(&cloud).await[0].id.clone();
    (cloud, id)
}

/// Redrives a letter by the form of a page that was opened before.
async fn sent(browser: &mut Browser<'_>, page: &str, (id, reason): (&str, &str)) -> super::Shown {
    let action = format!("{LETTERS}/{id}/redrive");
    browser.post(&action, &filled(page, &action, &[("redrive", reason)])).await
}

/// Goal: home counts open letters; a letter is listed with its message, its account and its age,
/// and never with its body; billing redrives it with a reason, once.
#[tokio::test]
async fn billing_redrives_a_letter_with_a_reason() {
    let (cloud, id) = with_a_letter().await;
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let home = browser.page("/staff").await;
    assert!(home.contains("href=\"/staff/dead-letters\">Dead letters</a>"), "{home}");
    assert!(home.contains("2 hours, since 22 November 2026"), "{home}");

    let list = browser.page(LETTERS).await;
    for part in
        ["A fact of Stripe about a customer", "invoice.paid", "/staff/accounts/acme", "2 hours ago"]
    {
        assert!(list.contains(part), "{part}: {list}");
    }
    let address = format!("{LETTERS}/{id}");
    let page = browser.page(&address).await;
    assert!(page.contains("evt_1"), "{page}");
    assert!(!format!("{list}{page}").contains("ada@acme.example"), "{page}");

    let wrong = sent(&mut browser, &page, (&id, " ")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("id=\"field-redrive-wrong\""), "{}", wrong.text);
    let done = sent(&mut browser, &page, (&id, "the item was mended")).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/staff/dead-letters?done=redriven"));
    assert!(browser.page(&done.location).await.contains("The message was sent again."));

    let over = browser.page(&address).await;
    assert!(over.contains("Reason: the item was mended"), "{over}");
    let closed = browser.page(&format!("{LETTERS}?status=closed")).await;
    assert!(closed.contains(&id), "{closed}");
    assert_eq!(browser.get(&format!("{LETTERS}/dl_nothing")).await.status, 404);
}

/// Goal: of two people at one letter the slower one hears who was faster, and sends nothing.
#[tokio::test]
async fn two_people_at_a_letter_do_not_overwrite_each_other() {
    let (cloud, id) = with_a_letter().await;
    let key = person(&cloud, ("Grace Hopper", "billing")).await;
    let address = format!("{LETTERS}/{id}");
    let mut grace = desk(&cloud, &key).await;
    let mut other = desk(&cloud, cloud.staff_key()).await;
    let (hers, seen) = (grace.page(&address).await, other.page(&address).await);

    let done = sent(&mut grace, &hers, (&id, "mended")).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let repeated = sent(&mut grace, &hers, (&id, "mended")).await;
    assert_eq!((repeated.status, &repeated.location), (303, &done.location), "the same form again");
    let late = sent(&mut other, &seen, (&id, "mended too")).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Done meanwhile by Grace Hopper"), "{}", late.text);
    assert_eq!(redrive(&cloud, &id).await.0, 409, "nor by the API");
}

/// Goal: support reads a letter, has no form, and what it sends all the same ends nothing.
#[tokio::test]
async fn support_ends_no_letter() {
    let (cloud, id) = with_a_letter().await;
    let mut browser = desk(&cloud, cloud.support_key()).await;
    let page = browser.page(&format!("{LETTERS}/{id}")).await;
    assert!(page.contains("role billing") && !page.contains("/redrive\""), "{page}");

    // A form key of this session, taken from the page's frame.
    let body = filled(&page, "/staff/sign-out", &[("redrive", "kind"), ("dismiss", "kind")]);
    for act in ["redrive", "dismiss"] {
        let refused = browser.post(&format!("{LETTERS}/{id}/{act}"), &body).await;
        assert_eq!(refused.status, 403, "{act}");
        assert!(refused.text.contains("role billing"), "{}", refused.text);
    }
    let listed = Box::pin(cloud.call(
        cloud.support_key(),
        Method::GET,
        "/v1/staff/dead-letters",
        &Value::Null,
    ))
    .await;
    assert_eq!(listed.1["data"][0]["status"], json!("open"), "{listed:?}");
}
