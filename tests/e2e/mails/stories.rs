//! Who is mailed what, in stories of one account.

use http::Method;
use serde_json::{Value, json};

use super::{ADA, BILLING, FIN, alert_at, company, log, one_each, sent, undecided, until};
use crate::subscription::card;
use crate::world::{get, vendor};

/// Goal: an exceeded threshold is one mail to each administrator and finance member who wants it,
/// and none to others; the next month once more (A22).
#[tokio::test]
async fn an_alert_goes_to_administrators_and_finance_once_a_month() {
    let cloud = company().await;
    alert_at(&cloud, 7_599).await;

    until(&cloud, "2026-11-22T12:00:00Z").await;
    assert_eq!(sent(&cloud, "has passed 75.99 USD"), one_each(&[ADA, FIN]));
    let mails = cloud.outbox().mails();
    let is_it = |mail: &&local::outbox::SentMail| mail.subject.contains("has passed");
    let mail = mails.iter().find(is_it).unwrap();
    assert!(mail.text.contains("Upcoming invoice: 76.00 USD"), "{}", mail.text);
    assert!(mail.html.contains("76.00 USD") && mail.html.contains("November 2026"));
    assert_eq!(mail.from, "Billing <billing@example.com>");
    let history = get(&cloud, "/v1/accounts/acme/alert/history").await;
    let told = history["data"][0]["mails"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{history}");
    assert!(told.iter().all(|mail| mail["status"] == "sent"), "{history}");

    let off = json!({ "alerts": false, "invoices": true, "notices": true });
    let path = "/v1/accounts/acme/members/fin/preferences";
    assert_eq!(vendor(&cloud, Method::PUT, path, &off).await.0, 200);
    until(&cloud, "2026-12-03T00:00:00Z").await;
    let both = sent(&cloud, "has passed 75.99 USD");
    assert_eq!((both[ADA], both[FIN]), (2, 1), "fin does not want them any more");
    assert_eq!(undecided(&cloud).await, 0);
}

/// Goal: nobody is disabled by surprise: a declined renewal is mailed with its date, then three
/// days and one day before, then disabled, then reactivated; to members and the billing address
/// (F1).
#[tokio::test]
async fn a_declined_renewal_is_mailed_up_to_the_end_and_back() {
    let cloud = company().await;
    card(&cloud, "pm_card_chargeCustomerFail");

    until(&cloud, "2026-12-02T00:00:00Z").await;
    let failed = sent(&cloud, "a payment of 76.00 USD failed");
    assert_eq!(failed, one_each(&[ADA, FIN]), "{:?}", log(&cloud).await);
    let account = get(&cloud, "/v1/accounts/acme").await;
    let disables_on = account["disables_on"].as_str().unwrap().to_owned();
    until(&cloud, &disables_on).await;
    cloud.clock().advance("2h").await.unwrap();

    let warned = sent(&cloud, "will be disabled on 15 December 2026");
    assert_eq!(warned.values().copied().collect::<Vec<_>>(), [2, 2, 2], "{warned:?}");
    assert_eq!(sent(&cloud, "has been disabled"), one_each(&[ADA, FIN, BILLING]));

    card(&cloud, "pm_card_visa");
    let open = cloud.stripe().call(Method::GET, "/v1/invoices?customer=cus_acme&status=open", "");
    let invoice = open.1["data"][0]["id"].as_str().unwrap().to_owned();
    let paid = cloud.stripe().call(Method::POST, &format!("/v1/invoices/{invoice}/pay"), "");
    assert_eq!(paid.0, 200, "{paid:?}");
    cloud.clock().advance("10m").await.unwrap();

    assert_eq!(sent(&cloud, "works again"), one_each(&[ADA, FIN, BILLING]));
    assert!(!sent(&cloud, "works again").contains_key("mo@acme.example"));
    assert_eq!(undecided(&cloud).await, 0);
}

/// Goal: what is over before its mail was made is not mailed: it is in the log as superseded.
#[tokio::test]
async fn what_is_over_is_logged_and_not_mailed() {
    let cloud = company().await;
    alert_at(&cloud, 7_599).await;
    cloud.gate().set_away(&["SES"]);
    cloud.clock().advance("1h").await.unwrap();
    // The check has notified; before its minute is over the alert is removed.
    let removed = vendor(&cloud, Method::DELETE, "/v1/accounts/acme/alert", &Value::Null).await;
    assert_eq!(removed.0, 204);
    cloud.gate().set_away(&[]);

    cloud.clock().advance("1h").await.unwrap();

    let alerts: Vec<_> = log(&cloud).await.into_iter().filter(|it| it.0 == "alert").collect();
    assert_eq!(sent(&cloud, "has passed").len(), 0, "{alerts:?}");
    assert!(!alerts.is_empty());
    assert_eq!(undecided(&cloud).await, 0);
}

/// Goal: names of people and markup in them stay text: no header, no tag, no second line.
#[tokio::test]
async fn hostile_names_stay_text() {
    let cloud = company().await;
    let name = "<b>Evil</b>\r\nBcc: all@example.com {link} \u{7}";
    let form = "name=Acme";
    assert_eq!(cloud.stripe().call(Method::POST, "/v1/customers/cus_acme", form).0, 200);
    let client = crate::world::dynamodb(&cloud);
    let key = |name: &str, value: &str| {
        (name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned()))
    };
    let update = client.update_item().table_name("Table");
    let update = update.set_key(Some([key("pk", "ACCOUNT#acme"), key("sk", "PROFILE")].into()));
    let update = update.update_expression("SET #n = :n").expression_attribute_names("#n", "name");
    let value = aws_sdk_dynamodb::types::AttributeValue::S(name.to_owned());
    update.expression_attribute_values(":n", value).send().await.unwrap();
    alert_at(&cloud, 7_599).await;

    cloud.clock().advance("2h").await.unwrap();

    let mails = cloud.outbox().mails();
    let mail = mails.iter().find(|mail| mail.subject.contains("Evil")).expect("a mail");
    assert!(mail.subject.chars().all(|c| !c.is_control()), "{:?}", mail.subject);
    assert!(!mail.html.contains("<b>Evil"), "{}", mail.html);
    assert!(mail.html.contains("&lt;b&gt;Evil") && mail.html.contains("{link}"));
    assert!(!mail.text.contains("\nBcc:"), "{}", mail.text);
}

/// Goal: an account without members has its mails at the billing address; a refused address is in
/// the log with SES's code and stops nobody else's mail.
#[tokio::test]
async fn a_refused_address_takes_nobody_along() {
    let cloud = company().await;
    let body = json!({ "email": "fin@refused.example", "role": "finance" });
    let path = "/v1/accounts/acme/members/fin";
    assert_eq!(vendor(&cloud, Method::PUT, path, &body).await.0, 200);
    alert_at(&cloud, 7_599).await;

    cloud.clock().advance("2h").await.unwrap();

    assert_eq!(sent(&cloud, "has passed"), one_each(&[ADA]));
    let page = get(&cloud, super::LOG).await;
    let refused = page["data"].as_array().unwrap().iter().find(|it| it["status"] == "refused");
    assert_eq!(refused.unwrap()["code"], "MessageRejected", "{page}");
    assert_eq!(undecided(&cloud).await, 0);
}
