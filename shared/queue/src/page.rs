//! Pages of a walk through the index of what falls due, as messages.
//!
//! A page's message is followed by one for each thing found on it and one for the next page. So no
//! list of everything that falls due is ever held, and a page that comes twice only sends its
//! messages twice, which does no harm.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One page of one shard. Messages of earlier releases named the range instead of the moment: such
/// a page is read as the first of its shard, now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Shard of the index.
    pub shard: u64,
    /// Beginning of the walk, which fixes the range of all its pages.
    #[serde(default)]
    pub began_at: Option<Timestamp>,
    /// Key of the last entry of the page before; none for the first page of a shard.
    #[serde(default)]
    pub after: Option<BTreeMap<String, String>>,
}

impl Page {
    /// First page of a shard.
    pub fn first(shard: u64, began_at: Timestamp) -> Self {
        Self { shard, began_at: Some(began_at), after: None }
    }
}
