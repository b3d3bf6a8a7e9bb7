//! Progress of a batch: its cut into chunks, and the chunks that are counted.

use std::collections::BTreeMap;
use std::ops::Range;

use billing::metering::Rejection;
use store::usage::Marker;

use crate::batch::Batch;
use crate::error::CountError;

#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Number of accounts in each chunk.
    pub(crate) chunks: Vec<usize>,
    /// Chunks that are counted, with the rejections of each.
    pub(crate) counted: BTreeMap<usize, BTreeMap<usize, Rejection>>,
    /// True if this request counted any of it, as far as is known.
    pub(crate) is_ours: bool,
    /// True once a try was interrupted: markers and all counters are read before the next one.
    pub(crate) was_interrupted: bool,
}

impl Progress {
    /// True once a chunk is counted.
    pub(crate) fn is_begun(&self) -> bool {
        !self.counted.is_empty()
    }

    /// True once every chunk is counted.
    pub(crate) fn is_done(&self) -> bool {
        self.left().is_empty()
    }

    /// Chunks that are not counted yet, each with its accounts.
    pub(crate) fn left(&self) -> BTreeMap<usize, Range<usize>> {
        let mut end: usize = 0;
        let all = self.chunks.iter().enumerate().map(|(chunk, accounts)| {
            let start = end;
            end = start.saturating_add(*accounts);
            (chunk, start..end)
        });
        all.filter(|(chunk, _)| !self.counted.contains_key(chunk)).collect()
    }

    /// Takes over a marker, if there is one.
    pub(crate) fn take(
        &mut self,
        batch: &Batch,
        chunk: usize,
        marker: Option<Marker>,
    ) -> Result<(), CountError> {
        let Some(marker) = marker else { return Ok(()) };
        if marker.body != batch.body {
            return Err(CountError::OtherContent(batch.id.clone()));
        }
        self.chunks = marker.chunks;
        self.counted.insert(chunk, marker.rejected);
        Ok(())
    }
}
