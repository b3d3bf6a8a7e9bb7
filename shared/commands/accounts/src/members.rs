//! Members of an account: read, saved, removed.
//!
//! A change reads the standing first and commits under its version, which every change of a member
//! moves: so the rule of the last administrator holds however many writers change members at once.

use billing::authority::Principal;
use billing::decide::{MemberChange, MemberRequest, member_changed, member_erased, note};
use billing::ids::{AccountId, MemberId};
use billing::member::{Member, MemberRefusal};
use invocation::Invocation;
use store::{Part, Store, StoreError};
use tracing::info;

use crate::{Failure, Subject};

/// Members of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A change of a member, and its author.
#[derive(Debug, Clone)]
pub struct ChangeMember {
    /// The member.
    pub member: MemberId,
    /// The change.
    pub request: MemberRequest,
    /// The author.
    pub by: Principal,
}

impl Members<'_> {
    /// Parts that a subject needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing]
    }

    /// Every member, in order of their ids.
    ///
    /// # Errors
    /// The table's.
    pub async fn all(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Member>, StoreError> {
        self.store.members(invocation, account).await
    }

    /// Changes a member, unless it is so already. Returns the member as it is then; none when it is
    /// removed.
    ///
    /// # Errors
    /// A rule refuses the change, or the table failed.
    pub async fn change(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        change: &ChangeMember,
    ) -> Result<Option<Member>, Failure<MemberRefusal>> {
        invocation.retry_conflicts(|| self.try_to_change(invocation, subject, change)).await
    }

    /// Erases the personal data of a member who was removed, or of one of a closed account (F8).
    /// The person's address is in the member's item alone: without it, nothing is left to erase.
    ///
    /// # Errors
    /// The person is still a member, or the table failed.
    pub async fn erase(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &MemberId,
    ) -> Result<(), Failure<MemberRefusal>> {
        invocation.retry_conflicts(|| self.try_to_erase(invocation, subject, id)).await
    }

    async fn try_to_erase(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &MemberId,
    ) -> Result<(), Failure<MemberRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let parts = [Part::Standing, Part::Member(id.clone())];
        let loaded = subject.parts(invocation, self.store, &parts).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let member = loaded.member(id)?;

        let erased = member_erased(standing.closed.as_ref(), member.as_ref(), now);
        let erased = erased.map_err(Failure::Refused)?;

        if let (Some(entry), Some(member)) = (erased, &member) {
            let change = note(&standing, entry, now);
            self.store.remove_member(invocation, &change, member).await?;
        }
        info!(account.id = %account, member.id = %id, "erased what {account} had of {id}");
        Ok(())
    }

    async fn try_to_change(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        change: &ChangeMember,
    ) -> Result<Option<Member>, Failure<MemberRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let loaded = subject.parts(invocation, self.store, &Self::parts()).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let members = self.store.members(invocation, account).await?;

        let ChangeMember { member: id, request, by } = change;
        let decided = member_changed(&members, (id, request), by, now);

        let after = match decided.map_err(Failure::Refused)? {
            MemberChange::Nothing(member) => return Ok(Some(member)),
            MemberChange::Save(member, entry) => {
                let change = note(&standing, entry, now);
                self.store.save_member(invocation, &change, &member).await?;
                Some(member)
            }
            MemberChange::Remove(member, entry) => {
                let change = note(&standing, entry, now);
                self.store.remove_member(invocation, &change, &member).await?;
                None
            }
        };

        info!(account.id = %account, member.id = %id, "changed member {id} of {account}");
        Ok(after)
    }
}
