//! What an Idempotency-Key was used for, where it is remembered apart from what was done.

use billing::time::Timestamp;

use crate::Store;
use crate::commit::{Condition, Transaction};
use crate::cost::Cost;
use crate::credential::{Request, write_request};
use crate::error::StoreError;

impl Store {
    /// Remembers a request under its fingerprint. [`StoreError::Lost`] when it is remembered already.
    pub async fn remember_request(
        &self,
        fingerprint: &str,
        request: &Request,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write_request(fingerprint, request), Condition::NewOrExpired(now));
        self.transact(transaction, cost).await
    }
}
