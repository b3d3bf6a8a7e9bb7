use std::collections::BTreeMap;

use billing::account::moments::Moment;
use billing::account::{Bearing, OpenInvoice, Owner, PendingChange, Standing};
use billing::fact::{
    Collection, Fee, Interval, Origin, Pause, SubscriptionSnapshot, SubscriptionStatus,
};
use billing::ids::{InvoiceId, PaymentMethodId, ScheduleId, SubscriptionId};
use billing::money::{Currency, Money};
use billing::voided::{Stage, VoidedRenewal};

use super::*;
use crate::standing;

const NOW: Timestamp = Timestamp(1_795_338_000);
/// Most bytes of a standing: a write unit.
const STANDING_BYTES_MAX: usize = 1_024;
/// Length of the ids with which the standing fits: a UUID. Longer ones cost another write unit.
const UUID_CHARACTERS: usize = 36;

fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn families() -> Vec<Family> {
    let (to_parent, to_own) = (BillingModel::BillToParent, BillingModel::BillToSubAccount);
    let longest = account(&"p".repeat(UUID_CHARACTERS));
    let booked = Some(BookedModel { model: to_own, at: NOW });
    vec![
        Family::Standard,
        Family::Parent(Parent::default()),
        Family::Parent(Parent { sub_accounts: 10_000, limit: 10_000, hour: NOW, opened: 20 }),
        Family::SubAccount(SubAccount { parent: account("g"), model: to_own, booked: None }),
        Family::SubAccount(SubAccount { parent: longest, model: to_parent, booked }),
    ]
}

/// Goal: a family is read as it was written, and what is no family is an error.
#[test]
fn a_family_is_read_as_it_is_written() {
    for family in families() {
        let one = Standing { family, ..Standing::new(account("a"), "free", 0, NOW) };
        assert_eq!(standing::read(&standing::write(&one, 0)).unwrap(), one);
    }
    for wrong in ["", "+", "+ 1 2 3", "g", "g x", "g p s", "g p s 1 2", "? p"] {
        let item = Writer::default().text("fam", wrong).done();
        assert!(read_family(Reader::new(&item)).is_err(), "{wrong:?}");
    }
}

/// Goal: payers and listed sub-accounts are read as they were written.
#[test]
fn payers_and_lists_are_read_as_they_are_written() {
    let parent = account("group");
    let payers = Payers::new(Payer::Parent(parent.clone()), NOW)
        .with(Payer::Own, NOW.plus_seconds(86_400))
        .with(Payer::Parent(parent.clone()), NOW.plus_seconds(864_000));
    let item = write_payers(&account("north"), &payers);
    assert_eq!(read_payers(&item).unwrap(), Payers { version: 1, ..payers.clone() });

    let booked = Some(BookedModel { model: BillingModel::BillToSubAccount, at: NOW });
    for booked in [None, booked] {
        let listed = ListedSubAccount {
            version: 3,
            id: account("north"),
            name: "North".to_owned(),
            processing_region: "eu".to_owned(),
            created_at: NOW,
            model: BillingModel::BillToParent,
            booked,
            paid: Vec::new(),
        };
        let listed = listed.with_payers(&payers);
        assert_eq!(listed.paid.len(), 2);
        let item = write_sub_account(&parent, &listed);
        let read = read_sub_account(&item).unwrap();
        assert_eq!(read, ListedSubAccount { version: 4, ..listed });
    }
}

/// Size of a value by DynamoDB's rules, in bytes.
fn bytes(value: &AttributeValue) -> usize {
    let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.fold(3, usize::saturating_add);
    if let AttributeValue::S(text) = value {
        text.len()
    } else if let AttributeValue::N(number) = value {
        number.len().div_ceil(2).saturating_add(1)
    } else if let AttributeValue::M(map) = value {
        let size =
            |(name, value): (&String, _)| name.len().saturating_add(bytes(value)).saturating_add(1);
        sum(&mut map.iter().map(size))
    } else if let AttributeValue::L(list) = value {
        sum(&mut list.iter().map(|value| bytes(value).saturating_add(1)))
    } else {
        1
    }
}

/// A standing with every place taken that an account in service has.
fn full(family: Family) -> Standing {
    let currency = Currency::parse("eur").unwrap();
    let subscription = SubscriptionId::parse("sub_1SaExampleSubscription00000").unwrap();
    let open = OpenInvoice {
        remaining: Money::new(123_456_789, currency),
        overdue_at: NOW,
        disables_at: NOW,
        subscription: Some(subscription.clone()),
        owner: Owner::Ours,
        bearing: Bearing::Full,
        journaled: Some(Moment::Overdue),
    };
    let invoice = |nth: usize| {
        let id = InvoiceId::parse(&format!("in_1SaExampleInvoice0000000{nth}")).unwrap();
        (id, open.clone())
    };
    let snapshot = SubscriptionSnapshot {
        id: subscription,
        created: NOW,
        status: SubscriptionStatus::Active,
        suspension: None,
        origin: Origin::Bought,
        plan: "enterprise".to_owned(),
        interval: Some(Interval::Year),
        seats: 99_999,
        period_start: NOW,
        period_end: NOW,
        ends_at: Some(NOW),
        pending_invoice: None,
        fee: Some(Fee { currency, plan_amount: 99_999_999, seat_amount: Some(99_999) }),
        collection: Some(Collection::Automatic),
        net_days: None,
        pause: Some(Pause::Ours),
        schedule: Some(ScheduleId::parse("sub_sched_1SaExampleSchedule0000").unwrap()),
        payment_method: Some(PaymentMethodId::parse("pm_1SaExampleMethod00000000").unwrap()),
        card_moves: false,
        tax_rates: Vec::new(),
    };
    let pending = PendingChange {
        plan: "business".to_owned(),
        interval: Interval::Month,
        seats: 9,
        at: NOW,
        booked: true,
    };
    Standing {
        family,
        subscription: Some(snapshot),
        pending: Some(pending),
        open: (0..billing::account::OPEN_INVOICES_MAX).map(invoice).collect::<BTreeMap<_, _>>(),
        more_open: 99,
        currency: Some(currency),
        disabled_until: Some(NOW),
        voided: Some(VoidedRenewal { at: NOW, total: 99_999_999, stage: Stage::Back(NOW) }),
        journal_entries: 999_999,
        ..Standing::new(account(&"a".repeat(UUID_CHARACTERS)), "free", 1_209_600, NOW)
    }
}

/// Goal: a family keeps the standing within a write unit, with every other place taken.
#[test]
fn a_standing_with_a_family_is_small() {
    for family in families() {
        let standing = full(family.clone());
        let item = standing::write(&standing, 123);
        let size = item.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>();
        assert!(size < STANDING_BYTES_MAX, "{size} bytes with {family:?}");
        let read = standing::read(&item).unwrap();
        assert_eq!(read, Standing { version: 123, ..standing });
    }
}
