//! Tables of scenarios: the rules with numbers that a person can check.

use std::collections::BTreeMap;

use crate::account::{OPEN_INVOICES_MAX, Owner, Standing};
use crate::decide::{Books, decide};
use crate::fact::{
    BillingReason, Collection, CreditNoteSnapshot, CreditNoteStatus, Fact, InvoiceEvent,
    InvoiceKind, InvoiceSnapshot, InvoiceStatus, News, SubscriptionSnapshot, SubscriptionStatus,
};
use crate::ids::{AccountId, CreditNoteId, CustomerId, InvoiceId, SubscriptionId};
use crate::invoice::{Invoice, Rules, UNTRIED_OVERDUE_SECONDS};
use crate::invoice_payment::PROCESSING_SECONDS_MAX;
use crate::journal::Kind;
use crate::money::Currency;
use crate::samples;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::{DAY_SECONDS, Timestamp};

/// Finalized at 1,000,000 s; 100.00 EUR.
const FINALIZED: i64 = 1_000_000;

fn snapshot(id: &str, collection: Collection, due_at: Option<i64>) -> InvoiceSnapshot {
    InvoiceSnapshot {
        id: InvoiceId::parse(id).unwrap(),
        currency: Currency::parse("eur").unwrap(),
        status: InvoiceStatus::Open,
        collection,
        reason: BillingReason::Subscription,
        subscription: None,
        number: None,
        created: Timestamp(FINALIZED),
        finalized_at: Some(Timestamp(FINALIZED)),
        ended_at: None,
        due_at: due_at.map(Timestamp),
        kind: InvoiceKind::Subscription,
        period: None,
        tax: None,
        total: 10_000,
        amount_due: 10_000,
        amount_paid: 0,
        pre_payment_credit_notes: 0,
        attempted: false,
        attempt_count: 0,
        marked: false,
        auto_advance: None,
        held: false,
        given_up_by_pause: false,
        next_attempt_at: None,
        payments: Vec::new(),
        hosted_invoice_url: None,
        pdf_url: None,
    }
}

fn subscription(seats: u64, status: SubscriptionStatus) -> SubscriptionSnapshot {
    let sample = samples::subscription(Timestamp(1), Timestamp(100));
    SubscriptionSnapshot { status, seats, ..sample }
}

/// Rules of an account that was not linked.
fn rules(grace_seconds: i64) -> Rules {
    Rules { grace_seconds, linked_at: None }
}

fn told(known: Option<&Invoice>, event: InvoiceEvent, told: &InvoiceSnapshot, at: i64) -> Invoice {
    Invoice::after(known, event, told, Timestamp(at), rules(7 * DAY_SECONDS)).unwrap()
}

/// Goal: overdue from the due date when sent; when charged automatically, from the first failed
/// attempt, or 72 hours after finalization when none came; an attempt without an outcome stops the
/// clock.
#[test]
fn when_an_invoice_is_overdue() {
    let due = Some(FINALIZED + 500);
    let sent =
        told(None, InvoiceEvent::Finalized, &snapshot("in_1", Collection::Manual, due), FINALIZED);
    assert_eq!(sent.deadline.unwrap().overdue_at, Timestamp(FINALIZED + 500));
    let declined = snapshot("in_1", Collection::Manual, due);
    let sent = told(Some(&sent), InvoiceEvent::PaymentFailed, &declined, FINALIZED + 100);
    assert_eq!(
        sent.deadline.unwrap().overdue_at,
        Timestamp(FINALIZED + 500),
        "a failed try is no due date"
    );

    let automatic = snapshot("in_2", Collection::Automatic, None);
    let untried = told(None, InvoiceEvent::Finalized, &automatic, FINALIZED);
    let overdue_at = untried.deadline.unwrap().overdue_at;
    assert_eq!(overdue_at, Timestamp(FINALIZED + UNTRIED_OVERDUE_SECONDS));

    let attempted = InvoiceSnapshot { attempted: true, attempt_count: 1, ..automatic.clone() };
    let processing = told(Some(&untried), InvoiceEvent::Updated, &attempted, FINALIZED + 60);
    let overdue_at = processing.deadline.unwrap().overdue_at;
    assert_eq!(overdue_at, Timestamp(FINALIZED + 60 + PROCESSING_SECONDS_MAX));

    for event in [InvoiceEvent::PaymentFailed, InvoiceEvent::PaymentActionRequired] {
        let failed = told(Some(&processing), event, &attempted, FINALIZED + 90);
        let deadline = failed.deadline.unwrap();
        assert_eq!(deadline.overdue_at, Timestamp(FINALIZED + 90));
        assert_eq!(deadline.disables_at, Timestamp(FINALIZED + 90 + 7 * DAY_SECONDS));
        let again = told(Some(&failed), event, &attempted, FINALIZED + 9_000);
        assert_eq!(again.deadline, failed.deadline, "only the first failure counts");
    }
}

/// Goal: an invoice that is read, not told of, counts as declined only when its state leaves no
/// other reading: another try is planned, or its subscription runs unpaid.
#[test]
fn what_an_invoice_that_is_read_says_of_its_payment() {
    let own = |status| subscription(1, status);
    let automatic = snapshot("in_1", Collection::Automatic, None);
    let of = Some(SubscriptionId::parse("sub_1").unwrap());
    let tried = InvoiceSnapshot { attempted: true, subscription: of, ..automatic.clone() };
    let planned = InvoiceSnapshot { next_attempt_at: Some(Timestamp(9)), ..tried.clone() };
    let paid = InvoiceSnapshot { status: InvoiceStatus::Paid, ..planned.clone() };
    let untried = InvoiceSnapshot { attempted: false, ..planned.clone() };
    let sent = InvoiceSnapshot { collection: Collection::Manual, ..planned.clone() };
    let (active, past_due) = (own(SubscriptionStatus::Active), own(SubscriptionStatus::PastDue));
    let (failed, nothing) = (InvoiceEvent::PaymentFailed, InvoiceEvent::Updated);
    for (invoice, subscriptions, expected) in [
        (&planned, vec![], failed),
        (&tried, vec![past_due.clone()], failed),
        (&tried, vec![own(SubscriptionStatus::Unpaid)], failed),
        (&tried, vec![active], nothing),
        (&tried, vec![], nothing),
        (&automatic, vec![past_due], nothing),
        (&paid, vec![], nothing),
        (&untried, vec![], nothing),
        (&sent, vec![], nothing),
    ] {
        assert_eq!(invoice.event_when_read(&subscriptions), expected, "{invoice:?}");
    }
}

/// Goal: the date on which an overdue invoice disables its account stays as it was fixed, whatever
/// becomes of the grace period later.
#[test]
fn shortening_the_grace_later_disables_nobody_at_once() {
    let invoice = snapshot("in_1", Collection::Automatic, None);
    let failed = told(None, InvoiceEvent::PaymentFailed, &invoice, FINALIZED);
    let retried = InvoiceSnapshot { attempt_count: 2, attempted: true, ..invoice };
    let at = Timestamp(FINALIZED + 50);
    let shorter =
        Invoice::after(Some(&failed), InvoiceEvent::Updated, &retried, at, rules(0)).unwrap();
    assert_eq!(shorter.deadline, failed.deadline);
}

/// Goal: what remains is what was due, less the largest payment and the live credit notes, never
/// below zero; paid, void and deleted invoices owe nothing.
#[test]
fn what_remains_to_be_paid() {
    let open = told(
        None,
        InvoiceEvent::Finalized,
        &snapshot("in_1", Collection::Automatic, None),
        FINALIZED,
    );
    let note = |id: &str, pre_payment: i64, status: CreditNoteStatus| CreditNoteSnapshot {
        id: CreditNoteId::parse(id).unwrap(),
        invoice: open.id.clone(),
        currency: open.currency,
        status,
        pre_payment,
        post_payment: 0,
        reason: None,
    };
    let issued = note("cn_1", 2_500, CreditNoteStatus::Issued);
    let credited = Invoice::after_credit_note(Some(&open), &issued, rules(0)).unwrap();
    assert_eq!(credited.remaining(), 7_500);
    let again = Invoice::after_credit_note(Some(&credited), &issued, rules(0)).unwrap();
    assert_eq!(again, credited);
    let more = note("cn_1", 2_501, CreditNoteStatus::Issued);
    assert!(Invoice::after_credit_note(Some(&credited), &more, rules(0)).is_err());
    let voided = note("cn_1", 2_500, CreditNoteStatus::Void);
    let voided = Invoice::after_credit_note(Some(&credited), &voided, rules(0)).unwrap();
    assert_eq!(voided.remaining(), 10_000);
    let all = note("cn_2", 10_000, CreditNoteStatus::Issued);
    let all = Invoice::after_credit_note(Some(&voided), &all, rules(0)).unwrap();
    assert_eq!((all.remaining(), all.is_owed(), all.deadline), (0, false, None));
    let in_part =
        InvoiceSnapshot { amount_paid: 4_000, ..snapshot("in_1", Collection::Automatic, None) };
    let in_part = told(Some(&open), InvoiceEvent::Updated, &in_part, FINALIZED + 1);
    assert_eq!(in_part.remaining(), 6_000);
}

/// Goal: whoever pays the invoice that disabled the account stays disabled while another is
/// overdue; an invoice that becomes overdue only afterwards has its own grace.
#[test]
fn disabled_ends_when_nothing_overdue_remains() {
    let day = |days: i64| Timestamp(FINALIZED + days * DAY_SECONDS);
    let sent = |id: &str, days: i64| {
        let due = FINALIZED + days * DAY_SECONDS;
        told(None, InvoiceEvent::Finalized, &snapshot(id, Collection::Manual, Some(due)), FINALIZED)
    };
    let mut standing =
        Standing::new(AccountId::parse("acme").unwrap(), "free", 7 * DAY_SECONDS, day(0));
    for (id, due) in [("in_1", 1), ("in_2", 6), ("in_3", 20)] {
        standing.list(&sent(id, due), Owner::Ours);
    }
    // Due on day 1 with seven days of grace: disabled on day 8.
    assert_eq!(standing.state_at(day(7)), State::PastDue);
    assert_eq!(standing.state_at(day(8)), State::Disabled);
    // Paid on day 9: the second, overdue since day 6 and with grace until day 13, holds it
    // disabled.
    standing.open.remove(&InvoiceId::parse("in_1").unwrap());
    standing.disabled_until = Some(day(9));
    assert_eq!(standing.state_at(day(9)), State::Disabled);
    standing.open.remove(&InvoiceId::parse("in_2").unwrap());
    assert_eq!(standing.state_at(day(9)), State::Active);
    // The third is overdue on day 20, long after: it has its own seven days.
    assert_eq!(standing.state_at(day(20)), State::PastDue);
    assert_eq!(standing.state_at(day(27)), State::Disabled);
}

/// Goal: the invoices that the standing lists are the most urgent ones.
#[test]
fn a_full_list_keeps_the_most_urgent_invoices() {
    let account = AccountId::parse("acme").unwrap();
    let mut standing = Standing::new(account, "free", 0, Timestamp(0));
    let many = i64::try_from(OPEN_INVOICES_MAX).unwrap() + 2;
    for index in (0..many).rev() {
        let due = Some(FINALIZED + index);
        let invoice = snapshot(&format!("in_{index}"), Collection::Manual, due);
        let invoice = told(None, InvoiceEvent::Finalized, &invoice, FINALIZED);
        standing.list(&invoice, Owner::Ours);
    }
    assert_eq!((standing.open.len(), standing.more_open), (OPEN_INVOICES_MAX, 2));
    let earliest = standing.open.values().map(|entry| entry.overdue_at).min();
    assert_eq!(earliest, Some(Timestamp(FINALIZED)));
    assert!(!standing.open.contains_key(&InvoiceId::parse(&format!("in_{}", many - 1)).unwrap()));
}

/// Goal: of two snapshots of one second that nothing orders, the same one is taken whichever came
/// first, and the subscription says that it is not certain; the next second makes it certain again.
#[test]
fn two_updates_in_one_second_are_marked_as_uncertain() {
    let (three, five) =
        (subscription(3, SubscriptionStatus::Active), subscription(5, SubscriptionStatus::Active));
    let in_order = |one, other| {
        let first = Subscription::after(None, one, Timestamp(10));
        Subscription::after(Some(&first), other, Timestamp(10))
    };
    let uncertain = in_order(&three, &five);
    assert_eq!(uncertain, in_order(&five, &three));
    assert!(uncertain.ambiguous);
    let certain = Subscription::after(Some(&uncertain), &three, Timestamp(11));
    assert_eq!((certain.snapshot.seats, certain.ambiguous), (3, false));
    // A status that only moves up orders them: incomplete, then active, in one second.
    let incomplete = subscription(5, SubscriptionStatus::Incomplete);
    let ordered = in_order(&five, &incomplete);
    assert_eq!(ordered, in_order(&incomplete, &five));
    assert!(!ordered.ambiguous);
}

/// Goal: the journal says what became of an invoice, whichever of the events of one moment came
/// first.
#[test]
fn an_update_that_comes_first_reads_as_what_it_tells() {
    let account = AccountId::parse("acme").unwrap();
    let open = snapshot("in_1", Collection::Manual, Some(FINALIZED + 500));
    let paid = InvoiceSnapshot { status: InvoiceStatus::Paid, amount_paid: 10_000, ..open.clone() };
    let void = InvoiceSnapshot { status: InvoiceStatus::Void, ..open.clone() };
    let attempted = InvoiceSnapshot { attempted: true, ..open.clone() };
    let known = told(None, InvoiceEvent::Finalized, &open, FINALIZED);
    for (known, snapshot, expected) in [
        (None, &open, InvoiceEvent::Finalized),
        (Some(&known), &paid, InvoiceEvent::Paid),
        (Some(&known), &void, InvoiceEvent::Voided),
        (Some(&known), &attempted, InvoiceEvent::Updated),
    ] {
        let books = Books {
            standing: Standing::new(account.clone(), "free", 0, Timestamp(0)),
            profile: None,
            invoices: known.map(|it| (it.id.clone(), it.clone())).into_iter().collect(),
            has_all_invoices: true,
            subscriptions: BTreeMap::new(),
            has_all_subscriptions: true,
        };
        let news = News::Invoice { event: InvoiceEvent::Updated, snapshot: snapshot.clone() };
        let customer = CustomerId::parse("cus_1").unwrap();
        let fact = Fact { customer, at: Timestamp(FINALIZED + 9), news };
        let change = decide(&books, &fact, Timestamp(FINALIZED + 10)).unwrap().unwrap();
        assert_eq!(change.entries.first().unwrap().kind, Kind::Invoice(expected));
    }
}
