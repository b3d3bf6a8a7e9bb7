#![expect(clippy::unnecessary_wraps, reason = "values as the journal has them")]

use super::*;
use crate::fact::{BillingReason, Collection, InvoiceEvent, InvoiceKind, InvoiceStatus};
use crate::intent::Intent;
use crate::invoice::Terms;
use crate::journal::transfers::TransferEvent;
use crate::journal::{Cause, CauseKind, Entry, Kind, Value};
use crate::month::Day;
use crate::receipt::{Part, PartState, Source};

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("eur").unwrap())
}

fn id(id: &str) -> InvoiceId {
    InvoiceId::parse(id).unwrap()
}

/// An invoice over a total, of which the balance took a part when it was issued.
fn invoice(name: &str, (total, due): (i64, i64)) -> Invoice {
    let terms = Terms {
        number: Some(format!("N-{name}")),
        collection: Collection::Manual,
        reason: BillingReason::Other,
        subscription: None,
        is_marked: false,
        created: Timestamp(0),
        finalized_at: Timestamp(0),
        due_at: None,
        kind: InvoiceKind::Manual,
        period: None,
        total,
        tax: None,
        due,
    };
    Invoice { terms: Some(terms), ..Invoice::unknown(id(name), eur(0).currency) }
}

/// Money that paid invoices.
fn receipt(name: &str, source: Source, parts: &[(&str, i64)]) -> Receipt {
    let part = |(invoice, amount): &(&str, i64)| Part {
        invoice: id(invoice),
        amount: *amount,
        state: PartState::Settled,
        since: Timestamp(0),
        replacement: None,
    };
    Receipt {
        version: 1,
        id: name.to_owned(),
        request: None,
        source,
        number: None,
        reference: name.to_owned(),
        received_on: Day::of(Timestamp(0)),
        amount: eur(parts.iter().map(|part| part.1).sum()),
        recorded_at: Timestamp(0),
        parts: parts.iter().map(part).collect(),
        credit: 0,
        credited: 0,
        crediting: 0,
        applied: Vec::new(),
        reversed: 0,
        reversing: 0,
        claimed: 0,
        claiming: 0,
        intent: Intent::new(name.to_owned(), String::new(), String::new(), Timestamp(0)),
    }
}

fn entry(kind: Kind, about: &str, changes: &[(&str, Option<Value>, Option<Value>)]) -> Entry {
    let entry = Entry::new(Timestamp(5), kind, Some(about));
    changes
        .iter()
        .cloned()
        .fold(entry, |entry, (field, before, after)| entry.with(field, before, after))
}

fn cents(amount: i64) -> Option<Value> {
    Some(Value::Money(eur(amount)))
}

fn word(status: InvoiceStatus) -> Option<Value> {
    Some(Value::Text(status.word().to_owned()))
}

/// A record at a second.
fn record(second: i64, entry: Entry) -> Record {
    let cause = Cause::new(CauseKind::Api, "r");
    let sequence = u64::try_from(second).unwrap();
    Record { at: Timestamp(second), sequence, cause, entries: vec![entry], first: None }
}

/// Kinds with their amounts.
fn lines(balance: &Balance) -> Vec<(Moved, i64)> {
    balance.lines.iter().map(|it| (it.movement.moved, it.movement.amount.amount)).collect()
}

/// A story of five invoices and a prepayment, oldest entry first.
fn story() -> [Entry; 12] {
    let event = Kind::Invoice;
    let (open, paid) = (InvoiceStatus::Open, InvoiceStatus::Paid);
    let finalized = |name: &str, due: i64| {
        let changes = [("status", None, word(open)), ("amount_remaining", None, cents(due))];
        entry(event(InvoiceEvent::Finalized), name, &changes)
    };
    let settled = |kind, name: &str, from: i64, status| {
        let changes =
            [("status", word(open), word(status)), ("amount_remaining", cents(from), cents(0))];
        entry(kind, name, &changes)
    };
    let transfer = Kind::Transfer;
    [
        finalized("in_a", 700),
        entry(
            Kind::CreditNoteIssued,
            "in_a",
            &[("pre_payment", None, cents(100)), ("amount_remaining", cents(700), cents(600))],
        ),
        settled(event(InvoiceEvent::Paid), "in_a", 600, paid),
        entry(
            event(InvoiceEvent::Paid),
            "in_b",
            &[("status", None, word(paid)), ("amount_remaining", None, cents(0))],
        ),
        finalized("in_c", 300),
        settled(event(InvoiceEvent::Voided), "in_c", 300, InvoiceStatus::Void),
        entry(transfer(TransferEvent::Prepaid), "r_2", &[("prepaid", None, cents(500))]),
        entry(transfer(TransferEvent::PrepaidApplied), "r_2", &[("left", cents(500), cents(200))]),
        entry(transfer(TransferEvent::PrepaidReversed), "r_2", &[("left", cents(200), cents(0))]),
        entry(Kind::CreditNoteIssued, "in_a", &[("post_payment", cents(0), cents(50))]),
        finalized("in_d", 250),
        finalized("in_e", 999),
    ]
}

/// Goal: each movement has its kind, payments their method, and both sides add up.
#[test]
fn each_movement_has_its_kind() {
    let records = story().into_iter().enumerate();
    let mut records: Vec<Record> =
        records.map(|(second, it)| record(i64::try_from(second).unwrap() + 1, it)).collect();
    records.reverse();
    let invoices = [
        invoice("in_a", (1_000, 700)),
        invoice("in_b", (400, 400)),
        invoice("in_c", (300, 300)),
        invoice("in_d", (250, 250)),
        invoice("in_e", (999, 999)),
    ];
    let receipts = [
        receipt("r_1", Source::Advice, &[("in_a", 350)]),
        receipt("r_2", Source::Prepayment, &[("in_a", 150)]),
    ];
    let books = Books {
        records: &records,
        invoices: &invoices.into_iter().map(|it| (it.id.clone(), it)).collect(),
        receipts: &receipts.into_iter().map(|it| (it.id.clone(), it)).collect(),
        outstanding: &[eur(250)],
        prepaid: &[],
        uncounted: &[id("in_e")].into(),
    };

    let all = statement(books, Range::default()).unwrap();

    let [eur_only] = all.as_slice() else { panic!("{all:?}") };
    let receivable = &eur_only.receivable;
    assert_eq!(
        lines(receivable),
        [
            (Moved::Invoice, 1_000),
            (Moved::BalanceApplied, -300),
            (Moved::CreditNote, -100),
            (Moved::Payment(Method::Transfer), -350),
            (Moved::Payment(Method::Prepayment), -150),
            (Moved::Payment(Method::Stripe), -100),
            (Moved::Invoice, 400),
            (Moved::Payment(Method::Stripe), -400),
            (Moved::Invoice, 300),
            (Moved::Void, -300),
            (Moved::CreditNote, -50),
            (Moved::Refund, 50),
            (Moved::Invoice, 250),
        ]
    );
    assert_eq!((receivable.opening, receivable.closing), (eur(0), eur(250)));
    let prepaid = &eur_only.prepaid;
    assert_eq!(
        lines(prepaid),
        [
            (Moved::PrepaymentReceived, 500),
            (Moved::PrepaymentApplied, -300),
            (Moved::PrepaymentReversed, -200),
        ]
    );
    assert_eq!((prepaid.opening, prepaid.closing), (eur(0), eur(0)));
    let payments = receivable.sum(|moved| moved.method().is_some());
    assert_eq!(payments, Ok(eur(-1_000)));
}

/// Goal: a past span has the movements that were recorded within it, and the balances of its ends.
#[test]
fn a_past_span_has_its_own_movements() {
    let issued = |name: &str, due: i64| {
        let changes = [("amount_remaining", None, cents(due))];
        entry(Kind::Invoice(InvoiceEvent::Finalized), name, &changes)
    };
    let records = [
        record(9, issued("in_c", 30)),
        record(6, issued("in_b", 20)),
        record(5, issued("in_a", 10)),
    ];
    let invoices =
        [invoice("in_a", (10, 10)), invoice("in_b", (20, 20)), invoice("in_c", (30, 30))];
    let books = Books {
        records: &records,
        invoices: &invoices.into_iter().map(|it| (it.id.clone(), it)).collect(),
        receipts: &BTreeMap::new(),
        outstanding: &[eur(160)],
        prepaid: &[eur(7)],
        uncounted: &BTreeSet::new(),
    };

    let all = statement(books, Range { from: Timestamp(5), to: Timestamp(8) }).unwrap();

    let receivable = &all[0].receivable;
    assert_eq!((receivable.opening, receivable.closing), (eur(100), eur(130)));
    assert_eq!(lines(receivable), [(Moved::Invoice, 10), (Moved::Invoice, 20)]);
    assert_eq!(receivable.lines[1].balance, eur(130));
    assert_eq!((all[0].prepaid.opening, all[0].prepaid.closing), (eur(7), eur(7)));
    let largest = [eur(i64::MAX)];
    let taken = [record(
        1,
        entry(
            Kind::Invoice(InvoiceEvent::Paid),
            "in_a",
            &[
                ("status", None, word(InvoiceStatus::Paid)),
                ("amount_remaining", cents(10), cents(0)),
            ],
        ),
    )];
    let books = Books { records: &taken, outstanding: &largest, ..books };
    assert_eq!(statement(books, Range::default()), Err(TooLarge));
}
