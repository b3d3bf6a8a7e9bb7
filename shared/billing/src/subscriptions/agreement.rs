//! What Stripe is to do that follows from an account's books and that it does not do yet.
//!
//! It is compared, not remembered: each fact that is applied compares, the index of what is due
//! compares ([`due_at`]), and what differs is done. So nothing is lost when something breaks in
//! between, and nothing is done twice.

use crate::account::Standing;
use crate::fact::{Collection, Pause, SubscriptionSnapshot};
use crate::family::BillingModel;
use crate::ids::PaymentMethodId;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::Timestamp;

/// Age at which a schedule that is half made is made anew, in seconds: its maker is at it until
/// then.
pub const BOOKING_SECONDS_MAX: i64 = 120;

/// One thing to be done at Stripe about an account's subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// It is not certain how it stands: read it (money rules 5 and 8).
    Read,
    /// Staff set other terms of payment than the subscription's (A17).
    SetTerms,
    /// The account is disabled: no renewal is collected while it is ("Suspended", money rule 13).
    PauseCollection,
    /// It is disabled no more: our pause is removed.
    ResumeCollection,
    /// Somebody else removed our pause: the mark that is left of it goes.
    ClearPauseMark,
    /// Our Checkout gave the card to the subscription alone: it becomes the customer's, for
    /// whatever is charged, unless the customer chose another since ([`is_still_chosen`], money
    /// rule 9).
    MovePaymentMethod(PaymentMethodId),
    /// A change is booked, and Stripe has no schedule that says so (money rule 15).
    MakeSchedule,
    /// A subscription was bought twice: the newer ends.
    EndDoubles,
    /// The sub-account moves to its parent, which pays then: the subscription ends with its period
    /// (B11).
    EndWithPeriod,
    /// Staff closed the account: the subscription ends at once, and nothing is given back (C5,
    /// C10).
    EndSubscription,
    /// The rest of a period whose renewal was voided is billed: its invoice is made. Names the
    /// creation of the voided renewal.
    InvoiceRest(Timestamp),
}

impl Task {
    /// True if the task changes something at Stripe: then it takes the account's lease.
    pub fn changes_stripe(&self) -> bool {
        match self {
            Self::Read => false,
            Self::PauseCollection
            | Self::ResumeCollection
            | Self::ClearPauseMark
            | Self::MovePaymentMethod(_)
            | Self::SetTerms
            | Self::MakeSchedule
            | Self::EndDoubles
            | Self::EndWithPeriod
            | Self::EndSubscription
            | Self::InvoiceRest(_) => true,
        }
    }
}

/// What is to be done at Stripe, in this order. `current` is the account's subscription where it is
/// at hand.
pub fn tasks(standing: &Standing, current: Option<&Subscription>, now: Timestamp) -> Vec<Task> {
    let rest = standing.rest_to_invoice().map(Task::InvoiceRest);
    let Some(live) = standing.live_subscription() else { return rest.into_iter().collect() };
    if standing.closed.is_some_and(|closed| closed.ends_subscription) {
        return vec![Task::EndSubscription];
    }
    let uncertain = current.is_some_and(|it| it.ambiguous && it.snapshot.id == live.id);
    // Also one whose schedule was taken away behind our back, or by a change that broke off.
    let pending = standing.pending.as_ref();
    let pending = pending.filter(|pending| !pending.booked || live.schedule.is_none());
    let pending = pending.filter(|_| live.status.is_in_force());
    // A schedule that is half made may be under way.
    let since = standing.journal_at.plus_seconds(BOOKING_SECONDS_MAX);
    let is_left = live.schedule.is_none() || since <= now;
    [
        rest,
        uncertain.then_some(Task::Read),
        terms_differ(standing, live).then_some(Task::SetTerms),
        pausing(live, standing.state_at(now)),
        card_to_move(live).map(Task::MovePaymentMethod),
        pending.filter(|_| is_left).map(|_| Task::MakeSchedule),
        standing.has_doubles.then_some(Task::EndDoubles),
        moves_to_parent(standing, live).then_some(Task::EndWithPeriod),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The time from which somebody is to look at the account: since when Stripe does not follow the
/// books, when the next moment comes that the journal does not have, when something is to be done
/// about a transfer, or when a booked billing model begins; later after a failure.
/// Nothing when nothing is to come, or an operator must look first.
///
/// The standing stands in the index of what is due under this time, in the very transaction that
/// changes it. So neither a moment nor what follows from it is lost, whatever breaks or stays away.
pub fn due_at(standing: &Standing) -> Option<Timestamp> {
    let written = standing.journal_at;
    let differs = [written, written.plus_seconds(BOOKING_SECONDS_MAX)]
        .into_iter()
        .find(|at| !tasks(standing, None, *at).is_empty());
    let moves = standing.family.as_sub_account().and_then(|place| place.booked);
    let moves = moves.map(|booked| booked.at);
    let due = [standing.next_moment(), differs, standing.desk_at, moves];
    let due = due.into_iter().flatten().min()?;
    let due = standing.retry_at.map_or(due, |retry_at| retry_at.max(due));
    (due < Timestamp::MAX).then_some(due)
}

/// True if the account is to be billed to its parent, and its subscription would renew.
fn moves_to_parent(standing: &Standing, live: &SubscriptionSnapshot) -> bool {
    let place = standing.family.as_sub_account();
    let model = place.map(|place| place.booked.map_or(place.model, |booked| booked.model));
    model == Some(BillingModel::BillToParent) && live.status.is_in_force() && live.ends_at.is_none()
}

/// True if a subscription is not paid as staff said. Terms that nobody set are not compared.
pub fn terms_differ(standing: &Standing, live: &SubscriptionSnapshot) -> bool {
    let Some(collection) = live.collection.filter(|_| standing.terms_set) else { return false };
    let days = match standing.collection {
        Collection::Manual => Some(standing.net_days),
        Collection::Automatic => live.net_days,
    };
    collection != standing.collection || live.net_days != days
}

/// A pause that is there needs no second, and only ours is undone.
fn pausing(live: &SubscriptionSnapshot, state: State) -> Option<Task> {
    // A suspended subscription makes no invoices.
    if !live.status.is_in_force() {
        return None;
    }
    match (state, live.pause) {
        (State::Disabled, None | Some(Pause::MarkLeft)) => Some(Task::PauseCollection),
        (State::Restricted | State::PastDue | State::Active, Some(Pause::Ours)) => {
            Some(Task::ResumeCollection)
        }
        (State::Restricted | State::PastDue | State::Active, Some(Pause::MarkLeft)) => {
            Some(Task::ClearPauseMark)
        }
        (State::Disabled, Some(Pause::Ours | Pause::Foreign))
        | (State::Restricted | State::PastDue | State::Active, None | Some(Pause::Foreign))
        // Nothing is billed any more, however it is collected.
        | (State::Terminated | State::Canceled, _) => None,
    }
}

/// The card of our Checkout alone. Where invoices are sent nothing is charged, so that no card goes
/// before another.
fn card_to_move(live: &SubscriptionSnapshot) -> Option<PaymentMethodId> {
    if !live.card_moves {
        return None;
    }
    match live.collection {
        Some(Collection::Manual) => None,
        Some(Collection::Automatic) | None => live.payment_method.clone(),
    }
}

/// True if a card of our Checkout may become the customer's default: the default is the one that
/// there was before the page was made, or this very card. Any other was chosen since, and stands.
pub fn is_still_chosen(
    card: &PaymentMethodId,
    default: Option<&PaymentMethodId>,
    before: Option<&PaymentMethodId>,
) -> bool {
    default == before || default == Some(card)
}

#[cfg(test)]
mod tests;
