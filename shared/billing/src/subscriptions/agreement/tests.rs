use super::*;
use crate::account::moments::Moment;
use crate::account::{Bearing, OpenInvoice, Owner, PendingChange};
use crate::fact::{Interval, SubscriptionStatus};
use crate::ids::{AccountId, InvoiceId, ScheduleId};
use crate::money::{Currency, Money};
use crate::samples;

const NOW: Timestamp = Timestamp(1_795_338_000);

fn standing() -> Standing {
    let mut standing = Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW);
    let sample = samples::subscription(NOW, NOW.plus_seconds(2_592_000));
    let collection = Some(Collection::Automatic);
    standing.subscription = Some(SubscriptionSnapshot { collection, ..sample });
    standing
}

fn with(change: impl FnOnce(&mut SubscriptionSnapshot)) -> Standing {
    let mut standing = standing();
    change(standing.subscription.as_mut().unwrap());
    standing
}

/// An invoice that has disabled the account by now.
fn disabled(mut standing: Standing) -> Standing {
    let remaining = Money::new(100, Currency::parse("eur").unwrap());
    let owed = OpenInvoice {
        remaining,
        overdue_at: NOW,
        disables_at: NOW,
        subscription: None,
        owner: Owner::Ours,
        bearing: Bearing::Full,
        journaled: None,
    };
    standing.open.insert(InvoiceId::parse("in_1").unwrap(), owed);
    standing
}

/// Goal: renewals are paused exactly while the account is disabled, whatever was missed; a pause of
/// the vendor's people is neither doubled nor undone.
#[test]
fn renewals_are_paused_while_disabled_and_resumed_after() {
    let (pause, resume) = (vec![Task::PauseCollection], vec![Task::ResumeCollection]);
    for (is, while_disabled, afterwards) in [
        (None, pause.clone(), vec![]),
        (Some(Pause::Ours), vec![], resume),
        (Some(Pause::Foreign), vec![], vec![]),
        (Some(Pause::MarkLeft), pause, vec![Task::ClearPauseMark]),
    ] {
        let paused = || with(|it| it.pause = is);
        assert_eq!(tasks(&disabled(paused()), None, NOW), while_disabled, "{is:?}");
        assert_eq!(tasks(&paused(), None, NOW), afterwards, "{is:?}");
    }
    let ended = with(|it| it.status = SubscriptionStatus::Canceled);
    assert_eq!(tasks(&disabled(ended), None, NOW), []);
}

/// Goal: the card that Checkout gave to the subscription becomes the customer's, unless nothing is
/// charged.
#[test]
fn a_subscriptions_own_card_becomes_the_customers() {
    let card = PaymentMethodId::parse("pm_1").unwrap();
    let own = with(|it| it.payment_method = Some(card.clone()));
    assert_eq!(tasks(&own, None, NOW), [], "it was not bought in our Checkout");
    let bought = with(|it| {
        it.payment_method = Some(card.clone());
        it.card_moves = true;
    });
    assert_eq!(tasks(&bought, None, NOW), [Task::MovePaymentMethod(card.clone())]);
    let sent = with(|it| {
        it.payment_method = Some(card);
        it.card_moves = true;
        it.collection = Some(Collection::Manual);
    });
    assert_eq!(tasks(&sent, None, NOW), []);
}

/// Goal: a default that the customer chose after the page was made stands; before it was paid, the
/// card that was paid with takes its place.
#[test]
fn a_newer_choice_of_the_customer_stands() {
    let [bought, other, before] =
        ["pm_1", "pm_2", "pm_3"].map(|id| PaymentMethodId::parse(id).unwrap());
    for (default, before, expected) in [
        (None, None, true),
        (Some(&before), Some(&before), true),
        (Some(&bought), None, true),
        (Some(&bought), Some(&before), true),
        (Some(&other), None, false),
        (Some(&other), Some(&before), false),
        (None, Some(&before), false),
    ] {
        assert_eq!(is_still_chosen(&bought, default, before), expected, "{default:?} {before:?}");
    }
}

/// Goal: a booking without a schedule is found at once, and one whose schedule is half made after a
/// while.
#[test]
fn a_booking_without_its_schedule_is_taken_up_after_a_while() {
    let mut standing = standing();
    let (plan, at) = ("personal".to_owned(), NOW.plus_seconds(100_000));
    let interval = Interval::Month;
    standing.pending = Some(PendingChange { plan, interval, seats: 1, at, booked: false });
    let later = NOW.plus_seconds(BOOKING_SECONDS_MAX);
    assert_eq!(tasks(&standing, None, NOW), [Task::MakeSchedule]);
    standing.pending.as_mut().unwrap().booked = true;
    assert_eq!(tasks(&standing, None, NOW), [Task::MakeSchedule], "Stripe's is gone");
    let schedule = Some(ScheduleId::parse("sub_sched_1").unwrap());
    standing.subscription.as_mut().unwrap().schedule = schedule;
    assert_eq!(tasks(&standing, None, later), []);
    standing.pending.as_mut().unwrap().booked = false;
    assert_eq!(tasks(&standing, None, later.plus_seconds(-1)), [], "it is being made");
    assert_eq!(tasks(&standing, None, later), [Task::MakeSchedule]);
}

/// Goal: what two events of one second left open is read, if it is the account's own subscription.
#[test]
fn what_is_uncertain_is_read() {
    let standing = standing();
    let snapshot = standing.subscription.clone().unwrap();
    let known = Subscription::after(None, &snapshot, NOW);
    assert_eq!(tasks(&standing, Some(&known), NOW), []);
    let other = SubscriptionSnapshot { seats: 2, ..snapshot };
    let doubt = Subscription::after(Some(&known), &other, NOW);
    assert_eq!(tasks(&standing, Some(&doubt), NOW), [Task::Read]);
}

/// Goal: terms that staff set are made so at Stripe, also when only the days differ; terms that
/// nobody set stand as they are.
#[test]
fn terms_that_staff_set_are_compared() {
    let (charged, sent) = (Collection::Automatic, Collection::Manual);
    let days = Some(30);
    for (set, ours, net_days, theirs, their_days, expected) in [
        (true, sent, 30, charged, None, vec![Task::SetTerms]),
        (true, sent, 30, sent, Some(14), vec![Task::SetTerms]),
        (true, sent, 30, sent, days, vec![]),
        (true, charged, 0, sent, days, vec![Task::SetTerms]),
        (true, charged, 0, charged, None, vec![]),
        (false, charged, 0, sent, days, vec![]),
    ] {
        let mut standing = with(|it| {
            it.collection = Some(theirs);
            it.net_days = their_days;
        });
        (standing.collection, standing.net_days, standing.terms_set) = (ours, net_days, set);

        let is_due = !expected.is_empty();
        assert_eq!(tasks(&standing, None, NOW), expected, "{standing:?}");
        assert_eq!(due_at(&standing).is_some(), is_due, "{standing:?}");
    }
}

/// Goal: an account is due while Stripe does not follow its books, not before the time of another
/// try, and not at all once an operator must look.
#[test]
fn an_account_is_due_until_stripe_follows() {
    let paused = || with(|it| it.pause = Some(Pause::Ours));
    assert_eq!(due_at(&standing()), None);
    assert_eq!(due_at(&disabled(standing())), Some(NOW));
    let mut told = disabled(paused());
    told.open.values_mut().for_each(|entry| entry.journaled = Some(Moment::Disabled));
    assert_eq!(due_at(&told), None, "told, and paused");
    assert_eq!(due_at(&paused()), Some(NOW));

    let later = NOW.plus_seconds(3_600);
    let retried = Standing { retry_at: Some(later), ..paused() };
    assert_eq!(due_at(&retried), Some(later));
    let never = Standing { retry_at: Some(Timestamp::MAX), ..paused() };
    assert_eq!(due_at(&never), None);
}
