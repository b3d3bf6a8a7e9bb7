//! A pause of auto-recharge: how it begins, what ends it, and which declines lead to it (D14, money
//! rule 28).

use super::attempt::Outcome;
use super::purchase::{ChargeMethod, Purchase};
use super::recharge::{LOOK_SECONDS, Pause, PauseReason};
use super::{Books, Change, Credits};
use crate::journal::credits::CreditsEvent;
use crate::journal::{Entry, Kind, Value};
use crate::payment::Decline;
use crate::time::Timestamp;
use crate::words::Word;

impl Books {
    /// Ends a pause, if that payment method is another card than the one that did not do; else
    /// looks again later.
    pub fn resume(&self, method: Option<&ChargeMethod>, now: Timestamp) -> Option<Change> {
        let mut decided = self.credits.decided.clone();
        let pause = decided.pause.clone()?;
        let is_other = method.is_some_and(|method| pause.card.as_deref() != Some(method.card()));
        let waits_for_card = match pause.reason {
            PauseReason::Declined
            | PauseReason::AuthenticationRequired
            | PauseReason::NoPaymentMethod => true,
            PauseReason::Dispute => false,
        };
        if !waits_for_card {
            return None;
        }
        let mut change = Change::on(&self.credits);
        if !is_other || decided.charge.is_some() {
            // Its own page can still pay it: then nothing else may.
            if decided.wake_at.is_some_and(|at| now < at) {
                return None;
            }
            decided.wake_at = Some(now.plus_seconds(LOOK_SECONDS));
            change.decided = Some(decided);
            return Some(change);
        }
        decided.end_pause(now);
        decided.declines = 0;
        decided.not_before = None;
        if decided.pause.is_some() {
            change.decided = Some(decided);
            return Some(change);
        }
        let card = method.map(|method| Value::Text(method.id.to_string()));
        let entry = Entry::new(now, Kind::Credits(CreditsEvent::RechargeResumed), None);
        change.journal.push(entry.with("payment_method", None, card));
        change.decided = Some(decided);
        let available = self.credits.counted.available;
        self.recharged(change.clone(), available, now).or(Some(change))
    }
}

impl Credits {
    /// There is nothing to charge: the charge ends before it began.
    pub fn no_method(&self, purchase: &Purchase, now: Timestamp) -> Change {
        let mut decided = self.decided.clone();
        decided.charge = None;
        decided.ended(purchase, Outcome::NoPaymentMethod);
        let mut change = Change::on(self);
        if decided.pause.is_some() {
            // A dispute stays one: a card does not end it.
            decided.wake_at = None;
        } else {
            decided.pause(PauseReason::NoPaymentMethod, None, now);
            change.journal.push(paused(PauseReason::NoPaymentMethod, purchase, None, now));
        }
        change.decided = Some(decided);
        change.purchase = Some(purchase.failed());
        change
    }

    /// A payment for credits is disputed: nothing is charged until somebody has looked at it (money
    /// rule 26).
    pub(crate) fn pause_for_dispute(
        &self,
        change: &mut Change,
        purchase: &Purchase,
        at: Timestamp,
        now: Timestamp,
    ) {
        let mut decided = self.decided.clone();
        let is_on = decided.settings.as_ref().is_some_and(|settings| settings.enabled);
        let is_known = |pause: &Pause| pause.reason == PauseReason::Dispute || pause.disputed;
        if !is_on || decided.pause.as_ref().is_some_and(is_known) {
            return;
        }
        let has_page = decided.charge.is_some() && decided.waits_for_holder();
        if let Some(pause) = decided.pause.as_mut().filter(|_| has_page) {
            // A page that can be paid is looked after first.
            pause.disputed = true;
        } else {
            // Another card would end any other pause.
            let wake_at = decided.wake_at;
            decided.pause(PauseReason::Dispute, None, now);
            // A charge that is under way is still looked after.
            decided.wake_at = wake_at.filter(|_| decided.charge.is_some());
        }
        change.journal.push(paused(PauseReason::Dispute, purchase, None, at));
        change.decided = Some(decided);
    }

    /// The page on which a payment that wants its holder can be completed (money rule 28).
    pub fn offer_page(&self, purchase: &Purchase, url: &str) -> Change {
        let mut decided = self.decided.clone();
        if let Some(pause) = &mut decided.pause {
            pause.action_url = Some(url.to_owned());
        }
        let purchase = Some(purchase.clone());
        Change { decided: Some(decided), purchase, ..Change::on(self) }
    }
}

/// What the journal says of a pause: once, because the pause begins once.
pub(crate) fn paused(
    reason: PauseReason,
    purchase: &Purchase,
    decline: Option<&Decline>,
    at: Timestamp,
) -> Entry {
    let code = decline.map(|decline| Value::Text(decline.word().to_owned()));
    Entry::new(at, Kind::Credits(CreditsEvent::RechargePaused), Some(purchase.id.as_str()))
        .with("reason", None, Some(Value::Text(reason.word().to_owned())))
        .with("decline_code", None, code)
}

impl Decline {
    /// The most telling of its codes.
    pub fn word(&self) -> &str {
        self.decline_code.as_deref().unwrap_or(&self.code)
    }

    /// True if the card wants its holder.
    pub fn wants_authentication(&self) -> bool {
        let wants = |code: &str| code == "authentication_required";
        wants(&self.code) || self.decline_code.as_deref().is_some_and(wants)
    }

    /// True if trying the same card again is of no use (<https://docs.stripe.com/declines/codes>).
    pub fn is_hard(&self) -> bool {
        HARD_DECLINES.contains(&self.word()) || HARD_DECLINES.contains(&self.code.as_str())
    }
}

/// Declines after which the same card is not charged again.
const HARD_DECLINES: [&str; 16] = [
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "fraudulent",
    "incorrect_number",
    "invalid_account",
    "lost_card",
    "merchant_blacklist",
    "new_account_information_available",
    "pickup_card",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "stolen_card",
    "stop_payment_order",
];
