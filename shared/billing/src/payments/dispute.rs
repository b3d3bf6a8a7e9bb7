//! Disputes of payments, as staff see them: each with its deadline and with what was paid (F6).
//!
//! A dispute of a payment for credits takes tokens back (`credits`); one of an invoice's payment
//! leaves the invoice paid (money rule 29), and is a case for staff alone.

use crate::ids::{AccountId, CustomerId, DisputeId, InvoiceId, PaymentIntentId, PurchaseId};
use crate::journal::disputes::DisputeEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::payment::{DisputeSnapshot, DisputeStatus};
use crate::time::Timestamp;

/// What a disputed payment paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paid {
    /// A purchase of credits.
    Purchase(PurchaseId),
    /// An invoice.
    Invoice(InvoiceId),
    /// Something else of the account's customer.
    Other,
}

/// Owner of a payment, as Stripe shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentOwner {
    /// True if the payment buys credits.
    pub buys_credits: bool,
    /// Customer, if the payment has one.
    pub customer: Option<CustomerId>,
    /// Invoice that it paid.
    pub invoice: Option<InvoiceId>,
}

/// A dispute. Facts about it come in any order and any number of times: its status only moves up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Version of the item that it was read from; 0 where there is none yet.
    pub version: u64,
    /// Stripe's id.
    pub id: DisputeId,
    /// The payment.
    pub payment: PaymentIntentId,
    /// What the payment paid.
    pub paid: Paid,
    /// Disputed amount.
    pub amount: Money,
    /// Stripe's word for the reason.
    pub reason: Option<String>,
    /// Status.
    pub status: DisputeStatus,
    /// True once evidence was given.
    pub answered: bool,
    /// Time until which evidence is taken.
    pub due_by: Option<Timestamp>,
    /// Time of the earliest fact about it.
    pub opened_at: Timestamp,
}

impl Dispute {
    /// The dispute after one more fact about it; none when the fact says what is known.
    pub fn after(
        known: Option<&Self>,
        shown: &DisputeSnapshot,
        paid: Paid,
        at: Timestamp,
    ) -> Option<Self> {
        let Some(known) = known else {
            return Some(Self {
                version: 0,
                id: shown.id.clone(),
                payment: shown.payment.clone(),
                paid,
                amount: shown.amount,
                reason: shown.reason.clone(),
                status: shown.status,
                answered: shown.answered,
                due_by: shown.due_by,
                opened_at: at,
            });
        };
        let after = Self {
            status: known.status.max(shown.status),
            answered: known.answered || shown.answered,
            reason: known.reason.clone().or_else(|| shown.reason.clone()),
            due_by: known.due_by.max(shown.due_by),
            opened_at: known.opened_at.min(at),
            ..known.clone()
        };
        (after != *known).then_some(after)
    }

    /// True while it can be won or lost.
    pub fn is_open(&self) -> bool {
        is_open(self.status)
    }

    /// Time by which staff look at it: its deadline, or when it was opened.
    pub fn sorted_by(&self) -> Timestamp {
        self.due_by.unwrap_or(self.opened_at)
    }

    /// Stripe's word for where it stands.
    pub fn status_word(&self) -> &'static str {
        match (self.status, self.answered) {
            (DisputeStatus::Warning, false) => "warning_needs_response",
            (DisputeStatus::Warning, true) => "warning_under_review",
            (DisputeStatus::WarningClosed, _) => "warning_closed",
            (DisputeStatus::Open, false) => "needs_response",
            (DisputeStatus::Open, true) => "under_review",
            (DisputeStatus::Lost, _) => "lost",
            (DisputeStatus::Won, _) => "won",
        }
    }

    /// The journal's entry about what changed.
    pub fn entry(&self, known: Option<&Self>, at: Timestamp) -> Entry {
        let event = match known {
            None => DisputeEvent::Opened,
            Some(known) if known.is_open() && !self.is_open() => DisputeEvent::Closed,
            Some(_) => DisputeEvent::Updated,
        };
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let about = match &self.paid {
            Paid::Invoice(id) => id.as_str(),
            Paid::Purchase(_) | Paid::Other => self.id.as_str(),
        };
        let due_by = |dispute: &Self| dispute.due_by.map(Value::Time);
        Entry::new(at, Kind::Dispute(event), Some(about))
            .with("dispute", None, text(self.id.as_str()))
            .with("amount", None, Some(Value::Money(self.amount)))
            .with("reason", None, self.reason.as_deref().and_then(text))
            .with("status", known.and_then(|it| text(it.status_word())), text(self.status_word()))
            .with("due_by", known.and_then(due_by), due_by(self))
    }
}

fn is_open(status: DisputeStatus) -> bool {
    match status {
        DisputeStatus::Warning | DisputeStatus::Open => true,
        DisputeStatus::WarningClosed | DisputeStatus::Lost | DisputeStatus::Won => false,
    }
}

/// Place of a dispute in the list of those that are open, by deadline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DisputePosition {
    /// Time by which the list is sorted.
    pub at: Timestamp,
    /// The account.
    pub account: AccountId,
    /// The dispute.
    pub id: DisputeId,
}

impl DisputePosition {
    /// Place of a dispute of an account.
    pub fn of(account: &AccountId, dispute: &Dispute) -> Self {
        Self { at: dispute.sorted_by(), account: account.clone(), id: dispute.id.clone() }
    }

    /// The place as a text: `<time>#<account>#<id>`.
    pub fn text(&self) -> String {
        format!("{}#{}#{}", self.at, self.account, self.id)
    }

    /// The place of such a text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '#');
        Some(Self {
            at: Timestamp::parse(parts.next()?).ok()?,
            account: AccountId::parse(parts.next()?).ok()?,
            id: DisputeId::parse(parts.next()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn shown(status: DisputeStatus, answered: bool) -> DisputeSnapshot {
        DisputeSnapshot {
            id: DisputeId::parse("dp_1").unwrap(),
            payment: PaymentIntentId::parse("pi_1").unwrap(),
            amount: Money::new(500, Currency::parse("eur").unwrap()),
            withdrawn: None,
            status,
            reason: Some("fraudulent".to_owned()),
            due_by: Some(Timestamp(900)),
            answered,
        }
    }

    /// Goal: facts in any order and any number of times end in the same dispute, which only moves
    /// up; and its place is read back.
    #[test]
    fn facts_in_any_order_end_alike() {
        let facts = [
            shown(DisputeStatus::Open, false),
            shown(DisputeStatus::Open, true),
            shown(DisputeStatus::Lost, true),
        ];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let mut dispute: Option<Dispute> = None;
            for nth in order.into_iter().chain(order) {
                let after =
                    Dispute::after(dispute.as_ref(), &facts[nth], Paid::Other, Timestamp(7));
                dispute = after.or(dispute);
            }
            let dispute = dispute.unwrap();
            assert_eq!((dispute.status_word(), dispute.is_open()), ("lost", false), "{order:?}");
            let account = AccountId::parse("acme").unwrap();
            let place = DisputePosition::of(&account, &dispute);
            assert_eq!(DisputePosition::parse(&place.text()), Some(place));
        }
    }

    /// Goal: the journal has the opening, what changed, and the end, once each.
    #[test]
    fn the_journal_has_each_step() {
        let opened = shown(DisputeStatus::Open, false);
        let open = Dispute::after(None, &opened, Paid::Other, Timestamp(7)).unwrap();
        assert_eq!(open.entry(None, Timestamp(7)).kind, Kind::Dispute(DisputeEvent::Opened));
        assert_eq!(Dispute::after(Some(&open), &opened, Paid::Other, Timestamp(7)), None);
        let answered = shown(DisputeStatus::Open, true);
        let answered = Dispute::after(Some(&open), &answered, Paid::Other, Timestamp(8)).unwrap();
        let entry = answered.entry(Some(&open), Timestamp(8));
        assert_eq!(entry.kind, Kind::Dispute(DisputeEvent::Updated));
        let won = shown(DisputeStatus::Won, true);
        let won = Dispute::after(Some(&answered), &won, Paid::Other, Timestamp(9)).unwrap();
        let entry = won.entry(Some(&answered), Timestamp(9));
        assert_eq!(entry.kind, Kind::Dispute(DisputeEvent::Closed));
    }
}
