//! Sentences of the journal, and refusals, about money that comes outside of Stripe.

use billing::advice::{ADVICES_MAX, TransferRefusal};
use billing::journal::transfers::TransferEvent;
use billing::journal::{Entry, Value};
use billing::receipt::Receipt;
use billing::words::Word;

use super::after;

/// An entry of the journal about a transfer or a prepayment.
pub(super) fn entry(event: TransferEvent, entry: &Entry, about: &str) -> String {
    let text = |field: &str| after(entry, field).map(Value::to_string).unwrap_or_default();
    let reference = text("reference");
    let note = after(entry, "note").map(|note| format!(" Reason: {note}")).unwrap_or_default();
    match event {
        TransferEvent::Submitted => {
            let held = after(entry, "held_until")
                .map(|until| format!(" Its invoices disable nobody until {until}."))
                .unwrap_or_default();
            format!("A transfer of {} is on its way (reference {reference}).{held}", text("amount"))
        }
        TransferEvent::Approved => {
            format!("The transfer {reference} was received: {}.", text("received"))
        }
        TransferEvent::PartiallyApproved => format!(
            "A part of the transfer {reference} was received: {}. Its invoices need more.",
            text("received")
        ),
        TransferEvent::Rejected => format!("The transfer {reference} was not found.{note}"),
        TransferEvent::Withdrawn => format!("The advice of transfer {reference} was withdrawn."),
        TransferEvent::Expired => {
            format!("The transfer {reference} did not arrive in time: it holds off nothing more.")
        }
        TransferEvent::Returned => format!("The bank took the transfer {reference} back.{note}"),
        TransferEvent::Replaced => {
            format!("Invoice {} stands in the place of invoice {about}.", text("replacement"))
        }
        TransferEvent::Received => {
            format!("A payment of {} was received (reference {reference}).", text("received"))
        }
        TransferEvent::Reserved => {
            format!("{} of invoice {about} were received and wait for the rest.", text("reserved"))
        }
        TransferEvent::Prepaid => {
            format!("{} are prepaid (reference {reference}).", text("prepaid"))
        }
        TransferEvent::PrepaidApplied => {
            format!("Prepaid money was used: {} are left.", text("left"))
        }
        TransferEvent::PrepaidReversed => {
            "The unused rest of a prepayment was taken out again.".to_owned()
        }
    }
}

/// The receipt of a prepayment.
pub(crate) fn receipt(number: &str, receipt: &Receipt) -> String {
    let (amount, day, reference) = (receipt.amount, receipt.received_on, &receipt.reference);
    format!(
        "Receipt {number}: {amount} received on {day}, reference {reference}. This receipt is no tax \
         invoice: tax is on the invoices that the money settles."
    )
}

/// Reason why something about a transfer is refused, and the way to clear it.
pub(super) fn refused(refusal: &TransferRefusal) -> (String, &'static str) {
    match refusal {
        TransferRefusal::UnknownInvoice(id) => {
            (format!("There is no invoice {id}."), "Naming an invoice of this account.")
        }
        TransferRefusal::NotPayable(id) => (
            format!("Nothing is to be paid on invoice {id}."),
            "Naming invoices that are open. Money for what is settled is recorded by staff.",
        ),
        TransferRefusal::OtherCurrency(id) => (
            format!("Invoice {id} is in another currency."),
            "An amount in the currency of the invoice.",
        ),
        TransferRefusal::DatedAhead(day) => {
            (format!("{day} has not come yet."), "The day on which the money was sent.")
        }
        TransferRefusal::ReferenceUsed(id) => (
            format!("The reference is that of {id}."),
            "The reference of another transfer, or withdrawing the advice that has it.",
        ),
        TransferRefusal::TooMany => (
            format!("An account has at most {ADVICES_MAX} advices and receipts."),
            "Asking the vendor's support.",
        ),
        TransferRefusal::Unknown => {
            ("There is no such advice or prepayment.".to_owned(), "The id of one that there is.")
        }
        TransferRefusal::Decided(verdict) => {
            let (status, at, by) = (verdict.status.word(), verdict.at, &verdict.by);
            (format!("It is {status} since {at}, by {by}."), "Nothing: look at what became of it.")
        }
        TransferRefusal::NotApproved(status) => (
            format!("It is {}: no money came that could go back.", status.word()),
            "An advice that was approved.",
        ),
        TransferRefusal::OnItsWay => (
            "Its money is still on its way to invoices or to the balance.".to_owned(),
            "Sending the request again in a minute.",
        ),
        TransferRefusal::PaymentInProgress(id) => (
            format!("A payment of invoice {id} is processing."),
            "The outcome of that payment: if it is paid, this money is prepaid.",
        ),
        TransferRefusal::KeyReused => (
            "This Idempotency-Key was used before, with another body.".to_owned(),
            "A new Idempotency-Key.",
        ),
        TransferRefusal::UsedUp => (
            "Nothing of this prepayment is left, or it is still on its way to the balance."
                .to_owned(),
            "A prepayment of which something is left.",
        ),
        TransferRefusal::NoCustomer => (
            "The account has no customer at Stripe.".to_owned(),
            "Repeating the request that opened the account.",
        ),
    }
}
