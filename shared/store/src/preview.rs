//! Previews of changes as items: what a customer was told that a change costs (D6).

use billing::change::Write;
use billing::ids::AccountId;
use billing::plan_change::Target;
use billing::preview::Preview;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The preview of an item.
pub fn read(item: &Attributes) -> Result<Preview, StoreError> {
    let item = Reader::new(item);
    Ok(Preview {
        id: item.text("id")?.to_owned(),
        target: Target {
            plan: item.text("plan")?.to_owned(),
            interval: item.word("every", billing::fact::Interval::of_word)?,
            seats: item.number("seats")?,
        },
        at: item.time("at")?,
        due: item.money("due", "currency")?,
        is_now: item.flag("now")?,
        expires_at: item.time(keys::EXPIRES_AT)?,
    })
}

pub(crate) fn write(account: &AccountId, preview: &Preview) -> Attributes {
    Writer::item(keys::preview(account, &preview.id), "preview", 1)
        .text("id", &*preview.id)
        .text("plan", &*preview.target.plan)
        .text("every", preview.target.interval.word())
        .number("seats", preview.target.seats)
        .number("at", preview.at.0)
        .number("due", preview.due.amount)
        .text("currency", preview.due.currency.as_str())
        .flag("now", preview.is_now)
        .number(keys::EXPIRES_AT, preview.expires_at.0)
        .done()
}

impl Store {
    /// Keeps a preview.
    pub async fn keep_preview(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        preview: &Preview,
    ) -> Result<(), StoreError> {
        self.keep(invocation, account, &[Write::Preview(preview.clone())]).await
    }
}
