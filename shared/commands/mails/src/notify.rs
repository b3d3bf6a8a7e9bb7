//! An account's pending entries of the journal, mailed.
//!
//! Facts, recipients and contents are of the moment of sending. A marker in the log stands before
//! each call to SES, its outcome behind it; so whatever interrupts the work, the log says what is
//! certain, and the same message goes on.

use billing::change::Write;
use billing::ids::AccountId;
use billing::journal::Record;
use billing::mails::{
    Addressed, Fate, Mail, MailKind, MailStatus, Pending, Planned, Recipient, Step, plan,
    recipients,
};
use billing::price_change::Notice;
use billing::time::Timestamp;
use invocation::{Class, Classified, Invocation};
use mailer::{Mailer, MailerError, Outgoing};
use mails::{Letter, NoValue, Rendered, Vendor, render};
use store::{Store, StoreError};
use tracing::{info, warn};

use crate::known::Known;

/// Notifications of accounts.
#[derive(Debug, Clone, Copy)]
pub struct Notifications<'a> {
    /// The table.
    pub store: &'a Store,
    /// SES.
    pub mailer: &'a Mailer,
    /// Vendor in whose name mails are sent.
    pub vendor: &'a Vendor,
    /// The vendor's page that leads into the dashboard.
    pub entry_url: Option<&'a str>,
}

/// Outcome of the work on an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notified {
    /// Mails that SES accepted.
    pub sent: u32,
    /// Mails that went once more because their sending was in doubt.
    pub doubled: u32,
    /// Entries that nobody was mailed of.
    pub superseded: u32,
    /// Optional mails whose sending stays in doubt.
    pub in_doubt: u32,
    /// Mails that SES refuses.
    pub refused: u32,
    /// True if another invocation is sending one of the mails: the message comes again.
    pub must_wait: bool,
}

/// Reason why mails are not sent now.
#[derive(Debug, thiserror::Error)]
pub enum NotifyFailure {
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SES did not accept a mail, or may not have.
    #[error(transparent)]
    Mailer(#[from] MailerError),
    /// A template lacks a value.
    #[error(transparent)]
    NoValue(#[from] NoValue),
}

impl Classified for NotifyFailure {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Mailer(error) => error.class(),
            Self::NoValue(_) => Class::Never,
        }
    }
}

impl Notifications<'_> {
    /// Mails what is pending in an account's journal since a moment.
    ///
    /// # Errors
    /// [`NotifyFailure`]: what was sent is in the log, and the rest stays pending.
    pub async fn notify(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        since: Timestamp,
    ) -> Result<Notified, NotifyFailure> {
        let records = self.store.pending_records(invocation, account, since).await?;
        let mut notified = Notified::default();
        if records.is_empty() {
            return Ok(notified);
        }
        let pending: Vec<Pending> = records.iter().flat_map(pending_of).collect();
        let Some(known) = Known::load(self.store, invocation, account, &pending).await? else {
            // Nobody is to be mailed of an account that is not there.
            self.all_decided(invocation, account, &records).await?;
            return Ok(notified);
        };

        let planned = plan(pending, known.facts(invocation.now));
        for record in &records {
            let log = self.store.mails_about(invocation, account, record).await?;
            let own = planned.iter().filter(|it| it.pending.sequence == record.sequence);
            for planned in own {
                self.one(invocation, &known, (planned, &log), &mut notified).await?;
            }
        }

        if !notified.must_wait {
            self.all_decided(invocation, account, &records).await?;
        }
        Ok(notified)
    }

    /// Sends one mail of the log once more, if that was asked for.
    ///
    /// # Errors
    /// [`NotifyFailure`].
    pub async fn again(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Notified, NotifyFailure> {
        let mut notified = Notified::default();
        let Some(mail) = self.store.mail(invocation, account, id).await? else {
            return Ok(notified);
        };
        let place = (mail.recorded_at, mail.sequence);
        let record = self.store.record(invocation, account, place).await?;
        let pending = record.iter().flat_map(pending_of).find(|it| it.place == mail.place);
        let (Some(pending), Some(recipient)) = (pending, mail.recipient.clone()) else {
            return Ok(notified);
        };
        let pending_alone = std::slice::from_ref(&pending);
        let Some(known) = Known::load(self.store, invocation, account, pending_alone).await? else {
            return Ok(notified);
        };

        if let Some(address) = known.address(&recipient) {
            let addressed = Addressed { recipient, address };
            let mails = (&pending, Some(&mail));
            self.send_to(invocation, &known, mails, (addressed, &mut notified)).await?;
        }
        if pending.kind == MailKind::PriceChange && notified.sent > 0 {
            self.notice_accepted(invocation, account, &pending).await?;
        }
        Ok(notified)
    }

    /// One pending entry: mailed to its recipients, or superseded. Mails that were begun before are
    /// brought to an end either way.
    async fn one(
        &self,
        invocation: &Invocation,
        known: &Known,
        (planned, log): (&Planned, &[Mail]),
        notified: &mut Notified,
    ) -> Result<(), NotifyFailure> {
        let pending = &planned.pending;
        let own: Vec<&Mail> = log.iter().filter(|mail| mail.place == pending.place).collect();
        let begun = own.iter().filter_map(|mail| {
            let recipient = mail.recipient.clone()?;
            Some(Addressed { address: known.address(&recipient)?, recipient })
        });
        let wanted = match planned.fate {
            Fate::Mailed => recipients(pending.kind, &known.members, known.billing_address()),
            Fate::Superseded(_) => Vec::new(),
        };
        let mut all: Vec<Addressed> = begun.collect();
        for it in wanted {
            if !all.iter().any(|known| known.recipient == it.recipient) {
                all.push(it);
            }
        }

        if all.is_empty() {
            return self.superseded(invocation, known, (pending, &own), notified).await;
        }
        let sent_before = notified.sent;
        for addressed in all {
            let before = own.iter().find(|it| it.recipient.as_ref() == Some(&addressed.recipient));
            let mails = (pending, before.copied());
            self.send_to(invocation, known, mails, (addressed, &mut *notified)).await?;
        }

        let is_sent = |mail: &&&Mail| matches!(mail.status, MailStatus::Sent(_));
        let is_accepted = notified.sent > sent_before || own.iter().any(|it| is_sent(&it));
        if pending.kind == MailKind::PriceChange && is_accepted {
            self.notice_accepted(invocation, &known.standing.account, pending).await?;
        }
        Ok(())
    }

    /// Writes into the log that nobody is mailed of an entry.
    async fn superseded(
        &self,
        invocation: &Invocation,
        known: &Known,
        (pending, own): (&Pending, &[&Mail]),
        notified: &mut Notified,
    ) -> Result<(), NotifyFailure> {
        if !own.is_empty() {
            return Ok(());
        }
        let mail = mail_of(pending, None).ended(MailStatus::Superseded, invocation.now);
        match self.store.keep_mail(invocation, &known.standing.account, &mail).await {
            Ok(_) => notified.superseded = notified.superseded.saturating_add(1),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// One mail to one recipient, as far as the log lets it be sent.
    async fn send_to(
        &self,
        invocation: &Invocation,
        known: &Known,
        (pending, before): (&Pending, Option<&Mail>),
        (addressed, notified): (Addressed, &mut Notified),
    ) -> Result<(), NotifyFailure> {
        let account = &known.standing.account;
        let Addressed { recipient, address } = addressed;
        let marker = match mail_of(pending, Some(recipient)).step(before, invocation.now) {
            Step::Nothing => return Ok(()),
            Step::Wait => {
                notified.must_wait = true;
                return Ok(());
            }
            Step::GiveUp(mail) => {
                self.store.keep_mail(invocation, account, &mail).await?;
                notified.in_doubt = notified.in_doubt.saturating_add(1);
                return Ok(());
            }
            Step::Send(marker) => marker,
        };
        let outgoing = self.outgoing(known, pending, (&marker, address), invocation.now)?;
        let marker = match self.store.keep_mail(invocation, account, &marker).await {
            Ok(marker) => marker,
            Err(StoreError::Conflict) => {
                notified.must_wait = true;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };

        let ended = self.call(invocation, (account, &marker), (&outgoing, notified)).await?;
        let sent = self.store.keep_mail(invocation, account, &ended).await?;
        let (id, status) = (sent.id(), sent.status.word());
        info!(account.id = %account, "mail {id} ({}) of account {account}: {status}", sent.template());
        Ok(())
    }

    /// Lets the days of notice of a price change count from now on, if they do not yet (C2). The
    /// record stays pending until that is written.
    async fn notice_accepted(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        pending: &Pending,
    ) -> Result<(), NotifyFailure> {
        let told = self.store.told_of_price_changes(invocation, account).await?;
        let of_it =
            told.changes.iter().filter(|it| Some(&it.price) == pending.entry.about.as_ref());
        let ids: Vec<&str> = of_it.map(|change| change.id.as_str()).collect();
        let is_open = |notice: &&Notice| {
            notice.accepted_at.is_none() && ids.contains(&notice.change.as_str())
        };
        for notice in told.notices.iter().filter(is_open) {
            let accepted = Notice { accepted_at: Some(invocation.now), ..notice.clone() };
            match self.store.keep(invocation, account, &[Write::PriceNotice(accepted)]).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Calls SES. The mail with its outcome; an error where the outcome is open.
    async fn call(
        &self,
        invocation: &Invocation,
        (account, marker): (&AccountId, &Mail),
        (outgoing, notified): (&Outgoing, &mut Notified),
    ) -> Result<Mail, NotifyFailure> {
        let now = invocation.now;
        match self.mailer.send(invocation, outgoing).await {
            Ok(id) => {
                notified.sent = notified.sent.saturating_add(1);
                if marker.sendings > 1 {
                    notified.doubled = notified.doubled.saturating_add(1);
                }
                Ok(marker.ended(MailStatus::Sent(id), now))
            }
            Err(MailerError::Refused(code)) => {
                warn!(reason = code, "SES refuses mail {}: {code}", marker.id());
                notified.refused = notified.refused.saturating_add(1);
                Ok(marker.ended(MailStatus::Refused(code), now))
            }
            Err(error @ MailerError::InDoubt(_)) => Err(error.into()),
            Err(
                error @ (MailerError::Busy(_) | MailerError::Closed(_) | MailerError::OutOfTime),
            ) => {
                // It was certainly not sent: the marker must not say that it may have been.
                self.released(invocation, account, marker).await;
                Err(error.into())
            }
        }
    }

    /// Writes that a mail was certainly not sent, so that it goes as soon as SES takes it. If that
    /// is lost, the marker leaves the mail in doubt.
    async fn released(&self, invocation: &Invocation, account: &AccountId, marker: &Mail) {
        let released = self.store.keep_mail(invocation, account, &marker.released()).await;
        if let Err(error) = released {
            warn!(account.id = %account, reason = %error,
                "mail {} of account {account} is in doubt: {error}", marker.id());
        }
    }

    fn outgoing(
        &self,
        known: &Known,
        pending: &Pending,
        (marker, to): (&Mail, String),
        now: Timestamp,
    ) -> Result<Outgoing, NoValue> {
        let number = marker.number();
        let Rendered { subject, text, html } = render(Letter {
            kind: pending.kind,
            entry: &pending.entry,
            facts: known.facts(now),
            account: &known.standing.account,
            account_name: &known.profile.name,
            vendor: self.vendor,
            number: &number,
            entry_url: self.entry_url,
            unsubscribe_url: None,
        })?;
        let id = format!("{}/{number}", known.standing.account);
        Ok(Outgoing { to, subject, text, html, headers: vec![("X-Notification", id)] })
    }

    /// Takes records out of the pending ones, unless another invocation did.
    async fn all_decided(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        records: &[Record],
    ) -> Result<(), StoreError> {
        for record in records {
            match self.store.mails_decided(invocation, account, record).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Entries of a record that are mailed.
fn pending_of(record: &Record) -> Vec<Pending> {
    let entries = record.entries.iter().enumerate();
    let pending = entries.filter_map(|(place, entry)| {
        Some(Pending {
            recorded_at: record.at,
            sequence: record.sequence,
            place,
            kind: MailKind::of(entry)?,
            entry: entry.clone(),
        })
    });
    pending.collect()
}

/// The mail about an entry to a recipient, before anything is done.
fn mail_of(pending: &Pending, recipient: Option<Recipient>) -> Mail {
    Mail {
        version: 0,
        recorded_at: pending.recorded_at,
        sequence: pending.sequence,
        place: pending.place,
        kind: pending.kind,
        recipient,
        status: MailStatus::Sending,
        sendings: 0,
        at: pending.recorded_at,
        is_asked_again: false,
    }
}
