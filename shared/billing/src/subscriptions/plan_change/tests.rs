use super::*;
use crate::account::{Closed, Closure};
use crate::fact::SubscriptionStatus;
use crate::ids::AccountId;
use crate::samples;

const NOW: Timestamp = Timestamp(1_795_338_000);
const END: Timestamp = Timestamp(1_796_083_200);

/// The example catalog's plans.
fn offers() -> Vec<Offer> {
    let offer = |plan: &str, seats_max, is_public| Offer {
        plan: plan.to_owned(),
        intervals: if plan == "free" { vec![] } else { vec![Interval::Month, Interval::Year] },
        seats_max,
        is_public,
    };
    vec![
        offer("free", None, true),
        offer("personal", None, true),
        offer("team", Some(500), true),
        offer("business", Some(5_000), true),
        offer("enterprise", Some(100_000), false),
    ]
}

fn standing() -> Standing {
    Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW)
}

fn on(plan: &str, interval: Interval, seats: u64) -> Standing {
    let subscription = SubscriptionSnapshot {
        plan: plan.to_owned(),
        interval: Some(interval),
        seats,
        collection: Some(Collection::Automatic),
        ..samples::subscription(NOW, END)
    };
    Standing { subscription: Some(subscription), ..standing() }
}

fn target(plan: &str, interval: Interval, seats: u64) -> Target {
    Target { plan: plan.to_owned(), interval, seats }
}

fn decided(standing: &Standing, plan: &str, interval: Interval, seats: u64) -> Decision {
    decide(standing, &target(plan, interval, seats), &offers(), NOW).unwrap()
}

fn refused(standing: &Standing, plan: &str, interval: Interval, seats: u64) -> Refused {
    decide(standing, &target(plan, interval, seats), &offers(), NOW).unwrap_err()
}

fn now() -> Decision {
    Decision::Now { booking: None }
}

/// Goal: what costs more is at once, what costs less at the end of the period, a month instead of a
/// year always then (D3 to D5, C5).
#[test]
fn more_is_now_and_less_is_at_the_end_of_the_period() {
    use Interval::{Month, Year};
    let booked =
        |plan: &str, interval, seats| Decision::AtPeriodEnd(target(plan, interval, seats).at(END));
    for (from, to, expected) in [
        (("team", Month, 3), ("team", Month, 3), Decision::Nothing),
        (("team", Month, 3), ("team", Month, 4), now()),
        (("team", Month, 3), ("business", Month, 3), now()),
        (("team", Month, 3), ("business", Month, 1), now()),
        (("team", Month, 3), ("team", Year, 3), now()),
        (("team", Month, 3), ("team", Year, 1), now()),
        (("team", Month, 3), ("business", Year, 3), now()),
        (("team", Month, 3), ("team", Month, 2), booked("team", Month, 2)),
        (("team", Month, 3), ("personal", Month, 1), booked("personal", Month, 1)),
        (("team", Month, 3), ("personal", Year, 1), booked("personal", Year, 1)),
        (("team", Year, 3), ("team", Month, 3), booked("team", Month, 3)),
        (("team", Year, 3), ("team", Month, 9), booked("team", Month, 9)),
        (("team", Year, 3), ("business", Month, 3), booked("business", Month, 3)),
        (("team", Year, 3), ("business", Year, 3), now()),
        (("an old plan", Month, 3), ("team", Month, 3), now()),
        (("enterprise", Month, 3), ("enterprise", Month, 4), now()),
        (("enterprise", Month, 3), ("business", Month, 4), booked("business", Month, 4)),
    ] {
        let standing = on(from.0, from.1, from.2);
        let decision = decided(&standing, to.0, to.1, to.2);
        assert_eq!(decision, expected, "{from:?} to {to:?}");
    }
}

/// Goal: who has no subscription buys one on Stripe's page, or begins at once where invoices are
/// sent (A17).
#[test]
fn the_first_paid_plan_goes_through_checkout_unless_invoices_are_sent() {
    assert_eq!(decided(&standing(), "team", Interval::Month, 3), Decision::Checkout);
    let manual = Standing { collection: Collection::Manual, ..standing() };
    assert_eq!(decided(&manual, "team", Interval::Month, 3), Decision::Subscribe);
    let mut ended = on("team", Interval::Month, 3);
    ended.subscription.as_mut().unwrap().status = SubscriptionStatus::Canceled;
    assert_eq!(decided(&ended, "team", Interval::Month, 3), Decision::Checkout);
}

/// Goal: every field that is wrong is named, and none that is not.
#[test]
fn wrong_fields_are_named() {
    use Interval::{Day, Month};
    let fields = |refused: Refused| match refused {
        Refused::Fields(fields) => fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        Refused::State(_) | Refused::Ends(_) | Refused::PausedByVendor => panic!("{refused:?}"),
    };
    for (plan, interval, seats, expected) in [
        ("gold", Month, 1, vec!["plan"]),
        ("free", Month, 1, vec!["plan"]),
        ("enterprise", Month, 1, vec!["plan"]),
        ("team", Day, 1, vec!["interval"]),
        ("team", Month, 0, vec!["seats"]),
        ("team", Month, 501, vec!["seats"]),
        ("personal", Month, 2, vec!["seats"]),
        ("team", Day, u64::MAX, vec!["interval", "seats"]),
    ] {
        let refused = refused(&standing(), plan, interval, seats);
        assert_eq!(fields(refused), expected, "{plan} {interval:?} {seats}");
    }
    let huge = [Offer { seats_max: Some(u64::MAX), ..offers()[2].clone() }];
    let asked = |seats| decide(&standing(), &target("team", Month, seats), &huge, NOW);
    assert_eq!(asked(SEATS_MAX), Ok(Decision::Checkout));
    assert!(asked(SEATS_MAX + 1).is_err());
}

/// Goal: a closed or disabled account changes nothing.
#[test]
fn a_closed_account_changes_nothing() {
    let closed = Closed { how: Closure::Terminated, at: NOW, ends_subscription: false };
    let standing = Standing { closed: Some(closed), ..on("team", Interval::Month, 3) };
    let refused = refused(&standing, "team", Interval::Month, 4);
    assert_eq!(refused, Refused::State(State::Terminated));
}

/// Goal: what is in force undoes what was booked; what is booked is not booked twice; another wish
/// takes its place.
#[test]
fn the_latest_wish_holds() {
    use Interval::Month;
    let mut standing = on("team", Month, 5);
    let mut booking = target("personal", Month, 1).at(END);
    standing.pending = Some(booking.clone());
    assert_eq!(decided(&standing, "team", Month, 5), Decision::Undo);
    let again = decided(&standing, "personal", Month, 1);
    assert_eq!(again, Decision::AtPeriodEnd(booking.clone()), "its schedule is to be made");
    booking.booked = true;
    standing.pending = Some(booking);
    assert_eq!(decided(&standing, "personal", Month, 1), Decision::Nothing);
    let fewer = target("team", Month, 4).at(END);
    assert_eq!(decided(&standing, "team", Month, 4), Decision::AtPeriodEnd(fewer));
    assert_eq!(decided(&standing, "business", Month, 5), now());
}

/// Goal: more seats leave a booking as it is, with the seats that it named; one that was not about
/// seats gets the new ones, as many as its plan has (D5).
#[test]
fn more_seats_leave_the_booking() {
    use Interval::{Month, Year};
    let with = |live: (&str, Interval, u64), booked: Target| {
        let mut standing = on(live.0, live.1, live.2);
        standing.pending = Some(PendingChange { booked: true, ..booked.at(END) });
        let decision = decided(&standing, live.0, live.1, 8);
        let Decision::Now { booking: Some(booking) } = decision else { panic!("{decision:?}") };
        (Target::booked(&booking), booking.booked)
    };
    let fewer = target("team", Month, 2);
    assert_eq!(with(("team", Month, 5), fewer.clone()), (fewer, true));
    let monthly = with(("team", Year, 5), target("team", Month, 5));
    assert_eq!(monthly, (target("team", Month, 8), false), "its schedule is to be made again");
    let personal = target("personal", Month, 1);
    assert_eq!(with(("team", Month, 1), personal.clone()), (personal, true));
}

/// Goal: no change gives credit: what would come out below zero is booked; what is free is not
/// (C5).
#[test]
fn what_would_give_credit_is_booked() {
    let standing = on("personal", Interval::Month, 1);
    let year = target("personal", Interval::Year, 1);
    let after = |total| unless_it_gives_back(now(), &standing, &year, total);
    assert_eq!(after(Some(0)), Ok(now()));
    assert_eq!(after(None), Ok(now()));
    assert_eq!(after(Some(-1)), Ok(Decision::AtPeriodEnd(year.at(END))));
    let undo = unless_it_gives_back(Decision::Undo, &standing, &year, Some(-1));
    assert_eq!(undo, Ok(Decision::Undo));
}

/// Goal: a subscription that ends with its period can still get seats, but nothing behind its end.
#[test]
fn nothing_is_booked_behind_the_end() {
    use Interval::{Month, Year};
    let mut standing = on("team", Month, 3);
    standing.subscription.as_mut().unwrap().ends_at = Some(END);
    assert_eq!(decided(&standing, "team", Month, 4), now());
    assert_eq!(refused(&standing, "team", Month, 2), Refused::Ends(END));
    assert_eq!(refused(&standing, "team", Year, 3), Refused::Ends(END));
}

#[test]
fn a_change_at_once_leaves_the_booking_that_was_decided() {
    let booked = PendingChange { booked: true, ..target("personal", Interval::Month, 1).at(END) };
    let fewer = PendingChange { seats: 2, ..booked.clone() };

    assert_eq!(left_after(None, None), Left::AsItIs);
    assert_eq!(left_after(None, Some(&booked)), Left::AsItIs, "it was taken back meanwhile");
    assert_eq!(left_after(Some(&booked), Some(&booked)), Left::AsItIs);
    assert_eq!(left_after(Some(&booked), None), Left::Undone(booked.clone()));
    let rebooked = PendingChange { booked: false, ..fewer.clone() };
    assert_eq!(left_after(Some(&booked), Some(&fewer)), Left::Rebooked(rebooked));
}

/// Goal: a subscription that is paused for want of a payment method is resumed by any wish; one
/// that the vendor's people paused by none.
#[test]
fn a_paused_subscription_is_resumed_by_whom_it_concerns() {
    let paused = |suspension| {
        let mut standing = on("team", Interval::Month, 3);
        let live = standing.subscription.as_mut().unwrap();
        live.status = SubscriptionStatus::Paused;
        live.suspension = Some(suspension);
        standing
    };
    let wish = |standing: &Standing, plan: &str, seats: u64| {
        let target = Target { plan: plan.to_owned(), interval: Interval::Month, seats };
        decide(standing, &target, &offers(), NOW)
    };

    for (plan, seats) in [("team", 3), ("team", 9), ("personal", 1), ("business", 1)] {
        let standing = paused(Suspension::ForPayment);
        assert_eq!(standing.plan(), "free");
        assert_eq!(wish(&standing, plan, seats), Ok(Decision::Resume), "{plan}");
        let standing = paused(Suspension::ByVendor);
        assert_eq!(wish(&standing, plan, seats), Err(Refused::PausedByVendor), "{plan}");
    }
}
