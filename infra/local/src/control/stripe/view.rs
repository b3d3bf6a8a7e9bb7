//! What the pages about Stripe show, gathered from the simulator. Nothing is asked of its API:
//! looking leaves no trace in a seeded run.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde_json::{Value, json};
use stripe_simulator::Stripe;
use stripe_simulator::deliveries::{Delivery, Outcome, State};
use stripe_simulator::shelf::{Object, Shelf};

use super::super::faults::Asked;
use super::super::view::{self, ClockView};
use crate::cloud::Cloud;

/// Customers on the page.
const CUSTOMERS_MAX: usize = 100;
/// Deliveries on the page.
const DELIVERIES_MAX: usize = 60;
/// Requests on the page.
const REQUESTS_MAX: usize = 100;
/// Characters of a request or an answer on the page.
const BODY_CHARACTERS_MAX: usize = 20_000;

/// The page of all of it.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Time, and whether it stands.
    pub clock: ClockView,
    /// Where the simulator answers.
    pub url: String,
    /// What is looked for.
    pub query: String,
    /// Newest first.
    pub customers: Vec<CustomerRow>,
    /// How many more there are.
    pub more: usize,
    /// Newest first.
    pub sent: Vec<Sent>,
    /// Names and probabilities.
    pub faults: Vec<(&'static str, String)>,
}

/// A customer in the list.
#[derive(Debug, Clone, Default)]
pub struct CustomerRow {
    pub id: String,
    pub name: String,
    pub email: String,
    /// The card that is charged.
    pub card: String,
    /// States of its subscriptions.
    pub subscriptions: Vec<String>,
    /// What is open, by currency.
    pub open: Value,
    /// The account that it is linked to.
    pub account: Option<String>,
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub event: String,
    pub kind: String,
    /// Where to, unless it is ours.
    pub elsewhere: Option<String>,
    pub state: &'static str,
    /// Time at which it is tried next.
    pub next: Option<String>,
    /// Times and outcomes, oldest first.
    pub attempts: Vec<(String, String)>,
}

/// The page of one customer.
#[derive(Debug, Clone, Default)]
pub struct CustomerPage {
    pub clock: ClockView,
    pub row: CustomerRow,
    /// Credit is negative.
    pub balance: Value,
    pub methods: Vec<Method>,
    pub subscriptions: Vec<SubscriptionRow>,
    pub invoices: Vec<InvoiceRow>,
    /// Ids and names of prices that can be subscribed to.
    pub prices: Vec<(String, String)>,
}

/// A payment method.
#[derive(Debug, Clone, Default)]
pub struct Method {
    pub id: String,
    pub title: String,
    pub is_default: bool,
}

/// A subscription.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionRow {
    pub id: String,
    pub status: String,
    pub items: Vec<String>,
    /// RFC 3339.
    pub period_end: String,
    pub ends_then: bool,
    pub is_over: bool,
}

/// An invoice.
#[derive(Debug, Clone, Default)]
pub struct InvoiceRow {
    pub id: String,
    pub number: String,
    pub status: String,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339.
    pub due: Option<String>,
    /// Time at which it is tried again.
    pub next_try: Option<String>,
    pub total: Value,
    pub remaining: Value,
    pub hosted: Option<String>,
    pub pdf: Option<String>,
}

/// A request and its answer.
#[derive(Debug, Clone, Default)]
pub struct RequestRow {
    pub at: String,
    pub method: String,
    pub path: String,
    pub status: u16,
    /// `replayed` or `lost`; empty otherwise.
    pub note: &'static str,
    pub request: String,
    pub answer: String,
}

/// Gathers the page of all of it.
pub async fn overview(cloud: &Cloud, query: &str) -> Overview {
    let accounts = view::accounts_by_customer(cloud).await;
    let endpoint = cloud.webhook.endpoint();
    let (customers, all, sent) = cloud.stripe.with_engine(|engine| {
        let stripe = &engine.stripe;
        let found = stripe.customers.iter().rev().map(|customer| customer.json(stripe));
        let found = found.filter(|customer| fits(customer, query)).collect::<Vec<_>>();
        let shown = found.iter().take(CUSTOMERS_MAX).map(|it| row(stripe, it, &accounts));
        let deliveries = stripe.deliveries.all().rev().take(DELIVERIES_MAX);
        let sent = deliveries.map(|delivery| self::sent(stripe, delivery, &endpoint));
        (shown.collect::<Vec<_>>(), found.len(), sent.collect())
    });
    Overview {
        clock: view::clock(cloud),
        url: cloud.addresses.stripe.clone(),
        query: query.to_owned(),
        more: all.saturating_sub(customers.len()),
        customers,
        sent,
        faults: Asked::of(cloud).rows(),
    }
}

/// Gathers the page of a customer.
pub async fn customer(cloud: &Cloud, id: &str) -> CustomerPage {
    let accounts = view::accounts_by_customer(cloud).await;
    let mut page = cloud.stripe.with_engine(|engine| {
        let stripe = &engine.stripe;
        let customer = shown(stripe, &stripe.customers, id);
        let own = |object: &Value| at(object, "customer") == id;
        let default = default_method(&customer);
        CustomerPage {
            row: row(stripe, &customer, &accounts),
            balance: money(at(&customer, "balance"), at(&customer, "currency")),
            methods: all(stripe, &stripe.payment_methods)
                .filter(own)
                .map(|method| self::method(&method, &default))
                .collect(),
            subscriptions: all(stripe, &stripe.subscriptions)
                .filter(own)
                .map(|it| subscription(&it))
                .collect(),
            invoices: all(stripe, &stripe.invoices).filter(own).map(|it| invoice(&it)).collect(),
            prices: prices(stripe),
            ..CustomerPage::default()
        }
    });
    page.clock = view::clock(cloud);
    id.clone_into(&mut page.row.id);
    page
}

/// Gathers the request log, newest first.
pub fn requests(cloud: &Cloud) -> (ClockView, Vec<RequestRow>) {
    let rows = cloud.stripe.with_engine(|engine| {
        let newest = engine.log().rev().take(REQUESTS_MAX);
        let rows = newest.map(|exchange| RequestRow {
            at: exchange.at.to_string(),
            method: exchange.method.to_string(),
            path: exchange.path.clone(),
            status: exchange.answer.status,
            note: match (exchange.answer.replayed, exchange.answer.lost) {
                (_, true) => "lost",
                (true, false) => "replayed",
                (false, false) => "",
            },
            request: pretty(&Value::Object(exchange.request.clone())),
            answer: pretty(&exchange.answer.body.value()),
        });
        rows.collect()
    });
    (view::clock(cloud), rows)
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.chars().take(BODY_CHARACTERS_MAX).collect()
}

fn shown<T: Object>(stripe: &Stripe, shelf: &Shelf<T>, id: &str) -> Value {
    shelf.get(id).map_or(Value::Null, |object| object.json(stripe))
}

/// Newest first.
fn all<'a, T: Object>(
    stripe: &'a Stripe,
    shelf: &'a Shelf<T>,
) -> impl Iterator<Item = Value> + use<'a, T> {
    shelf.iter().rev().map(|object| object.json(stripe))
}

/// A field; null when it is not there.
fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<String> {
    value.as_i64().map(|at| Timestamp(at).to_string())
}

fn money(amount: &Value, currency: &Value) -> Value {
    json!({ "amount": amount, "currency": currency })
}

fn fits(customer: &Value, query: &str) -> bool {
    let query = query.to_lowercase();
    let fields = ["id", "name", "email"].map(|name| text(at(customer, name)).to_lowercase());
    at(customer, "deleted") != true && fields.iter().any(|field| field.contains(&query))
}

fn default_method(customer: &Value) -> String {
    text(at(at(customer, "invoice_settings"), "default_payment_method"))
}

fn row(stripe: &Stripe, customer: &Value, accounts: &BTreeMap<String, String>) -> CustomerRow {
    let id = text(at(customer, "id"));
    let own = |object: &Value| at(object, "customer") == id.as_str();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for invoice in all(stripe, &stripe.invoices).filter(own) {
        if at(&invoice, "status") == "open" {
            let sum = open.entry(text(at(&invoice, "currency"))).or_default();
            *sum = sum.saturating_add(at(&invoice, "amount_remaining").as_i64().unwrap_or(0));
        }
    }
    let open = open.into_iter().map(|(currency, amount)| money(&json!(amount), &json!(currency)));
    let method = shown(stripe, &stripe.payment_methods, &default_method(customer));
    let subscriptions = all(stripe, &stripe.subscriptions).filter(own);
    CustomerRow {
        name: text(at(customer, "name")),
        email: text(at(customer, "email")),
        card: if method.is_null() { String::new() } else { title(&method) },
        subscriptions: subscriptions.map(|it| text(at(&it, "status"))).collect(),
        open: Value::Array(open.collect()),
        account: accounts.get(&id).cloned(),
        id,
    }
}

/// Such as `visa 4242`.
fn title(method: &Value) -> String {
    let kind = text(at(method, "type"));
    let details = at(method, kind.as_str());
    let brand = at(details, "brand").as_str().unwrap_or(&kind).replace('_', " ");
    format!("{brand} {}", text(at(details, "last4"))).trim_end().to_owned()
}

fn method(method: &Value, default: &str) -> Method {
    let id = text(at(method, "id"));
    Method { is_default: id == default, title: title(method), id }
}

fn subscription(subscription: &Value) -> SubscriptionRow {
    let items = at(at(subscription, "items"), "data").as_array().cloned().unwrap_or_default();
    let ends = items.iter().filter_map(|item| at(item, "current_period_end").as_i64()).min();
    let status = text(at(subscription, "status"));
    SubscriptionRow {
        id: text(at(subscription, "id")),
        items: items
            .iter()
            .map(|item| format!("{} × {}", at(item, "quantity"), priced(at(item, "price"))))
            .collect(),
        period_end: ends.map(|at| Timestamp(at).to_string()).unwrap_or_default(),
        ends_then: at(subscription, "cancel_at_period_end") == true,
        is_over: ["canceled", "incomplete_expired"].contains(&status.as_str()),
        status,
    }
}

/// Such as `team, 49.00 EUR a month`.
fn priced(price: &Value) -> String {
    let names = ["nickname", "lookup_key", "id"].map(|name| text(at(price, name)));
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let amount =
        super::super::words::money(&money(at(price, "unit_amount"), at(price, "currency")));
    let every = match at(at(price, "recurring"), "interval_count").as_i64() {
        None => return format!("{name}, {amount}"),
        Some(1) => text(at(at(price, "recurring"), "interval")),
        Some(count) => format!("{count} {}s", text(at(at(price, "recurring"), "interval"))),
    };
    format!("{name}, {amount} per {every}")
}

fn prices(stripe: &Stripe) -> Vec<(String, String)> {
    let live = all(stripe, &stripe.prices)
        .filter(|price| at(price, "active") == true && at(price, "recurring").is_object());
    live.map(|price| (text(at(&price, "id")), priced(&price))).collect()
}

fn invoice(invoice: &Value) -> InvoiceRow {
    let link = |name: &str| at(invoice, name).as_str().map(str::to_owned);
    let open = at(invoice, "status") == "open";
    InvoiceRow {
        id: text(at(invoice, "id")),
        number: text(at(invoice, "number")),
        status: text(at(invoice, "status")),
        created: time(at(invoice, "created")).unwrap_or_default(),
        due: time(at(invoice, "due_date")),
        next_try: time(at(invoice, "next_payment_attempt")).filter(|_| open),
        total: money(at(invoice, "total"), at(invoice, "currency")),
        remaining: money(at(invoice, "amount_remaining"), at(invoice, "currency")),
        hosted: link("hosted_invoice_url"),
        pdf: link("invoice_pdf"),
    }
}

fn sent(stripe: &Stripe, delivery: &Delivery, ours: &str) -> Sent {
    let attempts = delivery.attempts.iter().map(|attempt| {
        let outcome = match attempt.outcome {
            Outcome::Answered(status) => status.to_string(),
            Outcome::Unreachable => "unreachable".to_owned(),
            Outcome::Dropped => "dropped by a fault".to_owned(),
        };
        (attempt.at.to_string(), outcome)
    });
    let (state, next) = match delivery.state {
        State::Waiting(at) => ("waiting", Some(at.to_string())),
        State::UnderWay => ("under_way", None),
        State::Delivered => ("delivered", None),
        State::GivenUp => ("given_up", None),
    };
    let elsewhere = stripe.endpoints.get(&delivery.endpoint).filter(|it| it.id != ours);
    Sent {
        event: delivery.event.clone(),
        kind: delivery.kind.clone().into_owned(),
        elsewhere: elsewhere.map(|endpoint| endpoint.url.clone()),
        state,
        next,
        attempts: attempts.collect(),
    }
}
