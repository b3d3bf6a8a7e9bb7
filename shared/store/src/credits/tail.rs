//! The end of the ledger in the numbers, and what deductions used by day: counted, so added to.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::credits::pages::{LedgerChange, Tail, TailEntry, TokensUsed, Turn};
use billing::ids::AccountId;
use billing::month::{Day, Month};

use crate::attributes::{Attributes, Reader};
use crate::error::StoreError;
use crate::expression::{Expression, ON};
use crate::keys;

/// Entries that are on no page.
const TAIL: &str = "t";
/// Number of entries on pages.
const PAGED: &str = "tn";
/// What the attribute of a day's used tokens begins with.
const DAY: &str = "d_";

/// Adds to the end of the ledger, under what must hold of it where it becomes a page.
pub(super) fn change(expression: &mut Expression, change: &LedgerChange, included: &str) {
    let LedgerChange { turn, added } = change;
    let added: Vec<_> = added.iter().map(write_entry).collect();
    if let Some(turn) = turn {
        let Turn { tail, forgotten, .. } = turn;
        expression.set_value(TAIL, AttributeValue::L(added));
        expression.set_value(PAGED, AttributeValue::N(tail.len().to_string()));
        expression.must_be(PAGED, Some(tail.paged).filter(|paged| *paged != 0));
        expression.must_have_size(TAIL, tail.entries.len());
        for month in forgotten {
            expression.remove(&format!("{included}{month}"));
        }
    } else if !added.is_empty() {
        expression.append(TAIL, added);
    }
}

/// The tail of an account's numbers.
pub(super) fn read(item: Reader<'_>) -> Result<Tail, StoreError> {
    let entries = item.list(TAIL)?.iter().map(|entry| read_entry(item, entry));
    Ok(Tail {
        paged: item.maybe_number(PAGED)?.unwrap_or(0),
        entries: entries.collect::<Result<_, _>>()?,
    })
}

/// `<day> <used> <id>`: the numbers are to stay small.
fn write_entry(entry: &TailEntry) -> AttributeValue {
    AttributeValue::S(format!("{} {} {}", entry.day, entry.used, entry.id))
}

fn read_entry(item: Reader<'_>, value: &AttributeValue) -> Result<TailEntry, StoreError> {
    let parse = |text: &str| {
        let mut parts = text.splitn(3, ' ');
        let (day, used, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(TailEntry { day: Day::parse(day).ok()?, used: used.parse().ok()?, id: id.to_owned() })
    };
    let entry = value.as_s().ok().and_then(|text| parse(text));
    entry.ok_or_else(|| item.corrupt("the ledger's tail cannot be read"))
}

/// The update that adds what deductions used in a month.
pub(crate) fn count_used(account: &AccountId, used: &TokensUsed) -> Expression {
    let mut expression = Expression::new(keys::tokens(account, used.month));
    expression.set_text(keys::ENTITY, "tokens");
    expression.set_text(ON, &used.month.to_string());
    let (version, zero) = (expression.name(keys::VERSION), expression.number(&0_u64));
    expression.set.push(format!("{version} = if_not_exists({version}, {zero})"));
    for (day, tokens) in &used.days {
        expression.add_number(&format!("{DAY}{day}"), *tokens);
    }
    expression
}

/// What deductions used in a month, of its item, by day.
pub(crate) fn read_used(item: &Attributes) -> Result<BTreeMap<Day, i64>, StoreError> {
    let reader = Reader::new(item);
    let mut days = BTreeMap::new();
    for name in item.keys() {
        if let Some(day) = name.strip_prefix(DAY) {
            let day = Day::parse(day).map_err(|error| reader.corrupt(error.to_string()))?;
            days.insert(day, reader.number(name)?);
        }
    }
    Ok(days)
}

/// With the tokens of a tail, in one month.
pub(crate) fn with_tail(
    mut days: BTreeMap<Day, i64>,
    tail: &Tail,
    month: Month,
) -> BTreeMap<Day, i64> {
    for (day, used) in tail.used().into_iter().filter(|(day, _)| day.month() == month) {
        let sum = days.entry(day).or_default();
        *sum = sum.saturating_add(used);
    }
    days
}
