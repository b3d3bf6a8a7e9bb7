use std::collections::BTreeMap;

use super::*;
use crate::account::Noticed;
use crate::decide::{Books, Change, Write, decide, subscription_read};
use crate::fact::{
    Collection, Fact, Interval, InvoiceEvent, InvoiceKind, InvoiceSnapshot, News,
    SubscriptionStatus,
};
use crate::ids::InvoiceId;
use crate::money::Currency;
use crate::price::Fee;
use crate::samples;
use crate::state::State;
use crate::subscription::Subscription;
use crate::tax_rate::{Percent, TaxRate};
use crate::time::DAY_SECONDS;

/// The renewal: a period of 100 days begins.
const RENEWAL: Timestamp = Timestamp(1_000 * DAY_SECONDS);

fn at(day: i64) -> Timestamp {
    RENEWAL.plus_seconds(day.saturating_mul(DAY_SECONDS))
}

/// Three seats of a plan: 10.00 and 3 x 5.00 for 100 days.
fn live(period_start: Timestamp) -> SubscriptionSnapshot {
    let usd = Currency::parse("usd").unwrap();
    SubscriptionSnapshot {
        interval: Some(Interval::Month),
        seats: 3,
        fee: Some(Fee { currency: usd, plan_amount: 1_000, seat_amount: Some(500) }),
        pause: Some(Pause::Ours),
        ..samples::subscription(period_start, period_start.plus_seconds(100 * DAY_SECONDS))
    }
}

/// The account is disabled since the day before the renewal, for a debt of another invoice.
fn books(live: &SubscriptionSnapshot) -> Books {
    let mut standing = Standing {
        noticed: Noticed { state: State::Disabled, since: at(-1) },
        grace_seconds: DAY_SECONDS / 2,
        ..samples::standing(live)
    };
    let debt = invoice("in_debt", InvoiceStatus::Open, at(-40));
    let sent = InvoiceSnapshot { collection: Collection::Manual, due_at: Some(at(-2)), ..debt };
    let sent = InvoiceSnapshot { reason: BillingReason::Other, subscription: None, ..sent };
    let fact = Fact { at: at(-40), ..fact_of(InvoiceEvent::Finalized, sent) };
    let subscription = Subscription::after(None, live, RENEWAL);
    let mut books = Books {
        standing: standing.clone(),
        profile: None,
        invoices: BTreeMap::new(),
        has_all_invoices: false,
        subscriptions: [(live.id.clone(), subscription)].into(),
        has_all_subscriptions: true,
    };
    let change = decide(&books, &fact, at(-1)).unwrap().unwrap();
    standing.open = change.standing.open.clone();
    books =
        books.committed(Standing { noticed: standing.noticed, ..change.standing }, change.writes);
    assert_eq!(books.standing.state_at(at(0)), State::Disabled);
    books
}

fn invoice(id: &str, status: InvoiceStatus, created: Timestamp) -> InvoiceSnapshot {
    InvoiceSnapshot {
        id: InvoiceId::parse(id).unwrap(),
        currency: Currency::parse("usd").unwrap(),
        status,
        collection: Collection::Automatic,
        reason: BillingReason::Subscription,
        subscription: Some(live(RENEWAL).id),
        number: None,
        created,
        finalized_at: Some(created),
        ended_at: None,
        due_at: None,
        kind: InvoiceKind::Subscription,
        period: None,
        total: 2_500,
        tax: None,
        amount_due: 2_500,
        amount_paid: 0,
        payments: Vec::new(),
        pre_payment_credit_notes: 0,
        attempted: false,
        attempt_count: 0,
        marked: true,
        auto_advance: None,
        held: false,
        given_up_by_pause: false,
        next_attempt_at: None,
        hosted_invoice_url: None,
        pdf_url: None,
    }
}

fn fact_of(event: InvoiceEvent, snapshot: InvoiceSnapshot) -> Fact {
    let customer = crate::ids::CustomerId::parse("cus_1").unwrap();
    let at = snapshot.ended_at.unwrap_or(snapshot.created);
    Fact { at, customer, news: News::Invoice { event, snapshot } }
}

/// The renewal's invoice, voided after so many seconds.
fn voided(total: i64, after_seconds: i64) -> Fact {
    let invoice = invoice("in_renewal", InvoiceStatus::Void, RENEWAL);
    let ended_at = Some(RENEWAL.plus_seconds(after_seconds));
    fact_of(InvoiceEvent::Voided, InvoiceSnapshot { ended_at, total, amount_due: total, ..invoice })
}

/// The debt is paid at that time.
fn paid(now: Timestamp) -> Fact {
    let debt = invoice("in_debt", InvoiceStatus::Paid, at(-40));
    let snapshot = InvoiceSnapshot {
        collection: Collection::Manual,
        due_at: Some(at(-2)),
        reason: BillingReason::Other,
        subscription: None,
        amount_paid: 2_500,
        ended_at: Some(now),
        ..debt
    };
    fact_of(InvoiceEvent::Paid, snapshot)
}

/// The books after a fact, and the bill that it made.
fn applied(books: &Books, fact: &Fact, now: Timestamp) -> (Books, Option<Bill>) {
    match decide(books, fact, now).unwrap() {
        Some(change) => committed(books, change),
        None => (books.clone(), None),
    }
}

fn committed(books: &Books, change: Change) -> (Books, Option<Bill>) {
    let bill = change
        .writes
        .iter()
        .find_map(|write| if let Write::Bill(bill) = write { Some(bill.clone()) } else { None });
    let standing = change.standing.clone().committed();
    (books.clone().committed(standing, change.writes), bill)
}

fn amounts(bill: &Bill) -> Vec<(&str, i64)> {
    bill.lines.iter().map(|line| (line.item.as_str(), line.amount.amount)).collect()
}

/// Goal: who comes back inside a voided period is invoiced the rest of it, by the second, and once.
#[test]
fn the_rest_of_a_voided_period_is_billed_once() {
    let (books, none) = applied(&books(&live(RENEWAL)), &voided(2_500, 0), at(0));
    assert_eq!(none, None, "not while the account is disabled");
    let (rest, named) = books.standing.price_of_return(at(25)).unwrap();
    assert_eq!((rest.from, rest.until, named.amount), (at(25), at(100), 1_875));

    let (books, bill) = applied(&books, &paid(at(25)), at(25));

    let bill = bill.unwrap();
    assert_eq!(bill.charge, Charge::Rest(Rest { renewal: RENEWAL, ..rest }));
    assert_eq!(amounts(&bill), [("plan", 750), ("seats", 1_125)]);
    assert_eq!(bill.total, named, "what was named before is what is billed");
    assert!(bill.lines[1].description.starts_with("3 seats of team, from "));
    assert_eq!(books.standing.rest_to_invoice(), Some(RENEWAL));
    assert_eq!(books.standing.price_of_return(at(26)), None);
    for again in [voided(2_500, 0), paid(at(25))] {
        assert_eq!(decide(&books, &again, at(26)).unwrap(), None, "{again:?}");
    }
    let mut concluded = Books { standing: books.standing.rest_concluded(), ..books };
    assert_eq!(concluded.standing.bill_rest(at(27)).map(|(bill, _)| bill), None);
}

/// Goal: facts in any order give the same bill: the void that comes late dates from the return, and
/// so does a period that is heard of late.
#[test]
fn late_facts_make_the_same_bill() {
    let before = live(at(-100));
    let (late_void, none) = applied(&books(&live(RENEWAL)), &paid(at(25)), at(25));
    assert_eq!(none, None);
    let (_, by_late_void) = applied(&late_void, &voided(2_500, 0), at(27));
    assert_eq!(by_late_void.unwrap().total.amount, 1_875);

    let (books, _) = applied(&books(&before), &voided(2_500, 0), at(0));
    let (books, none) = applied(&books, &paid(at(25)), at(25));
    assert_eq!(none, None, "the new period is not known yet");
    let resumed = SubscriptionSnapshot { pause: None, ..live(RENEWAL) };
    let change = subscription_read(&books, &resumed, at(26), at(26)).unwrap().unwrap();
    let (_, by_late_period) = committed(&books, change);
    assert_eq!(by_late_period.unwrap().total.amount, 1_875, "from the return on");
}

/// Goal: no bill for a period without service to its end, for a renewal that a person voided, for
/// another subscription's, and for what a discount made free; a smaller discount takes its share.
#[test]
fn nothing_is_billed_that_is_not_owed() {
    let foreign = {
        let mut fact = voided(2_500, 0);
        if let News::Invoice { snapshot, .. } = &mut fact.news {
            snapshot.subscription = Some(crate::ids::SubscriptionId::parse("sub_2").unwrap());
        }
        fact
    };
    for (case, fact, back_on, total) in [
        ("in time", voided(2_500, 0), 25, Some(1_875)),
        ("after the period", voided(2_500, 0), 100, None),
        ("voided by a person days later", voided(2_500, 2 * DAY_SECONDS), 25, None),
        ("another subscription", foreign, 25, None),
        ("free of charge", voided(0, 0), 25, None),
        ("half price", voided(1_250, 0), 25, Some(938)),
        ("one second", voided(2_500, 0), 99, Some(25)),
    ] {
        let (books, _) = applied(&books(&live(RENEWAL)), &fact, at(2));
        let (_, bill) = applied(&books, &paid(at(back_on)), at(back_on));
        assert_eq!(bill.map(|bill| bill.total.amount), total, "{case}");
    }
}

/// Goal: a rest that has no price here is not given away: the standing names it, without a bill,
/// until an operator was told. What would have cost nothing is not named.
#[test]
fn a_rest_without_a_price_is_named() {
    let unpriced = SubscriptionSnapshot { fee: None, ..live(RENEWAL) };
    for (case, total, named) in [("unpriced", 2_500, Some(RENEWAL)), ("free", 0, None)] {
        let (books, _) = applied(&books(&unpriced), &voided(total, 0), at(0));
        assert_eq!(books.standing.price_of_return(at(25)), None, "{case}");

        let (books, bill) = applied(&books, &paid(at(25)), at(25));

        assert_eq!(bill, None, "{case}");
        assert_eq!(books.standing.rest_to_invoice(), named, "{case}");
    }
}

/// Goal: tax that is rounded line by line is no discount, and tax is not part of the price.
#[test]
fn tax_is_no_discount() {
    let rate = TaxRate { percent: Percent::parse("19").unwrap(), name: "VAT".to_owned() };
    let taxed = SubscriptionSnapshot { tax_rates: vec![rate], ..live(RENEWAL) };
    for total in [2_975, 2_974, 2_973] {
        let (books, _) = applied(&books(&taxed), &voided(total, 0), at(0));
        let (_, bill) = applied(&books, &paid(at(50)), at(50));
        assert_eq!(bill.unwrap().total.amount, 1_250, "{total}");
    }
}

/// Goal: a subscription that ended meanwhile has no rest, and a closed account gets no bill.
#[test]
fn an_ended_subscription_has_no_rest() {
    let (books, _) = applied(&books(&live(RENEWAL)), &voided(2_500, 0), at(0));
    let ended = SubscriptionSnapshot { status: SubscriptionStatus::Canceled, ..live(RENEWAL) };
    let change = subscription_read(&books, &ended, at(5), at(5)).unwrap().unwrap();
    let (books, _) = committed(&books, change);
    let (books, bill) = applied(&books, &paid(at(25)), at(25));
    assert_eq!((bill, books.standing.voided), (None, None));
}
