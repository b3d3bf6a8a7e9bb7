//! A dispute as an item. While it is open it stands in the index `due`, by its deadline.

use billing::account::Standing;
use billing::dispute::{Dispute, DisputePosition, Paid};
use billing::ids::{AccountId, DisputeId, InvoiceId, PaymentIntentId, PurchaseId};
use billing::payment::DisputeStatus;
use billing::words::Word;
use invocation::Invocation;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys::{self, ALL_DUE, DISPUTES_DUE};
use crate::{Store, standing};

impl Store {
    /// A dispute that is known, with the standing of its account: one request. Nothing when there
    /// is no such account.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn dispute(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &DisputeId,
    ) -> Result<Option<(Standing, Option<Dispute>)>, StoreError> {
        let keys = [keys::standing(account), keys::dispute(account, id)];
        let items = self.batch_all(invocation, &keys).await?;
        let [own, known] = keys.map(|key| items.get(&key));
        let Some(own) = own else { return Ok(None) };
        Ok(Some((standing::read(own)?, known.map(read).transpose()?)))
    }

    /// Open disputes behind a place, by deadline: at most `limit`, and the place of the last one
    /// that was looked at, if others follow. One that ended since the index was written is left
    /// out.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn disputes(
        &self,
        invocation: &Invocation,
        (behind, limit): (Option<&DisputePosition>, usize),
    ) -> Result<(Vec<(AccountId, Dispute)>, Option<DisputePosition>), StoreError> {
        // `$` follows `#`, and no id has either: behind this very place.
        let from =
            behind.map_or_else(|| ALL_DUE.0.to_owned(), |place| format!("{}$", place.text()));
        let page = self.page(invocation, DISPUTES_DUE, (&from, ALL_DUE.1), None).await?;
        let more = page.found.len() > limit || page.end.is_some();
        let found: Vec<_> = page.found.into_iter().take(limit).collect();
        let items = self.batch_all(invocation, &found).await?;

        let (mut disputes, mut last) = (Vec::new(), None);
        for key in &found {
            let Some((item, account)) = items.get(key).zip(keys::account_of(&key.pk)) else {
                continue;
            };
            let dispute = read(item)?;
            last = Some(DisputePosition::of(&account, &dispute));
            if dispute.is_open() {
                disputes.push((account, dispute));
            }
        }
        Ok((disputes, last.filter(|_| more)))
    }
}

/// The item of a dispute, at a version.
pub(crate) fn write(account: &AccountId, dispute: &Dispute, version: u64) -> Attributes {
    let (purchase, invoice) = match &dispute.paid {
        Paid::Purchase(id) => (Some(id.as_str()), None),
        Paid::Invoice(id) => (None, Some(id.as_str())),
        Paid::Other => (None, None),
    };
    let place = dispute.is_open().then(|| DisputePosition::of(account, dispute).text());
    let partition = place.is_some().then_some(DISPUTES_DUE);
    Writer::item(keys::dispute(account, &dispute.id), "dispute", version)
        .text("id", dispute.id.as_str())
        .text("payment", dispute.payment.as_str())
        .maybe_text("purchase", purchase)
        .maybe_text("invoice", invoice)
        .number("amount", dispute.amount.amount)
        .text("currency", dispute.amount.currency.as_str())
        .maybe_text("reason", dispute.reason.as_deref())
        .text("status", dispute.status.word())
        .flag("answered", dispute.answered)
        .maybe_time("due_by", dispute.due_by)
        .number("opened", dispute.opened_at.0)
        .maybe_text(keys::DUE_PK, partition)
        .maybe_text(keys::DUE_SK, place)
        .done()
}

fn read(item: &Attributes) -> Result<Dispute, StoreError> {
    let item = Reader::new(item);
    let purchase = item.maybe("purchase", |id| PurchaseId::parse(id).ok())?;
    let invoice = item.maybe("invoice", |id| InvoiceId::parse(id).ok())?;
    Ok(Dispute {
        version: item.number(keys::VERSION)?,
        id: item.word("id", |id| DisputeId::parse(id).ok())?,
        payment: item.word("payment", |id| PaymentIntentId::parse(id).ok())?,
        paid: match (purchase, invoice) {
            (Some(id), _) => Paid::Purchase(id),
            (None, Some(id)) => Paid::Invoice(id),
            (None, None) => Paid::Other,
        },
        amount: item.money("amount", "currency")?,
        reason: item.maybe_text("reason")?.map(str::to_owned),
        status: item.word("status", DisputeStatus::of_word)?,
        answered: item.flag("answered")?,
        due_by: item.maybe_time("due_by")?,
        opened_at: item.time("opened")?,
    })
}
