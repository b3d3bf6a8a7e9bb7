//! A trial that is given to a running subscription, moved, or ended now.

use super::{TrialEnd, Work};
use crate::subscriptions::{BillingMode, MissingPaymentMethod, SubscriptionStatus, lines, trial};

impl Work<'_> {
    /// Gives, moves or ends a trial. Its end is the anchor then.
    pub(super) fn trial(&mut self, end: TrialEnd) {
        let now = self.asked.now;
        let was = self.old.trial_end();
        match end {
            TrialEnd::Now if was.is_some() && self.pauses() => {
                self.change_items();
                self.next.trial = self.next.trial.map(|(start, _)| (start, now));
                self.next.status = SubscriptionStatus::Paused;
                for item in &mut self.next.items {
                    item.period.1 = now;
                }
            }
            TrialEnd::Now => {
                self.credit_all();
                self.change_items();
                if was.is_some() {
                    self.next.trial = self.next.trial.map(|(start, _)| (start, now));
                    self.next.status = SubscriptionStatus::Active;
                }
                self.next.anchor = now;
                self.begin_periods();
                self.invoices = true;
            }
            TrialEnd::At(end) if was.is_some() => {
                self.change_items();
                self.next.trial = self.next.trial.map(|(start, _)| (start, end));
                self.next.anchor = end;
                for item in &mut self.next.items {
                    item.period.1 = end;
                }
            }
            TrialEnd::At(end) => {
                self.credit_all();
                self.change_items();
                let first = self.old.trial.filter(|_| self.old.mode == BillingMode::Classic);
                self.next.trial = Some((first.map_or(now, |(start, _)| start), end));
                self.next.status = SubscriptionStatus::Trialing;
                self.next.anchor = end;
                self.begin_trial((now, end));
            }
        }
    }

    /// True if the end of the trial finds no payment method, and pauses the subscription for it.
    fn pauses(&self) -> bool {
        let pauses = self.next.missing_payment_method == MissingPaymentMethod::Pause;
        pauses && trial::payment_method(self.stripe, &self.next).is_none()
    }

    fn begin_trial(&mut self, time: crate::subscriptions::period::Period) {
        for place in 0..self.next.items.len() {
            let Some(mut item) = self.next.items.get(place).cloned() else { continue };
            item.period = time;
            item.billed.clear();
            let line = lines::trial(self.stripe, &self.next, &item, time);
            self.bill(&mut item, line);
            if let Some(kept) = self.next.items.get_mut(place) {
                *kept = item;
            }
        }
        self.invoices = true;
    }
}
