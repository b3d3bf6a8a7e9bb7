//! A dead letter as an item. Open letters stand in one partition of the index `due`, letters that
//! ended in another, both by the time of death.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::dead_letter::{
    DeadLetter, Ended, LetterEnd, LetterKind, LetterList, LetterSubject, SourceQueue,
};
use billing::ids::AccountId;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, ALL_DUE, Key};
use crate::read::retried;
use crate::transaction::{Condition, Transaction};

/// Open letters, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenLetters {
    /// Number of them, up to [`crate::due::PAGE_ENTRIES_MAX`].
    pub count: usize,
    /// Time at which the oldest one died.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// Keeps a letter under the version that it was read at, 0 for a new one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is there, or another person was faster.
    pub async fn keep_dead_letter(
        &self,
        invocation: &Invocation,
        letter: &DeadLetter,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(letter), Condition::read_at(letter.version));
        self.transact(invocation, transaction).await
    }

    /// A letter by its id; none for one that was never kept, or whose time is over.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn dead_letter(
        &self,
        invocation: &Invocation,
        id: &str,
    ) -> Result<Option<DeadLetter>, StoreError> {
        let item = self.get(invocation, keys::dead_letter(id)).await?;
        let letter = item.as_ref().map(read).transpose()?;
        Ok(letter.filter(|it| it.expires_at().is_none_or(|at| at > invocation.now)))
    }

    /// Letters of a list in front of a place, the newest first: at most `limit`, and the place of
    /// the last one that was looked at, if others follow. One that changed lists since the index
    /// was written is left out.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn dead_letters(
        &self,
        invocation: &Invocation,
        list: LetterList,
        (before, limit): (Option<&str>, usize),
    ) -> Result<(Vec<DeadLetter>, Option<String>), StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let (from, until) = (ALL_DUE.0, before.unwrap_or(ALL_DUE.1));
        // The place itself lies in the range, and is left out below.
        let most = limit.saturating_add(2);
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", text(keys::letters_due(list)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(until))
            .scan_index_forward(false)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let mut entries = Vec::new();
        for item in answer.items() {
            let item = Reader::new(item);
            let key =
                Key { pk: item.text(keys::PK)?.to_owned(), sk: item.text(keys::SK)?.to_owned() };
            entries.push((key, item.text(keys::DUE_SK)?.to_owned()));
        }
        entries.retain(|(_, place)| Some(place.as_str()) != before);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let end = entries.last().map(|(_, place)| place.clone()).filter(|_| more);

        let keys: Vec<Key> = entries.into_iter().map(|(key, _)| key).collect();
        let items = self.batch_all(invocation, &keys).await?;
        let letters = keys.iter().filter_map(|key| items.get(key)).map(read);
        let letters: Vec<DeadLetter> = letters.collect::<Result<_, _>>()?;
        let stands = |it: &DeadLetter| {
            it.list() == list && it.expires_at().is_none_or(|at| at > invocation.now)
        };
        Ok((letters.into_iter().filter(stands).collect(), end))
    }

    /// Open letters, counted by the index.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn open_letters(&self, invocation: &Invocation) -> Result<OpenLetters, StoreError> {
        let partition = keys::letters_due(LetterList::Open);
        let page = self.page(invocation, partition, ALL_DUE, None).await?;
        let Some(oldest) = page.found.first() else { return Ok(OpenLetters::default()) };
        let oldest = self.get(invocation, oldest.clone()).await?;
        let oldest = oldest.as_ref().map(read).transpose()?;
        Ok(OpenLetters { count: page.found.len(), oldest: oldest.map(|it| it.died_at) })
    }
}

fn write(letter: &DeadLetter) -> Attributes {
    let DeadLetter { version, id, queue, subject, reason, receives, died_at, body, ended } = letter;
    let ends = ended.as_ref().map(write_ended).unwrap_or_default();
    Writer::item(keys::dead_letter(id), "dead_letter", version.saturating_add(1))
        .text("id", &**id)
        .maybe_text("queue", queue.map(Word::word))
        .text("kind", subject.kind.word())
        .maybe_text("account", subject.account.as_ref().map(AccountId::as_str))
        .maybe_text("event", subject.event.as_deref())
        .maybe_text("event_type", subject.event_type.as_deref())
        .maybe_text("earlier", subject.earlier.as_deref())
        .maybe_text("reason", reason.as_deref())
        .maybe_number("receives", *receives)
        .number("died", died_at.0)
        .maybe_text("body", body.as_deref())
        .map("ended", ends)
        .maybe_time(keys::EXPIRES_AT, letter.expires_at())
        .text(keys::DUE_PK, keys::letters_due(letter.list()))
        .text(keys::DUE_SK, letter.position())
        .done()
}

fn write_ended(ended: &Ended) -> Attributes {
    let Ended { how, at, by, name, reason, request } = ended;
    Writer::default()
        .text("how", how.word())
        .number("at", at.0)
        .text("by", &**by)
        .text("name", &**name)
        .text("reason", &**reason)
        .maybe_text("request", request.as_deref())
        .done()
}

fn read(item: &Attributes) -> Result<DeadLetter, StoreError> {
    let item = Reader::new(item);
    let text = |name: &str| Ok::<_, StoreError>(item.maybe_text(name)?.map(str::to_owned));
    let ended = item.map("ended")?.map(read_ended).transpose()?;
    Ok(DeadLetter {
        version: item.number(keys::VERSION)?,
        id: item.text("id")?.to_owned(),
        queue: item.maybe("queue", SourceQueue::of_word)?,
        subject: LetterSubject {
            kind: item.word("kind", LetterKind::of_word)?,
            account: item.maybe("account", |id| AccountId::parse(id).ok())?,
            event: text("event")?,
            event_type: text("event_type")?,
            earlier: text("earlier")?,
        },
        reason: text("reason")?,
        receives: item.maybe_number("receives")?,
        died_at: item.time("died")?,
        body: text("body")?,
        ended,
    })
}

fn read_ended(map: Reader<'_>) -> Result<Ended, StoreError> {
    Ok(Ended {
        how: map.word("how", LetterEnd::of_word)?,
        at: map.time("at")?,
        by: map.maybe_text("by")?.unwrap_or_default().to_owned(),
        name: map.maybe_text("name")?.unwrap_or_default().to_owned(),
        reason: map.text("reason")?.to_owned(),
        request: map.maybe_text("request")?.map(str::to_owned),
    })
}
