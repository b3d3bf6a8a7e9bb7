//! Members of an account: read, saved, removed.
//!
//! A change reads the standing first and commits under its version, which every change of a member
//! moves: so the rule of the last administrator holds however many writers change members at once.

use billing::authority::Principal;
use billing::decide::{MemberChange, MemberRequest, member_changed, note};
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
