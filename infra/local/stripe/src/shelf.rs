//! Where objects of one kind stand: by id, and in the order in which they were made.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::stripe::Stripe;

/// An object of Stripe's API.
pub trait Object {
    /// Stripe's word for it in error messages, such as `customer`.
    const KIND: &'static str;

    /// Its id.
    fn id(&self) -> &str;

    /// Time at which it was made, on its own clock.
    fn created(&self) -> Timestamp;

    /// As the pinned API version shows it, with nothing expanded.
    fn json(&self, stripe: &Stripe) -> Value;
}

/// All objects of one kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shelf<T> {
    places: BTreeMap<String, u64>,
    /// In the order in which they were made.
    objects: BTreeMap<u64, T>,
    made: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), objects: BTreeMap::new(), made: 0 }
    }
}

impl<T: Object> Shelf<T> {
    /// One of them.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.objects.get(self.places.get(id)?)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.objects.get_mut(self.places.get(id)?)
    }

    /// The one that a path names: 404 when it is not there.
    pub fn named(&self, id: &str) -> Result<&T, ApiError> {
        self.get(id).ok_or_else(|| ApiError::not_found(T::KIND, id))
    }

    /// The one that a parameter names: 400 when it is not there.
    pub fn given(&self, id: &str, param: &str) -> Result<&T, ApiError> {
        self.get(id).ok_or_else(|| ApiError::no_such(T::KIND, id, param))
    }

    /// Puts a new one up, or another in the place of one with its id.
    pub fn add(&mut self, object: T) {
        let place = *self.places.entry(object.id().to_owned()).or_insert_with(|| {
            self.made = self.made.saturating_add(1);
            self.made
        });
        self.objects.insert(place, object);
    }

    /// Number of objects that were ever added.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Takes one away.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        self.objects.remove(&self.places.remove(id)?)
    }

    /// Takes the oldest ones away, up to the first that is to stay.
    pub fn forget_while(&mut self, old: impl Fn(&T) -> bool) {
        while let Some(oldest) = self.objects.first_entry() {
            if !old(oldest.get()) {
                return;
            }
            self.places.remove(oldest.remove().id());
        }
    }

    /// All, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.objects.values()
    }
}
