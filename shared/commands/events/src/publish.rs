//! An account's journal published: records behind its place become events, once.

use billing::events::{Event, Mark, Unpublished};
use billing::ids::AccountId;
use billing::journal::Record;
use invocation::Invocation;
use store::event::FeedEnd;
use store::{Part, Store, StoreError};

/// Most records that are read at once.
const RECORDS_MAX: i32 = 25;

/// Publishes journals.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    /// The table.
    pub store: &'a Store,
}

/// Records of an account behind its place, as they were read.
#[derive(Debug)]
pub struct Pending {
    mark: Mark,
    end: FeedEnd,
    records: Vec<Record>,
}

impl Publisher<'_> {
    /// What is to be published of an account next; none where everything is.
    ///
    /// # Errors
    /// The table's.
    pub async fn pending(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<Pending>, StoreError> {
        let parts = [Part::Published, Part::FeedEnd];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let (mark, end) = (loaded.published()?, loaded.feed_end()?);

        let place = mark.place();
        let records = self.store.journal_behind(invocation, account, place, RECORDS_MAX).await?;

        Ok((!records.is_empty()).then_some(Pending { mark, end, records }))
    }

    /// Publishes events of those records, and keeps the place behind them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another invocation published meanwhile; any other of the
    /// table's.
    pub async fn publish(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (pending, mark): (&Pending, &Mark),
        events: &[Event],
    ) -> Result<(), StoreError> {
        self.store.publish(invocation, account, (pending.end, mark), events).await
    }
}

impl Pending {
    /// Entries that have events, and the place behind them.
    pub fn entries(&self) -> (Vec<Unpublished<'_>>, Mark) {
        self.mark.publish(&self.records)
    }
}
