//! Walks: a range of the index as messages, page by page.
//!
//! The schedule sends one message for each shard and reads nothing. A page's message is read, sent
//! on as one message for each thing found, ten in a request, and then as the message of the next
//! page. So no invocation walks all shards from the beginning, and a page that fails is gone on
//! with at that page. A page that comes twice only sends its messages twice.

use std::future::Future;

use billing::time::Timestamp;
use invocation::Invocation;
use queue::{Page, SendError};
use serde::Serialize;
use store::StoreError;
use store::due::{Entries, PageEnd, Place, SHARDS};
use tracing::{debug, info, warn};

use crate::Worker;
use crate::failure::{Alarms, Failure};
use crate::next::Next;
use crate::subject::Subject;

impl<M: Serialize + From<Page>> Worker<M> {
    /// Begins a walk at that moment: the first page of each shard is put on the queue.
    ///
    /// # Errors
    /// [`SendError`]: a part of the shards may not be walked until the schedule fires again.
    pub async fn begin_walk(&self, began_at: Timestamp) -> Result<(), SendError> {
        let pages: Vec<M> =
            (0..SHARDS).map(|shard| M::from(Page::first(shard, began_at))).collect();
        self.queue.send_all(&pages).await
    }

    /// Goes on with a walk at a page: what `read` finds there is put on the queue, then the next
    /// page.
    ///
    /// A page that cannot be read is sent again with the delay of its attempts, like any message:
    /// in an outage each firing of a schedule adds its pages, and they must not come by every
    /// minute.
    pub async fn walk<F, A>(&self, invocation: &Invocation, page: Page, read: F) -> Next<M>
    where
        F: FnOnce(Place) -> A,
        A: Future<Output = Result<Entries<M>, StoreError>>,
    {
        let began_at = page.began_at.unwrap_or(invocation.now);
        let after = page.after.clone().map(PageEnd::of_texts);

        let shard = page.shard;
        let entries = match read(Place { shard, began_at, after }).await {
            Ok(entries) => entries,
            Err(error) => {
                let subject = Subject::new(format!("a page of shard {shard}"));
                let alarms = Alarms { operator: None, dead: self.alarm };
                return Failure { subject, error: &error, alarms }.again_or_dead(page.into());
            }
        };

        if let Err(error) =
            self.send_page(&entries, &Page { began_at: Some(began_at), ..page }).await
        {
            warn!(shard, reason = %error, "left a page of shard {shard} to SQS: {error}");
            return Next::Redeliver;
        }

        let (found, cost) = (entries.found.len(), invocation.cost());
        if found == 0 {
            debug!(shard, "found nothing on a page of shard {shard}: {cost}");
        } else {
            info!(shard, found, "found {found} on a page of shard {shard}: {cost}");
        }
        Next::Done
    }

    /// Sends what was found, and only then the next page: a page that fails in between is sent
    /// again as a whole.
    async fn send_page(&self, entries: &Entries<M>, page: &Page) -> Result<(), SendError> {
        self.queue.send_all(&entries.found).await?;

        if let Some(end) = &entries.end {
            let next = Page { after: Some(end.texts()), ..page.clone() };
            self.queue.send(&next.into()).await?;
        }
        Ok(())
    }
}
