//! Mails of an account, with the form that sends one again (F6).

use billing::ids::AccountId;
use billing::mails::{Mail, MailStatus, Recipient};
use billing::words::Word;
use maud::{Markup, html};

use crate::form;
use crate::staff::frame::{DeskSection, StaffFrame};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailsPage {
    /// The account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// Mails, newest first.
    pub mails: Vec<Mail>,
    /// Address of older ones.
    pub older: Option<String>,
}

impl MailsPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            div.head {
                h1 { "Mails of " (self.name) }
                a href={ "/staff/accounts/" (self.account) } { "Back to the account" }
            }
            section.card aria-label="Mails" {
                @if self.mails.is_empty() { p { "No mail was sent yet." } }
                @else { (self.table(frame)) }
                @if let Some(older) = &self.older { p { a href=(older) { "Older mails" } } }
            }
        };
        frame.page(DeskSection::Accounts, &format!("Mails of {}", self.name), &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        html! {
            div.table { table.rows {
                caption.hidden { "Mails, newest first" }
                thead { tr { th { "Mail" } th { "To" } th { "Status" } th { "Send again" } } }
                tbody { @for mail in &self.mails { tr {
                    th scope="row" { (mail.kind.word()) br;
                        small { (frame.say.instant(mail.at)) } }
                    td.second { (recipient(mail)) }
                    td.state { (status(mail)) }
                    td { @if mail.recipient.is_some() { (self.again(frame, mail)) } }
                } } }
            } }
        }
    }

    fn again(&self, frame: &StaffFrame, mail: &Mail) -> Markup {
        let kind = mail.kind.word();
        html! {
            form method="post" action={ "/staff/accounts/" (self.account) "/do/resend" } {
                (form::key(&frame.key))
                (form::hidden("mail", &mail.id()))
                button aria-label={ "Send again: " (kind) } { "Send again" }
            }
        }
    }
}

/// Addresses live with members and in the profile alone.
fn recipient(mail: &Mail) -> String {
    match &mail.recipient {
        Some(Recipient::Billing) => "Billing address".to_owned(),
        Some(Recipient::Member(id)) => format!("Member {id}"),
        None => "Nobody".to_owned(),
    }
}

fn status(mail: &Mail) -> &'static str {
    if mail.is_asked_again {
        return "Will be sent again";
    }
    match mail.status {
        MailStatus::Sending => "Being sent",
        MailStatus::Sent(_) => "Sent",
        MailStatus::Released => "Not sent yet",
        MailStatus::InDoubt => "In doubt",
        MailStatus::Refused(_) => "Refused",
        MailStatus::Superseded => "Not needed any more",
    }
}
