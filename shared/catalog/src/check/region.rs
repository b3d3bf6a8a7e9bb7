//! Regions in which data is processed.

use super::Check;
use crate::{Region, raw};

impl Check<'_> {
    /// A region with a name for people.
    pub(super) fn region(&mut self, raw: raw::Region) -> Region {
        let id = raw.id.into_inner();
        Region { id, name: self.text(raw.name, "name") }
    }
}
