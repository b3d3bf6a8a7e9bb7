//! API keys of an account: made, listed, revoked. The secret is returned once and never kept.

use std::slice;

use billing::account::Standing;
use billing::api_key::{AccountKey, KEYS_MAX, KeyRefusal};
use billing::authority::Role;
use billing::change::Change;
use billing::decide::{note, note_all};
use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::Problem;
use runtime::input::{Checks, Idempotency, NOT_PLAIN, is_plain};
use runtime::key::{KeyHash, new_key};
use store::credential::Request;
use store::{Part, Store, StoreError};
use tracing::info;

use crate::{Failure, Subject};

/// Random bytes in the id of a key.
const ID_BYTES: usize = 6;
/// Most keys that one commit takes off the list: a transaction has room for 100 items.
const REVOKED_AT_ONCE: usize = 45;
/// Longest label of a key, in characters.
const NAME_CHARACTERS_MAX: usize = 60;

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
    /// Label.
    pub name: String,
    /// Mode of the deployment, `live` or `test`, which the secret tells.
    pub mode: &'static str,
    /// Hash of the account's key that makes it; none for a key of the vendor or of staff.
    pub by: Option<String>,
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

    /// Revokes the key of an id. The key opens nothing from the first write on, whatever else
    /// changes the account at the same time; its listing and the journal follow.
    ///
    /// # Errors
    /// There is no such key, or the table failed.
    pub async fn revoke(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &str,
    ) -> Result<(), Failure<KeyRefusal>> {
        let all = self.store.account_keys(invocation, &subject.account).await?;
        let key = all.into_iter().find(|key| key.id == id);
        let key = key.ok_or(Failure::Refused(KeyRefusal::Unknown))?;
        self.take_out_of_service(invocation, &key).await?;

        invocation.retry_conflicts(|| self.try_to_unlist(invocation, subject, &key)).await
    }

    /// Revokes every key of the account; the key of the hash `own`, which the request came with, is
    /// the last to go, so that the same request can go on behind an interruption.
    ///
    /// # Errors
    /// The table's.
    pub async fn revoke_all(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        own: Option<&str>,
    ) -> Result<(), Failure<KeyRefusal>> {
        invocation.retry_conflicts(|| self.try_to_revoke_all(invocation, subject, own)).await
    }

    async fn take_out_of_service(
        &self,
        invocation: &Invocation,
        key: &AccountKey,
    ) -> Result<(), Failure<KeyRefusal>> {
        let revoke = || self.store.revoke_key(invocation, &key.hash);
        Ok(invocation.retry_conflicts(revoke).await?)
    }

    async fn try_to_unlist(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        key: &AccountKey,
    ) -> Result<(), Failure<KeyRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let loaded = subject.parts(invocation, self.store, &Self::parts(None)).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;

        let change = revoked(&standing, slice::from_ref(key), now);
        self.store.unlist_keys(invocation, &change, slice::from_ref(key)).await?;

        let id = &key.id;
        info!(account.id = %account, key.id = %id, "revoked API key {id} of {account}");
        Ok(())
    }

    async fn try_to_revoke_all(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        own: Option<&str>,
    ) -> Result<(), Failure<KeyRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let loaded = subject.parts(invocation, self.store, &Self::parts(None)).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;

        // Read behind the standing, under which a key is made: none is overlooked.
        let all = self.store.account_keys(invocation, account).await?;
        let (last, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|key| Some(key.hash.as_str()) == own);
        for key in &others {
            self.take_out_of_service(invocation, key).await?;
        }

        let (mut standing, count) = (standing, others.len().saturating_add(last.len()));
        let keys: Vec<AccountKey> = others.into_iter().chain(last).collect();
        for some in keys.chunks(REVOKED_AT_ONCE) {
            let change = revoked(&standing, some, now);
            standing = self.store.unlist_keys(invocation, &change, some).await?;
        }
        info!(account.id = %account, "revoked all API keys of {account}: {count}");
        Ok(())
    }

    async fn try_to_make(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        new: &NewKey,
    ) -> Result<MadeKey, Failure<KeyRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let idempotency = &new.idempotency;
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

        if self.store.account_keys(invocation, account).await?.len() >= KEYS_MAX {
            return Err(Failure::Refused(KeyRefusal::TooMany));
        }
        let made = drawn(invocation, new)?;
        let role_is = Some(Value::Text(new.role.as_str().to_owned()));
        let entry = Entry::new(now, Kind::KeyCreated, Some(&made.key.id));
        let name_is = Some(Value::Text(new.name.clone()));
        let entry = entry.with("role", None, role_is).with("name", None, name_is);
        let change = note(&standing, entry, now);
        let request = idempotency.as_ref().map(|it| remembered(it, &made.key.id));
        let key = (&made.key, new.by.as_deref());
        self.store.add_key(invocation, &change, key, request.as_ref()).await?;

        let id = &made.key.id;
        info!(account.id = %account, key.id = %id, "made API key {id} of {account}");
        Ok(made)
    }
}

/// Role and label of a key as a caller writes them.
///
/// # Errors
/// 422 with every wrong field.
pub fn wanted(role: &str, name: &str) -> Result<(Role, String), Problem> {
    let (role, name) = (Role::parse(role), name.trim().to_owned());

    let mut checks = Checks::default();
    let detail = "`account_administrator`, `finance` or `member` is expected.";
    checks.expect(role.is_some(), "role", detail);
    let fits = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count());
    checks.expect_range(fits, "name", "1 to 60 characters are expected.");
    checks.expect(is_plain(&name), "name", NOT_PLAIN);
    checks.passed()?;

    let role = role.ok_or_else(Problem::internal)?;
    Ok((role, name))
}

/// The journal's word on keys that are revoked.
fn revoked(standing: &Standing, keys: &[AccountKey], now: Timestamp) -> Change {
    let entries = keys.iter().map(|key| {
        let name = Some(Value::Text(key.name.clone()));
        Entry::new(now, Kind::KeyDeleted, Some(&key.id)).with("name", name, None)
    });
    note_all(standing, entries.collect(), now)
}

fn drawn(invocation: &Invocation, new: &NewKey) -> Result<MadeKey, Failure<KeyRefusal>> {
    let secret = new_key(&format!("account_{}", new.mode), &invocation.entropy)?;
    let key = AccountKey {
        id: format!("key-{}", invocation.entropy.hex(ID_BYTES)?),
        name: new.name.clone(),
        role: new.role,
        created_at: invocation.now,
        created_by: invocation.cause().actor,
        last_used_on: None,
        hash: KeyHash::of(&secret).as_str().to_owned(),
    };
    Ok(MadeKey { key, secret })
}

fn remembered(idempotency: &Idempotency, made: &str) -> (String, Request) {
    let Idempotency { fingerprint, body, expires_at } = idempotency.clone();
    (fingerprint, Request { body, made: made.to_owned(), expires_at })
}
