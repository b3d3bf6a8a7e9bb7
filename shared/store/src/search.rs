//! Words by which staff find an account, in the index `due`: written with the facts that they come
//! from, in the same transaction, and always in the same place, so that none is left behind.

use billing::ids::AccountId;
use billing::profile::Profile;
use billing::search;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::transaction::{Condition, Transaction};

/// Adds the words of a profile: name and billing mail address.
pub(crate) fn add(transaction: &mut Transaction, profile: &Profile) {
    let account = &profile.account;
    let (partition, place) = keys::name_place(&search::name(&profile.name), account);
    let name = Writer::item(keys::name_word(account), "name_word", 1)
        .text(keys::DUE_PK, partition)
        .text(keys::DUE_SK, place)
        .done();
    transaction.put(name, Condition::Any);
    let email = profile.details.email.as_deref().filter(|it| !it.is_empty());
    transaction.put(mail_word(account, email), Condition::Any);
}

/// An account without an address has the item and no place in the index.
fn mail_word(account: &AccountId, email: Option<&str>) -> Attributes {
    let place = email.map(|email| keys::found_place(&search::exact(email), account));
    let (partition, place) = place.unzip();
    Writer::item(keys::mail_word(account), "mail_word", 1)
        .maybe_text(keys::DUE_PK, partition)
        .maybe_text(keys::DUE_SK, place)
        .done()
}

impl Store {
    /// Accounts that have an exact word, in order of their ids: the first page of the index.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn found_by_word(
        &self,
        invocation: &Invocation,
        word: &str,
    ) -> Result<Vec<AccountId>, StoreError> {
        let partition = keys::found_partition(word);
        // Every character of an id lies between the two.
        let page = self.page(invocation, &partition, ("!", "~"), None).await?;
        Ok(page.accounts().found)
    }

    /// Accounts whose name begins so, in order of their names: the first page of the index.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn found_by_name(
        &self,
        invocation: &Invocation,
        name: &str,
    ) -> Result<Vec<AccountId>, StoreError> {
        let until = format!("{name}\u{10FFFF}");
        let partition = keys::name_partition(name);
        let page = self.page(invocation, &partition, (name, &until), None).await?;
        Ok(page.found.iter().filter_map(|key| keys::account_of(&key.pk)).collect())
    }
}
