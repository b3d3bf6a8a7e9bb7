//! What an Idempotency-Key was used for, where it is remembered apart from what was done.

use invocation::Invocation;

use crate::Store;
use crate::credential::{Request, write_request};
use crate::error::StoreError;
use crate::transaction::{Condition, Transaction};

impl Store {
    /// Remembers a request under its fingerprint. [`StoreError::Conflict`] when it is remembered already.
    pub async fn remember_request(
        &self,
        invocation: &Invocation,
        fingerprint: &str,
        request: &Request,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction
            .put(write_request(fingerprint, request), Condition::NewOrExpired(invocation.now));
        self.transact(invocation, transaction).await
    }
}
