use accounts_commands::members::{ChangeMember, Members};
use accounts_commands::{Failure, Subject};
use billing::authority::{Principal, Role};
use billing::decide::MemberRequest;
use billing::journal::Kind;
use billing::member::{Mails, Member, MemberRefusal, Preferences};
use store::Part;

use super::{House, call, id, member, subject};

type Changed = Result<Option<Member>, Failure<MemberRefusal>>;

impl House {
    async fn change_member(&self, seed: u64, change: &ChangeMember) -> Changed {
        Members { store: &self.store }.change(&call(seed), &subject(), change).await
    }

    async fn members(&self) -> Vec<(String, Role)> {
        let all = Members { store: &self.store }.all(&call(0), &id("acme")).await.unwrap();
        all.into_iter().map(|member| (member.id.to_string(), member.role)).collect()
    }
}

fn own() -> Principal {
    Principal::Account { account: id("acme"), role: Role::AccountAdministrator }
}

fn saving(name: &str, role: Role, by: Principal) -> ChangeMember {
    let email = format!("{name}@acme.example");
    ChangeMember { member: member(name), request: MemberRequest::Save { email, role }, by }
}

fn removing(name: &str, by: Principal) -> ChangeMember {
    ChangeMember { member: member(name), request: MemberRequest::Remove, by }
}

/// Goal: a member is added, changed and removed, and the journal has each once; the same again
/// writes nothing.
#[tokio::test]
async fn a_member_is_saved_and_removed() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let zoe = saving("zoe", Role::Finance, own());

    for seed in [2, 3] {
        let saved = house.change_member(seed, &zoe).await.unwrap().unwrap();
        assert_eq!((saved.id.as_str(), saved.role), ("zoe", Role::Finance));
    }
    let removed = house.change_member(4, &removing("zoe", own())).await.unwrap();

    assert_eq!(removed, None);
    assert_eq!(house.members().await, [("jo".to_owned(), Role::AccountAdministrator)]);
    assert_eq!(house.kinds().await[2..], [Kind::MemberSaved, Kind::MemberRemoved]);
}

/// Goal: the account cannot remove or demote its last administrator; the vendor can.
#[tokio::test]
async fn the_last_administrator_stays() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;

    for change in [removing("jo", own()), saving("jo", Role::Member, own())] {
        let refused = house.change_member(2, &change).await;
        let last = matches!(refused, Err(Failure::Refused(MemberRefusal::LastAdministrator(_))));
        assert!(last, "{refused:?}");
    }
    assert_eq!(house.members().await.len(), 1);
    house.change_member(3, &removing("jo", Principal::Vendor)).await.unwrap();
    assert_eq!(house.members().await, []);
}

/// Goal: of two administrators who remove each other at once, one stays.
#[tokio::test]
async fn two_administrators_do_not_remove_each_other() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    house.change_member(2, &saving("zoe", Role::AccountAdministrator, own())).await.unwrap();
    let other = House::of(&cloud);
    let (jo, zoe) = (removing("jo", own()), removing("zoe", own()));

    let (one, two) = tokio::join!(house.change_member(3, &jo), other.change_member(4, &zoe));

    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(house.members().await.len(), 1);
}

/// Goal: a change decides by the standing that came with the caller's key, and again by a fresh one
/// after a conflict.
#[tokio::test]
async fn a_stale_standing_is_loaded_again() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let loaded = house.store.load(&call(0), &id("acme"), &[Part::Standing]).await.unwrap();
    let stale = Subject::loaded(id("acme"), loaded);
    house.change_member(2, &saving("zoe", Role::Finance, own())).await.unwrap();

    let members = Members { store: &house.store };
    let saved = members.change(&call(3), &stale, &saving("max", Role::Member, own())).await;

    assert!(saved.unwrap().is_some());
    let names: Vec<String> = house.members().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["jo", "max", "zoe"]);
}

/// Goal: preferences belong to a known member, and a save keeps them.
#[tokio::test]
async fn preferences_stay_with_the_member() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let wanted = Preferences { alerts: Mails::Unwanted, ..Preferences::default() };
    let prefer = |name| ChangeMember {
        member: member(name),
        request: MemberRequest::Prefer(wanted),
        by: Principal::Vendor,
    };

    let unknown = house.change_member(2, &prefer("zoe")).await;
    house.change_member(3, &prefer("jo")).await.unwrap();
    let saved = house.change_member(4, &saving("jo", Role::AccountAdministrator, own())).await;

    assert!(matches!(unknown, Err(Failure::Refused(MemberRefusal::Unknown))), "{unknown:?}");
    assert_eq!(saved.unwrap().unwrap().preferences, wanted);
}

#[tokio::test]
async fn an_account_that_is_not_there_has_no_members() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let members = Members { store: &house.store };
    let change = saving("zoe", Role::Finance, Principal::Vendor);
    let unknown = members.change(&call(2), &Subject::of(id("nobody")), &change).await;
    assert!(matches!(unknown, Err(Failure::NoAccount(_))), "{unknown:?}");
}
