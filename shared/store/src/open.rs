//! Opening an account, step by step with its customer at Stripe: each step in one transaction.

use billing::change::{Change, Write};
use billing::ids::{AccountId, CustomerId};
use billing::intent::Intent;
use billing::member::Member;
use billing::opening::Begun;
use invocation::Invocation;

use crate::credential::{Request, used_key};
use crate::error::StoreError;
use crate::transaction::Transaction;
use crate::{Store, commit, keys};

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
    /// The request that asked for it, under its fingerprint, to answer the same when it comes
    /// again.
    pub request: Option<(String, Request)>,
    /// Change of its parent that belongs to the step, for a sub-account.
    pub parent: Option<Change>,
}

impl Store {
    /// Takes a step of an account's opening. [`StoreError::Conflict`] when its id, its customer or
    /// its request is taken, or when somebody else took the step.
    pub async fn open(
        &self,
        invocation: &Invocation,
        change: &Change,
        opening: &Opening,
    ) -> Result<(), StoreError> {
        let members = opening.members.iter().cloned().map(Write::Member);
        let change = change
            .clone()
            .with(Write::Intent(opening.intent.clone()))
            .with_all(opening.customer.clone().map(Write::CustomerLink))
            .with_all(members)
            .with_all(used_key(opening.request.as_ref()));
        match &opening.parent {
            Some(parent) => self.commit_both(invocation, &change, parent).await,
            None => self.commit(invocation, &change).await.map(|_| ()),
        }
    }

    /// Keeps how far an intent is, and nothing else but the request that brought it so far.
    pub async fn keep_intent(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        intent: &Intent,
        request: Option<&(String, Request)>,
    ) -> Result<(), StoreError> {
        let mut writes = vec![Write::Intent(intent.clone())];
        writes.extend(used_key(request));
        self.keep(invocation, account, &writes).await
    }

    /// Takes back the first step of an opening: Stripe refused to make the customer, so there is to
    /// be no such account. [`StoreError::Conflict`] when something was done with the account
    /// meanwhile.
    pub async fn take_back(
        &self,
        invocation: &Invocation,
        Begun { standing, intent, .. }: &Begun,
        members: &[Member],
        parent: Option<&Change>,
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
        if standing.family.as_sub_account().is_some() {
            transaction.delete(keys::payers(account));
        }
        if let Some(parent) = parent {
            commit::add(&mut transaction, parent, invocation);
        }
        if let Some(request) = &intent.request {
            transaction.delete_if_there(keys::request(request));
        }
        self.transact(invocation, transaction).await
    }
}
