//! What follows from the state of accounts: noticed in its time, and done at Stripe (money rules 2,
//! 9 and 13).

use http::Method;
use local::Running;
use local::gate::{Fault, Faults, Mode, Probability, Script};
use serde_json::{Value, json};
use stripe_simulator::faults::Chances;

use crate::world::{cloud, get, has_fired, kinds, script, state, vendor};

/// A call of somebody at Stripe that must succeed.
fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let method = if form == "GET" { Method::GET } else { Method::POST };
    let form = if form == "GET" { "" } else { form };
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

/// An account with a customer at Stripe, and that customer's id.
async fn customer(cloud: &Running) -> String {
    let body = json!({ "id": "acme", "name": "Acme", "email": "billing@acme.example" });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account["stripe_customer_id"].as_str().expect("a customer").to_owned()
}

fn card(cloud: &Running, customer: &str, card: &str) -> String {
    let path = format!("/v1/payment_methods/{card}/attach");
    let attached = stripe(cloud, &path, &format!("customer={customer}"));
    attached["id"].as_str().expect("a payment method").to_owned()
}

fn default_card(cloud: &Running, customer: &str, card: &str) {
    let form = format!("invoice_settings[default_payment_method]={card}");
    stripe(cloud, &format!("/v1/customers/{customer}"), &form);
}

/// A monthly subscription of 49.00; its id.
fn subscribe(cloud: &Running, customer: &str, more: &str) -> String {
    let price = "currency=eur&unit_amount=4900&recurring[interval]=month&product_data[name]=Team\
                 &metadata[tollgate_plan]=team&metadata[tollgate_part]=plan";
    let price = stripe(cloud, "/v1/prices", price)["id"].as_str().expect("a price").to_owned();
    let form = format!("customer={customer}&items[0][price]={price}{more}");
    let subscription = stripe(cloud, "/v1/subscriptions", &form);
    subscription["id"].as_str().expect("a subscription").to_owned()
}

fn subscription(cloud: &Running, id: &str) -> Value {
    stripe(cloud, &format!("/v1/subscriptions/{id}"), "GET")
}

/// An invoice that is sent and due at once; its id.
fn sent_invoice(cloud: &Running, customer: &str) -> String {
    let form =
        format!("customer={customer}&collection_method=send_invoice&days_until_due=1&currency=eur");
    let invoice = stripe(cloud, "/v1/invoices", &form)["id"].as_str().unwrap().to_owned();
    let item = format!("customer={customer}&invoice={invoice}&amount=700&currency=eur");
    stripe(cloud, "/v1/invoiceitems", &item);
    stripe(cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.unwrap();
}

/// The entries of a kind: when each was true, and by what it was caused.
async fn entries(cloud: &Running, kind: &str) -> Vec<(String, String)> {
    let page = get(cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let entries = page["data"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_kind = entries.filter(|entry| entry["kind"] == kind);
    of_kind.map(|entry| (text(&entry["at"]), text(&entry["cause"]["type"]))).collect()
}

/// Goal: nobody tells us when time passes, and yet the timeline has each transition at its true
/// time.
#[tokio::test]
async fn what_time_does_is_noticed() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    sent_invoice(&cloud, &customer);
    advance(&cloud, "2d").await;
    // Due one day after 2026-11-22T09:00:00Z, and 14 days of grace.
    let schedule = "schedule".to_owned();
    let past_due = entries(&cloud, "account.past_due").await;
    assert_eq!(past_due, [("2026-11-23T09:00:00Z".to_owned(), schedule.clone())]);
    assert_eq!(entries(&cloud, "account.disabled").await, []);
    advance(&cloud, "20d").await;
    let disabled = entries(&cloud, "account.disabled").await;
    assert_eq!(disabled, [("2026-12-07T09:00:00Z".to_owned(), schedule)]);
    assert_eq!(state(&cloud, "acme").await, "disabled");
}

/// Entries of all moments of an invoice that was due on 2026-11-23 and disables after 14 days.
const MOMENTS: [(&str, &str); 4] = [
    ("account.past_due", "2026-11-23T09:00:00Z"),
    ("account.disable_scheduled", "2026-12-04T09:00:00Z"),
    ("account.disable_scheduled", "2026-12-06T09:00:00Z"),
    ("account.disabled", "2026-12-07T09:00:00Z"),
];

/// The entries about the state of an account: kind and time, in the order of the journal.
async fn moments(cloud: &Running, account: &str) -> Vec<(String, String)> {
    let page = get(cloud, &format!("/v1/accounts/{account}/timeline?limit=100")).await;
    let entries = page["data"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = entries.map(|entry| (text(&entry["kind"]), text(&entry["at"])));
    all.filter(|(kind, _)| MOMENTS.iter().any(|(moment, _)| kind == moment)).collect()
}

fn expected_moments() -> Vec<(String, String)> {
    MOMENTS.map(|(kind, at)| (kind.to_owned(), at.to_owned())).to_vec()
}

/// Goal: whatever was away when a moment came, and for however long, the journal has each moment
/// once, in order and at its own time afterwards, and Stripe follows (XD1).
#[tokio::test]
async fn what_was_missed_for_days_is_noticed_afterwards() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    default_card(&cloud, &customer, &card(&cloud, &customer, "pm_card_visa"));
    let id = subscribe(&cloud, &customer, "");
    sent_invoice(&cloud, &customer);
    cloud.clock().run_due().await;
    let away = Faults { throttle: Probability::ALWAYS, ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(away), 1);
    advance(&cloud, "20d").await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), 1);
    assert_eq!(moments(&cloud, "acme").await, [], "the table was away");

    advance(&cloud, "2d").await;

    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(moments(&cloud, "acme").await, expected_moments());
    assert_eq!(subscription(&cloud, &id)["pause_collection"]["behavior"], "void");
    advance(&cloud, "5d").await;
    assert_eq!(moments(&cloud, "acme").await, expected_moments(), "nothing is said twice");
}

/// Goal: of many accounts whose invoices fall due at once, none is missed under a table that
/// throttles (XD1).
#[tokio::test]
async fn no_account_of_many_is_missed() {
    let cloud = cloud().await;
    let accounts: Vec<String> = (0..12).map(|index| format!("acme-{index}")).collect();
    for account in &accounts {
        let body = json!({ "id": account, "name": "Acme", "email": "billing@acme.example" });
        let (status, answer) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
        assert_eq!(status, 201, "{answer}");
        sent_invoice(&cloud, answer["stripe_customer_id"].as_str().unwrap());
    }
    cloud.clock().run_due().await;

    let throttled = Faults { throttle: Probability::percent(12), ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(throttled), 1);
    advance(&cloud, "30d").await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), 1);
    advance(&cloud, "2d").await;

    for account in &accounts {
        assert_eq!(moments(&cloud, account).await, expected_moments(), "{account}");
    }
}

/// Goal: while Stripe is away nobody is called disabled, and afterwards each moment stands in the
/// journal once and in order (money rule 2, XD1).
#[tokio::test]
async fn nobody_is_called_disabled_while_stripe_is_away() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    sent_invoice(&cloud, &customer);
    cloud.clock().run_due().await;
    advance(&cloud, "23h").await;
    let away = Chances { api_timeout: Probability::ALWAYS, ..Chances::default() };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(away));
    advance(&cloud, "15d").await;
    assert_eq!(moments(&cloud, "acme").await, [], "Stripe could not be asked");
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(Chances::default()));

    advance(&cloud, "2d").await;

    assert_eq!(moments(&cloud, "acme").await, expected_moments());
}

/// Goal: an event that never came cuts nobody off in the journal: Stripe is asked first (money rule
/// 2).
#[tokio::test]
async fn who_paid_is_not_called_disabled_because_an_event_was_lost() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    let invoice = sent_invoice(&cloud, &customer);
    cloud.clock().run_due().await;
    // From here on Stripe tells us nothing.
    let endpoint = format!("/v1/webhook_endpoints/{}", cloud.webhook_endpoint());
    stripe(&cloud, &endpoint, "disabled=true");
    stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
    advance(&cloud, "30d").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(entries(&cloud, "account.disabled").await, []);
    let kinds = kinds(&cloud, "acme").await;
    assert!(kinds.contains(&"invoice.paid".to_owned()), "{kinds:?}");
}

/// Goal: the same for more invoices than a standing lists: one that takes the place of a paid one
/// is read as well before anything is said because of it (XD6).
#[tokio::test]
async fn invoices_that_were_only_counted_are_asked_for_too() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    let invoices: Vec<String> = (0..18).map(|_| sent_invoice(&cloud, &customer)).collect();
    cloud.clock().run_due().await;
    let endpoint = format!("/v1/webhook_endpoints/{}", cloud.webhook_endpoint());
    stripe(&cloud, &endpoint, "disabled=true");
    for invoice in &invoices {
        stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
    }

    advance(&cloud, "30d").await;

    assert_eq!(state(&cloud, "acme").await, "active");
    for kind in ["account.disable_scheduled", "account.disabled"] {
        assert_eq!(entries(&cloud, kind).await, [], "{kind}");
    }
}

/// Goal: while an account is disabled the debt does not grow, and paying what is owed brings back
/// both access and renewals (requirements, "Suspended"; money rule 13).
#[tokio::test]
async fn renewals_pause_while_disabled() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    default_card(&cloud, &customer, &card(&cloud, &customer, "pm_card_visa"));
    let id = subscribe(&cloud, &customer, "");
    default_card(&cloud, &customer, &card(&cloud, &customer, "pm_card_chargeCustomerFail"));
    // The first renewal fails; two weeks later the account is disabled, and its renewals pause.
    advance(&cloud, "1mo").await;
    advance(&cloud, "16d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(subscription(&cloud, &id)["pause_collection"]["behavior"], "void");
    advance(&cloud, "2mo").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(
        account["outstanding"],
        json!({ "amount": 4_900, "currency": "eur" }),
        "one renewal"
    );

    let open = stripe(&cloud, &format!("/v1/invoices?customer={customer}&status=open"), "GET");
    let owed = open["data"][0]["id"].as_str().unwrap();
    let good = card(&cloud, &customer, "pm_card_visa");
    default_card(&cloud, &customer, &good);
    stripe(&cloud, &format!("/v1/invoices/{owed}/pay"), &format!("payment_method={good}"));
    cloud.clock().run_due().await;
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(subscription(&cloud, &id)["pause_collection"], Value::Null);
    advance(&cloud, "1mo").await;
    let paid = stripe(&cloud, &format!("/v1/invoices?customer={customer}&status=paid"), "GET");
    assert_eq!(
        paid["data"].as_array().unwrap().len(),
        4,
        "the first, the late one, the rest of the period, and a renewal"
    );
}

/// Gives a subscription a card of its own, with a fault on the way or none; an hour later the card
/// is the customer's, and the journal says so once. Returns the number of calls of the function's
/// longest invocation.
async fn card_of_a_subscription(scripted: Option<&Script>) -> u32 {
    let at = format!("{scripted:?}");
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    let card = card(&cloud, &customer, "pm_card_visa");
    if let Some(scripted) = scripted {
        script(&cloud, scripted);
    }
    // Marks as our Checkout leaves them.
    let bought = format!(
        "&default_payment_method={card}&metadata[tollgate_account]=acme\
         &metadata[tollgate_intent]=i&metadata[tollgate_card_before]=none"
    );
    let id = subscribe(&cloud, &customer, &bought);

    advance(&cloud, "1h").await;

    let has_fired = scripted.is_none_or(|scripted| has_fired(&cloud, scripted));
    assert!(has_fired, "{at} did not happen");
    let default = stripe(&cloud, &format!("/v1/customers/{customer}"), "GET");
    assert_eq!(default["invoice_settings"]["default_payment_method"], json!(card), "{at}");
    assert_eq!(subscription(&cloud, &id)["default_payment_method"], Value::Null, "{at}");
    assert_eq!(entries(&cloud, "payment_method.set").await.len(), 1, "{at}");
    let calls = cloud.gate().calls().into_iter().filter(|call| call.function == "Collections");
    calls.map(|call| call.nth).max().unwrap_or_default()
}

/// Goal: the card that a subscription was given becomes the customer's at whichever call the
/// function is killed, and the journal says so once.
#[tokio::test]
async fn a_subscriptions_card_becomes_the_customers() {
    let calls = card_of_a_subscription(None).await;
    assert!(calls >= 10, "only {calls} calls: reads, Stripe, the journal");

    for call in 1..=calls {
        card_of_a_subscription(Some(&Script::at("Collections", call, Fault::KillAfter))).await;
    }
}

/// Goal: of several changes within one second the last stands, though the events cannot say which
/// that is.
#[tokio::test]
async fn of_one_seconds_changes_the_last_stands() {
    let cloud = cloud().await;
    let customer = customer(&cloud).await;
    default_card(&cloud, &customer, &card(&cloud, &customer, "pm_card_visa"));
    let id = subscribe(&cloud, &customer, "");
    let item = subscription(&cloud, &id)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    for seats in [9, 2, 4, 3] {
        let form =
            format!("items[0][id]={item}&items[0][quantity]={seats}&proration_behavior=none");
        stripe(&cloud, &format!("/v1/subscriptions/{id}"), &form);
    }
    cloud.clock().run_due().await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["seats"], 3);
    // The reading of missed events finds these once more: within one second nothing tells their
    // order.
    advance(&cloud, "2d").await;
    let before = kinds(&cloud, "acme").await.len();

    advance(&cloud, "2d").await;

    assert_eq!(kinds(&cloud, "acme").await.len(), before, "nothing is read for ever");
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["seats"], 3);
}
