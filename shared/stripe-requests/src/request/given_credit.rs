//! A request for a credit note that staff give.

use billing::crediting::{GiveBack, NoteParts, NoteReason};
use billing::ids::InvoiceId;
use stripe_billing::CreditNoteReason;
use stripe_billing::credit_note::{
    CreateCreditNote, CreateCreditNoteEmailType, CreateCreditNoteLines, CreateCreditNoteLinesType,
};

use super::invoice::texts;
use super::{INTENT_METADATA, Request};

/// A credit note of staff.
#[derive(Debug, Clone, Copy)]
pub struct GivenNote<'a> {
    /// The invoice.
    pub invoice: &'a InvoiceId,
    /// Token of the intent: in the metadata.
    pub intent: &'a str,
    /// What it comes to.
    pub parts: &'a NoteParts,
    /// Way in which paid money is given back.
    pub give_back: GiveBack,
    /// Stripe's reason.
    pub reason: Option<NoteReason>,
    /// Text to the customer.
    pub memo: Option<&'a str>,
}

/// `POST /v1/credit_notes`. Stripe mails nothing about it.
pub fn give(new: &GivenNote<'_>) -> Request {
    let GivenNote { invoice, intent, parts, give_back, reason, memo } = *new;
    let create = CreateCreditNote::new(invoice.as_str())
        .email_type(CreateCreditNoteEmailType::None)
        .metadata(texts(&[(INTENT_METADATA, intent)]));
    let create = if parts.lines.is_empty() {
        create.amount(parts.total)
    } else {
        create.lines(parts.lines.iter().map(line).collect::<Vec<_>>())
    };
    let create = match (parts.after_payment, give_back) {
        (..=0, _) => create,
        (paid, GiveBack::CustomerBalance) => create.credit_amount(paid),
        (paid, GiveBack::Refund) => create.refund_amount(paid),
        (paid, GiveBack::OutOfBand) => create.out_of_band_amount(paid),
    };
    let create = match reason {
        Some(reason) => create.reason(stripes(reason)),
        None => create,
    };
    Request::of(&match memo {
        Some(memo) => create.memo(memo),
        None => create,
    })
}

fn line((id, amount): &(String, i64)) -> CreateCreditNoteLines {
    let mut line = CreateCreditNoteLines::new(CreateCreditNoteLinesType::InvoiceLineItem);
    line.invoice_line_item = Some(id.clone());
    line.amount = Some(*amount);
    line
}

fn stripes(reason: NoteReason) -> CreditNoteReason {
    match reason {
        NoteReason::Duplicate => CreditNoteReason::Duplicate,
        NoteReason::Fraudulent => CreditNoteReason::Fraudulent,
        NoteReason::OrderChange => CreditNoteReason::OrderChange,
        NoteReason::ProductUnsatisfactory => CreditNoteReason::ProductUnsatisfactory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a note has an amount or lines, names one way for what was paid, and none where nothing
    /// was; Stripe mails nothing.
    #[test]
    fn a_note_says_where_paid_money_goes() {
        let invoice = InvoiceId::parse("in_1").unwrap();
        let parts = |after_payment: i64, lines: &[(&str, i64)]| NoteParts {
            total: 100,
            after_payment,
            lines: lines.iter().map(|(line, amount)| ((*line).to_owned(), *amount)).collect(),
        };
        let form = |parts: &NoteParts, give_back: GiveBack| {
            let reason = Some(NoteReason::OrderChange);
            let new =
                GivenNote { invoice: &invoice, intent: "t1", parts, give_back, reason, memo: None };
            give(&new).form.unwrap_or_default().replace("%5B", "[").replace("%5D", "]")
        };
        let whole = form(&parts(0, &[]), GiveBack::Refund);
        for part in ["amount=100", "email_type=none", "reason=order_change"] {
            assert!(whole.split('&').any(|it| it == part), "{part}: {whole}");
        }
        assert!(whole.contains("metadata[tollgate_intent]=t1"), "{whole}");
        assert!(!whole.contains("refund_amount"), "{whole}");
        for (give_back, name) in [
            (GiveBack::CustomerBalance, "credit_amount=40"),
            (GiveBack::Refund, "refund_amount=40"),
            (GiveBack::OutOfBand, "out_of_band_amount=40"),
        ] {
            let form = form(&parts(40, &[]), give_back);
            assert!(form.contains(name), "{form}");
        }
        let lines = form(&parts(100, &[("il_1", 84)]), GiveBack::CustomerBalance);
        for part in ["lines[0][amount]=84", "lines[0][invoice_line_item]=il_1"] {
            assert!(lines.contains(part), "{lines}");
        }
        assert!(!lines.starts_with("amount=") && !lines.contains("&amount="), "{lines}");
    }
}
