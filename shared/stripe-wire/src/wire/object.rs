//! The fields of an event's object, whichever kind it is.
//!
//! One struct for all kinds, because Stripe prints `data` before `type`: what the object is becomes
//! known after it has been read, and reading it twice would double the cost of an event. Which of
//! the fields mean something is up to the reader of each kind.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::raw::Raw;
use super::words::Words;

/// Every field that some fact needs, as text.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "each has Stripe's name")]
pub(super) struct Object<'a> {
    // Of several kinds.
    pub(super) id: Raw<'a>,
    pub(super) object: Raw<'a>,
    pub(super) customer: Raw<'a>,
    pub(super) customer_account: Raw<'a>,
    pub(super) created: Raw<'a>,
    pub(super) currency: Raw<'a>,
    pub(super) status: Raw<'a>,
    pub(super) metadata: Raw<'a>,
    // Of an invoice.
    pub(super) collection_method: Raw<'a>,
    pub(super) days_until_due: Raw<'a>,
    pub(super) billing_reason: Raw<'a>,
    pub(super) subscription: Raw<'a>,
    pub(super) parent: Raw<'a>,
    pub(super) subscription_details: Raw<'a>,
    pub(super) number: Raw<'a>,
    pub(super) status_transitions: Raw<'a>,
    pub(super) due_date: Raw<'a>,
    pub(super) total: Raw<'a>,
    pub(super) total_taxes: Raw<'a>,
    pub(super) total_tax_amounts: Raw<'a>,
    pub(super) lines: Raw<'a>,
    pub(super) amount_due: Raw<'a>,
    pub(super) amount_paid: Raw<'a>,
    pub(super) paid_out_of_band: Raw<'a>,
    pub(super) payments: Raw<'a>,
    pub(super) pre_payment_credit_notes_amount: Raw<'a>,
    pub(super) attempted: Raw<'a>,
    pub(super) attempt_count: Raw<'a>,
    pub(super) next_payment_attempt: Raw<'a>,
    pub(super) hosted_invoice_url: Raw<'a>,
    pub(super) invoice_pdf: Raw<'a>,
    pub(super) auto_advance: Raw<'a>,
    pub(super) status_details: Raw<'a>,
    // Of a credit note.
    pub(super) invoice: Raw<'a>,
    pub(super) r#type: Raw<'a>,
    pub(super) amount: Raw<'a>,
    pub(super) pre_payment_amount: Raw<'a>,
    pub(super) post_payment_amount: Raw<'a>,
    pub(super) reason: Raw<'a>,
    pub(super) voided_at: Raw<'a>,
    pub(super) refund: Raw<'a>,
    pub(super) customer_balance_transaction: Raw<'a>,
    pub(super) out_of_band_amount: Raw<'a>,
    // Of a subscription.
    pub(super) items: Raw<'a>,
    pub(super) plan: Raw<'a>,
    pub(super) quantity: Raw<'a>,
    pub(super) current_period_start: Raw<'a>,
    pub(super) current_period_end: Raw<'a>,
    pub(super) cancel_at: Raw<'a>,
    pub(super) cancel_at_period_end: Raw<'a>,
    pub(super) ended_at: Raw<'a>,
    pub(super) latest_invoice: Raw<'a>,
    pub(super) pending_update: Raw<'a>,
    pub(super) pause_collection: Raw<'a>,
    pub(super) schedule: Raw<'a>,
    pub(super) default_payment_method: Raw<'a>,
    pub(super) default_tax_rates: Raw<'a>,
    // Of a customer.
    pub(super) name: Raw<'a>,
    pub(super) email: Raw<'a>,
    pub(super) address: Raw<'a>,
    pub(super) balance: Raw<'a>,
    pub(super) tax_exempt: Raw<'a>,
    pub(super) invoice_settings: Raw<'a>,
    // Of a tax id.
    pub(super) value: Raw<'a>,
    pub(super) verification: Raw<'a>,
    // Of a Checkout session, a payment intent, a refund and a dispute.
    pub(super) payment_status: Raw<'a>,
    pub(super) amount_subtotal: Raw<'a>,
    pub(super) amount_total: Raw<'a>,
    pub(super) payment_intent: Raw<'a>,
    pub(super) last_payment_error: Raw<'a>,
    pub(super) amount_received: Raw<'a>,
    pub(super) canceled_at: Raw<'a>,
    pub(super) balance_transactions: Raw<'a>,
    pub(super) evidence_details: Raw<'a>,
    /// Words of Stripe that the readers of this object do not know.
    #[serde(skip)]
    pub(super) words: Words,
}

/// A JSON object and nothing else: what serde derives for a struct would also take an array, field
/// by field.
pub(super) struct Map<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_map`, which would put a wrong value into its message.
        deserializer.deserialize_any(OnlyMap(PhantomData))
    }
}

struct OnlyMap<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyMap<T> {
    type Value = Map<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Map)
    }

    /// As serde would, but without the text in the message: it may be secret, and long.
    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Other("text"), &self))
    }
}
