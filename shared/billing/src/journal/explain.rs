//! Why a number is what it is: the journal entries that made it, and what would change it.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Standing;
use crate::credits::recharge::{Decided, PauseReason};
use crate::fact::InvoiceEvent;
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::{Entry, FieldChange, Kind, Record, Value};
use crate::money::{Money, TooLarge};
use crate::month::Month;
use crate::overage::day_name;
use crate::reason::OwedInvoice;
use crate::state::State;
use crate::time::Timestamp;
use crate::words::Word;

pub use crate::reason::Reason;

/// A value and the entries that made it, oldest first, each with its place in `records`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The entries that made it, oldest first, with the record that each belongs to.
    pub because: Vec<(&'a Record, &'a Entry)>,
    /// What would change it for the better.
    pub clears_by: Vec<Reason>,
}

/// Everything that keeps an account from full access, or soon will.
pub fn reasons(standing: &Standing, now: Timestamp) -> Vec<Reason> {
    let closed = match standing.state_at(now) {
        State::Terminated => Some(("terminated", "was terminated")),
        State::Canceled => Some(("canceled", "was closed")),
        State::Disabled | State::Restricted | State::PastDue | State::Active => None,
    };
    let closed = closed.map(|(code, what)| {
        let detail = format!("The account {what}.");
        Reason::new(code, detail, "Only the vendor's support can open it again.")
    });
    let overdue = standing.overdue_at(now).map(|(id, entry)| {
        let detail = format!(
            "An invoice is overdue since {}: {} remains to be paid. {}",
            day_name(entry.overdue_at),
            entry.remaining,
            disabling(standing.disabling_at(entry), now),
        );
        of_invoice("overdue_invoices", detail, (id, entry.remaining, entry.overdue_at))
    });
    let beyond = (standing.more_open > 0).then(|| {
        let detail = format!("{} more invoices are unpaid.", standing.more_open);
        Reason::new("overdue_invoices", detail, "Settling every invoice that is overdue.")
    });
    closed.into_iter().chain(overdue).chain(beyond).collect()
}

/// A reason that is about one invoice, which is not named: its number is not in the standing.
fn of_invoice(
    code: &str,
    detail: String,
    (id, remaining, due_at): (&InvoiceId, Money, Timestamp),
) -> Reason {
    let clears_by = "Paying it, a credit note over the rest, or voiding it.";
    let invoice = OwedInvoice { id: id.clone(), remaining, due_at, number: None, pay_url: None };
    Reason { invoice: Some(invoice), ..Reason::new(code, detail, clears_by) }
}

fn disabling(at: Timestamp, now: Timestamp) -> String {
    let day = day_name(at);
    if at <= now {
        format!("It has disabled the account since {day}.")
    } else {
        format!("It will disable the account on {day}.")
    }
}

impl Reason {
    /// The reason with its invoice by the number that people know, and with the page that pays it.
    #[must_use]
    pub fn naming(self, invoices: &BTreeMap<InvoiceId, Invoice>) -> Self {
        let Some(owed) = self.invoice else { return self };
        let known = invoices.get(&owed.id);
        let number = known.and_then(|it| it.terms.as_ref()?.number.clone());
        let pay_url = known.and_then(|it| it.links.hosted_invoice_url.clone());
        let detail = match (&number, self.detail.strip_prefix("An invoice")) {
            (Some(number), Some(rest)) => format!("Invoice {number}{rest}"),
            _ => self.detail,
        };
        let invoice = Some(OwedInvoice { number, pay_url, ..owed });
        Self { detail, invoice, ..self }
    }
}

/// Reason why the account is in its state. `records` are the journal's, newest first.
///
/// It tells the last episode: from when the account was last in good standing to now, or to when it
/// was again, with everything about the invoices that brought it about and that ended it.
pub fn state<'a>(standing: &Standing, records: &'a [Record], now: Timestamp) -> Explanation<'a> {
    let episode = last_episode(records);
    let overdue = standing.overdue_at(now).map(|(id, _)| id.as_str());
    let within = episode.iter().flat_map(|record| &record.entries);
    let named = within.flat_map(|entry| entry.because.iter().map(String::as_str));
    // What became overdue, and what was settled together with a transition: an invoice that was
    // voided meanwhile, such as that of a change which was not paid for, brought nothing about.
    let of_note = episode.iter().flat_map(|record| {
        let turns = record.entries.iter().any(|entry| is_transition(entry.kind));
        let overdue = Kind::Invoice(InvoiceEvent::Overdue);
        let moved = move |entry: &&Entry| {
            entry.kind == overdue || (turns && is_about_an_invoice(entry.kind))
        };
        record.entries.iter().filter(moved)
    });
    let subjects: BTreeSet<&str> =
        overdue.chain(named).chain(of_note.filter_map(|entry| entry.about.as_deref())).collect();
    let is_part = |record: &Record, entry: &Entry| {
        let transition = is_transition(entry.kind)
            && episode.iter().any(|part| part.sequence == record.sequence);
        let created = episode.is_empty() && entry.kind == Kind::AccountCreated;
        let about = entry.about.as_deref().is_some_and(|about| subjects.contains(about));
        transition || created || about
    };
    Explanation { because: collect(records, is_part), clears_by: reasons(standing, now) }
}

/// What is owed, per currency, and why. `open` are all the open invoices that count.
pub fn outstanding<'a>(
    open: &[(InvoiceId, Money, Timestamp)],
    records: &'a [Record],
) -> Explanation<'a> {
    let subjects: BTreeSet<&str> = open.iter().map(|(id, ..)| id.as_str()).collect();
    let is_part = |_: &Record, entry: &Entry| {
        is_about_an_invoice(entry.kind)
            && entry.about.as_deref().is_some_and(|about| subjects.contains(about))
    };
    let clears_by = open.iter().map(|(id, remaining, due_at)| {
        let detail = format!("An invoice is unpaid: {remaining} remains to be paid.");
        of_invoice("unpaid_invoice", detail, (id, *remaining, *due_at))
    });
    Explanation { because: collect(records, is_part), clears_by: clears_by.collect() }
}

/// What was prepaid, used by invoices and reversed (A14).
pub fn prepaid(records: &[Record]) -> Explanation<'_> {
    let is_part = |_: &Record, entry: &Entry| {
        if let Kind::Transfer(event) = entry.kind {
            event.moves_the_prepaid_balance()
        } else {
            false
        }
    };
    Explanation { because: collect(records, is_part), clears_by: Vec::new() }
}

/// Changes of the plan, its seats and its prices.
const OF_PLAN: [Kind; 6] = [
    Kind::SubscriptionChanged,
    Kind::ChangeBooked,
    Kind::ChangeUndone,
    Kind::PlanSet,
    Kind::PriceChangeAnnounced,
    Kind::PriceChangeWithdrawn,
];

/// Changes of the plan, its seats and its prices: what is included and what renewals cost follow
/// from them.
pub fn plan(records: &[Record]) -> Explanation<'_> {
    let is_part = |_: &Record, entry: &Entry| OF_PLAN.contains(&entry.kind);
    Explanation { because: collect(records, is_part), clears_by: Vec::new() }
}

/// Changes of the plan, and corrections of what was used of a resource in a month.
pub fn usage<'a>((resource, month): (&str, Month), records: &'a [Record]) -> Explanation<'a> {
    let month = Value::Text(month.to_string());
    let is_correction = |entry: &Entry| {
        let is_of_month =
            |change: &FieldChange| change.field == "month" && change.after.as_ref() == Some(&month);
        entry.kind == Kind::UsageCorrected
            && entry.about.as_deref() == Some(resource)
            && entry.changes.iter().any(is_of_month)
    };
    let is_part = |_: &Record, entry: &Entry| OF_PLAN.contains(&entry.kind) || is_correction(entry);
    Explanation { because: collect(records, is_part), clears_by: Vec::new() }
}

/// What happened to an invoice, and what would settle the rest of it.
pub fn invoice<'a>(invoice: &Invoice, records: &'a [Record]) -> Explanation<'a> {
    let id = invoice.id.as_str();
    let is_part = |_: &Record, entry: &Entry| entry.is_about(id);
    let owed = invoice.terms.as_ref().filter(|_| invoice.is_owed()).map(|terms| {
        let remaining = Money::new(invoice.remaining(), invoice.currency);
        let due_at = terms.due_at.unwrap_or(terms.created);
        let detail = format!("An invoice is unpaid: {remaining} remains to be paid.");
        of_invoice("unpaid_invoice", detail, (&invoice.id, remaining, due_at))
    });
    Explanation { because: collect(records, is_part), clears_by: owed.into_iter().collect() }
}

/// What was bought, granted and taken back; what was used is in the ledger, entry by entry (D16).
pub fn credits<'a>(decided: &Decided, records: &'a [Record]) -> Explanation<'a> {
    let is_part = |_: &Record, entry: &Entry| {
        if let Kind::Credits(event) = entry.kind { event.moves_the_balance() } else { false }
    };
    let detail = "What was used is in the ledger, entry by entry: `credits/transactions`.";
    let used = Reason::new("deductions", detail, "Buying a pack adds credits.");
    let paused = decided.pause.as_ref().map(|pause| {
        let clears_by = match pause.reason {
            PauseReason::Declined | PauseReason::NoPaymentMethod => "Another card.",
            PauseReason::AuthenticationRequired => {
                "Completing the payment on its page, or another card."
            }
            PauseReason::Dispute => "Setting auto-recharge again.",
        };
        let why = pause.reason.word().replace('_', " ");
        Reason::new("auto_recharge_paused", format!("Auto-recharge is paused: {why}."), clears_by)
    });
    let clears_by = std::iter::once(used).chain(paused).collect();
    Explanation { because: collect(records, is_part), clears_by }
}

/// Tokens that entries added to the balance of credits, or took.
pub fn tokens(explanation: &Explanation<'_>) -> i64 {
    let tokens = explanation.because.iter().map(|(_, entry)| {
        let change = entry.changes.iter().find(|change| change.field == "tokens");
        match change.and_then(|change| change.after.as_ref()) {
            Some(Value::Number(tokens)) => *tokens,
            Some(Value::Text(_) | Value::Money(_) | Value::Time(_)) | None => 0,
        }
    });
    tokens.fold(0, i64::saturating_add)
}

/// Sums of money, one per currency, in order of the currency's code. Exact, or an error.
pub fn per_currency(sums: impl IntoIterator<Item = Money>) -> Result<Vec<Money>, TooLarge> {
    let mut totals: Vec<Money> = Vec::new();
    for money in sums {
        match totals.iter_mut().find(|total| total.currency == money.currency) {
            Some(total) => *total = total.plus(money.amount)?,
            None => totals.push(money),
        }
    }
    totals.sort_unstable_by_key(|total| total.currency);
    Ok(totals)
}

/// The records since the account last left good standing, newest first. Empty when it never did.
fn last_episode(records: &[Record]) -> &[Record] {
    let leaves = |record: &Record| {
        record.entries.iter().any(|entry| {
            let field = entry.changes.iter().find(|change| change.field == "state");
            let before = field.and_then(|change| change.before.as_ref());
            is_transition(entry.kind)
                && before.is_some_and(|before| before.to_string() == State::Active.word())
        })
    };
    let end = records
        .iter()
        .position(|record| record.entries.iter().any(|entry| is_transition(entry.kind)));
    let start = records.iter().position(leaves);
    match (end, start) {
        (Some(end), Some(start)) => records.get(end..=start).unwrap_or_default(),
        _ => &[],
    }
}

fn collect(
    records: &[Record],
    is_part: impl Fn(&Record, &Entry) -> bool,
) -> Vec<(&Record, &Entry)> {
    let oldest_first = records.iter().rev();
    oldest_first
        .flat_map(|record| record.entries.iter().map(move |entry| (record, entry)))
        .filter(|(record, entry)| is_part(record, entry))
        .collect()
}

fn is_transition(kind: Kind) -> bool {
    match kind {
        Kind::AccountPastDue
        | Kind::AccountDisabled
        | Kind::AccountReactivated
        | Kind::AccountRecovered
        | Kind::AccountClosed => true,
        Kind::AccountCreated
        | Kind::AccountRenamed
        | Kind::Invoice(_)
        | Kind::CreditNoteIssued
        | Kind::CreditNoteGiven
        | Kind::CreditNoteVoided
        | Kind::AccountDisableScheduled
        | Kind::SubscriptionChanged
        | Kind::DetailsChanged
        | Kind::FactRefused
        | Kind::CustomerLinked
        | Kind::KeyCreated
        | Kind::KeyDeleted
        | Kind::ChangeBooked
        | Kind::ChangeUndone
        | Kind::ChangeDeclined
        | Kind::PlanSet
        | Kind::TermsChanged
        | Kind::PartnerChanged
        | Kind::PaymentMethodSet
        | Kind::MemberSaved
        | Kind::MemberRemoved
        | Kind::BlockerReported
        | Kind::BlockerCleared
        | Kind::UsageClosed
        | Kind::UsageNotInvoiced
        | Kind::UsageCorrected
        | Kind::RestBilled
        | Kind::RestNotInvoiced
        | Kind::PriceChangeAnnounced
        | Kind::PriceChangeWithdrawn
        | Kind::Alert(_)
        | Kind::Credits(_)
        | Kind::HoldChanged
        | Kind::Transfer(_)
        | Kind::Dispute(_)
        | Kind::Family(_) => false,
    }
}

/// True for an entry about an invoice or one of its credit notes.
pub(crate) fn is_about_an_invoice(kind: Kind) -> bool {
    match kind {
        Kind::Invoice(_)
        | Kind::CreditNoteIssued
        | Kind::CreditNoteGiven
        | Kind::CreditNoteVoided => true,
        Kind::AccountCreated
        | Kind::AccountRenamed
        | Kind::AccountPastDue
        | Kind::AccountDisableScheduled
        | Kind::AccountDisabled
        | Kind::AccountReactivated
        | Kind::AccountRecovered
        | Kind::AccountClosed
        | Kind::SubscriptionChanged
        | Kind::DetailsChanged
        | Kind::FactRefused
        | Kind::CustomerLinked
        | Kind::KeyCreated
        | Kind::KeyDeleted
        | Kind::ChangeBooked
        | Kind::ChangeUndone
        | Kind::ChangeDeclined
        | Kind::PlanSet
        | Kind::TermsChanged
        | Kind::PartnerChanged
        | Kind::PaymentMethodSet
        | Kind::MemberSaved
        | Kind::MemberRemoved
        | Kind::BlockerReported
        | Kind::BlockerCleared
        | Kind::UsageClosed
        | Kind::UsageNotInvoiced
        | Kind::UsageCorrected
        | Kind::RestBilled
        | Kind::RestNotInvoiced
        | Kind::PriceChangeAnnounced
        | Kind::PriceChangeWithdrawn
        | Kind::Alert(_)
        | Kind::Credits(_)
        | Kind::HoldChanged
        | Kind::Transfer(_)
        | Kind::Dispute(_)
        | Kind::Family(_) => false,
    }
}
