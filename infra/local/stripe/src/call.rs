//! One request as its handler sees it: routed, checked for its shape, with its parameters' types.

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::metadata::Metadata;

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// What stands in the path's places, in order.
    pub path: Vec<String>,
    /// The parameters.
    pub params: Params,
    /// Stripe's id of the request.
    pub request_id: String,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// Where hosted pages are, such as `http://127.0.0.1:3001`.
    pub host: String,
}

impl Call {
    /// What stands in the path's first place.
    pub fn id(&self) -> &str {
        self.place(0)
    }

    /// What stands in the path's nth place, from 0.
    pub fn place(&self, nth: usize) -> &str {
        self.path.get(nth).map_or("", String::as_str)
    }
}

/// Parameters, after [`crate::wire::shape::check`]: integers are numbers, booleans are booleans,
/// and `""` says that something is to be unset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params(pub Map<String, Value>);

impl Params {
    /// A parameter as it was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// True if it was given at all, to be unset too.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// True if it was given as `""`.
    pub fn unsets(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_str) == Some("")
    }

    /// A text that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| ApiError::missing(name))
    }

    /// An integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    /// A time.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.integer(name).map(Timestamp)
    }

    /// A yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    /// Parameters within a parameter; none when it was not given as such.
    pub fn within(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Value::as_object).map(|object| Self(object.clone()))
    }

    /// A list of parameters; empty when it was not given.
    pub fn list(&self, name: &str) -> Vec<Self> {
        let list = self.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_object).map(|object| Self(object.clone())).collect()
    }

    /// A list of texts; empty when it was not given.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The metadata that a new object gets.
    pub fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::default();
        metadata.update(self);
        metadata
    }

    /// What an object only repeats: the given ones among `names`, `""` as null.
    pub fn told(&self, names: &[&str]) -> Map<String, Value> {
        let given = names.iter().filter_map(|name| Some((*name, self.get(name)?)));
        let told = given.map(|(name, value)| {
            let value = if value.as_str() == Some("") { Value::Null } else { value.clone() };
            (name.to_owned(), value)
        });
        told.collect()
    }
}
