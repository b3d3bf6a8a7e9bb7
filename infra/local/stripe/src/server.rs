//! The simulator on a port of this machine: Stripe's API under `/v1`, hosted pages everywhere else,
//! and a pump that does what falls due and delivers events.
//!
//! A lost answer (a fault) is a connection that is closed without one: what waits for an answer
//! learns of it at once, and need not wait for its time-out.

mod courier;
mod http1;
mod reading;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use billing::time::Timestamp;
use http::Method;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::deliveries::{self, Outgoing};
use crate::engine::{Answer, Asked, Engine};
use crate::settings::Settings;
use crate::stripe::Stripe;

use courier::Courier;

/// Rounds of deliveries at one time after which we call it an endless loop.
const ROUNDS_MAX: usize = 100_000;

/// The key of who calls without a socket between.
const KEY: &str = "sk_test_simulator";

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to start.
pub struct Options {
    /// The port; a free one of 127.0.0.1 when absent.
    pub listener: Option<TcpListener>,
    /// What all ids and random choices come from.
    pub seed: u64,
    /// The account's settings; where its pages are is set at the start.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// True if it does by itself what falls due, and delivers. Otherwise somebody calls
    /// [`Simulator::take_due`] or [`Simulator::run_due`].
    pub delivers: bool,
}

impl Options {
    /// A free port, a seed, and everything else as usual.
    pub fn new(seed: u64, clock: Clock) -> Self {
        Self { listener: None, seed, settings: Settings::default(), clock, delivers: true }
    }
}

/// The simulator, shared by all who talk to it.
pub struct Simulator {
    engine: Mutex<Engine>,
    clock: Clock,
    url: String,
    courier: Courier,
    changes: watch::Sender<u64>,
    /// One delivery at a time, in order.
    delivering: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Simulator({})", self.url)
    }
}

impl Simulator {
    /// Where it answers: `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Looks into the engine or changes it, after what is due by now has been done. What it tells
    /// is delivered.
    pub fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> T {
        let now = self.now();
        let result = {
            let mut engine = self.engine();
            engine.stripe.run_due(now);
            work(&mut engine)
        };
        self.changed();
        result
    }

    /// Looks into the engine as it stands: nothing is done or told.
    pub fn look<T>(&self, look: impl FnOnce(&Engine) -> T) -> T {
        look(&self.engine())
    }

    /// Puts another engine in the place of this one. `meanwhile` is done before anybody sees it,
    /// such as setting the clock.
    pub fn replace(&self, engine: Engine, meanwhile: impl FnOnce()) {
        {
            let mut held = self.engine();
            *held = engine;
            meanwhile();
        }
        self.changed();
    }

    /// One request, without a socket between. Faults do not spare it.
    pub fn request(&self, asked: &Asked) -> Answer {
        let now = self.now();
        let answer = self.engine().request(asked, now);
        self.changed();
        answer
    }

    /// A call of somebody who only prepares what is to be looked at, such as a test or the control
    /// page: faults and the log spare it. HTTP status and answer; the path may have a query.
    pub fn call(&self, method: Method, path: &str, form: &str) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let answer = self.request(&Asked {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            body: form.as_bytes().to_vec(),
            key: Some(KEY.to_owned()),
            host: self.url.clone(),
            spared: true,
            ..Asked::default()
        });
        (answer.status, answer.body)
    }

    /// Time at which the next task or delivery falls due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let engine = self.engine();
        let stripe = &engine.stripe;
        [stripe.next_due(), stripe.deliveries.next_due()].into_iter().flatten().min()
    }

    /// Number of events made so far. Reading it is no change: who waits for changes asks for it.
    pub fn events_made(&self) -> u64 {
        self.engine().stripe.events.made()
    }

    /// Does what is due by then, and says what is to be sent next; nothing when all is quiet.
    /// Somebody who took it sends it and calls [`Self::answered`] before they take the next.
    pub fn take_due(&self, now: Timestamp) -> Option<Outgoing> {
        let mut engine = self.engine();
        engine.stripe.run_due(now);
        deliveries::take_due(&mut engine.stripe, now)
    }

    /// What became of what was taken: the HTTP status, or nothing when nobody could be reached.
    pub fn answered(&self, delivery: u64, status: Option<u16>, now: Timestamp) {
        deliveries::answered(&mut self.engine().stripe, delivery, status, now);
    }

    /// Sends to an endpoint on this machine; its HTTP status. Any other place is unreachable,
    /// without any call to the network.
    pub async fn send(&self, outgoing: &Outgoing) -> Option<u16> {
        self.courier.send(outgoing).await
    }

    /// Does all that is due by then, and delivers what is due, one after the other, until all is
    /// quiet.
    pub async fn run_due(&self, now: Timestamp) {
        let _one_at_a_time = self.delivering.lock().await;
        for _ in 0..ROUNDS_MAX {
            let Some(outgoing) = self.take_due(now) else { return };
            let status = self.send(&outgoing).await;
            self.answered(outgoing.delivery, status, now);
        }
        tracing::warn!("stopped after {ROUNDS_MAX} deliveries at one time");
    }

    /// Tells of each request and change that may have made something fall due.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs as long as the simulator does.
    async fn keep(self: Arc<Self>) {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            let now = self.now();
            self.run_due(now).await;
            let wait = self.next_due().map(|due| due.0.saturating_sub(self.now().0).max(1));
            let wait = wait.and_then(|seconds| u64::try_from(seconds).ok());
            let due = async {
                match wait {
                    Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = due => {}
            }
        }
    }
}

/// A running simulator; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    simulator: Arc<Simulator>,
    tasks: Vec<AbortHandle>,
}

impl Running {
    /// The simulator itself.
    pub fn simulator(&self) -> &Arc<Simulator> {
        &self.simulator
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        self.simulator.url()
    }

    /// Looks into the engine or changes it.
    pub fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> T {
        self.simulator.with_engine(work)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts a simulator: it answers when this returns.
pub async fn start(options: Options) -> io::Result<Running> {
    let listener = match options.listener {
        Some(listener) => listener,
        None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    };
    let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let settings = Settings { host: url.clone(), ..options.settings };
    let now = (options.clock)();
    let simulator = Arc::new(Simulator {
        engine: Mutex::new(Engine::new(Stripe::new(settings, options.seed, now))),
        clock: options.clock,
        url,
        courier: Courier::default(),
        changes: watch::Sender::new(0),
        delivering: tokio::sync::Mutex::default(),
    });
    let mut tasks = vec![spawn(http1::serve(listener, simulator.clone()))];
    if options.delivers {
        tasks.push(spawn(simulator.clone().keep()));
    }
    Ok(Running { simulator, tasks })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator runs beside the functions; functions themselves never spawn"
)]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    tokio::spawn(work).abort_handle()
}
