//! A reservation as an item, kept for a while behind its end, so that a repeated request is
//! answered the same. Tokens that are held stand in the numbers and in the hold ([`super::hold`]),
//! not here.

use billing::credits::Split;
use billing::credits::reservation::{Reservation, ReservationStatus};
use billing::ids::AccountId;
use billing::month::Month;
use billing::time::DAY_SECONDS;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// Time for which a reservation is kept, in seconds from its end.
const KEPT_SECONDS: i64 = 30 * DAY_SECONDS;

/// The item of a reservation, at a version.
pub(crate) fn write(account: &AccountId, reservation: &Reservation, version: u64) -> Attributes {
    Writer::item(keys::reservation(account, &reservation.id), "reservation", version)
        .text("id", &*reservation.id)
        .number("included", reservation.held.included)
        .number("credits", reservation.held.credits)
        .text("month", reservation.month.to_string())
        .number("ends_at", reservation.ends_at.0)
        .text("status", reservation.status.word())
        .maybe_number("settled", reservation.settled)
        .maybe_text("request", reservation.request.as_deref())
        .number(keys::EXPIRES_AT, reservation.ends_at.plus_seconds(KEPT_SECONDS).0)
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
