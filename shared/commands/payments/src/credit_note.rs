//! A credit note that staff give on an invoice (F3, E4).
//!
//! An intent is kept before Stripe is asked, with the note's parts frozen in it, so that the same
//! request makes one note whatever breaks on the way. What Stripe answers is applied as its events
//! are: an account that owes nothing overdue any more is back with the answer.

use apply::Applier;
use billing::change::Write;
use billing::crediting::{Credited, NoteParts, NoteRefusal, NoteRequest, note_parts};
use billing::decide::note;
use billing::fact::{CreditNoteSnapshot, News};
use billing::ids::{AccountId, CreditNoteId};
use billing::intent::{Intent, IntentStatus};
use billing::invoice::Invoice;
use billing::journal::{Entry, Kind, Value};
use billing::money::Money;
use invocation::Invocation;
use store::{Part, Store, StoreError};
use stripe_client::Stripe;
use stripe_client::credit::ReadNote;
use stripe_requests::request::given_credit::GivenNote;
use stripe_sync::{Interrupted, Sync};
use tracing::info;

/// Credit notes of staff.
#[derive(Debug, Clone, Copy)]
pub struct CreditNotes<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

/// A note that was given, and its invoice as it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Stripe's id of the note.
    pub note: CreditNoteId,
    /// The invoice with the note.
    pub invoice: Invoice,
}

type Tried<T> = Result<T, Interrupted<NoteRefusal>>;

impl CreditNotes<'_> {
    /// Gives a note, once for each request. It holds the account's lease, so that nothing else of
    /// ours changes the invoice at Stripe meanwhile.
    ///
    /// # Errors
    /// A rule or Stripe refuses it, or something failed: the same request goes on where it stopped.
    pub async fn give(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &NoteRequest,
    ) -> Tried<Given> {
        let sync = Sync { store: self.store, stripe: self.stripe, facts: self.facts };
        let lease = sync.known_lease(invocation, account).await?;
        let work = self.give_held(invocation, account, request);
        let given = Box::pin(sync.leased(invocation, account, lease, work)).await?;

        let (note, invoice) = (&given.note, &given.invoice.id);
        info!(account.id = %account, invoice.id = %invoice,
            "credit note {note} on invoice {invoice}");
        Ok(given)
    }

    async fn give_held(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &NoteRequest,
    ) -> Tried<Given> {
        let parts = [Part::Intent(request.id.clone())];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let known = loaded.intent(&request.id)?;
        let is_other = |intent: &Intent| parts_of(intent, request).is_none() && !intent.spent;
        if known.as_ref().is_some_and(is_other) {
            return Err(Interrupted::Refused(NoteRefusal::KeyReused));
        }

        if let Some(intent) = &known
            && (intent.status == IntentStatus::Done || intent.must_look_first(invocation.now))
        {
            let made = (&request.invoice, intent.token.as_str());
            if let Some(note) = self.stripe.note_of_intent(invocation, made).await? {
                return self.end(invocation, account, (request, intent, &note)).await;
            }
        }
        let (intent, parts) = self.begun(invocation, account, (request, known)).await?;
        self.make(invocation, account, (request, &intent, &parts)).await
    }

    /// The intent that is under way with its frozen parts; or a new one, or its next attempt, with
    /// parts by the invoice as Stripe has it.
    async fn begun(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (request, known): (&NoteRequest, Option<Intent>),
    ) -> Tried<(Intent, NoteParts)> {
        let frozen = known.as_ref().filter(|it| !it.must_look_first(invocation.now));
        if let Some((intent, parts)) = frozen.and_then(|it| Some((it, parts_of(it, request)?))) {
            return Ok((intent.clone(), parts));
        }

        let parts = self.decided(invocation, account, request).await?;
        let content = content(request, &parts);
        let intent = if let Some(known) = known {
            Intent { content, ..known.next_attempt(invocation.now) }
        } else {
            let token = invocation.entropy.token();
            let token = token.map_err(|error| StoreError::Unavailable(error.to_string()))?;
            Intent::new(request.id.clone(), token, content, invocation.now)
        };
        self.store.keep_intent(invocation, account, &intent, None).await?;
        let version = intent.version.saturating_add(1);
        Ok((Intent { version, ..intent }, parts))
    }

    /// Parts of the note, by the invoice as Stripe has it: the books learn of it first.
    async fn decided(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &NoteRequest,
    ) -> Tried<NoteParts> {
        let unknown = || Interrupted::Refused(NoteRefusal::UnknownInvoice);
        self.invoice(invocation, account, request).await?;
        let read = self.stripe.invoice(invocation, &request.invoice).await?;
        self.facts.apply(invocation, &read.ok_or_else(unknown)?).await?;

        let lines = match &request.credited {
            Credited::Amount(_) => Vec::new(),
            Credited::Lines(_) => {
                self.stripe.creditable_lines(invocation, &request.invoice).await?
            }
        };
        let invoice = self.invoice(invocation, account, request).await?;
        let parts = note_parts(Some(&invoice), &request.credited, &lines);
        parts.map_err(Interrupted::Refused)
    }

    /// The invoice as the account's books have it.
    async fn invoice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &NoteRequest,
    ) -> Tried<Invoice> {
        let id = &request.invoice;
        let loaded = self.store.load(invocation, account, &[Part::Invoice(id.clone())]).await?;
        let invoice = loaded.invoice(id)?.filter(|invoice| invoice.terms.is_some());
        invoice.ok_or(Interrupted::Refused(NoteRefusal::UnknownInvoice))
    }

    /// Makes the note at Stripe, under the intent's key. What Stripe would only repeat under it is
    /// not asked for again under it.
    async fn make(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (request, intent, parts): (&NoteRequest, &Intent, &NoteParts),
    ) -> Tried<Given> {
        let new = GivenNote {
            invoice: &request.invoice,
            intent: &intent.token,
            parts,
            give_back: request.give_back,
            reason: request.stripes_reason(),
            memo: request.memo.as_deref(),
        };
        let key = intent.idempotency_key();
        match self.stripe.give_note(invocation, &new, key).await {
            Ok(note) => self.end(invocation, account, (request, intent, &note)).await,
            Err(error) => {
                if error.would_be_repeated() || error.is_refusal() {
                    let failed = intent.after_failure();
                    self.store.keep_intent(invocation, account, &failed, None).await?;
                }
                Err(match error.refusal().filter(|refusal| refusal.status != 402) {
                    Some(refusal) => Interrupted::Refused(NoteRefusal::ByStripe(
                        refusal.message.clone().unwrap_or_default(),
                    )),
                    None => error.into(),
                })
            }
        }
    }

    /// Applies a note and what became of its invoice, as their events will be, and ends the intent.
    async fn end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (request, intent, read): (&NoteRequest, &Intent, &ReadNote),
    ) -> Tried<Given> {
        self.facts.apply(invocation, &read.fact).await?;
        if let Some(fact) = self.stripe.invoice(invocation, &request.invoice).await? {
            self.facts.apply(invocation, &fact).await?;
        }
        let News::CreditNote(given) = &read.fact.news else {
            return Err(Interrupted::Missing(format!("the note of intent {}", intent.id)));
        };
        let about = (account, request, given);
        Box::pin(invocation.retry_conflicts(|| self.journal(invocation, about))).await?;

        let invoice = self.invoice(invocation, account, request).await?;
        Ok(Given { note: given.id.clone(), invoice })
    }

    /// Ends the intent with the journal's entry: who gave the note, and why. The note's own event
    /// may have been faster, and names nobody.
    async fn journal(
        &self,
        invocation: &Invocation,
        (account, request, given): (&AccountId, &NoteRequest, &CreditNoteSnapshot),
    ) -> Tried<()> {
        let parts = [Part::Standing, Part::Intent(request.id.clone())];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let intent = loaded.intent(&request.id)?.filter(|it| it.status == IntentStatus::Open);
        let (Some(standing), Some(intent)) = (loaded.standing()?, intent) else { return Ok(()) };

        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let amount = given.pre_payment.saturating_add(given.post_payment);
        let amount = Money::new(amount, given.currency);
        let entry = Entry::new(invocation.now, Kind::CreditNoteGiven, Some(given.invoice.as_str()))
            .with("credit_note", None, text(given.id.as_str()))
            .with("amount", None, Some(Value::Money(amount)))
            .with("reason", None, text(&request.reason));
        let change = note(&standing, entry, invocation.now).with(Write::Intent(intent.done()));
        self.store.commit(invocation, &change).await?;
        Ok(())
    }
}

/// What an intent was begun for: the request's fingerprint, then the parts that are frozen with it.
fn content(request: &NoteRequest, parts: &NoteParts) -> String {
    let lines = parts.lines.iter().map(|(line, amount)| format!(" {line}={amount}"));
    let NoteParts { total, after_payment, .. } = parts;
    format!("{} {total} {after_payment}{}", request.content, lines.collect::<String>())
}

/// The frozen parts of an intent, if it was begun for the same.
fn parts_of(intent: &Intent, request: &NoteRequest) -> Option<NoteParts> {
    let mut words = intent.content.split(' ');
    if words.next() != Some(request.content.as_str()) {
        return None;
    }
    let total = words.next()?.parse().ok()?;
    let after_payment = words.next()?.parse().ok()?;
    let lines = words.map(|word| {
        let (line, amount) = word.split_once('=')?;
        Some((line.to_owned(), amount.parse().ok()?))
    });
    Some(NoteParts { total, after_payment, lines: lines.collect::<Option<_>>()? })
}
