//! What a fact changes: the one decision behind every webhook.
//!
//! `decide(what we know, fact, now)` is pure. The answer is a [`Change`], whose items are all written in
//! one transaction under the versions they were read at, or nothing, when the fact says what is known
//! already: a duplicate, a late or a stale one writes nothing.

mod blocker;
mod closing;
mod customer;
mod dispute;
pub mod family;
mod late;
mod member;
mod subscription;
mod usage;

use std::collections::BTreeMap;

use crate::account::{Noticed, OPEN_INVOICES_MAX, Owner, Standing};
use crate::fact::{
    Collection, CreditNoteSnapshot, CreditNoteStatus, CustomerSnapshot, Fact, InvoiceEvent,
    InvoiceSnapshot, InvoiceStatus, News, Pause, PaymentMoved,
};
use crate::ids::{CustomerId, InvoiceId, SubscriptionId};
use crate::invoice::{Advance, Invoice};
use crate::journal::describe::describe;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::words::Word;

pub use crate::change::{Change, Write};
pub use blocker::blocker_set;
pub use closing::{ClosingRefusal, account_closed};
pub use customer::customer_read;
pub use dispute::dispute_shown;
pub use member::{MemberChange, MemberRequest, member_changed, member_erased};
pub use subscription::{Reading, payment_method_moved, subscription_read};
pub use usage::usage_corrected;

/// What was read for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// The account's standing.
    pub standing: Standing,
    /// Its profile, when the fact is about the customer.
    pub profile: Option<Profile>,
    /// The invoice that the fact is about, or all of them.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// True if `invoices` are all of the account's.
    pub has_all_invoices: bool,
    /// All its customer's subscriptions, when the fact is about one.
    pub subscriptions: BTreeMap<SubscriptionId, Subscription>,
    /// True if `subscriptions` are all of them.
    pub has_all_subscriptions: bool,
}

impl Books {
    /// The books as they are read back once a change of them is committed, with the standing as it is then.
    #[must_use]
    pub fn committed(mut self, standing: Standing, writes: Vec<Write>) -> Self {
        self.standing = standing;
        for write in writes {
            if let Write::Profile(it) = write {
                self.profile = Some(Profile { version: it.version.saturating_add(1), ..it });
            } else if let Write::Invoice(it) = write {
                let version = it.version.saturating_add(1);
                self.invoices.insert(it.id.clone(), Invoice { version, ..it });
            } else if let Write::Subscription(it) = write {
                let version = it.version.saturating_add(1);
                self.subscriptions.insert(it.snapshot.id.clone(), Subscription { version, ..it });
            }
        }
        self
    }
}

/// Reason why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// More invoices are open than the standing lists: read all of them and decide again.
    #[error("more than {OPEN_INVOICES_MAX} invoices are open: all of them must be read")]
    NeedsAllInvoices,
    /// The invoice is of a subscription that may be another product's: read all subscriptions and
    /// decide again.
    #[error("the owner of a subscription is not known: all of them must be read")]
    NeedsSubscriptions,
    /// The fact contradicts what is known. Waiting does not help; a person must look.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What a fact changes, given what is known and the time. Nothing when it is known already.
pub fn decide(books: &Books, fact: &Fact, now: Timestamp) -> Result<Option<Change>, Undecided> {
    match &fact.news {
        News::Invoice { event, snapshot } => invoice(books, *event, snapshot, fact.at, now),
        News::CreditNote(note) => credit_note(books, note, fact.at, now),
        News::Subscription(snapshot) => subscription::told(books, snapshot, fact.at, now),
        News::CustomerUpdated(snapshot) => Ok(customer::told(books, snapshot, fact.at, now)),
        News::TaxId(snapshot) => Ok(customer::tax_id_told(books, snapshot, fact.at, now)),
        News::CustomerDeleted => Ok(customer::deleted(books, fact.at, now)),
        // What is on file is no part of these books.
        News::MethodChanged => Ok(None),
        News::PaymentMoved(moved) => payment_moved(books, moved, fact.at, now),
    }
}

/// What the journal keeps of a fact that was refused.
pub fn refuse(books: &Books, fact: &Fact, refusal: &Refusal, now: Timestamp) -> Change {
    let mut change = Change::of(books);
    change.entries.push(refuse_note(fact.at, fact.about(), refusal));
    change.standing.journal_at = change.standing.journal_at.max(now);
    change
}

/// The same, of whatever a fact was about.
pub fn refuse_note(at: Timestamp, about: &str, refusal: &Refusal) -> Entry {
    let reason = Some(Value::Text(refusal.to_string()));
    Entry::new(at, Kind::FactRefused, Some(about)).with("reason", None, reason)
}

/// A new account: its standing, its profile and the first entry of its journal.
pub fn open_account(standing: Standing, profile: Profile, now: Timestamp) -> Change {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let customer = profile.customer.as_ref().and_then(|customer| text(customer.as_str()));
    let entry = Entry::new(now, Kind::AccountCreated, None)
        .with("name", None, text(&profile.name))
        .with("plan", None, text(standing.plan()))
        .with("stripe_customer_id", None, customer)
        .with("state", None, text(standing.noticed.state.word()));
    let entries = vec![entry];
    Change { standing, writes: vec![Write::Profile(profile)], entries }
}

/// The account's customer was made at Stripe at that moment: link, profile and journal say so together.
pub fn link_customer(
    standing: &Standing,
    profile: &Profile,
    customer: CustomerId,
    told: &CustomerSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Change {
    let id = Some(Value::Text(customer.as_str().to_owned()));
    let entry = Entry::new(at, Kind::CustomerLinked, Some(customer.as_str()));
    let profile = Profile { customer: Some(customer), ..profile.after(told, at) };
    let opened = Standing { opening: false, ..standing.clone() };
    note(&opened, entry.with("stripe_customer_id", None, id), now).with(Write::Profile(profile))
}

/// The moments and transitions that time alone has made and that the journal does not have yet;
/// nothing when it has all of them. Callers have looked at Stripe before, whether what is overdue
/// really is (money rule 2). A change without entries only marks moments that say nothing more.
pub fn notice(standing: &Standing, now: Timestamp) -> Option<Change> {
    let (mut noticed, entries) = standing.journaled_until(now);
    if noticed == *standing {
        return None;
    }
    noticed.retry_at = None;
    if !entries.is_empty() {
        noticed.journal_at = noticed.journal_at.max(now);
    }
    Some(Change { standing: noticed, writes: Vec::new(), entries })
}

/// Something that changes nothing about money and yet belongs into the journal, such as a new API key.
pub fn note(standing: &Standing, entry: Entry, now: Timestamp) -> Change {
    note_all(standing, vec![entry], now)
}

/// The same, of several things at once.
pub fn note_all(standing: &Standing, entries: Vec<Entry>, now: Timestamp) -> Change {
    let journal_at = standing.journal_at.max(now);
    let standing = Standing { journal_at, retry_at: None, ..standing.clone() };
    Change { standing, writes: Vec::new(), entries }
}

fn invoice(
    books: &Books,
    event: InvoiceEvent,
    told: &InvoiceSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.invoices.get(&told.id);
    let told = &given_up_by_pause(books, told);
    let invoice = Invoice::after(known, event, told, at, books.standing.rules())?;
    let happened = happened(event, known, &invoice);
    let entry = Entry::new(at, Kind::Invoice(happened), Some(told.id.as_str()));
    invoice_changed(books, known, invoice, entry, now)
}

/// The snapshot with what versions of the API before endive do not say: a pause that is not ours made
/// it uncollectible, because it was not tried and that pause is on.
fn given_up_by_pause(books: &Books, told: &InvoiceSnapshot) -> InvoiceSnapshot {
    let current = books.standing.subscription.as_ref();
    let own = current.filter(|current| told.subscription.as_ref() == Some(&current.id));
    let is_paused = own.is_some_and(|own| own.pause == Some(Pause::Foreign));
    let untried = told.collection == Collection::Automatic && !told.attempted;
    let by_pause = told.status == InvoiceStatus::Uncollectible && untried && is_paused;
    InvoiceSnapshot { given_up_by_pause: told.given_up_by_pause || by_pause, ..told.clone() }
}

/// What happened, when an update is what tells of it first: of the events of one change any may come
/// first, and the journal says what changed, not which of them it was. An automation's word that an
/// invoice is overdue is an update: that it is overdue is a moment of ours, said once.
fn happened(event: InvoiceEvent, known: Option<&Invoice>, invoice: &Invoice) -> InvoiceEvent {
    let names_nothing = matches!(event, InvoiceEvent::Updated | InvoiceEvent::Overdue);
    if !names_nothing {
        return event;
    }
    if known.is_some_and(|it| it.status == invoice.status) {
        return InvoiceEvent::Updated;
    }
    match invoice.status {
        Some(InvoiceStatus::Draft) => InvoiceEvent::Created,
        Some(InvoiceStatus::Open) => InvoiceEvent::Finalized,
        Some(InvoiceStatus::Uncollectible) => InvoiceEvent::MarkedUncollectible,
        Some(InvoiceStatus::Paid) => InvoiceEvent::Paid,
        Some(InvoiceStatus::Void) => InvoiceEvent::Voided,
        Some(InvoiceStatus::Deleted) => InvoiceEvent::Deleted,
        None => event,
    }
}

fn credit_note(
    books: &Books,
    told: &CreditNoteSnapshot,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = books.invoices.get(&told.invoice);
    let invoice = Invoice::after_credit_note(known, told, books.standing.rules())?;
    let kind = match told.status {
        CreditNoteStatus::Issued => Kind::CreditNoteIssued,
        CreditNoteStatus::Void => Kind::CreditNoteVoided,
    };
    let money = |amount: i64| Some(Value::Money(Money::new(amount, told.currency)));
    let before = known.and_then(|known| known.credit_notes.get(&told.id));
    let entry = Entry::new(at, kind, Some(told.invoice.as_str()))
        .with("credit_note", None, Some(Value::Text(told.id.to_string())))
        .with(
            "pre_payment",
            before.and_then(|note| money(note.pre_payment)),
            money(told.pre_payment),
        )
        .with(
            "post_payment",
            Some(before.map_or(0, |note| note.post_payment)).and_then(money),
            money(told.post_payment),
        );
    invoice_changed(books, known, invoice, entry, now)
}

/// A payment of an invoice that the books have moved. Without its invoice it changes nothing: who
/// applies it asks Stripe.
fn payment_moved(
    books: &Books,
    moved: &PaymentMoved,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let known = moved.invoice.as_ref().and_then(|id| books.invoices.get(id));
    let Some(known) = known else { return Ok(None) };
    let invoice = known.after_payment(&moved.shown, at, books.standing.rules());
    let kind = Kind::Invoice(InvoiceEvent::Updated);
    let entry = Entry::new(at, kind, Some(known.id.as_str()));
    invoice_changed(books, Some(known), invoice, entry, now)
}

/// An invoice moved, by whatever fact: the one place where settling, and so reactivation, happens.
fn invoice_changed(
    books: &Books,
    known: Option<&Invoice>,
    invoice: Invoice,
    entry: Entry,
    now: Timestamp,
) -> Result<Option<Change>, Undecided> {
    let mut change = Change::of(books);
    let subscriptions: Vec<&Subscription> = books.subscriptions.values().collect();
    let owner = books.standing.owner_of(&invoice, &subscriptions);
    if owner != Owner::Foreign {
        change.standing.remember_late_settlement(known, &invoice, &entry);
        change.standing.remember_voided(known, &invoice, now);
    }
    if known.is_some_and(|known| says_the_same(known, &invoice))
        && change.standing.disabled_until == books.standing.disabled_until
    {
        return Ok(None);
    }
    if owner == Owner::Unknown
        && !books.has_all_subscriptions
        && books.standing.must_know_owner(&invoice)
    {
        return Err(Undecided::NeedsSubscriptions);
    }

    let entry = describe(entry, known, &invoice);
    if books.standing.more_open == 0 {
        change.standing.list(&invoice, owner);
    } else if books.has_all_invoices && books.has_all_subscriptions {
        let others = books.invoices.values().filter(|other| other.id != invoice.id);
        change.standing.list_all(others.chain([&invoice]), &subscriptions);
    } else {
        return Err(Undecided::NeedsAllInvoices);
    }
    let currency = invoice.currency;
    change.standing.currency =
        Some(change.standing.currency.map_or(currency, |it| it.min(currency)));
    let was_overdue =
        known.and_then(|known| known.deadline).is_some_and(|deadline| deadline.overdue_at <= now);
    let settles = was_overdue && !invoice.is_owed();
    change.writes.extend(issued(known, &invoice));
    if invoice.frees_reserved() {
        change.standing.look_at_desk(now);
    }
    change.writes.push(Write::Invoice(invoice));
    Ok(Some(change.concluded(books, entry, settles, now)))
}

/// The place of an invoice in the list of the account's, when its terms are agreed just now. Its time
/// of creation never changes, so this is written once, and other facts about the invoice cost no more.
fn issued(known: Option<&Invoice>, invoice: &Invoice) -> Option<Write> {
    if known.is_some_and(|known| known.terms.is_some()) {
        return None;
    }
    let terms = invoice.terms.as_ref()?;
    Some(Write::InvoiceIssued(invoice.id.clone(), terms.created))
}

/// True if an invoice differs at most by what alone is no change: Stripe's new addresses, and a later
/// moment at which Stripe still collects it.
fn says_the_same(known: &Invoice, invoice: &Invoice) -> bool {
    let is_on = known.advance.on_at.is_some() && !known.advance.is_stopped();
    let still_on = is_on && !invoice.advance.is_stopped();
    let advance = Advance {
        on_at: if still_on { known.advance.on_at } else { invoice.advance.on_at },
        ..invoice.advance.clone()
    };
    *known == Invoice { links: known.links.clone(), advance, ..invoice.clone() }
}

impl Change {
    /// No change yet.
    fn of(books: &Books) -> Self {
        let standing = Standing { retry_at: None, ..books.standing.clone() };
        Self { standing, writes: Vec::new(), entries: Vec::new() }
    }

    /// This change and another one that was decided on top of it, as one.
    fn then(self, next: Self) -> Self {
        let mut entries = self.entries.clone();
        entries.extend(next.entries);
        Self { standing: next.standing, entries, ..self.with_all(next.writes) }
    }

    /// Completes the journal with the fact and what it does to the account's state. A settlement also
    /// writes the transitions that nobody had noticed before it, at their true times (money rule
    /// 3); what a fact does not touch is left to the schedule, which asks Stripe first (rule 2).
    ///
    /// An improvement dates from now, when access really comes back; a decline from when it was due.
    fn concluded(mut self, books: &Books, entry: Entry, settles: bool, now: Timestamp) -> Self {
        let before = books.standing.state_at(now);
        let after = self.standing.state_at(now);
        if settles || after > before {
            let (journaled, missed) = books.standing.journaled_until(now);
            self.standing.take_journaled(&journaled);
            self.entries.extend(missed);
        }
        self.entries.push(entry);
        let from = self.standing.noticed.state;
        if after > from && after > before {
            let because = Vec::new();
            self.notice(&crate::state::Transition { at: now, from, to: after, because });
        } else if after < before {
            let (journaled, entries) = self.standing.journaled_until(now);
            self.standing = journaled;
            self.entries.extend(entries);
        }
        if let Some((bill, entry)) = self.standing.bill_rest(now) {
            self.entries.push(entry);
            self.writes.push(Write::Bill(bill));
        }
        self.standing.journal_at = self.standing.journal_at.max(now);
        self
    }

    fn notice(&mut self, transition: &crate::state::Transition) {
        self.standing.noticed = Noticed { state: transition.to, since: transition.at };
        self.entries.push(Entry::transition(transition));
    }
}
