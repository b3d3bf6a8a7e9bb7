//! The staff desk in a browser: people with a role, search, acts with a reason and a second page,
//! and two people at one task.

mod corrections;
mod letters;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use local::Running;
use local::bootstrap;
use serde_json::{Value, json};

use super::{Browser, Shown, company, filled, later, on_team, path};
use crate::world::{TABLE, dynamodb, get, open_account, vendor};

const LINKS: &str = "/v1/staff/dashboard-sessions";

/// The address of a link to the desk, for the person of a key.
async fn link(cloud: &Running, key: &str, body: &Value) -> String {
    let (status, answer) = Box::pin(cloud.call(key, Method::POST, LINKS, body)).await;
    assert_eq!(status, 201, "{answer}");
    answer["url"].as_str().unwrap().to_owned()
}

/// A browser in which the person of a key is signed in.
async fn desk<'a>(cloud: &'a Running, key: &str) -> Browser<'a> {
    let mut browser = Browser::new(cloud);
    let url = link(cloud, key, &json!({})).await;
    let entered = browser.post(&path(&url), "").await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/staff"), "{}", entered.text);
    browser
}

/// The key of another person, as a deployment puts it into the table.
async fn person(cloud: &Running, (name, role): (&str, &str)) -> String {
    let (key, item) = bootstrap::key("staff", Some(name), None, Some(role)).unwrap();
    let mut put = dynamodb(cloud).put_item().table_name(TABLE);
    for (name, value) in item.as_object().unwrap() {
        let value = match (value["S"].as_str(), value["N"].as_str()) {
            (Some(text), _) => AttributeValue::S(text.to_owned()),
            (None, number) => AttributeValue::N(number.unwrap().to_owned()),
        };
        put = put.item(name, value);
    }
    put.send().await.unwrap();
    key
}

/// Fills in the form of an act, confirms it on the second page, and answers where that leads.
async fn act(browser: &mut Browser<'_>, account: &str, of: (&str, &[(&str, &str)])) -> Shown {
    let (act, typed) = of;
    let address = format!("/staff/accounts/{account}/do/{act}");
    let check = format!("{address}/check");
    let page = browser.page(&address).await;
    let asked = browser.post(&check, &filled(&page, &check, typed)).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert!(asked.text.contains("Please confirm"), "{}", asked.text);
    browser.post(&address, &filled(&asked.text, &address, &[])).await
}

/// Goal: a staff key makes a link that opens one session of its person, by the button only; the
/// session ends by sign-out, after twelve hours, and opens neither a customer's page nor the API.
#[tokio::test]
async fn a_person_signs_in_once() {
    let cloud = company().await;
    let (status, _) = vendor(&cloud, Method::POST, LINKS, &json!({})).await;
    assert_eq!(status, 403, "the vendor's backend is no person");

    let mut browser = Browser::new(&cloud);
    let url = link(&cloud, cloud.support_key(), &json!({ "path": "transfers" })).await;
    assert!(browser.page(&path(&url)).await.contains("Continue to the staff desk"));
    let entered = browser.post(&path(&url), "").await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/staff/transfers"));
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    for flag in ["__Host-staff-desk=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    let home = browser.page("/staff").await;
    assert!(home.contains("Local support, support"), "{home}");
    let again = Browser::new(&cloud).post(&path(&url), "").await;
    assert_eq!(again.status, 410);
    assert_eq!(browser.get("/billing/acme").await.status, 401, "no customer's page");
    assert_eq!(browser.get("/v1/staff/search?q=acme").await.status, 401, "no API");

    let out = browser.submit("/staff", "/staff/sign-out", &[]).await;
    assert_eq!(out.status, 200, "{}", out.text);
    let gone = browser.get("/staff/accounts/acme").await;
    assert_eq!(gone.status, 401);
    assert!(gone.text.contains("/_local/staff?next=accounts%2Facme"), "{}", gone.text);

    let mut late = desk(&cloud, cloud.staff_key()).await;
    later(&cloud, 12 * 3_600).await;
    assert_eq!(late.get("/staff").await.status, 401);
}

/// Goal: a key that is taken out of service ends its person's session with the next page.
#[tokio::test]
async fn a_session_ends_with_its_key() {
    let cloud = company().await;
    let key = person(&cloud, ("Grace Hopper", "billing")).await;
    let mut grace = desk(&cloud, &key).await;
    assert!(grace.page("/staff").await.contains("Grace Hopper, billing"));

    let hash = runtime::key::KeyHash::of(&key);
    let gone = dynamodb(&cloud).delete_item().table_name(TABLE);
    let gone = gone.key("pk", AttributeValue::S(format!("KEY#{}", hash.as_str())));
    gone.key("sk", AttributeValue::S("KEY".to_owned())).send().await.unwrap();

    assert_eq!(grace.get("/staff").await.status, 401);
}

/// Goal: an account is found by its id, its mail addresses, the number and the id of an invoice,
/// its customer, and the beginning of its name; after a change by the new value and not by the old
/// one.
#[tokio::test]
async fn an_account_is_found_by_what_a_person_has() {
    let cloud = on_team().await;
    open_account(&cloud, "other").await;
    let invoices = get(&cloud, "/v1/accounts/acme/invoices").await;
    let invoice = &invoices["data"][0];
    let (id, number) = (invoice["id"].as_str().unwrap(), invoice["number"].as_str().unwrap());
    let mut browser = desk(&cloud, cloud.support_key()).await;
    cloud.clock().run_due().await;

    let lower = number.to_lowercase();
    for query in ["acme", "ADA@acme.example", number, &lower, id, "cus_acme", "  acm"] {
        let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let page = browser.page(&format!("/staff/search?q={encoded}")).await;
        assert!(page.contains("href=\"/staff/accounts/acme\""), "{query}: {page}");
    }
    for query in ["ada", "ada@acme", "nobody", "in_nothing", "cus_nobody", "%25"] {
        let page = browser.page(&format!("/staff/search?q={query}")).await;
        assert!(page.contains("No account."), "{query}: {page}");
    }

    let (status, answer) =
        vendor(&cloud, Method::PATCH, "/v1/accounts/acme", &json!({ "name": "Zenith" })).await;
    assert_eq!(status, 200, "{answer}");
    let found = async |query: &str| {
        let path = format!("/v1/staff/search?q={query}");
        let (status, found) =
            Box::pin(cloud.call(cloud.support_key(), Method::GET, &path, &Value::Null)).await;
        assert_eq!(status, 200, "{found}");
        let ids = found["data"].as_array().unwrap().iter();
        ids.map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("zen").await, ["acme"]);
    assert_eq!(found("acm").await, ["other"], "by the name that it had");
}

/// Goal: support reads an account, and is told why it may not move money; what it sends all the
/// same changes nothing.
#[tokio::test]
async fn support_reads_and_moves_no_money() {
    let cloud = on_team().await;
    let mut browser = desk(&cloud, cloud.support_key()).await;
    let page = browser.page("/staff/accounts/acme").await;
    for fact in ["Seen by staff", "Team", "dashboard.stripe.com/test/customers/cus_acme"] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    assert!(browser.page("/staff/accounts/acme/timeline").await.contains("By Stripe."));

    let before = get(&cloud, "/v1/accounts/acme/credits").await;
    let refused = browser.get("/staff/accounts/acme/do/credits").await;
    assert_eq!(refused.status, 403);
    for reason in ["Grant or remove credits", "role billing", "Local support, support"] {
        assert!(refused.text.contains(reason), "{reason}: {}", refused.text);
    }
    // A form key of this session, taken from another page.
    let body = filled(&page, "/staff/sign-out", &[("tokens", "5"), ("reason", "kind")]);
    for address in ["/staff/accounts/acme/do/credits", "/staff/accounts/acme/do/credits/check"] {
        assert_eq!(browser.post(address, &body).await.status, 403, "{address}");
    }
    assert_eq!(get(&cloud, "/v1/accounts/acme/credits").await, before);
    let (status, _) = Box::pin(cloud.call(
        cloud.support_key(),
        Method::POST,
        "/v1/staff/accounts/acme/terminate",
        &json!({ "reason": "no" }),
    ))
    .await;
    assert_eq!(status, 403, "nor by the API");
}

/// Goal: billing grants credits after a second page that names the amount; the reason and the
/// person are in the timeline; the same form again does nothing twice.
#[tokio::test]
async fn billing_grants_credits_with_a_reason() {
    let cloud = company().await;
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let address = "/staff/accounts/acme/do/credits";
    let check = format!("{address}/check");

    let page = browser.page(address).await;
    let wrong = browser.post(&check, &filled(&page, &check, &[("tokens", "0")])).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("id=\"field-reason-wrong\""), "{}", wrong.text);

    let typed = [("tokens", "1,500"), ("reason", "outage in November")];
    let asked = browser.post(&check, &filled(&page, &check, &typed)).await;
    assert!(asked.text.contains("Grant 1,500 tokens"), "{}", asked.text);
    assert_eq!(get(&cloud, "/v1/accounts/acme/credits").await["balance"], 0, "only asked");
    let body = filled(&asked.text, address, &[]);
    for _ in 0..2 {
        let done = browser.post(address, &body).await;
        assert_eq!(
            (done.status, done.location.as_str()),
            (303, "/staff/accounts/acme?done=credits")
        );
    }
    assert_eq!(get(&cloud, "/v1/accounts/acme/credits").await["balance"], 1_500);
    let home = browser.page("/staff/accounts/acme?done=credits").await;
    assert!(home.contains("Credits were adjusted."), "{home}");
    assert!(home.contains("By Local staff."), "{home}");
    assert!(home.contains("Reason: outage in November"), "{home}");
}

/// Goal: a form of another site, or of another session, does nothing.
#[tokio::test]
async fn a_form_belongs_to_its_session() {
    let cloud = company().await;
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let mut other = desk(&cloud, cloud.staff_key()).await;
    let address = "/staff/accounts/acme/do/sub-account-limit";
    let page = other.page("/staff/accounts/acme/do/collection").await;
    let foreign = filled(&page, "/staff/accounts/acme/do/collection", &[("accounts", "5")]);
    for body in ["accounts=5&reason=x", &foreign] {
        let refused = browser.post(address, body).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(refused.text.contains("This page was open for too long"), "{}", refused.text);
    }
    for unknown in
        ["/staff/accounts/nobody", "/staff/accounts/acme/do/nothing", "/staff/accounts/%20"]
    {
        assert_eq!(browser.get(unknown).await.status, 404, "{unknown}");
    }
}

/// Goal: terms, a negotiated plan, a hold and the end of an account are set on the desk as by the
/// API.
#[tokio::test]
async fn billing_sets_what_the_api_sets() {
    let cloud = on_team().await;
    let mut browser = desk(&cloud, cloud.staff_key()).await;
    let address = "/staff/accounts/acme/do/collection";
    let typed = [("collection", "manual"), ("net_days", "30"), ("reason", "contract 7")];
    let refused = browser.submit(address, address, &typed).await;
    assert_eq!(refused.status, 409, "a rule of the command: {}", refused.text);
    let typed: Vec<_> = typed.into_iter().chain([("upfront", "on")]).collect();
    let set = browser.submit(address, address, &typed).await;
    assert_eq!(set.status, 303, "{}", set.text);
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["collection"], &account["net_days"]), (&json!("manual"), &json!(30)));

    let typed: [(&str, &str); 6] = [
        ("plan", "enterprise"),
        ("interval", "month"),
        ("seats", "12"),
        ("prices.amount", "1,000.00"),
        ("prices.seat_amount", "10"),
        ("reason", "negotiated"),
    ];
    let set = act(&mut browser, "acme", ("plan", &typed)).await;
    assert_eq!(set.status, 303, "{}", set.text);
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["seats"]), (&json!("enterprise"), &json!(12)));

    let address = "/staff/accounts/acme/do/hold";
    let past = [("hold_until", "2020-01-01"), ("reason", "promise")];
    let refused = browser.submit(address, address, &past).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("value=\"2020-01-01\""), "what was typed stays");

    let closed = act(&mut browser, "acme", ("terminate", &[("reason", "fraud")])).await;
    assert_eq!(closed.status, 303, "{}", closed.text);
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "terminated");
}

/// Goal: a customer's transfer is approved on the desk, with the rest as a prepayment, and rejected
/// with a reason that the customer reads; the second of two people is told who was faster.
#[tokio::test]
async fn a_transfer_is_decided_once() {
    let cloud = on_team().await;
    let terms = json!({ "collection": "manual", "net_days": 30 });
    let path = "/v1/staff/accounts/acme/collection";
    Box::pin(cloud.call(cloud.staff_key(), Method::PUT, path, &terms)).await;
    let invoice = sent(&cloud, 20_000);
    Box::pin(cloud.clock().run_due()).await;
    let body = json!({
        "invoices": [invoice], "reference": "RF-77", "paid_on": "2026-11-20",
        "amount": { "amount": 20_000, "currency": "usd" },
    });
    let advice = "/v1/accounts/acme/payment-advice";
    let (status, told) = vendor(&cloud, Method::POST, advice, &body).await;
    assert_eq!(status, 201, "{told}");
    cloud.clock().run_due().await;
    later(&cloud, 25 * 3_600).await;

    let key = person(&cloud, ("Grace Hopper", "billing")).await;
    let mut grace = desk(&cloud, &key).await;
    let mut other = desk(&cloud, cloud.staff_key()).await;
    let queue = grace.page("/staff/transfers").await;
    assert!(queue.contains("RF-77") && queue.contains("over 24 hours"), "{queue}");
    let id = told["id"].as_str().unwrap();
    let (approve, reject) = ("/staff/accounts/acme/do/approve", "/staff/accounts/acme/do/reject");
    let seen = other.page(&format!("{reject}?advice={id}")).await;

    let form = grace.page(&format!("{approve}?advice={id}")).await;
    let check = format!("{approve}/check");
    let typed =
        [("received", "205.00"), ("received_on", "2026-11-22"), ("reason", "on statement 9")];
    let asked = grace.post(&check, &filled(&form, &check, &typed)).await;
    assert!(asked.text.contains("Approve 205.00 USD"), "{}", asked.text);
    let done = grace.post(approve, &filled(&asked.text, approve, &[])).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/staff/transfers?done=approve"));

    let late = other.post(reject, &filled(&seen, reject, &[("reason", "no such money")])).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Done meanwhile by Grace Hopper"), "{}", late.text);
    let read = get(&cloud, &format!("/v1/accounts/acme/invoices/{invoice}")).await;
    assert_eq!(read["status"], "paid", "{read}");
    let receipts = get(&cloud, "/v1/accounts/acme/prepayments").await;
    assert_eq!(receipts["data"].as_array().map(Vec::len), Some(1), "the rest: {receipts}");
}

/// An invoice of the account that is sent, in US dollars; its id.
fn sent(cloud: &Running, amount: i64) -> String {
    let call = |path: &str, form: &str| {
        let (status, answer) = cloud.stripe().call(Method::POST, path, form);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let form = "customer=cus_acme&collection_method=send_invoice&days_until_due=30&currency=usd";
    let invoice = call("/v1/invoices", form)["id"].as_str().unwrap().to_owned();
    let item = format!("customer=cus_acme&invoice={invoice}&amount={amount}&currency=usd");
    call("/v1/invoiceitems", &item);
    call(&format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

/// Goal: support sends a mail again from the account's list of mails.
#[tokio::test]
async fn support_sends_a_mail_again() {
    let cloud = on_team().await;
    sent(&cloud, 20_000);
    later(&cloud, 31 * 24 * 3_600).await;
    cloud.clock().run_due().await;
    let mails = "/staff/accounts/acme/mails";
    let mut browser = desk(&cloud, cloud.support_key()).await;
    let page = browser.page(mails).await;
    assert!(page.contains("Send again"), "{page}");
    let again = browser.submit(mails, "/staff/accounts/acme/do/resend", &[]).await;
    assert_eq!(again.status, 303, "{}", again.text);
    later(&cloud, 600).await;
    let log = get(&cloud, "/v1/accounts/acme/mails?limit=100").await;
    let twice = |mail: &&Value| mail["sendings"] == 2 && mail["status"] == "sent";
    assert_eq!(log["data"].as_array().unwrap().iter().filter(twice).count(), 1, "{log}");
}
