//! Templates: one file for each kind, in a plain form.
//!
//! The first line is the subject. Behind a blank line come blocks with blank lines between them: a
//! paragraph; rows `| label | value`; or a button `[words](link)`. `{name}` stands for a value. A
//! block, or a row, that begins with `?name ` is left out where that value is empty.

use std::collections::BTreeMap;

use billing::mails::MailKind;
use billing::words::Word;

use crate::NoValue;

/// Values by the name of their placeholder.
pub type Values = BTreeMap<&'static str, String>;

/// A template.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    kind: MailKind,
    text: &'static str,
}

/// A block of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Rows of label and value.
    Rows(Vec<(String, String)>),
    /// A link to press: words and address.
    Button(String, String),
}

impl Template {
    /// The English template of a kind.
    pub fn of(kind: MailKind) -> Self {
        let text = match kind {
            MailKind::Alert => include_str!("../templates/en/alert.txt"),
            MailKind::Paid => include_str!("../templates/en/paid.txt"),
            MailKind::Reactivated => include_str!("../templates/en/reactivated.txt"),
            MailKind::Overdue => include_str!("../templates/en/overdue.txt"),
            MailKind::PaymentFailed => include_str!("../templates/en/payment_failed.txt"),
            MailKind::AuthenticationNeeded => {
                include_str!("../templates/en/authentication_needed.txt")
            }
            MailKind::WillBeDisabled => include_str!("../templates/en/will_be_disabled.txt"),
            MailKind::Disabled => include_str!("../templates/en/disabled.txt"),
            MailKind::PriceChange => include_str!("../templates/en/price_change.txt"),
            MailKind::RechargeDone => include_str!("../templates/en/recharge_done.txt"),
            MailKind::RechargeDeclined => include_str!("../templates/en/recharge_declined.txt"),
            MailKind::RechargePaused => include_str!("../templates/en/recharge_paused.txt"),
            MailKind::SubscriptionStarted => {
                include_str!("../templates/en/subscription_started.txt")
            }
            MailKind::ChangeBooked => include_str!("../templates/en/change_booked.txt"),
            MailKind::SubscriptionEnded => include_str!("../templates/en/subscription_ended.txt"),
            MailKind::TransferReported => include_str!("../templates/en/transfer_reported.txt"),
            MailKind::PrepaymentReceived => include_str!("../templates/en/prepayment_received.txt"),
            MailKind::TransferApproved => include_str!("../templates/en/transfer_approved.txt"),
            MailKind::TransferPartlyApproved => {
                include_str!("../templates/en/transfer_partly_approved.txt")
            }
            MailKind::TransferRejected => include_str!("../templates/en/transfer_rejected.txt"),
            MailKind::TransferExpired => include_str!("../templates/en/transfer_expired.txt"),
            MailKind::TransferReturned => include_str!("../templates/en/transfer_returned.txt"),
        };
        Self { kind, text }
    }

    /// The subject, in one line.
    pub fn subject(self, values: &Values) -> Result<String, NoValue> {
        let line = self.text.lines().next().unwrap_or_default();
        let filled = self.filled(line, values)?;
        Ok(filled.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The blocks that have something to say.
    pub fn blocks(self, values: &Values) -> Result<Vec<Block>, NoValue> {
        let mut blocks = Vec::new();
        for block in self.text.split("\n\n").skip(1).map(str::trim) {
            let Some(block) = self.wanted(block, values)? else { continue };
            if block.starts_with("| ") || block.starts_with('?') {
                let rows = self.rows(block, values)?;
                blocks.extend((!rows.is_empty()).then_some(Block::Rows(rows)));
            } else if let Some((words, link)) = button(block) {
                let link = self.filled(link, values)?;
                if !link.is_empty() {
                    blocks.push(Block::Button(self.filled(words, values)?, link));
                }
            } else {
                let words: Vec<&str> = block.split_whitespace().collect();
                blocks.push(Block::Paragraph(self.filled(&words.join(" "), values)?));
            }
        }
        Ok(blocks)
    }

    fn rows(self, block: &str, values: &Values) -> Result<Vec<(String, String)>, NoValue> {
        let mut rows = Vec::new();
        for line in block.lines().map(str::trim) {
            let Some(line) = self.wanted(line, values)? else { continue };
            let line = line.strip_prefix("| ").unwrap_or(line);
            let (label, value) = line.split_once(" | ").unwrap_or((line, ""));
            rows.push((label.to_owned(), self.filled(value, values)?));
        }
        Ok(rows)
    }

    /// The text without its condition; none where the condition's value is empty. Rows have
    /// conditions of their own.
    fn wanted<'a>(self, text: &'a str, values: &Values) -> Result<Option<&'a str>, NoValue> {
        let Some(conditional) = text.strip_prefix('?') else { return Ok(Some(text)) };
        if text.contains('\n') && conditional.contains(" | ") {
            return Ok(Some(text));
        }
        let (name, rest) = conditional.split_once(' ').unwrap_or((conditional, ""));
        let value = values.get(name).ok_or_else(|| self.no_value(name))?;
        Ok((!value.is_empty()).then_some(rest))
    }

    /// A text with its placeholders filled. What is filled in is not looked at again.
    fn filled(self, text: &str, values: &Values) -> Result<String, NoValue> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            filled.push_str(before);
            filled.push_str(values.get(name).ok_or_else(|| self.no_value(name))?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn no_value(self, placeholder: &str) -> NoValue {
        NoValue { kind: self.kind.word(), placeholder: placeholder.to_owned() }
    }
}

/// Words and address of a button.
fn button(block: &str) -> Option<(&str, &str)> {
    block.strip_prefix('[')?.strip_suffix(')')?.split_once("](")
}
