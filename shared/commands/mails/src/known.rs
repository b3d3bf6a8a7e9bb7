//! Facts of an account that its mails rest on, loaded at the moment of sending.

use std::collections::{BTreeMap, BTreeSet};

use billing::account::Standing;
use billing::alerts::Watch;
use billing::ids::{AccountId, InvoiceId, MemberId};
use billing::invoice::Invoice;
use billing::mails::{Facts, MailKind, Pending, Recipient};
use billing::member::Member;
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::Invocation;
use store::{Part, Store, StoreError};

/// Everything about an account that its mails rest on.
pub(crate) struct Known {
    pub standing: Standing,
    pub profile: Profile,
    pub members: Vec<Member>,
    pub watch: Watch,
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    pub withdrawn: BTreeSet<String>,
}

impl Known {
    /// Loads what mails about entries rest on; none where there is no such account.
    ///
    /// # Errors
    /// The table's.
    pub async fn load(
        store: &Store,
        invocation: &Invocation,
        account: &AccountId,
        pending: &[Pending],
    ) -> Result<Option<Self>, StoreError> {
        let mut ids: Vec<InvoiceId> = pending.iter().flat_map(Pending::invoices).collect();
        ids.sort();
        ids.dedup();
        let mut parts = vec![Part::Standing, Part::Profile, Part::Watch];
        parts.extend(ids.iter().cloned().map(Part::Invoice));
        let loaded = store.load(invocation, account, &parts).await?;
        let (Some(standing), Some(profile)) = (loaded.standing()?, loaded.profile()?) else {
            return Ok(None);
        };

        let mut invoices = BTreeMap::new();
        for id in ids {
            invoices.extend(loaded.invoice(&id)?.map(|invoice| (id, invoice)));
        }
        let is_about_prices = pending.iter().any(|it| it.kind == MailKind::PriceChange);
        let withdrawn = if is_about_prices {
            withdrawn(store, invocation, account).await?
        } else {
            BTreeSet::new()
        };
        Ok(Some(Self {
            members: store.members(invocation, account).await?,
            watch: loaded.watch()?,
            standing,
            profile,
            invoices,
            withdrawn,
        }))
    }

    pub fn facts(&self, now: Timestamp) -> Facts<'_> {
        Facts {
            standing: &self.standing,
            invoices: &self.invoices,
            watch: &self.watch,
            withdrawn: &self.withdrawn,
            now,
        }
    }

    pub fn billing_address(&self) -> Option<&str> {
        self.profile.details.email.as_deref()
    }

    /// Address of a recipient now; none for a member who has left.
    pub fn address(&self, recipient: &Recipient) -> Option<String> {
        let member = |id: &MemberId| self.members.iter().find(|member| member.id == *id);
        match recipient {
            Recipient::Billing => self.billing_address().map(str::to_owned),
            Recipient::Member(id) => member(id).map(|member| member.email.clone()),
        }
    }
}

/// Prices whose change was announced to the account and withdrawn.
async fn withdrawn(
    store: &Store,
    invocation: &Invocation,
    account: &AccountId,
) -> Result<BTreeSet<String>, StoreError> {
    let told = store.told_of_price_changes(invocation, account).await?;
    let is_withdrawn =
        |id: &String| told.notices.iter().any(|notice| notice.change == *id && notice.withdrawn);
    let changes = told.changes.iter().filter(|change| is_withdrawn(&change.id));
    Ok(changes.map(|change| change.price.clone()).collect())
}
