//! The payment method on file, as an item.

use billing::ids::{AccountId, PaymentMethodId};
use billing::on_file::{OnFile, StoredMethod};

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of what is on file, at the version behind the one that it was read at.
pub(crate) fn write(account: &AccountId, on_file: &OnFile) -> Attributes {
    let OnFile { version, method, since, is_tried, declined } = on_file;
    let item = Writer::item(keys::method(account), "on file", version.saturating_add(1))
        .number("since", since.0)
        .flag("tried", *is_tried)
        .maybe_text("declined", declined.as_deref());
    let Some(StoredMethod { id, kind, brand, last4, expires, country }) = method else {
        return item.done();
    };
    item.text("method", id.as_str())
        .text("kind", &**kind)
        .maybe_text("brand", brand.as_deref())
        .maybe_text("last4", last4.as_deref())
        .maybe_number("year", expires.map(|(year, _)| year))
        .maybe_number("month", expires.map(|(_, month)| month))
        .maybe_text("country", country.as_deref())
        .done()
}

/// What an item says is on file.
pub(crate) fn read(item: &Attributes) -> Result<OnFile, StoreError> {
    let item = Reader::new(item);
    let owned = |name: &str| Ok::<_, StoreError>(item.maybe_text(name)?.map(str::to_owned));
    let id: Option<PaymentMethodId> = item.maybe("method", |id| PaymentMethodId::parse(id).ok())?;
    let method = match id {
        None => None,
        Some(id) => Some(StoredMethod {
            id,
            kind: item.text("kind")?.to_owned(),
            brand: owned("brand")?,
            last4: owned("last4")?,
            expires: item.maybe_number("year")?.zip(item.maybe_number("month")?),
            country: owned("country")?,
        }),
    };
    Ok(OnFile {
        version: item.number(keys::VERSION)?,
        method,
        since: item.time("since")?,
        is_tried: item.flag("tried")?,
        declined: owned("declined")?,
    })
}
