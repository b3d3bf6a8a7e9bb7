//! The vendor's cancellation blockers as one item: so the cancellation check is one request.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::cancellation::{Blocker, BlockerCode, Blockers};
use billing::change::{Change, Write};
use billing::ids::AccountId;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

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
