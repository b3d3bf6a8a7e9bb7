//! The latest payment of an invoice that we asked for, as an item.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::{AccountId, InvoiceId, PaymentMethodId};
use billing::intent::{Intent, IntentStatus};
use billing::paying::{Ended, Paying};
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

const PAID: &str = "paid";
const PROCESSING: &str = "processing";
const DECLINED: &str = "declined";
const REFUSED: &str = "refused";

/// The item of a payment, at the version behind the one that it was read at.
pub(crate) fn write(account: &AccountId, paying: &Paying) -> Attributes {
    let intent = &paying.intent;
    let recent = paying.recent.iter().map(|at| AttributeValue::N(at.0.to_string()));
    let tried = paying.tried.iter().map(|key| AttributeValue::S(key.clone()));
    let key = keys::paying(account, &paying.invoice);
    let (ended, code) = match &paying.ended {
        None => (None, None),
        Some(Ended::Paid) => (Some(PAID), None),
        Some(Ended::Processing) => (Some(PROCESSING), None),
        Some(Ended::Declined(code)) => (Some(DECLINED), Some(code.as_str())),
        Some(Ended::Refused) => (Some(REFUSED), None),
    };
    Writer::item(key, "paying", paying.version.saturating_add(1))
        .text("invoice", paying.invoice.as_str())
        .text("method", paying.method.as_str())
        .number("until", paying.until.0)
        .maybe_text("ended", ended)
        .maybe_text("code", code)
        .list("recent", recent.collect())
        .list("tried", tried.collect())
        .text("token", &*intent.token)
        .maybe_text("request", intent.request.as_deref())
        .text("status", intent.status.word())
        .number("begun_at", intent.begun_at.0)
        .number("attempt", intent.attempt)
        .number("attempted_at", intent.attempted_at.0)
        .flag("spent", intent.spent)
        .done()
}

/// The payment of an item.
pub(crate) fn read(item: &Attributes) -> Result<Paying, StoreError> {
    let item = Reader::new(item);
    let invoice: InvoiceId = item.word("invoice", |id| InvoiceId::parse(id).ok())?;
    let method: PaymentMethodId = item.word("method", |id| PaymentMethodId::parse(id).ok())?;
    let code = || Ok::<_, StoreError>(item.maybe_text("code")?.unwrap_or_default().to_owned());
    let ended = match item.maybe_text("ended")? {
        None => None,
        Some(PAID) => Some(Ended::Paid),
        Some(PROCESSING) => Some(Ended::Processing),
        Some(DECLINED) => Some(Ended::Declined(code()?)),
        Some(REFUSED) => Some(Ended::Refused),
        Some(other) => return Err(item.corrupt(format!("`ended` is `{other}`"))),
    };
    let time = |at: &AttributeValue| {
        let wrong = || item.corrupt("`recent` has something that is no time");
        let at = at.as_n().ok().and_then(|at| at.parse().ok());
        at.map(Timestamp).ok_or_else(wrong)
    };
    Ok(Paying {
        version: item.number(keys::VERSION)?,
        intent: Intent {
            version: 0,
            id: invoice.to_string(),
            token: item.text("token")?.to_owned(),
            content: method.to_string(),
            request: item.maybe_text("request")?.map(str::to_owned),
            status: item.word("status", IntentStatus::of_word)?,
            begun_at: item.time("begun_at")?,
            attempt: item.number("attempt")?,
            attempted_at: item.time("attempted_at")?,
            spent: item.flag("spent")?,
        },
        invoice,
        method,
        until: item.time("until")?,
        ended,
        recent: item.list("recent")?.iter().map(time).collect::<Result<_, _>>()?,
        tried: item.list("tried")?.iter().filter_map(|key| key.as_s().ok().cloned()).collect(),
    })
}

impl Store {
    /// Keeps a payment that begins, if the standing is as it was read: what is owed, and by whom,
    /// is what the decision rests on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the account changed, or another payment began.
    pub async fn begin_paying(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (paying, standing): (&Paying, u64),
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.check(keys::standing(account), standing);
        transaction.put(write(account, paying), Condition::read_at(paying.version));
        self.transact(invocation, transaction).await
    }
}
