//! A transfer that the bank took back after it was approved (requirements, "Returned money").
//!
//! The decision is one commit; what follows at Stripe is a step for each invoice that the money had
//! paid: it is credited, and another one stands in its place. Whatever breaks off is looked for
//! before it is made again.

use billing::advice::{Advice, AdviceStatus, TransferRefusal, Verdict};
use billing::decide::Books;
use billing::desk::{self, Desk, REPLACEMENT_NET_DAYS, Replacing};
use billing::fact::{Collection, InvoiceStatus};
use billing::ids::InvoiceId;
use billing::intent::CLOCKS_APART_SECONDS;
use billing::receipt::{PartState, Receipt};
use invocation::Invocation;
use stripe_client::credit::Original;
use stripe_client::{ReadInvoice, StripeError};
use stripe_requests::request::credit::{CopiedLine, NewCreditNote, NewReplacement};
use stripe_requests::request::invoice::LINES_MAX;
use tracing::{info, warn};

use crate::Failure;
use crate::desk::{Approved, TransferDesk, known_account};
use crate::steps::{customer, known};

/// An invoice that is replaced: which, of whom, and by which receipt.
#[derive(Debug, Clone, Copy)]
struct Replaced<'a> {
    books: &'a Books,
    desk: &'a Desk,
    receipt: &'a Receipt,
    invoice: &'a InvoiceId,
    original: &'a Original,
}

impl Replaced<'_> {
    /// What Stripe's objects of it are marked with.
    fn intent(&self) -> String {
        format!("{}-{}", self.receipt.intent.token, self.invoice)
    }

    /// Key of a call.
    fn key(&self, step: &str) -> String {
        self.receipt.key_of(&format!("return-{}-{step}", self.invoice))
    }

    fn number(&self) -> &str {
        self.original.snapshot.number.as_deref().unwrap_or(self.invoice.as_str())
    }
}

impl TransferDesk<'_> {
    /// The bank took the money of an advice back. The same reason again finds what the first
    /// request did and does the rest.
    ///
    /// # Errors
    /// As [`TransferDesk::approve`].
    pub async fn take_back(
        &self,
        invocation: &Invocation,
        id: &str,
        reason: &str,
    ) -> Result<Approved, Failure> {
        let account = known_account(id)?;
        let work = async {
            // What is on its way settles first: only then is known what the money paid.
            let desk = self.follow_held(invocation, &account).await?;
            let known = desk.advices.get(id).ok_or(Failure::Refused(TransferRefusal::Unknown))?;
            if !is_taken_back(known, reason) {
                let verdict = Verdict {
                    status: AdviceStatus::Returned,
                    at: invocation.now,
                    by: invocation.actor_id().to_owned(),
                    note: Some(reason.to_owned()),
                    receipt: None,
                };
                let decide = |books: &Books, desk: &Desk| {
                    desk::take_back((books, desk), id, verdict.clone(), invocation.now)
                };
                self.decide(invocation, &account, decide).await?;
                info!(account.id = %account, advice.id = %id,
                    "the bank took back the money of advice {id} of account {account}");
            }
            let desk = self.follow_held(invocation, &account).await?;
            Approved::of(&desk, id)
        };
        Box::pin(self.leased(invocation, &account, work)).await
    }

    /// Credits an invoice whose money the bank took back, and makes another one in its place.
    pub(crate) async fn replace(
        &self,
        invocation: &Invocation,
        (books, desk): (&Books, &Desk),
        (invoice, receipt): (&InvoiceId, &str),
    ) -> Result<(), Failure> {
        let account = &books.standing.account;
        let receipt = known(desk, receipt)?;
        if receipt.intent.must_look_first(invocation.now) {
            return self.try_anew(invocation, account, receipt).await;
        }

        let original = self.stripe.original(invocation, invoice).await?;
        let original = original.ok_or_else(|| Failure::Missing(invoice.to_string()))?;
        self.facts.apply(invocation, &original.fact).await?;
        let of = Replaced { books, desk, receipt, invoice, original: &original };
        match Box::pin(self.make_replacement(invocation, of)).await {
            Err(Failure::Stripe(error)) if error.would_be_repeated() => {
                self.spend(invocation, account, receipt).await?;
                Err(error.into())
            }
            ended => ended,
        }
    }

    async fn make_replacement(
        &self,
        invocation: &Invocation,
        of: Replaced<'_>,
    ) -> Result<(), Failure> {
        let account = &of.books.standing.account;
        let amount = self.credited(invocation, of).await?;
        let replacement = self.filled(invocation, of, amount).await?;
        self.facts.apply(invocation, &replacement.fact).await?;
        let id = &replacement.id;
        self.stripe.mark_replaced(invocation, (of.invoice, id)).await?;
        let done = |books: &Books, desk: &Desk| {
            desk::replaced((books, desk), (of.invoice, id), invocation.now)
        };
        self.settle(invocation, account, done).await?;
        info!(account.id = %account, invoice.id = %of.invoice,
            "invoice {id} stands in the place of invoice {} of account {account}", of.invoice);
        Ok(())
    }

    /// Credits the invoice, unless that was done. Minor units that the note gave back.
    async fn credited(&self, invocation: &Invocation, of: Replaced<'_>) -> Result<i64, Failure> {
        let at = (of.invoice, of.receipt.id.as_str());
        let note = if let Some(note) = self.stripe.note_of_receipt(invocation, at).await? {
            note
        } else {
            let Replacing { out_of_band, to_balance } =
                desk::replacing((of.books, of.desk), of.invoice);
            let memo = format!("The bank took the transfer {} back.", of.receipt.reference);
            let new = NewCreditNote {
                invoice: of.invoice,
                receipt: &of.receipt.id,
                out_of_band,
                to_balance,
                memo: &memo,
            };
            self.stripe.credit(invocation, &new, of.key("note")).await?
        };
        self.facts.apply(invocation, &note.fact).await?;
        Ok(note.post_payment)
    }

    /// The invoice in its place, final and sent, as far as that was not done.
    async fn filled(
        &self,
        invocation: &Invocation,
        of: Replaced<'_>,
        amount: i64,
    ) -> Result<ReadInvoice, Failure> {
        let (customer, intent) = (customer(of.books)?, of.intent());
        let since = of.receipt.parts.iter().filter(|part| part.state == PartState::Returning);
        let since = since.map(|part| part.since).min().unwrap_or(invocation.now);
        let since = since.plus_seconds(CLOCKS_APART_SECONDS.saturating_neg());
        let found = self.stripe.invoice_of_intent(invocation, customer, &intent, since).await?;
        let draft = match found {
            Some(found) => found,
            None => self.drafted(invocation, of, &intent).await?,
        };
        let mut invoice = draft;
        if invoice.status == InvoiceStatus::Draft {
            self.fill(invocation, of, (&invoice.id, amount)).await?;
            let key = of.key("finalize");
            invoice = self.stripe.finalize_invoice(invocation, &invoice.id, key).await?;
        }
        let is_sent = invoice.status == InvoiceStatus::Open && has_mail(of.books);
        if is_sent {
            invoice = self.stripe.send_invoice(invocation, &invoice.id, of.key("send")).await?;
        }
        Ok(invoice)
    }

    async fn drafted(
        &self,
        invocation: &Invocation,
        of: Replaced<'_>,
        intent: &str,
    ) -> Result<ReadInvoice, StripeError> {
        let description = format!(
            "In the place of invoice {}: the bank took the transfer {} back.",
            of.number(),
            of.receipt.reference
        );
        let Some(customer) = of.books.profile.as_ref().and_then(|it| it.customer.as_ref()) else {
            return Err(StripeError::NotPushed("customer".to_owned()));
        };
        let new = NewReplacement {
            customer,
            account: &of.books.standing.account,
            intent,
            replaces: of.invoice,
            currency: of.receipt.amount.currency,
            // No card is charged for a transfer that went back.
            collection: if has_mail(of.books) { Collection::Manual } else { Collection::Automatic },
            net_days: REPLACEMENT_NET_DAYS,
            has_automatic_tax: of.original.has_automatic_tax,
            custom_fields: &of.original.custom_fields,
            description: &description,
        };
        self.stripe.create_replacement(invocation, &new, of.key("invoice")).await
    }

    /// Puts the lines on a draft that are not there yet: those of the original, or the amount alone
    /// where credit notes had changed what was to be paid.
    async fn fill(
        &self,
        invocation: &Invocation,
        of: Replaced<'_>,
        (draft, amount): (&InvoiceId, i64),
    ) -> Result<(), Failure> {
        let intent = of.intent();
        let there = self.stripe.lines_of_intent(invocation, draft, &intent).await?;
        let original = of.original;
        let is_whole = amount == original.snapshot.total;
        let rest = format!("What was paid of invoice {}", of.number());
        let whole = original.lines.iter().filter(|_| is_whole);
        let numbers: Vec<String> = (0..original.lines.len()).map(|it| it.to_string()).collect();
        let copied = whole.zip(&numbers).map(|(line, number)| CopiedLine {
            line: number,
            amount: line.amount,
            description: &line.description,
            period: line.period,
            tax_rates: if original.has_automatic_tax { &[] } else { &line.tax_rates },
        });
        let at = original.fact.at;
        let alone = CopiedLine {
            line: "rest",
            amount,
            description: &rest,
            period: (at, at),
            tax_rates: &[],
        };
        let lines = copied.chain((!is_whole).then_some(alone));
        let missing: Vec<CopiedLine<'_>> =
            lines.filter(|line| !there.iter().any(|it| it == line.line)).collect();
        for (place, lines) in missing.chunks(LINES_MAX).enumerate() {
            let key = of.key(&format!("lines-{place}"));
            self.stripe.add_copied_lines(invocation, (draft, &intent, lines), key).await?;
        }
        if !is_whole {
            warn!(account.id = %of.books.standing.account, invoice.id = %of.invoice,
                "invoice {} had credit notes: its replacement has one line, without tax", of.invoice);
        }
        Ok(())
    }
}

/// Stripe sends invoices to customers with an address.
fn has_mail(books: &Books) -> bool {
    books.profile.as_ref().is_some_and(|profile| profile.details.email.is_some())
}

fn is_taken_back(advice: &Advice, reason: &str) -> bool {
    advice.verdict.as_ref().is_some_and(|verdict| {
        verdict.status == AdviceStatus::Returned && verdict.note.as_deref() == Some(reason)
    })
}
