//! Sessions of the staff desk and the links that open them, as items. Secrets are kept as hashes
//! only.

use billing::staff::{StaffSession, StaffSignIn};
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

fn write_sign_in(link: &StaffSignIn, version: u64) -> Attributes {
    let StaffSignIn { hash, key, path, expires_at, used, .. } = link;
    Writer::item(keys::staff_sign_in(hash), "staff_sign_in", version)
        .text("hash", &**hash)
        .text("key", &**key)
        .maybe_text("path", Some(&**path).filter(|path| !path.is_empty()))
        .flag("used", *used)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

pub(crate) fn read_sign_in(item: &Attributes) -> Result<StaffSignIn, StoreError> {
    let item = Reader::new(item);
    Ok(StaffSignIn {
        version: item.number(keys::VERSION)?,
        hash: item.text("hash")?.to_owned(),
        key: item.text("key")?.to_owned(),
        path: item.maybe_text("path")?.unwrap_or_default().to_owned(),
        expires_at: item.time(keys::EXPIRES_AT)?,
        used: item.flag("used")?,
    })
}

fn write_session(session: &StaffSession) -> Attributes {
    let StaffSession { hash, key, expires_at } = session;
    Writer::item(keys::staff_session(hash), "staff_session", 1)
        .text("hash", &**hash)
        .text("key", &**key)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

pub(crate) fn read_session(item: &Attributes) -> Result<StaffSession, StoreError> {
    let item = Reader::new(item);
    Ok(StaffSession {
        hash: item.text("hash")?.to_owned(),
        key: item.text("key")?.to_owned(),
        expires_at: item.time(keys::EXPIRES_AT)?,
    })
}

impl Store {
    /// Keeps a new link that opens a session of the staff desk.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn keep_staff_sign_in(
        &self,
        invocation: &Invocation,
        link: &StaffSignIn,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = write_sign_in(link, link.version.saturating_add(1));
        transaction.put(item, Condition::read_at(link.version));
        self.transact(invocation, transaction).await
    }

    /// Opens the session of a link, which is used up in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the link was used meanwhile; any other of the table's.
    pub async fn open_staff_session(
        &self,
        invocation: &Invocation,
        (used, session): (&StaffSignIn, &StaffSession),
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = write_sign_in(used, used.version.saturating_add(1));
        transaction.put(item, Condition::read_at(used.version));
        transaction.put(write_session(session), Condition::New);
        self.transact(invocation, transaction).await
    }

    /// Ends one session of the staff desk.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn end_staff_session(
        &self,
        invocation: &Invocation,
        session: &StaffSession,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.delete_if_there(keys::staff_session(&session.hash));
        self.transact(invocation, transaction).await
    }
}
