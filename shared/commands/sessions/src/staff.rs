//! Use cases of the staff desk's sessions: a link is made for the person of a staff key, opens a
//! session once, and sessions end.

use billing::session::{NotSignedIn, SIGN_IN_SECONDS};
use billing::staff::{StaffSession, StaffSignIn};
use invocation::Invocation;
use runtime::key::KeyHash;
use store::{Part, Store, StoreError};
use tracing::info;

use crate::{Failure, Link, drawn};

/// Sessions of the staff desk, in a table.
#[derive(Debug, Clone, Copy)]
pub struct StaffSessions<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A session that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffOpened {
    /// The session.
    pub session: StaffSession,
    /// Secret of the session.
    pub secret: String,
    /// Page that opens first.
    pub path: String,
}

impl StaffSessions<'_> {
    /// Makes a link for the person of a key, given by the hash of the key.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn link(
        &self,
        invocation: &Invocation,
        key: &KeyHash,
        path: String,
    ) -> Result<Link, Failure> {
        let secret = drawn(invocation)?;
        let expires_at = invocation.now.plus_seconds(SIGN_IN_SECONDS);
        let link = StaffSignIn {
            version: 0,
            hash: KeyHash::of(&secret).as_str().to_owned(),
            key: key.as_str().to_owned(),
            path,
            expires_at,
            used: false,
        };
        self.store.keep_staff_sign_in(invocation, &link).await?;

        Ok(Link { secret, expires_at })
    }

    /// Opens the session of a link, and uses the link up.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn open(
        &self,
        invocation: &Invocation,
        secret: &str,
    ) -> Result<StaffOpened, Failure> {
        let hash = KeyHash::of(secret).as_str().to_owned();
        let parts = [Part::StaffSignIn(hash.clone())];
        let loaded = self.store.load_shared(invocation, &parts).await?;
        let link = loaded.staff_sign_in(&hash)?.ok_or(NotSignedIn::Unknown)?;

        let (credential, _) = self.store.load_with_key(invocation, &link.key, None, &[]).await?;
        let secret = drawn(invocation)?;
        let hash = KeyHash::of(&secret);
        let opened = link.open(hash.as_str(), credential.as_ref(), invocation.now);
        let (used, session) = opened?;

        match self.store.open_staff_session(invocation, (&used, &session)).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Err(NotSignedIn::Used.into()),
            Err(error) => return Err(error.into()),
        }

        let key = credential.map(|it| it.id).unwrap_or_default();
        info!(key.id = %key, "opened a session of the staff desk for {key}");
        Ok(StaffOpened { session, secret, path: link.path })
    }

    /// Ends one session.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end(
        &self,
        invocation: &Invocation,
        session: &StaffSession,
    ) -> Result<(), Failure> {
        Ok(self.store.end_staff_session(invocation, session).await?)
    }
}
