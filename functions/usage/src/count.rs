//! `POST /v1/usage`: chunk by chunk, each with its marker in one transaction, so that whatever stops it, sending it again
//! counts the rest and nothing twice.
//!
//! The cut into chunks is kept with the first one. It is committed before the others: so all chunks of a `batch_id` are of
//! one body.

use invocation::Classified;
use invocation::Invocation;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use auth::{admit, problem};
use billing::ids::AccountId;
use billing::metering::{Meters, Rejection, Tally, chunks, tally};
use billing::month::{Day, Month};
use billing::time::{DAY_SECONDS, Timestamp};
use futures_util::future::join_all;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::StoreError;
use store::count::COUNTERS_MAX;
use store::keys::{self, Key};
use store::usage::{Items, Marker, read_marker};
use tracing::{info, warn};

use crate::Usage;
use crate::input::{Batch, counters};
use crate::reject::Rejected;

/// How often a chunk is tried when others change the same counters meanwhile.
const TRIES_MAX: u32 = 8;
/// How often it is tried when the table is throttled or does not answer.
const UNANSWERED_TRIES_MAX: u32 = 2;
/// How many chunks are counted at once, but for the first.
const AT_ONCE_MAX: usize = 4;
/// For how long a batch is remembered, in seconds: longer than any of its events can be counted, which is a month and
/// the longest late window that a catalog may have.
const BATCH_SECONDS: i64 = 70 * DAY_SECONDS;

/// The contract's answer.
#[derive(Debug, Serialize)]
struct Answer {
    accepted: usize,
    duplicate: bool,
    rejected: Vec<Rejected>,
}

/// How far a batch has come.
#[derive(Debug, Default)]
struct Progress {
    /// How many accounts each chunk has.
    chunks: Vec<usize>,
    /// The chunks that are counted, with what each rejected.
    counted: BTreeMap<usize, BTreeMap<usize, Rejection>>,
    /// Whether this request counted any of it, as far as is known.
    is_ours: bool,
    /// Whether everything that the counts may rest on is to be read, because something changed meanwhile.
    reads_all: bool,
}

impl Usage {
    pub(crate) async fn count(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let batch = Batch::read(request, invocation.now);
        let first = batch.as_ref().ok().map(|batch| keys::usage_batch(&batch.id, 0));
        let admitted = admit(invocation, &self.store, request, first.into_iter().collect()).await?;
        // Only now: whoever has no valid key is not told what is wrong with the body.
        let batch = batch?;
        let marker = admitted.item("usage_batch").map(read_marker).transpose();
        let marker = marker.map_err(|error| problem(&error))?;
        let holds = |resource: &str| self.catalog.counts_on_what_is_known(resource);
        let sizes = batch.accounts.iter().map(|(_, events)| counters(events, holds));
        let sizes: Vec<usize> = sizes.collect();
        let mut progress = Progress { chunks: chunks(&sizes, COUNTERS_MAX), ..Progress::default() };
        progress.take(&batch, 0, marker, invocation.now)?;
        if progress.is_begun() && progress.chunks.len() > 1 {
            self.refresh(invocation, &batch, &mut progress).await?;
        }
        self.count_all(invocation, &batch, &mut progress).await?;
        let answer = self.answer(&batch, &progress);
        let cost = invocation.cost();
        info!(batch.id = %batch.id, "counted {} of {} events of batch {} in {} chunks{}: {cost}",
            answer.accepted, batch.len, batch.id, progress.chunks.len(),
            if answer.duplicate { ", before" } else { "" });
        Ok(Response::json(202, &answer))
    }

    /// Counts every chunk that is not counted yet.
    async fn count_all(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), Problem> {
        let mut tries: u32 = 0;
        let mut counted = progress.counted.len();
        loop {
            let Err(error) = self.try_all(invocation, batch, progress).await else { return Ok(()) };
            tries = if progress.counted.len() > counted { 1 } else { tries.saturating_add(1) };
            counted = progress.counted.len();
            let tries_max = match &error {
                StoreError::Conflict => TRIES_MAX,
                StoreError::Throttled(_) | StoreError::Unavailable(_) => UNANSWERED_TRIES_MAX,
                StoreError::Rejected(_) | StoreError::Corrupt { .. } | StoreError::NotLoaded(_) => {
                    1
                }
            };
            if tries >= tries_max {
                warn!(batch.id = %batch.id, reason = %error,
                    "counted {counted} chunks of batch {} and no more: {error}", batch.id);
                return Err(if error.is_transient() { interrupted() } else { problem(&error) });
            }
            // Unknown whether it was counted: if it was, by us.
            progress.is_ours |= matches!(error, StoreError::Unavailable(_));
            progress.reads_all = true;
            invocation.wait(tries).await;
            self.refresh(invocation, batch, progress).await?;
        }
    }

    async fn try_all(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        let left = progress.left();
        if left.is_empty() {
            return Ok(());
        }
        let accounts: Vec<usize> = left.values().flat_map(Clone::clone).collect();
        let known = self.known(invocation, batch, &accounts, progress.reads_all).await?;
        let mut left: Vec<_> = left.into_iter().collect();
        // The first by itself: it fixes the body and the cut for all others.
        let mut group = if progress.is_begun() { AT_ONCE_MAX } else { 1 };
        while !left.is_empty() {
            let others = left.split_off(group.min(left.len()));
            let chunks = progress.chunks.clone();
            let counting = left.drain(..).map(|(chunk, accounts)| {
                let marker = Marker {
                    body: batch.body.clone(),
                    chunks: chunks.clone(),
                    rejected: BTreeMap::new(),
                    expires_at: invocation.now.plus_seconds(BATCH_SECONDS),
                };
                self.count_chunk(invocation, batch, (chunk, accounts), &known, marker)
            });
            let mut failed = Ok(());
            for (chunk, counted) in join_all(counting).await {
                match counted {
                    Ok(rejected) => {
                        progress.is_ours = true;
                        progress.counted.insert(chunk, rejected);
                    }
                    Err(error) => failed = Err(error),
                }
            }
            failed?;
            (left, group) = (others, AT_ONCE_MAX);
        }
        Ok(())
    }

    /// Counts one chunk; tells which, what it cost, and what of it was rejected.
    async fn count_chunk(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        (chunk, accounts): (usize, Range<usize>),
        known: &BTreeMap<AccountId, Meters>,
        mut marker: Marker,
    ) -> (usize, Result<BTreeMap<usize, Rejection>, StoreError>) {
        let mut tallies: Vec<(AccountId, Tally)> = Vec::new();
        for (account, events) in batch.accounts.get(accounts).into_iter().flatten() {
            let events = events.iter().map(|(place, event)| (*place, event));
            let late = self.catalog.late_usage_seconds();
            let mut tally = tally(known.get(account), events, late, invocation.now);
            marker.rejected.append(&mut tally.rejected);
            tallies.push((account.clone(), tally));
        }
        let counted = self.store.count(invocation, (&batch.id, chunk), &marker, &tallies).await;
        (chunk, counted.map(|()| marker.rejected))
    }

    /// What is known of accounts, in as few requests as it takes. A sum is added to without being read,
    /// unless a plan refuses what is beyond its limit; all is read once something changed meanwhile.
    async fn known(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        accounts: &[usize],
        reads_all: bool,
    ) -> Result<BTreeMap<AccountId, Meters>, StoreError> {
        let accounts = accounts.iter().filter_map(|account| batch.accounts.get(*account));
        let wanted: Vec<Wanted> = accounts
            .map(|(account, events)| {
                let events = events.iter().map(|(_, event)| event);
                let counts = |resource: &str| self.catalog.counts_on_what_is_known(resource);
                let events = events.filter(|event| reads_all || counts(&event.resource));
                let days: BTreeSet<Day> = events.map(|event| Day::of(event.at)).collect();
                Wanted { account, months: days.iter().map(|day| day.month()).collect(), days }
            })
            .collect();
        let keys: Vec<Key> = wanted.iter().flat_map(Wanted::keys).collect();
        let items = self.store.batch_all(invocation, &keys).await?;
        let mut known = BTreeMap::new();
        for wanted in &wanted {
            if let Some(meters) = self.meters(wanted, &items, invocation.now)? {
                known.insert(wanted.account.clone(), meters);
            }
        }
        Ok(known)
    }

    fn meters(
        &self,
        wanted: &Wanted<'_>,
        items: &Items,
        now: Timestamp,
    ) -> Result<Option<Meters>, StoreError> {
        let account = wanted.account;
        let Some(standing) = items.get(&keys::standing(account)) else { return Ok(None) };
        let standing = store::standing::read(standing)?;
        let mut meters = Meters {
            closed: standing.closed.is_some_and(|closed| closed.at <= now),
            allowances: self.catalog.allowances(standing.plan()),
            latest: items.usage(&keys::gauges(account))?.unwrap_or_default(),
            ..Meters::default()
        };
        for month in &wanted.months {
            if let Some(usage) = items.usage(&keys::usage(account, *month))? {
                meters.months.insert(*month, usage);
            }
        }
        for day in &wanted.days {
            if let Some(usage) = items.usage(&keys::usage_day(account, *day))? {
                meters.days.insert(*day, usage);
            }
        }
        Ok(Some(meters))
    }

    /// Which chunks are counted, by whomever.
    async fn refresh(
        &self,
        invocation: &Invocation,
        batch: &Batch,
        progress: &mut Progress,
    ) -> Result<(), Problem> {
        // The cut may turn out to be another than the one that the keys were made for: then once more.
        for _ in 0..2 {
            let chunks = progress.chunks.len();
            let keys = (0..chunks).map(|chunk| keys::usage_batch(&batch.id, chunk));
            let keys: Vec<Key> = keys.collect();
            let items =
                self.store.batch_all(invocation, &keys).await.map_err(|error| transient(&error))?;
            for (chunk, key) in keys.iter().enumerate() {
                let marker = items.get(key).map(read_marker).transpose();
                let marker = marker.map_err(|error| problem(&error))?;
                progress.take(batch, chunk, marker, invocation.now)?;
            }
            if progress.chunks.len() == chunks {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, batch: &Batch, progress: &Progress) -> Answer {
        let mut rejected = batch.rejected.clone();
        for chunk in progress.counted.values() {
            rejected.extend(chunk);
        }
        let late = self.catalog.late_usage_seconds();
        Answer {
            accepted: batch.len.saturating_sub(rejected.len()),
            duplicate: progress.is_begun() && !progress.is_ours,
            rejected: rejected
                .into_iter()
                .map(|(place, why)| Rejected::new(place, why, batch.event(place), late))
                .collect(),
        }
    }
}

impl Progress {
    /// Whether a chunk of it is counted.
    fn is_begun(&self) -> bool {
        !self.counted.is_empty()
    }

    /// The chunks that are not counted yet, each with its accounts.
    fn left(&self) -> BTreeMap<usize, Range<usize>> {
        let mut end: usize = 0;
        let all = self.chunks.iter().enumerate().map(|(chunk, accounts)| {
            let start = end;
            end = start.saturating_add(*accounts);
            (chunk, start..end)
        });
        all.filter(|(chunk, _)| !self.counted.contains_key(chunk)).collect()
    }

    /// Takes over what a marker says, if there is one that still counts.
    fn take(
        &mut self,
        batch: &Batch,
        chunk: usize,
        marker: Option<Marker>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Some(marker) = marker.filter(|marker| marker.expires_at > now) else { return Ok(()) };
        if marker.body != batch.body {
            return Err(other_content(batch));
        }
        self.chunks = marker.chunks;
        self.counted.insert(chunk, marker.rejected);
        Ok(())
    }
}

/// What is read of an account.
struct Wanted<'a> {
    account: &'a AccountId,
    months: BTreeSet<Month>,
    days: BTreeSet<Day>,
}

impl Wanted<'_> {
    fn keys(&self) -> Vec<Key> {
        let months = self.months.iter().map(|month| keys::usage(self.account, *month));
        let days = self.days.iter().map(|day| keys::usage_day(self.account, *day));
        let gauges = (!self.days.is_empty()).then(|| keys::gauges(self.account));
        let used = months.chain(days).chain(gauges);
        used.chain([keys::standing(self.account)]).collect()
    }
}

/// 409: the id was used for something else.
fn other_content(batch: &Batch) -> Problem {
    let detail = format!("The batch_id `{}` was used before, with another body.", batch.id);
    Problem::new(409, "batch_id_reused", detail)
}

fn transient(error: &StoreError) -> Problem {
    if error.is_transient() { interrupted() } else { problem(error) }
}

/// 503: a part may be counted; the same batch again counts the rest.
fn interrupted() -> Problem {
    let detail = "We could not finish this just now. Please send the same batch again, with the same \
                  batch_id: what is counted of it already is not counted twice.";
    Problem { detail: detail.to_owned(), ..Problem::unavailable() }
}
