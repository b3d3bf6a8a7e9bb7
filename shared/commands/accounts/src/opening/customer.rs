//! The customer of an account that is being opened: made at Stripe, or linked with all objects that
//! it has there.

use std::collections::BTreeMap;
use std::time::Duration;

use apply::Outcome;
use billing::decide::family::{sub_account_created, sub_account_opened, sub_account_taken_back};
use billing::decide::link_customer;
use billing::fact::{Fact, News};
use billing::ids::CustomerId;
use billing::intent::Intent;
use billing::journal::CauseKind;
use billing::opening::{Begun, Left, OpeningRefusal, RefusedField};
use billing::profile::Profile;
use invocation::Invocation;
use runtime::telemetry::alarm;
use store::open::Opening;
use stripe_client::{Customer, StripeError};
use stripe_requests::request::NewCustomer;
use tracing::{error, info, warn};

use super::{NewAccount, OpenAccounts, Result};
use crate::Failure;

/// Longest time for reading and applying the objects of a customer, in milliseconds; what is
/// applied by then stays so, and the same request goes on.
const PULL_MILLISECONDS_MAX: u64 = 12_000;

impl OpenAccounts<'_> {
    /// Makes the customer at Stripe, or finds the one that an earlier attempt made.
    pub(super) async fn make_customer(
        &self,
        invocation: &Invocation,
        new: &NewAccount,
        mut begun: Begun,
    ) -> Result<()> {
        let account = begun.standing.account.clone();
        if begun.intent.must_look_first(invocation.now) {
            if let Some(customer) = self.made_before(invocation, &begun).await? {
                return self.link(invocation, new, (begun, customer)).await;
            }
            let next = begun.intent.next_attempt(invocation.now);
            self.store.keep_intent(invocation, &account, &next, None).await?;
            begun.intent = Intent { version: next.version.saturating_add(1), ..next };
        }

        let customer = new_customer(&begun.profile, &begun.intent.token);
        let key = begun.intent.idempotency_key();
        match self.stripe.create_customer(invocation, &customer, key).await {
            Ok(customer) => self.link(invocation, new, (begun, customer)).await,
            Err(error) if error.would_be_repeated() => {
                let failed = begun.intent.after_failure();
                self.store.keep_intent(invocation, &account, &failed, None).await?;
                Err(Failure::Stripe { error, left: Left::Begun })
            }
            Err(error) => {
                let Some(field) = refused_field(&error) else {
                    return Err(Failure::Stripe { error, left: Left::Begun });
                };
                self.take_back(invocation, new, &begun).await?;
                Err(Failure::Refused(OpeningRefusal::ByStripe(field)))
            }
        }
    }

    /// The customer that an earlier attempt of the intent made.
    async fn made_before(
        &self,
        invocation: &Invocation,
        begun: &Begun,
    ) -> Result<Option<Customer>> {
        let Begun { profile, intent, .. } = begun;
        let email = profile.details.email.as_deref();
        let since = intent.made_since();
        let made = self.stripe.customer_of_intent(invocation, &intent.token, email, since).await;
        made.map_err(Failure::of_stripe(Left::Begun))
    }

    /// Takes an account back whose customer Stripe refuses, unless something has used it since.
    async fn take_back(
        &self,
        invocation: &Invocation,
        new: &NewAccount,
        begun: &Begun,
    ) -> Result<()> {
        if !begun.is_unused() {
            return Ok(());
        }
        let family = self.family_of(invocation, begun).await?;
        let parent =
            family.map(|it| sub_account_taken_back(&it.parent, &it.listed, invocation.now));
        Ok(self.store.take_back(invocation, begun, &new.members, parent.as_ref()).await?)
    }

    /// The last step of making a customer: the account has it.
    async fn link(
        &self,
        invocation: &Invocation,
        new: &NewAccount,
        (begun, customer): (Begun, Customer),
    ) -> Result<()> {
        let request = new.to_remember(&begun);
        let family = self.family_of(invocation, &begun).await?;
        let now = invocation.now;
        let parent = family.as_ref().map(|it| sub_account_opened(&it.parent, &it.listed, now));
        let Begun { standing, profile, intent } = begun;
        let Customer { id, details, at, .. } = customer;

        let opening = Opening {
            intent: intent.done(),
            customer: Some(id.clone()),
            members: Vec::new(),
            request,
            parent,
        };
        let mut change = link_customer(&standing, &profile, id, &details, at, now);
        change.entries.extend(family.map(|it| sub_account_created(&it.listed, now)));
        Ok(self.store.open(invocation, &change, &opening).await?)
    }

    /// Applies the objects of a linked customer, fact by fact, as if events had told them.
    pub(super) async fn pull(
        &self,
        invocation: &Invocation,
        new: &NewAccount,
        (begun, customer): (&Begun, &CustomerId),
    ) -> Result<()> {
        let account = &begun.standing.account;
        let limit = Duration::from_millis(PULL_MILLISECONDS_MAX);
        let pulled =
            self.patience.within(limit, Box::pin(self.apply_all(invocation, begun, customer)));
        let facts = pulled.await.ok_or(Failure::OutOfTime)??;
        info!(account.id = %account, customer.id = %customer,
            "applied {facts} facts about customer {customer} of {account}");

        let (done, request) = (begun.intent.done(), new.to_remember(begun));
        Ok(self.store.keep_intent(invocation, account, &done, request.as_ref()).await?)
    }

    /// Each object is applied as soon as it is read, and credit notes that the books have are not
    /// read again: so a customer with more of them than the time allows is linked by a few
    /// requests.
    async fn apply_all(
        &self,
        invocation: &Invocation,
        begun: &Begun,
        customer: &CustomerId,
    ) -> Result<usize> {
        let since = begun.intent.begun_at;
        let objects = self.stripe.customer_objects(invocation, customer, since).await;
        let objects = objects.map_err(Failure::of_stripe(Left::Begun))?;
        self.apply_facts(invocation, begun, &objects.facts).await?;

        let has_notes = |fact: &Fact| {
            matches!(&fact.news, News::Invoice { snapshot, .. }
                if snapshot.pre_payment_credit_notes > 0)
        };
        // Most customers have no such invoice: then nothing is read.
        let mut known = BTreeMap::new();
        if objects.invoices.iter().any(has_notes) {
            let invoices = self.store.invoices(invocation, &begun.standing.account).await?;
            known.extend(invoices.into_iter().map(|invoice| (invoice.id.clone(), invoice)));
        }
        let mut count = objects.facts.len().saturating_add(objects.invoices.len());
        for fact in objects.invoices {
            if let News::Invoice { snapshot, .. } = &fact.news
                && snapshot.pre_payment_credit_notes > 0
                && !known.get(&snapshot.id).is_some_and(|it| it.has_credit_notes_of(snapshot))
            {
                let notes = self.stripe.credit_notes(invocation, &snapshot.id, since).await;
                let notes = notes.map_err(Failure::of_stripe(Left::Begun))?;
                count = count.saturating_add(notes.len());
                self.apply_facts(invocation, begun, &notes).await?;
            }
            self.apply_facts(invocation, begun, &[fact]).await?;
        }
        Ok(count)
    }

    async fn apply_facts(
        &self,
        invocation: &Invocation,
        begun: &Begun,
        facts: &[Fact],
    ) -> Result<()> {
        for fact in facts {
            let id = format!("{}/{}", begun.intent.token, fact.about());
            let invocation = &invocation.part(CauseKind::Api, id);
            let applied = self.facts.apply(invocation, fact).await.map_err(Failure::Unapplied)?;
            match applied.outcome {
                Outcome::Applied(_) | Outcome::Unchanged(_) | Outcome::Foreign => {}
                Outcome::Refused(account, refusal) => {
                    let (alarm, about) = (alarm::FACT_REFUSED, fact.about());
                    error!(alarm, account.id = %account, reason = %refusal,
                        "refused what Stripe says of {about} of account {account}: {refusal}");
                }
            }
        }
        Ok(())
    }
}

/// The customer of an account, as it is made at Stripe. It is made of what was committed, never of
/// a request: what Stripe is told under one key must not differ.
fn new_customer<'a>(profile: &'a Profile, intent: &'a str) -> NewCustomer<'a> {
    NewCustomer {
        account: &profile.account,
        intent,
        name: &profile.name,
        email: profile.details.email.as_deref(),
        country: profile.details.address.country.as_deref(),
    }
}

/// The field that Stripe refuses of a new customer; none when it did not refuse.
fn refused_field(error: &StripeError) -> Option<RefusedField> {
    let refusal = error.refusal()?;
    warn!(reason = %refusal, "Stripe refused to make a customer: {refusal}");

    let field = match refusal.param.as_deref() {
        Some("address[country]") => Some("country".to_owned()),
        Some(param @ ("email" | "name")) => Some(param.to_owned()),
        _ => None,
    };
    Some(RefusedField { field, message: refusal.message.clone() })
}
