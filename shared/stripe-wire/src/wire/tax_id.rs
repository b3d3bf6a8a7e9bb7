//! A tax id, as `customer.tax_id.*` events carry it (`docs.stripe.com/api/tax_ids/object`).
//!
//! A tax id of the account at Stripe itself has no customer, and is no business of ours.

use billing::ids::{CustomerId, TaxIdId};
use billing::tax_id::{TaxIdSnapshot, Verification};
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};
use crate::event_type::TaxIdEvent;

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Verified<'a> {
    status: Raw<'a>,
}

/// Whose it is, and what it is now; nothing for one of no customer. No rule hangs on what the
/// authority says: an unknown word is as good as none.
pub(super) fn read(
    event: TaxIdEvent,
    tax_id: &Object<'_>,
) -> Result<Option<(CustomerId, TaxIdSnapshot)>, Reason> {
    raw::expect_object(tax_id.object, "tax_id")?;
    if tax_id.customer.is_null() {
        return Ok(None);
    }
    let verified: Verified<'_> = tax_id.verification.object("verification")?.unwrap_or_default();
    let snapshot = TaxIdSnapshot {
        id: present("id", tax_id.id.id("id", TaxIdId::parse)?)?,
        kind: present("type", tax_id.r#type.owned("type")?)?,
        value: present("value", tax_id.value.owned("value")?)?,
        verification: match verified.status.text("verification.status")?.as_deref() {
            Some("pending") => Verification::Pending,
            Some("verified") => Verification::Verified,
            Some("unverified") => Verification::Unverified,
            Some(_) | None => Verification::Unavailable,
        },
        removed: match event {
            TaxIdEvent::Deleted => true,
            TaxIdEvent::Created | TaxIdEvent::Updated => false,
        },
    };
    Ok(Some((raw::customer(tax_id.customer)?, snapshot)))
}
