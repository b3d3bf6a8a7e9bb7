//! What a customer is mailed about transfers (A14, A18).

use http::Method;
use local::Running;
use serde_json::json;

use super::{advance, advised, approved, eur, sent, shop, staff};
use crate::world::vendor;

/// Subjects of the mails about transfers and prepayments, in order, each with its recipient.
fn mailed(cloud: &Running) -> Vec<(String, String)> {
    let is_it = |subject: &str| subject.contains("transfer") || subject.contains("prepaid");
    let mails = cloud.outbox().mails();
    let mails = mails.iter().filter(|mail| is_it(&mail.subject));
    mails.map(|mail| (mail.subject.clone(), mail.to.clone())).collect()
}

fn to_billing(subjects: &[&str]) -> Vec<(String, String)> {
    let to = |subject: &&str| ((*subject).to_owned(), "billing@acme.example".to_owned());
    subjects.iter().map(to).collect()
}

/// Goal: the customer hears of a reported transfer until when it is held, and then what came of it:
/// a part, and the whole with its rest prepaid; each once.
#[tokio::test]
async fn what_comes_of_a_transfer_is_mailed() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (12_400, 10));
    advance(&cloud, "1h").await;

    let first = advised(&cloud, &[&owed], 12_400, "RF18 5390").await;
    advance(&cloud, "1h").await;
    approved(&cloud, &first, 2_400).await;
    advance(&cloud, "1h").await;
    let second = advised(&cloud, &[&owed], 10_000, "RF18 5391").await;
    advance(&cloud, "1h").await;
    approved(&cloud, &second, 15_000).await;
    advance(&cloud, "1d").await;

    let expected = to_billing(&[
        "Acme: we expect your transfer of 124.00 EUR",
        "Acme: a part of your transfer has arrived",
        "Acme: we expect your transfer of 100.00 EUR",
        "Acme: your transfer of 150.00 EUR has arrived",
        "Acme: 50.00 EUR are prepaid",
    ]);
    let mut mails = mailed(&cloud);
    mails.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(mails, expected);
    let part = cloud.outbox().mails();
    let part = part.iter().find(|mail| mail.subject.contains("a part of")).unwrap();
    assert!(part.text.contains("Still to be paid: 100.00 EUR"), "{}", part.text);
    assert!(part.text.contains("RF18 5390"), "{}", part.text);
}

/// Goal: what staff did not find, and what never came, is said with its reason; a transfer that is
/// withdrawn within the minute is not mailed about as if it were expected.
#[tokio::test]
async fn what_did_not_come_is_mailed() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (12_400, 10));
    advance(&cloud, "1h").await;
    let rejected = advised(&cloud, &[&owed], 12_400, "RF18 5390").await;
    advance(&cloud, "1h").await;
    let path = format!("/v1/staff/payment-advice/{rejected}/reject");
    let body = json!({ "note": "No such payment so far." });
    assert_eq!(staff(&cloud, Method::POST, &path, &body).await.0, 200);
    advance(&cloud, "1h").await;
    advised(&cloud, &[&owed], 12_400, "RF18 5391").await;

    advance(&cloud, "20d").await;

    let subjects: Vec<String> = mailed(&cloud).into_iter().map(|mail| mail.0).collect();
    assert_eq!(
        subjects,
        [
            "Acme: we expect your transfer of 124.00 EUR",
            "Acme: we did not find your transfer",
            "Acme: we expect your transfer of 124.00 EUR",
            "Acme: your transfer did not arrive in time",
        ]
    );
    let mails = cloud.outbox().mails();
    let mail = mails.iter().find(|mail| mail.subject.contains("did not find")).unwrap();
    assert!(mail.text.contains("Reason: No such payment so far."), "{}", mail.text);
}

/// Goal: money that came without advice is mailed once, and so is advice that is rejected within
/// the minute: as rejected.
#[tokio::test]
async fn the_gravest_word_about_one_transfer_is_mailed() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (12_400, 10));
    advance(&cloud, "1h").await;
    let advice = advised(&cloud, &[&owed], 12_400, "RF18 5390").await;
    let path = format!("/v1/staff/payment-advice/{advice}/reject");
    let body = json!({ "note": "Another account's." });
    assert_eq!(staff(&cloud, Method::POST, &path, &body).await.0, 200);
    let today = cloud.clock().now().to_string();
    let body = json!({
        "account": "acme", "amount": eur(12_400), "received_on": today.get(..10),
        "reference": "RF18 5392", "invoices": [owed],
    });
    let (status, answer) = staff(&cloud, Method::POST, "/v1/staff/receipts", &body).await;
    assert_eq!(status, 201, "{answer}");

    advance(&cloud, "1d").await;

    let subjects: Vec<String> = mailed(&cloud).into_iter().map(|mail| mail.0).collect();
    assert_eq!(
        subjects,
        ["Acme: we did not find your transfer", "Acme: your transfer of 124.00 EUR has arrived"]
    );
    let path = "/v1/accounts/acme/mails?limit=100";
    let (_, log) = vendor(&cloud, Method::GET, path, &json!(null)).await;
    let superseded = |it: &&serde_json::Value| it["template"] == "transfer_reported";
    let reported = log["data"].as_array().unwrap().iter().find(superseded).unwrap();
    assert_eq!(reported["status"], "superseded", "{log}");
}
