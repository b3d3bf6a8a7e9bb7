//! Changes of a family: conversions by staff (B5), sub-accounts opened, renamed and moved between
//! billing models (B7, B11).
//!
//! Most change parent and sub-account together: two changes, each under its standing's version,
//! that are committed in one transaction.

use super::{Change, Write, note, note_all};
use crate::account::Standing;
use crate::family::listed::ListedSubAccount;
use crate::family::payers::Payers;
use crate::family::{
    BillingModel, BookedModel, ConversionRefusal, Family, FamilyRefusal, OPENED_AN_HOUR_MAX,
    Parent, SubAccount, cut_line,
};
use crate::journal::family::FamilyEvent;
use crate::journal::{Entry, Kind, Value};
use crate::profile::Profile;
use crate::terms::Ground;
use crate::time::Timestamp;
use crate::usage::Used;
use crate::words::Word;

/// A parent and one of its sub-accounts, as they were read.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Standing of the parent.
    pub parent: &'a Standing,
    /// Standing of the sub-account.
    pub sub_account: &'a Standing,
    /// The sub-account in the parent's list.
    pub listed: &'a ListedSubAccount,
}

/// Changes of a parent and of a sub-account, to be committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BothChange {
    /// The parent's.
    pub parent: Change,
    /// The sub-account's.
    pub sub_account: Change,
}

/// A billing model, as it is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelBooking {
    /// Its cut line; the time since which it is in force, if it is already.
    pub effective_at: Timestamp,
    /// The changes; none when it is so already.
    pub changes: Option<Box<BothChange>>,
}

fn value(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn family_entry(at: Timestamp, event: FamilyEvent, about: Option<&str>) -> Entry {
    Entry::new(at, Kind::Family(event), about)
}

fn converted(standing: &Standing, family: Family, now: Timestamp) -> Change {
    let (before, after) = (standing.family.kind().word(), family.kind().word());
    let entry = family_entry(now, FamilyEvent::Converted, None);
    let entry = entry.with("kind", Some(value(before)), Some(value(after)));
    note(&Standing { family, ..standing.clone() }, entry, now)
}

/// Makes an account a parent. Nothing when it is one already.
///
/// # Errors
/// [`ConversionRefusal`].
pub fn converted_to_parent(
    standing: &Standing,
    (used, ground): (&Used, Option<Ground>),
    now: Timestamp,
) -> Result<Option<Change>, ConversionRefusal> {
    match standing.family {
        Family::Standard => {}
        Family::Parent(_) => return Ok(None),
        Family::SubAccount(_) => return Err(ConversionRefusal::IsSubAccount),
    }
    if standing.closed.is_some() {
        return Err(ConversionRefusal::Closed(standing.state_at(now)));
    }
    match ground {
        Some(Ground::NegotiatedPlan | Ground::Partner) => {}
        Some(Ground::PaysUpfront) | None => return Err(ConversionRefusal::NotEligible),
    }
    let has_sums = used.month.sums.values().any(|sum| *sum > 0);
    let has_levels = used.latest.held.values().any(|held| held.level > 0);
    if has_sums || has_levels {
        return Err(ConversionRefusal::HasUsage);
    }
    Ok(Some(converted(standing, Family::Parent(Parent::default()), now)))
}

/// Makes a parent a standard account again. Nothing when it is one already.
///
/// # Errors
/// [`ConversionRefusal`].
pub fn converted_to_standard(
    standing: &Standing,
    now: Timestamp,
) -> Result<Option<Change>, ConversionRefusal> {
    match &standing.family {
        Family::Standard => Ok(None),
        Family::SubAccount(_) => Err(ConversionRefusal::IsSubAccount),
        Family::Parent(parent) if parent.sub_accounts > 0 => {
            Err(ConversionRefusal::SubAccountsLeft(parent.sub_accounts))
        }
        Family::Parent(_) => Ok(Some(converted(standing, Family::Standard, now))),
    }
}

/// Sets how many sub-accounts a parent may have. Nothing when it is so already.
///
/// # Errors
/// [`ConversionRefusal::NotAParent`].
pub fn sub_account_limit_set(
    standing: &Standing,
    limit: u32,
    now: Timestamp,
) -> Result<Option<Change>, ConversionRefusal> {
    let parent = standing.family.as_parent().ok_or(ConversionRefusal::NotAParent)?;
    if parent.limit == limit {
        return Ok(None);
    }
    let number = |limit: u32| Some(Value::Number(i64::from(limit)));
    let entry = family_entry(now, FamilyEvent::LimitChanged, None);
    let entry = entry.with("limit", number(parent.limit), number(limit));
    let family = Family::Parent(Parent { limit, ..*parent });
    Ok(Some(note(&Standing { family, ..standing.clone() }, entry, now)))
}

/// The parent's part of a sub-account's first step: one more in its counts and its list. Its
/// journal tells of the sub-account once that is complete.
///
/// # Errors
/// [`FamilyRefusal`].
pub fn sub_account_begun(
    parent: &Standing,
    listed: &ListedSubAccount,
    now: Timestamp,
) -> Result<Change, FamilyRefusal> {
    let counts = parent.family.as_parent().ok_or(FamilyRefusal::NotAParent)?;
    let state = parent.state_at(now);
    if parent.closed.is_some() {
        return Err(FamilyRefusal::Closed(state));
    }
    if counts.sub_accounts >= counts.limit {
        return Err(FamilyRefusal::TooMany(counts.limit));
    }
    if counts.opened_in_hour_of(now) >= OPENED_AN_HOUR_MAX {
        return Err(FamilyRefusal::TooFast(Parent::hour_ends(now)));
    }
    let family = Family::Parent(counts.with_one_more(now));
    let parent = Standing { family, ..parent.clone() };
    Ok(note_all(&parent, Vec::new(), now).with(Write::SubAccount(Box::new(listed.clone()))))
}

/// The parent's part of a complete sub-account.
pub fn sub_account_opened(parent: &Standing, listed: &ListedSubAccount, now: Timestamp) -> Change {
    note(parent, sub_account_created(listed, now), now)
}

/// Entry about a new sub-account, on its parent and on itself.
pub fn sub_account_created(listed: &ListedSubAccount, now: Timestamp) -> Entry {
    family_entry(now, FamilyEvent::SubAccountCreated, Some(listed.id.as_str()))
        .with("name", None, Some(value(&listed.name)))
        .with("processing_region", None, Some(value(&listed.processing_region)))
        .with("billing_model", None, Some(value(listed.model.word())))
}

/// The parent's part of a sub-account that is taken back, because Stripe refused its customer.
pub fn sub_account_taken_back(
    parent: &Standing,
    listed: &ListedSubAccount,
    now: Timestamp,
) -> Change {
    let family = match &parent.family {
        Family::Parent(counts) => Family::Parent(counts.with_one_less()),
        Family::Standard | Family::SubAccount(_) => parent.family.clone(),
    };
    let parent = Standing { family, ..parent.clone() };
    note_all(&parent, Vec::new(), now).with(Write::SubAccountRemoved(Box::new(listed.clone())))
}

/// Gives a sub-account another name. Nothing when it has it already.
///
/// # Errors
/// [`FamilyRefusal::Unknown`].
pub fn sub_account_renamed(
    pair: Pair<'_>,
    profile: &Profile,
    name: &str,
    now: Timestamp,
) -> Result<Option<BothChange>, FamilyRefusal> {
    place(pair)?;
    let Pair { parent, sub_account, listed } = pair;
    if profile.name == name && listed.name == name {
        return Ok(None);
    }
    let entry = family_entry(now, FamilyEvent::Renamed, Some(listed.id.as_str()));
    let entry = entry.with("name", Some(value(&listed.name)), Some(value(name)));
    let own = Entry::new(now, Kind::AccountRenamed, None);
    let own = own.with("name", Some(value(&profile.name)), Some(value(name)));
    let listed = ListedSubAccount { name: name.to_owned(), ..listed.clone() };
    let profile = Profile { name: name.to_owned(), ..profile.clone() };
    Ok(Some(BothChange {
        parent: note(parent, entry, now).with(Write::SubAccount(Box::new(listed))),
        sub_account: note(sub_account, own, now).with(Write::Profile(profile)),
    }))
}

/// Books another billing model for a sub-account, from the next cut line on.
///
/// # Errors
/// [`FamilyRefusal`].
pub fn model_booked(
    pair: Pair<'_>,
    payers: &Payers,
    model: BillingModel,
    now: Timestamp,
) -> Result<ModelBooking, FamilyRefusal> {
    let known = place(pair)?;
    let Pair { sub_account, .. } = pair;
    if sub_account.closed.is_some() {
        return Err(FamilyRefusal::Closed(sub_account.state_at(now)));
    }
    if let Some(booked) = known.booked_after(now) {
        if booked.model != model {
            return Err(FamilyRefusal::ModelBooked(booked));
        }
        return Ok(ModelBooking { effective_at: booked.at, changes: None });
    }
    if known.model_at(now) == model {
        let since = payers.spans.last().map_or(now, |span| span.from);
        return Ok(ModelBooking { effective_at: since, changes: None });
    }

    let ends = match model {
        BillingModel::BillToParent => sub_account.live_subscription().map(|live| live.period_end),
        BillingModel::BillToSubAccount => None,
    };
    if ends.is_some() && sub_account.pending.is_some() {
        return Err(FamilyRefusal::ChangeBooked);
    }
    let at = cut_line(now, ends);
    let booked = Some(BookedModel { model, at });
    let payers = payers.clone().with(known.payer_by(model), at);
    let after = SubAccount { model: known.model_at(now), booked, parent: known.parent.clone() };

    let entry = family_entry(now, FamilyEvent::ModelBooked, Some(pair.listed.id.as_str()))
        .with("billing_model", Some(value(after.model.word())), Some(value(model.word())))
        .with("effective_at", None, Some(Value::Time(at)));
    let both = moved(pair, (after, &payers), vec![entry], now);
    let BothChange { parent, sub_account } = both;
    let sub_account = sub_account.with(Write::Payers(payers));
    let changes = Some(Box::new(BothChange { parent, sub_account }));
    Ok(ModelBooking { effective_at: at, changes })
}

/// Tells both journals of a booked billing model that has begun. None where none has.
pub fn model_begun(pair: Pair<'_>, payers: &Payers, now: Timestamp) -> Option<BothChange> {
    let known = place(pair).ok()?;
    known.booked.filter(|booked| booked.at <= now)?;

    let entries = begun(known, pair.listed, now);
    let after = SubAccount { model: known.model_at(now), booked: None, ..known.clone() };
    Some(moved(pair, (after, payers), entries, now))
}

/// Entry about a booked model that has begun, unless none has.
fn begun(known: &SubAccount, listed: &ListedSubAccount, now: Timestamp) -> Vec<Entry> {
    let booked = known.booked.filter(|booked| booked.at <= now);
    let entry = booked.map(|BookedModel { model, at }| {
        family_entry(at, FamilyEvent::ModelChanged, Some(listed.id.as_str())).with(
            "billing_model",
            Some(value(known.model.word())),
            Some(value(model.word())),
        )
    });
    entry.into_iter().collect()
}

/// Parent and sub-account with the place that it has then. What has begun meanwhile is told first.
fn moved(
    pair: Pair<'_>,
    (after, payers): (SubAccount, &Payers),
    mut entries: Vec<Entry>,
    now: Timestamp,
) -> BothChange {
    let Pair { parent, sub_account, listed } = pair;
    if after.booked.is_some()
        && let Some(known) = sub_account.family.as_sub_account()
    {
        entries.splice(0..0, begun(known, listed, now));
    }
    let listed = ListedSubAccount { model: after.model, booked: after.booked, ..listed.clone() };
    let listed = Write::SubAccount(Box::new(listed.with_payers(payers)));
    let sub_account = Standing { family: Family::SubAccount(after), ..sub_account.clone() };
    BothChange {
        parent: note_all(parent, entries.clone(), now).with(listed),
        sub_account: note_all(&sub_account, entries, now),
    }
}

/// Place of a sub-account, which must be one of that parent's.
fn place(pair: Pair<'_>) -> Result<&SubAccount, FamilyRefusal> {
    let place = pair.sub_account.family.as_sub_account();
    place.filter(|place| place.parent == pair.parent.account).ok_or(FamilyRefusal::Unknown)
}

#[cfg(test)]
mod tests;
