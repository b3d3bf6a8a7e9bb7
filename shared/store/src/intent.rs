//! An intent as an item. Open, it stays until it is done; done, it is kept for a while, so that the
//! request that asked for it is known again.

use billing::ids::AccountId;
use billing::intent::{Intent, IntentStatus};
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// How long a done intent is kept, in seconds: as long as a request is remembered by its key.
pub const DONE_SECONDS: i64 = 7 * DAY_SECONDS;

/// The item of an intent, at a version, written at `now`.
pub fn write(account: &AccountId, intent: &Intent, version: u64, now: Timestamp) -> Attributes {
    let forgotten_at = match intent.status {
        IntentStatus::Open => None,
        IntentStatus::Done => Some(now.plus_seconds(DONE_SECONDS)),
    };
    Writer::item(keys::intent(account, &intent.id), "intent", version)
        .text("id", &*intent.id)
        .text("token", &*intent.token)
        .text("content", &*intent.content)
        .maybe_text("request", intent.request.as_deref())
        .text("status", intent.status.word())
        .number("begun_at", intent.begun_at.0)
        .number("attempt", intent.attempt)
        .number("attempted_at", intent.attempted_at.0)
        .flag("spent", intent.spent)
        .maybe_time(keys::EXPIRES_AT, forgotten_at)
        .done()
}

/// The intent of an item.
pub fn read(item: &Attributes) -> Result<Intent, StoreError> {
    let item = Reader::new(item);
    Ok(Intent {
        version: item.number(keys::VERSION)?,
        id: item.text("id")?.to_owned(),
        token: item.text("token")?.to_owned(),
        content: item.text("content")?.to_owned(),
        request: item.maybe_text("request")?.map(str::to_owned),
        status: item.word("status", IntentStatus::of_word)?,
        begun_at: item.time("begun_at")?,
        attempt: item.number("attempt")?,
        attempted_at: item.time("attempted_at")?,
        spent: item.flag("spent")?,
    })
}
