//! The parent's part of opening a sub-account: one transaction with each step of the sub-account's.

use billing::account::Standing;
use billing::decide::Change;
use billing::decide::family::sub_account_begun;
use billing::family::listed::ListedSubAccount;
use billing::family::payers::Payers;
use billing::family::{Family, SubAccount};
use billing::opening::{Begun, OpeningRefusal};
use invocation::Invocation;
use store::Part;

use super::{NewSubAccount, OpenAccounts, Result};
use crate::Failure;

/// Parent of a sub-account that is being opened, and the sub-account in its list.
#[derive(Debug, Clone)]
pub(super) struct OfParent {
    /// Standing of the parent.
    pub(super) parent: Standing,
    /// The sub-account in its list.
    pub(super) listed: ListedSubAccount,
}

impl OpenAccounts<'_> {
    /// The parent's part of the first step; none for an account that stands alone.
    pub(super) async fn begin_in_family(
        &self,
        invocation: &Invocation,
        begun: &Begun,
    ) -> Result<Option<Change>> {
        let Some(listed) = listed(begun) else { return Ok(None) };
        let Some(place) = begun.standing.family.as_sub_account() else { return Ok(None) };
        let loaded = self.store.load(invocation, &place.parent, &[Part::Standing]).await?;
        let parent = loaded.standing()?.ok_or_else(|| Failure::NoAccount(place.parent.clone()))?;

        let change = sub_account_begun(&parent, &listed, invocation.now);
        let refused = |refusal| Failure::Refused(OpeningRefusal::Family(refusal));
        change.map(Some).map_err(refused)
    }

    /// The parent of a sub-account that was begun, as it is now.
    pub(super) async fn family_of(
        &self,
        invocation: &Invocation,
        begun: &Begun,
    ) -> Result<Option<OfParent>> {
        let Some(place) = begun.standing.family.as_sub_account() else { return Ok(None) };
        let id = &begun.standing.account;
        let parts = [Part::Standing, Part::SubAccount(id.clone())];
        let loaded = self.store.load(invocation, &place.parent, &parts).await?;

        let missing = || Failure::Missing(format!("sub-account {id} of {}", place.parent));
        let (parent, listed) = (loaded.standing()?, loaded.sub_account(id)?);
        let (parent, listed) = parent.zip(listed).ok_or_else(missing)?;
        Ok(Some(OfParent { parent, listed }))
    }
}

impl NewSubAccount {
    /// The place as the sub-account's standing has it.
    pub(super) fn family(&self) -> Family {
        Family::SubAccount(SubAccount {
            parent: self.parent.clone(),
            model: self.model,
            booked: None,
        })
    }
}

/// Payers of a sub-account that is begun.
pub(super) fn payers(begun: &Begun) -> Option<Payers> {
    let opened_at = begun.profile.created_at;
    let place = begun.standing.family.as_sub_account()?;
    Some(Payers::new(place.payer_by(place.model), opened_at))
}

/// A sub-account that is begun, as its parent lists it.
fn listed(begun: &Begun) -> Option<ListedSubAccount> {
    let (place, profile) = (begun.standing.family.as_sub_account()?, &begun.profile);
    let listed = ListedSubAccount {
        version: 0,
        id: begun.standing.account.clone(),
        name: profile.name.clone(),
        processing_region: profile.processing_region.clone().unwrap_or_default(),
        created_at: profile.created_at,
        model: place.model,
        booked: None,
        paid: Vec::new(),
    };
    payers(begun).map(|payers| listed.with_payers(&payers))
}
