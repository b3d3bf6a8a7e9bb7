//! Opening an account, and the keys that open it: everything in one transaction.

use billing::authority::Principal;
use billing::decide::Change;
use billing::ids::CustomerId;
use billing::journal::Cause;
use billing::time::Timestamp;

use crate::commit::{Condition, changed};
use crate::cost::Cost;
use crate::credential::{self, AccountKey, Member, Request};
use crate::error::StoreError;
use crate::{Store, keys, profile};

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

    /// Adds an API key to an account.
    pub async fn add_key(
        &self,
        change: &Change,
        key: &AccountKey,
        request: Option<&(String, Request)>,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let account = &change.standing.account;
        let principal = Principal::Account { account: account.clone(), role: key.role };
        let mut transaction = changed(change, cause, now);
        transaction.put(credential::write_key(&key.hash, &principal), Condition::New);
        transaction.put(credential::write_account_key(account, key), Condition::New);
        if let Some((fingerprint, request)) = request {
            let item = credential::write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(now));
        }
        self.transact(transaction, cost).await
    }

    /// Deletes an API key of an account: it opens nothing from then on.
    pub async fn delete_key(
        &self,
        change: &Change,
        key: &AccountKey,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let mut transaction = changed(change, cause, now);
        transaction.delete(keys::api_key(&key.hash));
        transaction.delete(keys::account_key(&change.standing.account, &key.id));
        self.transact(transaction, cost).await
    }
}
