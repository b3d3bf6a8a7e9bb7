//! The account that a command is about, with the parts that were loaded together with the caller's
//! key.

use std::sync::{Mutex, PoisonError};

use billing::ids::AccountId;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};

/// An account, and its parts for the first try of a command: so that a request costs no read more
/// than its key does.
#[derive(Debug)]
pub struct Subject {
    /// The account.
    pub account: AccountId,
    first: Mutex<Option<Loaded>>,
}

impl Subject {
    /// An account of which the command's parts are loaded.
    pub fn loaded(account: AccountId, loaded: Loaded) -> Self {
        Self { account, first: Mutex::new(Some(loaded)) }
    }

    /// An account of which nothing is loaded.
    pub fn of(account: AccountId) -> Self {
        Self { account, first: Mutex::new(None) }
    }

    /// Parts for one try: the first try decides by what came with the key, every later one loads
    /// them again.
    pub(crate) async fn parts(
        &self,
        invocation: &Invocation,
        store: &Store,
        parts: &[Part],
    ) -> Result<Loaded, StoreError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();

        match first {
            Some(loaded) => Ok(loaded),
            None => store.load(invocation, &self.account, parts).await,
        }
    }
}
