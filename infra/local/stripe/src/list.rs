//! Lists: newest first, in pages by cursor (docs.stripe.com/api/pagination).

use std::ops::Bound;

use serde_json::{Value, json};

use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// Objects on a page unless the caller says otherwise.
const LIMIT: i64 = 10;
/// Most objects on a page.
const LIMIT_MAX: i64 = 100;

/// A page of a list of objects, given oldest first; `created` filters them.
pub fn page<'a, T: Object + 'a>(
    stripe: &Stripe,
    call: &Call,
    url: &str,
    objects: impl DoubleEndedIterator<Item = &'a T>,
) -> Result<Value, ApiError> {
    let created = Range::of(&call.params, "created");
    let objects = objects.rev().filter(|object| created.holds(object.created().0));
    let ids_and_values = objects.map(|object| (object.id().to_owned(), object));
    let (rows, more) = window(&call.params, ids_and_values.collect())?;
    let rows: Vec<Value> = rows.into_iter().map(|object| object.json(stripe)).collect();
    Ok(json!({ "object": "list", "data": rows, "has_more": more, "url": url }))
}

/// A page of values that have an `id`, given in the order of the list.
pub fn page_of_values(call: &Call, url: &str, values: Vec<Value>) -> Result<Value, ApiError> {
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    let (rows, more) =
        window(&call.params, values.into_iter().map(|value| (id(&value), value)).collect())?;
    Ok(json!({ "object": "list", "data": rows, "has_more": more, "url": url }))
}

/// A list within an object: its first ten.
pub fn inline(url: &str, mut values: Vec<Value>) -> Value {
    let more = values.len() > 10;
    let count = values.len();
    values.truncate(10);
    json!({ "object": "list", "data": values, "has_more": more, "total_count": count, "url": url })
}

fn window<T>(params: &Params, rows: Vec<(String, T)>) -> Result<(Vec<T>, bool), ApiError> {
    let limit = params.integer("limit").unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message =
            format!("This value must be between 1 and {LIMIT_MAX} (it currently is '{limit}').");
        return Err(ApiError::invalid(message).param("limit"));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let place = |name: &str| -> Result<Option<usize>, ApiError> {
        let Some(id) = params.text(name) else { return Ok(None) };
        let place = rows.iter().position(|(known, _)| known == id);
        place.map(Some).ok_or_else(|| ApiError::no_such("object", id, name))
    };
    let (from, to) = match (place("starting_after")?, place("ending_before")?) {
        (Some(_), Some(_)) => {
            let message = "Received both starting_after and ending_before parameters. \
                           Please pass in only one.";
            return Err(ApiError::invalid(message).param("starting_after"));
        }
        (Some(after), None) => (after.saturating_add(1), usize::MAX),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, usize::MAX),
    };
    let backwards = to != usize::MAX;
    let within = rows.len().min(to).saturating_sub(from);
    let more = if backwards { from > 0 } else { within > limit };
    let rows = rows.into_iter().skip(from).take(within.min(limit)).map(|(_, row)| row);
    Ok((rows.collect(), more))
}

/// A filter such as `created[gte]=`, or an exact number.
#[derive(Debug, Clone, Copy)]
pub struct Range(Bound<i64>, Bound<i64>);

impl Range {
    /// Of a parameter; everything when it was not given.
    pub fn of(params: &Params, name: &str) -> Self {
        if let Some(exact) = params.integer(name) {
            return Self(Bound::Included(exact), Bound::Included(exact));
        }
        let within = params.within(name).unwrap_or_default();
        let bound = |excluded: &str, included: &str| match within.integer(excluded) {
            Some(at) => Bound::Excluded(at),
            None => within.integer(included).map_or(Bound::Unbounded, Bound::Included),
        };
        Self(bound("gt", "gte"), bound("lt", "lte"))
    }

    /// True if a number is within.
    pub fn holds(&self, number: i64) -> bool {
        std::ops::RangeBounds::contains(&(self.0, self.1), &number)
    }
}
