//! API keys and remembered requests as items.

use billing::authority::{Principal, Role};
use billing::ids::AccountId;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

pub use billing::authority::AccountKey;
pub use billing::request::UsedKey as Request;

/// The item of an API key.
pub fn write_key(hash: &str, principal: &Principal) -> Attributes {
    let item = Writer::item(keys::api_key(hash), "api_key", 1);
    match principal {
        Principal::Vendor => item.text("scope", "vendor"),
        Principal::Staff => item.text("scope", "staff"),
        Principal::Account { account, role } => item
            .text("scope", "account")
            .text("account", account.as_str())
            .text("role", role.as_str()),
    }
    .done()
}

/// The principal of an API key's item.
pub fn read_key(item: &Attributes) -> Result<Principal, StoreError> {
    let item = Reader::new(item);
    match item.text("scope")? {
        "vendor" => Ok(Principal::Vendor),
        "staff" => Ok(Principal::Staff),
        "account" => Ok(Principal::Account {
            account: item.word("account", |id| AccountId::parse(id).ok())?,
            role: item.word("role", Role::parse)?,
        }),
        other => Err(item.corrupt(format!("`scope` is `{other}`"))),
    }
}

/// The item that lists an account's key.
pub fn write_account_key(account: &AccountId, key: &AccountKey) -> Attributes {
    Writer::item(keys::account_key(account, &key.id), "account_key", 1)
        .text("id", &*key.id)
        .text("role", key.role.as_str())
        .number("created_at", key.created_at.0)
        .text("hash", &*key.hash)
        .done()
}

/// The key that such an item lists.
pub fn read_account_key(item: &Attributes) -> Result<AccountKey, StoreError> {
    let item = Reader::new(item);
    Ok(AccountKey {
        id: item.text("id")?.to_owned(),
        role: item.word("role", Role::parse)?,
        created_at: item.time("created_at")?,
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

impl Store {
    /// Every API key of an account, in order of their ids. The standing, read before, guards the set.
    pub async fn account_keys(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<AccountKey>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::ACCOUNT_KEYS).await?;
        items.iter().map(read_account_key).collect()
    }
}
