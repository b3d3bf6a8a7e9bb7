//! Standard queues in memory: visibility, delays, receive counts, redrive and retention, all on the
//! virtual clock.

use std::collections::BTreeMap;
use std::sync::Mutex;

use billing::time::Timestamp;
use runtime::Entropy;
use runtime::entropy::Drawn;
use runtime::key::hex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::message::{Attribute, Message};
use crate::clock::VirtualClock;
use crate::tasks::lock;
use crate::template::Queue;

/// SQS's limit on a message's text, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1_048_576;
/// SQS's limit on a delay, in seconds.
pub const DELAY_SECONDS_MAX: u32 = 900;

/// SQS refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The queue is not in template.yaml.
    #[error("the queue `{0}` does not exist")]
    NoQueue(String),
    /// A parameter is out of its limits.
    #[error("{0}")]
    Invalid(String),
}

/// A message on its way in.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Its text.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// Seconds until it can be received; the queue's own delay when absent.
    pub delay_seconds: Option<u32>,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Can be received now.
    pub visible: usize,
    /// Received and neither deleted nor visible again.
    pub in_flight: usize,
    /// Not yet visible for the first time.
    pub delayed: usize,
}

/// One message of so many is delivered once more though it was deleted.
const TWICE_IN: u64 = 50;
/// Seconds after which it is.
const TWICE_SECONDS: i64 = 2;

/// What the name of the queue of retries begins with.
const RETRIES: &str = "Retry";

/// All queues of the template.
#[derive(Debug)]
pub struct Queues {
    state: Mutex<BTreeMap<String, State>>,
    clock: VirtualClock,
    entropy: Entropy,
    /// Chance of an order and of deliveries that only standard queues have; none while they keep
    /// order.
    disorder: Mutex<Option<Entropy>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    messages: Vec<Message>,
}

/// Messages of all queues in a kept world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// By the queues' names.
    messages: BTreeMap<String, Vec<Message>>,
    disorder: Option<Drawn>,
}

impl Queues {
    /// To be kept.
    pub fn kept(&self) -> Kept {
        let state = lock(&self.state);
        let messages = state.iter().map(|(name, state)| (name.clone(), state.messages.clone()));
        let disorder = lock(&self.disorder).as_ref().and_then(Entropy::drawn);
        Kept { messages: messages.collect(), disorder }
    }

    /// The first queue with messages in it that is not here.
    pub fn lacks<'a>(&self, kept: &'a Kept) -> Option<&'a str> {
        let state = lock(&self.state);
        let mut filled = kept.messages.iter().filter(|(_, messages)| !messages.is_empty());
        filled.find(|(name, _)| !state.contains_key(*name)).map(|(name, _)| name.as_str())
    }

    /// Goes on from what was kept.
    pub fn go_on(&self, mut kept: Kept) {
        for (name, state) in lock(&self.state).iter_mut() {
            state.messages = kept.messages.remove(name).unwrap_or_default();
        }
        self.set_disorder(kept.disorder.map(Entropy::from));
        self.tell();
    }

    /// Empty ones.
    pub fn new(queues: &BTreeMap<String, Queue>, clock: VirtualClock, entropy: Entropy) -> Self {
        let state = queues.iter().map(|(name, queue)| {
            let state = State { queue: queue.clone(), messages: Vec::new() };
            (name.clone(), state)
        });
        Self {
            state: Mutex::new(state.collect()),
            clock,
            entropy,
            disorder: Mutex::new(None),
            changed: watch::Sender::new(0),
        }
    }

    /// Lets messages come in any order and now and then twice, by chance, or in order and once.
    pub fn set_disorder(&self, chance: Option<Entropy>) {
        *lock(&self.disorder) = chance;
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        lock(&self.state).keys().cloned().collect()
    }

    /// The queue that takes this one's messages when they were received too often.
    pub fn dead_letters_of(&self, queue: &str) -> Option<String> {
        let state = lock(&self.state);
        let redrive = state.get(queue)?.queue.redrive.as_ref()?;
        Some(redrive.target.clone())
    }

    /// Tells of each new message and each one that becomes visible by another's doing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Puts a message in and returns it.
    pub fn send(&self, queue: &str, sent: Sent) -> Result<Message, QueueError> {
        if sent.body.is_empty() || sent.body.len() > MESSAGE_BYTES_MAX {
            let detail = format!("a message has 1 to {MESSAGE_BYTES_MAX} bytes");
            return Err(QueueError::Invalid(detail));
        }
        if sent.delay_seconds.is_some_and(|delay| delay > DELAY_SECONDS_MAX) {
            let detail = format!("DelaySeconds is at most {DELAY_SECONDS_MAX}");
            return Err(QueueError::Invalid(detail));
        }
        let now = self.clock.now();
        let id = self.id();
        let message = {
            let mut state = lock(&self.state);
            let state = find(&mut state, queue)?;
            let delay = sent.delay_seconds.unwrap_or(state.queue.delay_seconds);
            let message = Message {
                id,
                body: sent.body,
                attributes: sent.attributes,
                sent_at: now,
                visible_at: now.plus_seconds(delay.into()),
                receives: 0,
                first_received_at: None,
                receipt: None,
                moved_from: None,
            };
            state.messages.push(message.clone());
            message
        };
        self.tell();
        Ok(message)
    }

    /// Takes out of sight up to so many messages that are visible now; those received too often
    /// move to the dead-letter queue instead.
    pub fn receive(&self, queue: &str, max: usize) -> Result<Vec<Message>, QueueError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let from = find(&mut state, queue)?;
        forget(from, now);
        let redrive = from.queue.redrive.clone();
        let visibility = i64::from(from.queue.visibility_seconds);
        let mut received = Vec::new();
        let mut dead = Vec::new();
        let mut kept = Vec::new();
        let mut messages = std::mem::take(&mut from.messages);
        if let Some(chance) = &*lock(&self.disorder) {
            shuffle(&mut messages, chance);
        }
        for mut message in messages {
            let exhausted =
                redrive.as_ref().is_some_and(|redrive| message.receives >= redrive.receives_max);
            if message.visible_at > now || (received.len() >= max && !exhausted) {
                kept.push(message);
            } else if exhausted {
                message.moved_from = Some(queue.to_owned());
                message.receipt = None;
                dead.push(message);
            } else {
                message.receives = message.receives.saturating_add(1);
                message.first_received_at.get_or_insert(now);
                message.visible_at = now.plus_seconds(visibility);
                message.receipt = Some(self.id());
                received.push(message.clone());
                kept.push(message);
            }
        }
        from.messages = kept;
        if let Some(redrive) = redrive {
            find(&mut state, &redrive.target)?.messages.extend(dead);
        }
        Ok(received)
    }

    /// Deletes what was received by this receipt; nothing when it was received again since.
    pub fn delete(&self, queue: &str, receipt: &str) -> Result<(), QueueError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let messages = &mut find(&mut state, queue)?.messages;
        let is_it = |message: &Message| message.receipt.as_deref() == Some(receipt);
        let comes_again = |chance: &Entropy| chance.below(TWICE_IN) == 0;
        if lock(&self.disorder).as_ref().is_some_and(comes_again)
            && let Some(message) = messages.iter_mut().find(|message| is_it(message))
        {
            // A server that did not hear of it delivers the message once more.
            message.receipt = None;
            message.visible_at = now.plus_seconds(TWICE_SECONDS);
            return Ok(());
        }
        messages.retain(|message| !is_it(message));
        Ok(())
    }

    /// What is in a queue, oldest first.
    pub fn messages(&self, queue: &str) -> Result<Vec<Message>, QueueError> {
        let mut state = lock(&self.state);
        let state = find(&mut state, queue)?;
        forget(state, self.clock.now());
        Ok(state.messages.clone())
    }

    /// How much is in a queue.
    pub fn depth(&self, queue: &str) -> Result<Depth, QueueError> {
        let now = self.clock.now();
        let mut depth = Depth::default();
        for message in self.messages(queue)? {
            let count = if message.visible_at <= now {
                &mut depth.visible
            } else if message.receipt.is_some() {
                &mut depth.in_flight
            } else {
                &mut depth.delayed
            };
            *count = count.saturating_add(1);
        }
        Ok(depth)
    }

    /// Time at which the next message of a queue becomes visible, or was visible already.
    pub fn next_due(&self, queue: &str) -> Option<Timestamp> {
        let state = lock(&self.state);
        let messages = state.get(queue)?.messages.iter();
        messages.map(|message| message.visible_at).min()
    }

    /// Moves dead letters back to where they came from, as new: what SQS calls a message move task.
    /// What functions put there themselves goes to the queue of retries, which they put it away
    /// from. Returns how many.
    pub fn redrive(&self, dead_letters: &str) -> Result<usize, QueueError> {
        let now = self.clock.now();
        let moved = {
            let mut state = lock(&self.state);
            let fed = state.iter().filter(|(_, state)| {
                let redrive = state.queue.redrive.as_ref();
                redrive.is_some_and(|redrive| redrive.target == dead_letters)
            });
            let home = fed.map(|(name, _)| name).min_by_key(|name| !name.starts_with(RETRIES));
            let home = home.cloned();
            let Some(home) = home else {
                let detail = format!("`{dead_letters}` is no queue's dead-letter queue");
                return Err(QueueError::Invalid(detail));
            };
            let from = find(&mut state, dead_letters)?;
            forget(from, now);
            let messages = std::mem::take(&mut from.messages);
            let moved = messages.len();
            for mut message in messages {
                let sent_for = message.sent_for();
                let target = message.moved_from.take().or(sent_for).unwrap_or_else(|| home.clone());
                let message = Message {
                    id: self.id(),
                    sent_at: now,
                    visible_at: now,
                    receives: 0,
                    first_received_at: None,
                    receipt: None,
                    ..message
                };
                find(&mut state, &target)?.messages.push(message);
            }
            moved
        };
        self.tell();
        Ok(moved)
    }

    fn tell(&self) {
        self.changed.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// An id in the shape of a UUID. Without randomness all are alike, which only a machine without
    /// `/dev/urandom` sees.
    fn id(&self) -> String {
        let bytes = self.entropy.bytes().unwrap_or_default();
        let digits = hex(&bytes);
        let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
    }
}

fn find<'a>(
    state: &'a mut BTreeMap<String, State>,
    queue: &str,
) -> Result<&'a mut State, QueueError> {
    state.get_mut(queue).ok_or_else(|| QueueError::NoQueue(queue.to_owned()))
}

/// Another order.
fn shuffle(messages: &mut [Message], chance: &Entropy) {
    for last in (1..messages.len()).rev() {
        let limit = u64::try_from(last).unwrap_or(0).saturating_add(1);
        let other = usize::try_from(chance.below(limit)).unwrap_or(0);
        messages.swap(last, other);
    }
}

/// Messages past their retention are gone.
fn forget(state: &mut State, now: Timestamp) {
    let retention = i64::from(state.queue.retention_seconds);
    state.messages.retain(|message| message.sent_at.plus_seconds(retention) > now);
}
