//! An account gets another name, and its customer at Stripe with it.
//!
//! The customer's name is what invoices print. It follows the account's name until billing details
//! say another company, which then stays. Stripe comes first: a repeat after an interruption finds
//! the customer renamed, and writes the books.

use apply::Applier;
use billing::change::Write;
use billing::decide::note;
use billing::details::DetailsRefusal;
use billing::ids::{AccountId, CustomerId};
use billing::journal::{Entry, Kind, Value};
use billing::opening::Left;
use billing::profile::Profile;
use invocation::Invocation;
use store::{Part, Store};
use stripe_client::Stripe;
use stripe_requests::request::details::NewDetails;
use stripe_sync::Sync;
use tracing::info;

use crate::details::refused_or_failed;
use crate::{Failure, Subject};

type Result<T> = std::result::Result<T, Failure<DetailsRefusal>>;

/// Renames accounts.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

impl Names<'_> {
    /// Parts that a subject needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Profile, Part::Lease]
    }

    /// Gives the account a name, unless it has it already.
    ///
    /// # Errors
    /// A rule or Stripe refuses the name, or something failed; [`Left`] says what is done
    /// nevertheless.
    pub async fn rename(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        name: &str,
    ) -> Result<()> {
        let account = &subject.account;
        let loaded = subject.parts(invocation, self.store, &Self::parts()).await?;
        let profile = loaded.profile()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        if profile.name == name {
            return Ok(());
        }
        let customer = profile.customer.clone().ok_or(DetailsRefusal::Incomplete);
        let customer = customer.map_err(Failure::Refused)?;

        let Self { store, stripe, facts } = *self;
        let sync = Sync { store, stripe, facts };
        let change = async {
            self.rename_at_stripe(invocation, (&profile, &customer), name).await?;
            let write = || self.write(invocation, account, name);
            invocation.retry_conflicts(write).await
        };
        Box::pin(sync.leased(invocation, account, loaded.lease()?, change)).await?;

        info!(account.id = %account, "renamed {account}");
        Ok(())
    }

    /// Renames the customer where it bears the account's old name.
    async fn rename_at_stripe(
        &self,
        invocation: &Invocation,
        (profile, customer): (&Profile, &CustomerId),
        name: &str,
    ) -> Result<()> {
        let known = self.stripe.customer(invocation, customer).await;
        let known = known.map_err(Failure::of_stripe(Left::Part))?;
        let known = known.ok_or(Failure::Refused(DetailsRefusal::CustomerDeleted))?;
        let mut changed_at = known.at;
        if known.details.name.as_deref() == Some(profile.name.as_str()) {
            let new = NewDetails { name: Some(name.to_owned()), ..NewDetails::default() };
            let updated = self.stripe.update_details(invocation, customer, &new).await;
            changed_at =
                changed_at.max(updated.map_err(|error| refused_or_failed(error, field_of))?.at);
        }

        let Self { store, stripe, facts } = *self;
        let sync = Sync { store, stripe, facts };
        sync.read_customer(invocation, &profile.account, customer, changed_at).await?;
        Ok(())
    }

    async fn write(&self, invocation: &Invocation, account: &AccountId, name: &str) -> Result<()> {
        let loaded = self.store.load(invocation, account, &Self::parts()).await?;
        let no_account = || Failure::NoAccount(account.clone());
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let profile = loaded.profile()?.ok_or_else(no_account)?;
        if profile.name == name {
            return Ok(());
        }

        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let entry = Entry::new(invocation.now, Kind::AccountRenamed, None);
        let entry = entry.with("name", text(&profile.name), text(name));
        let profile = Profile { name: name.to_owned(), ..profile };
        let change = note(&standing, entry, invocation.now).with(Write::Profile(profile));
        self.store.commit(invocation, &change).await?;
        Ok(())
    }
}

/// The field of ours that a parameter of Stripe's is.
fn field_of(param: &str) -> Option<String> {
    (param == "name").then(|| "name".to_owned())
}
