//! `/v1/accounts/{id}/sub-accounts`: what a parent's administrator manages (B7, B9, B11).

use accounts_commands::opening::OpenAccounts;
use accounts_commands::sub_accounts::{Listed, SubAccounts, Window};
use accounts_commands::{Failure, Subject};
use auth::{Caller, caller_of_account, problem, writer_of_account};
use billing::family::FamilyRefusal;
use billing::ids::AccountId;
use billing::month::Month;
use billing::opening::OpeningRefusal;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use invocation::Invocation;
use runtime::input::{Page, body, idempotency};
use runtime::{Problem, Request, Response, cursor, query};
use store::{Part, StoreError};
use tracing::warn;
use views::families::{EffectiveView, SubAccountUsageView, SubAccountView};
use views::requests::accounts::AddSubAccount;

use crate::problem::{failed, family_refused, not_opened};
use crate::sub_accounts_input::{model, name, new_sub_account};
use crate::{Accounts, LANGUAGE, csv};

impl Accounts {
    /// One request about sub-accounts.
    pub(crate) async fn sub_accounts(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        match request.route.as_str() {
            "POST /v1/accounts/{id}/sub-accounts" => self.add(invocation, request).await,
            "GET /v1/accounts/{id}/sub-accounts" => self.list_family(invocation, request).await,
            "GET /v1/accounts/{id}/sub-accounts/usage" => {
                self.family_usage(invocation, request).await
            }
            "GET /v1/accounts/{id}/sub-accounts/usage.csv" => {
                self.export_usage(invocation, request).await
            }
            "PATCH /v1/accounts/{id}/sub-accounts/{sub_id}" => {
                self.rename_sub_account(invocation, request).await
            }
            "PUT /v1/accounts/{id}/sub-accounts/{sub_id}/billing-model" => {
                self.book_model(invocation, request).await
            }
            _ => Err(Problem::not_found("route")),
        }
    }

    async fn add(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let parts = |_: &_| vec![Part::Standing];
        let (parent, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        if caller.standing()?.family.as_parent().is_none() {
            return Err(family_refused(&FamilyRefusal::NotAParent));
        }
        let input: AddSubAccount = body(request)?;
        let mut new = new_sub_account(&parent, &self.catalog, input)?;
        new.idempotency = idempotency(request, parent.as_str(), invocation.now)?;

        let Self { store, stripe, facts, patience, grace_seconds, .. } = self;
        let grace_seconds = *grace_seconds;
        let opening = OpenAccounts { store, stripe, facts, patience, grace_seconds };
        let opened = match opening.open(invocation, &new).await {
            Ok(opened) => opened,
            Err(Failure::Refused(OpeningRefusal::Family(refusal))) => {
                return refused_family(invocation, &refusal);
            }
            Err(failure) => return Err(not_opened(failure, &new.account)),
        };

        let parts = [Part::SubAccount(opened.clone())];
        let loaded = self.store.load(invocation, &parent, &parts).await;
        let listed = loaded.and_then(|loaded| loaded.sub_account(&opened));
        let listed = auth::there(listed, "sub-account")?;
        Ok(Response::json(201, &SubAccountView::of(&parent, &listed, invocation.now)))
    }

    async fn list_family(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let limit = query::limit(request);
        let (parent, listed) = self.listed(invocation, request, limit).await?;
        let next_cursor = next_cursor(&listed, request, invocation);
        let data = listed.sub_accounts.iter();
        let data = data.map(|it| SubAccountView::of(&parent, it, invocation.now)).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    async fn family_usage(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let limit = query::limit(request);
        let (_, page) = self.usage_page(invocation, request, limit).await?;
        Ok(Response::json(200, &page))
    }

    /// Usage of each sub-account as CSV. What one answer does not hold follows under the link of
    /// its header.
    async fn export_usage(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let limit = query::LIMIT_MAX;
        let (parent, Page { data, next_cursor }) =
            self.usage_page(invocation, request, limit).await?;
        let name = format!("sub-accounts-{parent}.csv");
        Ok(cursor::table(request, (&name, csv::used(&data)), next_cursor))
    }

    async fn usage_page(
        &self,
        invocation: &Invocation,
        request: &Request,
        limit: usize,
    ) -> Result<(AccountId, Page<SubAccountUsageView>), Problem> {
        let (parent, listed) = self.listed(invocation, request, limit).await?;
        let month = request.query.get("period").and_then(|text| Month::parse(text).ok());
        let month = month.unwrap_or_else(|| Month::of(invocation.now));
        let next_cursor = next_cursor(&listed, request, invocation);

        let commands = SubAccounts { store: &self.store };
        let usage = commands.usage(invocation, listed.sub_accounts, month).await;
        let usage = usage.map_err(|error| problem(&error))?;

        // What takes credits is metered by deductions, and so is no usage that is reported.
        let credit = self.catalog.credit_resource().map(|resource| resource.id.clone());
        let mut resources = self.catalog.allowances(billing::account::FREE_PLAN);
        resources.retain(|it| credit.as_ref() != Some(&it.resource));
        let data = usage.iter().map(|it| {
            let of = (month.to_string(), &it.counted);
            SubAccountUsageView::of(&it.listed, of, &resources, invocation.now)
        });
        Ok((parent, Page { data: data.collect(), next_cursor }))
    }

    async fn listed(
        &self,
        invocation: &Invocation,
        request: &Request,
        limit: usize,
    ) -> Result<(AccountId, Listed), Problem> {
        let parts = |_: &_| vec![Part::Standing];
        let (parent, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let behind = cursor::read(request, invocation.now)?;
        let behind = behind.map(|id| AccountId::parse(&id).map_err(|_| cursor::invalid()));
        let window = Window { behind: behind.transpose()?, limit };

        let listed = SubAccounts { store: &self.store }.list(invocation, &parent, &window).await;
        Ok((parent, listed.map_err(|error| problem(&error))?))
    }

    async fn rename_sub_account(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (parent, id, caller) = self.one(invocation, request).await?;
        let name = name(request)?;

        let commands = SubAccounts { store: &self.store };
        let subject = Subject::loaded(parent.clone(), caller.loaded);
        let renamed = commands.rename(invocation, &subject, (&id, &name)).await;
        let listed = renamed.map_err(|failure| failed(failure, &id, |it| family_refused(&it)))?;
        Ok(Response::json(200, &SubAccountView::of(&parent, &listed, invocation.now)))
    }

    async fn book_model(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (parent, id, caller) = self.one(invocation, request).await?;
        let model = model(request)?;

        let commands = SubAccounts { store: &self.store };
        let subject = Subject::loaded(parent, caller.loaded);
        let booked = commands.book_model(invocation, &subject, (&id, model)).await;
        let at = booked.map_err(|failure| failed(failure, &id, |it| family_refused(&it)))?;

        // A running subscription ends with its period; the schedule finds it if this is lost.
        if let Err(error) = self.collections.send(&id).await {
            warn!(account.id = %id, reason = %error,
                "could not hand {id} to collections: {error}");
        }
        Ok(Response::json(200, &EffectiveView { effective_at: at.to_string() }))
    }

    /// Admits a writer of the sub-account in the path; an id that none can have is unknown.
    async fn one(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, AccountId, Caller), Problem> {
        let id = request.path.get("sub_id").map(String::as_str).unwrap_or_default();
        let id = AccountId::parse(id).ok();
        let parts = |_: &_| match &id {
            Some(id) => SubAccounts::parts(id),
            None => vec![Part::Standing],
        };
        let (parent, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let unknown = || family_refused(&FamilyRefusal::Unknown);
        let id = id.ok_or_else(unknown)?;
        let is_listed = caller.loaded.sub_account(&id).map(|listed| listed.is_some());
        if !is_listed.map_err(|error: StoreError| problem(&error))? {
            return Err(unknown());
        }
        Ok((parent, id, caller))
    }
}

/// Answer to a sub-account that is not opened: 429 says when to come back.
fn refused_family(invocation: &Invocation, refusal: &FamilyRefusal) -> Result<Response, Problem> {
    let FamilyRefusal::TooFast(until) = refusal else { return Err(family_refused(refusal)) };
    let seconds = until.0.saturating_sub(invocation.now.0).max(1).unsigned_abs();
    let problem = Problem::new(429, "rate_limited", LANGUAGE.family_refused(refusal).detail);
    Ok(problem.response().with_header(RETRY_AFTER, HeaderValue::from(seconds)))
}

fn next_cursor(listed: &Listed, request: &Request, invocation: &Invocation) -> Option<String> {
    let last = listed.sub_accounts.last().filter(|_| listed.is_more)?;
    Some(cursor::write(request, last.id.as_str(), invocation.now))
}
