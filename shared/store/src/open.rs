//! Opening an account, step by step with its customer at Stripe, and the keys that open it: each step in
//! one transaction.

use billing::account::Standing;
use billing::authority::Principal;
use billing::decide::Change;
use billing::ids::{AccountId, CustomerId};
use billing::intent::Intent;
use billing::member::Member;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::commit::{Condition, Transaction, changed};
use crate::credential::{self, AccountKey, Request};
use crate::error::StoreError;
use crate::{Store, intent, keys, member, profile};

/// Most members that an account can be created with: a transaction takes 100 items.
pub const NEW_MEMBERS_MAX: usize = 50;

/// What comes with a step of an account's opening besides its standing and profile.
#[derive(Debug, Clone)]
pub struct Opening {
    /// How far it is at Stripe after this step.
    pub intent: Intent,
    /// Its Stripe customer, in the step that links it.
    pub customer: Option<CustomerId>,
    /// Its first members, in the first step.
    pub members: Vec<Member>,
    /// The request that asked for it, under its fingerprint, to answer the same when it comes again.
    pub request: Option<(String, Request)>,
}

impl Store {
    /// Takes a step of an account's opening. [`StoreError::Conflict`] when its id, its customer or its
    /// request is taken, or when somebody else took the step.
    pub async fn open(
        &self,
        invocation: &Invocation,
        change: &Change,
        opening: &Opening,
    ) -> Result<(), StoreError> {
        let account = &change.standing.account;
        let mut transaction = changed(invocation, change);
        put_intent(&mut transaction, account, &opening.intent, invocation.now);
        if let Some(customer) = &opening.customer {
            let link = profile::write_link(customer, account);
            transaction.put(link, Condition::NewOrPlaceholder);
        }
        for new in &opening.members {
            transaction.put(member::write(account, new), Condition::New);
        }
        if let Some((fingerprint, request)) = &opening.request {
            let item = credential::write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(invocation.now));
        }
        self.transact(invocation, transaction).await
    }

    /// Keeps how far an intent is, and nothing else but the request that brought it so far.
    pub async fn keep_intent(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        intent: &Intent,
        request: Option<&(String, Request)>,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        put_intent(&mut transaction, account, intent, invocation.now);
        if let Some((fingerprint, request)) = request {
            let item = credential::write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(invocation.now));
        }
        self.transact(invocation, transaction).await
    }

    /// Takes back the first step of an opening: Stripe refused to make the customer, so there is to be no
    /// such account. [`StoreError::Conflict`] when something was done with the account meanwhile.
    pub async fn take_back(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        intent: &Intent,
        members: &[Member],
    ) -> Result<(), StoreError> {
        let account = &standing.account;
        let mut transaction = Transaction::default();
        transaction.delete_version(keys::standing(account), standing.version);
        transaction.delete_version(keys::intent(account, &intent.id), intent.version);
        transaction.delete(keys::profile(account));
        transaction.delete(keys::journal(account, standing.journal_at, standing.version));
        for member in members {
            transaction.delete(keys::member(account, &member.id));
        }
        if let Some(request) = &intent.request {
            transaction.delete_if_there(keys::request(request));
        }
        self.transact(invocation, transaction).await
    }

    /// Adds an API key to an account.
    pub async fn add_key(
        &self,
        invocation: &Invocation,
        change: &Change,
        key: &AccountKey,
        request: Option<&(String, Request)>,
    ) -> Result<(), StoreError> {
        let account = &change.standing.account;
        let principal = Principal::Account { account: account.clone(), role: key.role };
        let mut transaction = changed(invocation, change);
        transaction.put(credential::write_key(&key.hash, &principal), Condition::New);
        transaction.put(credential::write_account_key(account, key), Condition::New);
        if let Some((fingerprint, request)) = request {
            let item = credential::write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(invocation.now));
        }
        self.transact(invocation, transaction).await
    }

    /// Deletes an API key of an account: it opens nothing from then on.
    pub async fn delete_key(
        &self,
        invocation: &Invocation,
        change: &Change,
        key: &AccountKey,
    ) -> Result<(), StoreError> {
        let mut transaction = changed(invocation, change);
        transaction.delete(keys::api_key(&key.hash));
        transaction.delete(keys::account_key(&change.standing.account, &key.id));
        self.transact(invocation, transaction).await
    }
}

fn put_intent(transaction: &mut Transaction, account: &AccountId, intent: &Intent, now: Timestamp) {
    let item = intent::write(account, intent, intent.version.saturating_add(1), now);
    transaction.put(item, Condition::read_at(intent.version));
}
