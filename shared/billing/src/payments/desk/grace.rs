//! Grace that staff give: other days from overdue to disabled, or a promise to pay until a date
//! (F3, F9).

use super::draft::Draft;
use super::{Desk, owed};
use crate::account::{GRACE_DAYS_MAX, Standing};
use crate::change::Change;
use crate::decide::Books;
use crate::invoice::Invoice;
use crate::journal::{Entry, Kind, Value};
use crate::time::{DAY_SECONDS, Timestamp};

/// Grace that staff give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grace {
    /// Days from overdue to disabled, for what is not overdue yet and all that comes.
    Days(i64),
    /// What is open now disables nobody until that time, with the reason. An account that is
    /// disabled stays so.
    Until(Timestamp, String),
    /// A promise is ended.
    Ended,
}

/// Reason why a grace is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GraceRefusal {
    /// The time is over, or more than a year ahead.
    #[error("a time within the next {GRACE_DAYS_MAX} days is expected")]
    NotAhead,
    /// More days than may be.
    #[error("0 to {GRACE_DAYS_MAX} days are expected")]
    Days,
}

/// Gives an account a grace.
///
/// # Errors
/// [`GraceRefusal`].
pub fn give_grace(
    (books, desk): (&Books, &Desk),
    grace: &Grace,
    now: Timestamp,
) -> Result<Change, GraceRefusal> {
    let (mut entry, standing) = match grace {
        Grace::Days(days) => with_days(&books.standing, *days, now)?,
        Grace::Until(until, reason) => {
            let latest = now.plus_seconds(GRACE_DAYS_MAX.saturating_mul(DAY_SECONDS));
            if *until <= now || *until > latest {
                return Err(GraceRefusal::NotAhead);
            }
            let reason = Some(Value::Text(reason.clone()));
            let entry = Entry::new(now, Kind::HoldChanged, None)
                .with("hold_until", None, Some(Value::Time(*until)))
                .with("reason", None, reason);
            (entry, books.standing.clone())
        }
        Grace::Ended => (Entry::new(now, Kind::HoldChanged, None), books.standing.clone()),
    };
    entry.because = owed(books).iter().take(1).map(ToString::to_string).collect();

    let rules = standing.rules();
    let books = &Books { standing, ..books.clone() };
    let mut draft = Draft::of(books, desk);
    for invoice in open(books) {
        let changed = match grace {
            Grace::Days(_) => invoice.with_grace_of(rules, now),
            Grace::Until(until, _) => invoice.held_by_staff(Some(*until), rules, now),
            Grace::Ended => invoice.held_by_staff(None, rules, now),
        };
        if changed != *invoice {
            draft.put_invoice(changed);
        }
    }
    draft.say(entry, &[]);
    Ok(draft.conclude(now))
}

fn with_days(
    standing: &Standing,
    days: i64,
    now: Timestamp,
) -> Result<(Entry, Standing), GraceRefusal> {
    if !(0..=GRACE_DAYS_MAX).contains(&days) {
        return Err(GraceRefusal::Days);
    }
    let number = |seconds: i64| Some(Value::Number(seconds.div_euclid(DAY_SECONDS)));
    let grace_seconds = days.saturating_mul(DAY_SECONDS);
    let entry = Entry::new(now, Kind::HoldChanged, None).with(
        "grace_days",
        number(standing.grace_seconds),
        number(grace_seconds),
    );
    Ok((entry, Standing { grace_seconds, ..standing.clone() }))
}

fn open(books: &Books) -> impl Iterator<Item = &Invoice> {
    let owed = owed(books);
    books.invoices.values().filter(move |invoice| owed.contains(&invoice.id))
}
