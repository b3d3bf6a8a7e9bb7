//! The standing as an item. A test keeps it under 1 KB with every place taken: each transaction
//! that writes it pays for its size.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::account::moments::Moment;
use billing::account::{
    Bearing, Closed, Closure, Noticed, OpenInvoice, Owner, PendingChange, Standing,
};
use billing::agreement;
use billing::fact::{
    Collection, Fee, Interval, Origin, Pause, SubscriptionSnapshot, SubscriptionStatus, Suspension,
};
use billing::ids::{AccountId, InvoiceId, PaymentMethodId, ScheduleId, SubscriptionId};
use billing::money::Currency;
use billing::state::State;
use billing::tax::{Percent, TaxRate};
use billing::time::Timestamp;
use billing::voided::{Stage, VoidedRenewal};
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::family;
use crate::keys;

/// The account's own subscription, in the place of its id.
const CURRENT: &str = "=";

/// The item of a standing, at a version.
pub fn write(standing: &Standing, version: u64) -> Attributes {
    let closed = standing.closed.map(|closed| {
        let map = Writer::default().text("how", closed.how.word()).number("at", closed.at.0);
        map.flag("ends", closed.ends_subscription).done()
    });
    let current = standing.subscription.as_ref().map(|current| &current.id);
    let open = standing
        .open
        .iter()
        .map(|(id, entry)| (id.as_str().to_owned(), AttributeValue::M(write_open(entry, current))));
    let subscription = standing.subscription.as_ref().map(write_subscription);
    let due = agreement::due_at(standing).map(|at| keys::standing_due(&standing.account, at));
    let (partition, place) = due.unzip();
    Writer::item(keys::standing(&standing.account), "standing", version)
        .text("account", standing.account.as_str())
        .maybe_text("fam", family::write_family(&standing.family))
        .text("base", &*standing.base_plan)
        .number("grace", standing.grace_seconds)
        .maybe_time("linked", standing.linked_at)
        .map("closed", closed.unwrap_or_default())
        .map("sub", subscription.unwrap_or_default())
        .flag("others", standing.has_foreign)
        .flag("twice", standing.has_doubles)
        .map("pending", standing.pending.as_ref().map(write_pending).unwrap_or_default())
        .maybe_text("collect", standing.terms_set.then(|| standing.collection.word()))
        .maybe_number("net", Some(standing.net_days).filter(|days| *days > 0))
        .flag("told", standing.payment_method_told)
        .flag("opening", standing.opening)
        .map("open", open.collect())
        .maybe_text("said", write_journaled(standing))
        .number("more", standing.more_open)
        .maybe_text("currency", standing.currency.as_ref().map(Currency::as_str))
        .maybe_time("until", standing.disabled_until)
        .maybe_text("voided", standing.voided.map(write_voided))
        .text("state", standing.noticed.state.word())
        .number("since", standing.noticed.since.0)
        .number("journal", standing.journal_at.0)
        .maybe_number("n", Some(standing.journal_entries).filter(|entries| *entries > 0))
        .maybe_time("desk", standing.desk_at)
        .maybe_time("retry", standing.retry_at)
        .maybe_text(keys::DUE_PK, partition)
        .maybe_text(keys::DUE_SK, place)
        .done()
}

/// The standing of an item.
pub fn read(item: &Attributes) -> Result<Standing, StoreError> {
    let item = Reader::new(item);
    let closed = item.map("closed")?.map(|closed| {
        Ok(Closed {
            how: closed.word("how", Closure::of_word)?,
            at: closed.time("at")?,
            ends_subscription: closed.flag("ends")?,
        })
    });
    let subscription = item.map("sub")?.map(read_subscription).transpose()?;
    let current = subscription.as_ref().map(|current| &current.id);
    let mut open = BTreeMap::new();
    for (id, entry) in item.maps("open")? {
        let id = InvoiceId::parse(id).map_err(|error| item.corrupt(error.to_string()))?;
        open.insert(id, read_open(entry, current)?);
    }
    let letters = item.maybe_text("said")?.unwrap_or_default();
    for (entry, letter) in open.values_mut().zip(letters.split("").filter(|it| !it.is_empty())) {
        entry.journaled = Moment::of_word(letter);
    }
    Ok(Standing {
        version: item.number(keys::VERSION)?,
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        family: family::read_family(item)?,
        base_plan: item.text("base")?.to_owned(),
        grace_seconds: item.number("grace")?,
        linked_at: item.maybe_time("linked")?,
        closed: closed.transpose()?,
        subscription,
        has_foreign: item.flag("others")?,
        has_doubles: item.flag("twice")?,
        pending: item.map("pending")?.map(read_pending).transpose()?,
        collection: item.maybe("collect", Collection::of_word)?.unwrap_or(Collection::Automatic),
        terms_set: item.maybe_text("collect")?.is_some(),
        net_days: item.maybe_number("net")?.unwrap_or_default(),
        payment_method_told: item.flag("told")?,
        opening: item.flag("opening")?,
        open,
        more_open: item.number("more")?,
        currency: item.maybe("currency", |code| Currency::parse(code).ok())?,
        disabled_until: item.maybe_time("until")?,
        voided: read_voided(item)?,
        noticed: Noticed { state: item.word("state", State::of_word)?, since: item.time("since")? },
        journal_at: item.time("journal")?,
        journal_entries: item.maybe_number("n")?.unwrap_or_default(),
        desk_at: item.maybe_time("desk")?,
        retry_at: item.maybe_time("retry")?,
    })
}

/// Creation and total of a voided renewal, and its stage: `-` unserved, `+` billed, or the time at
/// which the account came back. One text, because the standing is small.
fn write_voided(voided: VoidedRenewal) -> String {
    let stage = match voided.stage {
        Stage::Unserved => "-".to_owned(),
        Stage::Back(at) => at.0.to_string(),
        Stage::Billed => "+".to_owned(),
    };
    format!("{} {} {stage}", voided.at.0, voided.total)
}

fn read_voided(item: Reader<'_>) -> Result<Option<VoidedRenewal>, StoreError> {
    let Some(text) = item.maybe_text("voided")? else { return Ok(None) };
    let read = || {
        let (at, rest) = text.split_once(' ')?;
        let (total, stage) = rest.split_once(' ')?;
        let stage = match stage {
            "-" => Stage::Unserved,
            "+" => Stage::Billed,
            at => Stage::Back(Timestamp(at.parse().ok()?)),
        };
        Some(VoidedRenewal { at: Timestamp(at.parse().ok()?), total: total.parse().ok()?, stage })
    };
    let voided = read().ok_or_else(|| item.corrupt("`voided` is not a voided renewal".to_owned()));
    voided.map(Some)
}

/// The word of a value that is not the usual one: that would cost every standing some bytes.
fn unusual<T: Word + PartialEq>(value: T, usual: T) -> Option<&'static str> {
    (value != usual).then(|| value.word())
}

/// A letter for each open invoice, in order of their ids: the last moment that the journal has of
/// it, or `-`. Nothing when it has none of any.
fn write_journaled(standing: &Standing) -> Option<String> {
    let open = standing.open.values();
    let is_any = open.clone().any(|entry| entry.journaled.is_some());
    is_any.then(|| open.map(|entry| entry.journaled.map_or("-", Moment::word)).collect())
}

fn write_pending(pending: &PendingChange) -> Attributes {
    Writer::default()
        .text("plan", &*pending.plan)
        .text("every", pending.interval.word())
        .number("seats", pending.seats)
        .number("at", pending.at.0)
        .flag("booked", pending.booked)
        .done()
}

fn read_pending(map: Reader<'_>) -> Result<PendingChange, StoreError> {
    Ok(PendingChange {
        plan: map.text("plan")?.to_owned(),
        interval: map.word("every", Interval::of_word)?,
        seats: map.number("seats")?,
        at: map.time("at")?,
        booked: map.flag("booked")?,
    })
}

/// The id of the account's own subscription is not written again with each of its invoices.
fn write_open(entry: &OpenInvoice, current: Option<&SubscriptionId>) -> Attributes {
    let subscription = entry.subscription.as_ref();
    let subscription = subscription.map(|id| match current {
        Some(current) if current == id => CURRENT,
        Some(_) | None => id.as_str(),
    });
    Writer::default()
        .number("r", entry.remaining.amount)
        .text("c", entry.remaining.currency.as_str())
        .number("o", entry.overdue_at.0)
        .number("d", entry.disables_at.0)
        .maybe_text("s", subscription)
        .maybe_text("w", unusual(entry.owner, Owner::Ours))
        .maybe_text("b", unusual(entry.bearing, Bearing::Full))
        .done()
}

fn read_open(
    entry: Reader<'_>,
    current: Option<&SubscriptionId>,
) -> Result<OpenInvoice, StoreError> {
    let subscription = match entry.maybe_text("s")? {
        Some(CURRENT) => current.cloned(),
        Some(_) | None => entry.maybe("s", |id| SubscriptionId::parse(id).ok())?,
    };
    Ok(OpenInvoice {
        remaining: entry.money("r", "c")?,
        overdue_at: entry.time("o")?,
        disables_at: entry.time("d")?,
        subscription,
        owner: entry.maybe("w", Owner::of_word)?.unwrap_or(Owner::Ours),
        bearing: entry.maybe("b", Bearing::of_word)?.unwrap_or(Bearing::Full),
        journaled: None,
    })
}

/// A subscription's snapshot as a map: here and in its own item.
pub(crate) fn write_subscription(snapshot: &SubscriptionSnapshot) -> Attributes {
    Writer::default()
        .text("id", snapshot.id.as_str())
        .number("made", snapshot.created.0)
        .text("status", snapshot.status.word())
        .maybe_text("susp", snapshot.suspension.map(Suspension::word))
        .maybe_text("origin", unusual(snapshot.origin, Origin::Bought))
        .text("plan", &*snapshot.plan)
        .maybe_text("every", snapshot.interval.map(Interval::word))
        .number("seats", snapshot.seats)
        .number("from", snapshot.period_start.0)
        .number("to", snapshot.period_end.0)
        .maybe_time("ends", snapshot.ends_at)
        .maybe_text("pending", snapshot.pending_invoice.as_ref().map(InvoiceId::as_str))
        .map("fee", snapshot.fee.as_ref().map(write_fee).unwrap_or_default())
        .maybe_text("collect", snapshot.collection.map(Collection::word))
        .maybe_number("net", snapshot.net_days)
        .maybe_text("pause", snapshot.pause.map(Pause::word))
        .maybe_text("sched", snapshot.schedule.as_ref().map(ScheduleId::as_str))
        .maybe_text("pm", snapshot.payment_method.as_ref().map(PaymentMethodId::as_str))
        .flag("moves", snapshot.card_moves)
        .list("tax", snapshot.tax_rates.iter().map(write_tax_rate).collect())
        .done()
}

/// The snapshot of such a map.
pub(crate) fn read_subscription(map: Reader<'_>) -> Result<SubscriptionSnapshot, StoreError> {
    Ok(SubscriptionSnapshot {
        id: map.word("id", |id| SubscriptionId::parse(id).ok())?,
        created: map.time("made")?,
        status: map.word("status", SubscriptionStatus::of_word)?,
        suspension: map.maybe("susp", Suspension::of_word)?,
        origin: map.maybe("origin", Origin::of_word)?.unwrap_or(Origin::Bought),
        plan: map.text("plan")?.to_owned(),
        interval: map.maybe("every", Interval::of_word)?,
        seats: map.number("seats")?,
        period_start: map.time("from")?,
        period_end: map.time("to")?,
        ends_at: map.maybe_time("ends")?,
        pending_invoice: map.maybe("pending", |id| InvoiceId::parse(id).ok())?,
        fee: map.map("fee")?.map(read_fee).transpose()?,
        collection: map.maybe("collect", Collection::of_word)?,
        net_days: map.maybe_number("net")?,
        pause: map.maybe("pause", Pause::of_word)?,
        schedule: map.maybe("sched", |id| ScheduleId::parse(id).ok())?,
        payment_method: map.maybe("pm", |id| PaymentMethodId::parse(id).ok())?,
        card_moves: map.flag("moves")?,
        tax_rates: read_tax_rates(map)?,
    })
}

/// `19 VAT`: the percentage, then the name.
fn write_tax_rate(rate: &TaxRate) -> AttributeValue {
    AttributeValue::S(format!("{} {}", rate.percent, rate.name))
}

fn read_tax_rates(map: Reader<'_>) -> Result<Vec<TaxRate>, StoreError> {
    let read = |value: &AttributeValue| {
        let (percent, name) = value.as_s().ok()?.split_once(' ')?;
        Some(TaxRate { percent: Percent::parse(percent).ok()?, name: name.to_owned() })
    };
    let wrong = || map.corrupt("`tax` has what is not a tax rate".to_owned());
    map.list("tax")?.iter().map(|value| read(value).ok_or_else(wrong)).collect()
}

fn write_fee(fee: &Fee) -> Attributes {
    Writer::default()
        .text("c", fee.currency.as_str())
        .number("plan", fee.plan_amount)
        .maybe_number("seat", fee.seat_amount)
        .done()
}

fn read_fee(map: Reader<'_>) -> Result<Fee, StoreError> {
    Ok(Fee {
        currency: map.word("c", |code| Currency::parse(code).ok())?,
        plan_amount: map.number("plan")?,
        seat_amount: map.maybe_number("seat")?,
    })
}
