//! Use cases of the dashboard's sessions: a link is made, opens a session once, and sessions end.
//! Input value in, outcome value out, no HTTP.
//!
//! `billing::session` decides. Secrets are drawn here and returned once; the table has their
//! hashes.

pub mod staff;

use billing::ids::{AccountId, MemberId};
use billing::session::{NotSignedIn, SIGN_IN_SECONDS, Session, SignIn};
use billing::time::Timestamp;
use invocation::entropy::NoEntropy;
use invocation::{Class, Classified, Invocation};
use runtime::key::{KeyHash, hex};
use store::{Loaded, Part, Store, StoreError};
use tracing::info;

/// Sessions of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A link that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The member who is to be signed in.
    pub member: MemberId,
    /// Page that opens first, below the account's own.
    pub path: String,
    /// Address of the vendor's app to which the pages lead back.
    pub return_url: Option<String>,
}

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Secret that opens a session, once.
    pub secret: String,
    /// End of the time in which it does.
    pub expires_at: Timestamp,
}

/// A session that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Account of the session.
    pub account: AccountId,
    /// The session.
    pub session: Session,
    /// Secret of the session.
    pub secret: String,
    /// Page that opens first.
    pub path: String,
}

/// Reason why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no such member.
    #[error("the account has no member {0}")]
    NoMember(MemberId),
    /// The link opens no session.
    #[error(transparent)]
    NotSignedIn(#[from] NotSignedIn),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness is to be had.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Classified for Failure {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::NoAccount | Self::NoMember(_) | Self::NotSignedIn(_) | Self::NoEntropy(_) => {
                Class::Never
            }
        }
    }
}

/// Parts that a new link rests on: to be loaded with the caller's key.
pub fn link_parts(member: Option<&MemberId>) -> Vec<Part> {
    let member = member.cloned().map(Part::Member);
    [Part::Standing, Part::Turn].into_iter().chain(member).collect()
}

/// Parts that the end of all sessions rests on.
pub fn end_parts() -> Vec<Part> {
    vec![Part::Standing, Part::Turn]
}

impl Sessions<'_> {
    /// Makes a link for a member of the account. `loaded` has the [`link_parts`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn link(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        new: NewLink,
    ) -> Result<Link, Failure> {
        loaded.standing()?.ok_or(Failure::NoAccount)?;
        let NewLink { member, path, return_url } = new;
        if loaded.member(&member)?.is_none() {
            return Err(Failure::NoMember(member));
        }

        let secret = drawn(invocation)?;
        let expires_at = invocation.now.plus_seconds(SIGN_IN_SECONDS);
        let link = SignIn {
            version: 0,
            hash: KeyHash::of(&secret).as_str().to_owned(),
            account: account.clone(),
            member,
            path,
            return_url,
            turn: loaded.turn()?,
            expires_at,
            used: false,
        };
        self.store.keep_sign_in(invocation, &link).await?;

        Ok(Link { secret, expires_at })
    }

    /// Opens the session of a link, and uses the link up.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn open(&self, invocation: &Invocation, secret: &str) -> Result<Opened, Failure> {
        let hash = KeyHash::of(secret).as_str().to_owned();
        let loaded = self.store.load_shared(invocation, &[Part::SignIn(hash.clone())]).await?;
        let link = loaded.sign_in(&hash)?.ok_or(NotSignedIn::Unknown)?;

        let parts = [Part::Turn, Part::Member(link.member.clone())];
        let loaded = self.store.load(invocation, &link.account, &parts).await?;
        let member = loaded.member(&link.member)?;
        let secret = drawn(invocation)?;
        let hash = KeyHash::of(&secret);
        let known = (member.as_ref(), loaded.turn()?);
        let (used, session) = link.open(hash.as_str(), known, invocation.now)?;

        match self.store.open_session(invocation, (&used, &session)).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Err(NotSignedIn::Used.into()),
            Err(error) => return Err(error.into()),
        }

        let SignIn { account, path, .. } = link;
        info!(account.id = %account, member.id = %session.member, "opened a session of {account}");
        Ok(Opened { account, session, secret, path })
    }

    /// Ends one session.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        session: &Session,
    ) -> Result<(), Failure> {
        Ok(self.store.end_session(invocation, account, session).await?)
    }

    /// Ends all sessions of an account, and all links that opened none yet. `first` has the
    /// [`end_parts`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end_all(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        first: Loaded,
    ) -> Result<(), Failure> {
        let mut first = Some(first);
        invocation.retry_conflicts(|| self.try_to_end(invocation, account, first.take())).await?;

        info!(account.id = %account, "ended all sessions of {account}");
        Ok(())
    }

    async fn try_to_end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        first: Option<Loaded>,
    ) -> Result<(), Failure> {
        let loaded = match first {
            Some(loaded) => loaded,
            None => self.store.load(invocation, account, &end_parts()).await?,
        };
        loaded.standing()?.ok_or(Failure::NoAccount)?;

        Ok(self.store.end_sessions(invocation, account, loaded.turn()?).await?)
    }
}

/// 32 random bytes in hexadecimal.
fn drawn(invocation: &Invocation) -> Result<String, NoEntropy> {
    Ok(hex(&invocation.entropy.bytes()?))
}
