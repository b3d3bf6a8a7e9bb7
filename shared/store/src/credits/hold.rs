//! An open reservation as an item of its own, under the time at which it is over: so those that are
//! over are one range of keys, and are read only once the credits say that there are some
//! ([`billing::credits::holds`]).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::credits::holds::Hold;
use billing::credits::reservation::{Reservation, ReservationStatus};
use billing::credits::{Credits, Split};
use billing::ids::AccountId;
use billing::month::Month;
use billing::time::Timestamp;
use invocation::Invocation;

use super::reservation;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys::Key;
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

/// Place of a hold among an account's: end and id of the reservation.
pub type HoldPlace = (Timestamp, String);

fn place(item: &Attributes) -> Result<HoldPlace, StoreError> {
    let item = Reader::new(item);
    let id = item.text(keys::SK)?.rsplit('#').next().unwrap_or_default();
    Ok((item.time("ends_at")?, id.to_owned()))
}

impl Store {
    /// Credits among loaded parts, without the holds that are over: these are read only where there
    /// are some.
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

    /// At most `limit` open reservations, the earliest end first: those behind a place (end and
    /// id), or the first of all. Names the page's last place if later ones follow.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn reservations(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (behind, limit): (Option<HoldPlace>, usize),
    ) -> Result<(Vec<Reservation>, Option<HoldPlace>), StoreError> {
        let text = |text: String| AttributeValue::S(text);
        // Everything up to a place that is over by now is over too.
        let behind = behind.filter(|(ends_at, _)| *ends_at > invocation.now);
        let behind = behind.map(|(ends_at, id)| {
            let Key { pk, sk } = keys::hold(account, ends_at, &id);
            [(keys::PK.to_owned(), text(pk)), (keys::SK.to_owned(), text(sk))].into()
        });
        // One that ends now holds nothing any more.
        let from = keys::holds_from(invocation.now.plus_seconds(1));
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(keys::account_partition(account)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(keys::AFTER_HOLDS.to_owned()))
            .set_exclusive_start_key(behind)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let places = answer.items().iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let wanted: Vec<Key> =
            places.iter().map(|(_, id)| keys::reservation(account, id)).collect();
        let items = self.batch_all(invocation, &wanted).await?;
        // One that was settled since the first read is open no more.
        let found = wanted.iter().filter_map(|key| items.get(key));
        let found = found.map(reservation::read).collect::<Result<Vec<_>, _>>()?;
        let open = found.into_iter().filter(|it| it.status == ReservationStatus::Open);
        let is_more = answer.last_evaluated_key().is_some();
        Ok((open.collect(), places.into_iter().next_back().filter(|_| is_more)))
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
