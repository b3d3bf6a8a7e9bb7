//! What a change makes of a subscription, and what it bills: worked out without changing anything,
//! so that previews and updates cannot differ.
//!
//! Sources: docs.stripe.com/billing/subscriptions/prorations, .../change-price, .../billing-cycle
//! and .../billing-mode/compare. In classic mode another interval, or the step from free to paid,
//! moves the anchor to the moment of the change and bills the new period at once. In flexible mode
//! the anchor moves only when it is told to; an item whose interval changes goes over into the
//! cycle of the old anchor, and only the rest of that is billed. Moving the anchor there makes an
//! invoice at once when items change with it or `always_invoice` is asked for.

mod apply;
mod cut;
mod trial;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::items::{self, ItemChange};
use super::period::Period;
use super::{
    Billed, BillingMode, Source, Subscription, SubscriptionItem, SubscriptionStatus, lines, period,
    proration,
};
use crate::invoices::Line;
use crate::stripe::Stripe;

pub(crate) use apply::{Final, apply, invoice};

/// Stripe's `proration_behavior`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prorations {
    /// They wait for the next invoice.
    Create,
    /// They are invoiced at once.
    Invoice,
    /// There are none.
    None,
}

/// Another end of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrialEnd {
    /// Now.
    Now,
    /// Then.
    At(Timestamp),
}

/// Another end of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Then.
    At(Timestamp),
    /// None.
    Never,
}

impl End {
    /// When, if ever.
    pub(crate) fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Never => None,
        }
    }
}

/// What is asked to be changed of what a subscription bills.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Items, with the ids that new ones get.
    pub items: Vec<(ItemChange, Option<SubscriptionItem>)>,
    /// What becomes of prorations.
    pub prorations: Prorations,
    /// As of when they are worked out.
    pub date: Timestamp,
    /// True if the anchor moves to now.
    pub anchor_now: bool,
    /// Another end of its trial.
    pub trial: Option<TrialEnd>,
    /// Another time of its end.
    pub end: Option<End>,
    /// Time at which it is asked.
    pub now: Timestamp,
}

/// What a subscription becomes, and what that bills.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Its items then.
    pub items: Vec<SubscriptionItem>,
    /// Its anchor then.
    pub anchor: Timestamp,
    /// Its latest trial then.
    pub trial: Option<Period>,
    /// Its status then, where the change moves it.
    pub status: Option<SubscriptionStatus>,
    /// What it bills: prorations become invoice items.
    pub lines: Vec<Line>,
    /// True if it is invoiced at once.
    pub invoices: bool,
    /// True if that invoice takes all pending invoice items with it.
    pub takes_pending: bool,
}

/// Works a change out.
pub(crate) fn propose(stripe: &Stripe, subscription: &Subscription, asked: &Asked) -> Change {
    let mut work = Work {
        stripe,
        asked,
        old: subscription,
        next: subscription.clone(),
        lines: Vec::new(),
        invoices: false,
        prorates: asked.prorations != Prorations::None
            && subscription.status != SubscriptionStatus::Paused,
    };
    let touched = work.touched();
    if subscription.status == SubscriptionStatus::Paused {
        work.change_items();
    } else if let Some(end) = asked.trial {
        work.trial(end);
    } else if asked.anchor_now || work.resets_by_itself() {
        work.reset(!touched.is_empty());
    } else {
        work.adjust(&touched);
    }
    if let Some(end) = asked.end {
        work.cut(end.at());
    }
    let adjusted = !work.lines.is_empty();
    let invoices = work.invoices || adjusted && asked.prorations == Prorations::Invoice;
    let status = (work.next.status != subscription.status).then_some(work.next.status);
    let flexible = subscription.mode == BillingMode::Flexible;
    Change {
        items: work.next.items,
        anchor: work.next.anchor,
        trial: work.next.trial,
        status,
        lines: work.lines,
        invoices,
        takes_pending: flexible || asked.prorations != Prorations::Invoice,
    }
}

/// What all items cost for the rest of their periods, as when a paused subscription runs again.
pub(crate) fn rest_of_period(
    stripe: &Stripe,
    subscription: &Subscription,
    asked: &Asked,
) -> Change {
    let none: Asked = Asked { prorations: Prorations::None, ..asked.clone() };
    let mut change = propose(stripe, subscription, &none);
    if asked.prorations == Prorations::None {
        return change;
    }
    let mut work = Work {
        stripe,
        asked,
        old: subscription,
        next: subscription.clone(),
        lines: Vec::new(),
        invoices: false,
        prorates: true,
    };
    for item in &mut change.items {
        work.debit(item);
    }
    change.invoices = asked.prorations == Prorations::Invoice;
    change.lines = work.lines;
    change
}

/// A change being worked out.
struct Work<'a> {
    stripe: &'a Stripe,
    asked: &'a Asked,
    old: &'a Subscription,
    next: Subscription,
    lines: Vec<Line>,
    invoices: bool,
    prorates: bool,
}

impl Work<'_> {
    /// The ids of items whose price or quantity changes, of new ones and of those that go.
    fn touched(&self) -> Vec<String> {
        let touches = self.asked.items.iter().filter_map(|(change, new)| {
            let Some(id) = &change.item else { return new.as_ref().map(|new| new.id.clone()) };
            let item = self.old.items.iter().find(|item| item.id == *id)?;
            let (price, quantity) = wanted(change, item);
            let same = price == item.price && quantity == item.quantity && !change.deleted;
            (!same).then(|| id.clone())
        });
        touches.collect()
    }

    /// Makes the items what is asked for; periods stay, and new items begin and end with now.
    fn change_items(&mut self) {
        for (change, new) in &self.asked.items {
            match &change.item {
                None => self.next.items.extend(new.clone()),
                Some(id) if change.deleted => self.next.items.retain(|item| item.id != *id),
                Some(id) => {
                    let item = self.next.items.iter_mut().find(|item| item.id == *id);
                    let Some(item) = item else { continue };
                    (item.price, item.quantity) = wanted(change, item);
                    item.metadata.update(&change.params);
                    if let Some(rates) = &change.tax_rates {
                        item.tax_rates.clone_from(rates);
                    }
                }
            }
        }
    }

    /// What classic mode takes as a reason to move the anchor.
    fn resets_by_itself(&self) -> bool {
        if self.old.mode != BillingMode::Classic || self.old.trial_end().is_some() {
            return false;
        }
        let mut work = Work {
            stripe: self.stripe,
            asked: self.asked,
            old: self.old,
            next: self.old.clone(),
            lines: Vec::new(),
            invoices: false,
            prorates: false,
        };
        work.change_items();
        let after = work.next;
        let every = |subscription: &Subscription| {
            let first = subscription.items.first()?;
            items::recurring(self.stripe, first)
        };
        let other = match (every(self.old), every(&after)) {
            (Some(was), Some(is)) => !period::alike(was, is),
            _ => false,
        };
        other || self.free(self.old) && !self.free(&after)
    }

    /// True if every price is zero.
    fn free(&self, subscription: &Subscription) -> bool {
        let price = |item: &SubscriptionItem| self.stripe.prices.get(&item.price);
        subscription.items.iter().all(|item| price(item).is_some_and(|price| price.amount(1) == 0))
    }

    /// Moves the anchor to now: unused time is credited, and new periods begin.
    fn reset(&mut self, touched: bool) {
        self.credit_all();
        self.change_items();
        self.next.anchor = self.asked.now;
        self.next.trial = self.next.trial.filter(|_| self.old.trial_end().is_none());
        self.begin_periods();
        self.invoices = self.old.mode == BillingMode::Classic || touched;
    }

    /// Credits what is left of all items, and forgets what was billed of it.
    fn credit_all(&mut self) {
        for place in 0..self.next.items.len() {
            self.credit(place, self.asked.date);
        }
    }

    /// Credits an item from a time on.
    fn credit(&mut self, place: usize, from: Timestamp) {
        let Some(mut item) = self.next.items.get(place).cloned() else { return };
        if self.prorates {
            let until = item.period.1;
            let credits = proration::credits(self.stripe, self.old, &mut item, from, until);
            self.lines.extend(credits);
        }
        if let Some(kept) = self.next.items.get_mut(place) {
            *kept = item;
        }
    }

    /// Full periods from now on, for all items.
    fn begin_periods(&mut self) {
        let now = self.asked.now;
        for place in 0..self.next.items.len() {
            let Some(mut item) = self.next.items.get(place).cloned() else { continue };
            let whole = items::cycle(self.stripe, self.next.anchor, &item, now);
            let end = self.next.cancel_at.filter(|_| !self.next.cancel_at_period_end);
            item.period = (now, end.map_or(whole.1, |at| whole.1.min(at)));
            let amount = proration::price_of(self.stripe, self.next.anchor, &item, item.period);
            let mut line = lines::advance(self.stripe, &self.next, &item, item.period, amount);
            line.metadata = self.next.metadata.clone();
            item.billed.clear();
            self.bill(&mut item, line);
            if let Some(kept) = self.next.items.get_mut(place) {
                *kept = item;
            }
        }
    }

    /// Adds a line, and notes that the item stands billed for its time.
    fn bill(&mut self, item: &mut SubscriptionItem, line: Line) {
        item.billed.push(Billed {
            price: item.price.clone(),
            quantity: item.quantity,
            amount: line.amount,
            period: line.period,
            until: line.period.1,
            tax_rates: item.tax_rates.clone(),
            source: Source::Planned(self.lines.len()),
        });
        self.lines.push(line);
    }

    /// The anchor stays: what changes is credited and billed for the rest of its period.
    fn adjust(&mut self, touched: &[String]) {
        let before = self.next.items.clone();
        for place in 0..self.next.items.len() {
            let changes = self.next.items.get(place).is_some_and(|it| touched.contains(&it.id));
            if changes {
                self.credit(place, self.asked.date);
            }
        }
        self.change_items();
        for place in 0..self.next.items.len() {
            let Some(mut item) = self.next.items.get(place).cloned() else { continue };
            if !touched.contains(&item.id) {
                continue;
            }
            self.place(&mut item, &before);
            self.debit(&mut item);
            if let Some(kept) = self.next.items.get_mut(place) {
                *kept = item;
            }
        }
    }

    /// Gives an item that is new, or has another interval, its place in the anchor's cycles.
    fn place(&self, item: &mut SubscriptionItem, before: &[SubscriptionItem]) {
        if let Some(end) = self.old.trial_end() {
            let start = before.iter().find(|old| old.id == item.id).map(|old| old.period.0);
            item.period = (start.unwrap_or(self.asked.now), end);
            return;
        }
        let every = items::recurring(self.stripe, item);
        let alike = |other: &SubscriptionItem| match (items::recurring(self.stripe, other), every) {
            (Some(one), Some(other)) => period::alike(one, other),
            _ => false,
        };
        let own = before.iter().find(|old| old.id == item.id && alike(old));
        if let Some(sibling) = own.or_else(|| before.iter().find(|old| alike(old))) {
            item.period = sibling.period;
            return;
        }
        let now = self.asked.now;
        let whole = items::cycle(self.stripe, self.next.anchor, item, now);
        let end = self.next.cancel_at.map_or(whole.1, |at| whole.1.min(at));
        // A cycle that begins this moment is billed as a period when it is looked at next.
        item.period = if whole.0 == now { (now, now) } else { (whole.0, end) };
    }

    /// Bills an item for the rest of its period.
    fn debit(&mut self, item: &mut SubscriptionItem) {
        let time = (self.asked.date.max(item.period.0), item.period.1);
        if !self.prorates || time.0 >= time.1 {
            return;
        }
        if self.old.trial_end().is_some() {
            // Flexible mode bills nothing for what changes in a trial, and says so on an invoice.
            if self.old.mode == BillingMode::Flexible {
                let line = lines::trial(self.stripe, &self.next, item, time);
                self.bill(item, line);
                self.invoices = true;
            }
            return;
        }
        let amount = proration::price_of(self.stripe, self.next.anchor, item, time);
        let line = lines::remaining(self.stripe, &self.next, item, time, amount);
        self.bill(item, line);
    }
}

/// The price and quantity that are asked for. Another price makes the quantity 1 unless one is
/// given (docs.stripe.com/billing/subscriptions/change-price).
fn wanted(change: &ItemChange, item: &SubscriptionItem) -> (String, i64) {
    let price = change.price.clone().unwrap_or_else(|| item.price.clone());
    let usual = if price == item.price { item.quantity } else { 1 };
    (price, change.quantity.unwrap_or(usual))
}
