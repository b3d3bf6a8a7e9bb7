//! Payment advice: a customer's word that a bank transfer is on its way (A18).
//!
//! Advice is no money. It holds off the disabling date of its invoices for a while
//! ([`crate::invoice::Holds`]) and waits for staff, who approve what was received or reject it. It
//! never reactivates an account, and it expires by itself.

use crate::ids::{AccountId, InvoiceId};
use crate::invoice::{Holding, Invoice};
use crate::money::Money;
use crate::month::Day;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Most advices of one account.
pub const ADVICES_MAX: usize = 500;
/// Most invoices that one advice, or one receipt, names.
pub const NAMED_MAX: usize = 20;
/// Longest reference of a transfer, in characters: SEPA has 140.
pub const REFERENCE_CHARACTERS_MAX: usize = 140;
/// Longest note, in characters.
pub const NOTE_CHARACTERS_MAX: usize = 500;
/// Age from which pending advice is late, in seconds: staff verify within 48 hours (A18).
pub const LATE_SECONDS: i64 = 2 * DAY_SECONDS;
/// Character between the account and the rest of an advice's or a receipt's id: no account's id
/// has it.
const SEPARATOR: char = '.';

/// Status of an advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdviceStatus {
    /// Staff have not decided yet.
    Pending,
    /// Its time is over, and staff have not decided.
    Expired,
    /// The customer took it back.
    Withdrawn,
    /// Staff found no such money, and said why.
    Rejected,
    /// The money came, and does not cover all invoices that it names.
    PartiallyApproved,
    /// The money came and covers its invoices.
    Approved,
    /// The bank took the money back after it was approved.
    Returned,
}

impl Word for AdviceStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Pending, "pending"),
        (Self::Expired, "expired"),
        (Self::Withdrawn, "withdrawn"),
        (Self::Rejected, "rejected"),
        (Self::PartiallyApproved, "partially_approved"),
        (Self::Approved, "approved"),
        (Self::Returned, "returned"),
    ];
}

impl AdviceStatus {
    /// True if an advice of this status may become another: an advice only moves up.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => next != Self::Pending && next != Self::Returned,
            Self::Expired => match next {
                Self::Withdrawn | Self::Rejected | Self::PartiallyApproved | Self::Approved => true,
                Self::Pending | Self::Expired | Self::Returned => false,
            },
            Self::PartiallyApproved | Self::Approved => next == Self::Returned,
            Self::Withdrawn | Self::Rejected | Self::Returned => false,
        }
    }

    /// True if staff may still decide.
    pub fn is_undecided(self) -> bool {
        match self {
            Self::Pending | Self::Expired => true,
            Self::Withdrawn
            | Self::Rejected
            | Self::PartiallyApproved
            | Self::Approved
            | Self::Returned => false,
        }
    }
}

/// A customer's word that a transfer is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Id: begins with that of its account ([`transfer_id`]).
    pub id: String,
    /// Invoices that the transfer is for.
    pub invoices: Vec<InvoiceId>,
    /// Reference of the transfer, as the customer gave it to the bank.
    pub reference: String,
    /// Day on which the customer paid.
    pub paid_on: Day,
    /// Amount of the transfer.
    pub amount: Money,
    /// The customer's note to staff.
    pub note: Option<String>,
    /// Time at which it was submitted.
    pub submitted_at: Timestamp,
    /// Time from which it holds off nothing, and is expired.
    pub expires_at: Timestamp,
    /// Time until which it holds off a disabling date; none where its invoices have no time left.
    pub held_until: Option<Timestamp>,
    /// What became of it.
    pub verdict: Option<Verdict>,
}

/// What became of an advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Status since then.
    pub status: AdviceStatus,
    /// Time.
    pub at: Timestamp,
    /// Id of whoever decided: of a key, a member or the schedule.
    pub by: String,
    /// Words of staff.
    pub note: Option<String>,
    /// Receipt of the money, if it came.
    pub receipt: Option<String>,
}

/// Advice as a customer asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceRequest {
    /// Id that it gets.
    pub id: String,
    /// Invoices that the transfer is for.
    pub invoices: Vec<InvoiceId>,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the customer paid.
    pub paid_on: Day,
    /// Amount of the transfer.
    pub amount: Money,
    /// A note to staff.
    pub note: Option<String>,
}

/// Reason why something about a transfer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// The account has no such invoice.
    #[error("there is no invoice {0}")]
    UnknownInvoice(InvoiceId),
    /// Nothing is to be paid on the invoice: it is a draft, paid, void, or another product's.
    #[error("nothing is to be paid on invoice {0}")]
    NotPayable(InvoiceId),
    /// The money is in another currency than the invoice.
    #[error("invoice {0} is in another currency")]
    OtherCurrency(InvoiceId),
    /// The day lies ahead.
    #[error("{0} has not come yet")]
    DatedAhead(Day),
    /// Another advice or receipt of the account has the reference.
    #[error("reference is used by {0}")]
    ReferenceUsed(String),
    /// The account has as many as it may have.
    #[error("an account has at most {ADVICES_MAX} of these")]
    TooMany,
    /// There is no such advice or prepayment.
    #[error("there is no such advice or prepayment")]
    Unknown,
    /// It was decided before, and became that.
    #[error("it is {} already", .0.status.word())]
    Decided(Box<Verdict>),
    /// No money came for it: there is nothing that the bank could take back.
    #[error("it is {}", .0.word())]
    NotApproved(AdviceStatus),
    /// Its money is still on its way to invoices or to the balance: that comes first.
    #[error("its money is still on its way")]
    OnItsWay,
    /// A debit of the invoice is processing: its outcome comes first.
    #[error("a payment of invoice {0} is processing")]
    PaymentInProgress(InvoiceId),
    /// The Idempotency-Key was used with another body.
    #[error("the Idempotency-Key was used with another body")]
    KeyReused,
    /// Nothing of the prepayment is left.
    #[error("nothing of the prepayment is left")]
    UsedUp,
    /// The account has no customer at Stripe.
    #[error("the account has no customer at Stripe")]
    NoCustomer,
}

/// Id of an advice or a receipt: the account's, a dot and the rest, so that staff's routes find the
/// account by it.
pub fn transfer_id(account: &AccountId, rest: &str) -> String {
    format!("{account}{SEPARATOR}{rest}")
}

/// Account of an advice or a receipt, by its id.
pub fn account_of(id: &str) -> Option<AccountId> {
    let (account, rest) = id.split_once(SEPARATOR)?;
    AccountId::parse(account).ok().filter(|_| !rest.is_empty())
}

/// True if two references of transfers are the same to a bank: letters and digits count, in either
/// case.
pub fn is_same_reference(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    plain(one) == plain(other)
}

impl Advice {
    /// New advice, with each of its invoices held.
    pub fn submitted(
        request: AdviceRequest,
        invoices: &[&Invoice],
        holding: Holding,
        now: Timestamp,
    ) -> (Self, Vec<Invoice>) {
        let AdviceRequest { id, invoices: named, reference, paid_on, amount, note } = request;
        let held: Vec<Invoice> =
            invoices.iter().map(|invoice| invoice.held_by(&id, holding, now)).collect();

        let ends = held.iter().filter_map(|invoice| invoice.holds.end_of(&id));
        let held_until = ends.max().filter(|end| *end > now);
        let advice = Self {
            version: 0,
            id,
            invoices: named,
            reference,
            paid_on,
            amount,
            note,
            submitted_at: now,
            expires_at: now.plus_seconds(holding.seconds_max),
            held_until,
            verdict: None,
        };
        (advice, held)
    }

    /// Status at a moment.
    pub fn status_at(&self, now: Timestamp) -> AdviceStatus {
        match &self.verdict {
            Some(verdict) => verdict.status,
            None if now >= self.expires_at => AdviceStatus::Expired,
            None => AdviceStatus::Pending,
        }
    }

    /// The advice with a verdict.
    ///
    /// # Errors
    /// [`TransferRefusal::Decided`] when it may not become that any more.
    pub fn decided(&self, verdict: Verdict) -> Result<Self, TransferRefusal> {
        let status = self.status_at(verdict.at);
        match &self.verdict {
            Some(before) if !status.may_become(verdict.status) => {
                Err(TransferRefusal::Decided(Box::new(before.clone())))
            }
            Some(_) | None => Ok(Self { verdict: Some(verdict), ..self.clone() }),
        }
    }

    /// True if it is the same as another but for what became of it.
    pub fn is_for_same(&self, request: &AdviceRequest) -> bool {
        self.invoices == request.invoices
            && self.reference == request.reference
            && self.paid_on == request.paid_on
            && self.amount == request.amount
            && self.note == request.note
    }
}

#[cfg(test)]
mod tests;
