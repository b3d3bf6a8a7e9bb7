//! Personal data of an account: everything about people that its items hold (F8).

use std::convert::Infallible;

use billing::api_key::AccountKey;
use billing::ids::{AccountId, MemberId};
use billing::journal::ActorKind;
use billing::mails::{Mail, Recipient};
use billing::member::Member;
use billing::profile::Profile;
use billing::session::Session;
use invocation::Invocation;
use store::{Loaded, Part, Store};

use crate::Failure;

/// Reads personal data.
#[derive(Debug, Clone, Copy)]
pub struct PersonalData<'a> {
    /// The table.
    pub store: &'a Store,
}

/// People whose data is read, and the page of the mail log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The only member; none for everybody of the account.
    pub member: Option<MemberId>,
    /// Id of the mail that the page comes behind; none for the newest.
    pub before: Option<String>,
    /// Most mails of the page.
    pub limit: i32,
}

/// Data about people of an account.
#[derive(Debug, Clone)]
pub struct AboutPeople {
    /// Name of the account and billing details; none where one member's data is read.
    pub profile: Option<Profile>,
    /// Members, in order of their ids.
    pub members: Vec<Member>,
    /// API keys: their labels, and who made them.
    pub keys: Vec<AccountKey>,
    /// Sessions of the dashboard that go on.
    pub sessions: Vec<Session>,
    /// Page of the mail log, the newest first.
    pub mails: Vec<Mail>,
    /// Id of the last mail that the page comes from, where older ones follow.
    pub next: Option<String>,
}

impl PersonalData<'_> {
    /// Parts that a reading needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Profile]
    }

    /// Reads what the account has about people. `loaded` has the [`Self::parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn read(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        wanted: &Wanted,
    ) -> Result<AboutPeople, Failure<Infallible>> {
        let Self { store } = *self;
        let no_account = || Failure::NoAccount(account.clone());
        let profile = loaded.profile()?.ok_or_else(no_account)?;
        let members = store.members(invocation, account).await?;
        let keys = store.account_keys(invocation, account).await?;
        let mut sessions = store.sessions(invocation, account).await?;
        // Those of who was removed are over.
        sessions.retain(|session| members.iter().any(|member| member.id == session.member));
        let page = (wanted.before.as_deref(), wanted.limit);
        let (mails, is_more) = store.mails(invocation, account, page).await?;
        let next = mails.last().filter(|_| is_more).map(Mail::id);

        let all = AboutPeople { profile: Some(profile), members, keys, sessions, mails, next };
        Ok(match &wanted.member {
            Some(member) => all.about(member),
            None => all,
        })
    }
}

impl AboutPeople {
    /// What of it is about one member.
    fn about(self, id: &MemberId) -> Self {
        let made = |key: &AccountKey| {
            let by = key.created_by.as_ref();
            by.is_some_and(|by| by.kind == ActorKind::Member && by.id == id.as_str())
        };
        let to = Some(Recipient::Member(id.clone()));
        Self {
            profile: None,
            members: self.members.into_iter().filter(|member| member.id == *id).collect(),
            keys: self.keys.into_iter().filter(made).collect(),
            sessions: self.sessions.into_iter().filter(|it| it.member == *id).collect(),
            mails: self.mails.into_iter().filter(|mail| mail.recipient == to).collect(),
            next: self.next,
        }
    }
}
