use super::*;
use crate::credit_note::CreditNote;
use crate::fact::{BillingReason, Collection, InvoiceKind};
use crate::ids::CreditNoteId;
use crate::invoice::Terms;
use crate::time::Timestamp;

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("eur").unwrap())
}

fn invoice(status: InvoiceStatus, paid: i64) -> Invoice {
    let terms = Terms {
        number: Some("A-1".to_owned()),
        collection: Collection::Automatic,
        reason: BillingReason::SubscriptionCreate,
        subscription: None,
        is_marked: true,
        created: Timestamp(0),
        finalized_at: Timestamp(0),
        due_at: None,
        kind: InvoiceKind::Manual,
        period: None,
        total: 1_190,
        tax: Some(190),
        due: 1_190,
    };
    Invoice {
        status: Some(status),
        terms: Some(terms),
        amount_paid: paid,
        ..Invoice::unknown(InvoiceId::parse("in_1").unwrap(), eur(0).currency)
    }
}

fn parts(invoice: &Invoice, amount: i64) -> Result<NoteParts, NoteRefusal> {
    note_parts(Some(invoice), &Credited::Amount(eur(amount)), &[])
}

/// Goal: before payment a note lowers what is due; what it credits beyond that is given back, and
/// both together never come to more than the invoice.
#[test]
fn a_note_lowers_what_is_due_and_gives_back_the_rest() {
    let split = |invoice: &Invoice, amount| parts(invoice, amount).map(|it| it.after_payment);
    let open = invoice(InvoiceStatus::Open, 0);
    assert_eq!((split(&open, 500), split(&open, 1_190)), (Ok(0), Ok(0)));
    let in_part = invoice(InvoiceStatus::Open, 1_000);
    assert_eq!((split(&in_part, 190), split(&in_part, 500)), (Ok(0), Ok(310)));
    let paid = invoice(InvoiceStatus::Paid, 1_190);
    assert_eq!(split(&paid, 1_190), Ok(1_190));
    for invoice in [open, in_part, paid] {
        let above = Err(NoteRefusal::AboveCreditable(eur(1_190)));
        assert_eq!(split(&invoice, 1_191), above, "{:?}", invoice.status);
    }
}

/// Goal: earlier notes leave the less to credit, and a voided one leaves all of it.
#[test]
fn earlier_notes_leave_less_to_credit() {
    let mut invoice = invoice(InvoiceStatus::Paid, 1_190);
    let note = CreditNote {
        pre_payment: 0,
        post_payment: 1_000,
        status: CreditNoteStatus::Issued,
        reason: None,
    };
    let id = CreditNoteId::parse("cn_1").unwrap();
    invoice.credit_notes.insert(id.clone(), note.clone());
    assert_eq!(parts(&invoice, 191), Err(NoteRefusal::AboveCreditable(eur(190))));
    assert!(parts(&invoice, 190).is_ok());
    let void = CreditNote { status: CreditNoteStatus::Void, ..note };
    invoice.credit_notes.insert(id, void);
    assert!(parts(&invoice, 1_190).is_ok());
}

/// Goal: lines are credited with their tax, whole or in part; what is not on the invoice, more than
/// a line, and a line with a discount are refused by name.
#[test]
fn lines_are_credited_with_their_tax() {
    let invoice = invoice(InvoiceStatus::Paid, 1_190);
    let line = |id: &str, amount: i64, tax_on_top: i64| InvoiceLine {
        id: id.to_owned(),
        amount,
        tax_on_top,
        is_discounted: id == "il_3",
    };
    let lines = [line("il_1", 700, 133), line("il_2", 300, 57), line("il_3", 1, 0)];
    let of = |wanted: &[(&str, Option<i64>)]| {
        let wanted = wanted.iter().map(|(line, amount)| CreditedLine {
            line: (*line).to_owned(),
            amount: amount.map(eur),
        });
        note_parts(Some(&invoice), &Credited::Lines(wanted.collect()), &lines)
    };
    let both = of(&[("il_1", None), ("il_2", Some(100))]).unwrap();
    assert_eq!((both.total, both.after_payment), (833 + 119, 833 + 119));
    assert_eq!(both.lines, [("il_1".to_owned(), 700), ("il_2".to_owned(), 100)]);
    assert_eq!(of(&[("il_9", None)]), Err(NoteRefusal::UnknownLine("il_9".to_owned())));
    assert_eq!(of(&[("il_2", Some(301))]), Err(NoteRefusal::AboveLine("il_2".to_owned())));
    assert_eq!(of(&[("il_3", None)]), Err(NoteRefusal::DiscountedLine("il_3".to_owned())));
    let twice = of(&[("il_1", None), ("il_1", None)]);
    assert_eq!(twice, Err(NoteRefusal::AboveCreditable(eur(1_190))));
}

/// Goal: drafts, void invoices, other currencies and unknown invoices are refused.
#[test]
fn what_can_not_be_credited_is_refused() {
    for status in [InvoiceStatus::Draft, InvoiceStatus::Void, InvoiceStatus::Deleted] {
        let refused = parts(&invoice(status, 0), 1);
        assert_eq!(refused, Err(NoteRefusal::NotCreditable(Some(status))));
    }
    let open = invoice(InvoiceStatus::Open, 0);
    let usd = Money::new(1, Currency::parse("usd").unwrap());
    let refused = note_parts(Some(&open), &Credited::Amount(usd), &[]);
    assert_eq!(refused, Err(NoteRefusal::OtherCurrency(eur(0).currency)));
    let unknown = note_parts(None, &Credited::Amount(eur(1)), &[]);
    assert_eq!(unknown, Err(NoteRefusal::UnknownInvoice));
}
