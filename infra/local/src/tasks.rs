//! The one place where local mode starts work beside the work it does: servers and the queue pump.
//! All of it ends when the cloud is dropped.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Work that lives as long as this value.
#[derive(Debug)]
pub struct Tasks {
    stop: watch::Sender<bool>,
    running: Vec<AbortHandle>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { stop: watch::Sender::new(false), running: Vec::new() }
    }
}

impl Tasks {
    /// Resolves when the cloud is dropped: servers finish what they answer and close.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the sender is gone, which is the same.
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    }

    /// Runs a server that ends by itself once [`Self::stopped`] resolves.
    pub fn serve(server: impl Future<Output = ()> + Send + 'static) {
        drop(spawn(server));
    }

    /// Runs something that is cut off at the end.
    pub fn run(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.running.push(spawn(work));
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.running {
            task.abort();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the cloud around the functions runs beside them; functions themselves never spawn"
)]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    tokio::spawn(work).abort_handle()
}

/// Locks; a panic elsewhere while it was locked does not spread.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
