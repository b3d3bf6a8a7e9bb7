//! What a payment that Stripe tells of changes: credits are granted, a charge ends, tokens are
//! taken back or returned (D11, D14, D18; money rules 24, 25, 29).

use super::attempt::Outcome;
use super::ledger::{LedgerEntry, LedgerKind};
use super::pause::paused;
use super::purchase::{How, Purchase, PurchaseStatus, REVERSALS_MAX};
use super::recharge::{AFTER_DECLINE_SECONDS, DECLINES_MAX, Decided, LOOK_SECONDS, PauseReason};
use super::{Change, Count, Credits};
use crate::ids::PaymentIntentId;
use crate::journal::credits::CreditsEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::payment::{
    Decline, PaymentFact, PaymentNews, PaymentSnapshot, PaymentStatus, SessionSnapshot,
    SessionStatus,
};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::words::Word;

impl Credits {
    /// What a fact about a purchase changes; nothing when it says what is known.
    pub fn told(
        &self,
        purchase: &Purchase,
        fact: &PaymentFact,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        match &fact.news {
            PaymentNews::Session(session) => self.session(purchase, session, fact.at, now),
            PaymentNews::Payment(payment) => self.payment(purchase, payment, fact.at, now),
            PaymentNews::Refund(refund) => {
                let mut after = purchase.clone();
                let known = after.refunds.get(&refund.id).map(|(status, _)| *status);
                if known.is_some_and(|known| known >= refund.status) {
                    return Ok(None);
                }
                let told = (refund.status, refund.amount.amount);
                after.refunds.insert(refund.id.clone(), told);
                after.check_refund(refund.amount)?;
                let about = refund.id.as_str();
                Ok(Some(self.reverse(purchase, after, (LedgerKind::Refund, about), fact.at, now)))
            }
            PaymentNews::Dispute(dispute) => {
                let mut after = purchase.clone();
                let known = after.disputes.get(&dispute.id).map(|(status, _)| *status);
                if known.is_some_and(|known| known >= dispute.status) {
                    return Ok(None);
                }
                let told = (dispute.status, purchase.disputed(dispute));
                after.disputes.insert(dispute.id.clone(), told);
                after.check_number()?;
                let about = (LedgerKind::Dispute, dispute.id.as_str());
                let mut change = self.reverse(purchase, after, about, fact.at, now);
                if dispute.status.is_worse_than(known) {
                    self.pause_for_dispute(&mut change, purchase, fact.at, now);
                }
                Ok(Some(change))
            }
        }
    }

    fn session(
        &self,
        purchase: &Purchase,
        session: &SessionSnapshot,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        if session.paid && session.status == SessionStatus::Complete {
            purchase.check_price(session.subtotal)?;
            return self.granted(purchase, session.payment.as_ref(), session.total, at, now);
        }
        let ends = match session.status {
            SessionStatus::Expired => PurchaseStatus::Expired,
            SessionStatus::Complete if session.failed => PurchaseStatus::Failed,
            SessionStatus::Complete | SessionStatus::Open => return Ok(None),
        };
        // An older session of the same purchase says nothing about the one that can be paid.
        let is_current = purchase.session.as_ref().is_none_or(|known| *known == session.id);
        if purchase.status != PurchaseStatus::Open || !is_current {
            return Ok(None);
        }
        let mut change = Change::on(self);
        change.purchase = Some(Purchase { status: ends, url: None, ..purchase.clone() });
        if ends == PurchaseStatus::Failed {
            let kind = Kind::Credits(CreditsEvent::PurchaseFailed);
            let price = Some(Value::Money(purchase.offer.price));
            let entry = Entry::new(at, kind, Some(purchase.id.as_str())).with("price", None, price);
            change.journal.push(entry);
        }
        let mut decided = self.decided.clone();
        if decided.charge.as_ref().is_some_and(|charge| charge.purchase == purchase.id) {
            decided.charge = None;
            decided.ended(purchase, Outcome::Canceled);
            match &mut decided.pause {
                Some(pause) if pause.disputed => decided.end_pause(now),
                Some(pause) => pause.action_url = None,
                None => {}
            }
            change.decided = Some(decided);
        }
        Ok(Some(change))
    }

    fn payment(
        &self,
        purchase: &Purchase,
        payment: &PaymentSnapshot,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        match payment.status {
            PaymentStatus::Succeeded => {
                // In Checkout it is the session that says what the pack was sold at, beside its tax
                // (money rule 25).
                let is_taxed = payment.amount.amount > purchase.offer.price.amount
                    && payment.amount.currency == purchase.offer.price.currency
                    && purchase.session.is_some();
                if is_taxed {
                    return Ok(None);
                }
                purchase.check_charge(payment.amount)?;
                self.granted(purchase, Some(&payment.id), payment.amount, at, now)
            }
            PaymentStatus::Canceled => Ok(self.failed(purchase, None, at, now)),
            PaymentStatus::Waiting => {
                let told = purchase.with_payment(&payment.id);
                let declined = payment.declined.as_ref();
                Ok(declined.and_then(|decline| self.failed(&told, Some(decline), at, now)))
            }
            PaymentStatus::RequiresAction => Ok(None),
            PaymentStatus::Processing => Ok(self.processing(purchase, &payment.id, now)),
        }
    }

    /// The money is there: the credits are granted, once, whatever told it and however often (D11).
    fn granted(
        &self,
        purchase: &Purchase,
        payment: Option<&PaymentIntentId>,
        paid: Money,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        if purchase.status == PurchaseStatus::Granted {
            let is_other = match (&purchase.payment, payment) {
                (Some(known), Some(told)) => known != told,
                _ => false,
            };
            let id = purchase.id.clone();
            return if is_other { Err(Refusal::PaidTwice { purchase: id }) } else { Ok(None) };
        }
        let tokens = purchase.offer.tokens;
        let kind = match purchase.how {
            How::Checkout => LedgerKind::Purchase,
            How::Recharge => LedgerKind::AutoRecharge,
        };
        let entry = LedgerEntry {
            about: payment.map(ToString::to_string),
            ..LedgerEntry::new(purchase.id.as_str(), kind, tokens, now)
        };
        let happened = Kind::Credits(CreditsEvent::Purchased);
        let told = Entry::new(at, happened, Some(purchase.id.as_str()))
            .with("tokens", None, Some(Value::Number(tokens)))
            .with("kind", None, Some(Value::Text(purchase.how.word().to_owned())))
            .with("price", None, Some(Value::Money(purchase.offer.price)))
            .with("paid", None, Some(Value::Money(paid)));
        let mut change = Change {
            count: Count { available: tokens, ..Count::default() },
            entry: Some(entry),
            link: payment.cloned(),
            journal: vec![told],
            ..Change::on(self)
        };
        change.purchase = Some(Purchase {
            status: PurchaseStatus::Granted,
            payment: payment.cloned(),
            paid: Some(paid),
            url: None,
            ..purchase.clone()
        });
        let decided = self.settled(purchase, now);
        change.decided = Some(decided).filter(|decided| *decided != self.decided);
        Ok(Some(change))
    }

    /// What is decided once a purchase is paid: it is spent, and a card that wanted its holder has
    /// had them.
    fn settled(&self, purchase: &Purchase, now: Timestamp) -> Decided {
        let mut decided = self.decided.clone();
        let waits = decided.waits_for_holder();
        decided.checkout_card = purchase.how == How::Checkout;
        if purchase.how == How::Checkout {
            // Its holder has just been there; while a page of ours can be paid, only that one ends
            // the wait.
            if waits && decided.charge.is_none() {
                decided.end_pause(now);
            }
            return decided;
        }
        decided.spend(purchase.month, purchase.offer.price.amount);
        decided.ended(purchase, Outcome::Paid);
        if decided.charge.as_ref().is_some_and(|charge| charge.purchase == purchase.id) {
            decided.charge = None;
            decided.declines = 0;
            decided.not_before = None;
            if waits {
                decided.end_pause(now);
            }
            // One pack was not enough: whoever told of the payment may not be the one who looks on.
            let available = self.counted.available.saturating_add(purchase.offer.tokens);
            let is_low = decided.buys_below().is_some_and(|threshold| available < threshold);
            decided.wake_at = is_low.then_some(now);
        }
        decided
    }

    /// A charge of ours is under way at the bank: that takes days.
    fn processing(
        &self,
        purchase: &Purchase,
        payment: &PaymentIntentId,
        now: Timestamp,
    ) -> Option<Change> {
        let mut decided = self.decided.clone();
        let charge = decided.open_charge()?;
        let is_open = purchase.status == PurchaseStatus::Open && purchase.payment.is_none();
        if charge.purchase != purchase.id || !is_open {
            return None;
        }
        decided.wake_at = Some(now.plus_seconds(LOOK_SECONDS));
        let purchase = Some(purchase.with_payment(payment));
        Some(Change { decided: Some(decided), purchase, ..Change::on(self) })
    }

    /// Stripe did not even try a charge of ours.
    pub fn charge_refused(
        &self,
        purchase: &Purchase,
        decline: &Decline,
        now: Timestamp,
    ) -> Option<Change> {
        self.failed(purchase, Some(decline), now, now)
    }

    /// Ends a charge that is not wanted any more and that Stripe did not make. A payment of it that
    /// turns up later is granted all the same.
    pub fn call_off(&self, purchase: &Purchase, now: Timestamp) -> Option<Change> {
        self.failed(purchase, None, now, now)
    }

    /// A charge of ours failed: its money is not reserved any more, and how it goes on depends on
    /// why (D14).
    fn failed(
        &self,
        purchase: &Purchase,
        decline: Option<&Decline>,
        at: Timestamp,
        now: Timestamp,
    ) -> Option<Change> {
        let mut decided = self.decided.clone();
        // On its own page a payment may fail as often as its holder likes.
        let under_way = decided.open_charge().cloned()?;
        if under_way.purchase != purchase.id || purchase.status != PurchaseStatus::Open {
            return None;
        }
        let mut change = Change::on(self);
        let card = purchase.method.as_ref().map(|method| method.card().to_owned());
        // Whatever else it is paused for stays: that ends another way.
        let is_paused = decided.pause.is_some();
        if decline.is_some_and(Decline::wants_authentication) && !is_paused {
            let reason = PauseReason::AuthenticationRequired;
            decided.pause(reason, card, now);
            decided.ended(purchase, Outcome::AuthenticationRequired);
            change.journal.push(paused(reason, purchase, decline, at));
            change.decided = Some(decided);
            // Which payment it was is known from now on: it is called off before there is another.
            change.purchase = Some(purchase.clone());
            return Some(change);
        }
        decided.charge = None;
        decided.wake_at = None;
        change.purchase = Some(purchase.failed());
        let outcome = if decline.is_some() { Outcome::Declined } else { Outcome::Canceled };
        decided.ended(purchase, outcome);
        let Some(decline) = decline else {
            // Somebody called it off at Stripe: that says nothing about the card.
            decided.wake_at = Some(now);
            change.decided = Some(decided);
            return Some(change);
        };
        if is_paused {
            change.decided = Some(decided);
            return Some(change);
        }
        decided.declines = decided.declines.saturating_add(1);
        let waits = usize::try_from(decided.declines.saturating_sub(1)).unwrap_or(usize::MAX);
        let waits = AFTER_DECLINE_SECONDS.get(waits).filter(|_| decided.declines < DECLINES_MAX);
        match waits {
            Some(seconds) if !decline.is_hard() => {
                let next = now.plus_seconds(*seconds);
                decided.not_before = Some(next);
                decided.wake_at = Some(next);
                let kind = Kind::Credits(CreditsEvent::RechargeDeclined);
                let code = Value::Text(decline.word().to_owned());
                let entry = Entry::new(at, kind, Some(purchase.id.as_str()))
                    .with("decline_code", None, Some(code))
                    .with("next_attempt_at", None, Some(Value::Time(next)));
                change.journal.push(entry);
            }
            _ => {
                decided.pause(PauseReason::Declined, card, now);
                change.journal.push(paused(PauseReason::Declined, purchase, Some(decline), at));
            }
        }
        change.decided = Some(decided);
        Some(change)
    }

    /// Money went back, or came back: its tokens with it. The balance may go below zero, visibly
    /// (D18), and nothing is bought because of it (money rule 26).
    fn reverse(
        &self,
        known: &Purchase,
        mut after: Purchase,
        (kind, about): (LedgerKind, &str),
        at: Timestamp,
        now: Timestamp,
    ) -> Change {
        let mut change = Change::on(self);
        let to_be_taken = after.to_be_taken();
        let tokens = known.taken.saturating_sub(to_be_taken);
        if tokens != 0 {
            after.taken = to_be_taken;
            after.takes = after.takes.saturating_add(1);
            let id = format!("{}-{}", after.id, after.takes);
            change.count.available = tokens;
            change.entry = Some(LedgerEntry {
                about: Some(about.to_owned()),
                ..LedgerEntry::new(&id, kind, tokens, now)
            });
            let event = if tokens < 0 { CreditsEvent::TakenBack } else { CreditsEvent::Returned };
            let entry = Entry::new(at, Kind::Credits(event), Some(about))
                .with("tokens", None, Some(Value::Number(tokens)))
                .with("purchase", None, Some(Value::Text(after.id.to_string())));
            change.journal.push(entry);
        }
        change.purchase = Some(after);
        change
    }
}

impl Purchase {
    /// The same, its payment failed for good.
    pub(crate) fn failed(&self) -> Self {
        Self { status: PurchaseStatus::Failed, ..self.clone() }
    }

    fn with_payment(&self, payment: &PaymentIntentId) -> Self {
        Self { payment: Some(payment.clone()), ..self.clone() }
    }

    /// Whether that is what it was charged at, with our own tax.
    fn check_charge(&self, told: Money) -> Result<(), Refusal> {
        self.check(self.to_charge().unwrap_or(self.offer.price), told)
    }

    /// Whether that, without tax, is what it was sold at.
    fn check_price(&self, told: Money) -> Result<(), Refusal> {
        self.check(self.offer.price, told)
    }

    fn check(&self, known: Money, told: Money) -> Result<(), Refusal> {
        let purchase = self.id.clone();
        if known == told { Ok(()) } else { Err(Refusal::OtherPrice { purchase, known, told }) }
    }

    fn check_number(&self) -> Result<(), Refusal> {
        if self.refunds.len().max(self.disputes.len()) > REVERSALS_MAX {
            return Err(Refusal::TooManyReversals { purchase: self.id.clone() });
        }
        Ok(())
    }

    /// Whether money that went back is of what was paid.
    fn check_refund(&self, told: Money) -> Result<(), Refusal> {
        self.check_number()?;
        let purchase = self.id.clone();
        match self.paid {
            Some(paid) if paid.currency != told.currency || told.amount < 0 => {
                Err(Refusal::OtherPrice { purchase, known: paid, told })
            }
            Some(_) | None => Ok(()),
        }
    }
}
