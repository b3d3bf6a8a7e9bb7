//! Settings: details, own mails, API keys.

use http::Method;
use serde_json::{Value, json};

use super::{Browser, company};
use crate::world::{get, vendor};

const SETTINGS: &str = "/billing/acme/settings";

/// Goal: details are saved as typed; what is wrong is said at its field, and nothing of it is
/// saved.
#[tokio::test]
async fn details_are_saved_as_typed() {
    let cloud = company().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let action = "/billing/acme/settings/details";
    let typed = [
        ("company", "Acme <Robotics> GmbH"),
        ("address.line1", "Hauptstraße 1"),
        ("address.country", "de"),
        ("purchase_order", "PO-7"),
        ("tax_ids[0].type", "eu_vat"),
        ("tax_ids[0].value", "DE123456789"),
    ];
    let saved = finn.submit(SETTINGS, action, &typed).await;
    assert_eq!(saved.location, "/billing/acme/settings?done=details_saved", "{}", saved.text);
    let details = get(&cloud, "/v1/accounts/acme").await["billing_details"].clone();
    assert_eq!(details["company"], "Acme <Robotics> GmbH");
    assert_eq!(details["address"]["country"], "DE");
    assert_eq!(details["tax_ids"][0]["value"], "DE123456789");
    let page = finn.page(SETTINGS).await;
    assert!(page.contains("Acme &lt;Robotics&gt; GmbH"), "escaped: {page}");

    let typed = [
        ("company", "Other"),
        ("email", "nowhere"),
        ("tax_ids[1].type", "eu_vat"),
        ("tax_ids[1].value", "12"),
    ];
    let wrong = finn.submit(SETTINGS, action, &typed).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("href=\"#field-email\""), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"nowhere\"") && wrong.text.contains("value=\"Other\""));
    let details = get(&cloud, "/v1/accounts/acme").await["billing_details"].clone();
    assert_eq!(details["company"], "Acme <Robotics> GmbH");
}

/// Goal: each member sets their own mails, and nobody else's.
#[tokio::test]
async fn mails_are_ones_own() {
    let cloud = company().await;
    let mut mia = Browser::signed_in(&cloud, "acme", "mia").await;
    let page = mia.page(SETTINGS).await;
    let body = super::filled(&page, "/billing/acme/settings/preferences", &[]);
    let body = body.replace("alerts=on&", "");
    let saved = mia.post("/billing/acme/settings/preferences", &body).await;
    assert_eq!(saved.location, "/billing/acme/settings?done=preferences_saved", "{}", saved.text);
    let members = get(&cloud, "/v1/accounts/acme/members").await;
    let alerts = |id: &str| {
        let all = members["data"].as_array().unwrap();
        all.iter().find(|it| it["id"] == id).unwrap()["preferences"]["alerts"].clone()
    };
    assert_eq!((alerts("mia"), alerts("ada")), (json!(false), json!(true)));
}

/// Goal: a key's secret is shown once and works; revoking it is asked about, and holds at once.
#[tokio::test]
async fn keys_are_made_and_revoked() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page(SETTINGS).await;
    let values = [("role", "finance"), ("name", "nightly export")];
    let body = super::filled(&page, "/billing/acme/settings/keys", &values);
    let made = ada.post("/billing/acme/settings/keys", &body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let secret = made.text.split("class=\"secret\"").nth(1).unwrap();
    let secret = secret.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
    let (status, _) =
        Box::pin(cloud.call(&secret, Method::GET, "/v1/accounts/acme", &Value::Null)).await;
    assert_eq!(status, 200);
    let again = ada.post("/billing/acme/settings/keys", &body).await;
    assert_eq!(again.status, 409, "one form makes one key");
    assert!(!again.text.contains(&secret));

    let keys = get(&cloud, "/v1/accounts/acme/api-keys").await;
    assert_eq!(keys["data"].as_array().unwrap().len(), 1, "{keys}");
    assert_eq!(keys["data"][0]["name"], "nightly export", "{keys}");
    let id = keys["data"][0]["id"].as_str().unwrap().to_owned();
    let page = format!("{SETTINGS}/keys/{id}");
    let revoked = ada.submit(&page, &page, &[]).await;
    assert_eq!(revoked.location, "/billing/acme/settings?done=key_revoked");
    let (status, _) =
        Box::pin(cloud.call(&secret, Method::GET, "/v1/accounts/acme", &Value::Null)).await;
    assert_eq!(status, 401);
    assert_eq!(ada.get(&page).await.status, 404);

    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    assert_eq!(finn.get(&page).await.status, 403);
    let (status, _) = vendor(&cloud, Method::GET, "/v1/accounts/acme/api-keys", &Value::Null).await;
    assert_eq!(status, 200);
}

/// Goal: the alert is set as typed, said back, shown beside the upcoming invoice, and removed.
#[tokio::test]
async fn an_alert_is_set_and_removed() {
    let cloud = company().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let alerts = "/billing/acme/alerts";
    assert!(finn.page(alerts).await.contains("No alert is set"));

    let saved = finn.submit(alerts, alerts, &[("amount", "1,250.50")]).await;
    assert_eq!(saved.location, "/billing/acme/alerts?done=alert_saved", "{}", saved.text);
    let set = get(&cloud, "/v1/accounts/acme/alert").await;
    assert_eq!(set["threshold"]["amount"], 125_050, "{set}");
    assert!(finn.page(alerts).await.contains("1,250.50 USD"));

    let wrong = finn.submit(alerts, alerts, &[("amount", "many")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("value=\"many\""), "{}", wrong.text);

    let removed = finn.submit(alerts, "/billing/acme/alerts/remove", &[]).await;
    assert_eq!(removed.location, "/billing/acme/alerts?done=alert_removed", "{}", removed.text);
    assert!(finn.page(alerts).await.contains("No alert is set"));
}
