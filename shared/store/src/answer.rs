//! Requests with an Idempotency-Key as items: the mark of one that is at work, then its answer.
//!
//! The item is written under its version when a request begins, and under its attempt from then on:
//! an attempt that was taken for interrupted writes nothing any more.

use billing::request::{KeptAnswer, Remembered, Repetition, Stage, Working};
use invocation::{Claim, Invocation};

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

/// The request of an item.
pub fn read(item: &Attributes) -> Result<Remembered, StoreError> {
    let item = Reader::new(item);
    let stage = if let Some(status) = item.maybe_number("status")? {
        Stage::Answered(KeptAnswer {
            status,
            content_type: item.text("type")?.to_owned(),
            body: item.text("body")?.to_owned(),
        })
    } else {
        Stage::Working(Working {
            until: item.time("until")?,
            rests_on: item.number("rests_on")?,
            leaves_booking: item.flag("leaves_booking")?,
        })
    };
    Ok(Remembered {
        version: item.number(keys::VERSION)?,
        content: item.text("content")?.to_owned(),
        attempt: item.text("attempt")?.to_owned(),
        stage,
        expires_at: item.time(keys::EXPIRES_AT)?,
    })
}

fn write(fingerprint: &str, request: &Remembered) -> Attributes {
    let version = request.version.saturating_add(1);
    let item = Writer::item(keys::answer(fingerprint), "answer", version)
        .text("content", &*request.content)
        .text("attempt", &*request.attempt)
        .number(keys::EXPIRES_AT, request.expires_at.0);
    match &request.stage {
        Stage::Working(working) => item
            .number("until", working.until.0)
            .number("rests_on", working.rests_on)
            .flag("leaves_booking", working.leaves_booking),
        Stage::Answered(answer) => item
            .number("status", answer.status)
            .text("type", &*answer.content_type)
            .text("body", &*answer.body),
    }
    .done()
}

/// Marks the request with the version that its only commit gives the standing.
pub(crate) fn mark(transaction: &mut Transaction, invocation: &Invocation, version: u64) {
    let Some(Claim { fingerprint, repetition: Repetition::Once, remembered, .. }) =
        invocation.claim()
    else {
        return;
    };
    let Stage::Working(working) = &remembered.stage else { return };
    let stage = Stage::Working(Working { rests_on: version, ..*working });
    let marked = Remembered { stage, ..remembered.clone() };
    transaction.put(write(fingerprint, &marked), Condition::Attempt(remembered.attempt.clone()));
}

impl Store {
    /// Remembers a request, under the version at which it was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a twin was faster.
    pub async fn remember(
        &self,
        invocation: &Invocation,
        fingerprint: &str,
        request: &Remembered,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let condition = Condition::read_at(request.version);
        transaction.put(write(fingerprint, request), condition);
        self.transact(invocation, transaction).await
    }

    /// Remembers the progress of the attempt that is at work.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the attempt was taken for interrupted.
    pub async fn remember_attempt(
        &self,
        invocation: &Invocation,
        fingerprint: &str,
        request: &Remembered,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let condition = Condition::Attempt(request.attempt.clone());
        transaction.put(write(fingerprint, request), condition);
        self.transact(invocation, transaction).await
    }
}
