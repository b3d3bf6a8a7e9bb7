//! An invoice credited, and another one made in its place.

use std::collections::BTreeMap;

use billing::fact::{CreditNoteSnapshot, CreditNoteStatus, Fact, InvoiceSnapshot, News};
use billing::ids::InvoiceId;
use billing::marks::RECEIPT_METADATA;
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request;
use stripe_requests::request::credit::{self, CopiedLine, NewCreditNote, NewReplacement};
use stripe_requests::request::paying::invoice_lines;
use stripe_wire::wire::Reason;

use crate::invoice::ReadInvoice;
use crate::preview::read;
use crate::transfer::invoice_of;
use crate::{Stripe, StripeError, pull, text};

/// A paid invoice with what another one in its place is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The invoice as a fact.
    pub fact: Fact,
    /// The invoice of the fact.
    pub snapshot: InvoiceSnapshot,
    /// Its lines.
    pub lines: Vec<OriginalLine>,
    /// Fields of the vendor on it: name and value.
    pub custom_fields: Vec<(String, String)>,
    /// True if Stripe computed its tax.
    pub has_automatic_tax: bool,
}

/// A line of such an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalLine {
    /// What a person reads.
    pub description: String,
    /// Minor units, after discounts.
    pub amount: i64,
    /// Both ends of its period, as Stripe shows them.
    pub period: (Timestamp, Timestamp),
    /// Its tax rates.
    pub tax_rates: Vec<String>,
}

/// A credit note that one of our receipts made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadNote {
    /// The note as a fact.
    pub fact: Fact,
    /// Minor units of it that were given back after payment.
    pub post_payment: i64,
}

#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    custom_fields: Option<Vec<Field>>,
    #[serde(default)]
    automatic_tax: Automatic,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Automatic {
    enabled: bool,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    description: Option<String>,
    amount: i64,
    #[serde(default)]
    discount_amounts: Option<Vec<Discount>>,
    #[serde(default)]
    taxes: Option<Vec<Tax>>,
    period: Period,
}

#[derive(Deserialize)]
struct Discount {
    amount: i64,
}

#[derive(Deserialize)]
struct Tax {
    #[serde(default)]
    tax_rate_details: Option<Rate>,
}

#[derive(Deserialize)]
struct Rate {
    tax_rate: String,
}

#[derive(Deserialize)]
struct Period {
    start: i64,
    end: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// A paid invoice with its lines; nothing when Stripe does not know it.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn original(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<Option<Original>, StripeError> {
        let answer = match self.call(invocation, &request::invoice(id)).await {
            Err(StripeError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        let fact = pull::read(pull::INVOICE, text(&answer.body)?, answer.at)?;
        let snapshot = invoice_of(&fact).cloned();
        let snapshot = snapshot.ok_or_else(|| StripeError::Unreadable {
            what: "an invoice".to_owned(),
            reason: Reason::Missing("object"),
        })?;
        let whole: Whole = read(&answer.body, "an invoice")?;
        let page = |after: Option<&str>| invoice_lines(id, after);
        let lines = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects;
        let lines = lines.iter().map(|object| line(object.get()));
        let fields = whole.custom_fields.unwrap_or_default().into_iter();
        Ok(Some(Original {
            fact,
            snapshot,
            lines: lines.collect::<Result<_, _>>()?,
            custom_fields: fields.map(|field| (field.name, field.value)).collect(),
            has_automatic_tax: whole.automatic_tax.enabled,
        }))
    }

    /// The credit note of an invoice that a receipt made, if it did.
    ///
    /// # Errors
    /// Any of a list's.
    pub async fn note_of_receipt(
        &self,
        invocation: &Invocation,
        (invoice, receipt): (&InvoiceId, &str),
    ) -> Result<Option<ReadNote>, StripeError> {
        let page = |after: Option<&str>| request::credit_notes(invoice, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        for object in &found.objects {
            let marks: Marks = read(object.get().as_bytes(), "a credit note")?;
            let is_its = marks.metadata.get(RECEIPT_METADATA).is_some_and(|it| it == receipt);
            let note = note(object.get(), found.at)?;
            if is_its && note.1.status == CreditNoteStatus::Issued {
                return Ok(Some(ReadNote { fact: note.0, post_payment: note.1.post_payment }));
            }
        }
        Ok(None)
    }

    /// Credits a paid invoice, once under a key.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn credit(
        &self,
        invocation: &Invocation,
        new: &NewCreditNote<'_>,
        idempotency_key: String,
    ) -> Result<ReadNote, StripeError> {
        let request = credit::credit(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        let (fact, snapshot) = note(text(&answer.body)?, answer.at)?;
        Ok(ReadNote { fact, post_payment: snapshot.post_payment })
    }

    /// Makes the draft of an invoice that stands in the place of another, once under a key.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn create_replacement(
        &self,
        invocation: &Invocation,
        new: &NewReplacement<'_>,
        idempotency_key: String,
    ) -> Result<ReadInvoice, StripeError> {
        let request = credit::create_replacement(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        crate::invoice::read(text(&answer.body)?, answer.at)
    }

    /// Puts lines of another invoice on a draft in one call, once under a key.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn add_copied_lines(
        &self,
        invocation: &Invocation,
        (invoice, intent, lines): (&InvoiceId, &str, &[CopiedLine<'_>]),
        idempotency_key: String,
    ) -> Result<(), StripeError> {
        let request = credit::add_copied_lines(invoice, intent, lines);
        let request = request.with_idempotency_key(idempotency_key);
        self.call(invocation, &request).await.map(drop)
    }

    /// Marks an invoice with the one that stands in its place.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn mark_replaced(
        &self,
        invocation: &Invocation,
        (invoice, replacement): (&InvoiceId, &InvoiceId),
    ) -> Result<(), StripeError> {
        self.call(invocation, &credit::mark_replaced(invoice, replacement)).await.map(drop)
    }
}

pub(crate) fn note(text: &str, at: Timestamp) -> Result<(Fact, CreditNoteSnapshot), StripeError> {
    let fact = pull::read(pull::CREDIT_NOTE, text, at)?;
    if let News::CreditNote(snapshot) = &fact.news {
        let snapshot = snapshot.clone();
        return Ok((fact, snapshot));
    }
    let what = "a credit note".to_owned();
    Err(StripeError::Unreadable { what, reason: Reason::Missing("object") })
}

fn line(text: &str) -> Result<OriginalLine, StripeError> {
    let line: Line = read(text.as_bytes(), "an invoice's line")?;
    let discounts = line.discount_amounts.unwrap_or_default();
    let off = discounts.iter().fold(0_i64, |sum, it| sum.saturating_add(it.amount));
    let rates = line.taxes.unwrap_or_default().into_iter();
    Ok(OriginalLine {
        description: line.description.unwrap_or_default(),
        amount: line.amount.saturating_sub(off),
        period: (Timestamp(line.period.start), Timestamp(line.period.end)),
        tax_rates: rates.filter_map(|tax| Some(tax.tax_rate_details?.tax_rate)).collect(),
    })
}
