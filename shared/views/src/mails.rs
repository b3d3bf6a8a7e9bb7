//! The log of an account's mails (F6).

use billing::mails::{Mail, MailStatus, Recipient};
use serde::Serialize;

/// A mail of the log: its recipient by id, and no body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailView {
    /// Id within the account.
    pub id: String,
    /// Template of the mail.
    pub template: &'static str,
    /// Number that each copy carries.
    pub notification: String,
    /// `billing_address` or `member`; null for an entry that nobody was mailed of.
    pub to: Option<&'static str>,
    /// Id of the member.
    pub member: Option<String>,
    /// `sending`, `waiting`, `sent`, `in_doubt`, `refused` or `superseded`.
    pub status: &'static str,
    /// SES's id of it, once it was accepted.
    pub ses_id: Option<String>,
    /// SES's code, where it was refused.
    pub code: Option<String>,
    /// Number of times that it was handed to SES.
    pub sendings: u32,
    /// Time of the journal's record.
    pub recorded_at: String,
    /// Time of the latest change.
    pub at: String,
}

impl MailView {
    /// View of a mail.
    pub fn of(mail: &Mail) -> Self {
        let (to, member) = match &mail.recipient {
            Some(Recipient::Billing) => (Some("billing_address"), None),
            Some(Recipient::Member(id)) => (Some("member"), Some(id.to_string())),
            None => (None, None),
        };
        let (ses_id, code) = match &mail.status {
            MailStatus::Sent(id) => (Some(id.clone()), None),
            MailStatus::Refused(code) => (None, Some(code.clone())),
            MailStatus::Sending
            | MailStatus::Released
            | MailStatus::InDoubt
            | MailStatus::Superseded => (None, None),
        };
        Self {
            id: mail.id(),
            template: mail.template(),
            notification: mail.number(),
            to,
            member,
            status: mail.status.word(),
            ses_id,
            code,
            sendings: mail.sendings,
            recorded_at: mail.recorded_at.to_string(),
            at: mail.at.to_string(),
        }
    }
}
