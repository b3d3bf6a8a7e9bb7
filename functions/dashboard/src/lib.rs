//! The dashboard: sessions that the vendor's backend asks for, and the pages that they open.
//!
//! Each page is admit -> command -> page, each form input -> command -> the page behind it: the
//! commands are those of the API, and the pages are `shared/pages`. A form that did nothing shows
//! its page again with what was typed.

mod alerts;
mod answer;
mod credits;
mod form;
mod invoices;
mod overview;
mod payment_method;
mod payments;
mod plan;
mod problem;
mod seen;
mod sessions;
mod settings;
mod staff;
mod timeline;
mod usage;

use apply::Applier;
use auth::NotAdmitted;
use billing::journal::CauseKind;
use billing::time::DAY_SECONDS;
use catalog::Catalog;
use credits_commands::Purchases;
use forecast::Forecast;
use invocation::Invocation;
use letters_commands::end::LetterDesk;
use messages::Language;
use plans_commands::Plans;
use plans_commands::portal::BillingPortal;
use queue::account::Accounts;
use queue::notify::NotifyMessages;
use runtime::environment::{
    DASHBOARD_ENTRY_URL, DASHBOARD_ORIGIN, NOTIFY_QUEUE_URL, RECHARGE_QUEUE_URL, RETURN_ORIGINS,
    STAFF_ENTRY_URL, STRIPE_MODE, STRIPE_PAGE_ORIGINS, TABLE_NAME, TRANSFER_HOLD_DAYS,
};
use runtime::origins::Origins;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;
use usage_commands::Metering;

use crate::answer::Answers;
use crate::seen::Again;

/// Language of every sentence.
const LANGUAGE: Language = Language::English;
/// Longest time for which advice holds an invoice, in days.
const HOLD_DAYS_MAX: i64 = 60;
/// `HOLD_DAYS_MAX` as a refusal names it.
const HOLD_DAYS: &str = "a number of days up to 60";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Dashboard {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
    facts: Applier,
    stripe: Stripe,
    plans: Plans,
    credits: credits_commands::Credits,
    purchases: Purchases,
    metering: Metering,
    forecast: Forecast,
    portal: BillingPortal,
    letters: LetterDesk,
    /// Mails that staff ask for once more.
    again: NotifyMessages,
    /// Addresses to which a session may lead back.
    returns: Origins,
    answers: Answers,
    /// Longest time for which advice holds an invoice in its whole life, in seconds.
    held_seconds: i64,
    /// Mode of the deployment, which the secret of a key tells.
    mode: &'static str,
}

impl Dashboard {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let recharges = Accounts::new(host.sqs()?, environment.get(RECHARGE_QUEUE_URL)?);
        let text = |name| environment.find(name).unwrap_or_default();
        let days = environment.number(TRANSFER_HOLD_DAYS, HOLD_DAYS, 0..=HOLD_DAYS_MAX)?;
        let forecast = Forecast::new(store.clone(), catalog.clone());
        Ok(Self {
            invocations: host.invocations(),
            plans: Plans::new(host, catalog.clone())?,
            credits: credits_commands::Credits::new(store.clone(), catalog.clone(), recharges),
            purchases: Purchases::new(
                Applier::new(store.clone()),
                Stripe::new(host)?,
                catalog.clone(),
            ),
            metering: Metering::new(store.clone(), catalog.clone()),
            forecast: forecast.with_stripe(Stripe::new(host)?),
            portal: BillingPortal::new(host, catalog.clone())?,
            letters: LetterDesk::new(host)?,
            again: NotifyMessages::new(host.sqs()?, environment.get(NOTIFY_QUEUE_URL)?),
            stripe: Stripe::new(host)?,
            returns: Origins::parse(text(RETURN_ORIGINS)),
            answers: Answers::new(
                text(DASHBOARD_ORIGIN),
                (text(DASHBOARD_ENTRY_URL), text(STAFF_ENTRY_URL)),
                text(STRIPE_PAGE_ORIGINS),
            ),
            held_seconds: days.saturating_mul(DAY_SECONDS),
            mode: if environment.is_live(STRIPE_MODE)? { "live" } else { "test" },
            facts: Applier::new(store.clone()),
            store,
            catalog,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        if request.route.contains(" /v1/") {
            let answer = Box::pin(self.api(invocation, &request)).await;
            return auth::answered(invocation, &self.store, answer).await;
        }

        let request = form::keyed(request);
        if request.route.contains(" /staff") {
            let response = Box::pin(self.staff(invocation, &request)).await;
            return auth::answered(invocation, &self.store, Ok(self.answers.sealed(response)))
                .await;
        }
        let page = if request.route.starts_with("POST ") {
            Box::pin(self.form(invocation, &request)).await
        } else {
            Box::pin(self.page(invocation, &request, None)).await
        };
        let response = match page {
            Ok(response) => response,
            Err(refused) => Box::pin(self.refused(invocation, &request, refused)).await,
        };
        auth::answered(invocation, &self.store, Ok(self.answers.sealed(response))).await
    }

    async fn api(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        match request.route.as_str() {
            "POST /v1/accounts/{id}/dashboard-sessions" => {
                self.make_link(invocation, request).await
            }
            "DELETE /v1/accounts/{id}/dashboard-sessions" => {
                self.end_sessions(invocation, request).await
            }
            "POST /v1/staff/dashboard-sessions" => self.make_staff_link(invocation, request).await,
            "GET /v1/staff/search" => self.find_accounts(invocation, request).await,
            _ => Err(Problem::not_found("route")),
        }
    }

    /// A page. `again` says what a form of it did not do.
    async fn page(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        match request.route.as_str() {
            "GET /billing-assets/{file}" => Ok(answer::asset(request)),
            "GET /billing/sign-in/{token}" => Ok(sessions::sign_in_page(request)),
            "GET /billing/{id}" => self.overview(invocation, request, again).await,
            "GET /billing/{id}/plan" => self.plan(invocation, request, again).await,
            "GET /billing/{id}/plan/review" => self.review(invocation, request).await,
            "GET /billing/{id}/plan/cancel" => self.cancel_page(invocation, request, again).await,
            "GET /billing/{id}/plan/waiting" => self.plan_waiting(invocation, request).await,
            "GET /billing/{id}/invoices" => self.invoices(invocation, request, again).await,
            "GET /billing/{id}/invoices.csv" => self.invoices_csv(invocation, request).await,
            "GET /billing/{id}/invoices/{invoice_id}" => {
                self.invoice(invocation, request, again).await
            }
            "GET /billing/{id}/payments" => self.payments(invocation, request, again).await,
            "GET /billing/{id}/usage" => self.usage(invocation, request).await,
            "GET /billing/{id}/usage.csv" => self.usage_csv(invocation, request).await,
            "GET /billing/{id}/credits" => self.credits(invocation, request, again).await,
            "GET /billing/{id}/credits.csv" => self.credits_csv(invocation, request).await,
            "GET /billing/{id}/credits/purchases/{purchase_id}" => {
                self.purchase(invocation, request).await
            }
            "GET /billing/{id}/alerts" => self.alerts(invocation, request, again).await,
            "GET /billing/{id}/settings" => self.settings(invocation, request, again).await,
            "GET /billing/{id}/settings/keys/{key_id}" => {
                self.revoke_page(invocation, request, again).await
            }
            "GET /billing/{id}/timeline" => self.timeline(invocation, request).await,
            "GET /billing/{id}/timeline.csv" => self.timeline_csv(invocation, request).await,
            "GET /billing/{id}/why" => self.why(invocation, request).await,
            _ => Err(Problem::not_found("page").into()),
        }
    }

    async fn form(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        match request.route.as_str() {
            "POST /billing/sign-in/{token}" => Ok(self.sign_in(invocation, request).await),
            "POST /billing/{id}/sign-out" => self.sign_out(invocation, request).await,
            "POST /billing/{id}/plan" => self.change_plan(invocation, request).await,
            "POST /billing/{id}/plan/cancel" => self.cancel_plan(invocation, request).await,
            "POST /billing/{id}/plan/resume" => self.resume_plan(invocation, request).await,
            "POST /billing/{id}/payments/pay" => self.pay(invocation, request).await,
            "POST /billing/{id}/payments/advice" => self.advise(invocation, request).await,
            "POST /billing/{id}/payments/withdraw" => self.withdraw(invocation, request).await,
            "POST /billing/{id}/payment-method" => self.payment_method(invocation, request).await,
            "POST /billing/{id}/credits/purchases" => self.buy(invocation, request).await,
            "POST /billing/{id}/credits/auto-recharge" => {
                self.set_recharge(invocation, request).await
            }
            "POST /billing/{id}/alerts" => self.set_alert(invocation, request).await,
            "POST /billing/{id}/alerts/remove" => self.remove_alert(invocation, request).await,
            "POST /billing/{id}/settings/details" => self.save_details(invocation, request).await,
            "POST /billing/{id}/settings/preferences" => {
                self.save_preferences(invocation, request).await
            }
            "POST /billing/{id}/settings/keys" => self.make_key(invocation, request).await,
            "POST /billing/{id}/settings/keys/{key_id}" => {
                self.revoke_key(invocation, request).await
            }
            _ => Err(Problem::not_found("page").into()),
        }
    }
}
