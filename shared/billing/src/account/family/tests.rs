use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Goal: a booked model begins on its cut line by time alone: no schedule has to run.
#[test]
fn a_booked_model_begins_by_itself() {
    let parent = AccountId::parse("group").unwrap();
    let cut = at("2026-11-23T00:00:00Z");
    let booked = Some(BookedModel { model: BillingModel::BillToSubAccount, at: cut });
    let place = SubAccount { parent: parent.clone(), model: BillingModel::BillToParent, booked };
    let family = Family::SubAccount(place.clone());

    let (before, after) = (cut.plus_seconds(-1), cut);

    assert_eq!(place.model_at(before), BillingModel::BillToParent);
    assert_eq!(place.model_at(after), BillingModel::BillToSubAccount);
    assert_eq!((place.booked_after(before), place.booked_after(after)), (booked, None));
    assert_eq!((family.paid_by(before), family.paid_by(after)), (Some(&parent), None));
    assert_eq!(family.payer_at(before), Payer::Parent(parent));
    assert_eq!(family.payer_at(after), Payer::Own);
    assert_eq!(Family::Standard.payer_at(after), Payer::Own);
}

/// Goal: a cut line is a day's beginning in UTC behind now, and not before a running subscription's
/// last day.
#[test]
fn a_cut_line_is_the_next_midnight_or_the_end_of_a_period() {
    let now = at("2026-11-22T09:00:00Z");
    for (ends, expected) in [
        (None, "2026-11-23T00:00:00Z"),
        (Some("2026-12-01T00:00:00Z"), "2026-12-01T00:00:00Z"),
        (Some("2026-12-14T17:30:00Z"), "2026-12-14T00:00:00Z"),
        (Some("2026-11-22T10:00:00Z"), "2026-11-23T00:00:00Z"),
        (Some("2026-01-01T00:00:00Z"), "2026-11-23T00:00:00Z"),
    ] {
        assert_eq!(cut_line(now, ends.map(at)), at(expected), "{ends:?}");
    }
    let midnight = at("2026-11-22T00:00:00Z");
    assert_eq!(cut_line(midnight, None), at("2026-11-23T00:00:00Z"), "midnight itself is over");
}

/// Goal: openings are counted within an hour of the clock, and sub-accounts for ever.
#[test]
fn openings_are_counted_by_the_hour() {
    let now = at("2026-11-22T09:58:00Z");
    let mut parent = Parent::default();
    for _ in 0..OPENED_AN_HOUR_MAX {
        parent = parent.with_one_more(now);
    }
    let next = Parent::hour_ends(now);
    assert_eq!(parent.opened_in_hour_of(now), OPENED_AN_HOUR_MAX);
    assert_eq!((next, parent.opened_in_hour_of(next)), (at("2026-11-22T10:00:00Z"), 0));

    let parent = parent.with_one_more(next);
    assert_eq!((parent.sub_accounts, parent.opened), (21, 1));
    assert_eq!(parent.with_one_less().sub_accounts, 20);
    assert_eq!(Parent::default().with_one_less().sub_accounts, 0);
}
