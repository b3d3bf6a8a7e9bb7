//! Personal data of an account (F8).

use billing::api_key::AccountKey;
use billing::mails::Mail;
use billing::member::Member;
use billing::profile::Profile;
use billing::session::Session;
use serde::Serialize;

use crate::accounts::DetailsView;
use crate::keys::KeyView;
use crate::mails::MailView;
use crate::members::MemberView;

/// Everything about people that an account's items hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PersonalDataView {
    /// Id of the account.
    pub account: String,
    /// Name of the account; absent where one member's data is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Billing details; absent where one member's data is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_details: Option<DetailsView>,
    /// Members, with their addresses and the mails that they want.
    pub members: Vec<MemberView>,
    /// API keys, with their labels and who made them.
    pub api_keys: Vec<KeyView>,
    /// Sign-ins to the dashboard whose sessions go on.
    pub sign_ins: Vec<SignedInView>,
    /// A page of the mail log, the newest first, each mail with its recipient by id.
    pub mails: Vec<MailView>,
    /// Place of the next page of the mail log; null on the last.
    pub next_cursor: Option<String>,
}

/// A sign-in to the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedInView {
    /// Id of the member.
    pub member: String,
    /// Time at which the member signed in.
    pub at: String,
    /// Time at which the session ends.
    pub expires_at: String,
}

/// People of an account, and what its items hold about them.
#[derive(Debug)]
pub struct People<'a> {
    /// Name of the account and billing details.
    pub profile: Option<&'a Profile>,
    /// Members.
    pub members: &'a [Member],
    /// API keys.
    pub keys: &'a [AccountKey],
    /// Sessions of the dashboard.
    pub sessions: &'a [Session],
    /// Mails.
    pub mails: &'a [Mail],
}

impl PersonalDataView {
    /// View of an account's people, with the cursor of the next page of mails.
    pub fn of(account: String, people: &People<'_>, next_cursor: Option<String>) -> Self {
        let mut sign_ins: Vec<SignedInView> =
            people.sessions.iter().map(SignedInView::of).collect();
        sign_ins.sort_by(|one, other| (&other.at, &one.member).cmp(&(&one.at, &other.member)));
        Self {
            account,
            name: people.profile.map(|profile| profile.name.clone()),
            billing_details: people.profile.map(DetailsView::of),
            members: people.members.iter().map(MemberView::of).collect(),
            api_keys: people.keys.iter().map(KeyView::of).collect(),
            sign_ins,
            mails: people.mails.iter().map(MailView::of).collect(),
            next_cursor,
        }
    }
}

impl SignedInView {
    fn of(session: &Session) -> Self {
        Self {
            member: session.member.to_string(),
            at: session.began_at().to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}
