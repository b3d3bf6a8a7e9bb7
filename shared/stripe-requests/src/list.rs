//! Lists, page by page (docs.stripe.com/api/pagination).

use billing::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Answer, Client};
use crate::error::CallError;
use crate::key::ApiKey;
use crate::request::Request;

/// Most pages of one list that are followed: 1,000 objects.
pub const PAGES_MAX: usize = 10;

/// Every object of a list, each as the text that Stripe wrote.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// The objects, in Stripe's order: the newest first.
    pub objects: Vec<Box<RawValue>>,
    /// When Stripe answered with the first page.
    pub at: Timestamp,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Box<RawValue>>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl Client {
    /// Every object of a list. `page` makes the request of the page behind an object. A list with
    /// more than [`PAGES_MAX`] pages is unreadable: a part of it would pass for all.
    pub async fn list(
        &self,
        page: impl Fn(Option<&str>) -> Request,
        key: &ApiKey,
    ) -> Result<Objects, CallError> {
        let mut all = Objects::default();
        let mut last: Option<String> = None;
        for nth in 0..PAGES_MAX {
            let answer = self.call(&page(last.as_deref()), key).await?;
            let Page { data, has_more } = read(&answer)?;
            if nth == 0 {
                all.at = answer.at;
            }
            last = data.last().map(|object| identify(object)).transpose()?;
            all.objects.extend(data);
            if !has_more || last.is_none() {
                return Ok(all);
            }
        }
        Err(CallError::Unreadable(format!("a list has more than {PAGES_MAX} pages")))
    }
}

fn read(answer: &Answer) -> Result<Page, CallError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| CallError::Unreadable(format!("it is no page of a list: {error}")))
}

fn identify(object: &RawValue) -> Result<String, CallError> {
    let Identified { id } = serde_json::from_str(object.get())
        .map_err(|error| CallError::Unreadable(format!("an object has no id: {error}")))?;
    Ok(id)
}
