//! What a customer changes: its details and tax ids, told by events or read from Stripe, and its
//! end.

use super::{Books, Change, Write};
use crate::account::{Closed, Closure, Noticed};
use crate::fact::CustomerSnapshot;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::profile::Profile;
use crate::state::Transition;
use crate::tax_id::TaxIdSnapshot;
use crate::time::Timestamp;

pub(super) fn told(
    books: &Books,
    told: &CustomerSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    let known = books.profile.as_ref()?;
    let change = profile_changed(books, known, known.after(told, at), at, now);

    // An invoice may have used what is prepaid. Of one second no event tells whether it is the
    // later.
    let is_stale = known.as_of > Some(at) || told.balance == known.details.balance;
    let is_noted = books.standing.desk_at.is_some_and(|due| due <= now);
    if known.prepaid.is_empty() || is_stale || is_noted {
        return change;
    }
    let mut change = change.unwrap_or_else(|| Change::of(books));
    change.standing.look_at_desk(now);
    Some(change)
}

pub(super) fn tax_id_told(
    books: &Books,
    told: &TaxIdSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    let known = books.profile.as_ref()?;
    let tax_ids = known.tax_ids.after(told, at);
    profile_changed(books, known, Profile { tax_ids, ..known.clone() }, at, now)
}

/// A customer and all its tax ids as they were read from Stripe after these books were: what they
/// say holds. Nothing when it is known already.
pub fn customer_read(
    books: &Books,
    read: &CustomerSnapshot,
    tax_ids: &[TaxIdSnapshot],
    at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    let known = books.profile.as_ref()?;
    profile_changed(books, known, known.after_reading(read, tax_ids, at), at, now)
}

fn profile_changed(
    books: &Books,
    known: &Profile,
    profile: Profile,
    at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    if *known == profile {
        return None;
    }
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    let (before, after) = (&known.details, &profile.details);
    let balance = |details: &CustomerSnapshot| match details.currency {
        Some(currency) => Some(Value::Money(Money::new(details.balance, currency))),
        None => Some(Value::Number(details.balance)),
    };
    let uncertain =
        |profile: &Profile| profile.ambiguous.then(|| Value::Text("read it at Stripe".to_owned()));
    let mut entry = Entry::new(at, Kind::DetailsChanged, None)
        .with("name", None, moved(before.name.as_deref(), after.name.as_deref()))
        .with("email", None, moved(before.email.as_deref(), after.email.as_deref()))
        .with("country", text(&before.address.country), text(&after.address.country))
        .with("balance_at_stripe", balance(before), balance(after))
        .with("purchase_order", text(&before.purchase_order), text(&after.purchase_order))
        .with("tax_ids", text(&known.tax_ids.one_line()), text(&profile.tax_ids.one_line()))
        .with("uncertain", uncertain(known), uncertain(&profile));
    if before.address != after.address {
        let line = |details: &CustomerSnapshot| details.address.one_line();
        entry = entry.with("address", None, moved(line(before).as_deref(), line(after).as_deref()));
    }
    let mut change = Change::of(books);
    change.writes.push(Write::Profile(profile));
    change.standing.journal_at = change.standing.journal_at.max(now);
    // A later word of the same is kept, and tells nobody anything.
    if !entry.changes.is_empty() {
        change.entries.push(entry);
    }
    Some(change)
}

/// A name or an address that changed, without itself: the profile alone has it (F8).
fn moved(before: Option<&str>, after: Option<&str>) -> Option<Value> {
    let word = match (before, after) {
        (before, after) if before == after => return None,
        (None, _) => "added",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
    };
    Some(Value::Text(word.to_owned()))
}

/// The customer was deleted at Stripe: the account is closed (requirements, "Cancelled").
pub(super) fn deleted(books: &Books, at: Timestamp, now: Timestamp) -> Option<Change> {
    let closed = Closed { how: Closure::Canceled, at, ends_subscription: false };
    let sooner =
        books.standing.closed.is_none_or(|known| known.how == Closure::Canceled && at < known.at);
    if !sooner {
        return None;
    }
    let mut change = Change::of(books);
    change.standing.closed = Some(closed);
    change.standing.journal_at = change.standing.journal_at.max(now);
    let from = change.standing.noticed.state;
    let to = change.standing.state_at(at);
    if from == to {
        // Known to be closed, only earlier than was thought: nothing to tell anybody.
        change.entries.push(Entry::new(at, Kind::AccountClosed, None));
    } else {
        let transition = Transition { at, from, to, because: Vec::new() };
        change.standing.noticed = Noticed { state: to, since: at };
        change.entries.push(Entry::transition(&transition));
    }
    Some(change)
}
