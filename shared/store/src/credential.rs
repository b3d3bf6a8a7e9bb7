//! API keys and remembered requests as items.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use billing::account::Standing;
use billing::api_key::Credential;
use billing::authority::{Principal, Role, StaffRole};
use billing::change::{Change, Write};
use billing::ids::AccountId;
use billing::month::Day;
use billing::words::Word;
use invocation::Invocation;
use tracing::warn;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::expression::Expression;
use crate::transaction::Transaction;
use crate::{journal, keys};

pub use billing::api_key::AccountKey;
pub use billing::request::UsedKey as Request;

/// Attribute with the last day on which a listed key was used.
const USED_ON: &str = "used_on";
/// Characters of a hash that name a key which was made before keys had ids.
const OLD_ID_CHARACTERS: usize = 12;

/// The item of an API key.
pub fn write_key(hash: &str, credential: &Credential) -> Attributes {
    let item = Writer::item(keys::api_key(hash), "api_key", 1)
        .text("id", &*credential.id)
        .text("name", &*credential.name);
    match &credential.principal {
        Principal::Vendor => item.text("scope", "vendor"),
        Principal::Staff(role) => item.text("scope", "staff").text("role", role.word()),
        Principal::Account { account, role } => item
            .text("scope", "account")
            .text("account", account.as_str())
            .text("role", role.as_str()),
    }
    .done()
}

/// The credential of an API key's item.
pub fn read_key(item: &Attributes) -> Result<Credential, StoreError> {
    let item = Reader::new(item);
    let scope = item.text("scope")?;
    let principal = match scope {
        "vendor" => Principal::Vendor,
        // Staff keys that were made before roles move money.
        "staff" => {
            Principal::Staff(item.maybe("role", StaffRole::of_word)?.unwrap_or(StaffRole::Billing))
        }
        "account" => Principal::Account {
            account: item.word("account", |id| AccountId::parse(id).ok())?,
            role: item.word("role", Role::parse)?,
        },
        other => return Err(item.corrupt(format!("`scope` is `{other}`"))),
    };

    let id = match item.maybe_text("id")? {
        Some(id) => id.to_owned(),
        None => format!("key-{}", old_id(item.text(keys::PK)?)),
    };
    let name = item.maybe_text("name")?.unwrap_or(scope).to_owned();
    Ok(Credential { id, name, principal })
}

/// The first digits of the hash in a key's partition.
fn old_id(partition: &str) -> String {
    let hash = partition.rsplit('#').next().unwrap_or_default();
    hash.chars().take(OLD_ID_CHARACTERS).collect()
}

/// The item that lists an account's key.
pub fn write_account_key(account: &AccountId, key: &AccountKey) -> Attributes {
    Writer::item(keys::account_key(account, &key.id), "account_key", 1)
        .text("id", &*key.id)
        .text("name", &*key.name)
        .text("role", key.role.as_str())
        .number("created_at", key.created_at.0)
        .list("created_by", journal::write_actor(key.created_by.as_ref()))
        .maybe_text(USED_ON, key.last_used_on.map(|day| day.to_string()))
        .text("hash", &*key.hash)
        .done()
}

/// The key that such an item lists.
pub fn read_account_key(item: &Attributes) -> Result<AccountKey, StoreError> {
    let item = Reader::new(item);
    Ok(AccountKey {
        id: item.text("id")?.to_owned(),
        name: item.maybe_text("name")?.unwrap_or_default().to_owned(),
        role: item.word("role", Role::parse)?,
        created_at: item.time("created_at")?,
        created_by: journal::read_actor(&item, "created_by")?,
        last_used_on: item.maybe(USED_ON, |day| Day::parse(day).ok())?,
        hash: item.text("hash")?.to_owned(),
    })
}

/// The item of a remembered request.
pub fn write_request(fingerprint: &str, request: &Request) -> Attributes {
    Writer::item(keys::request(fingerprint), "request", 1)
        .text("body", &*request.body)
        .text("made", &*request.made)
        .number(keys::EXPIRES_AT, request.expires_at.0)
        .done()
}

/// The request that such an item remembers.
pub fn read_request(item: &Attributes) -> Result<Request, StoreError> {
    let item = Reader::new(item);
    Ok(Request {
        body: item.text("body")?.to_owned(),
        made: item.text("made")?.to_owned(),
        expires_at: item.time(keys::EXPIRES_AT)?,
    })
}

/// Days on which keys were marked as used, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<String, Day>>);

/// Most keys whose use is remembered.
const USES_MAX: usize = 1_000;

impl Uses {
    /// True for the first use of a key on a day.
    fn is_first(&self, id: &str, day: Day) -> bool {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= USES_MAX {
            uses.clear();
        }
        uses.insert(id.to_owned(), day).is_none_or(|before| before < day)
    }
}

/// The write that remembers what an Idempotency-Key was used for.
pub(crate) fn used_key(request: Option<&(String, Request)>) -> Option<Write> {
    request.map(|(fingerprint, used)| Write::UsedKey(fingerprint.clone(), used.clone()))
}

impl Store {
    /// Adds an API key to an account. `by` is the hash of the account's key that makes it: a key
    /// that was revoked meanwhile makes none.
    pub async fn add_key(
        &self,
        invocation: &Invocation,
        change: &Change,
        (key, by): (&AccountKey, Option<&str>),
        request: Option<&(String, Request)>,
    ) -> Result<(), StoreError> {
        let change = change
            .clone()
            .with(Write::KeyCreated(key.clone()))
            .with_all(by.map(|hash| Write::KeyStands(hash.to_owned())))
            .with_all(used_key(request));
        self.commit(invocation, &change).await?;
        Ok(())
    }

    /// Takes an API key out of service, whatever else happens to its account: it opens nothing from
    /// then on. Its listing goes with [`Store::unlist_keys`].
    pub async fn revoke_key(&self, invocation: &Invocation, hash: &str) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.delete_if_there(keys::api_key(hash));
        self.transact(invocation, transaction).await
    }

    /// Deletes API keys of an account with their listings, and tells it in the journal.
    pub async fn unlist_keys(
        &self,
        invocation: &Invocation,
        change: &Change,
        revoked: &[AccountKey],
    ) -> Result<Standing, StoreError> {
        let revoked = revoked.iter().cloned().map(Write::KeyRevoked);
        self.commit(invocation, &change.clone().with_all(revoked)).await
    }

    /// Marks the key of an account as used today, at most once a day by each warm function. What
    /// stops the mark stops no request.
    pub async fn mark_key_used(&self, invocation: &Invocation, account: &AccountId, id: &str) {
        let today = Day::of(invocation.now);
        if !self.uses.is_first(id, today) {
            return;
        }

        let text = AttributeValue::S(today.to_string());
        let mut mark = Expression::new(keys::account_key(account, id));
        let (there, used, day) = (mark.name(keys::PK), mark.name(USED_ON), mark.value(text));
        mark.set.push(format!("{used} = {day}"));
        mark.conditions.push(format!("attribute_exists({there})"));
        mark.conditions.push(format!("(attribute_not_exists({used}) OR {used} < {day})"));
        let mut transaction = Transaction::default();
        transaction.update(mark);

        match self.transact(invocation, transaction).await {
            // Another warm function marked it, or it was revoked.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => {
                warn!(key.id = %id, reason = %error, "API key {id} is not marked as used: {error}");
            }
        }
    }

    /// Every API key of an account, in order of their ids. The standing, read before, guards the
    /// set.
    pub async fn account_keys(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<AccountKey>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::ACCOUNT_KEYS).await?;
        items.iter().map(read_account_key).collect()
    }
}
