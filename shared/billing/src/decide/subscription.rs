//! Changes by a subscription: told by an event, or read from Stripe.

use super::{Books, Change, Undecided, Write, decide, note};
use crate::account::Standing;
use crate::fact::{Fact, News, SubscriptionSnapshot};
use crate::ids::PaymentMethodId;
use crate::journal::describe::describe_subscription;
use crate::journal::{Entry, Kind};
use crate::subscription::Subscription;
use crate::time::Timestamp;

/// A subscription and its latest invoice, as Stripe answered after the books were read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The subscription.
    pub snapshot: &'a SubscriptionSnapshot,
    /// Its latest invoice, if the answer has it.
    pub latest_invoice: Option<&'a Fact>,
    /// A moment before the reading, by Stripe's clock.
    pub at: Timestamp,
}

impl<'a> Reading<'a> {
    /// The reading without its invoice, if that would change nothing: the books have this very
    /// subscription, and list the invoice as it is. What else there is to be known of it, its own
    /// event tells.
    #[must_use]
    pub fn without_known_invoice(self, books: &Books) -> Self {
        let known = books.subscriptions.get(&self.snapshot.id);
        let is_known = known.is_some_and(|it| it.snapshot == *self.snapshot && !it.ambiguous);
        let is_listed = |fact: &&'a Fact| match &fact.news {
            News::Invoice { snapshot, .. } => books.standing.lists_as_shown(snapshot, fact.at),
            News::CreditNote(_)
            | News::Subscription(_)
            | News::CustomerUpdated(_)
            | News::TaxId(_)
            | News::CustomerDeleted
            | News::MethodChanged
            | News::PaymentMoved(_) => false,
        };
        let latest_invoice = self.latest_invoice.filter(|fact| !(is_known && is_listed(fact)));
        Self { latest_invoice, ..self }
    }

    /// The change by subscription and invoice together, in one transaction. Nothing when both are
    /// known already. `books` have the invoice, if the table does.
    ///
    /// # Errors
    /// Those of a fact about the invoice.
    pub fn decide(&self, books: &Books, now: Timestamp) -> Result<Option<Change>, Undecided> {
        let subscribed = subscription_read(books, self.snapshot, self.at, now)?;
        let Some(invoice) = self.latest_invoice else { return Ok(subscribed) };
        let Some(subscribed) = subscribed else { return decide(books, invoice, now) };

        let mut then = Books { standing: subscribed.standing.clone(), ..books.clone() };
        let read = subscribed.subscription().cloned();
        then.subscriptions.extend(read.map(|read| (read.snapshot.id.clone(), read)));
        Ok(Some(match decide(&then, invoice, now)? {
            Some(invoiced) => subscribed.then(invoiced),
            None => subscribed,
        }))
    }
}

pub(super) fn told(
    books: &Books,
    told: &SubscriptionSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.subscriptions.get(&told.id);
    subscription_changed(books, Subscription::after(known, told, at), at, now)
}

/// A subscription as it was read from Stripe after these books were: what it says holds, whatever
/// order events came in (money rules 5 and 8). Nothing when it is known already.
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
    let all: Vec<&Subscription> = others.chain([&subscription]).collect();
    change.standing.set_subscription(&all);
    let booking = change.standing.settle_booking(at);
    if books.standing.more_open > 0 {
        if !books.has_all_invoices {
            return Err(Undecided::NeedsAllInvoices);
        }
        change.standing.list_all(books.invoices.values(), &all);
    }
    let entry = Entry::new(at, Kind::SubscriptionChanged, Some(id.as_str()));
    let entry = describe_subscription(entry, known, &subscription);
    change.writes.push(Write::Subscription(subscription));
    let mut change = change.concluded(books, entry, false, now);
    change.entries.extend(booking);
    Ok(Some(change))
}

/// A subscription's own payment method is its customer's now: said once, however often that is
/// found. Nothing when it is said, or when the books do not have the subscription with it any more.
pub fn payment_method_moved(
    standing: &Standing,
    method: &PaymentMethodId,
    now: Timestamp,
) -> Option<Change> {
    let live = standing.live_subscription()?;
    if standing.payment_method_told || live.payment_method.as_ref() != Some(method) {
        return None;
    }
    let entry = Entry::new(now, Kind::PaymentMethodSet, Some(method.as_str()));
    let mut change = note(standing, entry, now);
    change.standing.payment_method_told = true;
    Some(change)
}
