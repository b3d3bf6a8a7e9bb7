//! API keys of an account: made, listed, deleted. The secret is returned once and never kept.

use billing::authority::{AccountKey, KeyRefusal, Role};
use billing::decide::note;
use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use invocation::Invocation;
use runtime::input::Idempotency;
use runtime::key::{KeyHash, new_key};
use store::credential::Request;
use store::{Part, Store, StoreError};
use tracing::info;

use crate::{Failure, Subject};

/// Random bytes in the id of a key.
const ID_BYTES: usize = 6;

/// API keys of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What the key may do.
    pub role: Role,
    /// The Idempotency-Key of the request, if it has one.
    pub idempotency: Option<Idempotency>,
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    /// The key as it is listed.
    pub key: AccountKey,
    /// Its secret.
    pub secret: String,
}

impl Keys<'_> {
    /// Parts that a subject needs.
    pub fn parts(idempotency: Option<&Idempotency>) -> Vec<Part> {
        let request = idempotency.map(|it| Part::Request(it.fingerprint.clone()));
        [Part::Standing].into_iter().chain(request).collect()
    }

    /// Makes a key.
    ///
    /// # Errors
    /// The same request made one before, or the table failed.
    pub async fn make(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        new: &NewKey,
    ) -> Result<MadeKey, Failure<KeyRefusal>> {
        invocation.retry_conflicts(|| self.try_to_make(invocation, subject, new)).await
    }

    /// Every key of the account, in order of their ids.
    ///
    /// # Errors
    /// The table's.
    pub async fn all(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<AccountKey>, StoreError> {
        self.store.account_keys(invocation, account).await
    }

    /// Deletes the key of an id: it opens nothing from then on.
    ///
    /// # Errors
    /// There is no such key, or the table failed.
    pub async fn delete(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &str,
    ) -> Result<(), Failure<KeyRefusal>> {
        invocation.retry_conflicts(|| self.try_to_delete(invocation, subject, id)).await
    }

    async fn try_to_make(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        NewKey { role, idempotency }: &NewKey,
    ) -> Result<MadeKey, Failure<KeyRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let parts = Self::parts(idempotency.as_ref());
        let loaded = subject.parts(invocation, self.store, &parts).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;

        if let Some(idempotency) = idempotency
            && let Some(before) = loaded.request(&idempotency.fingerprint, now)?
        {
            let same = before.body == idempotency.body;
            let shown = KeyRefusal::SecretAlreadyShown(before.made);
            let refusal = if same { shown } else { KeyRefusal::IdempotencyKeyReused };
            return Err(Failure::Refused(refusal));
        }

        let made = drawn(invocation, *role)?;
        let role_is = Some(Value::Text(role.as_str().to_owned()));
        let entry = Entry::new(now, Kind::KeyCreated, Some(&made.key.id));
        let change = note(&standing, entry.with("role", None, role_is), now);
        let request = idempotency.as_ref().map(|it| remembered(it, &made.key.id));
        self.store.add_key(invocation, &change, &made.key, request.as_ref()).await?;

        let id = &made.key.id;
        info!(account.id = %account, key.id = %id, "made API key {id} of {account}");
        Ok(made)
    }

    async fn try_to_delete(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &str,
    ) -> Result<(), Failure<KeyRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let loaded = subject.parts(invocation, self.store, &Self::parts(None)).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let all = self.store.account_keys(invocation, account).await?;
        let key = all.into_iter().find(|key| key.id == id);
        let key = key.ok_or(Failure::Refused(KeyRefusal::Unknown))?;

        let entry = Entry::new(now, Kind::KeyDeleted, Some(&key.id));
        let change = note(&standing, entry, now);
        self.store.delete_key(invocation, &change, &key).await?;

        info!(account.id = %account, key.id = %id, "deleted API key {id} of {account}");
        Ok(())
    }
}

fn drawn(invocation: &Invocation, role: Role) -> Result<MadeKey, Failure<KeyRefusal>> {
    let secret = new_key("account", &invocation.entropy)?;
    let hash = KeyHash::of(&secret).as_str().to_owned();
    let id = format!("key-{}", invocation.entropy.hex(ID_BYTES)?);
    Ok(MadeKey { key: AccountKey { id, role, created_at: invocation.now, hash }, secret })
}

fn remembered(idempotency: &Idempotency, made: &str) -> (String, Request) {
    let Idempotency { fingerprint, body, expires_at } = idempotency.clone();
    (fingerprint, Request { body, made: made.to_owned(), expires_at })
}
