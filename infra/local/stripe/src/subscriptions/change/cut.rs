//! A period that ends earlier, or later again, because the subscription does
//! (docs.stripe.com/billing/subscriptions/cancel, "Set a custom cancel date"). In classic mode
//! Stripe moves the anchor to that end as well; here it stays where it is in both modes.

use billing::time::Timestamp;

use super::Work;
use crate::subscriptions::{items, lines, proration};

impl Work<'_> {
    /// Periods end with the subscription: what they lose is credited, what they win back is billed.
    pub(super) fn cut(&mut self, cancel_at: Option<Timestamp>) {
        self.next.cancel_at = cancel_at;
        if self.old.trial_end().is_some() {
            return;
        }
        for place in 0..self.next.items.len() {
            let Some(item) = self.next.items.get(place).cloned() else { continue };
            let (start, end) = item.period;
            let natural = items::cycle(self.stripe, self.next.anchor, &item, start).1;
            let target = cancel_at.map_or(natural, |at| natural.min(at));
            if target < end {
                self.credit(place, target);
            } else if target > end && self.prorates {
                let mut longer = item.clone();
                let time = (end, target);
                let amount = proration::price_of(self.stripe, self.next.anchor, &longer, time);
                let line = lines::remaining(self.stripe, &self.next, &longer, time, amount);
                self.bill(&mut longer, line);
                if let Some(kept) = self.next.items.get_mut(place) {
                    *kept = longer;
                }
            }
            if let Some(kept) = self.next.items.get_mut(place) {
                kept.period = (start, target);
            }
        }
    }
}
