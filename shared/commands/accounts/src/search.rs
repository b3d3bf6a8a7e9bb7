//! Search of staff (F2): accounts by an exact id, mail address, invoice number or id of Stripe's,
//! and by the beginning of a name. Nothing is scanned.

use std::convert::Infallible;

use billing::ids::{AccountId, CustomerId};
use billing::opening::Left;
use billing::search::{FOUND_MAX, Wanted, wanted};
use invocation::Invocation;
use store::profile::Link;
use stripe_client::Stripe;

use crate::Failure;
use crate::read::{Account, Accounts};

/// Looks for accounts.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Reads those that are found.
    pub accounts: Accounts<'a>,
    /// Knows the customer of an invoice or a subscription.
    pub stripe: &'a Stripe,
}

impl Search<'_> {
    /// Accounts that a text may mean, the surest first: at most [`FOUND_MAX`].
    ///
    /// # Errors
    /// The table or Stripe failed.
    pub async fn find(
        &self,
        invocation: &Invocation,
        text: &str,
    ) -> Result<Vec<Account>, Failure<Infallible>> {
        let mut ids: Vec<AccountId> = Vec::new();
        for way in wanted(text) {
            for id in self.ids(invocation, &way).await? {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids.truncate(FOUND_MAX);

        let parts = Accounts::parts(invocation.now);
        let wanted: Vec<_> = ids.iter().map(|id| (id.clone(), parts.clone())).collect();
        let all = self.accounts.store.load_all(invocation, &wanted).await?;
        let mut found = Vec::new();
        for loaded in ids.iter().filter_map(|id| all.get(id)) {
            found.extend(self.accounts.listed(invocation, loaded)?);
        }
        Ok(found)
    }

    async fn ids(
        &self,
        invocation: &Invocation,
        way: &Wanted,
    ) -> Result<Vec<AccountId>, Failure<Infallible>> {
        let store = self.accounts.store;
        let failed = Failure::of_stripe(Left::Nothing);
        let customer = match way {
            Wanted::Account(id) => return Ok(vec![id.clone()]),
            Wanted::Exact(word) => return Ok(store.found_by_word(invocation, word).await?),
            Wanted::Name(name) => return Ok(store.found_by_name(invocation, name).await?),
            Wanted::Customer(id) => Some(id.clone()),
            Wanted::Invoice(id) => {
                let invoice = self.stripe.invoice(invocation, id).await.map_err(&failed)?;
                invoice.map(|fact| fact.customer)
            }
            Wanted::Subscription(id) => {
                let read = self.stripe.subscription(invocation, id).await.map_err(&failed)?;
                read.map(|it| it.customer)
            }
        };
        match customer {
            Some(customer) => self.linked(invocation, &customer).await,
            None => Ok(Vec::new()),
        }
    }

    async fn linked(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Vec<AccountId>, Failure<Infallible>> {
        let link = self.accounts.store.link(invocation, customer).await?;
        Ok(match link {
            Some(Link::Account(account)) => vec![account],
            Some(Link::Foreign { .. }) | None => Vec::new(),
        })
    }
}
