//! A change that has been worked out becomes true, and its invoice is made.

use super::Change;
use crate::invoices::{Line, NewInvoice};
use crate::stripe::Stripe;
use crate::subscriptions::Subscription;
use crate::subscriptions::invoicing::{self, Occasion, instant};

impl Change {
    /// Makes a subscription what the change makes of it.
    pub(crate) fn adopt(&self, subscription: &mut Subscription) {
        subscription.items.clone_from(&self.items);
        subscription.anchor = self.anchor;
        subscription.trial = self.trial;
        subscription.status = self.status.unwrap_or(subscription.status);
        if subscription.cancel_at_period_end {
            subscription.cancel_at = Some(subscription.period_end());
        }
    }
}

/// When the invoice of a change becomes final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Final {
    /// Whoever makes it sees to that at once.
    AtOnce,
    /// By itself, an hour later.
    Later,
}

/// Applies a change: invoice items and the invoice are made, and the subscription is what it says.
/// The invoice is still a draft. Answers with its id.
pub(crate) fn apply(stripe: &mut Stripe, id: &str, change: &Change, when: Final) -> Option<String> {
    let mut next = stripe.subscriptions.get(id)?.clone();
    change.adopt(&mut next);
    let waits = !change.invoices;
    let (own, direct) = invoicing::write(stripe, &mut next, change.lines.clone(), waits);
    let new = change.invoices.then(|| {
        let mut new = invoice(stripe, &next, change, direct, own, false);
        new.auto_advance = when == Final::Later && invoicing::advances(&next);
        new
    });
    stripe.subscriptions.add(next);
    invoicing::make(stripe, id, new?)
}

/// The invoice of a change.
pub(crate) fn invoice(
    stripe: &Stripe,
    next: &Subscription,
    change: &Change,
    lines: Vec<Line>,
    own_items: Vec<String>,
    decides: bool,
) -> NewInvoice {
    let occasion = Occasion {
        reason: "subscription_update",
        period: instant(stripe.time_of(Some(&next.customer))),
        by_itself: false,
        takes_pending: change.takes_pending,
        decides,
    };
    invoicing::new_invoice(stripe, next, lines, own_items, occasion)
}
