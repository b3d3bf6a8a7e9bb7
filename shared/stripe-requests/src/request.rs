//! The requests that we make, each by async-stripe's builder, so that a parameter that Stripe does
//! not know does not compile.

pub mod catalog;
pub mod checkout;
pub mod credit;
pub mod details;
pub mod events;
pub mod given_credit;
pub mod invoice;
pub mod paying;
pub mod payment;
pub mod portal;
pub mod preview;
pub mod schedule;
pub mod standing;
pub mod subscription;
pub mod transfer;

use std::collections::HashMap;

use billing::ids::{AccountId, CustomerId, InvoiceId, SubscriptionId};
use billing::time::Timestamp;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use stripe_billing::InvoiceStatus;
use stripe_billing::credit_note::ListCreditNote;
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::subscription::{
    ListSubscription, ListSubscriptionStatus, RetrieveSubscription,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::{
    CreateCustomer, ListCustomer, OptionalFieldsCustomerAddress, RetrieveCustomer,
};
use stripe_types::RangeQueryTs;

pub use billing::marks::ACCOUNT_METADATA;

/// Objects on one page of a list: the most that Stripe gives.
pub const PAGE_OBJECTS_MAX: i64 = 100;
/// The key, in an object's metadata, of the intent that it was made by.
pub const INTENT_METADATA: &str = "tollgate_intent";

/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// One request, whole but for the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) method: Method,
    /// From `/v1` on, with its query.
    pub(crate) target: String,
    pub(crate) form: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// A customer to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCustomer<'a> {
    /// For which account: in its metadata.
    pub account: &'a AccountId,
    /// By which intent: in its metadata.
    pub intent: &'a str,
    /// Company or person.
    pub name: &'a str,
    /// Where invoices are mailed to.
    pub email: Option<&'a str>,
    /// Two letters, ISO 3166-1.
    pub country: Option<&'a str>,
}

/// Which invoices of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invoices {
    /// Finalized and unpaid.
    Open,
    /// Given up by Stripe's collection, and still unpaid.
    Uncollectible,
}

/// `POST /v1/customers`.
pub fn create_customer(new: &NewCustomer<'_>) -> Request {
    let metadata = [(ACCOUNT_METADATA, new.account.as_str()), (INTENT_METADATA, new.intent)];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut request = CreateCustomer::new().name(new.name).metadata(HashMap::from(metadata));
    if let Some(email) = new.email {
        request = request.email(email);
    }
    if let Some(country) = new.country {
        let mut address = OptionalFieldsCustomerAddress::new();
        address.country = Some(country.to_owned());
        request = request.address(address);
    }
    Request::of(&request)
}

/// `GET /v1/customers/{id}`. A customer that was deleted is answered too, as such.
pub fn customer(id: &CustomerId) -> Request {
    Request::of(&RetrieveCustomer::new(segment(id.as_str())))
}

/// `GET /v1/customers`: those with exactly that e-mail address, made since then.
pub fn customers(email: Option<&str>, since: Timestamp, after: Option<&str>) -> Request {
    let made = RangeQueryTs::gte(since.0);
    let list = ListCustomer::new().created(made).limit(PAGE_OBJECTS_MAX);
    let list = match email {
        Some(email) => list.email(email),
        None => list,
    };
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/subscriptions`: all of a customer's, ended ones too.
pub fn subscriptions(customer: &CustomerId, after: Option<&str>) -> Request {
    let list = ListSubscription::new().customer(customer.as_str()).limit(PAGE_OBJECTS_MAX);
    let list = list.status(ListSubscriptionStatus::All);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/subscriptions/{id}`, with its latest invoice whole.
pub fn subscription(id: &SubscriptionId) -> Request {
    let expand = vec!["latest_invoice".to_owned()];
    Request::of(&RetrieveSubscription::new(segment(id.as_str())).expand(expand))
}

/// `GET /v1/invoices/{id}`.
pub fn invoice(id: &InvoiceId) -> Request {
    Request::of(&RetrieveInvoice::new(segment(id.as_str())))
}

/// `GET /v1/invoices`: a customer's.
pub fn invoices(customer: &CustomerId, which: Invoices, after: Option<&str>) -> Request {
    let status = match which {
        Invoices::Open => InvoiceStatus::Open,
        Invoices::Uncollectible => InvoiceStatus::Uncollectible,
    };
    let list = ListInvoice::new().customer(customer.as_str()).limit(PAGE_OBJECTS_MAX);
    let list = list.status(status);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/credit_notes`: an invoice's, voided ones too.
pub fn credit_notes(invoice: &InvoiceId, after: Option<&str>) -> Request {
    let list = ListCreditNote::new().invoice(invoice.as_str()).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

impl Request {
    fn of(request: &impl StripeRequest) -> Self {
        let RequestBuilder { query, body, path, method } = request.build();
        let query = query.filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            method: match method {
                StripeMethod::Get => Method::GET,
                StripeMethod::Post => Method::POST,
                StripeMethod::Delete => Method::DELETE,
            },
            target: format!("/v1{path}{query}"),
            form: body.as_deref().map(sorted),
            idempotency_key: None,
        }
    }

    /// With a parameter taken away: an empty value is Stripe's way to say so, and the builders know
    /// it of texts only.
    #[must_use]
    pub(crate) fn unsetting(self, field: &str) -> Self {
        let form = self.form.filter(|form| !form.is_empty());
        let form = form.map_or_else(|| format!("{field}="), |form| format!("{form}&{field}="));
        Self { form: Some(sorted(&form)), ..self }
    }

    /// With a key taken out of the object's metadata.
    #[must_use]
    pub(crate) fn unsetting_metadata(self, key: &str) -> Self {
        self.unsetting(&format!("metadata[{key}]"))
    }

    /// With a key under which Stripe does it once, however often it is asked: at most 255
    /// characters (<https://docs.stripe.com/api/idempotent_requests>).
    #[must_use]
    pub fn with_idempotency_key(self, key: String) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }

    /// True if a second call cannot do it twice: it reads or deletes, or has an idempotency key.
    pub fn is_repeatable(&self) -> bool {
        self.method != Method::POST || self.idempotency_key.is_some()
    }

    /// True if it changes something at Stripe. A preview is posted and changes nothing.
    pub fn is_change(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        self.method != Method::GET && !path.ends_with("/create_preview")
    }

    /// What it is, for logs: method and path, without parameters.
    pub fn title(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

/// A form with its fields in order: the same request is the same text, which the builders' hash
/// maps do not give.
fn sorted(form: &str) -> String {
    let mut fields: Vec<&str> = form.split('&').collect();
    fields.sort_unstable();
    fields.join("&")
}

/// An id as a segment of a path: it cannot lead anywhere else, whatever is in it.
fn segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}
