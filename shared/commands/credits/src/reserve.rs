//! Reservations: tokens held for a job whose cost is known only afterwards, then settled or
//! released.

use billing::credits::reservation::Reservation;
use billing::credits::{Books, Change, Wish};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;
use store::credits::HoldPlace;
use store::{Loaded, Part};
use stripe_sync::Interrupted;

use crate::Credits;
use crate::books::{may_use, parts, parts_for_try, standing};
use crate::refused::{Refused, Tried};

/// A reservation, and the balance of the account with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The reservation.
    pub reservation: Reservation,
    /// Balance of the account: available and reserved credits.
    pub balance: i64,
}

/// End of a reservation.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The job took so many tokens.
    Settle(i64),
    /// The job took none.
    Release,
}

impl Credits {
    /// Holds tokens for some seconds, once for each id. `loaded` has [`parts`] and the reservation
    /// of that id.
    ///
    /// # Errors
    /// A refusal holds nothing; what is interrupted may be sent again under the same id.
    pub async fn reserve(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (wish, ttl_seconds): (&Wish, i64),
        loaded: Loaded,
    ) -> Tried<Reserved> {
        let mut loaded = Some(loaded);
        let wish = (wish, ttl_seconds);
        invocation.retry(|| self.try_reserve(invocation, account, wish, loaded.take())).await
    }

    async fn try_reserve(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (wish, ttl_seconds): (&Wish, i64),
        first: Option<Loaded>,
    ) -> Tried<Reserved> {
        let parts = parts(Some(Part::Reservation(wish.id.clone())));
        let loaded = parts_for_try(&self.store, invocation, (account, parts), first).await?;
        let books = self.books(invocation, &loaded).await?;
        let content = format!("{} for {ttl_seconds}", wish.tokens);
        if let Some(reservation) = loaded.reservation(&wish.id)? {
            let is_same = reservation.request.as_deref() == Some(content.as_str());
            let balance = books.credits.counted.balance();
            let reservation = books.credits.as_of(&reservation, invocation.now);
            return if is_same {
                Ok(Reserved { reservation, balance })
            } else {
                Err(Refused::OtherContent.into())
            };
        }

        may_use(&self.store, invocation, &books.standing).await?;
        let ends_at = invocation.now.plus_seconds(ttl_seconds);
        let (mut reservation, mut change) = match books.reserve(wish, ends_at, invocation.now) {
            Ok(reserved) => reserved,
            Err(short) => return Err(self.refuse(invocation, &books, (wish.tokens, short)).await),
        };
        reservation.request = Some(content);
        change.reservation = Some(reservation.clone());

        self.commit(invocation, &books.standing, &change).await?;

        // Credits that are reserved stay in the balance.
        Ok(Reserved { reservation, balance: books.credits.counted.balance() })
    }

    /// Lists at most `limit` open reservations, the earliest end first, with the balance of the
    /// account; and the page's last place if later ones follow. `loaded` has [`parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn reservations(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        window: (Option<HoldPlace>, usize),
    ) -> Tried<(Vec<Reserved>, Option<HoldPlace>)> {
        let account = standing(loaded)?.account;
        let credits = self.store.credits(invocation, &account, loaded).await?;
        let (open, end) = self.store.reservations(invocation, &account, window).await?;

        let balance = credits.counted.balance();
        let open = open.into_iter().map(|reservation| Reserved { reservation, balance });
        Ok((open.collect(), end))
    }

    /// Takes what the job needed of a reservation, and returns the rest. `loaded` has [`parts`] and
    /// the reservation.
    ///
    /// # Errors
    /// A refusal ends nothing. Settling again at the same number of tokens changes nothing.
    pub async fn settle(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (id, tokens): (&str, i64),
        loaded: Loaded,
    ) -> Tried<Reserved> {
        let mut loaded = Some(loaded);
        let end = (id, End::Settle(tokens));
        invocation.retry(|| self.try_end(invocation, account, end, loaded.take())).await
    }

    /// Returns all that a reservation holds. `loaded` has [`parts`] and the reservation.
    ///
    /// # Errors
    /// A refusal ends nothing. Releasing again changes nothing.
    pub async fn release(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
        loaded: Loaded,
    ) -> Tried<Reserved> {
        let mut loaded = Some(loaded);
        let end = (id, End::Release);
        invocation.retry(|| self.try_end(invocation, account, end, loaded.take())).await
    }

    async fn try_end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (id, end): (&str, End),
        first: Option<Loaded>,
    ) -> Tried<Reserved> {
        let parts = parts(Some(Part::Reservation(id.to_owned())));
        let loaded = parts_for_try(&self.store, invocation, (account, parts), first).await?;
        let books = self.books(invocation, &loaded).await?;
        let held = loaded.reservation(id)?.ok_or(Refused::NotFound("reservation"))?;

        let decided = decide_end(&books, &held, end, invocation.now)?;
        let Some((change, balance)) = decided else {
            let reservation = books.credits.as_of(&held, invocation.now);
            return Ok(Reserved { reservation, balance: books.credits.counted.balance() });
        };

        self.commit(invocation, &books.standing, &change).await?;

        let reservation =
            change.reservation.ok_or_else(|| Interrupted::Missing(format!("reservation {id}")))?;
        Ok(Reserved { reservation, balance })
    }
}

/// Decides an end: the change and the balance behind it, or none where the reservation has ended so
/// already.
fn decide_end(
    books: &Books,
    held: &Reservation,
    end: End,
    now: Timestamp,
) -> Result<Option<(Change, i64)>, Refused> {
    match end {
        End::Settle(tokens) => {
            let settled = books.settle(held, tokens, now).map_err(Refused::NotHeld)?;
            Ok(settled.map(|settled| (settled.change, settled.balance)))
        }
        End::Release => {
            let released = books.release(held, now).map_err(Refused::NotHeld)?;
            Ok(released.map(|change| (change, books.credits.counted.balance())))
        }
    }
}
