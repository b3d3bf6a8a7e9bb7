//! Mails out, by SES.
//!
//! One call is one mail to one address. What SES answers says whether it was accepted; no answer
//! leaves it in doubt, and the caller's marker decides what becomes of it.

use std::time::Duration;

use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use invocation::stopwatch::CALL_MILLISECONDS_MAX;
use invocation::{Class, Classified, Invocation};

/// Longest that a call takes.
const CALL_LONGEST: Duration = Duration::from_millis(CALL_MILLISECONDS_MAX);

/// SES, with the address in whose name mails are sent.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: aws_sdk_sesv2::Client,
    sender: String,
    reply_to: Option<String>,
}

/// A mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Address.
    pub to: String,
    /// Subject: one line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Page of HTML.
    pub html: String,
    /// Further headers: name and value.
    pub headers: Vec<(&'static str, String)>,
}

/// A mail that SES did not accept, or may not have accepted.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// It was not accepted, and waiting helps.
    #[error("SES takes no more mails now: {0}")]
    Busy(String),
    /// It was not accepted, and an operator must look: the sender is not verified, or sending is
    /// switched off.
    #[error("SES sends nothing for us: {0}")]
    Closed(String),
    /// It was not accepted, and never will be.
    #[error("SES refuses the mail: {0}")]
    Refused(String),
    /// There is no answer: it may have been accepted.
    #[error("SES did not answer: {0}")]
    InDoubt(String),
    /// No time is left for the call: nothing was sent.
    #[error("no time is left to send a mail")]
    OutOfTime,
}

impl Classified for MailerError {
    fn class(&self) -> Class {
        match self {
            Self::Busy(_) | Self::InDoubt(_) | Self::OutOfTime => Class::Retry,
            Self::Closed(_) => Class::Operator,
            Self::Refused(_) => Class::Never,
        }
    }
}

impl Mailer {
    /// SES with a sender, and the address for answers if it is another.
    pub fn new(client: aws_sdk_sesv2::Client, sender: &str, reply_to: Option<&str>) -> Self {
        Self { client, sender: sender.to_owned(), reply_to: reply_to.map(str::to_owned) }
    }

    /// Sends a mail. Returns SES's id of it.
    ///
    /// # Errors
    /// [`MailerError`]: only [`MailerError::InDoubt`] may have been accepted.
    pub async fn send(
        &self,
        invocation: &Invocation,
        mail: &Outgoing,
    ) -> Result<String, MailerError> {
        if !invocation.has_time_for(CALL_LONGEST) {
            return Err(MailerError::OutOfTime);
        }
        let content = content(mail).map_err(|error| MailerError::Refused(error.to_string()))?;

        let request = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .set_reply_to_addresses(self.reply_to.clone().map(|address| vec![address]))
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(EmailContent::builder().simple(content).build());
        let answer = request.send().await.map_err(|error| failed(&error))?;

        Ok(answer.message_id.unwrap_or_default())
    }
}

fn content(mail: &Outgoing) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let text = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().text(text(&mail.text)?).html(text(&mail.html)?).build();
    let mut message = Message::builder().subject(text(&mail.subject)?).body(body);
    for (name, value) in &mail.headers {
        message = message.headers(MessageHeader::builder().name(*name).value(value).build()?);
    }
    Ok(message.build())
}

/// The failure that SES's answer, or its silence, is.
fn failed(error: &SdkError<SendEmailError>) -> MailerError {
    let SdkError::ServiceError(answer) = error else {
        return MailerError::InDoubt(DisplayErrorContext(error).to_string());
    };
    let status = answer.raw().status().as_u16();
    let code = answer.err().code().unwrap_or("unknown").to_owned();
    match code.as_str() {
        "TooManyRequestsException" | "LimitExceededException" | "ThrottlingException" => {
            MailerError::Busy(code)
        }
        "AccountSuspendedException"
        | "SendingPausedException"
        | "MailFromDomainNotVerifiedException"
        | "AccessDeniedException" => MailerError::Closed(code),
        _ if status == 429 => MailerError::Busy(code),
        // An error of SES's own says nothing about the mail.
        _ if status >= 500 => MailerError::InDoubt(code),
        _ => MailerError::Refused(code),
    }
}
