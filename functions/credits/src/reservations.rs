//! `/v1/accounts/{id}/credits/reservations`: tokens held for a job whose cost is known only
//! afterwards.

use billing::credits::Wish;
use billing::time::Timestamp;
use credits_commands::Reserved;
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use store::Part;
use store::credits::HoldPlace;
use views::credits::ReservationView;
use views::requests::credits::Reserve;

use crate::problem::ended;
use crate::{Credits, input};

impl Credits {
    pub(crate) async fn reserve(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::id(request, "res", invocation);
        let target = id.as_ref().ok().cloned().map(Part::Reservation);
        let (account, caller) = self.writer(invocation, request, target).await?;
        let (id, Reserve { tokens, ttl_seconds }) = (id?, input::reservation(request)?);
        let wish = (&Wish { id, tokens, reason: None }, ttl_seconds);

        let reserved = self.commands.reserve(invocation, &account, wish, caller.loaded).await;
        let reserved = reserved.map_err(|error| ended(error, &account))?;

        Ok(shown(201, &reserved))
    }

    pub(crate) async fn show_reservation(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = id(request);
        let target = Some(Part::Reservation(id.to_owned()));
        let (account, caller) = self.caller(invocation, request, target).await?;
        let reservation = auth::there(caller.loaded.reservation(id), "reservation")?;

        let read = self.commands.read(invocation, &caller.loaded).await;
        let read = read.map_err(|error| ended(error, &account))?;

        let balance = read.credits.counted.balance();
        Ok(Response::json(200, &ReservationView::of(&reservation, balance)))
    }

    /// A page of open reservations, the earliest end first.
    pub(crate) async fn list_reservations(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.caller(invocation, request, None).await?;
        let window = (place(request, invocation.now)?, query::limit(request));

        let open = self.commands.reservations(invocation, &caller.loaded, window).await;
        let (open, end) = open.map_err(|error| ended(error, &account))?;

        let next_cursor = end.map(|(ends_at, id)| {
            cursor::write(request, &format!("{} {id}", ends_at.0), invocation.now)
        });
        let view = |it: &Reserved| ReservationView::of(&it.reservation, it.balance);
        let data: Vec<ReservationView> = open.iter().map(view).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    pub(crate) async fn settle(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = id(request);
        let target = Some(Part::Reservation(id.to_owned()));
        let (account, caller) = self.writer(invocation, request, target).await?;
        auth::there(caller.loaded.reservation(id), "reservation")?;
        let end = (id, input::settlement(request)?);

        let settled = self.commands.settle(invocation, &account, end, caller.loaded).await;
        let settled = settled.map_err(|error| ended(error, &account))?;

        Ok(shown(200, &settled))
    }

    pub(crate) async fn release(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = id(request);
        let target = Some(Part::Reservation(id.to_owned()));
        let (account, caller) = self.writer(invocation, request, target).await?;

        let released = self.commands.release(invocation, &account, id, caller.loaded).await;
        let released = released.map_err(|error| ended(error, &account))?;

        Ok(shown(200, &released))
    }
}

/// Place of the request's cursor: end and id of a reservation.
fn place(request: &Request, now: Timestamp) -> Result<Option<HoldPlace>, Problem> {
    let place = cursor::read(request, now)?;
    let parsed = |place: String| {
        let (ends_at, id) = place.split_once(' ')?;
        Some((Timestamp(ends_at.parse().ok()?), id.to_owned()))
    };
    place.map(|place| parsed(place).ok_or_else(cursor::invalid)).transpose()
}

fn id(request: &Request) -> &str {
    request.path.get("reservation_id").map(String::as_str).unwrap_or_default()
}

fn shown(status: u16, reserved: &Reserved) -> Response {
    let Reserved { reservation, balance } = reserved;
    Response::json(status, &ReservationView::of(reservation, *balance))
}
