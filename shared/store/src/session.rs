//! Sessions of the dashboard, the links that open them, and the turn of an account's sessions, as
//! items. Secrets are kept as hashes only.

use billing::change::Write;
use billing::ids::{AccountId, MemberId};
use billing::session::{Session, SignIn};
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

pub(crate) fn write_sign_in(link: &SignIn, version: u64) -> Attributes {
    let SignIn { hash, account, member, path, return_url, turn, expires_at, used, .. } = link;
    Writer::item(keys::sign_in(hash), "sign_in", version)
        .text("hash", &**hash)
        .text("account", account.as_str())
        .text("member", member.as_str())
        .maybe_text("path", Some(&**path).filter(|path| !path.is_empty()))
        .maybe_text("return_url", return_url.as_deref())
        .number("turn", turn)
        .flag("used", *used)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

pub(crate) fn read_sign_in(item: &Attributes) -> Result<SignIn, StoreError> {
    let item = Reader::new(item);
    Ok(SignIn {
        version: item.number(keys::VERSION)?,
        hash: item.text("hash")?.to_owned(),
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        member: item.word("member", |id| MemberId::parse(id).ok())?,
        path: item.maybe_text("path")?.unwrap_or_default().to_owned(),
        return_url: item.maybe_text("return_url")?.map(str::to_owned),
        turn: item.number("turn")?,
        expires_at: item.time(keys::EXPIRES_AT)?,
        used: item.flag("used")?,
    })
}

pub(crate) fn write(account: &AccountId, session: &Session) -> Attributes {
    let Session { hash, member, return_url, turn, expires_at } = session;
    Writer::item(keys::session(account, hash), "session", 1)
        .text("hash", &**hash)
        .text("member", member.as_str())
        .maybe_text("return_url", return_url.as_deref())
        .number("turn", turn)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

pub(crate) fn read(item: &Attributes) -> Result<Session, StoreError> {
    let item = Reader::new(item);
    Ok(Session {
        hash: item.text("hash")?.to_owned(),
        member: item.word("member", |id| MemberId::parse(id).ok())?,
        return_url: item.maybe_text("return_url")?.map(str::to_owned),
        turn: item.number("turn")?,
        expires_at: item.time(keys::EXPIRES_AT)?,
    })
}

/// The turn is the item's version.
pub(crate) fn write_turn(account: &AccountId, turn: u64) -> Attributes {
    Writer::item(keys::turn(account), "turn", turn).done()
}

pub(crate) fn read_turn(item: &Attributes) -> Result<u64, StoreError> {
    Reader::new(item).number(keys::VERSION)
}

impl Store {
    /// Keeps a new link that opens a session.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn keep_sign_in(
        &self,
        invocation: &Invocation,
        link: &SignIn,
    ) -> Result<(), StoreError> {
        self.keep(invocation, &link.account, &[Write::SignIn(link.clone())]).await
    }

    /// Opens the session of a link, which is used up in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the link was used meanwhile; any other of the table's.
    pub async fn open_session(
        &self,
        invocation: &Invocation,
        (used, session): (&SignIn, &Session),
    ) -> Result<(), StoreError> {
        let writes = [Write::SignIn(used.clone()), Write::Session(session.clone())];
        self.keep(invocation, &used.account, &writes).await
    }

    /// Sessions of an account that are not over by their time, in no order.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn sessions(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Session>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::SESSIONS).await?;
        let sessions: Vec<Session> = items.iter().map(read).collect::<Result<_, _>>()?;
        let holds = |session: &Session| session.expires_at > invocation.now;
        Ok(sessions.into_iter().filter(holds).collect())
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn end_session(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        session: &Session,
    ) -> Result<(), StoreError> {
        let ended = Write::SessionEnded(session.hash.clone());
        self.keep(invocation, account, &[ended]).await
    }

    /// Ends all sessions of an account, and all links that opened none yet. `turn` is the turn that
    /// was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where they were ended meanwhile; any other of the table's.
    pub async fn end_sessions(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        turn: u64,
    ) -> Result<(), StoreError> {
        self.keep(invocation, account, &[Write::TurnEnded(turn)]).await
    }
}
