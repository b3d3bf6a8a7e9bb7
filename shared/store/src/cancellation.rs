//! What the cancellation check asks for, and the vendor's blockers as one item: so the check is one request.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::account::Standing;
use billing::cancellation::{Blocker, BlockerCode, Blockers, Check, check};
use billing::change::{Change, Write};
use billing::ids::AccountId;
use billing::time::Timestamp;
use billing::usage::Allowance;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::usage::{used, used_keys};
use crate::{Store, standing};

/// The items that [`checked`] needs, the standing among them.
pub fn check_keys(account: &AccountId, now: Timestamp) -> Vec<Key> {
    let used = used_keys(account, now).into_iter();
    used.chain([keys::standing(account), keys::blockers(account)]).collect()
}

/// The standing and the cancellation check (A5 to A10) of an account, by the items of [`check_keys`]; nothing when
/// there is no such account. `limits` is `Catalog::cancellation_limits`.
pub fn checked(
    items: &[Attributes],
    limits: &[Allowance],
) -> Result<Option<(Standing, Check)>, StoreError> {
    let Some(item) = find(items, "standing")? else { return Ok(None) };
    let standing = standing::read(item)?;
    let check = check(&standing, &used(items)?, &read_among(items)?, limits);
    Ok(Some((standing, check)))
}

/// The blockers among some items of an account; none where there is no such item.
pub fn read_among(items: &[Attributes]) -> Result<Blockers, StoreError> {
    find(items, "blockers")?.map_or_else(|| Ok(Blockers::default()), read)
}

fn find<'a>(items: &'a [Attributes], entity: &str) -> Result<Option<&'a Attributes>, StoreError> {
    for item in items {
        if Reader::new(item).text(keys::ENTITY)? == entity {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

pub(crate) fn read(item: &Attributes) -> Result<Blockers, StoreError> {
    let item = Reader::new(item);
    let mut all = BTreeMap::new();
    for (code, blocker) in item.maps("all")? {
        let code = BlockerCode::parse(code).map_err(|error| item.corrupt(error.to_string()))?;
        let detail = blocker.text("detail")?.to_owned();
        let clears_by = blocker.text("clears_by")?.to_owned();
        all.insert(code, Blocker { detail, clears_by });
    }
    Ok(Blockers { version: item.number(keys::VERSION)?, all })
}

pub(crate) fn write(account: &AccountId, blockers: &Blockers) -> Attributes {
    let all = blockers.all.iter().map(|(code, Blocker { detail, clears_by })| {
        let map = Writer::default().text("detail", &**detail).text("clears_by", &**clears_by);
        (code.as_str().to_owned(), AttributeValue::M(map.done()))
    });
    let version = blockers.version.saturating_add(1);
    Writer::item(keys::blockers(account), "blockers", version).map("all", all.collect()).done()
}

impl Store {
    /// Keeps what the vendor says keeps an account from cancelling.
    pub async fn save_blockers(
        &self,
        invocation: &Invocation,
        change: &Change,
        blockers: &Blockers,
    ) -> Result<(), StoreError> {
        self.commit(invocation, &change.clone().with(Write::Blockers(blockers.clone()))).await?;
        Ok(())
    }
}
