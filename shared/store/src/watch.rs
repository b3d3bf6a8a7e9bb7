//! The watch of an account as an item, and each notification of an exceeded threshold.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::alerts::{Alerted, Threshold, Watch, WatchKind};
use billing::ids::AccountId;
use billing::month::Month;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a watch, at the version behind the one that it was read at. Only an account with an
/// alert is in the index.
pub fn write(account: &AccountId, watch: &Watch) -> Attributes {
    let Watch { version, threshold, judged_through, told } = watch;
    let told = told
        .iter()
        .map(|(kind, month)| (kind.word().to_owned(), AttributeValue::S(month.to_string())));
    let item = Writer::item(keys::watch(account), "watch", version.saturating_add(1))
        .maybe_text("judged", judged_through.map(|month| month.to_string()))
        .map("told", told.collect());
    let Some(Threshold { amount, since }) = threshold else { return item.done() };

    let (partition, sort) = keys::alert_place(account);
    item.number("amount", amount.amount)
        .text("currency", amount.currency.as_str())
        .number("since", since.0)
        .text(keys::DUE_PK, partition)
        .text(keys::DUE_SK, sort)
        .done()
}

/// The watch of an item.
pub fn read(item: &Attributes) -> Result<Watch, StoreError> {
    let item = Reader::new(item);
    let month = |text: &str| Month::parse(text).ok();
    let mut watch = Watch {
        version: item.number(keys::VERSION)?,
        judged_through: item.maybe("judged", month)?,
        ..Watch::default()
    };
    for (kind, period) in item.texts("told")? {
        let kind = WatchKind::of_word(kind).zip(month(period));
        let (kind, period) = kind.ok_or_else(|| item.corrupt("`told` has another word"))?;
        watch.told.insert(kind, period);
    }
    if let Some(since) = item.maybe_time("since")? {
        let amount = item.money("amount", "currency")?;
        watch.threshold = Some(Threshold { amount, since });
    }
    Ok(watch)
}

pub(crate) fn write_alerted(account: &AccountId, alerted: &Alerted) -> Attributes {
    let Alerted { month, at, threshold, amount } = alerted;
    Writer::item(keys::alerted(account, *month), "alerted", 1)
        .text("month", month.to_string())
        .number("at", at.0)
        .text("currency", threshold.currency.as_str())
        .number("threshold", threshold.amount)
        .number("amount", amount.amount)
        .done()
}

fn read_alerted(item: &Attributes) -> Result<Alerted, StoreError> {
    let item = Reader::new(item);
    Ok(Alerted {
        month: item.word("month", |text| Month::parse(text).ok())?,
        at: item.time("at")?,
        threshold: item.money("threshold", "currency")?,
        amount: item.money("amount", "currency")?,
    })
}

impl Store {
    /// Notifications of an exceeded threshold, the earliest month first.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn alerted(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Alerted>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::ALERTED).await?;
        items.iter().map(read_alerted).collect()
    }
}
