//! The lattice of an advice, and the time for which it holds invoices.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use super::*;
use crate::invoice::Rules;
use crate::money::Currency;

const DAY: i64 = DAY_SECONDS;

fn day(days: i64) -> Timestamp {
    Timestamp(days.saturating_mul(DAY))
}

fn holding(days: i64) -> Holding {
    Holding { seconds_max: days * DAY, rules: Rules { grace_seconds: 0, linked_at: None } }
}

fn advice(at: i64) -> Advice {
    let request = AdviceRequest {
        id: "acme.1".to_owned(),
        invoices: Vec::new(),
        reference: "R 1".to_owned(),
        paid_on: Day::of(day(at)),
        amount: Money::new(100, Currency::parse("eur").unwrap()),
        note: None,
    };
    Advice::submitted(request, &[], holding(10), day(at)).0
}

fn verdict(status: AdviceStatus, at: i64) -> Verdict {
    Verdict { status, at: day(at), by: "r".to_owned(), note: None, receipt: None }
}

/// Goal: an advice only moves up, each verdict once, and expires by itself.
#[test]
fn an_advice_only_moves_up() {
    use AdviceStatus::{
        Approved, Expired, PartiallyApproved, Pending, Rejected, Returned, Withdrawn,
    };
    let allowed: [(AdviceStatus, &[AdviceStatus]); 7] = [
        (Pending, &[Expired, Withdrawn, Rejected, PartiallyApproved, Approved]),
        (Expired, &[Withdrawn, Rejected, PartiallyApproved, Approved]),
        (Withdrawn, &[]),
        (Rejected, &[]),
        (PartiallyApproved, &[Returned]),
        (Approved, &[Returned]),
        (Returned, &[]),
    ];
    for (from, to) in allowed {
        for (next, _) in AdviceStatus::WORDS {
            assert_eq!(from.may_become(*next), to.contains(next), "{from:?} {next:?}");
        }
    }

    let pending = advice(1);
    assert_eq!(pending.status_at(day(10)), Pending);
    assert_eq!(pending.status_at(day(11)), Expired);
    let approved = pending.decided(verdict(Approved, 2)).unwrap();
    let again = approved.decided(verdict(Rejected, 3));
    assert!(matches!(again, Err(TransferRefusal::Decided(_))), "{again:?}");
    assert_eq!(approved.status_at(day(40)), Approved);
    let late = pending.decided(verdict(Expired, 11)).unwrap();
    assert!(late.decided(verdict(Approved, 12)).is_ok(), "the money came late");
}

/// Goal: the account is found by an advice's id, and references are compared as a bank does.
#[test]
fn ids_and_references_are_read_back() {
    let account = AccountId::parse("a-b_c").unwrap();
    assert_eq!(account_of(&transfer_id(&account, "9f")), Some(account));
    for wrong in ["", "acme", ".x", "acme.", "a b.x"] {
        assert_eq!(account_of(wrong), None, "{wrong}");
    }
    assert!(is_same_reference("RF18 5390-0754", "rf1853900754"));
    assert!(!is_same_reference("RF18", "RF19"));
}

/// Goal: an invoice that disables on day 14 is held for ten days in its life, however many advices
/// name it; a verdict ends a hold at once; one that begins too late holds nothing.
#[test]
fn a_hold_puts_the_date_off_for_so_long_in_all() {
    // Begin of each hold, and the day on which a verdict ends it, if one does.
    type Case = (&'static str, &'static [(i64, Option<i64>)], i64);
    let cases: [Case; 9] = [
        ("none", &[], 14),
        ("over before", &[(0, None)], 14),
        ("over the date", &[(12, None)], 22),
        ("too late", &[(14, None)], 14),
        ("ended before", &[(12, Some(13))], 14),
        ("ended behind", &[(12, Some(17))], 17),
        ("chained", &[(5, Some(9)), (10, Some(13)), (13, None)], 16),
        ("chained and spent", &[(1, Some(11)), (12, None)], 14),
        ("two at once", &[(12, None), (15, None)], 22),
    ];
    for (what, holds, expected) in cases {
        let mut invoice =
            Invoice::unknown(InvoiceId::parse("in_1").unwrap(), Currency::parse("eur").unwrap());
        for (nth, (since, ended)) in holds.iter().enumerate() {
            let id = format!("acme.{nth}");
            invoice = invoice.held_by(&id, holding(10), day(*since));
            if let Some(ended) = ended {
                invoice = invoice.released_by(&id, holding(10).rules, day(*ended));
            }
        }
        assert_eq!(invoice.holds.put_off(day(14)), day(expected), "{what}");
        assert!(invoice.holds.held_seconds(day(100)) <= 10 * DAY, "{what}");
    }
}
