use std::collections::BTreeMap;

use super::*;
use crate::account::{Closed, Closure};
use crate::family::payers::Payer;
use crate::ids::AccountId;
use crate::samples;
use crate::usage::{Held, Usage};

const NOW: Timestamp = Timestamp(1_795_338_000);
const MIDNIGHT: Timestamp = Timestamp(1_795_392_000);

fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn standing(id: &str, family: Family) -> Standing {
    Standing { family, ..Standing::new(account(id), "free", 0, NOW) }
}

fn parent() -> Standing {
    standing("group", Family::Parent(Parent { sub_accounts: 1, ..Parent::default() }))
}

fn listed(model: BillingModel) -> ListedSubAccount {
    ListedSubAccount {
        version: 1,
        id: account("north"),
        name: "North".to_owned(),
        processing_region: "eu".to_owned(),
        created_at: Timestamp(0),
        model,
        booked: None,
        paid: Vec::new(),
    }
}

fn child(model: BillingModel) -> Standing {
    let place = SubAccount { parent: account("group"), model, booked: None };
    standing("north", Family::SubAccount(place))
}

/// Goal: each condition of a conversion is checked, and a conversion that is done writes nothing.
#[test]
fn partners_and_negotiated_plans_without_usage_become_parents() {
    let nothing = Used::default();
    let sums = BTreeMap::from([("sessions".to_owned(), 1)]);
    let summed = Used { month: Usage { sums, ..Usage::default() }, latest: Usage::default() };
    let held = BTreeMap::from([("storage".to_owned(), Held { at: NOW, level: 1 })]);
    let holding = Used { month: Usage::default(), latest: Usage { held, ..Usage::default() } };
    let closed = Closed { how: Closure::Canceled, at: NOW, ends_subscription: true };
    let closed = Standing { closed: Some(closed), ..standing("acme", Family::Standard) };
    let convert = |standing: &Standing, used: &Used, ground| {
        converted_to_parent(standing, (used, ground), NOW).map(|it| it.is_some())
    };
    let alone = standing("acme", Family::Standard);
    let partner = Some(Ground::Partner);

    assert_eq!(convert(&alone, &nothing, partner), Ok(true));
    assert_eq!(convert(&alone, &nothing, Some(Ground::NegotiatedPlan)), Ok(true));
    assert_eq!(convert(&parent(), &nothing, None), Ok(false));
    for (standing, used, ground, refusal) in [
        (&alone, &nothing, None, ConversionRefusal::NotEligible),
        (&alone, &nothing, Some(Ground::PaysUpfront), ConversionRefusal::NotEligible),
        (&alone, &summed, partner, ConversionRefusal::HasUsage),
        (&alone, &holding, partner, ConversionRefusal::HasUsage),
        (&closed, &nothing, partner, ConversionRefusal::Closed(closed.state_at(NOW))),
        (&child(BillingModel::BillToParent), &nothing, partner, ConversionRefusal::IsSubAccount),
    ] {
        assert_eq!(convert(standing, used, ground), Err(refusal));
    }
    let left = converted_to_standard(&parent(), NOW);
    assert_eq!(left, Err(ConversionRefusal::SubAccountsLeft(1)));
    let empty = standing("group", Family::Parent(Parent::default()));
    let back = converted_to_standard(&empty, NOW).unwrap().unwrap();
    assert_eq!(back.standing.family, Family::Standard);
    assert_eq!(converted_to_standard(&back.standing, NOW), Ok(None));
}

/// Goal: a parent has no more sub-accounts than it may, and opens so many an hour.
#[test]
fn a_parent_opens_as_many_as_it_may() {
    let it = listed(BillingModel::BillToParent);
    let with = |sub_accounts, opened| {
        let hour = Timestamp(NOW.0 - NOW.0 % 3_600);
        let counts = Parent { sub_accounts, hour, opened, ..Parent::default() };
        sub_account_begun(&standing("group", Family::Parent(counts)), &it, NOW)
    };
    let begun = with(99, 19).unwrap();
    assert_eq!(begun.standing.family.as_parent().unwrap().sub_accounts, 100);
    assert_eq!(begun.entries, []);
    assert_eq!(with(100, 0), Err(FamilyRefusal::TooMany(100)));
    assert_eq!(with(30, 20), Err(FamilyRefusal::TooFast(Parent::hour_ends(NOW))));
    for other in [Family::Standard, child(BillingModel::BillToParent).family] {
        let refused = sub_account_begun(&standing("acme", other), &it, NOW);
        assert_eq!(refused, Err(FamilyRefusal::NotAParent));
    }
    let more = sub_account_limit_set(&parent(), 200, NOW).unwrap().unwrap();
    assert_eq!(more.standing.family.as_parent().unwrap().limit, 200);
    assert_eq!(sub_account_limit_set(&more.standing, 200, NOW), Ok(None));
}

/// Goal: a move is booked once, for the next midnight, and both journals tell of it.
#[test]
fn a_move_is_booked_for_the_next_midnight() {
    let (to_parent, to_own) = (BillingModel::BillToParent, BillingModel::BillToSubAccount);
    let (parent, north, listed) = (parent(), child(to_parent), listed(to_parent));
    let payers = Payers::new(Payer::Parent(account("group")), Timestamp(100));
    let pair = Pair { parent: &parent, sub_account: &north, listed: &listed };

    let booking = model_booked(pair, &payers, to_own, NOW).unwrap();

    assert_eq!(booking.effective_at, MIDNIGHT);
    let BothChange { parent: group, sub_account } = *booking.changes.unwrap();
    assert_eq!((&group.entries, group.entries.len()), (&sub_account.entries, 1));
    let moved = sub_account.standing.clone();
    assert_eq!(moved.family.payer_at(NOW), Payer::Parent(account("group")));
    assert_eq!(moved.family.payer_at(MIDNIGHT), Payer::Own);
    let payers = sub_account.writes.iter().find_map(|write| {
        if let Write::Payers(payers) = write { Some(payers.clone()) } else { None }
    });
    let payers = payers.unwrap();
    assert_eq!(
        (payers.payer_at(NOW), payers.payer_at(MIDNIGHT)),
        (payers.payer_at(NOW), Payer::Own)
    );

    let pair = Pair { sub_account: &moved, ..pair };
    let again = model_booked(pair, &payers, to_own, NOW).unwrap();
    assert_eq!((again.effective_at, again.changes), (MIDNIGHT, None));
    let back = model_booked(pair, &payers, to_parent, NOW);
    assert!(matches!(back, Err(FamilyRefusal::ModelBooked(_))), "{back:?}");
    assert_eq!(model_begun(pair, &payers, NOW), None);
    let begun = model_begun(pair, &payers, MIDNIGHT).unwrap();
    assert_eq!(begun.sub_account.entries[0].at, MIDNIGHT);
    assert_eq!(begun.parent.entries, begun.sub_account.entries);
    assert_eq!(begun.sub_account.standing.family.as_sub_account().unwrap().booked, None);

    // The next move tells first that this one has begun.
    let next = model_booked(pair, &payers, to_parent, MIDNIGHT).unwrap();
    let entries = next.changes.unwrap().sub_account.entries;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["sub_account.model_changed", "sub_account.model_booked"]);
}

/// Goal: a sub-account with a subscription of its own moves at the end of its period, and nobody
/// moves another parent's.
#[test]
fn a_running_subscription_is_waited_for() {
    let (to_parent, to_own) = (BillingModel::BillToParent, BillingModel::BillToSubAccount);
    let live = samples::running("team", 3);
    let north = Standing { subscription: Some(live.clone()), ..child(to_own) };
    let (parent, listed) = (parent(), listed(to_own));
    let payers = Payers::new(Payer::Own, Timestamp(100));
    let pair = Pair { parent: &parent, sub_account: &north, listed: &listed };

    let now = live.period_start;
    let booking = model_booked(pair, &payers, to_parent, now).unwrap();
    assert_eq!(booking.effective_at, cut_line(now, Some(live.period_end)));
    assert!(booking.effective_at > now.plus_seconds(86_400));

    let stranger = standing("other", Family::Parent(Parent::default()));
    let foreign = model_booked(Pair { parent: &stranger, ..pair }, &payers, to_parent, now);
    assert_eq!(foreign, Err(FamilyRefusal::Unknown));
    let same = model_booked(pair, &payers, to_own, now).unwrap();
    assert_eq!((same.effective_at, same.changes), (Timestamp(100), None));
}
