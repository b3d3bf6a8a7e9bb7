//! The proof of completeness: the time up to which the books have every event of Stripe, and the
//! differences that were found.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::AccountId;
use billing::proof::{Difference, DifferenceKind, Proof};
use billing::time::DAY_SECONDS;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::keys;
use crate::read::retried;
use crate::transaction::{Condition, Transaction};

/// Time for which a difference is kept, in seconds.
pub const DIFFERENCE_SECONDS: i64 = 90 * DAY_SECONDS;

impl Store {
    /// The proof of completeness; none before the first reading of Stripe's events.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn proof(&self, invocation: &Invocation) -> Result<Option<Proof>, StoreError> {
        self.get(invocation, keys::proof()).await?.as_ref().map(read).transpose()
    }

    /// Keeps what is proven, under the version that it was read at.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another run kept its own meanwhile.
    pub async fn keep_proof(
        &self,
        invocation: &Invocation,
        proof: &Proof,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(proof), Condition::read_at(proof.version));
        self.transact(invocation, transaction).await
    }

    /// Keeps something that was found. The same thing of the same second is kept once.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn keep_difference(
        &self,
        invocation: &Invocation,
        difference: &Difference,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write_difference(difference), Condition::Any);
        self.transact(invocation, transaction).await
    }

    /// What was found missing, newest first, at most so much.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn differences(
        &self,
        invocation: &Invocation,
        limit: i32,
    ) -> Result<Vec<Difference>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :found)")
            .expression_attribute_values(":pk", text(keys::PROOF))
            .expression_attribute_values(":found", text(keys::DIFFERENCES))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        answer.items().iter().map(read_difference).collect()
    }
}

fn write(proof: &Proof) -> Attributes {
    let Proof { version, proven_until, compared_at, gap } = proof;
    Writer::item(keys::proof(), "proof", version.saturating_add(1))
        .number("proven_until", proven_until.0)
        .maybe_time("compared_at", *compared_at)
        .maybe_time("gap_from", gap.map(|(from, _)| from))
        .maybe_time("gap_until", gap.map(|(_, until)| until))
        .done()
}

fn read(item: &Attributes) -> Result<Proof, StoreError> {
    let item = Reader::new(item);
    Ok(Proof {
        version: item.number(keys::VERSION)?,
        proven_until: item.time("proven_until")?,
        compared_at: item.maybe_time("compared_at")?,
        gap: item.maybe_time("gap_from")?.zip(item.maybe_time("gap_until")?),
    })
}

fn write_difference(difference: &Difference) -> Attributes {
    let Difference { found_at, kind, account, about, event_type, happened_at } = difference;
    let expires_at = found_at.plus_seconds(DIFFERENCE_SECONDS);
    Writer::item(keys::difference(*found_at, about), "difference", 1)
        .number("found_at", found_at.0)
        .text("kind", kind.word())
        .maybe_text("account", account.as_ref().map(AccountId::as_str))
        .text("about", &**about)
        .text("type", &**event_type)
        .maybe_time("happened_at", *happened_at)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

fn read_difference(item: &Attributes) -> Result<Difference, StoreError> {
    let item = Reader::new(item);
    Ok(Difference {
        found_at: item.time("found_at")?,
        kind: item.word("kind", DifferenceKind::of_word)?,
        account: item.maybe("account", |id| AccountId::parse(id).ok())?,
        about: item.text("about")?.to_owned(),
        event_type: item.text("type")?.to_owned(),
        happened_at: item.maybe_time("happened_at")?,
    })
}
