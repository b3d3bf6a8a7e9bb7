//! Auto-recharge: when a pack is bought from the payment method on file, and when not (D13, D14;
//! money rules 26 to 28).
//!
//! At most one charge is under way, and its price is reserved from when it is decided until it is
//! known what became of it. So `spent + reserved + price <= limit` is decided in the transaction
//! that begins the charge, whoever else decides at the same time. It is decided on a deduction, on
//! a refused one, when the month turns, when it is enabled and when it goes on after a pause; never
//! when something is taken back.

use std::collections::BTreeMap;

use super::attempt::{Attempt, Outcome};
use super::purchase::{How, Purchase};
use super::{Books, Change, Credits};
use crate::ids::PurchaseId;
use crate::intent::Intent;
use crate::journal::credits::CreditsEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::month::Month;
use crate::state::State;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Declines in a row after which it waits for another card.
pub const DECLINES_MAX: u32 = 3;
/// How long it waits after the first decline and after the second, in seconds.
pub const AFTER_DECLINE_SECONDS: [i64; 2] = [6 * 3_600, DAY_SECONDS];
/// After how long a charge that nobody has finished is looked after, in seconds.
pub const SWEEP_SECONDS: i64 = 300;
/// How often a paused recharge looks for another card, in seconds; a change of the card is looked
/// at when Stripe tells it.
pub const LOOK_SECONDS: i64 = DAY_SECONDS;
/// Spending limit of an account that has set none, in minor units: 50.00 (D13).
pub const LIMIT_MINOR_UNITS: i64 = 5_000;
/// For how many months it is kept what was spent.
pub const SPENT_MONTHS: usize = 3;

/// What of an account's credits is decided, under their version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// The settings, once somebody set them.
    pub settings: Option<Settings>,
    /// The charge that is under way.
    pub charge: Option<Charge>,
    /// Reason why nothing more is charged for now.
    pub pause: Option<Pause>,
    /// What auto-recharge has spent, by the month in which it was decided, in minor units.
    pub spent: BTreeMap<Month, i64>,
    /// A pack was paid in Checkout since auto-recharge charged the last one: Checkout has kept a
    /// card that is nobody's default. Without it, a customer who has no default took it away.
    pub checkout_card: bool,
    /// Declines in a row.
    pub declines: u32,
    /// Not before then, after a decline.
    pub not_before: Option<Timestamp>,
    /// The month in which it was told that the limit is reached.
    pub told_limit: Option<Month>,
    /// Time at which somebody is to look at it again, though nothing happens.
    pub wake_at: Option<Timestamp>,
    /// The last charge that was begun, as far as it is kept.
    pub last_attempt: Option<Attempt>,
}

/// The settings (D13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// True if it buys.
    pub enabled: bool,
    /// It buys when fewer tokens than these are available.
    pub threshold: i64,
    /// The most that it spends in a month.
    pub limit: Money,
    /// The pack that it buys.
    pub pack: String,
}

/// A charge under way: its price is reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The purchase.
    pub purchase: PurchaseId,
    /// The month in which it was decided, and counts (D14).
    pub month: Month,
    /// Minor units.
    pub price: i64,
}

/// A pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// The card that did not do: another one ends the pause.
    pub card: Option<String>,
    /// Where the customer can complete the payment, if that helps.
    pub action_url: Option<String>,
    /// A payment was disputed while this one waits for its holder: a pause for that follows.
    pub disputed: bool,
}

/// Reason why nothing is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseReason {
    /// The card was declined, too often or for good.
    Declined,
    /// The card wants its holder.
    AuthenticationRequired,
    /// A payment for credits is disputed.
    Dispute,
    /// There is nothing to charge.
    NoPaymentMethod,
}

/// Whether a pack is bought now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A charge is under way. Judged first: an open charge keeps its place in the index until it
    /// ends, switched off or not.
    Charging,
    /// It is off, or its pack is not sold.
    Off,
    /// The account is disabled or closed.
    Held,
    /// It is paused.
    Paused,
    /// Enough is available.
    Enough,
    /// It waits after a decline.
    Waits(Timestamp),
    /// The month's limit has no room for the price.
    OverLimit,
    /// Now.
    Buy,
}

impl Word for PauseReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Declined, "declined"),
        (Self::AuthenticationRequired, "authentication_required"),
        (Self::Dispute, "dispute"),
        (Self::NoPaymentMethod, "no_payment_method"),
    ];
}

impl Decided {
    /// What was spent in a month, without what is reserved.
    pub fn spent_in(&self, month: Month) -> i64 {
        self.spent.get(&month).copied().unwrap_or(0)
    }

    /// What is reserved in a month, for a charge under way.
    pub fn reserved_in(&self, month: Month) -> i64 {
        self.charge.as_ref().filter(|charge| charge.month == month).map_or(0, |it| it.price)
    }

    /// Notes the outcome of a charge, if it is the last one.
    pub(crate) fn ended(&mut self, purchase: &Purchase, outcome: Outcome) {
        let last = self.last_attempt.as_mut().filter(|last| last.purchase == purchase.id);
        if let Some(last) = last {
            last.outcome = outcome;
        }
    }

    /// The threshold, while crossing it would have to be decided about.
    pub(crate) fn buys_below(&self) -> Option<i64> {
        let settings = self.settings.as_ref().filter(|settings| settings.enabled)?;
        (self.charge.is_none() && self.pause.is_none()).then_some(settings.threshold)
    }

    pub(crate) fn spend(&mut self, month: Month, price: i64) {
        let spent = self.spent.entry(month).or_default();
        *spent = spent.saturating_add(price);
        while self.spent.len() > SPENT_MONTHS {
            self.spent.pop_first();
        }
    }

    /// Whether a charge is under way that somebody must look after: not one that its own page can
    /// still pay.
    pub fn open_charge(&self) -> Option<&Charge> {
        self.charge.as_ref().filter(|_| !self.waits_for_holder())
    }

    /// Ends a pause; one for a dispute that came meanwhile follows.
    pub(crate) fn end_pause(&mut self, now: Timestamp) {
        let ended = self.pause.take();
        if ended.is_some_and(|pause| pause.disputed) {
            self.pause(PauseReason::Dispute, None, now);
        }
    }

    /// True if it is paused because the card wants its holder.
    pub(crate) fn waits_for_holder(&self) -> bool {
        let waits = |pause: &Pause| pause.reason == PauseReason::AuthenticationRequired;
        self.pause.as_ref().is_some_and(waits)
    }

    pub(crate) fn pause(&mut self, reason: PauseReason, card: Option<String>, now: Timestamp) {
        self.pause = Some(Pause { reason, card, action_url: None, disputed: false });
        self.not_before = None;
        self.wake_at = match reason {
            PauseReason::Dispute => None,
            PauseReason::Declined
            | PauseReason::AuthenticationRequired
            | PauseReason::NoPaymentMethod => Some(now.plus_seconds(LOOK_SECONDS)),
        };
    }
}

impl Books {
    /// Whether a pack is bought when so many tokens are available.
    pub fn verdict(&self, available: i64, now: Timestamp) -> Verdict {
        let decided = &self.credits.decided;
        if decided.charge.is_some() {
            return Verdict::Charging;
        }
        let settings = decided.settings.as_ref().filter(|settings| settings.enabled);
        let (Some(settings), Some(offer)) = (settings, &self.offer) else {
            return Verdict::Off;
        };

        let month = Month::of(now);
        let used = decided.spent_in(month).saturating_add(decided.reserved_in(month));
        let fits = used.saturating_add(offer.price.amount) <= settings.limit.amount
            && settings.limit.currency == offer.price.currency;
        match decided.not_before.filter(|at| now < *at) {
            _ if self.is_held(now) => Verdict::Held,
            _ if decided.pause.is_some() => Verdict::Paused,
            _ if available >= settings.threshold => Verdict::Enough,
            Some(at) => Verdict::Waits(at),
            None if !fits => Verdict::OverLimit,
            None => Verdict::Buy,
        }
    }

    /// True for an account that is disabled or closed.
    fn is_held(&self, now: Timestamp) -> bool {
        match self.standing.state_at(now) {
            State::Terminated | State::Canceled | State::Disabled => true,
            State::Restricted | State::PastDue | State::Active => false,
        }
    }

    /// True while a charge that was begun may be made: auto-recharge is on, and the account is
    /// neither disabled nor closed.
    pub fn wants_charge(&self, now: Timestamp) -> bool {
        let settings = self.credits.decided.settings.as_ref();
        settings.is_some_and(|settings| settings.enabled) && !self.is_held(now)
    }

    /// A change with what follows from it for auto-recharge, when so many tokens are available
    /// behind it. Nothing when nothing does.
    pub(crate) fn recharged(
        &self,
        change: Change,
        available: i64,
        now: Timestamp,
    ) -> Option<Change> {
        let mut change = change;
        let mut decided = change.decided.take().unwrap_or_else(|| self.credits.decided.clone());
        let books = Self {
            credits: Credits { decided: decided.clone(), ..self.credits.clone() },
            ..self.clone()
        };
        let month = Month::of(now);
        match books.verdict(available, now) {
            Verdict::Charging | Verdict::Paused => {}
            Verdict::Off | Verdict::Held | Verdict::Enough => decided.wake_at = None,
            Verdict::Waits(at) => decided.wake_at = Some(at),
            Verdict::OverLimit => {
                decided.wake_at = Some(month.end());
                if decided.told_limit != Some(month) {
                    decided.told_limit = Some(month);
                    change.journal.extend(books.limit_reached(now));
                }
            }
            Verdict::Buy => {
                let purchase = books.begin(now)?;
                let (id, price) = (purchase.id.clone(), purchase.offer.price.amount);
                let outcome = Outcome::Charging;
                let attempt = Attempt { purchase: id.clone(), at: now, price, outcome };
                decided.last_attempt = Some(attempt);
                decided.charge = Some(Charge { purchase: id, month, price });
                decided.not_before = None;
                decided.wake_at = Some(now.plus_seconds(SWEEP_SECONDS));
                change.purchase = Some(purchase);
            }
        }
        change.decided = Some(decided).filter(|decided| *decided != self.credits.decided);
        Some(change)
    }

    fn begin(&self, now: Timestamp) -> Option<Purchase> {
        let (offer, id) = (self.offer.clone()?, self.next.clone());
        let token = id.as_str().to_owned();
        let intent = Intent::new(token.clone(), token, offer.pack.clone(), now);
        Some(Purchase::new(How::Recharge, offer, intent, id))
    }

    fn limit_reached(&self, now: Timestamp) -> Option<Entry> {
        let settings = self.credits.decided.settings.as_ref()?;
        let offer = self.offer.as_ref()?;
        let spent =
            Money { amount: self.credits.decided.spent_in(Month::of(now)), ..settings.limit };
        let entry = Entry::new(now, Kind::Credits(CreditsEvent::LimitReached), None)
            .with("spending_limit", None, Some(Value::Money(settings.limit)))
            .with("spent_this_period", None, Some(Value::Money(spent)))
            .with("price", None, Some(Value::Money(offer.price)))
            .with("resets_at", None, Some(Value::Time(Month::of(now).end())));
        Some(entry)
    }

    /// New settings (D13). A pause because of a dispute ends with them: somebody looked at it.
    pub fn set_recharge(&self, settings: Settings, now: Timestamp) -> Change {
        let known = self.credits.decided.settings.as_ref();
        let mut decided = self.credits.decided.clone();
        let mut change = Change::on(&self.credits);
        let entry = described(
            Entry::new(now, Kind::Credits(CreditsEvent::RechargeSet), None),
            known,
            &settings,
        );
        if !entry.changes.is_empty() {
            change.journal.push(entry);
        }
        let disputed = |pause: &Pause| pause.reason == PauseReason::Dispute;
        if let Some(pause) = decided.pause.as_mut().filter(|_| settings.enabled) {
            pause.disputed = false;
        }
        if settings.enabled && decided.pause.as_ref().is_some_and(disputed) {
            decided.pause = None;
            change.journal.push(Entry::new(
                now,
                Kind::Credits(CreditsEvent::RechargeResumed),
                None,
            ));
        }
        let limit = decided.settings.as_ref().map(|known| known.limit);
        if limit != Some(settings.limit) {
            decided.told_limit = None;
        }
        decided.settings = Some(settings);
        change.decided = Some(decided);
        let available = self.credits.counted.available;
        self.recharged(change.clone(), available, now).unwrap_or(change)
    }

    /// Looks at it though nothing happened: the month has turned, or the wait after a decline is
    /// over. Nothing when nothing follows.
    pub fn look(&self, now: Timestamp) -> Option<Change> {
        let available = self.credits.counted.available;
        let change = self.recharged(Change::on(&self.credits), available, now)?;
        Some(change).filter(|change| change.decided.is_some())
    }
}

/// What of the settings changed.
fn described(entry: Entry, known: Option<&Settings>, new: &Settings) -> Entry {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let enabled = |settings: &Settings| text(if settings.enabled { "on" } else { "off" });
    entry
        .with("auto_recharge", known.and_then(enabled), enabled(new))
        .with(
            "threshold",
            known.map(|it| Value::Number(it.threshold)),
            Some(Value::Number(new.threshold)),
        )
        .with(
            "spending_limit",
            known.map(|it| Value::Money(it.limit)),
            Some(Value::Money(new.limit)),
        )
        .with("pack", known.and_then(|it| text(&it.pack)), text(&new.pack))
}
