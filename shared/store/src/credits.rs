//! Credits as items: one with the numbers of an account, one for each entry of the ledger, each
//! purchase and each reservation.
//!
//! The numbers are changed by updates only: counted ones by what is added to them, decided ones as
//! a whole, in one map, under the version. So deductions never wait for each other's version, and
//! none of them can put back what another one took.

mod hold;
mod ledger;
mod purchase;
mod reservation;
mod tail;

use invocation::Invocation;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::account::Standing;
use billing::change::Write;
use billing::credits::attempt::{Attempt, Outcome};
use billing::credits::holds::{Holds, HoldsChange, Numbers};
use billing::credits::purchase::Purchase;
use billing::credits::recharge::{Charge, Decided, Pause, PauseReason, Settings};
use billing::credits::{Count, Counted, Credits};
use billing::ids::{AccountId, PaymentIntentId, PurchaseId};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::time::Timestamp;
use billing::words::Word;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys;
use crate::standing;

pub use hold::HoldPlace;
pub(crate) use hold::write as write_hold;
pub use ledger::{Direction, read as read_entry};
pub(crate) use ledger::{write as write_entry, write_page};
pub use purchase::{PaymentLink, read as read_purchase};
pub(crate) use purchase::{
    write as write_purchase, write_foreign as write_foreign_payment,
    write_invoice_link as write_invoice_payment_link, write_link as write_payment_link,
};
pub use reservation::read as read_reservation;
pub(crate) use reservation::write as write_reservation;
pub(crate) use tail::{count_used, read_used, with_tail};

/// Tokens that are available.
const AVAILABLE: &str = "a";
/// Tokens that are reserved.
const RESERVED: &str = "r";
/// What the attribute begins with that says what was used of a month's included tokens.
const INCLUDED: &str = "i_";
/// All that is decided.
const DECIDED: &str = "d";
/// Changes of reservations so far.
const HOLD_CHANGES: &str = "hc";
/// Reservations whose tokens are held.
const HOLDS_OPEN: &str = "ho";
/// No open reservation ends earlier.
const HOLDS_EARLIEST: &str = "he";
/// Reservations that end by then are over, and hold nothing of the numbers.
const HOLDS_UNTIL: &str = "hu";

impl Store {
    /// What is known of a purchase, with the credits and the standing that it changes: one request.
    /// Nothing when there is no such purchase.
    pub async fn purchase(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &PurchaseId,
    ) -> Result<Option<(Standing, Credits, Purchase)>, StoreError> {
        let keys = [keys::standing(account), keys::credits(account), keys::purchase(account, id)];
        let items = self.batch_all(invocation, &keys).await?;
        let [standing, credits, purchase] = keys.map(|key| items.get(&key).cloned());
        let (Some(standing), Some(purchase)) = (standing, purchase) else { return Ok(None) };
        let credits = self.without_lapsed(invocation, account, read(credits.as_ref())?).await?;
        Ok(Some((standing::read(&standing)?, credits, purchase::read(&purchase)?)))
    }

    /// Keeps a purchase as it is now, under the version that it was read at.
    pub async fn keep_purchase(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        purchase: &Purchase,
    ) -> Result<Purchase, StoreError> {
        let version = purchase.version.saturating_add(1);
        self.keep(invocation, account, &[Write::Purchase(purchase.clone())]).await?;
        Ok(Purchase { version, ..purchase.clone() })
    }

    /// Every purchase of an account, in order of their ids.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn purchases(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Purchase>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::PURCHASES).await?;
        items.iter().map(purchase::read).collect()
    }

    /// The purchase that a payment paid, or that it paid none, if that is known.
    pub async fn payment_link(
        &self,
        invocation: &Invocation,
        payment: &PaymentIntentId,
    ) -> Result<Option<PaymentLink>, StoreError> {
        let item = self.get(invocation, keys::payment_link(payment)).await?;
        let link = item.as_ref().map(purchase::read_link).transpose()?;
        Ok(link.filter(|link| match link {
            PaymentLink::Purchase(..) | PaymentLink::Invoice(..) => true,
            PaymentLink::Foreign { until } => invocation.now < *until,
        }))
    }
}

/// The update of an account's numbers, under the version of the credits that the decision was made
/// on.
pub(crate) fn update(account: &AccountId, numbers: &Numbers) -> Expression {
    let (version_read, count) = (numbers.version, &numbers.count);
    // The first to count makes the item, with what is decided.
    let first = (version_read == 0).then(Decided::default);
    let decided = numbers.decided.clone().or(first);
    let mut expression = Expression::new(keys::credits(account));
    let version = expression.name(keys::VERSION);
    if version_read == 0 {
        expression.conditions.push(format!("attribute_not_exists({version})"));
    } else {
        let seen = expression.number(&version_read);
        expression.conditions.push(format!("{version} = {seen}"));
    }
    expression.set_text(keys::ENTITY, "credits");
    if let Some(decided) = &decided {
        let next = expression.number(&version_read.saturating_add(1));
        expression.set.push(format!("{version} = {next}"));
        let name = expression.name(DECIDED);
        let map = expression.value(AttributeValue::M(write_decided(decided)));
        expression.set.push(format!("{name} = {map}"));
        let due = decided.wake_at.map(|at| keys::recharge_due(account, at));
        match &due {
            Some(due) => expression.set_due(due),
            None => expression.remove_due(),
        }
    }
    add(&mut expression, count);
    change_holds(&mut expression, &numbers.holds);
    tail::change(&mut expression, &numbers.ledger, INCLUDED);
    expression
}

/// Adds to the counted numbers, under what must hold of them beforehand.
fn add(expression: &mut Expression, count: &Count) {
    let Count { available, available_min, reserved, included, included_max } = count;
    for (name, tokens) in [(AVAILABLE, *available), (RESERVED, *reserved)] {
        expression.add_number(name, tokens);
    }
    for (month, tokens) in included {
        expression.add_number(&format!("{INCLUDED}{month}"), *tokens);
    }
    if let Some(min) = available_min {
        let (name, min) = (expression.name(AVAILABLE), expression.number(min));
        expression.conditions.push(format!("{name} >= {min}"));
    }
    if let Some((month, max)) = included_max {
        let name = expression.name(&format!("{INCLUDED}{month}"));
        let max = expression.number(max);
        expression.conditions.push(format!("(attribute_not_exists({name}) OR {name} <= {max})"));
    }
}

/// Changes what the numbers know of open reservations, under what must hold of these.
fn change_holds(expression: &mut Expression, change: &HoldsChange) {
    let HoldsChange { lapse, changed, open, earliest, earliest_seen } = change;
    if changed.is_some() {
        expression.add_number(HOLD_CHANGES, 1);
    }
    expression.add_number(HOLDS_OPEN, *open);
    match earliest {
        Some(Some(at)) => expression.set_number(HOLDS_EARLIEST, at.0),
        Some(None) => expression.remove(HOLDS_EARLIEST),
        None => {}
    }

    if let Some((until, seen)) = lapse {
        expression.set_number(HOLDS_UNTIL, until.0);
        expression.must_be(HOLDS_UNTIL, seen.lapsed_until.map(|at| at.0));
        expression.must_be(HOLD_CHANGES, Some(seen.changes).filter(|changes| *changes != 0));
        return;
    }
    let Some(ends_at) = changed else { return };
    let (until, end) = (expression.name(HOLDS_UNTIL), expression.number(&ends_at.0));
    expression.conditions.push(format!("(attribute_not_exists({until}) OR {until} < {end})"));
    match (earliest_seen, earliest) {
        (Some(seen), Some(_)) => expression.must_be(HOLDS_EARLIEST, seen.map(|at| at.0)),
        (Some(_), None) => {
            let name = expression.name(HOLDS_EARLIEST);
            expression.conditions.push(format!("{name} <= {end}"));
        }
        (None, _) => {}
    }
}

/// The credits of an item, if there is one.
pub fn read(item: Option<&Attributes>) -> Result<Credits, StoreError> {
    let Some(item) = item else { return Ok(Credits::default()) };
    let reader = Reader::new(item);
    let mut included = BTreeMap::new();
    for name in item.keys() {
        if let Some(month) = name.strip_prefix(INCLUDED) {
            included.insert(month_of(reader, month)?, reader.number(name)?);
        }
    }
    let counted = Counted {
        available: reader.maybe_number(AVAILABLE)?.unwrap_or(0),
        reserved: reader.maybe_number(RESERVED)?.unwrap_or(0),
        included,
    };
    let decided = reader.map(DECIDED)?.map(read_decided).transpose()?.unwrap_or_default();
    let holds = Holds {
        changes: reader.maybe_number(HOLD_CHANGES)?.unwrap_or(0),
        open: reader.maybe_number(HOLDS_OPEN)?.unwrap_or(0),
        earliest: reader.maybe_time(HOLDS_EARLIEST)?,
        lapsed_until: reader.maybe_time(HOLDS_UNTIL)?,
        lapsed: None,
    };
    let version = reader.number(keys::VERSION)?;
    Ok(Credits { version, counted, decided, holds, tail: tail::read(reader)? })
}

fn write_decided(decided: &Decided) -> Attributes {
    let settings = decided.settings.as_ref().map(|settings| {
        Writer::default()
            .flag("on", settings.enabled)
            .number("threshold", settings.threshold)
            .number("limit", settings.limit.amount)
            .text("currency", settings.limit.currency.as_str())
            .text("pack", &*settings.pack)
            .done()
    });
    let charge = decided.charge.as_ref().map(|charge| {
        Writer::default()
            .text("purchase", charge.purchase.as_str())
            .text("month", charge.month.to_string())
            .number("price", charge.price)
            .done()
    });
    let pause = decided.pause.as_ref().map(|pause| {
        Writer::default()
            .text("reason", pause.reason.word())
            .maybe_text("card", pause.card.as_deref())
            .maybe_text("url", pause.action_url.as_deref())
            .flag("disputed", pause.disputed)
            .done()
    });
    let spent = decided.spent.iter();
    let spent = spent.map(|(month, sum)| (month.to_string(), AttributeValue::N(sum.to_string())));
    Writer::default()
        .map("settings", settings.unwrap_or_default())
        .map("charge", charge.unwrap_or_default())
        .map("pause", pause.unwrap_or_default())
        .map("spent", spent.collect())
        .flag("checkout_card", decided.checkout_card)
        .number("declines", decided.declines)
        .maybe_time("not_before", decided.not_before)
        .maybe_text("told_limit", decided.told_limit.map(|month| month.to_string()))
        .maybe_time("wake_at", decided.wake_at)
        .maybe_text("last", decided.last_attempt.as_ref().map(write_attempt))
        .done()
}

fn read_decided(item: Reader<'_>) -> Result<Decided, StoreError> {
    let settings = item.map("settings")?.map(|settings| {
        Ok::<_, StoreError>(Settings {
            enabled: settings.flag("on")?,
            threshold: settings.number("threshold")?,
            limit: Money::new(
                settings.number("limit")?,
                settings.word("currency", |code| Currency::parse(code).ok())?,
            ),
            pack: settings.text("pack")?.to_owned(),
        })
    });
    let charge = item.map("charge")?.map(|charge| {
        Ok::<_, StoreError>(Charge {
            purchase: charge.word("purchase", |id| PurchaseId::parse(id).ok())?,
            month: charge.word("month", |month| Month::parse(month).ok())?,
            price: charge.number("price")?,
        })
    });
    let pause = item.map("pause")?.map(|pause| {
        Ok::<_, StoreError>(Pause {
            reason: pause.word("reason", PauseReason::of_word)?,
            card: pause.maybe_text("card")?.map(str::to_owned),
            action_url: pause.maybe_text("url")?.map(str::to_owned),
            disputed: pause.flag("disputed")?,
        })
    });
    let mut spent = BTreeMap::new();
    for (month, sum) in item.numbers("spent")? {
        spent.insert(month_of(item, month)?, sum);
    }
    Ok(Decided {
        settings: settings.transpose()?,
        charge: charge.transpose()?,
        pause: pause.transpose()?,
        spent,
        checkout_card: item.flag("checkout_card")?,
        declines: item.number("declines")?,
        not_before: item.maybe_time("not_before")?,
        told_limit: item.maybe("told_limit", |month| Month::parse(month).ok())?,
        wake_at: item.maybe_time("wake_at")?,
        last_attempt: item.maybe("last", read_attempt)?,
    })
}

/// `<time> <price> <outcome> <purchase>`: the numbers are to stay small.
fn write_attempt(attempt: &Attempt) -> String {
    let Attempt { purchase, at, price, outcome } = attempt;
    format!("{} {price} {} {purchase}", at.0, outcome.word())
}

fn read_attempt(text: &str) -> Option<Attempt> {
    let mut parts = text.splitn(4, ' ');
    Some(Attempt {
        at: Timestamp(parts.next()?.parse().ok()?),
        price: parts.next()?.parse().ok()?,
        outcome: Outcome::of_word(parts.next()?)?,
        purchase: PurchaseId::parse(parts.next()?).ok()?,
    })
}

fn month_of(item: Reader<'_>, text: &str) -> Result<Month, StoreError> {
    Month::parse(text).map_err(|error| item.corrupt(error.to_string()))
}
