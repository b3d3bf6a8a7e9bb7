//! A member: a person of an account, with a role and a word on which mails are wanted.

use crate::authority::{Principal, Role};
use crate::ids::MemberId;
use crate::words::Word;

/// Most members of an account: all are read when one of them changes.
pub const MEMBERS_MAX: usize = 1_000;

/// A person of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The vendor's id of the person.
    pub id: MemberId,
    /// Where mails go.
    pub email: String,
    /// What the person may do.
    pub role: Role,
    /// Which mails the person wants.
    pub preferences: Preferences,
}

/// Which mails a person wants: all of them until told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// That the upcoming invoice exceeds the account's threshold (A22).
    pub alerts: Mails,
    /// About invoices and their payment (F1).
    pub invoices: Mails,
    /// Of what is ahead: a balance that runs low, a card that expires, a renewal (F5).
    pub notices: Mails,
}

/// Whether mails of a kind are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mails {
    /// They are.
    Wanted,
    /// They are not.
    Unwanted,
}

/// The account would be left without an administrator, and nobody of it could ever name another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the account's last administrator cannot be removed, or be given another role, by the account itself"
)]
pub struct LastAdministrator;

/// Reason why a member is not saved or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// The account would be left without an administrator.
    #[error(transparent)]
    LastAdministrator(#[from] LastAdministrator),
    /// The account has as many members as it can have.
    #[error("the account has {MEMBERS_MAX} members already")]
    TooMany,
    /// The account has no such member.
    #[error("there is no such member")]
    Unknown,
    /// The person is still a member of an account that is not closed: nothing of it is erased.
    #[error("the person is still a member")]
    StillMember,
}

impl Word for Mails {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Wanted, "wanted"), (Self::Unwanted, "unwanted")];
}

impl Mails {
    /// From yes or no, as the API writes it.
    pub fn of(wanted: bool) -> Self {
        if wanted { Self::Wanted } else { Self::Unwanted }
    }

    /// As yes or no.
    pub fn is_wanted(self) -> bool {
        self == Self::Wanted
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self { alerts: Mails::Wanted, invoices: Mails::Wanted, notices: Mails::Wanted }
    }
}

/// Whether somebody may give a member a role, or remove it (no role). Vendor and staff may leave an
/// account without an administrator: they can name one.
pub fn may_change(
    members: &[Member],
    id: &MemberId,
    role: Option<Role>,
    by: &Principal,
) -> Result<(), LastAdministrator> {
    let is_administrator = |member: &&Member| member.role == Role::AccountAdministrator;
    let mut administrators = members.iter().filter(is_administrator);
    let was = administrators.clone().any(|member| member.id == *id);
    let stays = role == Some(Role::AccountAdministrator);
    let another = administrators.any(|member| member.id != *id);
    match by {
        Principal::Account { .. } if was && !stays && !another => Err(LastAdministrator),
        Principal::Account { .. } | Principal::Vendor | Principal::Staff(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;

    fn member(id: &str, role: Role) -> Member {
        let id = MemberId::parse(id).unwrap();
        let email = format!("{id}@acme.example");
        Member { version: 1, id, email, role, preferences: Preferences::default() }
    }

    /// Goal: an account cannot lock itself out, and the vendor can still do as it likes.
    #[test]
    fn the_last_administrator_stays() {
        use Role::{AccountAdministrator, Finance};
        let account = AccountId::parse("acme").unwrap();
        let own = Principal::Account { account, role: AccountAdministrator };
        let (ada, jo) = (member("ada", AccountAdministrator), member("jo", Finance));
        let one = [ada.clone(), jo.clone()];
        let two = [ada.clone(), member("jo", AccountAdministrator)];
        for role in [None, Some(Finance)] {
            assert_eq!(may_change(&one, &ada.id, role, &own), Err(LastAdministrator));
            assert_eq!(may_change(&two, &ada.id, role, &own), Ok(()));
            assert_eq!(may_change(&one, &jo.id, role, &own), Ok(()));
            assert_eq!(may_change(&one, &ada.id, role, &Principal::Vendor), Ok(()));
        }
        assert_eq!(may_change(&one, &ada.id, Some(AccountAdministrator), &own), Ok(()));
        assert_eq!(may_change(&[], &ada.id, Some(Finance), &own), Ok(()), "nobody to lose");
    }
}
