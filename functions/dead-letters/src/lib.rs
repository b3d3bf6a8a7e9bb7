//! Dead letters, taken from their queue into the table, where staff see them and send them on their
//! way again (E10).
//!
//! A queue cannot be read in pages and forgets after 14 days; the table does neither. A letter that
//! cannot be kept stays on the queue, with an alarm, and is delivered again.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use billing::dead_letter::DeadLetter;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::{Invocation, Invocations};
use letters_commands::collect::{Collected, Collector, NotCollected, Received};
use letters_commands::sources::Sources;
use queue::send::{QUEUE_ATTRIBUTE, REASON_ATTRIBUTE};
use runtime::environment::TABLE_NAME;
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use tracing::{debug, error};

/// Name of the function as a cause.
const NAME: &str = "dead-letters";
/// Attribute of a record with the number of its receives, this one included.
const RECEIVES: &str = "ApproximateReceiveCount";
/// Attribute of a record with the time at which it was sent, in milliseconds.
const SENT: &str = "SentTimestamp";
/// Attribute of a record with the queue that SQS moved it from.
const SOURCE: &str = "DeadLetterQueueSourceArn";
/// Milliseconds of a second.
const MILLISECONDS: i64 = 1_000;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct DeadLetters {
    invocations: Invocations,
    collector: Collector,
}

impl DeadLetters {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let sources = Sources::new(environment)?;
        Ok(Self { invocations: host.invocations(), collector: Collector { store, sources } })
    }

    /// One batch. SQS reads the answer, and delivers again what is not kept.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, NAME);
        let mut response = SqsBatchResponse::default();
        for record in batch.records {
            let received = received(&record);
            match self.collector.collect(invocation, &received).await {
                Ok(Collected::Kept(letter)) => log_kept(&letter),
                Ok(Collected::Known) => {
                    debug!("the letter {} was kept before", received.message_id);
                }
                Err(error) => {
                    log_not_kept(invocation, &received, &error);
                    let mut failure = BatchItemFailure::default();
                    failure.item_identifier = record.message_id.unwrap_or_default();
                    response.batch_item_failures.push(failure);
                }
            }
        }
        response
    }
}

fn received(record: &SqsMessage) -> Received {
    let text = |name: &str| {
        record.message_attributes.get(name).and_then(|value| value.string_value.clone())
    };
    let attribute = |name: &str| record.attributes.get(name);
    let sent: Option<i64> = attribute(SENT).and_then(|milliseconds| milliseconds.parse().ok());
    Received {
        message_id: record.message_id.clone().unwrap_or_default(),
        body: record.body.clone().unwrap_or_default(),
        reason: text(REASON_ATTRIBUTE),
        queue_url: text(QUEUE_ATTRIBUTE),
        source_arn: attribute(SOURCE).cloned(),
        sent_at: sent.map(|milliseconds| Timestamp(milliseconds.div_euclid(MILLISECONDS))),
        receives: attribute(RECEIVES).and_then(|count| count.parse().ok()),
    }
}

/// The alarm's line of a letter: also for one that SQS itself moved, which no other line names.
fn log_kept(letter: &DeadLetter) {
    let account = letter.subject.account.as_ref().map(AccountId::as_str);
    let queue = letter.queue.map_or("unknown", Word::word);
    let reason = letter.reason.as_deref().unwrap_or("SQS gave it up after too many receives");
    error!(
        alarm = alarm::DEAD_LETTERED,
        letter.id = letter.id,
        account.id = account,
        event.id = letter.subject.event,
        reason,
        "the dead letter {} of the queue {queue} waits for staff: {reason}",
        letter.id
    );
}

fn log_not_kept(invocation: &Invocation, received: &Received, failure: &NotCollected) {
    let cost = invocation.cost();
    error!(
        alarm = alarm::LETTER_NOT_KEPT,
        reason = %failure,
        "the dead letter {} stays on the queue: {failure}, {cost}",
        received.message_id
    );
}
