//! The whole world of local mode as one text, to be kept and gone on from.
//!
//! It is JSON. This process's addresses stand in it as names that no network knows, in the table, at
//! Stripe and in messages alike: so a world can go on at other ports.

use std::collections::BTreeMap;

use runtime::entropy::Drawn;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use stripe_simulator::Engine;

use crate::keys::Keys;
use crate::outbox::SentMail;
use crate::ports::Addresses;
use crate::table::{Items, TableError};
use crate::{clock, deliveries, gate, schedules, sqs, streams};

/// Form of the text. A program reads its own only: count it up with each change of what is kept.
const FORM: u32 = 1;

/// All that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    pub form: Form,
    pub clock: clock::Kept,
    pub entropy: Option<Drawn>,
    pub keys: Keys,
    pub demo: bool,
    pub accounts: Vec<String>,
    pub secrets: BTreeMap<String, Vec<String>>,
    pub mails: Vec<SentMail>,
    pub queues: sqs::Kept,
    pub streams: streams::Kept,
    pub schedules: schedules::Kept,
    pub gate: gate::Kept,
    pub deliveries: deliveries::Kept,
    pub stripe: Stripe,
    pub table: Items,
}

/// The form of a world that was just made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Form(u32);

impl Default for Form {
    fn default() -> Self {
        Self(FORM)
    }
}

/// The simulator's engine, written: it cannot be copied while it runs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stripe(Box<RawValue>);

impl Stripe {
    /// Written.
    pub fn of(engine: &Engine) -> Result<Self, WorldError> {
        Ok(Self(to_raw_value(engine).map_err(WorldError::Unwritten)?))
    }

    /// Read again.
    pub fn engine(&self) -> Result<Engine, WorldError> {
        serde_json::from_str(self.0.get()).map_err(WorldError::Content)
    }
}

/// A text is not taken, and nothing was changed; or none could be written.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A text that is cut short.
    #[error("the snapshot is cut short")]
    Cut,
    /// A text that is no world.
    #[error("this is no snapshot of local mode")]
    Other,
    /// A world that another version of local mode wrote.
    #[error("the snapshot is of another version of local mode: it has form {0}, not {FORM}")]
    Form(u32),
    /// A world with a part that cannot be read.
    #[error("the snapshot cannot be read: {0}")]
    Content(#[source] serde_json::Error),
    /// A world that cannot be written.
    #[error("the world cannot be written: {0}")]
    Unwritten(#[source] serde_json::Error),
    /// A world with messages of a queue that template.yaml does not have.
    #[error("the snapshot has messages in the queue `{0}`, which template.yaml does not have")]
    Queue(String),
    /// The embedded table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Beginning that the text has in every form.
#[derive(Deserialize)]
struct Head {
    form: u32,
}

impl World {
    /// As text, for a process that answers there.
    pub fn text(&self, addresses: &Addresses) -> Result<String, WorldError> {
        let text = serde_json::to_string(self).map_err(WorldError::Unwritten)?;
        let names = names(addresses).into_iter();
        Ok(names.fold(text, |text, (name, address)| renamed(&text, address, name)))
    }

    /// Reads a text, in a process that answers there.
    pub fn read(text: &str, addresses: &Addresses) -> Result<Self, WorldError> {
        let head: Head = serde_json::from_str(text)
            .map_err(|error| if error.is_eof() { WorldError::Cut } else { WorldError::Other })?;
        if head.form != FORM {
            return Err(WorldError::Form(head.form));
        }
        let names = names(addresses).into_iter();
        let text = names.fold(text.to_owned(), |text, (name, address)| text.replace(name, address));
        serde_json::from_str(&text).map_err(WorldError::Content)
    }
}

/// Name of each address in a text, and the address.
fn names(addresses: &Addresses) -> [(&'static str, &str); 5] {
    [
        ("http://gateway.tollgate.invalid", &addresses.gateway),
        ("http://stripe.tollgate.invalid", &addresses.stripe),
        ("http://dynamodb.tollgate.invalid", &addresses.dynamodb),
        ("http://sqs.tollgate.invalid", &addresses.sqs),
        ("http://secrets-manager.tollgate.invalid", &addresses.secrets_manager),
    ]
}

/// An address by its name, but not one that only begins like it: port 3000 is not port 30001.
fn renamed(text: &str, address: &str, name: &str) -> String {
    let mut parts = text.split(address);
    let mut renamed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|c: char| c.is_ascii_digit());
        renamed.push_str(if goes_on { address } else { name });
        renamed.push_str(part);
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn an_address_is_named_and_one_that_begins_like_it_is_not() {
        let text = "http://127.0.0.1:3000/a http://127.0.0.1:30001 http://127.0.0.1:3000";
        assert_eq!(
            renamed(text, "http://127.0.0.1:3000", "http://gateway"),
            "http://gateway/a http://127.0.0.1:30001 http://gateway"
        );
    }
}
