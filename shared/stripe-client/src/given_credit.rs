//! Credit notes that staff give: lines of the invoice, the note, and a look for it.

use std::collections::BTreeMap;

use billing::crediting::InvoiceLine;
use billing::fact::CreditNoteStatus;
use billing::ids::InvoiceId;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request::given_credit::{GivenNote, give};
use stripe_requests::request::paying::invoice_lines;
use stripe_requests::request::{self, INTENT_METADATA};

use crate::credit::{ReadNote, note};
use crate::preview::read;
use crate::{Stripe, StripeError, text};

#[derive(Deserialize)]
struct Line {
    id: String,
    amount: i64,
    #[serde(default)]
    discount_amounts: Option<Vec<Discount>>,
    #[serde(default)]
    taxes: Option<Vec<Tax>>,
}

#[derive(Deserialize)]
struct Discount {
    amount: i64,
}

#[derive(Deserialize)]
struct Tax {
    amount: i64,
    #[serde(default)]
    tax_behavior: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// Lines of an invoice, as far as a note needs them.
    ///
    /// # Errors
    /// Any of a list's.
    pub async fn creditable_lines(
        &self,
        invocation: &Invocation,
        invoice: &InvoiceId,
    ) -> Result<Vec<InvoiceLine>, StripeError> {
        let page = |after: Option<&str>| invoice_lines(invoice, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        found.objects.iter().map(|object| line(object.get())).collect()
    }

    /// The credit note of an invoice that an intent made, if it did.
    ///
    /// # Errors
    /// Any of a list's.
    pub async fn note_of_intent(
        &self,
        invocation: &Invocation,
        (invoice, intent): (&InvoiceId, &str),
    ) -> Result<Option<ReadNote>, StripeError> {
        let page = |after: Option<&str>| request::credit_notes(invoice, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        for object in &found.objects {
            let marks: Marks = read(object.get().as_bytes(), "a credit note")?;
            if marks.metadata.get(INTENT_METADATA).is_some_and(|it| it == intent) {
                let (fact, snapshot) = note(object.get(), found.at)?;
                if snapshot.status == CreditNoteStatus::Issued {
                    return Ok(Some(ReadNote { fact, post_payment: snapshot.post_payment }));
                }
            }
        }
        Ok(None)
    }

    /// Makes a credit note, once under a key.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn give_note(
        &self,
        invocation: &Invocation,
        new: &GivenNote<'_>,
        idempotency_key: String,
    ) -> Result<ReadNote, StripeError> {
        let request = give(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        let (fact, snapshot) = note(text(&answer.body)?, answer.at)?;
        Ok(ReadNote { fact, post_payment: snapshot.post_payment })
    }
}

fn line(text: &str) -> Result<InvoiceLine, StripeError> {
    let line: Line = read(text.as_bytes(), "an invoice's line")?;
    let discounts = line.discount_amounts.unwrap_or_default();
    let on_top = line.taxes.unwrap_or_default().into_iter();
    let on_top = on_top.filter(|tax| tax.tax_behavior.as_deref() != Some("inclusive"));
    Ok(InvoiceLine {
        id: line.id,
        amount: line.amount,
        tax_on_top: on_top.fold(0_i64, |sum, tax| sum.saturating_add(tax.amount)),
        is_discounted: discounts.iter().any(|discount| discount.amount != 0),
    })
}
