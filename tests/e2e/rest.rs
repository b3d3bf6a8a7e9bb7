//! The rest of a period whose renewal was voided while the account was disabled (XD7).

use http::Method;
use local::Running;
use local::gate::{Fault, Probability, Script};
use serde_json::{Value, json};
use stripe_simulator::faults::Chances;

use crate::world::{cloud, get, has_fired, kinds, script, state, vendor};

/// A call of a person at Stripe that must succeed.
fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn at_stripe(cloud: &Running, path: &str) -> Value {
    stripe(cloud, Method::GET, path, "")
}

fn post(cloud: &Running, path: &str, form: &str) -> Value {
    stripe(cloud, Method::POST, path, form)
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.unwrap();
}

/// An account with a good card and a monthly plan of 49.00, disabled for a debt of 7.00 on
/// 2026-12-07, whose renewal of 2026-12-22 was voided.
struct Disabled {
    cloud: Running,
    customer: String,
    debt: String,
}

impl Disabled {
    async fn begin() -> Self {
        Self::begin_priced("unit_amount=4900").await
    }

    /// The same with a plan of another price.
    async fn begin_priced(price: &str) -> Self {
        let cloud = cloud().await;
        let body = json!({ "id": "acme", "name": "Acme", "email": "billing@acme.example" });
        let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
        assert_eq!(status, 201, "{account}");
        let customer = account["stripe_customer_id"].as_str().unwrap().to_owned();

        let attach = format!("customer={customer}");
        let card = id(&post(&cloud, "/v1/payment_methods/pm_card_visa/attach", &attach));
        let default = format!("invoice_settings[default_payment_method]={card}");
        post(&cloud, &format!("/v1/customers/{customer}"), &default);
        let price = format!(
            "currency=eur&{price}&recurring[interval]=month&product_data[name]=Team\
             &metadata[tollgate_plan]=team&metadata[tollgate_part]=plan"
        );
        let price = id(&post(&cloud, "/v1/prices", &price));
        let bought = format!("customer={customer}&items[0][price]={price}");
        post(&cloud, "/v1/subscriptions", &bought);

        let terms = "collection_method=send_invoice&days_until_due=1&currency=eur";
        let debt = id(&post(&cloud, "/v1/invoices", &format!("customer={customer}&{terms}")));
        let item = format!("customer={customer}&invoice={debt}&amount=700&currency=eur");
        post(&cloud, "/v1/invoiceitems", &item);
        post(&cloud, &format!("/v1/invoices/{debt}/finalize"), "");

        advance(&cloud, "1mo").await;
        advance(&cloud, "1d").await;
        let disabled = Self { cloud, customer, debt };
        assert_eq!(state(&disabled.cloud, "acme").await, "disabled");
        assert_eq!(disabled.invoices("void").len(), 1, "the renewal");
        disabled
    }

    fn pay(&self) {
        let path = format!("/v1/invoices/{}/pay", self.debt);
        post(&self.cloud, &path, "paid_out_of_band=true");
    }

    fn invoices(&self, status: &str) -> Vec<Value> {
        let path = format!("/v1/invoices?customer={}&status={status}&limit=100", self.customer);
        at_stripe(&self.cloud, &path)["data"].as_array().unwrap().clone()
    }

    /// Invoices for the rest of a period, in any status.
    fn rests(&self) -> Vec<Value> {
        let path = format!("/v1/invoices?customer={}&limit=100", self.customer);
        let all = at_stripe(&self.cloud, &path)["data"].as_array().unwrap().clone();
        let is_rest = |invoice: &Value| invoice["metadata"]["tollgate_rest"].is_string();
        all.into_iter().filter(is_rest).collect()
    }

    /// Asserts that the rest was invoiced once, for the seconds from a day behind the renewal on.
    fn assert_invoiced_once(&self, at: &str) {
        let rests = self.rests();
        assert_eq!(rests.len(), 1, "{at}: {rests:?}");
        let rest = &rests[0];
        let line = &rest["lines"]["data"][0];
        let (start, end) = (&line["period"]["start"], &line["period"]["end"]);
        let (start, end) = (start.as_i64().unwrap(), end.as_i64().unwrap() + 1);
        let exact = 4_900 * i128::from(end - start) * 2 / (31 * 86_400);
        assert_eq!(rest["total"], json!(i64::try_from((exact + 1) / 2).unwrap()), "{at}");
        assert_eq!(rest["status"], "paid", "{at}: {rest}");
        assert!((29 * 86_400..=30 * 86_400).contains(&(end - start)), "{at}: {line}");
    }
}

/// Goal: who pays a debt a day behind the voided renewal is told what coming back costs, is back at
/// once, and pays the rest of the period: once, whatever is sent again (XD7).
#[tokio::test]
async fn who_comes_back_inside_a_voided_period_pays_its_rest() {
    let it = Disabled::begin().await;
    let cloud = &it.cloud;
    let account = get(cloud, "/v1/accounts/acme").await;
    assert_eq!(account["charged_on_return"]["until"], "2027-01-22T09:00:00Z");
    let named = account["charged_on_return"]["total"]["amount"].as_i64().unwrap();
    assert!((4_740..=4_744).contains(&named), "30 of 31 days: {named}");

    it.pay();
    cloud.clock().run_due().await;

    assert_eq!(state(cloud, "acme").await, "active");
    it.assert_invoiced_once("at once");
    assert_eq!(it.rests()[0]["total"], json!(named), "what was named");
    let account = get(cloud, "/v1/accounts/acme").await;
    assert_eq!(account["charged_on_return"], Value::Null);
    assert_eq!(account["outstanding"]["amount"], 0);
    let billed = kinds(cloud, "acme").await;
    let billed = billed.iter().filter(|kind| *kind == "subscription.rest_billed");
    assert_eq!(billed.count(), 1);

    let events = at_stripe(cloud, "/v1/events?limit=100");
    for event in events["data"].as_array().unwrap() {
        let path = format!("/_local/deliveries/{}/resend", id(event));
        vendor(cloud, Method::POST, &path, &json!({})).await;
    }
    advance(cloud, "1mo").await;
    it.assert_invoiced_once("a month later");
    assert_eq!(it.invoices("paid").len(), 4, "first period, debt, rest, renewal");
}

/// Goal: an account that stays disabled until the period is over pays nothing for it.
#[tokio::test]
async fn time_without_service_is_not_billed() {
    let it = Disabled::begin().await;
    advance(&it.cloud, "1mo").await;
    advance(&it.cloud, "1d").await;

    it.pay();
    it.cloud.clock().run_due().await;

    let rests = it.rests();
    assert_eq!(rests.len(), 1, "of the second voided period alone");
    assert_eq!(it.invoices("void").len(), 2);
    let start = rests[0]["lines"]["data"][0]["period"]["start"].as_i64().unwrap();
    assert!(start > it.invoices("void")[0]["created"].as_i64().unwrap());
}

/// Goal: the rest of a plan whose price we cannot multiply is not given away in silence: the
/// journal says so once, and an operator is alarmed.
#[tokio::test]
async fn a_rest_without_a_price_is_journaled() {
    let it = Disabled::begin_priced("unit_amount_decimal=4900.5").await;
    let cloud = &it.cloud;

    it.pay();
    cloud.clock().run_due().await;
    advance(cloud, "1d").await;

    assert_eq!(state(cloud, "acme").await, "active");
    assert_eq!(it.rests(), Vec::<Value>::new());
    let kinds = kinds(cloud, "acme").await;
    let said = kinds.iter().filter(|kind| *kind == "subscription.rest_not_invoiced");
    assert_eq!(said.count(), 1, "{kinds:?}");
}

/// Pays while one call of the function meets a fault; the number of its calls in that time.
async fn return_with(scripted: Option<&Script>) -> u32 {
    let at = format!("{scripted:?}");
    let it = Disabled::begin().await;
    match scripted {
        Some(scripted) => script(&it.cloud, scripted),
        None => it.cloud.gate().forget_calls(),
    }

    it.pay();
    it.cloud.clock().run_due().await;
    let calls = it.cloud.gate().calls().into_iter();
    let calls = calls.filter(|call| call.function == "Collections").map(|call| call.nth);
    let calls = calls.max().unwrap_or_default();
    let has_fired = scripted.is_none_or(|scripted| has_fired(&it.cloud, scripted));
    assert!(has_fired, "{at} did not happen");

    advance(&it.cloud, "1d").await;
    it.assert_invoiced_once(&at);
    assert_eq!(state(&it.cloud, "acme").await, "active", "{at}");
    calls
}

/// Goal: whatever call of the function is the last before it is killed, there is one invoice for
/// the rest.
#[tokio::test]
async fn the_rest_is_invoiced_once_whatever_breaks() {
    let calls = return_with(None).await;
    assert!(calls >= 12, "only {calls} calls: reads, three at Stripe, commits");

    for call in 1..=calls {
        return_with(Some(&Script::at("Collections", call, Fault::KillAfter))).await;
    }
}

/// Goal: while Stripe is away access comes back with the payment alone, and the rest is invoiced
/// once Stripe is back, from the moment of the return.
#[tokio::test]
async fn an_outage_of_stripe_delays_the_invoice_and_changes_nothing_of_it() {
    let it = Disabled::begin().await;
    it.pay();
    let away = Chances { api_timeout: Probability::ALWAYS, ..Chances::default() };
    it.cloud.stripe().with_engine(|engine| engine.stripe.faults.set(away));
    advance(&it.cloud, "6h").await;
    assert_eq!(state(&it.cloud, "acme").await, "active");
    it.cloud.stripe().with_engine(|engine| engine.stripe.faults.set(Chances::default()));

    advance(&it.cloud, "1d").await;

    it.assert_invoiced_once("after the outage");
    let from = it.rests()[0]["lines"]["data"][0]["period"]["start"].as_i64().unwrap();
    let paid_at = at_stripe(&it.cloud, &format!("/v1/invoices/{}", it.debt));
    let paid_at = paid_at["status_transitions"]["paid_at"].as_i64().unwrap();
    assert!(from - paid_at < 60, "the seconds between payment and event: {}", from - paid_at);
}
