//! Counting of a batch, chunk by chunk, each with its marker in one transaction: an interrupted
//! batch that is sent again counts the rest, and nothing twice.
//!
//! The cut into chunks is kept with the first chunk, which is committed before the others: so all
//! chunks of a `batch_id` are of one body.

use std::collections::{BTreeMap, BTreeSet};

use billing::ids::{AccountId, BatchId};
use billing::metering::{Event, Meters, Rejection, Tally, chunks, tally};
use billing::month::{Day, Month};
use billing::served::Served;
use billing::time::DAY_SECONDS;
use futures_util::future::join_all;
use invocation::Invocation;
use store::count::COUNTERS_MAX;
use store::usage::Marker;
use store::{Loaded, Part, StoreError};
use tokio::sync::Mutex;
use tracing::info;

use crate::Metering;
use crate::batch::{Batch, OfAccount, counters};
use crate::error::CountError;
use crate::progress::Progress;

/// Most chunks that are counted at once, after the first.
const AT_ONCE_MAX: usize = 4;
/// Time for which a batch is remembered, in seconds: longer than any of its events can be counted,
/// which is a month and the longest late window that a catalog may have.
const BATCH_SECONDS: i64 = 70 * DAY_SECONDS;

/// Outcome of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Number of events that count.
    pub accepted: usize,
    /// True if an earlier request counted the whole batch.
    pub is_duplicate: bool,
    /// Events that do not count, by their places.
    pub rejected: Vec<RejectedEvent>,
}

/// An event that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedEvent {
    /// Place in the batch, from 0.
    pub place: usize,
    /// The reason.
    pub rejection: Rejection,
    /// The event, unless it could not be read or is a duplicate.
    pub event: Option<Event>,
}

/// A chunk that is about to be counted.
struct Chunk<'a> {
    number: usize,
    accounts: &'a [OfAccount],
    known: &'a BTreeMap<AccountId, Meters>,
    /// Marker without the rejections of the chunk.
    marker: Marker,
}

impl Metering {
    /// Counts a batch once. `loaded` has the [parts](Batch::parts) of the batch.
    ///
    /// # Errors
    /// The same batch may be sent again, and goes on where it stopped.
    pub async fn count(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        loaded: &Loaded,
    ) -> Result<Counted, CountError> {
        let holds = |resource: &str| self.catalog.counts_on_what_is_known(resource);
        let sizes = batch.accounts.iter().map(|(_, events)| counters(events, holds));
        let sizes: Vec<usize> = sizes.collect();
        let mut progress = Progress { chunks: chunks(&sizes, COUNTERS_MAX), ..Progress::default() };
        progress.take(batch, 0, loaded.usage_batch(&batch.id, 0, invocation.now)?)?;
        if progress.is_begun() && progress.chunks.len() > 1 {
            self.refresh(invocation, batch, &mut progress).await?;
        }

        // Tries follow one another: the lock is never waited for.
        let progress = Mutex::new(progress);
        while !progress.lock().await.is_done() {
            invocation.retry(|| self.try_more(invocation, batch, &progress)).await?;
        }

        let progress = progress.into_inner();
        let counted = counted(batch, &progress);
        let cost = invocation.cost();
        info!(batch.id = %batch.id, "counted {} of {} events of batch {} in {} chunks{}: {cost}",
            counted.accepted, batch.len, batch.id, progress.chunks.len(),
            if counted.is_duplicate { ", before" } else { "" });
        Ok(counted)
    }

    /// One try, which succeeds once one more chunk is counted: so the tries begin anew with each
    /// progress.
    async fn try_more(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &Mutex<Progress>,
    ) -> Result<(), CountError> {
        let mut progress = progress.lock().await;
        let before = progress.counted.len();
        if progress.was_interrupted {
            self.refresh(invocation, batch, &mut progress).await?;
        }

        let Err(error) = self.count_left(invocation, batch, &mut progress).await else {
            return Ok(());
        };
        // Unknown whether a chunk was counted: if it was, by this request.
        progress.is_ours |= matches!(error, StoreError::Unavailable(_));
        progress.was_interrupted = true;
        if progress.counted.len() > before { Ok(()) } else { Err(error.into()) }
    }

    /// Counts every chunk that is not counted yet.
    async fn count_left(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        let left = progress.left();
        let chunks = left.into_iter().filter_map(|(number, accounts)| {
            batch.accounts.get(accounts).map(|accounts| (number, accounts))
        });
        let mut left: Vec<(usize, &[OfAccount])> = chunks.collect();
        if left.is_empty() {
            return Ok(());
        }
        let accounts = left.iter().flat_map(|(_, accounts)| *accounts);
        let wanted = accounts.map(|account| self.wanted(account, progress));
        let known = self.known(invocation, &wanted.collect::<Vec<_>>()).await?;

        // The first by itself: it fixes the body and the cut for all others.
        let mut group = if progress.is_begun() { AT_ONCE_MAX } else { 1 };
        while !left.is_empty() {
            let others = left.split_off(group.min(left.len()));
            let cut = progress.chunks.clone();
            let counting = left.drain(..).map(|(number, accounts)| {
                let marker = Marker {
                    body: batch.body.clone(),
                    chunks: cut.clone(),
                    rejected: BTreeMap::new(),
                    expires_at: invocation.now.plus_seconds(BATCH_SECONDS),
                };
                let chunk = Chunk { number, accounts, known: &known, marker };
                self.count_chunk(invocation, &batch.id, chunk)
            });
            let mut failed = Ok(());
            for (number, counted) in join_all(counting).await {
                match counted {
                    Ok(rejected) => {
                        progress.is_ours = true;
                        progress.counted.insert(number, rejected);
                    }
                    Err(error) => failed = Err(error),
                }
            }
            failed?;
            (left, group) = (others, AT_ONCE_MAX);
        }
        Ok(())
    }

    /// Counts one chunk: its number, and its rejections.
    async fn count_chunk(
        &self,
        invocation: &Invocation,
        batch: &BatchId,
        chunk: Chunk<'_>,
    ) -> (usize, Result<BTreeMap<usize, Rejection>, StoreError>) {
        let Chunk { number, accounts, known, mut marker } = chunk;
        let mut tallies: Vec<(AccountId, Tally)> = Vec::new();
        for (account, events) in accounts {
            let events = events.iter().map(|(place, event)| (*place, event));
            let late = self.catalog.late_usage_seconds();
            let mut tally = tally(known.get(account), events, late, invocation.now);
            marker.rejected.append(&mut tally.rejected);
            tallies.push((account.clone(), tally));
        }

        let counted = self.store.count(invocation, (batch, number), &marker, &tallies).await;
        (number, counted.map(|()| marker.rejected))
    }

    /// Parts that the counts of an account rest on. A sum is added to without being read, unless a
    /// plan refuses what is beyond its limit; all is read once a try was interrupted.
    fn wanted(&self, (account, events): &OfAccount, progress: &Progress) -> Wanted {
        let counts = |resource: &str| self.catalog.counts_on_what_is_known(resource);
        let events = events.iter().map(|(_, event)| event);
        let events = events.filter(|event| progress.was_interrupted || counts(&event.resource));
        let days: BTreeSet<Day> = events.map(|event| Day::of(event.at)).collect();
        let months = days.iter().map(|day| day.month()).collect();
        Wanted { account: account.clone(), months, days }
    }

    /// Loads accounts in as few requests as it takes; an account that does not exist is left out.
    async fn known(
        &self,
        invocation: &Invocation,
        wanted: &[Wanted],
    ) -> Result<BTreeMap<AccountId, Meters>, StoreError> {
        let parts = wanted.iter().map(|wanted| (wanted.account.clone(), wanted.parts()));
        let parts: Vec<(AccountId, Vec<Part>)> = parts.collect();
        let loaded = self.store.load_all(invocation, &parts).await?;

        let mut known = BTreeMap::new();
        for wanted in wanted {
            let Some(loaded) = loaded.get(&wanted.account) else { continue };
            if let Some(meters) = self.meters(invocation, wanted, loaded).await? {
                known.insert(wanted.account.clone(), meters);
            }
        }
        Ok(known)
    }

    /// What the counts of an account rest on. Limits are those of the plan of its payer.
    async fn meters(
        &self,
        invocation: &Invocation,
        wanted: &Wanted,
        loaded: &Loaded,
    ) -> Result<Option<Meters>, StoreError> {
        let Some(standing) = loaded.standing()? else { return Ok(None) };
        // The next account of that id would have what is counted now, if Stripe refuses this one.
        if standing.opening {
            return Ok(None);
        }
        let parent = self.store.paying_parent(invocation, &standing).await?;
        let plan = Served::new(&standing, parent.as_ref()).plan();
        let mut meters = Meters {
            closed: standing.closed.is_some_and(|closed| closed.at <= invocation.now),
            kind: Some(standing.family.kind()),
            allowances: self.catalog.allowances(plan),
            deducted: self.catalog.credit_resource().map(|resource| resource.id.clone()),
            ..Meters::default()
        };
        if wanted.reads_levels() {
            meters.latest = loaded.gauges()?.unwrap_or_default();
        }
        for month in &wanted.months {
            if let Some(usage) = loaded.usage(*month)? {
                meters.months.insert(*month, usage);
            }
        }
        for day in &wanted.days {
            if let Some(usage) = loaded.usage_day(*day)? {
                meters.days.insert(*day, usage);
            }
        }
        Ok(Some(meters))
    }

    /// Finds out which chunks are counted, by whichever request.
    async fn refresh(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), CountError> {
        let chunks = progress.chunks.len();
        self.take_markers(invocation, batch, progress).await?;
        if progress.chunks.len() != chunks {
            // The first marker has another cut than the one that the markers were looked for by.
            self.take_markers(invocation, batch, progress).await?;
        }
        Ok(())
    }

    async fn take_markers(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), CountError> {
        let chunks = 0..progress.chunks.len();
        let markers = chunks.clone().map(|chunk| Part::UsageBatch(batch.id.clone(), chunk));
        let loaded = self.store.load_shared(invocation, &markers.collect::<Vec<_>>()).await?;
        for chunk in chunks {
            let marker = loaded.usage_batch(&batch.id, chunk, invocation.now)?;
            progress.take(batch, chunk, marker)?;
        }
        Ok(())
    }
}

/// Months and days of an account whose counters are read.
struct Wanted {
    account: AccountId,
    months: BTreeSet<Month>,
    days: BTreeSet<Day>,
}

impl Wanted {
    /// True if the latest levels of gauges are read.
    fn reads_levels(&self) -> bool {
        !self.days.is_empty()
    }

    fn parts(&self) -> Vec<Part> {
        let months = self.months.iter().map(|month| Part::Usage(*month));
        let days = self.days.iter().map(|day| Part::UsageDay(*day));
        let gauges = self.reads_levels().then_some(Part::Gauges);
        months.chain(days).chain(gauges).chain([Part::Standing]).collect()
    }
}

fn counted(batch: &Batch, progress: &Progress) -> Counted {
    let mut rejected = batch.rejected.clone();
    for chunk in progress.counted.values() {
        rejected.extend(chunk);
    }
    Counted {
        accepted: batch.len.saturating_sub(rejected.len()),
        is_duplicate: progress.is_begun() && !progress.is_ours,
        rejected: rejected
            .into_iter()
            .map(|(place, rejection)| {
                let event = batch.event(place).cloned();
                RejectedEvent { place, rejection, event }
            })
            .collect(),
    }
}
