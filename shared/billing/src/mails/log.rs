//! A mail as the log has it: the marker that is written before it is sent, and its outcome.

use crate::ids::MemberId;
use crate::mails::MailKind;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Time for which a mail stays in the log, in seconds (F8).
pub const KEPT_SECONDS: i64 = 400 * DAY_SECONDS;
/// Time for which a marker says that a mail is being sent, in seconds: longer than the function
/// that sends it runs.
pub const IN_PROGRESS_SECONDS: i64 = 90;
/// Delay after which a mail that another invocation is sending is decided again, in seconds.
pub const DOUBT_SECONDS: u64 = 100;
/// Most sendings of a required mail that nobody answers: the last is three days behind the first.
const SENDINGS_MAX: u32 = 16;
/// Longest wait behind one of them, in seconds.
const WAIT_SECONDS_MAX: i64 = 6 * 3_600;
/// Growth of the wait behind each sending of a required mail that was not answered.
const WAIT_GROWTH: i64 = 4;

/// Recipient of a mail, by id: addresses live with members and in the profile alone (F8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// The billing address.
    Billing,
    /// A member.
    Member(MemberId),
}

/// A mail to one recipient about one entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Time of the journal's record.
    pub recorded_at: Timestamp,
    /// Place of the journal's record.
    pub sequence: u64,
    /// Place of the entry in its record.
    pub place: usize,
    /// Kind of the mail.
    pub kind: MailKind,
    /// Recipient; none for an entry that nobody was mailed of.
    pub recipient: Option<Recipient>,
    /// Progress.
    pub status: MailStatus,
    /// Number of times that SES was called, or is being called.
    pub sendings: u32,
    /// Time of the latest change.
    pub at: Timestamp,
    /// True from a request to send it again until that is done.
    pub is_asked_again: bool,
}

/// Progress of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailStatus {
    /// It is being sent, or the sending was interrupted.
    Sending,
    /// SES accepted it, under an id.
    Sent(String),
    /// SES took no mails when it was to be sent: it was certainly not sent.
    Released,
    /// Its sending was interrupted, and it is not sent again: it may have arrived or not.
    InDoubt,
    /// SES refused it, with a code.
    Refused(String),
    /// It did not hold any more, or a graver one was sent.
    Superseded,
}

/// The step that a mail needs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write the marker, then send.
    Send(Mail),
    /// Write the outcome: it is not sent again.
    GiveUp(Mail),
    /// Another invocation is sending it.
    Wait,
    /// It is over.
    Nothing,
}

impl MailStatus {
    /// Name in the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Sent(_) => "sent",
            Self::Released => "waiting",
            Self::InDoubt => "in_doubt",
            Self::Refused(_) => "refused",
            Self::Superseded => "superseded",
        }
    }
}

impl Mail {
    /// Id of the mail within its account: it is made of what it is about, so that a repetition
    /// finds it.
    pub fn id(&self) -> String {
        let Self { recorded_at, sequence, place, .. } = self;
        let recipient = match &self.recipient {
            None => "none".to_owned(),
            Some(Recipient::Billing) => "billing".to_owned(),
            Some(Recipient::Member(id)) => format!("member.{id}"),
        };
        format!("{}.{sequence:010}.{place}.{recipient}", recorded_at.0)
    }

    /// Number that each copy of the notification carries.
    pub fn number(&self) -> String {
        format!("{}-{}", self.sequence, self.place)
    }

    /// Step of a mail that is to be sent, by what the log has of it.
    pub fn step(self, known: Option<&Self>, now: Timestamp) -> Step {
        let Some(known) = known else {
            return Step::Send(Self { status: MailStatus::Sending, sendings: 1, at: now, ..self });
        };
        let is_over = known.at.plus_seconds(known.wait_seconds()) <= now;
        let again = || Self {
            status: MailStatus::Sending,
            sendings: known.sendings.saturating_add(1),
            at: now,
            ..known.clone()
        };
        match &known.status {
            MailStatus::Sending if !is_over => Step::Wait,
            MailStatus::Sending if known.kind.is_required() && known.sendings < SENDINGS_MAX => {
                Step::Send(again())
            }
            MailStatus::Sending => {
                let status = MailStatus::InDoubt;
                Step::GiveUp(Self { status, at: now, is_asked_again: false, ..known.clone() })
            }
            MailStatus::Released => Step::Send(again()),
            MailStatus::Sent(_)
            | MailStatus::InDoubt
            | MailStatus::Refused(_)
            | MailStatus::Superseded => {
                if known.is_asked_again {
                    Step::Send(again())
                } else {
                    Step::Nothing
                }
            }
        }
    }

    /// Time for which a marker is left alone, in seconds. Behind a second sending without an answer
    /// SES is away rather than the sender: each further one waits longer.
    fn wait_seconds(&self) -> i64 {
        let further = self.sendings.saturating_sub(1).min(SENDINGS_MAX);
        let wait = IN_PROGRESS_SECONDS.saturating_mul(WAIT_GROWTH.saturating_pow(further));
        wait.min(WAIT_SECONDS_MAX)
    }

    /// The mail with its outcome.
    #[must_use]
    pub fn ended(&self, status: MailStatus, now: Timestamp) -> Self {
        Self { status, at: now, is_asked_again: false, ..self.clone() }
    }

    /// The mail, whose sending certainly did not happen: it goes as soon as it is decided again.
    #[must_use]
    pub fn released(&self) -> Self {
        Self {
            status: MailStatus::Released,
            sendings: self.sendings.saturating_sub(1),
            ..self.clone()
        }
    }

    /// The mail as a request asks for it once more; none while it is being sent or asked for.
    pub fn asked_again(&self, now: Timestamp) -> Option<Self> {
        let is_sendable = match self.status {
            MailStatus::Sending | MailStatus::Released => false,
            MailStatus::Sent(_)
            | MailStatus::InDoubt
            | MailStatus::Refused(_)
            | MailStatus::Superseded => self.recipient.is_some(),
        };
        (is_sendable && !self.is_asked_again).then(|| Self {
            is_asked_again: true,
            at: now,
            ..self.clone()
        })
    }

    /// End of the time for which it is kept.
    pub fn expires_at(&self) -> Timestamp {
        self.recorded_at.plus_seconds(KEPT_SECONDS)
    }

    /// Name of the kind.
    pub fn template(&self) -> &'static str {
        self.kind.word()
    }
}
