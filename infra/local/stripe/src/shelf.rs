//! Where objects of one kind stand: by id, and in the order in which they were made.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde_json::Value;

use crate::error::ApiError;
use crate::stripe::Stripe;

/// An object of Stripe's API.
pub trait Object {
    /// Stripe's word for it in error messages, such as `customer`.
    const KIND: &'static str;

    /// Its id.
    fn id(&self) -> &str;

    /// When it was made, on its own clock.
    fn created(&self) -> Timestamp;

    /// As the pinned API version shows it, with nothing expanded.
    fn json(&self, stripe: &Stripe) -> Value;
}

/// All objects of one kind.
#[derive(Debug, Clone)]
pub struct Shelf<T> {
    by_id: BTreeMap<String, T>,
    made: Vec<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), made: Vec::new() }
    }
}

impl<T: Object> Shelf<T> {
    /// One of them.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.by_id.get_mut(id)
    }

    /// The one that a path names: 404 when it is not there.
    pub fn named(&self, id: &str) -> Result<&T, ApiError> {
        self.get(id).ok_or_else(|| ApiError::not_found(T::KIND, id))
    }

    /// The one that a parameter names: 400 when it is not there.
    pub fn given(&self, id: &str, param: &str) -> Result<&T, ApiError> {
        self.get(id).ok_or_else(|| ApiError::no_such(T::KIND, id, param))
    }

    /// Puts a new one up.
    pub fn add(&mut self, object: T) {
        let id = object.id().to_owned();
        if self.by_id.insert(id.clone(), object).is_none() {
            self.made.push(id);
        }
    }

    /// Takes one away.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        self.made.retain(|made| made != id);
        self.by_id.remove(id)
    }

    /// Takes the oldest ones away, up to the first that is to stay.
    pub fn forget_while(&mut self, old: impl Fn(&T) -> bool) {
        let count = self.iter().take_while(|object| old(object)).count();
        for id in self.made.drain(..count.min(self.made.len())) {
            self.by_id.remove(&id);
        }
    }

    /// All, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.made.iter().filter_map(|id| self.by_id.get(id))
    }
}
