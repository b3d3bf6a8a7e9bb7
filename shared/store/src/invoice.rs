//! An invoice as an item.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::credit_note::CreditNote;
use billing::fact::{BillingReason, Collection, CreditNoteStatus, InvoiceKind, InvoiceStatus};
use billing::ids::{AccountId, CreditNoteId, InvoiceId, InvoicePaymentId, SubscriptionId};
use billing::invoice::{Advance, Attempts, Deadline, Hold, Holds, Invoice, Links, Terms};
use billing::invoice_payment::{InvoicePayment, PaymentState, Payments};
use billing::money::Currency;
use billing::search;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of an invoice, at a version.
pub fn write(account: &AccountId, invoice: &Invoice, version: u64) -> Attributes {
    let number = invoice.terms.as_ref().and_then(|terms| terms.number.as_deref());
    let place = number.map(|number| keys::found_place(&search::exact(number), account));
    let (partition, place) = place.unzip();
    let item = Writer::item(keys::invoice(account, &invoice.id), "invoice", version)
        .text("id", invoice.id.as_str())
        .text("currency", invoice.currency.as_str())
        .maybe_text("status", invoice.status.map(InvoiceStatus::word))
        .number("paid", invoice.amount_paid)
        .maybe_time("tried_at", invoice.attempts.tried_at)
        .maybe_time("failed_at", invoice.attempts.failed_at)
        .number("attempts", invoice.attempts.count)
        .maybe_time("next_at", invoice.attempts.next_at)
        .maybe_time("on_at", invoice.advance.on_at)
        .maybe_time("off_at", invoice.advance.off_at)
        .flag("pause", invoice.is_given_up_by_pause)
        .maybe_time("ended_at", invoice.ended_at)
        .map("notes", write_notes(invoice))
        .map("pays", write_payments(&invoice.payments))
        .maybe_time("reversed_at", invoice.reversed_at)
        .list("held", invoice.holds.all.iter().map(write_hold).collect())
        .flag("held_there", invoice.holds.is_at_stripe)
        .maybe_number("reserved", Some(invoice.holds.reserved).filter(|it| *it != 0))
        .maybe_text("url", invoice.links.hosted_invoice_url.as_deref())
        .maybe_text("pdf", invoice.links.pdf_url.as_deref());
    let item = match &invoice.terms {
        Some(terms) => write_terms(item, terms)
            .maybe_text(keys::DUE_PK, partition)
            .maybe_text(keys::DUE_SK, place),
        None => item,
    };
    match invoice.deadline {
        Some(Deadline { overdue_at, disables_at, missed_at, grace_seconds }) => item
            .number("overdue_at", overdue_at.0)
            .number("disables_at", disables_at.0)
            .number("missed_at", missed_at.0)
            .number("grace", grace_seconds),
        None => item,
    }
    .done()
}

/// The invoice of an item.
pub fn read(item: &Attributes) -> Result<Invoice, StoreError> {
    let item = Reader::new(item);
    let deadline = match item.maybe_time("overdue_at")? {
        Some(overdue_at) => Some(Deadline {
            overdue_at,
            disables_at: item.time("disables_at")?,
            missed_at: item.time("missed_at")?,
            grace_seconds: item.number("grace")?,
        }),
        None => None,
    };
    Ok(Invoice {
        version: item.number(keys::VERSION)?,
        id: item.word("id", |id| InvoiceId::parse(id).ok())?,
        currency: item.word("currency", |code| Currency::parse(code).ok())?,
        status: item.maybe("status", InvoiceStatus::of_word)?,
        terms: read_terms(item)?,
        amount_paid: item.number("paid")?,
        payments: read_payments(item)?,
        reversed_at: item.maybe_time("reversed_at")?,
        attempts: Attempts {
            tried_at: item.maybe_time("tried_at")?,
            failed_at: item.maybe_time("failed_at")?,
            count: item.number("attempts")?,
            next_at: item.maybe_time("next_at")?,
        },
        advance: Advance { on_at: item.maybe_time("on_at")?, off_at: item.maybe_time("off_at")? },
        is_given_up_by_pause: item.flag("pause")?,
        ended_at: item.maybe_time("ended_at")?,
        credit_notes: read_notes(item)?,
        deadline,
        holds: Holds {
            all: item
                .list("held")?
                .iter()
                .map(|it| read_hold(item.within(it)?))
                .collect::<Result<_, StoreError>>()?,
            is_at_stripe: item.flag("held_there")?,
            reserved: item.maybe_number("reserved")?.unwrap_or_default(),
        },
        links: Links {
            hosted_invoice_url: item.maybe_text("url")?.map(str::to_owned),
            pdf_url: item.maybe_text("pdf")?.map(str::to_owned),
        },
    })
}

fn write_terms(item: Writer, terms: &Terms) -> Writer {
    item.maybe_text("number", terms.number.as_deref())
        .text("collection", terms.collection.word())
        .text("reason", terms.reason.word())
        .maybe_text("sub", terms.subscription.as_ref().map(SubscriptionId::as_str))
        .flag("marked", terms.is_marked)
        .number("made", terms.created.0)
        .number("final_at", terms.finalized_at.0)
        .maybe_time("due_at", terms.due_at)
        .text("kind", terms.kind.word())
        .maybe_time("from", terms.period.map(|(from, _)| from))
        .maybe_time("to", terms.period.map(|(_, to)| to))
        .number("total", terms.total)
        .maybe_number("tax", terms.tax)
        .number("due", terms.due)
}

fn read_terms(item: Reader<'_>) -> Result<Option<Terms>, StoreError> {
    let Some(collection) = item.maybe("collection", Collection::of_word)? else {
        return Ok(None);
    };
    Ok(Some(Terms {
        number: item.maybe_text("number")?.map(str::to_owned),
        collection,
        reason: item.word("reason", BillingReason::of_word)?,
        subscription: item.maybe("sub", |id| SubscriptionId::parse(id).ok())?,
        is_marked: item.flag("marked")?,
        created: item.time("made")?,
        finalized_at: item.time("final_at")?,
        due_at: item.maybe_time("due_at")?,
        kind: item.maybe("kind", InvoiceKind::of_word)?.unwrap_or_default(),
        period: item.maybe_time("from")?.zip(item.maybe_time("to")?),
        total: item.number("total")?,
        tax: item.maybe_number("tax")?,
        due: item.number("due")?,
    }))
}

fn write_hold(hold: &Hold) -> AttributeValue {
    let hold = Writer::default()
        .text("by", &*hold.advice)
        .number("since", hold.since.0)
        .number("until", hold.until.0);
    AttributeValue::M(hold.done())
}

fn read_hold(map: Reader<'_>) -> Result<Hold, StoreError> {
    Ok(Hold {
        advice: map.text("by")?.to_owned(),
        since: map.time("since")?,
        until: map.time("until")?,
    })
}

fn write_payments(payments: &Payments) -> Attributes {
    let payments = payments.0.iter().map(|(id, payment)| {
        let payment = Writer::default()
            .text("state", payment.state.word())
            .number("amount", payment.amount)
            .maybe_time("since", payment.since)
            .maybe_time("until", payment.until);
        (id.as_str().to_owned(), AttributeValue::M(payment.done()))
    });
    payments.collect()
}

fn read_payments(item: Reader<'_>) -> Result<Payments, StoreError> {
    let payments = item.maps("pays")?.into_iter().map(|(id, payment)| {
        let id = InvoicePaymentId::parse(id).map_err(|error| item.corrupt(error.to_string()))?;
        let payment = InvoicePayment {
            state: payment.word("state", PaymentState::of_word)?,
            amount: payment.number("amount")?,
            since: payment.maybe_time("since")?,
            until: payment.maybe_time("until")?,
        };
        Ok((id, payment))
    });
    Ok(Payments(payments.collect::<Result<_, StoreError>>()?))
}

fn write_notes(invoice: &Invoice) -> Attributes {
    let notes = invoice.credit_notes.iter().map(|(id, note)| {
        let note = Writer::default()
            .number("pre", note.pre_payment)
            .number("post", note.post_payment)
            .text("status", note.status.word())
            .maybe_text("why", note.reason.as_deref());
        (id.as_str().to_owned(), AttributeValue::M(note.done()))
    });
    notes.collect()
}

fn read_notes(item: Reader<'_>) -> Result<BTreeMap<CreditNoteId, CreditNote>, StoreError> {
    let notes = item.maps("notes")?.into_iter().map(|(id, note)| {
        let id = CreditNoteId::parse(id).map_err(|error| item.corrupt(error.to_string()))?;
        let note = CreditNote {
            pre_payment: note.number("pre")?,
            post_payment: note.number("post")?,
            status: note.word("status", CreditNoteStatus::of_word)?,
            reason: note.maybe_text("why")?.map(str::to_owned),
        };
        Ok((id, note))
    });
    notes.collect()
}
