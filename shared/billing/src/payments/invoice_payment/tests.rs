//! Payments in progress, paid and returned.

use super::*;

const DAY: i64 = DAY_SECONDS;
const GRACE: i64 = 14 * DAY;

fn day(days: i64) -> Timestamp {
    Timestamp(days.saturating_mul(DAY))
}

fn shown(id: &str, state: PaymentState, amount: i64) -> PaymentShown {
    PaymentShown { id: InvoicePaymentId::parse(id).unwrap(), state, amount }
}

fn in_days((overdue, disables): (Timestamp, Timestamp)) -> (i64, i64) {
    (overdue.0 / DAY, disables.0 / DAY)
}

/// Goal: an invoice that would be overdue on day 10 and disable on day 24: what is in progress
/// stops that clock, whenever it begins, for 21 days at most, and never undoes what has happened.
#[test]
fn a_payment_in_progress_stops_the_clock() {
    for (what, begun, over, expected) in [
        ("nothing in progress", None, None, (10, 24)),
        ("in progress since before", Some(8), None, (29, 43)),
        ("failed after it was due", Some(8), Some(15), (15, 29)),
        ("failed before it was due", Some(5), Some(8), (10, 24)),
        ("begun when overdue, in progress", Some(12), None, (10, 45)),
        ("begun when overdue, failed", Some(12), Some(16), (10, 28)),
        ("begun on the last day", Some(23), Some(25), (10, 26)),
        ("begun when disabled", Some(24), None, (10, 24)),
        ("forgotten in progress", Some(0), None, (21, 35)),
    ] {
        let mut payments = Payments::default();
        if let Some(begun) = begun {
            payments.learn(&[shown("pi_1", PaymentState::Processing, 100)], day(begun));
        }
        if let Some(over) = over {
            payments.fail(day(over));
        }
        assert_eq!(in_days(payments.dates(day(10), GRACE)), expected, "{what}");
    }
}

/// Goal: two payments stop the clock for the time in which any of them is in progress, not twice.
#[test]
fn payments_that_overlap_stop_the_clock_once() {
    let mut payments = Payments::default();
    payments.learn(&[shown("pi_1", PaymentState::Processing, 60)], day(12));
    payments.learn(&[shown("pi_2", PaymentState::Processing, 40)], day(14));
    payments.learn(&[shown("pi_1", PaymentState::Canceled, 60)], day(16));
    payments.learn(&[shown("pi_2", PaymentState::Waiting, 40)], day(18));

    assert_eq!(in_days(payments.dates(day(10), GRACE)), (10, 30));
    assert_eq!(payments.processing_since(), None);
}

/// Goal: money that was there counts until it went back, and never again under the same id.
#[test]
fn money_that_went_back_is_not_paid() {
    let mut payments = Payments::default();
    let paid = shown("pi_1", PaymentState::Paid, 60);
    let other = shown("pi_2", PaymentState::Paid, 40);
    assert!(!payments.learn(&[paid.clone(), other], day(1)));
    assert_eq!(payments.paid(), 100);

    assert!(payments.learn(&[shown("pi_1", PaymentState::Waiting, 60)], day(2)));

    assert_eq!(payments.paid(), 40);
    assert!(!payments.learn(&[paid], day(3)), "said once");
    assert_eq!(payments.paid(), 40);
}

/// Goal: what is shown again changes nothing, so that reading an invoice again writes nothing.
#[test]
fn reading_again_changes_nothing() {
    for state in [PaymentState::Waiting, PaymentState::Processing, PaymentState::Paid] {
        let mut payments = Payments::default();
        payments.learn(&[shown("pi_1", state, 60)], day(1));
        let before = payments.clone();

        payments.learn(&[shown("pi_1", state, 60)], day(2));

        assert_eq!(payments, before, "{state:?}");
    }
}
