//! A member saved or removed: the change that a request makes of an account's members.

use crate::account::Closed;
use crate::authority::{Principal, Role};
use crate::ids::MemberId;
use crate::journal::{Entry, Kind, Value};
use crate::member::{MEMBERS_MAX, Member, MemberRefusal, Preferences, may_change};
use crate::time::Timestamp;
use crate::words::Word;

/// A change of one member that was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRequest {
    /// The member gets this address and role, and is added where it is new.
    Save {
        /// Address for mails.
        email: String,
        /// Role.
        role: Role,
    },
    /// A known member gets these preferences.
    Prefer(Preferences),
    /// A known member is removed.
    Remove,
}

/// The change of a member that a request makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// The member is as requested already.
    Nothing(Member),
    /// The member is written, with the journal's entry.
    Save(Member, Entry),
    /// The member is removed, with the journal's entry.
    Remove(Member, Entry),
}

/// The change that a request makes of the member of an id.
///
/// # Errors
/// A rule refuses it.
pub fn member_changed(
    members: &[Member],
    (id, request): (&MemberId, &MemberRequest),
    by: &Principal,
    now: Timestamp,
) -> Result<MemberChange, MemberRefusal> {
    let known = members.iter().find(|member| member.id == *id);
    let after = after(known, id, request)?;
    if let Some(after) = &after
        && known == Some(after)
    {
        return Ok(MemberChange::Nothing(after.clone()));
    }

    let role = after.as_ref().map(|member| member.role);
    may_change(members, id, role, by)?;
    if known.is_none() && members.len() >= MEMBERS_MAX {
        return Err(MemberRefusal::TooMany);
    }

    match (after, known) {
        (Some(after), known) => {
            let entry = saved(known, &after, now);
            Ok(MemberChange::Save(after, entry))
        }
        (None, Some(known)) => {
            let entry = Entry::new(now, Kind::MemberRemoved, Some(known.id.as_str()));
            Ok(MemberChange::Remove(known.clone(), entry))
        }
        (None, None) => Err(MemberRefusal::Unknown),
    }
}

/// Erasure of a person's data from an account (F8): the journal's entry where the member's item is
/// still there; none where nothing is left to erase.
///
/// The item of a member is the only one that has the person's address, and it goes when the member
/// is removed. So only a closed account has something left.
///
/// # Errors
/// [`MemberRefusal::StillMember`] in an account that is not closed.
pub fn member_erased(
    closed: Option<&Closed>,
    member: Option<&Member>,
    now: Timestamp,
) -> Result<Option<Entry>, MemberRefusal> {
    match (member, closed) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(MemberRefusal::StillMember),
        (Some(member), Some(_)) => {
            Ok(Some(Entry::new(now, Kind::MemberRemoved, Some(member.id.as_str()))))
        }
    }
}

fn after(
    known: Option<&Member>,
    id: &MemberId,
    request: &MemberRequest,
) -> Result<Option<Member>, MemberRefusal> {
    match request {
        MemberRequest::Save { email, role } => Ok(Some(Member {
            version: known.map_or(0, |known| known.version),
            id: id.clone(),
            email: email.clone(),
            role: *role,
            preferences: known.map(|known| known.preferences).unwrap_or_default(),
        })),
        MemberRequest::Prefer(preferences) => {
            let known = known.ok_or(MemberRefusal::Unknown)?;
            Ok(Some(Member { preferences: *preferences, ..known.clone() }))
        }
        MemberRequest::Remove => known.map(|_| None).ok_or(MemberRefusal::Unknown),
    }
}

/// The journal's entry: without the address, which would outlive the person's leaving.
fn saved(before: Option<&Member>, after: &Member, now: Timestamp) -> Entry {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let role = |member: &Member| text(member.role.as_str());
    let moved = before.is_some_and(|before| before.email != after.email);
    let old = before.map(|before| before.preferences).unwrap_or_default();

    let mut entry = Entry::new(now, Kind::MemberSaved, Some(after.id.as_str()))
        .with("role", before.and_then(role), role(after))
        .with("email", None, text("another address").filter(|_| moved));
    for (field, old, new) in [
        ("alerts", old.alerts, after.preferences.alerts),
        ("invoices", old.invoices, after.preferences.invoices),
        ("notices", old.notices, after.preferences.notices),
    ] {
        entry = entry.with(field, text(old.word()), text(new.word()));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::member::{LastAdministrator, Mails};

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn id(id: &str) -> MemberId {
        MemberId::parse(id).unwrap()
    }

    fn ada() -> Member {
        Member {
            version: 3,
            id: id("ada"),
            email: "ada@acme.example".to_owned(),
            role: Role::AccountAdministrator,
            preferences: Preferences::default(),
        }
    }

    fn save(email: &str, role: Role) -> MemberRequest {
        MemberRequest::Save { email: email.to_owned(), role }
    }

    fn fields(entry: &Entry) -> Vec<&str> {
        entry.changes.iter().map(|change| change.field.as_str()).collect()
    }

    /// Goal: a request that changes nothing writes nothing; a changed address is told without
    /// itself.
    #[test]
    fn only_a_change_is_written_and_no_address_is_told() {
        let members = [ada()];
        let change = |request: &MemberRequest| {
            member_changed(&members, (&id("ada"), request), &Principal::Vendor, NOW)
        };

        let same = change(&save("ada@acme.example", Role::AccountAdministrator));
        let moved = change(&save("ada@new.example", Role::AccountAdministrator));

        assert_eq!(same, Ok(MemberChange::Nothing(ada())));
        let Ok(MemberChange::Save(member, entry)) = moved else { panic!("{moved:?}") };
        assert_eq!((member.version, fields(&entry)), (3, vec!["email"]));
        assert!(!format!("{entry:?}").contains("new.example"), "{entry:?}");
    }

    /// Goal: an unknown member is neither preferred for nor removed, and is added by a save.
    #[test]
    fn an_unknown_member_is_only_added() {
        let members = [ada()];
        let preferences = Preferences { alerts: Mails::Unwanted, ..Preferences::default() };
        for request in [MemberRequest::Prefer(preferences), MemberRequest::Remove] {
            let change = member_changed(&members, (&id("jo"), &request), &Principal::Vendor, NOW);
            assert_eq!(change, Err(MemberRefusal::Unknown));
        }
        let request = save("jo@acme.example", Role::Finance);
        let added = member_changed(&members, (&id("jo"), &request), &Principal::Vendor, NOW);
        assert!(matches!(added, Ok(MemberChange::Save(..))), "{added:?}");
    }

    /// Goal: an account cannot remove its last administrator; the vendor can.
    #[test]
    fn the_last_administrator_is_removed_by_the_vendor_alone() {
        let members = [ada()];
        let account = AccountId::parse("acme").unwrap();
        let own = Principal::Account { account, role: Role::AccountAdministrator };
        let remove = |by| member_changed(&members, (&id("ada"), &MemberRequest::Remove), by, NOW);

        assert_eq!(remove(&own), Err(MemberRefusal::LastAdministrator(LastAdministrator)));
        assert!(matches!(remove(&Principal::Vendor), Ok(MemberChange::Remove(..))));
    }

    /// Goal: who is still a member is removed first; a closed account's members are erased at once,
    /// also its last administrator, and who is gone is erased already.
    #[test]
    fn only_who_is_gone_or_of_a_closed_account_is_erased() {
        use crate::account::Closure;
        let closed = Closed { how: Closure::Terminated, at: NOW, ends_subscription: true };

        assert_eq!(member_erased(None, Some(&ada()), NOW), Err(MemberRefusal::StillMember));
        assert_eq!(member_erased(None, None, NOW), Ok(None));
        assert_eq!(member_erased(Some(&closed), None, NOW), Ok(None));
        let entry = member_erased(Some(&closed), Some(&ada()), NOW).unwrap().unwrap();
        assert_eq!((entry.kind, entry.about.as_deref()), (Kind::MemberRemoved, Some("ada")));
        assert_eq!(entry.changes, []);
    }

    #[test]
    fn a_full_account_takes_no_other_member() {
        let member = |nth: usize| Member { id: id(&format!("m-{nth}")), ..ada() };
        let members: Vec<Member> = (0..MEMBERS_MAX).map(member).collect();
        let request = save("jo@acme.example", Role::Finance);

        let another = member_changed(&members, (&id("jo"), &request), &Principal::Vendor, NOW);
        let known = member_changed(&members, (&id("m-1"), &request), &Principal::Vendor, NOW);

        assert_eq!(another, Err(MemberRefusal::TooMany));
        assert!(matches!(known, Ok(MemberChange::Save(..))), "{known:?}");
    }
}
