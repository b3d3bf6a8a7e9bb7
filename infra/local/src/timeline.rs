//! Moving the virtual clock from one due time to the next, and letting fall due what does.
//!
//! That is the schedules of functions, what waits in queues and in the table's stream, what Stripe
//! does by itself, and the events that it delivers; what falls due at one instant, in that order.

use std::sync::Arc;
use std::time::Duration;

use billing::time::Timestamp;
use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

use crate::clock::{Advance, NotALength, VirtualClock};
use crate::gate::{Gate, Mode};
use crate::schedules::Schedules;
use crate::sqs::{Pump, Queues};
use crate::streams::Streams;
use crate::webhook::Webhook;

/// Due times in one move after which we call it an endless loop.
const JUMPS_MAX: usize = 1_000_000;
/// Rounds at one instant after which we call it one.
const ROUNDS_MAX: usize = 10_000;

/// The clock together with what falls due by it.
#[derive(Debug)]
pub struct Timeline {
    clock: VirtualClock,
    schedules: Schedules,
    pump: Pump,
    streams: Arc<Streams>,
    queues: Arc<Queues>,
    webhook: Arc<Webhook>,
    gate: Arc<Gate>,
    /// One move or one round at a time: while functions run, the clock stands.
    moving: Mutex<()>,
}

impl Timeline {
    /// Of one cloud.
    pub fn new(
        clock: VirtualClock,
        schedules: Schedules,
        (pump, queues, streams): (Pump, Arc<Queues>, Arc<Streams>),
        webhook: Arc<Webhook>,
        gate: Arc<Gate>,
    ) -> Self {
        Self { clock, schedules, pump, streams, queues, webhook, gate, moving: Mutex::new(()) }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves by a length such as `0s`, `1h`, `1d` or `1mo` and answers with the time, after
    /// everything that falls due by then has run.
    pub async fn advance(&self, length: &str) -> Result<Timestamp, NotALength> {
        let length = Advance::parse(length)?;
        Ok(self.advance_to(length.after(self.clock.now())).await)
    }

    /// Moves to a time, never backwards.
    pub async fn advance_to(&self, target: Timestamp) -> Timestamp {
        let _one_at_a_time = self.moving.lock().await;
        for _ in 0..JUMPS_MAX {
            self.until_quiet().await;
            let Some(due) = self.next_due().filter(|due| *due <= target) else {
                self.clock.move_to(target);
                self.until_quiet().await;
                return self.clock.now();
            };
            self.clock.move_to(due);
        }
        warn!("stopped after {JUMPS_MAX} due times in one move of the clock");
        self.clock.now()
    }

    /// Lets fall due what does now, and waits for the functions.
    pub async fn run_due(&self) {
        let _one_at_a_time = self.moving.lock().await;
        self.until_quiet().await;
    }

    /// Holds the clock's moves and rounds, once the one under way has ended.
    pub async fn hold(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().await
    }

    /// The schedules.
    pub fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    /// Time at which something falls due next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let next = [
            self.schedules.next_due(),
            self.streams.next_due(self.clock.now()),
            self.pump.next_due(),
            self.webhook.next_due(),
        ];
        next.into_iter().flatten().min()
    }

    /// Starts what is scheduled, hands out messages, and lets Stripe act and deliver, until neither
    /// has anything left to do now.
    async fn until_quiet(&self) {
        for _ in 0..ROUNDS_MAX {
            self.schedules.run_due(self.clock.now()).await;
            self.pump.run_due().await;
            let handed_over = self.streams.run_due(self.clock.now()).await;
            let sent = self.webhook.run_due(self.clock.now()).await;
            self.gate.hears(self.webhook.told());
            if sent == 0 && handed_over == 0 {
                return;
            }
        }
        warn!("stopped after {ROUNDS_MAX} rounds at one instant");
    }

    /// Lets things fall due as their time comes, for as long as the cloud lives. In a stepped run
    /// it keeps still: there, moving the clock (by nothing, too) does it at a moment that the test
    /// chooses.
    pub async fn keep(self: Arc<Self>) {
        let mut changes = self.queues.changes();
        let mut moves = self.clock.moves();
        let mut told = self.webhook.changes();
        loop {
            changes.borrow_and_update();
            told.borrow_and_update();
            moves.borrow_and_update();
            if matches!(self.gate.mode(), Mode::Free(_)) {
                self.run_due().await;
            }
            let due = self.until_due();
            tokio::select! {
                _ = changes.changed() => {}
                _ = moves.changed() => {}
                _ = told.changed() => {}
                () = sleep(due) => {}
            }
        }
    }

    /// How long until something falls due; for ever when the clock stands.
    fn until_due(&self) -> Option<Duration> {
        if self.clock.is_frozen() {
            return None;
        }
        let due = self.next_due()?;
        let seconds = due.0.saturating_sub(self.clock.now().0).max(1);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(1)))
    }
}

async fn sleep(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}
