//! `/v1/accounts/{id}/credits/reservations`: tokens held for a job whose cost is known only afterwards.

use auth::problem;
use billing::credits::reservation::{HELD_SECONDS_MAX, HELD_SECONDS_MIN, Reservation};
use billing::credits::{Change, Wish};
use billing::ids::AccountId;
use billing::words::Word;
use invocation::Invocation;
use runtime::input::{Checks, body, other_content};
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::keys;
use stripe_sync::Interrupted;

use crate::Credits;
use crate::books::{TRIES_MAX, Work};
use crate::deduct::{check_tokens, keyed_id};
use crate::problem::{coded, not_held};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    tokens: i64,
    ttl_seconds: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settled {
    tokens: i64,
}

/// A reservation as the contract shows it.
#[derive(Debug, Serialize)]
struct ReservationView {
    id: String,
    status: &'static str,
    tokens: i64,
    from_included: i64,
    from_credits: i64,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_tokens: Option<i64>,
    balance: i64,
}

impl Credits {
    pub(crate) async fn reserve(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = match keyed_id(request, "res", invocation.now) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => self.draw(invocation).map(|id| id.as_str().replacen("pur", "res", 1)),
            Err(wrong) => Err(wrong),
        };
        let key =
            |account: &AccountId| id.iter().map(|id| keys::reservation(account, id)).collect();
        let mut work = self.work(invocation, request, key).await?;
        let id = id?;
        let Input { tokens, ttl_seconds } = body(request)?;
        let mut checks = Checks::default();
        check_tokens(&mut checks, tokens, 1);
        let detail = format!("From {HELD_SECONDS_MIN} to {HELD_SECONDS_MAX} seconds are expected.");
        let fits = (HELD_SECONDS_MIN..=HELD_SECONDS_MAX).contains(&ttl_seconds);
        checks.expect(fits, "ttl_seconds", &detail);
        checks.passed().map_err(coded)?;
        let wish = Wish { id, tokens, reason: None };
        let asked = format!("{tokens} for {ttl_seconds}");
        for tries in 1..=TRIES_MAX {
            if let Some(made) = reservation(&work)? {
                let same = made.request.as_deref() == Some(asked.as_str());
                return if same { Ok(shown(201, &made, &work)) } else { Err(other_content()) };
            }
            work.may_use()?;
            let ends_at = invocation.now.plus_seconds(ttl_seconds);
            let (mut made, mut change) = match work.books.reserve(&wish, ends_at, invocation.now) {
                Ok(reserved) => reserved,
                Err(short) => match self.refused(&mut work, &short, tokens, tries).await? {
                    None => continue,
                    Some(problem) => return Err(problem),
                },
            };
            made.request = Some(asked.clone());
            change.reservations = vec![made.clone()];
            if self.write(&mut work, &change, tries).await? {
                return Ok(shown(201, &made, &work));
            }
        }
        Err(Interrupted::again())
    }

    pub(crate) async fn settle(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let mut work = self.held(invocation, request).await?;
        let Settled { tokens } = body(request)?;
        let mut checks = Checks::default();
        check_tokens(&mut checks, tokens, 0);
        checks.passed().map_err(coded)?;
        self.end(&mut work, |work, reservation| {
            let settled =
                work.books.settle(reservation, tokens, invocation.now).map_err(not_held)?;
            Ok(settled.map(|settled| settled.change))
        })
        .await
    }

    pub(crate) async fn release(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let mut work = self.held(invocation, request).await?;
        self.end(&mut work, |work, reservation| {
            work.books.release(reservation, invocation.now).map_err(not_held)
        })
        .await
    }

    async fn held<'a>(
        &self,
        invocation: &'a Invocation,
        request: &Request,
    ) -> Result<Work<'a>, Problem> {
        let id = request.path.get("reservation_id").cloned().unwrap_or_default();
        let work =
            self.work(invocation, request, |account| vec![keys::reservation(account, &id)]).await?;
        reservation(&work)?.ok_or_else(|| Problem::not_found("reservation"))?;
        Ok(work)
    }

    /// Ends a reservation, and shows it as it is then. Ending it the same way again changes nothing.
    async fn end(
        &self,
        work: &mut Work<'_>,
        decide: impl Fn(&Work<'_>, &Reservation) -> Result<Option<Change>, Problem>,
    ) -> Result<Response, Problem> {
        let decided = |work: &Work<'_>| {
            let held = reservation(work)?.ok_or_else(|| Problem::not_found("reservation"))?;
            decide(work, &held)
        };
        self.write_until(work, decided).await?;
        self.reload(work).await?;
        let ended = reservation(work)?.ok_or_else(|| Problem::not_found("reservation"))?;
        Ok(shown(200, &ended, work))
    }
}

fn reservation(work: &Work<'_>) -> Result<Option<Reservation>, Problem> {
    let found = work.item("reservation").map(store::credits::read_reservation).transpose();
    found.map_err(|error| problem(&error))
}

fn shown(status: u16, reservation: &Reservation, work: &Work<'_>) -> Response {
    let view = ReservationView {
        id: reservation.id.clone(),
        status: reservation.status.word(),
        tokens: reservation.tokens(),
        from_included: reservation.held.included,
        from_credits: reservation.held.credits,
        expires_at: reservation.ends_at.to_string(),
        settled_tokens: reservation.settled,
        balance: work.books.credits.counted.balance(),
    };
    Response::json(status, &view)
}
