//! `/v1/accounts/{id}/subscription`: the subscription, the cost of a change, the change, its
//! cancellation and resumption.
//!
//! Input, command, view: the use cases are in `plans_commands`.

mod input;
mod problem;

use billing::authority::Sight;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::money::Currency;
use catalog::Catalog;
use forecast::Forecast;
use invocation::Invocation;
use plans_commands::{Account, Changed, Plans, Previewed, Shown, Wish};
use runtime::environment::{RETURN_ORIGINS, TABLE_NAME};
use runtime::input::body;
use runtime::origins::Origins;
use runtime::query;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::{Part, Store};
use tracing::warn;
use views::product::MemberSubscriptionView;
use views::requests::subscriptions::ChangeSubscription;
use views::subscriptions::{
    CheckoutView, DryRunView, LineView, OnFileView, PreviewView, SubscriptionView,
};
use views::upcoming::UpcomingView;

use crate::input::{target, ways};
use crate::problem::{declined, ended, stale};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Subscriptions {
    invocations: Invocations,
    plans: Plans,
    forecast: Forecast,
    /// Currency of an invoice without lines.
    currency: Currency,
    /// Where Checkout may send people back to.
    origins: Origins,
}

impl Subscriptions {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            currency: catalog.currency,
            forecast: Forecast::new(store, catalog.clone()),
            plans: Plans::new(host, catalog)?,
            origins: Origins::parse(host.environment.find(RETURN_ORIGINS).unwrap_or_default()),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/subscription" => self.show(invocation, &request).await,
            "POST /v1/accounts/{id}/subscription/preview" => {
                self.preview(invocation, &request).await
            }
            "PUT /v1/accounts/{id}/subscription" => {
                Box::pin(self.change(invocation, &request)).await
            }
            "DELETE /v1/accounts/{id}/subscription" => self.cancel(invocation, &request).await,
            "POST /v1/accounts/{id}/subscription/resume" => self.resume(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, self.plans.store(), answer).await
    }

    async fn show(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let store = self.plans.store();
        let parts = |_: &_| shown_with(plans_commands::parts());
        let (id, caller) = auth::caller_of_account(invocation, store, request, parts).await?;
        if caller.principal.sight() == Sight::Product {
            let view = MemberSubscriptionView::of(&caller.standing()?);
            return Ok(Response::json(200, &view));
        }
        let account = Account { id: id.clone(), loaded: caller.loaded };
        let on_file = on_file(invocation, &account)?;

        let shown = self.plans.show(invocation, account).await;
        let shown = shown.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &view(shown, on_file)))
    }

    async fn preview(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| plans_commands::preview_parts();
        let account = self.written_account(invocation, request, parts).await?;
        let id = account.id.clone();
        let target = target(&body(request)?, self.plans.catalog())?;

        let previewed = self.plans.preview(invocation, account, &target).await;
        let previewed = previewed.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &preview_view(&previewed)))
    }

    async fn change(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        // A caller without a valid key is not told what is wrong with the body: it is read first,
        // and judged later.
        let input = body::<ChangeSubscription>(request);
        let parts = |account: &AccountId| {
            let preview = input.as_ref().ok().and_then(|input| input.preview_id.as_deref());
            shown_with(plans_commands::change_parts(account, preview))
        };
        let account = self.written_account(invocation, request, parts).await?;
        let id = account.id.clone();
        let on_file = on_file(invocation, &account)?;
        let input = input?;
        let wish = Wish {
            target: target(&input, self.plans.catalog())?,
            ways: ways(&input, &self.origins),
            preview_id: input.preview_id,
        };

        let changed = Box::pin(self.plans.change(invocation, account, &wish)).await;
        Ok(match changed.map_err(|stopped| ended(stopped, &id))? {
            Changed::Shown(shown) => Response::json(200, &view(*shown, on_file)),
            Changed::Checkout { url } => Response::json(202, &CheckoutView { checkout_url: url }),
            Changed::Declined(not_paid) => declined(&not_paid),
            Changed::Stale(previewed) => stale(preview_view(&previewed)),
        })
    }

    async fn cancel(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| shown_with(plans_commands::cancellation_parts(invocation.now));
        if query::is_on(request, "dry_run") {
            return self.check_cancellation(invocation, request).await;
        }

        let account = self.written_account(invocation, request, parts).await?;
        let id = account.id.clone();
        let on_file = on_file(invocation, &account)?;
        let shown = self.plans.cancel(invocation, account).await;
        Ok(Response::json(202, &view(shown.map_err(|stopped| ended(stopped, &id))?, on_file)))
    }

    async fn check_cancellation(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| {
            let mut parts = plans_commands::cancellation_parts(invocation.now);
            let more = forecast::parts(invocation.now).into_iter();
            let more: Vec<Part> = more.filter(|part| !parts.contains(part)).collect();
            parts.extend(more);
            parts
        };
        let account = self.account(invocation, request, parts).await?;
        let id = account.id.clone();
        // What the end costs is no reason not to say what is in its way.
        let last = Box::pin(self.forecast.final_invoice(invocation, &account.loaded)).await;
        let last = last.unwrap_or_else(|error| {
            warn!(account.id = %id, reason = %error,
                "the final invoice of {id} is not forecast: {error}");
            None
        });

        let checked = self.plans.check_cancellation(invocation, account).await;
        let checked = checked.map_err(|stopped| ended(stopped, &id))?;
        let last = last.map(|last| UpcomingView::of(last, None, self.currency));
        let ends_at = checked.ends_at;
        Ok(Response::json(200, &DryRunView::of(&checked.check, ends_at, last)))
    }

    async fn resume(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| shown_with(plans_commands::leased_parts());
        let account = self.written_account(invocation, request, parts).await?;
        let id = account.id.clone();
        let on_file = on_file(invocation, &account)?;

        let shown = self.plans.resume(invocation, account).await;
        Ok(Response::json(200, &view(shown.map_err(|stopped| ended(stopped, &id))?, on_file)))
    }

    /// Admits the caller, and loads what the command needs with the caller's key.
    async fn account(
        &self,
        invocation: &Invocation,
        request: &Request,
        parts: impl FnOnce(&AccountId) -> Vec<Part>,
    ) -> Result<Account, Problem> {
        let store = self.plans.store();
        let (id, caller) = auth::caller_of_account(invocation, store, request, parts).await?;
        Ok(Account { id, loaded: caller.loaded })
    }

    /// Admits the caller of a request that writes, and loads what the command needs.
    async fn written_account(
        &self,
        invocation: &Invocation,
        request: &Request,
        parts: impl FnOnce(&AccountId) -> Vec<Part>,
    ) -> Result<Account, Problem> {
        let store = self.plans.store();
        let (id, caller) = auth::writer_of_account(invocation, store, request, parts).await?;
        Ok(Account { id, loaded: caller.loaded })
    }
}

/// Parts of a command, and what its answer shows besides.
fn shown_with(parts: Vec<Part>) -> Vec<Part> {
    [parts, vec![Part::OnFile]].concat()
}

fn on_file(invocation: &Invocation, account: &Account) -> Result<Option<OnFileView>, Problem> {
    let on_file = account.loaded.on_file().map_err(|error| auth::problem(&error))?;
    Ok(OnFileView::of(&on_file, invocation.now))
}

fn view(shown: Shown, on_file: Option<OnFileView>) -> SubscriptionView {
    let Shown { standing, next_renewal, previewed_at, price_changes } = shown;
    let view = SubscriptionView::of(&standing, next_renewal).previewed_at(previewed_at);
    view.with_price_changes(&price_changes).with_payment_method(on_file)
}

fn preview_view(previewed: &Previewed) -> PreviewView {
    let Previewed { preview, quote, effective_at } = previewed;
    let line = |line: &stripe_client::preview::PreviewLine| {
        LineView::of(&line.description, line.amount, line.period)
    };
    PreviewView {
        preview_id: preview.id.clone(),
        expires_at: preview.expires_at.to_string(),
        effective: if quote.is_now() { "now" } else { "period_end" },
        effective_at: effective_at.to_string(),
        due_now: quote.due.into(),
        tax: quote.tax.into(),
        next_renewal: quote.next_renewal.map(Into::into),
        lines: quote.lines.iter().map(line).collect(),
    }
}
