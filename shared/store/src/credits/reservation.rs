//! A reservation as an item. Open, it stays; ended, it is kept for a while, so that whoever ends it again is told so.

use billing::credits::Split;
use billing::credits::reservation::{Reservation, ReservationStatus};
use billing::ids::AccountId;
use billing::month::Month;
use billing::time::DAY_SECONDS;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// For how long one is kept that has ended, in seconds from when its time is over.
const ENDED_SECONDS: i64 = 30 * DAY_SECONDS;

/// The item of a reservation, at a version.
pub(crate) fn write(account: &AccountId, reservation: &Reservation, version: u64) -> Attributes {
    let forgotten_at = match reservation.status {
        ReservationStatus::Open => None,
        ReservationStatus::Settled | ReservationStatus::Released => {
            Some(reservation.ends_at.plus_seconds(ENDED_SECONDS))
        }
    };
    Writer::item(keys::reservation(account, &reservation.id), "reservation", version)
        .text("id", &*reservation.id)
        .number("included", reservation.held.included)
        .number("credits", reservation.held.credits)
        .text("month", reservation.month.to_string())
        .number("ends_at", reservation.ends_at.0)
        .text("status", reservation.status.word())
        .maybe_number("settled", reservation.settled)
        .maybe_text("request", reservation.request.as_deref())
        .maybe_time(keys::EXPIRES_AT, forgotten_at)
        .done()
}

/// The reservation of an item.
pub fn read(item: &Attributes) -> Result<Reservation, StoreError> {
    let item = Reader::new(item);
    Ok(Reservation {
        version: item.number(keys::VERSION)?,
        id: item.text("id")?.to_owned(),
        held: Split { included: item.number("included")?, credits: item.number("credits")? },
        month: item.word("month", |month| Month::parse(month).ok())?,
        ends_at: item.time("ends_at")?,
        status: item.word("status", ReservationStatus::of_word)?,
        settled: item.maybe_number("settled")?,
        request: item.maybe_text("request")?.map(str::to_owned),
    })
}

impl Store {
    /// An account's reservations, ended ones too.
    pub async fn reservations(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Reservation>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::RESERVATIONS).await?;
        items.iter().map(read).collect()
    }
}
