//! Announced price changes (C2): another amount for a price, with at least 30 days' notice.
//!
//! From [`PriceChange::effective_at`] on a new subscription pays the new amount. A running one
//! keeps its price until its first period that begins at that moment or later, and only when its
//! account was told 30 days before that period. So whoever could not be told in time keeps the old
//! price for a period more.

use crate::fact::SubscriptionSnapshot;
use crate::ids::PriceId;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::price::{Fee, Interval};
use crate::time::{DAY_SECONDS, Timestamp};

pub use crate::price::Part;

/// How long before it applies a change is told, in seconds (C2).
pub const NOTICE_SECONDS: i64 = 30 * DAY_SECONDS;
/// How long before a period begins a running subscription gets that period's price, in seconds.
/// Seats that are bought in between are pro rata of the new amount.
pub const SWAP_SECONDS: i64 = DAY_SECONDS;
/// How long a withdrawn change is still told of to those who were told of it, in seconds.
const TOLD_SECONDS: i64 = 30 * DAY_SECONDS;

/// A change of one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Its id, drawn.
    pub id: String,
    /// The lookup key of the price.
    pub price: String,
    /// The plan that it is a price of.
    pub plan: String,
    /// For how long it pays.
    pub interval: Interval,
    /// What it charges for.
    pub part: Part,
    /// What it is until then.
    pub from: Money,
    /// What it is from then on.
    pub to: Money,
    /// Time at which new subscriptions pay the new amount.
    pub effective_at: Timestamp,
    /// Time at which staff announced it.
    pub announced_at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
    /// Stripe's prices of both amounts; none until Stripe has the new one.
    pub prices: Option<Prices>,
}

/// Stripe's prices before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The old amount's.
    pub from: PriceId,
    /// The new amount's.
    pub to: PriceId,
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It will take effect.
    Announced,
    /// It has, and the lookup key finds the new price.
    InForce,
    /// It was taken back before it did.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// What an account was told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The change's id.
    pub change: String,
    /// Time at which it was announced to the account.
    pub told_at: Timestamp,
    /// Time at which its first mail was accepted: the days of notice count from then (C2).
    pub accepted_at: Option<Timestamp>,
    /// True if the account was told, too, that it was withdrawn.
    pub withdrawn: bool,
}

impl Notice {
    /// Time from which the days of notice count; until a mail is accepted, that of the
    /// announcement, as far as it is only shown.
    fn counts_from(&self) -> Timestamp {
        self.accepted_at.unwrap_or(self.told_at)
    }

    /// The notice for a decision that charges: without an accepted mail no day of notice has begun.
    #[must_use]
    pub fn for_charging(&self) -> Self {
        let accepted_at = self.accepted_at.or(Some(Timestamp::MAX));
        Self { accepted_at, ..self.clone() }
    }
}

/// What an account was told of price changes, with the changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Every change, at least those of which it was told.
    pub changes: Vec<PriceChange>,
    /// Of which it was told.
    pub notices: Vec<Notice>,
}

/// A change of what a running subscription pays, of which its account was notified, and which the
/// subscription does not pay yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Part of the plan that is charged for.
    pub part: Part,
    /// Amount until then.
    pub from: Money,
    /// Amount from then on.
    pub to: Money,
    /// Time from which new subscriptions pay the new amount.
    pub effective_at: Timestamp,
    /// Time at which the account was notified.
    pub told_at: Timestamp,
    /// Beginning of the next period, where that pays the new amount; none where a later one does.
    pub applies_at: Option<Timestamp>,
}

/// The subscription whose price it is, as far as a change asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Time at which the subscription was made.
    pub created: Timestamp,
    /// Time at which its next period begins.
    pub renews_at: Timestamp,
}

impl PriceChange {
    /// True until the first subscription gets the new price: one whose period begins when the
    /// change takes effect. Withdrawn later, it would be charged all the same.
    pub fn can_be_withdrawn(&self, now: Timestamp) -> bool {
        let first = self.effective_at.plus_seconds(SWAP_SECONDS.saturating_neg());
        self.stage == Stage::Announced && now < first
    }

    /// True if some account may still have to be told of it, or some subscription to get the new
    /// price: a period that had begun before it took effect, and another one for who was told late.
    pub fn is_at_work(&self, now: Timestamp) -> bool {
        let days: i64 = match self.interval {
            Interval::Day => 1,
            Interval::Week => 7,
            Interval::Month => 31,
            Interval::Year => 366,
        };
        let periods = days.saturating_mul(DAY_SECONDS).saturating_mul(2);
        let until = match self.stage {
            Stage::Withdrawn { at } => at.plus_seconds(TOLD_SECONDS),
            Stage::Announced | Stage::InForce => {
                self.effective_at.plus_seconds(periods).plus_seconds(NOTICE_SECONDS)
            }
        };
        now < until
    }

    fn is_withdrawn(&self) -> bool {
        match self.stage {
            Stage::Withdrawn { .. } => true,
            Stage::Announced | Stage::InForce => false,
        }
    }

    /// What the journal says when an account is told of it.
    pub fn announcement(&self, at: Timestamp) -> Entry {
        Entry::new(at, Kind::PriceChangeAnnounced, Some(&self.price))
            .with("amount", Some(Value::Money(self.from)), Some(Value::Money(self.to)))
            .with("effective_at", None, Some(Value::Time(self.effective_at)))
    }

    /// What the journal says when an account is told that it was withdrawn.
    pub fn withdrawal(&self, at: Timestamp) -> Entry {
        Entry::new(at, Kind::PriceChangeWithdrawn, Some(&self.price))
            .with("amount", Some(Value::Money(self.to)), Some(Value::Money(self.from)))
            .with("effective_at", Some(Value::Time(self.effective_at)), None)
    }

    /// True if the period that comes pays the new amount, of a subscription that has the old price.
    fn applies(&self, notices: &[Notice], since: Since) -> bool {
        let Some(notice) = notices.iter().find(|notice| notice.change == self.id) else {
            return false;
        };
        // Who bought behind the announcement was shown it. Within its second nobody knows.
        let knew = since.created > self.announced_at;
        let in_time = knew || notice.counts_from().plus_seconds(NOTICE_SECONDS) <= since.renews_at;
        self.effective_at <= since.renews_at && in_time
    }
}

/// What a new subscription pays at a moment for a price that the catalog has at some amount: a
/// catalog that still has an amount from before a change does not take it back.
pub fn in_force(catalog: Money, price: &str, changes: &[PriceChange], at: Timestamp) -> Money {
    let of_it = |it: &&PriceChange| it.price == price && it.effective_at <= at;
    led_on(catalog, changes.iter().filter(of_it))
}

impl Told {
    /// Changes of what a subscription pays that are ahead of it, in the order in which they take
    /// effect. None where its price is not known.
    pub fn ahead_of(&self, live: &SubscriptionSnapshot) -> Vec<Announced> {
        let Some(fee) = live.fee else { return Vec::new() };
        let since = Since { created: live.created, renews_at: live.period_end };
        let is_of_live = |it: &&PriceChange| {
            it.plan == live.plan && Some(it.interval) == live.interval && !it.is_withdrawn()
        };
        let mut changes: Vec<_> = self.changes.iter().filter(is_of_live).collect();
        changes.sort_by_key(|change| change.effective_at);

        let mut ahead = Vec::new();
        for part in [Part::Plan, Part::Seat] {
            let Some(paid) = fee.amount(part) else { continue };
            let mut paid = Money::new(paid, fee.currency);
            for change in changes.iter().filter(|change| change.part == part) {
                let notice = self.notices.iter().find(|notice| notice.change == change.id);
                let Some(notice) = notice.filter(|_| change.from == paid) else { continue };
                paid = change.to;
                ahead.push(Announced {
                    part,
                    from: change.from,
                    to: change.to,
                    effective_at: change.effective_at,
                    told_at: notice.told_at,
                    applies_at: Some(live.period_end)
                        .filter(|_| change.applies(&self.notices, since)),
                });
            }
        }
        ahead.sort_by_key(|change| change.effective_at);
        ahead
    }

    /// What a period that begins at a moment costs of a subscription that stays on its plan, the
    /// plan and each seat: what it pays, unless its account was told of a change in time. Nothing
    /// when it is not known what it pays.
    pub fn fee(&self, live: &SubscriptionSnapshot, begins_at: Timestamp) -> Option<Fee> {
        let fee = live.fee?;
        let since = Since { created: live.created, renews_at: begins_at };
        let next = |part: Part, amount: i64| {
            let of_it = |it: &&PriceChange| {
                it.part == part
                    && it.plan == live.plan
                    && Some(it.interval) == live.interval
                    && it.applies(&self.notices, since)
            };
            led_on(Money::new(amount, fee.currency), self.changes.iter().filter(of_it)).amount
        };
        Some(Fee {
            currency: fee.currency,
            plan_amount: next(Part::Plan, fee.plan_amount),
            seat_amount: fee.seat_amount.map(|amount| next(Part::Seat, amount)),
        })
    }
}

/// Cost of a plan that a running subscription goes over to, in a period that begins later: the
/// price in force now, led on by each change that takes effect by then and that the account can
/// still be notified of in time. An account learns of a change of its new plan with the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead<'a> {
    /// Plan.
    pub plan: &'a str,
    /// Interval.
    pub interval: Interval,
    /// Time of the change of plans.
    pub now: Timestamp,
    /// Beginning of the period.
    pub renews_at: Timestamp,
}

impl Ahead<'_> {
    /// Amount of a part of the plan in that period.
    pub fn amount(&self, part: Part, in_force: Money, told: &Told) -> Money {
        let is_in_time = |change: &PriceChange| {
            let notice = told.notices.iter().find(|notice| notice.change == change.id);
            let counts_from = notice.map_or(self.now, Notice::counts_from);
            counts_from.plus_seconds(NOTICE_SECONDS) <= self.renews_at
        };
        let of_it = |it: &&PriceChange| {
            it.part == part
                && it.plan == self.plan
                && it.interval == self.interval
                && it.effective_at > self.now
                && it.effective_at <= self.renews_at
                && is_in_time(it)
        };
        led_on(in_force, told.changes.iter().filter(of_it))
    }
}

/// Where changes lead from an amount, in the order in which they take effect. Withdrawn ones lead
/// nowhere.
fn led_on<'a>(amount: Money, changes: impl Iterator<Item = &'a PriceChange>) -> Money {
    let mut changes: Vec<_> = changes.filter(|change| !change.is_withdrawn()).collect();
    changes.sort_by_key(|change| change.effective_at);
    changes.into_iter().fold(amount, |amount, it| if it.from == amount { it.to } else { amount })
}

/// The changes that lead on from a price, in their order: those that whoever pays it is told of.
pub fn ahead<'a>(price: &PriceId, changes: &'a [PriceChange]) -> Vec<&'a PriceChange> {
    let mut ahead: Vec<&PriceChange> = Vec::new();
    let mut at = undone(price, changes);
    while let Some((change, prices)) = changes.iter().find_map(|change| {
        let prices = change.prices.as_ref()?;
        let is_next = prices.from == *at && !change.is_withdrawn() && !ahead.contains(&change);
        is_next.then_some((change, prices))
    }) {
        ahead.push(change);
        at = &prices.to;
    }
    ahead
}

/// The price that a subscription is to have for the period that comes, which may be the one that it
/// has.
pub fn price_of_next_period<'a>(
    price: &'a PriceId,
    changes: &'a [PriceChange],
    notices: &[Notice],
    since: Since,
) -> &'a PriceId {
    let applied = ahead(price, changes).into_iter().take_while(|it| it.applies(notices, since));
    let last = applied.last().and_then(|change| change.prices.as_ref());
    last.map_or_else(|| undone(price, changes), |prices| &prices.to)
}

/// The price from before a change that was withdrawn after the subscription had got it.
fn undone<'a>(price: &'a PriceId, changes: &'a [PriceChange]) -> &'a PriceId {
    let withdrawn = changes.iter().filter(|change| change.is_withdrawn());
    let prices = withdrawn.filter_map(|change| change.prices.as_ref());
    prices.into_iter().find(|prices| prices.to == *price).map_or(price, |prices| &prices.from)
}

#[cfg(test)]
mod tests;
