//! Lists, page by page (docs.stripe.com/api/pagination).

use billing::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Answer, Client};
use crate::error::CallError;
use crate::key::ApiKey;
use crate::request::Request;

/// Most pages of a list that its caller follows: a part of a list never passes for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound(usize);

impl Bound {
    /// 1,000 objects: what one customer has of anything.
    pub const OF_A_CUSTOMER: Self = Self::pages(10);
    /// 10,000 objects: what an account has of what its own people make by hand.
    pub const OF_AN_ACCOUNT: Self = Self::pages(100);
    /// 100,000 objects: the prices of a product, one for each negotiation.
    pub const OF_THE_CATALOG: Self = Self::pages(1_000);

    /// So many pages of a hundred objects.
    pub const fn pages(pages: usize) -> Self {
        Self(pages)
    }

    /// Refuses another page behind so many.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] once the bound is reached.
    pub fn admits(self, pages: usize) -> Result<(), CallError> {
        if pages < self.0 {
            return Ok(());
        }
        Err(CallError::Unreadable(format!("a list has more than {} pages", self.0)))
    }
}

/// Every object of a list, each as the text that Stripe wrote.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// The objects, in Stripe's order: the newest first.
    pub objects: Vec<Box<RawValue>>,
    /// Time at which Stripe answered with the first page.
    pub at: Timestamp,
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The objects, each as the text that Stripe wrote.
    pub objects: Vec<Box<RawValue>>,
    /// Time at which Stripe answered.
    pub at: Timestamp,
    /// Id that the next page begins behind, if there is one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Box<RawValue>>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl Page {
    /// Reads an answer that is a page.
    ///
    /// # Errors
    /// [`CallError::Unreadable`].
    pub fn read(answer: &Answer) -> Result<Self, CallError> {
        let Body { data, has_more } = serde_json::from_slice(&answer.body)
            .map_err(|error| CallError::Unreadable(format!("it is no page of a list: {error}")))?;
        let last = data.last().filter(|_| has_more).map(|object| identify(object)).transpose()?;
        Ok(Self { objects: data, at: answer.at, next: last })
    }
}

impl Client {
    /// Every object of a list. `page` makes the request of the page behind an object.
    ///
    /// # Errors
    /// Any of a call's; [`CallError::Unreadable`] for a list that goes on behind the bound.
    pub async fn list(
        &self,
        bound: Bound,
        page: impl Fn(Option<&str>) -> Request,
        key: &ApiKey,
    ) -> Result<Objects, CallError> {
        let mut all = Objects::default();
        let mut behind: Option<String> = None;
        for pages in 0.. {
            bound.admits(pages)?;
            let Page { objects, at, next } =
                Page::read(&self.call(&page(behind.as_deref()), key).await?)?;
            if pages == 0 {
                all.at = at;
            }
            all.objects.extend(objects);
            if next.is_none() {
                break;
            }
            behind = next;
        }
        Ok(all)
    }
}

fn identify(object: &RawValue) -> Result<String, CallError> {
    let Identified { id } = serde_json::from_str(object.get())
        .map_err(|error| CallError::Unreadable(format!("an object has no id: {error}")))?;
    Ok(id)
}
