//! New records of the journal, from the table's stream to the queue of notifications.
//!
//! It only makes mails prompt: a record that is to be mailed stands in the index until that is
//! decided, and the schedule of `notify` finds what this function was never shown. A record that
//! cannot be read is none of the journal's and is skipped.

mod event;

use queue::notify::{NotifyMessage, NotifyMessages, PendingAccount};
use runtime::environment::NOTIFY_QUEUE_URL;
use runtime::{EnvironmentError, Host};
use tracing::{info, warn};

pub use event::{Failures, StreamEvent};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct JournalRelay {
    queue: NotifyMessages,
}

impl JournalRelay {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let url = host.environment.get(NOTIFY_QUEUE_URL)?;
        Ok(Self { queue: NotifyMessages::new(host.sqs()?, url) })
    }

    /// One batch of the stream: a message for each account in it. If they are not sent, Lambda comes
    /// again from the first record on.
    pub async fn handle(&self, event: StreamEvent) -> Failures {
        let accounts = event.accounts();
        let messages: Vec<NotifyMessage> = accounts
            .into_iter()
            .map(|(account, since)| NotifyMessage::Account(PendingAccount { account, since }))
            .collect();

        match self.queue.send_all(&messages).await {
            Ok(()) => {
                info!("handed on the records of {} accounts", messages.len());
                Failures::none()
            }
            Err(error) => {
                warn!(reason = %error, "left a batch of the stream to Lambda: {error}");
                Failures::from_first(&event)
            }
        }
    }
}
