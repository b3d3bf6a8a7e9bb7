//! A payment of an invoice that we ask Stripe for: at most one at a time for each invoice, with its
//! parameters frozen (A12, money rule 11).
//!
//! It is kept before Stripe is asked. Whatever breaks on the way, the same call is made again under
//! the same key, until its outcome is known; only then can another begin. Stripe itself lets nobody
//! pay an invoice twice: this keeps one attempt one attempt, and lets a repeated request learn the
//! outcome of its own.

use crate::account::Owner;
use crate::fact::InvoiceStatus;
use crate::ids::{InvoiceId, PaymentMethodId};
use crate::intent::{Intent, IntentStatus};
use crate::invoice::Invoice;
use crate::time::Timestamp;

/// Most attempts at one invoice that customers may begin within [`WINDOW_SECONDS`].
pub const ATTEMPTS_MAX: usize = 5;
/// Time within which attempts are counted, in seconds.
pub const WINDOW_SECONDS: i64 = 3_600;
/// Most new payment methods that an invoice remembers as tried.
pub const TRIED_MAX: usize = 8;
/// Time after which an attempt whose outcome is not known counts as interrupted, in seconds: longer
/// than the function runs that makes it.
pub const AT_WORK_SECONDS: i64 = 35;

/// The latest payment of an invoice that we asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paying {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Intent of the attempt: open until its outcome is known.
    pub intent: Intent,
    /// Payment method that is charged: frozen with the attempt.
    pub method: PaymentMethodId,
    /// Time until which its maker is at work.
    pub until: Timestamp,
    /// Outcome, once it is known.
    pub ended: Option<Ended>,
    /// Beginnings of the attempts within [`WINDOW_SECONDS`], the oldest first.
    pub recent: Vec<Timestamp>,
    /// New payment methods that it was tried with by itself, the oldest first.
    pub tried: Vec<String>,
}

/// Outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The invoice is paid.
    Paid,
    /// The money is on its way, as with a bank debit.
    Processing,
    /// The payment was declined, or needs its payer: the code that the payer is shown.
    Declined(String),
    /// Stripe refused to try.
    Refused,
}

/// Request for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish<'a> {
    /// Payment method to charge; none for the one on file.
    pub method: Option<&'a PaymentMethodId>,
    /// Fingerprint of the request's Idempotency-Key, if it has one.
    pub request: Option<&'a str>,
    /// Name of the new payment method that everything is tried with, where nobody asked.
    pub new_method: Option<&'a str>,
}

/// Next step of a request for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new attempt begins.
    Begin,
    /// An interrupted attempt is made again, as it was begun.
    GoOn(Box<Paying>),
    /// This very request was made before, and ended so.
    Answered(Ended),
}

/// Reason why an invoice is not paid on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account has no such invoice.
    #[error("there is no such invoice")]
    Unknown,
    /// Nothing can be paid.
    #[error("the invoice is not payable: {0:?}")]
    NotPayable(NotPayable),
    /// Another attempt is being made.
    #[error("another payment of the invoice is being made")]
    AtWork,
    /// A payment is on its way.
    #[error("a payment of the invoice is in progress")]
    Processing,
    /// The customer told of a transfer for it, which holds it until that time (A18).
    #[error("a transfer for the invoice is reported, which holds it until {0}")]
    AdvicePending(Timestamp),
    /// It was tried with that new payment method before.
    #[error("the invoice was tried with the payment method before")]
    TriedBefore,
    /// Too many attempts were made.
    #[error("too many attempts were made until {0}")]
    TooOften(Timestamp),
}

/// Reason why nothing can be paid of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPayable {
    /// It is still being prepared.
    Draft,
    /// It is paid.
    Paid,
    /// The customer's balance took it over: it was covered, or too small to be charged.
    ByBalance,
    /// Nothing was due, or nothing is left.
    NothingDue,
    /// It was withdrawn.
    Void,
    /// It is of another product's subscription.
    Foreign,
}

impl NotPayable {
    /// The contract's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "being_prepared",
            Self::Paid => "paid",
            Self::ByBalance => "settled_by_balance",
            Self::NothingDue => "nothing_due",
            Self::Void => "void",
            Self::Foreign => "other_product",
        }
    }
}

impl Paying {
    /// A new attempt, in the place of one whose outcome is known.
    pub fn begun(
        known: Option<&Self>,
        (invoice, method): (&InvoiceId, &PaymentMethodId),
        (token, wish): (String, Wish<'_>),
        now: Timestamp,
    ) -> Self {
        let content = method.to_string();
        let intent = Intent::new(invoice.to_string(), token, content, now);
        let mut recent = known.map(|known| known.recent_at(now)).unwrap_or_default();
        let mut tried = known.map(|known| known.tried.clone()).unwrap_or_default();
        match wish.new_method {
            Some(new) => tried.push(new.to_owned()),
            None => recent.push(now),
        }
        let too_many = tried.len().saturating_sub(TRIED_MAX);
        tried.drain(..too_many);
        Self {
            version: known.map_or(0, |known| known.version),
            invoice: invoice.clone(),
            intent: Intent { request: wish.request.map(str::to_owned), ..intent },
            method: method.clone(),
            until: now.plus_seconds(AT_WORK_SECONDS),
            ended: None,
            recent,
            tried,
        }
    }

    /// The same attempt, taken up by another maker: under its key while that can be relied on, else
    /// as the next try, for which the invoice was looked at.
    #[must_use]
    pub fn taken_up(&self, now: Timestamp) -> Self {
        let looked = self.intent.must_look_first(now);
        let intent = if looked { self.intent.next_attempt(now) } else { self.intent.clone() };
        Self { intent, until: now.plus_seconds(AT_WORK_SECONDS), ..self.clone() }
    }

    /// The attempt with its outcome.
    #[must_use]
    pub fn with_outcome(&self, ended: Ended) -> Self {
        Self { intent: self.intent.done(), ended: Some(ended), ..self.clone() }
    }

    /// The attempt without an outcome, left to whoever asks next.
    #[must_use]
    pub fn let_go(&self, now: Timestamp) -> Self {
        Self { until: now, ..self.clone() }
    }

    /// The same, where Stripe failed and would only repeat that.
    #[must_use]
    pub fn spent(&self, now: Timestamp) -> Self {
        Self { intent: self.intent.after_failure(), ..self.let_go(now) }
    }

    /// True while its outcome is not known.
    pub fn is_open(&self) -> bool {
        match self.intent.status {
            IntentStatus::Open => true,
            IntentStatus::Done => false,
        }
    }

    fn is_of(&self, request: Option<&str>) -> bool {
        request.is_some() && self.intent.request.as_deref() == request
    }

    /// Beginnings of attempts that count at a time.
    fn recent_at(&self, now: Timestamp) -> Vec<Timestamp> {
        let counts = |at: &&Timestamp| at.plus_seconds(WINDOW_SECONDS) > now;
        self.recent.iter().filter(counts).copied().collect()
    }

    /// Time from which another attempt may begin, where too many were made.
    fn too_often_until(&self, now: Timestamp) -> Option<Timestamp> {
        let recent = self.recent_at(now);
        let oldest = recent.len().checked_sub(ATTEMPTS_MAX).and_then(|at| recent.get(at));
        oldest.map(|oldest| oldest.plus_seconds(WINDOW_SECONDS))
    }
}

/// Decides the next step of a request to pay an invoice.
///
/// An invoice of another product is not paid here, though it is listed and shown as owed: its own
/// product collects it, by terms and a payment method that its customer chose there. Stripe's page
/// of the invoice takes the payment.
///
/// # Errors
/// [`Refused`]: nothing is begun.
pub fn next(
    (invoice, owner): (Option<&Invoice>, Owner),
    paying: Option<&Paying>,
    wish: Wish<'_>,
    now: Timestamp,
) -> Result<Step, Refused> {
    let own = paying.filter(|paying| paying.is_of(wish.request));
    if let Some(ended) = own.and_then(|own| own.ended.clone()) {
        return Ok(Step::Answered(ended));
    }
    let invoice = invoice.ok_or(Refused::Unknown)?;
    if own.is_some() && invoice.status == Some(InvoiceStatus::Paid) {
        return Ok(Step::Answered(Ended::Paid));
    }
    if let Some(why) = not_payable(invoice, owner) {
        return Err(Refused::NotPayable(why));
    }

    if let Some(open) = paying.filter(|paying| paying.is_open()) {
        let is_left = open.until <= now || own.is_some();
        return if is_left { Ok(Step::GoOn(Box::new(open.clone()))) } else { Err(Refused::AtWork) };
    }
    // What else holds a payment back is refused here, before anything begins.
    if invoice.payments.processing_since().is_some() {
        return Err(Refused::Processing);
    }
    if let Some(until) = invoice.holds.advised_until(now) {
        return Err(Refused::AdvicePending(until));
    }
    if let Some(new) = wish.new_method {
        let is_tried = paying.is_some_and(|paying| paying.tried.iter().any(|it| it == new));
        return if is_tried { Err(Refused::TriedBefore) } else { Ok(Step::Begin) };
    }
    match paying.and_then(|paying| paying.too_often_until(now)) {
        Some(until) => Err(Refused::TooOften(until)),
        None => Ok(Step::Begin),
    }
}

/// Reason why nothing can be paid of an invoice; none where it can.
fn not_payable(invoice: &Invoice, owner: Owner) -> Option<NotPayable> {
    match invoice.status {
        None | Some(InvoiceStatus::Draft) => Some(NotPayable::Draft),
        Some(InvoiceStatus::Void | InvoiceStatus::Deleted) => Some(NotPayable::Void),
        Some(InvoiceStatus::Paid) => Some(how_paid(invoice)),
        Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible) => {
            if !invoice.is_owed() {
                Some(NotPayable::NothingDue)
            } else if owner == Owner::Foreign {
                Some(NotPayable::Foreign)
            } else {
                None
            }
        }
    }
}

/// A paid invoice by what paid it. Stripe closes one that is too small to be charged, and moves the
/// amount to the customer's balance: nothing is due then, as where the balance covered it.
fn how_paid(invoice: &Invoice) -> NotPayable {
    let amounts = invoice.terms.as_ref().map(|terms| (terms.due, terms.total));
    match amounts {
        Some((0, total)) if total > 0 => NotPayable::ByBalance,
        Some((0, _)) | None => NotPayable::NothingDue,
        Some((_, _)) => NotPayable::Paid,
    }
}

#[cfg(test)]
mod tests;
