//! New records of the journal, from the table's stream to the queues of events and notifications.
//!
//! This function makes events and mails prompt. The schedules of `event-publisher` and `notify` find
//! the records that it missed. A record that cannot be read is none of the journal's and
//! is skipped.

mod event;

use queue::notify::{NotifyMessage, NotifyMessages, PendingAccount};
use queue::publish::{PublishMessage, PublishMessages};
use runtime::environment::{EVENT_QUEUE_URL, NOTIFY_QUEUE_URL};
use runtime::{EnvironmentError, Host};
use tracing::{info, warn};

pub use event::{Failures, StreamEvent};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct JournalRelay {
    notifications: NotifyMessages,
    events: PublishMessages,
}

impl JournalRelay {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let (to_notify, to_publish) =
            (host.environment.get(NOTIFY_QUEUE_URL)?, host.environment.get(EVENT_QUEUE_URL)?);
        Ok(Self {
            notifications: NotifyMessages::new(host.sqs()?, to_notify),
            events: PublishMessages::new(host.sqs()?, to_publish),
        })
    }

    /// One batch of the stream: messages for each account in it. If they are not sent, Lambda comes
    /// again from the first record on.
    pub async fn handle(&self, event: StreamEvent) -> Failures {
        let notifications: Vec<NotifyMessage> = event
            .accounts_to_mail()
            .into_iter()
            .map(|(account, since)| NotifyMessage::Account(PendingAccount { account, since }))
            .collect();
        let events: Vec<PublishMessage> =
            event.accounts().into_iter().map(PublishMessage::Account).collect();

        let sent = match self.notifications.send_all(&notifications).await {
            Ok(()) => self.events.send_all(&events).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => {
                info!("handed on the records of {} accounts", events.len());
                Failures::none()
            }
            Err(error) => {
                warn!(reason = %error, "left a batch of the stream to Lambda: {error}");
                Failures::from_first(&event)
            }
        }
    }
}
