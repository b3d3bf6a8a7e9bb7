//! Families: the place of an account in its family, as a text of its standing; the payers of a
//! sub-account; and a parent's list of sub-accounts, as items.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::family::listed::{ListedSubAccount, PaidSpan};
use billing::family::payers::{Payer, PayerFrom, Payers};
use billing::family::{BillingModel, BookedModel, Family, Parent, SubAccount};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::read::retried;

/// One letter for each billing model, because the standing is small.
const MODELS: [(BillingModel, &str); 2] =
    [(BillingModel::BillToParent, "p"), (BillingModel::BillToSubAccount, "s")];
/// A payer that is the account itself, in the place of a parent's id: no id has the character.
const OWN: &str = "=";

fn letter(model: BillingModel) -> &'static str {
    MODELS.iter().find(|(known, _)| *known == model).map_or("p", |(_, letter)| letter)
}

fn model_of(letter: &str) -> Option<BillingModel> {
    MODELS.iter().find(|(_, known)| *known == letter).map(|(model, _)| *model)
}

/// Of a parent: `+`, sub-accounts, limit, hour and openings in it. Of a sub-account: its parent and
/// model, then the booked model and its cut line. Nothing of a standard account.
pub(crate) fn write_family(family: &Family) -> Option<String> {
    match family {
        Family::Standard => None,
        Family::Parent(Parent { sub_accounts, limit, hour, opened }) => {
            Some(format!("+ {sub_accounts} {limit} {} {opened}", hour.0))
        }
        Family::SubAccount(SubAccount { parent, model, booked }) => {
            let booked = booked.map(|it| format!(" {} {}", letter(it.model), it.at.0));
            Some(format!("{parent} {}{}", letter(*model), booked.unwrap_or_default()))
        }
    }
}

/// The family of a standing's item.
pub(crate) fn read_family(item: Reader<'_>) -> Result<Family, StoreError> {
    let Some(text) = item.maybe_text("fam")? else { return Ok(Family::Standard) };
    let words: Vec<&str> = text.split(' ').collect();
    parse_family(&words).ok_or_else(|| item.corrupt("`fam` is not a family".to_owned()))
}

fn parse_family(words: &[&str]) -> Option<Family> {
    let place = |parent: &str, model: &str, booked| {
        let parent = AccountId::parse(parent).ok()?;
        Some(Family::SubAccount(SubAccount { parent, model: model_of(model)?, booked }))
    };
    match words {
        ["+", sub_accounts, limit, hour, opened] => Some(Family::Parent(Parent {
            sub_accounts: sub_accounts.parse().ok()?,
            limit: limit.parse().ok()?,
            hour: Timestamp(hour.parse().ok()?),
            opened: opened.parse().ok()?,
        })),
        [parent, model] => place(parent, model, None),
        [parent, model, next, at] => {
            let at = Timestamp(at.parse().ok()?);
            place(parent, model, Some(BookedModel { model: model_of(next)?, at }))
        }
        _ => None,
    }
}

/// The item of a sub-account's payers, at the version behind the one that it was read at.
pub(crate) fn write_payers(account: &AccountId, payers: &Payers) -> Attributes {
    let span = |span: &PayerFrom| {
        let payer = match &span.payer {
            Payer::Own => OWN,
            Payer::Parent(parent) => parent.as_str(),
        };
        AttributeValue::S(format!("{} {payer}", span.from.0))
    };
    Writer::item(keys::payers(account), "payers", payers.version.saturating_add(1))
        .list("spans", payers.spans.iter().map(span).collect())
        .done()
}

/// The payers of an item.
pub(crate) fn read_payers(item: &Attributes) -> Result<Payers, StoreError> {
    let item = Reader::new(item);
    let span = |value: &AttributeValue| {
        let (from, payer) = value.as_s().ok()?.split_once(' ')?;
        let payer = match payer {
            OWN => Payer::Own,
            parent => Payer::Parent(AccountId::parse(parent).ok()?),
        };
        Some(PayerFrom { from: Timestamp(from.parse().ok()?), payer })
    };
    let wrong = || item.corrupt("`spans` has what is not a payer");
    let spans = item.list("spans")?.iter().map(|value| span(value).ok_or_else(wrong));
    Ok(Payers {
        version: item.number(keys::VERSION)?,
        spans: spans.collect::<Result<_, StoreError>>()?,
    })
}

/// The item of a sub-account in its parent's list, at the version behind the one that it was read
/// at.
pub(crate) fn write_sub_account(parent: &AccountId, listed: &ListedSubAccount) -> Attributes {
    let span = |PaidSpan { from, until }: &PaidSpan| {
        let until = until.map(|until| until.0.to_string()).unwrap_or_default();
        AttributeValue::S(format!("{} {until}", from.0))
    };
    let version = listed.version.saturating_add(1);
    Writer::item(keys::sub_account(parent, &listed.id), "sub_account", version)
        .text("id", listed.id.as_str())
        .text("name", &*listed.name)
        .text("region", &*listed.processing_region)
        .number("made", listed.created_at.0)
        .text("model", letter(listed.model))
        .maybe_text("next", listed.booked.map(|booked| letter(booked.model)))
        .maybe_time("next_at", listed.booked.map(|booked| booked.at))
        .list("paid", listed.paid.iter().map(span).collect())
        .done()
}

/// The listed sub-account of an item.
pub(crate) fn read_sub_account(item: &Attributes) -> Result<ListedSubAccount, StoreError> {
    let item = Reader::new(item);
    let span = |value: &AttributeValue| {
        let (from, until) = value.as_s().ok()?.split_once(' ')?;
        let until = Some(until).filter(|until| !until.is_empty());
        let until = until.map(str::parse).transpose().ok()?.map(Timestamp);
        Some(PaidSpan { from: Timestamp(from.parse().ok()?), until })
    };
    let wrong = || item.corrupt("`paid` has what is not a span");
    let paid = item.list("paid")?.iter().map(|value| span(value).ok_or_else(wrong));
    let booked = item.maybe("next", model_of)?.zip(item.maybe_time("next_at")?);
    Ok(ListedSubAccount {
        version: item.number(keys::VERSION)?,
        id: item.word("id", |id| AccountId::parse(id).ok())?,
        name: item.text("name")?.to_owned(),
        processing_region: item.text("region")?.to_owned(),
        created_at: item.time("made")?,
        model: item.word("model", model_of)?,
        booked: booked.map(|(model, at)| BookedModel { model, at }),
        paid: paid.collect::<Result<_, StoreError>>()?,
    })
}

impl Store {
    /// Sub-accounts of a parent in order of their ids: at most `limit`, those behind an id. Says
    /// whether more follow.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn sub_accounts(
        &self,
        invocation: &Invocation,
        parent: &AccountId,
        behind: Option<&AccountId>,
        limit: i32,
    ) -> Result<(Vec<ListedSubAccount>, bool), StoreError> {
        let text = |text: String| AttributeValue::S(text);
        let behind = behind.map(|id| {
            let Key { pk, sk } = keys::sub_account(parent, id);
            [(keys::PK.to_owned(), text(pk)), (keys::SK.to_owned(), text(sk))].into()
        });
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :listed)")
            .expression_attribute_values(":pk", text(keys::account_partition(parent)))
            .expression_attribute_values(":listed", text(keys::SUB_ACCOUNTS.to_owned()))
            .set_exclusive_start_key(behind)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let listed = answer.items().iter().map(read_sub_account).collect::<Result<_, _>>()?;
        Ok((listed, answer.last_evaluated_key().is_some()))
    }
}

#[cfg(test)]
mod tests;
