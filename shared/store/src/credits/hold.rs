//! An open reservation as an item of its own, under the time at which it is over: so those that are over are one
//! range of keys, and are read only once the credits say that there are some ([`billing::credits::holds`]).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::credits::holds::Hold;
use billing::credits::reservation::Reservation;
use billing::credits::{Credits, Split};
use billing::ids::AccountId;
use billing::month::Month;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::loaded::Loaded;
use crate::read::retried;
use crate::{Store, cost, keys};

/// The item of an open reservation.
pub(crate) fn write(account: &AccountId, reservation: &Reservation) -> Attributes {
    Writer::item(keys::hold(account, reservation.ends_at, &reservation.id), "hold", 1)
        .number("included", reservation.held.included)
        .number("credits", reservation.held.credits)
        .text("month", reservation.month.to_string())
        .number("ends_at", reservation.ends_at.0)
        .done()
}

/// The hold of an item.
pub(crate) fn read(item: &Attributes) -> Result<Hold, StoreError> {
    let item = Reader::new(item);
    Ok(Hold {
        held: Split { included: item.number("included")?, credits: item.number("credits")? },
        month: item.word("month", |month| Month::parse(month).ok())?,
    })
}

impl Store {
    /// Credits among loaded parts, without the holds that are over: these are read only where there are some.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn credits(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: &Loaded,
    ) -> Result<Credits, StoreError> {
        self.without_lapsed(invocation, account, loaded.stored_credits()?).await
    }

    /// Stored credits, without the holds that are over.
    pub(super) async fn without_lapsed(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        credits: Credits,
    ) -> Result<Credits, StoreError> {
        let Some((after, until)) = credits.lapsing(invocation.now) else { return Ok(credits) };

        let partition = keys::account_partition(account);
        let from = after.map(|after| keys::holds_from(after.plus_seconds(1)));
        let from = from.unwrap_or_else(|| keys::HOLDS.to_owned());
        let behind = keys::holds_from(until.plus_seconds(1));
        let over = self.all_between(invocation, &partition, &from, &behind).await?;
        let over = over.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let next = self.next_hold(invocation, &partition, &behind).await?;

        Ok(credits.with_lapsed(&over, next, until))
    }

    /// End of the first open reservation from a place on.
    async fn next_hold(
        &self,
        invocation: &Invocation,
        partition: &str,
        from: &str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(keys::AFTER_HOLDS))
            .consistent_read(true)
            .limit(1)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        answer.items().first().map(|item| Reader::new(item).time("ends_at")).transpose()
    }
}
