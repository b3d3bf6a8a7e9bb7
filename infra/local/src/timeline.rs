//! Moving the virtual clock from one due time to the next, and letting fall due what does.
//!
//! Today that is what waits in queues; schedules and Stripe's periods will join it here.

use std::sync::Arc;
use std::time::Duration;

use billing::time::Timestamp;
use tokio::sync::Mutex;
use tracing::warn;

use crate::clock::{Advance, NotALength, VirtualClock};
use crate::gate::{Gate, Mode};
use crate::sqs::{Pump, Queues};

/// Due times in one move after which we call it an endless loop.
const JUMPS_MAX: usize = 100_000;

/// The clock together with what falls due by it.
#[derive(Debug)]
pub struct Timeline {
    clock: VirtualClock,
    pump: Pump,
    queues: Arc<Queues>,
    gate: Arc<Gate>,
    /// One move or one round at a time: while functions run, the clock stands.
    moving: Mutex<()>,
}

impl Timeline {
    /// Of one cloud.
    pub fn new(clock: VirtualClock, pump: Pump, queues: Arc<Queues>, gate: Arc<Gate>) -> Self {
        Self { clock, pump, queues, gate, moving: Mutex::new(()) }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves by a length such as `0s`, `1h`, `1d` or `1mo` and answers with the time, after everything
    /// that falls due by then has run.
    pub async fn advance(&self, length: &str) -> Result<Timestamp, NotALength> {
        let length = Advance::parse(length)?;
        Ok(self.advance_to(length.after(self.clock.now())).await)
    }

    /// Moves to a time, never backwards.
    pub async fn advance_to(&self, target: Timestamp) -> Timestamp {
        let _one_at_a_time = self.moving.lock().await;
        for _ in 0..JUMPS_MAX {
            self.pump.run_due().await;
            let Some(due) = self.pump.next_due().filter(|due| *due <= target) else {
                self.clock.move_to(target);
                self.pump.run_due().await;
                return self.clock.now();
            };
            self.clock.move_to(due);
        }
        warn!("stopped after {JUMPS_MAX} due times in one move of the clock");
        self.clock.now()
    }

    /// Hands out what is visible now and waits for the functions.
    pub async fn run_due(&self) {
        let _one_at_a_time = self.moving.lock().await;
        self.pump.run_due().await;
    }

    /// Hands messages out as they become visible, for as long as the cloud lives. In a stepped run it
    /// keeps still: there, moving the clock (by nothing, too) hands them out at a moment that the
    /// test chooses.
    pub async fn keep(self: Arc<Self>) {
        let mut changes = self.queues.changes();
        let mut moves = self.clock.moves();
        loop {
            changes.borrow_and_update();
            moves.borrow_and_update();
            if matches!(self.gate.mode(), Mode::Free(_)) {
                self.run_due().await;
            }
            let due = self.until_due();
            tokio::select! {
                _ = changes.changed() => {}
                _ = moves.changed() => {}
                () = sleep(due) => {}
            }
        }
    }

    /// How long until the next message becomes visible; for ever when the clock stands.
    fn until_due(&self) -> Option<Duration> {
        if self.clock.is_frozen() {
            return None;
        }
        let due = self.pump.next_due()?;
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
