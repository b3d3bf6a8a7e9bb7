//! The bytes of one event, read into a fact: the same fact for every API version from 2020-03-02 to
//! 2026-09-30.endive (docs.stripe.com/webhooks/versioning). An object that a call of ours is
//! answered with is read by the same readers.
//!
//! Read in this order: this page reads the envelope that all events share, `raw` reads one field,
//! `object` lists the fields of the events' objects, and `invoice`, `credit_note`, `subscription`,
//! `customer`, `tax_id` and `payment` read them.
//!
//! It is not Stripe's object model: only the fields that a fact needs are read, everything else is
//! skipped whatever it holds. It decides nothing about an account, and does not look at whether the
//! event is ours (mode, Stripe account): it says what the event says of that.
//!
//! Rules that hold on every page:
//!
//! - *Absent and `null` are the same.* API versions differ in which of the two they write.
//! - *An amount is an integer literal that an `i64` holds exactly.* `10.5`, `100.0`, `1e3`, `"100"`
//!   and anything larger are unreadable. No number ever passes through a float.
//! - *A field that we read, of whichever kind of object, and that is named twice in one object
//!   makes the event unreadable*: which of the two counts is a guess. Doubles among fields that we
//!   do not read are skipped with them.
//! - *An unknown word of Stripe's never loses a fact*: the reader takes the meaning that the rest
//!   of
//!   the object proves, else the lowest one, which leaves standing what is known. Where a rule
//!   depends on the word, the event says that it is unknown ([`EventMeta::unknown_words`]).
//! - *Depth costs nothing*: a field's text is found without recursion, so that a value nested
//!   100,000 levels deep is skipped, or refused where a text or a number is expected.

use billing::fact::{Fact, News};
use billing::ids::{CustomerId, EventId};
use billing::payment::{PaymentFact, PaymentNews};
use billing::time::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::event_type::{EventType, PaymentEvent};
use object::{Map, Object};
use raw::{Raw, expect_object, present};

mod raw;

mod words;

mod object;

mod invoice;

mod credit_note;

mod subscription;

mod customer;

mod tax_id;

mod payment;

pub use billing::marks::PLAN_METADATA;
pub use billing::payment::PURCHASE_METADATA;
pub use customer::PURCHASE_ORDER;
pub use raw::{Reason, TEXT_BYTES_MAX};
pub use subscription::{PART_METADATA, PLAN_PART, SEAT_PART};
pub use words::UnknownWord;

/// `object` of a thin event (<https://docs.stripe.com/event-destinations#thin-events>).
const THIN_EVENT: &str = "v2.core.event";

/// What the bytes of an event hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// An event that we use.
    Fact {
        /// The event that told it.
        event: EventMeta,
        /// What it says.
        fact: Fact,
    },
    /// An event about a payment for credits.
    Payment {
        /// The event that told it.
        event: EventMeta,
        /// What it says.
        fact: PaymentFact,
    },
    /// An event about an object without a customer. With Accounts v2 an object may name a
    /// `customer_account` alone: no account of ours is linked to one.
    WithoutCustomer(Head),
    /// A thin event: the endpoint is subscribed to notifications instead of snapshots.
    Thin(Head),
    /// An event type that we do not use, an event about an object that is not for us (a payment
    /// that buys no credits, a tax id of nobody's), an event without an id, or JSON that is no
    /// event (an `object` other than `event`; no object at all).
    Unused(Head),
}

/// What is known of an event that we use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMeta {
    /// Stripe's id: `evt_...`.
    pub id: EventId,
    /// What kind of event it is.
    pub event_type: EventType,
    /// Time at which it happened at Stripe.
    pub created: Timestamp,
    /// True if it is about real money.
    pub livemode: bool,
    /// The connected account that it happened on; none for our own.
    pub account: Option<String>,
    /// The API version that the object is written in: the endpoint's.
    pub api_version: Option<String>,
    /// Words of the object that no reader knows, where a rule depends on them.
    #[serde(default)]
    pub unknown_words: Vec<UnknownWord>,
}

/// What could be read of the envelope of an event that is not used or is unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Stripe's id.
    pub id: Option<String>,
    /// Its `type`, whether or not we use it.
    pub event_type: Option<String>,
    /// Time at which it happened at Stripe.
    pub created: Option<Timestamp>,
    /// True if it is about real money.
    pub livemode: Option<bool>,
    /// The connected account that it happened on.
    pub account: Option<String>,
    /// The API version that it is written in.
    pub api_version: Option<String>,
}

/// The bytes could not be read. Waiting does not help: they stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The bytes are not UTF-8, so they are not JSON.
    #[error("the body is not UTF-8: {0}")]
    NotUtf8(#[from] std::str::Utf8Error),
    /// The bytes are not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// An event that we use, with a content that we cannot rely on.
    #[error("event {} of type {} cannot be read: {reason}", known(head.id.as_deref()), known(head.event_type.as_deref()))]
    Unreadable {
        /// What is known of it.
        head: Box<Head>,
        /// What is wrong, naming the field.
        #[source]
        reason: Reason,
    },
}

impl ParseError {
    /// The stable code of the HTTP contract; none for an event that is dead-lettered, since that is
    /// answered with success: Stripe would only send the same bytes again.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::NotUtf8(_) | Self::NotJson(_) => Some("body_unreadable"),
            Self::Unreadable { .. } => None,
        }
    }
}

fn known(text: Option<&str>) -> &str {
    text.unwrap_or("(unknown)")
}

/// Reads one event. The caller has verified the bytes, and has bounded how many there are.
pub fn parse(body: &[u8]) -> Result<Parsed, ParseError> {
    let text = str::from_utf8(body)?;
    if !text.trim_ascii_start().starts_with('{') {
        serde_json::from_str::<IgnoredAny>(text).map_err(ParseError::NotJson)?;
        return Ok(Parsed::Unused(Head::default()));
    }
    match serde_json::from_str::<Envelope<'_, _>>(text) {
        Ok(envelope) => envelope.read(),
        Err(error) => misshapen(text, error),
    }
}

/// Reads one object as Stripe's API answers with it, as though an event of that type had told it at
/// that moment: what our own calls say makes the same facts as what Stripe says unasked.
pub fn read_object(event_type: EventType, text: &str, at: Timestamp) -> Result<Fact, Reason> {
    let Map(object) = serde_json::from_str::<Map<Object<'_>>>(text).map_err(Reason::Shape)?;
    match told(event_type, &object)? {
        Told::News(customer, news) => Ok(Fact { at, customer, news }),
        Told::Payment(_) | Told::NotOurs | Told::WithoutCustomer => {
            Err(Reason::Missing("customer"))
        }
    }
}

/// Reads a Checkout session, a payment intent, a refund or a dispute as Stripe's API answers with
/// it, likewise; nothing when it is not about a payment for credits.
pub fn read_payment_object(
    event: PaymentEvent,
    text: &str,
    at: Timestamp,
) -> Result<Option<PaymentFact>, Reason> {
    let Map(object) = serde_json::from_str::<Map<Object<'_>>>(text).map_err(Reason::Shape)?;
    Ok(payment::read(event, &object)?.map(|news| PaymentFact { at, news }))
}

/// Something stands where an object should, or a field is named twice. Both are nothing to us in an
/// event that we do not use, so the envelope is read again without its data.
fn misshapen(text: &str, error: serde_json::Error) -> Result<Parsed, ParseError> {
    if error.classify() != Category::Data {
        return Err(ParseError::NotJson(error));
    }
    match serde_json::from_str::<Envelope<'_, IgnoredAny>>(text) {
        Ok(envelope) if envelope.used().is_none() => Ok(envelope.unused()),
        Ok(envelope) => Err(unreadable(envelope.head(), Reason::Shape(error))),
        // The envelope itself names a field twice: not even the event's id is known for sure.
        Err(error) => {
            serde_json::from_str::<IgnoredAny>(text).map_err(ParseError::NotJson)?;
            Err(unreadable(Head::default(), Reason::Shape(error)))
        }
    }
}

fn unreadable(head: Head, reason: Reason) -> ParseError {
    ParseError::Unreadable { head: Box::new(head), reason }
}

/// The fields that all events share, as text (docs.stripe.com/api/events/object), and `data`.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a, D: Default + Deserialize<'de>"))]
struct Envelope<'a, D> {
    id: Raw<'a>,
    object: Raw<'a>,
    r#type: Raw<'a>,
    created: Raw<'a>,
    livemode: Raw<'a>,
    account: Raw<'a>,
    api_version: Raw<'a>,
    data: D,
}

/// What `data` is where the object is wanted.
type Data<'a> = Option<Map<Payload<'a>>>;

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Payload<'a> {
    object: Option<Map<Object<'a>>>,
}

impl Envelope<'_, Data<'_>> {
    fn read(&self) -> Result<Parsed, ParseError> {
        let Some(event_type) = self.used() else { return Ok(self.unused()) };
        let told = self.told(event_type);
        match told {
            Ok(Told::NotOurs) => return Ok(Parsed::Unused(self.head())),
            Ok(Told::WithoutCustomer) => return Ok(Parsed::WithoutCustomer(self.head())),
            Ok(Told::News(..) | Told::Payment(_)) | Err(_) => {}
        }
        // The object's readers have noted its unknown words by now.
        let event = self.meta(event_type);
        match event.and_then(|event| Ok((event, told?))) {
            Ok((event, Told::News(customer, news))) => {
                let fact = Fact { at: event.created, customer, news };
                Ok(Parsed::Fact { event, fact })
            }
            Ok((event, Told::Payment(news))) => {
                let fact = PaymentFact { at: event.created, news };
                Ok(Parsed::Payment { event, fact })
            }
            Ok((_, Told::NotOurs | Told::WithoutCustomer)) => Ok(Parsed::Unused(self.head())),
            Err(reason) => Err(unreadable(self.head(), reason)),
        }
    }

    fn meta(&self, event_type: EventType) -> Result<EventMeta, Reason> {
        Ok(EventMeta {
            id: present("id", self.id.id("id", EventId::parse)?)?,
            event_type,
            created: present("created", self.created.time("created")?)?,
            livemode: present("livemode", self.livemode.flag("livemode")?)?,
            account: self.account.owned("account")?,
            api_version: self.api_version.owned("api_version")?,
            unknown_words: self
                .object()
                .map(|Map(object)| object.words.noted())
                .unwrap_or_default(),
        })
    }

    fn object(&self) -> Option<&Map<Object<'_>>> {
        self.data.as_ref().and_then(|Map(data)| data.object.as_ref())
    }

    fn told(&self, event_type: EventType) -> Result<Told, Reason> {
        let Map(object) = present("data.object", self.object())?;
        told(event_type, object)
    }
}

impl<D> Envelope<'_, D> {
    /// The event's type, if this is an event and we use it.
    fn used(&self) -> Option<EventType> {
        let is_event = expect_object(self.object, "event").is_ok();
        let event_type = self.r#type.text("type").ok().flatten()?;
        EventType::parse(&event_type).filter(|_| is_event && !self.id.is_null())
    }

    /// An event whose type is not used, or a thin event of any type.
    fn unused(&self) -> Parsed {
        match expect_object(self.object, THIN_EVENT) {
            Ok(()) if !self.object.is_null() => Parsed::Thin(self.head()),
            Ok(()) | Err(_) => Parsed::Unused(self.head()),
        }
    }

    /// Whatever can be read of it.
    fn head(&self) -> Head {
        let owned = |raw: Raw<'_>| raw.owned("").ok().flatten();
        Head {
            id: owned(self.id),
            event_type: owned(self.r#type),
            created: self.created.time("created").ok().flatten(),
            livemode: self.livemode.flag("livemode").ok().flatten(),
            account: owned(self.account),
            api_version: owned(self.api_version),
        }
    }
}

/// What an object says.
enum Told {
    /// News of a customer.
    News(CustomerId, News),
    /// News of a payment for credits.
    Payment(PaymentNews),
    /// It is of a kind that we use, and no business of ours.
    NotOurs,
    /// It has no customer, so that no account of ours has it.
    WithoutCustomer,
}

/// Whom the object is about, and what it says.
fn told(event_type: EventType, object: &Object<'_>) -> Result<Told, Reason> {
    if lacks_customer(event_type, object) {
        return Ok(Told::WithoutCustomer);
    }
    let (customer, news) = match event_type {
        EventType::Invoice(event) => {
            let (customer, snapshot) = invoice::read(event, object)?;
            (customer, News::Invoice { event, snapshot })
        }
        EventType::CreditNote(event) => {
            let (customer, snapshot) = credit_note::read(event, object)?;
            (customer, News::CreditNote(snapshot))
        }
        EventType::Subscription(event) => {
            let (customer, snapshot) = subscription::read(event, object)?;
            (customer, News::Subscription(snapshot))
        }
        EventType::CustomerUpdated => {
            let (customer, snapshot) = customer::updated(object)?;
            (customer, News::CustomerUpdated(snapshot))
        }
        EventType::TaxId(event) => match tax_id::read(event, object)? {
            Some((customer, snapshot)) => (customer, News::TaxId(snapshot)),
            None => return Ok(Told::NotOurs),
        },
        EventType::CustomerDeleted => (customer::deleted(object)?, News::CustomerDeleted),
        EventType::Method(_) => (customer::of_method(object)?, News::MethodChanged),
        EventType::Payment(event) => {
            if let Some((customer, moved)) = payment::moved(event, object)? {
                return Ok(Told::News(customer, News::PaymentMoved(moved)));
            }
            return Ok(payment::read(event, object)?.map_or(Told::NotOurs, Told::Payment));
        }
    };
    Ok(Told::News(customer, news))
}

/// True for an object that must have a customer, and has none. A payment that carries a purchase of
/// ours and names nobody at all is unreadable instead: its money would be lost in silence.
fn lacks_customer(event_type: EventType, object: &Object<'_>) -> bool {
    let is_a = |kind: &str| expect_object(object.object, kind).is_ok();
    let of_accounts_v2 = !object.customer_account.is_null();
    let is_meant = match event_type {
        EventType::Invoice(_) => is_a("invoice"),
        EventType::CreditNote(_) => is_a("credit_note"),
        EventType::Subscription(_) => is_a("subscription"),
        // One that nobody has on file.
        EventType::Method(_) => is_a("payment_method"),
        EventType::Payment(PaymentEvent::Session(_)) => is_a("checkout.session") && of_accounts_v2,
        EventType::Payment(PaymentEvent::Intent(_)) => is_a("payment_intent") && of_accounts_v2,
        EventType::Payment(PaymentEvent::Refund(_) | PaymentEvent::Dispute(_))
        | EventType::CustomerUpdated
        | EventType::TaxId(_)
        | EventType::CustomerDeleted => false,
    };
    is_meant && object.customer.is_null()
}

#[cfg(test)]
mod tests;
