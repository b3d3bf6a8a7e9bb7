//! Mails as a person reads them: a subject, a text and a page of HTML, made of one template.
//!
//! Pure: a [`Letter`] in, a [`Rendered`] out. A template is a file for each kind and language
//! (`template`); its placeholders are filled with plain values, which are escaped where they
//! stand in HTML.

mod format;
mod page;
mod template;
mod values;

use billing::ids::AccountId;
use billing::journal::Entry;
use billing::mails::{Facts, MailKind};

use template::{Block, Template};

/// Vendor in whose name mails are sent (F10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Name.
    pub name: String,
    /// Address or page for questions.
    pub support: String,
    /// Line at the foot of every mail.
    pub footer: String,
}

/// Everything that a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Kind.
    pub kind: MailKind,
    /// Entry of the journal that it is about.
    pub entry: &'a Entry,
    /// Facts of the moment.
    pub facts: Facts<'a>,
    /// Account.
    pub account: &'a AccountId,
    /// Name of the account.
    pub account_name: &'a str,
    /// Vendor.
    pub vendor: &'a Vendor,
    /// Number of the notification, the same in every copy.
    pub number: &'a str,
    /// The vendor's page that leads into the dashboard; none where there is no such page.
    pub entry_url: Option<&'a str>,
    /// Page that ends optional mails, where the kind is optional.
    pub unsubscribe_url: Option<&'a str>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject: one line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Page of HTML with inline styles.
    pub html: String,
}

/// A template lacks a value: its test would have found it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template of `{kind}` has no value for `{placeholder}`")]
pub struct NoValue {
    /// Kind.
    pub kind: &'static str,
    /// Placeholder.
    pub placeholder: String,
}

/// Makes a mail.
///
/// # Errors
/// [`NoValue`].
pub fn render(letter: Letter<'_>) -> Result<Rendered, NoValue> {
    let template = Template::of(letter.kind);
    let values = values::of(letter);
    let subject = template.subject(&values)?;
    let blocks: Vec<Block> = template.blocks(&values)?;

    Ok(Rendered {
        text: page::text(&blocks, letter),
        html: page::html(&subject, &blocks, letter).into_string(),
        subject,
    })
}
