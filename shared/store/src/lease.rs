//! The lease of an account as an item: one that has ended stays, with its last holder.

use billing::ids::AccountId;
use billing::lease::Lease;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

/// The lease of an item.
pub fn read(item: &Attributes) -> Result<Lease, StoreError> {
    let item = Reader::new(item);
    Ok(Lease {
        version: item.number(keys::VERSION)?,
        holder: item.text("holder")?.to_owned(),
        until: item.time("until")?,
        requester: item.text("requester")?.to_owned(),
        turns: item.number("turns")?,
    })
}

fn put(transaction: &mut Transaction, account: &AccountId, lease: &Lease) {
    let item = Writer::item(keys::lease(account), "lease", lease.version.saturating_add(1))
        .text("holder", &*lease.holder)
        .number("until", lease.until.0)
        .text("requester", &*lease.requester)
        .number("turns", lease.turns)
        .done();
    transaction.put(item, Condition::read_at(lease.version));
}

/// Ends a held lease with the other items of a transaction.
pub(crate) fn end(transaction: &mut Transaction, account: &AccountId, held: &Lease) {
    put(transaction, account, &held.ended());
}

impl Store {
    /// Writes a lease, taken or ended, under its version. The lease as it is then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another writer took it.
    pub async fn keep_lease(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        lease: &Lease,
    ) -> Result<Lease, StoreError> {
        let mut transaction = Transaction::default();
        put(&mut transaction, account, lease);
        self.transact(invocation, transaction).await?;
        Ok(lease.clone().written())
    }
}
