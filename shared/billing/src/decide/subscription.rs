//! What a subscription changes: told by an event, or read from Stripe.

use super::{Books, Change, Undecided, Write};
use crate::fact::SubscriptionSnapshot;
use crate::journal::describe::describe_subscription;
use crate::journal::{Entry, Kind};
use crate::subscription::Subscription;
use crate::time::Timestamp;

pub(super) fn told(
    books: &Books,
    told: &SubscriptionSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.subscriptions.get(&told.id);
    subscription_changed(books, Subscription::after(known, told, at), at, now)
}

/// A subscription as it was read from Stripe after these books were: what it says holds, whatever order events
/// came in (money rules 5 and 8). Nothing when it is known already.
pub fn subscription_read(
    books: &Books,
    read: &SubscriptionSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.subscriptions.get(&read.id);
    subscription_changed(books, Subscription::after_reading(known, read, at), at, now)
}

fn subscription_changed(
    books: &Books,
    subscription: Subscription,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.subscriptions.get(&subscription.snapshot.id);
    if known == Some(&subscription) {
        return Ok(None);
    }
    let mut change = Change::of(books);
    let id = subscription.snapshot.id.clone();
    let others = books.subscriptions.values().filter(|other| other.snapshot.id != id);
    change.standing.set_subscription(others.chain([&subscription]));
    change.standing.end_pending();
    if books.standing.more_open > 0 {
        if !books.has_all_invoices {
            return Err(Undecided::NeedsAllInvoices);
        }
        change.standing.list_all(books.invoices.values());
    }
    let entry = Entry::new(at, Kind::SubscriptionChanged, Some(id.as_str()));
    let entry = describe_subscription(entry, known, &subscription);
    change.writes.push(Write::Subscription(subscription));
    Ok(Some(change.concluded(books, entry, false, now)))
}
