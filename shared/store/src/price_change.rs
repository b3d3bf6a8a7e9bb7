//! Announced price changes, which belong to no account, and what each account was told of them.

use billing::change::{Change, Write};
use billing::fact::Interval;
use billing::ids::{AccountId, PriceId};
use billing::money::{Currency, Money};
use billing::price_change::{Notice, Part, PriceChange, Prices, Stage, Told};
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::credential::{Request, write_request};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

impl Store {
    /// Every price change, old ones too, in order of their ids.
    pub async fn price_changes(
        &self,
        invocation: &Invocation,
    ) -> Result<Vec<PriceChange>, StoreError> {
        let (from, to) = (keys::PRICE_CHANGES, keys::AFTER_PRICE_CHANGES);
        let items = self.all_between(invocation, keys::PRICES, from, to).await?;
        items.iter().map(read).collect()
    }

    /// Announces a change, and remembers the request that asked for it by its fingerprint.
    /// [`StoreError::Conflict`] when its price has a change already that is not in force yet, or
    /// the request is remembered.
    pub async fn begin_price_change(
        &self,
        invocation: &Invocation,
        change: &PriceChange,
        request: Option<(&str, &Request)>,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(change), Condition::New);
        let only = Writer::item(keys::next_price(&change.price), "next_price", 1);
        transaction.put(only.text("change", &*change.id).done(), Condition::New);
        if let Some((fingerprint, request)) = request {
            transaction
                .put(write_request(fingerprint, request), Condition::NewOrExpired(invocation.now));
        }
        self.transact(invocation, transaction).await
    }

    /// Keeps a change under the version that it was read at.
    pub async fn keep_price_change(
        &self,
        invocation: &Invocation,
        change: &PriceChange,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(change), Condition::read_at(change.version));
        self.transact(invocation, transaction).await
    }

    /// Keeps a change that is in force or withdrawn: its price may have another one.
    pub async fn end_price_change(
        &self,
        invocation: &Invocation,
        change: &PriceChange,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write(change), Condition::read_at(change.version));
        transaction.delete(keys::next_price(&change.price));
        self.transact(invocation, transaction).await
    }

    /// What an account was told of price changes.
    pub async fn price_notices(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Notice>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::PRICE_NOTICES).await?;
        items.iter().map(read_notice).collect()
    }

    /// What an account was told of price changes, with the changes, which are not read for nothing.
    pub async fn told_of_price_changes(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Told, StoreError> {
        let notices = self.price_notices(invocation, account).await?;
        if notices.is_empty() {
            return Ok(Told::default());
        }
        Ok(Told { changes: self.price_changes(invocation).await?, notices })
    }

    /// Tells an account of a price change, in its journal, once.
    pub async fn tell_of_price_change(
        &self,
        invocation: &Invocation,
        change: &Change,
        notice: &Notice,
    ) -> Result<(), StoreError> {
        self.commit(invocation, &change.clone().with(Write::PriceNotice(notice.clone()))).await?;
        Ok(())
    }
}

fn write(change: &PriceChange) -> Attributes {
    let (stage, withdrawn_at) = match change.stage {
        Stage::Announced => ("announced", None),
        Stage::InForce => ("in_force", None),
        Stage::Withdrawn { at } => ("withdrawn", Some(at)),
    };
    let version = change.version.saturating_add(1);
    Writer::item(keys::price_change(&change.id), "price_change", version)
        .text("id", &*change.id)
        .text("price", &*change.price)
        .text("plan", &*change.plan)
        .text("every", change.interval.word())
        .text("part", change.part.word())
        .text("currency", change.to.currency.as_str())
        .number("from", change.from.amount)
        .number("to", change.to.amount)
        .number("effective_at", change.effective_at.0)
        .number("announced_at", change.announced_at.0)
        .text("stage", stage)
        .maybe_time("withdrawn_at", withdrawn_at)
        .maybe_text("from_price", change.prices.as_ref().map(|prices| prices.from.as_str()))
        .maybe_text("to_price", change.prices.as_ref().map(|prices| prices.to.as_str()))
        .done()
}

fn read(item: &Attributes) -> Result<PriceChange, StoreError> {
    let item = Reader::new(item);
    let currency = item.word("currency", |code| Currency::parse(code).ok())?;
    let price = |name: &str| item.maybe(name, |id| PriceId::parse(id).ok());
    let prices = price("from_price")?.zip(price("to_price")?);
    let stage = match item.text("stage")? {
        "announced" => Stage::Announced,
        "in_force" => Stage::InForce,
        "withdrawn" => Stage::Withdrawn { at: item.time("withdrawn_at")? },
        other => return Err(item.corrupt(format!("`stage` is `{other}`"))),
    };
    Ok(PriceChange {
        version: item.number(keys::VERSION)?,
        id: item.text("id")?.to_owned(),
        price: item.text("price")?.to_owned(),
        plan: item.text("plan")?.to_owned(),
        interval: item.word("every", Interval::of_word)?,
        part: item.word("part", Part::of_word)?,
        from: Money::new(item.number("from")?, currency),
        to: Money::new(item.number("to")?, currency),
        effective_at: item.time("effective_at")?,
        announced_at: item.time("announced_at")?,
        stage,
        prices: prices.map(|(from, to)| Prices { from, to }),
    })
}

pub(crate) fn write_notice(account: &AccountId, notice: &Notice) -> Attributes {
    let key = keys::price_notice(account, &notice.change);
    Writer::item(key, "price_notice", notice.version.saturating_add(1))
        .text("change", &*notice.change)
        .number("told_at", notice.told_at.0)
        .maybe_time("accepted_at", notice.accepted_at)
        .flag("withdrawn", notice.withdrawn)
        .done()
}

fn read_notice(item: &Attributes) -> Result<Notice, StoreError> {
    let item = Reader::new(item);
    Ok(Notice {
        version: item.number(keys::VERSION)?,
        change: item.text("change")?.to_owned(),
        told_at: item.time("told_at")?,
        accepted_at: item.maybe_time("accepted_at")?,
        withdrawn: item.flag("withdrawn")?,
    })
}
