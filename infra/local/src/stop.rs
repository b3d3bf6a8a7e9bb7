//! Being stopped, by Ctrl-C or as a supervisor does it.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears of it from when it is made: until then the process just ends.
pub struct Stop {
    #[cfg(unix)]
    interrupted: Signal,
    #[cfg(unix)]
    terminated: Signal,
}

impl Stop {
    /// Begins to listen.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
        })
    }

    /// Begins to listen.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Resolves when somebody asks to stop.
    #[cfg(unix)]
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }

    /// Resolves when somebody asks to stop.
    #[cfg(not(unix))]
    pub async fn asked(&mut self) {
        // Without a handler the process ends by itself.
        let _ = tokio::signal::ctrl_c().await;
    }
}
