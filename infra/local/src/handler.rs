//! The functions: built as in a cold start, called with the text of a Lambda event.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::SqsEvent;
use catalog::Catalog;
use futures_util::future::BoxFuture;
use runtime::{EnvironmentError, Host, Request, Response, edge};
use serde::Serialize;

/// A function cannot be built or called.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// template.yaml names a binary that local mode does not link.
    #[error("local mode has no function `{0}`: add it to infra/local/src/handler.rs")]
    Unknown(String),
    /// Its configuration is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The invocation failed as a whole.
    #[error("{0}")]
    Failed(String),
    /// The event is not what it takes, or its answer cannot be written.
    #[error("the event or the answer is not what Lambda's types allow: {0}")]
    Shape(#[from] serde_json::Error),
}

/// One warm instance of a function.
#[derive(Debug)]
pub enum Handler {
    /// `POST /webhooks/stripe`.
    StripeWebhook(stripe_webhook::StripeWebhook),
    /// The retry queue.
    RetryWorker(retry_worker::RetryWorker),
    /// `/v1/accounts`.
    Accounts(Box<accounts::Accounts>),
    /// `/v1/accounts/{id}/access`.
    Access(access::Access),
    /// `/v1/usage`.
    Usage(usage::Usage),
    /// What follows from the state of accounts.
    Collections(Box<collections::Collections>),
    /// `/v1/accounts/{id}/subscription`.
    Subscription(Box<subscription::Subscriptions>),
    /// `/v1/accounts/{id}/invoices`.
    Invoices(Box<invoices::Invoices>),
    /// The month-end run.
    InvoiceRun(Box<invoice_run::InvoiceRun>),
    /// `/v1/accounts/{id}/portal-sessions`.
    BillingPortal(Box<billing_portal::BillingPortal>),
    /// `/billing`, and `/v1/accounts/{id}/dashboard-sessions`.
    Dashboard(Box<dashboard::Dashboard>),
    /// `/v1/staff`.
    Staff(Box<staff::Staff>),
    /// Payment advice, and the desk of staff.
    Transfers(Box<transfers::Transfers>),
    /// `/v1/accounts/{id}/credits`.
    Credits(Box<credits::Credits>),
    /// The charges of auto-recharge.
    AutoRecharge(Box<auto_recharge::AutoRecharge>),
    /// `/v1/plans`, `/v1/credit-packs`, `/v1/staff/price-changes`.
    Plans(plans::Plans),
    /// What follows from price changes.
    PriceChanges(Box<price_changes::PriceChanges>),
    /// `/v1/accounts/{id}/alert`.
    Alerts(alerts::Alerts),
    /// Checks of alerts.
    AlertCheck(Box<alert_check::AlertCheck>),
    /// Books compared with Stripe.
    Reconcile(Box<reconcile::Reconcile>),
    /// The table's stream.
    JournalRelay(journal_relay::JournalRelay),
    /// `/v1/events`.
    Events(Box<events::Events>),
    /// Journals published as events.
    EventPublisher(Box<event_publisher::EventPublisher>),
    /// Dead letters.
    DeadLetters(Box<dead_letters::DeadLetters>),
    /// Events delivered to endpoints.
    EventDelivery(Box<event_delivery::EventDelivery>),
    /// Mails.
    Notify(Box<notify::Notify>),
    /// A stand-in.
    #[cfg(test)]
    Stub(crate::pool::stub::Stub),
}

impl Handler {
    /// A cold start of the function with that binary.
    pub fn start(binary: &str, host: &Host, catalog: &Catalog) -> Result<Self, HandlerError> {
        let catalog = catalog.clone();
        Ok(match binary {
            "stripe-webhook" => Self::StripeWebhook(stripe_webhook::StripeWebhook::new(host)?),
            "retry-worker" => Self::RetryWorker(retry_worker::RetryWorker::new(host)?),
            "accounts" => {
                let function = accounts::Accounts::new(host, catalog)?;
                Self::Accounts(Box::new(function))
            }
            "access" => Self::Access(access::Access::new(host, catalog)?),
            "collections" => Self::Collections(Box::new(collections::Collections::new(host)?)),
            "usage" => Self::Usage(usage::Usage::new(host, catalog)?),
            "subscription" => {
                let function = subscription::Subscriptions::new(host, catalog)?;
                Self::Subscription(Box::new(function))
            }
            "invoices" => Self::Invoices(Box::new(invoices::Invoices::new(host, catalog)?)),
            "invoice-run" => {
                let function = invoice_run::InvoiceRun::new(host, catalog)?;
                Self::InvoiceRun(Box::new(function))
            }
            "billing-portal" => {
                let function = billing_portal::BillingPortal::new(host, catalog)?;
                Self::BillingPortal(Box::new(function))
            }
            "dashboard" => {
                let function = dashboard::Dashboard::new(host, catalog)?;
                Self::Dashboard(Box::new(function))
            }
            "staff" => Self::Staff(Box::new(staff::Staff::new(host, catalog)?)),
            "transfers" => Self::Transfers(Box::new(transfers::Transfers::new(host)?)),
            "credits" => Self::Credits(Box::new(credits::Credits::new(host, catalog)?)),
            "auto-recharge" => {
                let function = auto_recharge::AutoRecharge::new(host, catalog)?;
                Self::AutoRecharge(Box::new(function))
            }
            "plans" => Self::Plans(plans::Plans::new(host, catalog)?),
            "price-changes" => {
                let function = price_changes::PriceChanges::new(host, catalog)?;
                Self::PriceChanges(Box::new(function))
            }
            "alerts" => Self::Alerts(alerts::Alerts::new(host, &catalog)?),
            "journal-relay" => Self::JournalRelay(journal_relay::JournalRelay::new(host)?),
            "events" => Self::Events(Box::new(events::Events::new(host)?)),
            "notify" => {
                let function = notify::Notify::new(host, catalog)?;
                Self::Notify(Box::new(function))
            }
            "alert-check" => {
                let function = alert_check::AlertCheck::new(host, catalog)?;
                Self::AlertCheck(Box::new(function))
            }
            "reconcile" => Self::Reconcile(Box::new(reconcile::Reconcile::new(host)?)),
            "event-publisher" => publisher(host, catalog)?,
            "dead-letters" => Self::DeadLetters(Box::new(dead_letters::DeadLetters::new(host)?)),
            "event-delivery" => delivery(host)?,
            #[cfg(test)]
            "stub" => Self::Stub(crate::pool::stub::Stub::new(host)?),
            _ => return Err(HandlerError::Unknown(binary.to_owned())),
        })
    }

    /// One event in, its answer out, both as the JSON that Lambda would carry.
    pub async fn handle(&self, event: &str) -> Result<String, HandlerError> {
        match self {
            Self::StripeWebhook(function) => {
                answer(event, |it| Box::pin(function.handle(it))).await
            }
            Self::Accounts(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Access(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Usage(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Collections(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::Subscription(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Invoices(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::InvoiceRun(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::BillingPortal(function) => {
                answer(event, |it| Box::pin(function.handle(it))).await
            }
            Self::Dashboard(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Transfers(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Staff(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::Credits(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::AutoRecharge(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::RetryWorker(function) => {
                let batch: SqsEvent = serde_json::from_str(event)?;
                text(&ended(Box::pin(function.handle(batch)).await)?)
            }
            Self::Plans(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::PriceChanges(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::Alerts(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::JournalRelay(function) => {
                text(&function.handle(serde_json::from_str(event)?).await)
            }
            Self::Events(function) => answer(event, |it| Box::pin(function.handle(it))).await,
            Self::EventPublisher(function) => {
                text(&ended(Box::pin(function.handle(serde_json::from_str(event)?)).await)?)
            }
            Self::EventDelivery(function) => deliver(function, event).await,
            Self::Notify(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::AlertCheck(function) => {
                text(&ended(function.handle(serde_json::from_str(event)?).await)?)
            }
            Self::Reconcile(function) => {
                text(&ended(Box::pin(function.handle(serde_json::from_str(event)?)).await)?)
            }
            Self::DeadLetters(function) => {
                text(&Box::pin(function.handle(serde_json::from_str(event)?)).await)
            }
            #[cfg(test)]
            Self::Stub(function) => Ok(function.handle(event).await),
        }
    }
}

fn publisher(host: &Host, catalog: Catalog) -> Result<Handler, HandlerError> {
    let function = event_publisher::EventPublisher::new(host, catalog)?;
    Ok(Handler::EventPublisher(Box::new(function)))
}

fn delivery(host: &Host) -> Result<Handler, HandlerError> {
    Ok(Handler::EventDelivery(Box::new(event_delivery::EventDelivery::new(host)?)))
}

async fn deliver(
    function: &event_delivery::EventDelivery,
    event: &str,
) -> Result<String, HandlerError> {
    text(&ended(Box::pin(function.handle(serde_json::from_str(event)?)).await)?)
}

/// The answer of a function that may fail as a whole.
fn ended<T, E: std::fmt::Display>(answer: Result<T, E>) -> Result<T, HandlerError> {
    answer.map_err(|error| HandlerError::Failed(error.to_string()))
}

/// The answer of a function of the API.
async fn answer<'a>(
    event: &str,
    handle: impl Fn(Request) -> BoxFuture<'a, Response>,
) -> Result<String, HandlerError> {
    let event: ApiGatewayV2httpRequest = serde_json::from_str(event)?;
    let response = edge::answered(event.into(), handle).await;
    text(&ApiGatewayV2httpResponse::from(response))
}

fn text(answer: &impl Serialize) -> Result<String, HandlerError> {
    Ok(serde_json::to_string(answer)?)
}
