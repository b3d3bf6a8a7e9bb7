//! Opening an account: everything that makes one, in one transaction.

use billing::decide::Change;
use billing::ids::CustomerId;
use billing::journal::Cause;
use billing::time::Timestamp;

use crate::commit::{Condition, changed};
use crate::cost::Cost;
use crate::credential::{self, Member, Request};
use crate::error::StoreError;
use crate::{Store, profile};

/// Most members that an account can be created with: a transaction takes 100 items.
pub const NEW_MEMBERS_MAX: usize = 50;

/// What comes with a new account besides its standing and profile.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Its Stripe customer.
    pub customer: Option<CustomerId>,
    /// Its first members.
    pub members: Vec<Member>,
    /// The request that asked for it, under its fingerprint, to answer the same when it comes again.
    pub request: Option<(String, Request)>,
}

impl Store {
    /// Opens an account. [`StoreError::Lost`] when its id, its customer or its request is taken.
    pub async fn open(
        &self,
        change: &Change,
        opening: &Opening,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let account = &change.standing.account;
        let mut transaction = changed(change, cause, now);
        if let Some(customer) = &opening.customer {
            let link = profile::write_link(customer, account);
            transaction.put(link, Condition::NewOrPlaceholder);
        }
        for member in &opening.members {
            transaction.put(credential::write_member(account, member), Condition::New);
        }
        if let Some((fingerprint, request)) = &opening.request {
            let item = credential::write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(now));
        }
        self.transact(transaction, cost).await
    }
}
