//! Opening an account together with its customer at Stripe: intent, call, outcome (design, section 4).
//!
//! 1. Commit the account with an intent: what is about to be done at Stripe.
//! 2. Make the customer at Stripe, or read what the given one has there.
//! 3. Commit the outcome.
//!
//! A crash, a lost answer or a twin of the request between any two calls leaves an open intent. Whoever
//! sends the same request again finds it and goes on; it never makes a second customer.

use invocation::Invocation;
use std::time::Duration;

use apply::Outcome;
use auth::{admit, problem};
use billing::account::{FREE_PLAN, Standing};
use billing::decide::{link_customer, open_account};
use billing::ids::{AccountId, CustomerId};
use billing::intent::Intent;
use billing::journal::CauseKind;
use billing::profile::Profile;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use runtime::{Problem, Request, Response};
use store::keys;
use store::open::Opening;
use stripe_sync::Interrupted;
use tracing::info;

use crate::Accounts;
use crate::found::{Asked, Found, Opened, intent_id};
use crate::stripe::{self, Left};
use crate::view;
use runtime::input::{body, idempotency};

/// How often it is tried when somebody else takes a step meanwhile.
const TRIES_MAX: u32 = 4;
/// Longest time for reading and settling what a customer has at Stripe, in milliseconds; what is settled by
/// then stays so, and the same request goes on.
const PULL_MILLISECONDS_MAX: u64 = 12_000;
/// The version of what the first step makes, for as long as nobody uses the account.
const OPENED_VERSION: u64 = 1;

impl Accounts {
    pub(crate) async fn create(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        // Whoever has no valid key is not told what is wrong with the body.
        admit(invocation, &self.store, request, Vec::new()).await?;
        let new = self.checked(invocation, body(request)?)?;
        let idempotency = idempotency(request, "vendor", invocation.now)?;
        let asked = Asked { request, new, idempotency, now: invocation.now };
        for _ in 0..TRIES_MAX {
            match self.go_on(invocation, &asked).await {
                Ok(account) => {
                    let cost = invocation.cost();
                    info!(account.id = %account, "opened account {account}: {cost}");
                    return self.show(invocation, &account, 201).await;
                }
                Err(Interrupted::Conflict) => {}
                Err(interrupted) => {
                    let account = &asked.new.account;
                    let ended = interrupted.problem(account, alarm::NOT_CALLABLE);
                    return Err(
                        ended.unwrap_or_else(|error| stripe::unasked(&error, account, Left::Begun))
                    );
                }
            }
        }
        Err(Interrupted::again())
    }

    /// Every step that is still to be taken.
    async fn go_on(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
    ) -> Result<AccountId, Interrupted> {
        let opened = match self.find(invocation, asked).await? {
            Found::Done(account) => return Ok(account),
            Found::Open(opened) => *opened,
            Found::Nothing => self.open(invocation, asked).await?,
        };
        let account = opened.standing.account.clone();
        match opened.profile.customer.clone() {
            None => self.make_customer(invocation, asked, opened).await?,
            Some(customer) => self.pull(invocation, asked, &opened, &customer).await?,
        }
        Ok(account)
    }

    /// The first step: the account and its intent. A given customer must exist, and is linked at once, so
    /// that no event about it is missed while what it has is read.
    async fn open(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
    ) -> Result<Opened, Interrupted> {
        let Asked { request, new, idempotency, now } = asked;
        let linked = match &new.customer {
            None => None,
            Some(customer) => {
                let found = self.stripe.customer(invocation, customer).await;
                let found =
                    found.map_err(|error| stripe::unasked(&error, &new.account, Left::Nothing))?;
                Some(found.ok_or_else(|| unknown_customer(customer))?)
            }
        };
        let token = invocation.entropy.token().map_err(|_| Problem::unavailable())?;
        let id = intent_id(request, &new.account);
        let intent = Intent::new(id, token, new.content.clone(), *now);
        let request = idempotency.as_ref().map(|it| it.fingerprint.clone());
        let begun_at = linked.as_ref().map_or(*now, |customer| customer.at);
        let intent = Intent { begun_at, request, ..intent };
        let standing = Standing::new(new.account.clone(), FREE_PLAN, self.grace_seconds, *now);
        let profile = match linked {
            None => new.profile(*now),
            Some(customer) => new.profile(*now).after(&customer.details, customer.at),
        };
        let opening = Opening {
            intent: intent.clone(),
            customer: new.customer.clone(),
            members: new.members.clone(),
            request: asked.remembered(&new.account),
        };
        let change = open_account(standing.clone(), profile.clone(), *now);
        self.store.open(invocation, &change, &opening).await?;
        Ok(Opened {
            standing: Standing { version: OPENED_VERSION, ..standing },
            profile: Profile { version: OPENED_VERSION, ..profile },
            intent: Intent { version: OPENED_VERSION, ..intent },
        })
    }

    /// The customer is made at Stripe, or found if an earlier attempt made it.
    async fn make_customer(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
        mut opened: Opened,
    ) -> Result<(), Interrupted> {
        let (account, now) = (opened.standing.account.clone(), invocation.now);
        if opened.intent.must_look_first(now) {
            let (intent, email) = (&opened.intent, opened.profile.details.email.as_deref());
            let (email, since) = (email.unwrap_or_default(), intent.made_since());
            let found =
                self.stripe.customer_of_intent(invocation, &intent.token, email, since).await;
            let found = found.map_err(|error| stripe::unasked(&error, &account, Left::Begun))?;
            if let Some(customer) = found {
                return self.link(invocation, asked, opened, customer).await;
            }
            let next = intent.next_attempt(now);
            self.store.keep_intent(invocation, &account, &next, None).await?;
            opened.intent = Intent { version: next.version.saturating_add(1), ..next };
        }
        let (profile, intent) = (&opened.profile, &opened.intent);
        let new = stripe::new_customer(profile, &intent.token);
        match self.stripe.create_customer(invocation, &new, intent.idempotency_key()).await {
            Ok(customer) => self.link(invocation, asked, opened, customer).await,
            Err(error) if stripe::would_be_repeated(&error) => {
                let failed = opened.intent.after_failure();
                self.store.keep_intent(invocation, &account, &failed, None).await?;
                Err(stripe::unasked(&error, &account, Left::Begun).into())
            }
            Err(error) => {
                let Some(refused) = stripe::refusal(&error) else {
                    return Err(stripe::unasked(&error, &account, Left::Begun).into());
                };
                let Opened { standing, intent, .. } = &opened;
                if standing.version == OPENED_VERSION {
                    self.store.take_back(invocation, standing, intent, &asked.new.members).await?;
                }
                Err(refused.into())
            }
        }
    }

    /// The last step of making a customer: the account has it.
    async fn link(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
        opened: Opened,
        customer: stripe_client::Customer,
    ) -> Result<(), Interrupted> {
        let request = asked.to_remember(&opened);
        let Opened { standing, profile, intent } = opened;
        let stripe_client::Customer { id, details, at, .. } = customer;
        let opening = Opening {
            intent: intent.done(),
            customer: Some(id.clone()),
            members: Vec::new(),
            request,
        };
        let change = link_customer(&standing, &profile, id, &details, at, invocation.now);
        Ok(self.store.open(invocation, &change, &opening).await?)
    }

    /// What a linked customer has at Stripe is settled, fact by fact, as if events had told it.
    async fn pull(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
        opened: &Opened,
        customer: &CustomerId,
    ) -> Result<(), Interrupted> {
        let account = &opened.standing.account;
        let limit = Duration::from_millis(PULL_MILLISECONDS_MAX);
        let pulled =
            self.patience.within(limit, self.settle_all(invocation, asked, opened, customer));
        let facts = pulled.await.ok_or_else(|| stripe::unfinished(account))??;
        info!(account.id = %account, customer.id = %customer,
            "settled {facts} facts about customer {customer} of {account}");
        let (done, request) = (opened.intent.done(), asked.to_remember(opened));
        Ok(self.store.keep_intent(invocation, account, &done, request.as_ref()).await?)
    }

    async fn settle_all(
        &self,
        invocation: &Invocation,
        _asked: &Asked<'_>,
        opened: &Opened,
        customer: &CustomerId,
    ) -> Result<usize, Interrupted> {
        let Opened { standing, intent, .. } = opened;
        let facts = self.stripe.pull(invocation, customer, intent.begun_at).await;
        let facts =
            facts.map_err(|error| stripe::unasked(&error, &standing.account, Left::Begun))?;
        for fact in &facts {
            let id = format!("{}/{}", intent.token, fact.about());
            let invocation = &invocation.part(CauseKind::Api, id);
            let settled = self.facts.apply(invocation, fact).await.map(|applied| applied.outcome);
            match settled.map_err(|unsettled| stripe::unsettled(&unsettled, &standing.account))? {
                Outcome::Applied(_) | Outcome::Unchanged(_) | Outcome::Foreign => {}
                Outcome::Refused(account, refusal) => {
                    stripe::tell_refused(&account, fact.about(), &refusal);
                }
            }
        }
        Ok(facts.len())
    }

    /// The account as it is now.
    pub(crate) async fn show(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        status: u16,
    ) -> Result<Response, Problem> {
        let wanted = [keys::standing(account), keys::profile(account)];
        let items = self.store.batch(invocation, &wanted).await.map_err(|error| problem(&error))?;
        let view = view::account(invocation, &self.store, &items).await?;
        Ok(Response::json(status, &view))
    }
}

fn unknown_customer(customer: &CustomerId) -> Problem {
    let detail = format!("Stripe knows no customer {customer}, or knows it as deleted.");
    let field = "stripe_customer_id".to_owned();
    Problem::invalid(vec![FieldProblem { field, detail }])
}
