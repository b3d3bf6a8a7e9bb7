//! A mail as an item of the log, and records of the journal whose mails are not decided yet.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::{AccountId, MemberId};
use billing::journal::Record;
use billing::mails::{Mail, MailKind, MailStatus, Recipient};
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::journal;
use crate::keys::{self, Key};
use crate::read::retried;
use crate::transaction::{Condition, Transaction};

/// The item of a mail, at the version behind the one that it was read at. It has no address, no
/// name and no body.
pub fn write(account: &AccountId, mail: &Mail) -> Attributes {
    let Mail { version, recorded_at, sequence, place, kind, recipient, .. } = mail;
    let member = match recipient {
        Some(Recipient::Member(id)) => Some(id.as_str()),
        Some(Recipient::Billing) | None => None,
    };
    let (ses_id, code) = match &mail.status {
        MailStatus::Sent(id) => (Some(id.as_str()), None),
        MailStatus::Refused(code) => (None, Some(code.as_str())),
        MailStatus::Sending
        | MailStatus::Released
        | MailStatus::InDoubt
        | MailStatus::Superseded => (None, None),
    };
    Writer::item(keys::mail(account, &mail.id()), "mail", version.saturating_add(1))
        .number("recorded_at", recorded_at.0)
        .number("seq", sequence)
        .number("place", place)
        .text("kind", kind.word())
        .flag("billing", *recipient == Some(Recipient::Billing))
        .maybe_text("member", member)
        .text("status", mail.status.word())
        .maybe_text("ses_id", ses_id)
        .maybe_text("code", code)
        .number("sendings", mail.sendings)
        .number("at", mail.at.0)
        .flag("again", mail.is_asked_again)
        .number(keys::EXPIRES_AT, mail.expires_at().0)
        .done()
}

/// The mail of an item.
pub fn read(item: &Attributes) -> Result<Mail, StoreError> {
    let item = Reader::new(item);
    let member = item.maybe("member", |id| MemberId::parse(id).ok())?.map(Recipient::Member);
    let billing = item.flag("billing")?.then_some(Recipient::Billing);
    let text = |name: &str| Ok::<_, StoreError>(item.maybe_text(name)?.unwrap_or_default());
    let status = match item.text("status")? {
        "sending" => MailStatus::Sending,
        "waiting" => MailStatus::Released,
        "sent" => MailStatus::Sent(text("ses_id")?.to_owned()),
        "in_doubt" => MailStatus::InDoubt,
        "refused" => MailStatus::Refused(text("code")?.to_owned()),
        "superseded" => MailStatus::Superseded,
        other => return Err(item.corrupt(format!("`status` is `{other}`"))),
    };
    Ok(Mail {
        version: item.number(keys::VERSION)?,
        recorded_at: item.time("recorded_at")?,
        sequence: item.number("seq")?,
        place: item.number("place")?,
        kind: item.word("kind", MailKind::of_word)?,
        recipient: member.or(billing),
        status,
        sendings: item.number("sendings")?,
        at: item.time("at")?,
        is_asked_again: item.flag("again")?,
    })
}

impl Store {
    /// Keeps a mail under the version that it was read at. The mail as it is then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another writer was faster.
    pub async fn keep_mail(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        mail: &Mail,
    ) -> Result<Mail, StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(account, mail), Condition::read_at(mail.version));
        self.transact(invocation, transaction).await?;
        Ok(Mail { version: mail.version.saturating_add(1), ..mail.clone() })
    }

    /// Mails about a record of the journal.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn mails_about(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        record: &Record,
    ) -> Result<Vec<Mail>, StoreError> {
        let (from, to) = keys::mails_about(record.at, record.sequence);
        let partition = keys::account_partition(account);
        let items = self.all_between(invocation, &partition, &from, &to).await?;
        items.iter().map(read).collect()
    }

    /// Mails about the journal's records of a second.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn mails_at(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        at: Timestamp,
    ) -> Result<Vec<Mail>, StoreError> {
        let (from, to) = keys::mails_at(at);
        let partition = keys::account_partition(account);
        let items = self.all_between(invocation, &partition, &from, &to).await?;
        items.iter().map(read).collect()
    }

    /// A mail by its id.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn mail(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<Mail>, StoreError> {
        let key = keys::mail(account, id);
        let items = self.all_between(invocation, &key.pk, &key.sk, &key.sk).await?;
        items.first().map(read).transpose()
    }

    /// Mails of an account, the newest first: at most `limit`, those in front of an id, and whether
    /// there are more.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn mails(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (before, limit): (Option<&str>, i32),
    ) -> Result<(Vec<Mail>, bool), StoreError> {
        let before = before.map(|id| {
            let Key { pk, sk } = keys::mail(account, id);
            let text = |text: String| AttributeValue::S(text);
            HashMap::from([(keys::PK.to_owned(), text(pk)), (keys::SK.to_owned(), text(sk))])
        });
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :mail)")
            .expression_attribute_values(":pk", text(&keys::account_partition(account)))
            .expression_attribute_values(":mail", text(keys::MAILS))
            .set_exclusive_start_key(before)
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        let mails = answer.items().iter().map(read).collect::<Result<_, _>>()?;
        Ok((mails, answer.last_evaluated_key().is_some()))
    }

    /// Records of an account's journal since a moment whose mails are not decided yet, the oldest
    /// first.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn pending_records(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        since: Timestamp,
    ) -> Result<Vec<Record>, StoreError> {
        let partition = keys::account_partition(account);
        let (from, to) = (format!("{}{since}", keys::JOURNAL), keys::AFTER_JOURNAL);
        let items = self.all_between(invocation, &partition, &from, to).await?;
        let pending = items.iter().filter(|item| item.contains_key(keys::DUE_PK));
        pending.map(journal::read).collect()
    }

    /// A record of an account's journal.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn record(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (at, sequence): (Timestamp, u64),
    ) -> Result<Option<Record>, StoreError> {
        let key = keys::journal(account, at, sequence);
        let items = self.all_between(invocation, &key.pk, &key.sk, &key.sk).await?;
        items.first().map(journal::read).transpose()
    }

    /// Takes a record out of those whose mails are not decided yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another writer did it.
    pub async fn mails_decided(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        record: &Record,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(journal::decided(account, record), Condition::Version(1));
        self.transact(invocation, transaction).await
    }
}
