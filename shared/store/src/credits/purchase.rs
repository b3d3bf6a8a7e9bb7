//! A purchase as an item, and the link from its payment: refunds and disputes name nothing else.

use std::collections::BTreeMap;

use billing::credits::Offer;
use billing::credits::purchase::{ChargeMethod, How, Purchase, PurchaseStatus};
use billing::ids::{
    AccountId, DisputeId, InvoiceId, PaymentIntentId, PaymentMethodId, PurchaseId, RefundId,
    SessionId,
};
use billing::intent::{Intent, IntentStatus};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::time::Timestamp;
use billing::words::Word;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// What is known of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentLink {
    /// It paid a purchase.
    Purchase(AccountId, PurchaseId),
    /// It paid an invoice of an account, or something else that is no purchase.
    Invoice(AccountId, Option<InvoiceId>),
    /// It is not for credits, as Stripe said: remembered until then.
    Foreign {
        /// Time at which it is forgotten.
        until: Timestamp,
    },
}

/// The item of a purchase, at a version.
pub(crate) fn write(account: &AccountId, purchase: &Purchase, version: u64) -> Attributes {
    let Intent { token, content, request, begun_at, attempt, attempted_at, spent, .. } =
        &purchase.intent;
    let method = purchase.method.as_ref();
    Writer::item(keys::purchase(account, &purchase.id), "purchase", version)
        .text("id", purchase.id.as_str())
        .text("how", purchase.how.word())
        .text("pack", &*purchase.offer.pack)
        .number("tokens", purchase.offer.tokens)
        .number("price", purchase.offer.price.amount)
        .text("currency", purchase.offer.price.currency.as_str())
        .text("month", purchase.month.to_string())
        .text("status", purchase.status.word())
        .text("token", &**token)
        .text("content", &**content)
        .maybe_text("request", request.as_deref())
        .number("begun_at", begun_at.0)
        .number("attempt", attempt)
        .number("attempted_at", attempted_at.0)
        .flag("spent", *spent)
        .maybe_text("session", purchase.session.as_ref().map(SessionId::as_str))
        .maybe_text("url", purchase.url.as_deref())
        .maybe_text("method", method.map(|method| method.id.as_str()))
        .maybe_text("fingerprint", method.and_then(|method| method.fingerprint.as_deref()))
        .maybe_number("tax", Some(purchase.tax).filter(|tax| *tax != 0))
        .maybe_text("payment", purchase.payment.as_ref().map(PaymentIntentId::as_str))
        .maybe_number("paid", purchase.paid.map(|paid| paid.amount))
        .maybe_text("paid_in", purchase.paid.map(|paid| paid.currency.to_string()))
        .map("refunds", write_reversals(&purchase.refunds))
        .map("disputes", write_reversals(&purchase.disputes))
        .maybe_number("taken", Some(purchase.taken).filter(|taken| *taken != 0))
        .maybe_number("takes", Some(purchase.takes).filter(|takes| *takes != 0))
        .done()
}

/// The purchase of an item.
pub fn read(item: &Attributes) -> Result<Purchase, StoreError> {
    let item = Reader::new(item);
    let id = item.word("id", |id| PurchaseId::parse(id).ok())?;
    let status = item.word("status", PurchaseStatus::of_word)?;
    let currency = |name: &str| item.maybe(name, |code| Currency::parse(code).ok());
    let paid = match (item.maybe_number("paid")?, currency("paid_in")?) {
        (Some(amount), Some(currency)) => Some(Money::new(amount, currency)),
        _ => None,
    };
    let method = item.maybe("method", |id| PaymentMethodId::parse(id).ok())?;
    let fingerprint = item.maybe_text("fingerprint")?.map(str::to_owned);
    Ok(Purchase {
        version: item.number(keys::VERSION)?,
        how: item.word("how", How::of_word)?,
        offer: Offer {
            pack: item.text("pack")?.to_owned(),
            tokens: item.number("tokens")?,
            price: item.money("price", "currency")?,
        },
        month: item.word("month", |month| Month::parse(month).ok())?,
        status,
        intent: Intent {
            version: 0,
            id: id.to_string(),
            token: item.text("token")?.to_owned(),
            content: item.text("content")?.to_owned(),
            request: item.maybe_text("request")?.map(str::to_owned),
            status: match status {
                PurchaseStatus::Open => IntentStatus::Open,
                PurchaseStatus::Failed | PurchaseStatus::Expired | PurchaseStatus::Granted => {
                    IntentStatus::Done
                }
            },
            begun_at: item.time("begun_at")?,
            attempt: item.number("attempt")?,
            attempted_at: item.time("attempted_at")?,
            spent: item.flag("spent")?,
        },
        session: item.maybe("session", |id| SessionId::parse(id).ok())?,
        url: item.maybe_text("url")?.map(str::to_owned),
        method: method.map(|id| ChargeMethod { id, fingerprint }),
        tax: item.maybe_number("tax")?.unwrap_or(0),
        payment: item.maybe("payment", |id| PaymentIntentId::parse(id).ok())?,
        paid,
        refunds: read_reversals(item, "refunds", |id| RefundId::parse(id).ok())?,
        disputes: read_reversals(item, "disputes", |id| DisputeId::parse(id).ok())?,
        taken: item.maybe_number("taken")?.unwrap_or(0),
        takes: item.maybe_number("takes")?.unwrap_or(0),
        id,
    })
}

fn write_reversals<I: ToString, S: Word>(all: &BTreeMap<I, (S, i64)>) -> Attributes {
    let one = |(status, amount): &(S, i64)| {
        let map = Writer::default().text("status", status.word()).number("amount", amount);
        AttributeValue::M(map.done())
    };
    all.iter().map(|(id, reversal)| (id.to_string(), one(reversal))).collect()
}

fn read_reversals<I: Ord, S: Word>(
    item: Reader<'_>,
    name: &str,
    parse: impl Fn(&str) -> Option<I>,
) -> Result<BTreeMap<I, (S, i64)>, StoreError> {
    let mut all = BTreeMap::new();
    for (id, map) in item.maps(name)? {
        let unknown = || item.corrupt(format!("`{name}` names `{id}`"));
        let id = parse(id).ok_or_else(unknown)?;
        all.insert(id, (map.word("status", S::of_word)?, map.number("amount")?));
    }
    Ok(all)
}

/// The item that links a payment to the purchase that it paid, for ever.
pub(crate) fn write_link(
    payment: &PaymentIntentId,
    account: &AccountId,
    purchase: &PurchaseId,
) -> Attributes {
    Writer::item(keys::payment_link(payment), "payment_link", 1)
        .text("account", account.as_str())
        .text("purchase", purchase.as_str())
        .done()
}

/// The item that links a disputed payment to its account, and to the invoice that it paid.
pub(crate) fn write_invoice_link(
    payment: &PaymentIntentId,
    account: &AccountId,
    invoice: Option<&InvoiceId>,
) -> Attributes {
    Writer::item(keys::payment_link(payment), "payment_link", 1)
        .text("account", account.as_str())
        .maybe_text("invoice", invoice.map(InvoiceId::as_str))
        .done()
}

/// The item that remembers a payment as one that is not for credits. Version 0: a link takes its
/// place.
pub(crate) fn write_foreign(payment: &PaymentIntentId, until: Timestamp) -> Attributes {
    Writer::item(keys::payment_link(payment), "foreign_payment", 0)
        .number(keys::EXPIRES_AT, until.0)
        .done()
}

/// The link of an item.
pub(super) fn read_link(item: &Attributes) -> Result<PaymentLink, StoreError> {
    let item = Reader::new(item);
    let Some(account) = item.maybe("account", |id| AccountId::parse(id).ok())? else {
        return Ok(PaymentLink::Foreign { until: item.time(keys::EXPIRES_AT)? });
    };
    if let Some(purchase) = item.maybe("purchase", |id| PurchaseId::parse(id).ok())? {
        return Ok(PaymentLink::Purchase(account, purchase));
    }
    let invoice = item.maybe("invoice", |id| InvoiceId::parse(id).ok())?;
    Ok(PaymentLink::Invoice(account, invoice))
}
