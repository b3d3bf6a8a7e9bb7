//! The rest of a period whose renewal was voided while the account was disabled (requirements,
//! "Suspended in C10").
//!
//! Stripe voids the renewals of a disabled account, because our pause of its collection says so:
//! the debt does not grow with time without service. An account that comes back inside such a
//! period is invoiced the rest of it, by the second, once. The bill is written in the transaction
//! that brings the account back, with its amounts, and made at Stripe afterwards: so nothing of it
//! is lost or decided anew, whatever breaks in between.

use rust_decimal::Decimal;

use crate::account::Standing;
use crate::bill::{Bill, Charge};
use crate::fact::{BillingReason, InvoiceStatus, Pause, SubscriptionSnapshot};
use crate::intent::Intent;
use crate::invoice::Invoice;
use crate::journal::{Entry, Kind, Value};
use crate::money::{Money, TooLarge};
use crate::overage::{self, Line, day_name, to_chargeable};
use crate::time::Timestamp;
use crate::voided::{Rest, Stage, VoidedRenewal};

/// Longest time from finalization to the void that a pause makes, in seconds. What stood open for
/// longer was voided by a person: then nothing of it is wanted.
const VOIDED_SECONDS_MAX: i64 = 3_600;

/// Reason why the rest of a period has no price here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unpriced {
    /// The subscription's prices are not a plan's fee with seats.
    #[error("the prices of the subscription are of a kind that is not sold by the catalog")]
    NoFee,
    /// No real sum is that large.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// The rest of a period with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Priced {
    rest: Rest,
    lines: Vec<Line>,
    total: Money,
}

/// Place of a voided renewal, seen from the subscription as it is known.
enum Place<'a> {
    /// In the period that runs.
    Here(&'a SubscriptionSnapshot),
    /// Ahead of the period that is known: the subscription's own event has not come yet.
    Ahead,
    /// In a period that is over, or of a subscription that is.
    Over,
}

impl Standing {
    /// Remembers a renewal that Stripe voided because the account is disabled: our pause is there,
    /// or was until the payment that brought the account back. Order and repetition of facts do not
    /// matter: the latest renewal counts.
    pub(crate) fn remember_voided(
        &mut self,
        known: Option<&Invoice>,
        invoice: &Invoice,
        now: Timestamp,
    ) {
        let is_new = known.and_then(|known| known.status) != Some(InvoiceStatus::Void);
        if !is_new || invoice.status != Some(InvoiceStatus::Void) {
            return;
        }
        let (Some(terms), Some(voided_at)) = (&invoice.terms, invoice.ended_at) else { return };
        let Some(current) = &self.subscription else { return };
        let is_renewal = terms.reason == BillingReason::Subscription
            && terms.subscription.as_ref() == Some(&current.id);
        let was_paused =
            current.pause == Some(Pause::Ours) || self.disabled_until >= Some(voided_at);
        let by_pause = voided_at <= terms.finalized_at.plus_seconds(VOIDED_SECONDS_MAX);
        // A bill that is still to be made goes before: the standing names one renewal.
        let is_later = self
            .voided
            .is_none_or(|before| before.at < terms.created && before.stage != Stage::Billed);
        if is_renewal && was_paused && by_pause && is_later {
            let (at, total) = (terms.created, terms.total);
            // Heard of late, or voided before our pause was off: service is back already.
            let stage = if self.state_at(now).is_unserved() {
                Stage::Unserved
            } else {
                Stage::Back(self.noticed.since.max(voided_at))
            };
            self.voided = Some(VoidedRenewal { at, total, stage });
        }
    }

    /// The bill for the rest of the period, with its entry, where the account gets service again in
    /// a period whose renewal was voided. It is made once: the standing says so in the same
    /// transaction. A rest that has no price is named by the standing all the same, without a bill,
    /// so that an operator gets to know of it.
    pub(crate) fn bill_rest(&mut self, now: Timestamp) -> Option<(Bill, Entry)> {
        let voided = self.voided?;
        let back_at = match voided.stage {
            Stage::Unserved if self.state_at(now).is_unserved() => return None,
            Stage::Unserved => now,
            Stage::Back(at) => at,
            Stage::Billed => return None,
        };

        let place = self.place(voided);
        if matches!(place, Place::Ahead) {
            self.voided = Some(VoidedRenewal { stage: Stage::Back(back_at), ..voided });
            return None;
        }
        let billed = Some(VoidedRenewal { stage: Stage::Billed, ..voided });
        let priced = match voided.priced(&place, back_at) {
            Ok(Some(priced)) => priced,
            Ok(None) => {
                self.voided = None;
                return None;
            }
            // The rest stays named and has no bill: who comes to make its invoice says so.
            Err(_) => {
                self.voided = billed;
                return None;
            }
        };

        self.voided = billed;
        let entry = priced.entry(now);
        Some((self.rest_billed(priced, now)?, entry))
    }

    /// Price of the rest of the period, before tax, if the account came back at that time: the
    /// customer is told before paying. None where nothing of the kind would be charged.
    pub fn price_of_return(&self, now: Timestamp) -> Option<(Rest, Money)> {
        let voided = self.voided.filter(|voided| voided.stage == Stage::Unserved)?;
        let priced = voided.priced(&self.place(voided), now).ok().flatten()?;
        Some((priced.rest, priced.total))
    }

    /// Creation of the voided renewal whose rest is still to be invoiced at Stripe.
    pub fn rest_to_invoice(&self) -> Option<Timestamp> {
        self.voided.filter(|voided| voided.stage == Stage::Billed).map(|voided| voided.at)
    }

    /// The standing once that rest is invoiced, or never will be.
    #[must_use]
    pub fn rest_concluded(&self) -> Self {
        Self { voided: None, retry_at: None, ..self.clone() }
    }

    fn place(&self, voided: VoidedRenewal) -> Place<'_> {
        match self.live_subscription().filter(|live| live.status.is_in_force()) {
            Some(live) if voided.at >= live.period_end => Place::Ahead,
            Some(live) if voided.at >= live.period_start => Place::Here(live),
            Some(_) | None => Place::Over,
        }
    }

    fn rest_billed(&self, priced: Priced, now: Timestamp) -> Option<Bill> {
        let live = self.live_subscription()?;
        let renewal = priced.rest.renewal;
        // Unique at Stripe, and the same whoever writes it: the subscription is.
        let token = format!("rest-{}-{}", live.id, renewal.0);
        Some(Bill {
            version: 0,
            charge: Charge::Rest(priced.rest),
            plan: live.plan.clone(),
            lines: priced.lines,
            pages: 0,
            total: priced.total,
            collection: self.collection,
            net_days: self.net_days,
            tax_rates: None,
            intent: Intent::new(Charge::Rest(priced.rest).id(), token, String::new(), now),
            invoice: None,
            refused: None,
        })
    }
}

impl VoidedRenewal {
    /// The rest of the period from a time on, priced; none when it costs nothing.
    ///
    /// # Errors
    /// [`Unpriced`]: something is owed, and how much is not known here.
    fn priced(self, place: &Place<'_>, back_at: Timestamp) -> Result<Option<Priced>, Unpriced> {
        let live = match place {
            Place::Here(live) => live,
            Place::Ahead | Place::Over => return Ok(None),
        };
        let (from, until) = (back_at.max(live.period_start), live.period_end);
        if from >= until || self.total <= 0 {
            return Ok(None);
        }

        let rest = Rest { renewal: self.at, from, until };
        let lines = self.lines(live, rest)?;
        let total = overage::total(&lines)?;
        Ok(total.map(|total| Priced { rest, lines, total }))
    }

    /// A line for the plan and one for its seats, without those that come to nothing.
    fn lines(self, live: &SubscriptionSnapshot, rest: Rest) -> Result<Vec<Line>, Unpriced> {
        let fee = live.fee.as_ref().ok_or(Unpriced::NoFee)?;
        let seats = i64::try_from(live.seats).map_err(|_| TooLarge)?;
        let all_seats = fee.seat_amount.unwrap_or(0).checked_mul(seats).ok_or(TooLarge)?;
        let seat_word = if live.seats == 1 { "seat" } else { "seats" };
        let when = format!("from {} to {}", day_name(rest.from), last_day(rest.until));
        let parts = [
            ("plan", fee.plan_amount, format!("{}, {when}", live.plan)),
            ("seats", all_seats, format!("{} {seat_word} of {}, {when}", live.seats, live.plan)),
        ];

        let share = self.share(live, rest)?;
        let mut lines = Vec::new();
        for (item, whole, description) in parts {
            let exact = Decimal::from(whole).checked_mul(share).ok_or(TooLarge)?;
            let amount = to_chargeable(exact, fee.currency)?;
            if amount > 0 {
                let amount = Money::new(amount, fee.currency);
                lines.push(Line::new(item, description, amount));
            }
        }
        Ok(lines)
    }

    /// Share of the renewal's price that is charged: by Stripe's seconds (C4), and by what the
    /// voided invoice came to where a discount made it less.
    fn share(self, live: &SubscriptionSnapshot, rest: Rest) -> Result<Decimal, TooLarge> {
        let seconds = |from: Timestamp, until: Timestamp| until.0.saturating_sub(from.0);
        let whole = Decimal::from(seconds(live.period_start, live.period_end));
        let left = Decimal::from(seconds(rest.from, rest.until));
        let by_time = left.checked_div(whole).ok_or(TooLarge)?;

        let Some(fee) = &live.fee else { return Ok(by_time) };
        let renewal = fee.renewal(live.seats)?.amount;
        let mut full = renewal;
        for rate in &live.tax_rates {
            full = full.checked_add(rate.on(renewal)?).ok_or(TooLarge)?;
        }
        // Stripe rounds tax for each line: a few units less are no discount.
        let lines = i64::try_from(live.tax_rates.len()).map_err(|_| TooLarge)?;
        let rounding = lines.saturating_mul(2);
        if self.total >= full.saturating_sub(rounding) {
            return Ok(by_time);
        }
        let by_discount = Decimal::from(self.total.max(0)).checked_div(Decimal::from(full));
        by_time.checked_mul(by_discount.ok_or(TooLarge)?).ok_or(TooLarge)
    }
}

impl Priced {
    fn entry(&self, now: Timestamp) -> Entry {
        Entry::new(now, Kind::RestBilled, None)
            .with("total", None, Some(Value::Money(self.total)))
            .with("from", None, Some(Value::Time(self.rest.from)))
            .with("until", None, Some(Value::Time(self.rest.until)))
    }
}

/// The last day of a period that ends at an instant.
fn last_day(until: Timestamp) -> String {
    day_name(until.plus_seconds(-1))
}

#[cfg(test)]
mod tests;
