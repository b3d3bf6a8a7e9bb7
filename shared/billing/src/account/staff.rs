//! The staff desk: sessions of the vendor's own people, the pages that they open, and what a person
//! does there.
//!
//! A session belongs to a staff key, and so to a person with a name and a role: a key that is taken
//! out of service ends the person's sessions with the next page. Secrets are not here.

mod acts;

use crate::api_key::Credential;
use crate::authority::{Denied, Principal, StaffRole};
use crate::journal::{Actor, ActorKind, Record};
use crate::session::{NotSignedIn, SESSION_SECONDS};
use crate::time::Timestamp;

pub use acts::StaffAct;

/// Longest reason of staff, in characters.
pub const REASON_CHARACTERS_MAX: usize = 200;

const BILLING: &[StaffRole] = &[StaffRole::Billing];
const EVERYBODY: &[StaffRole] = &[StaffRole::Support, StaffRole::Billing];

/// Routes of the desk's pages, as template.yaml writes them. The role of an act is that of the
/// act's own route of the API ([`StaffAct::route`]).
const PAGES: &[(&str, &[StaffRole])] = &[
    ("GET /staff", EVERYBODY),
    ("POST /staff/sign-out", EVERYBODY),
    ("GET /staff/search", EVERYBODY),
    ("GET /staff/transfers", EVERYBODY),
    ("GET /staff/disputes", EVERYBODY),
    ("GET /staff/dead-letters", EVERYBODY),
    ("GET /staff/dead-letters/{letter_id}", EVERYBODY),
    ("POST /staff/dead-letters/{letter_id}/redrive", BILLING),
    ("POST /staff/dead-letters/{letter_id}/dismiss", BILLING),
    ("GET /staff/accounts/{id}", EVERYBODY),
    ("GET /staff/accounts/{id}/timeline", EVERYBODY),
    ("GET /staff/accounts/{id}/mails", EVERYBODY),
    ("GET /staff/accounts/{id}/do/{act}", EVERYBODY),
    ("POST /staff/accounts/{id}/do/{act}", EVERYBODY),
    ("POST /staff/accounts/{id}/do/{act}/check", EVERYBODY),
];

/// A link that opens a session of the staff desk, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSignIn {
    /// Version of the item that it was read from; 0 where there is none yet.
    pub version: u64,
    /// Hash of the link's secret.
    pub hash: String,
    /// Hash of the staff key of the session's person.
    pub key: String,
    /// Page that opens first, below the desk's own; empty for the first page.
    pub path: String,
    /// Moment from which the link opens nothing.
    pub expires_at: Timestamp,
    /// True once the link has opened its session.
    pub used: bool,
}

/// A session of the staff desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSession {
    /// Hash of the session's secret.
    pub hash: String,
    /// Hash of the staff key of the session's person.
    pub key: String,
    /// Moment from which the session is over.
    pub expires_at: Timestamp,
}

impl StaffSignIn {
    /// Opens the session of the link, under the hash of a new secret. `credential` is the person's
    /// key as it is now.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub fn open(
        &self,
        hash: &str,
        credential: Option<&Credential>,
        now: Timestamp,
    ) -> Result<(Self, StaffSession), NotSignedIn> {
        if self.used {
            return Err(NotSignedIn::Used);
        }
        if now >= self.expires_at || credential.and_then(role_of).is_none() {
            return Err(NotSignedIn::Expired);
        }
        let session = StaffSession {
            hash: hash.to_owned(),
            key: self.key.clone(),
            expires_at: now.plus_seconds(SESSION_SECONDS),
        };
        Ok((Self { used: true, ..self.clone() }, session))
    }
}

impl StaffSession {
    /// Role of the session's person now; none once the session is over. `credential` is the key of
    /// that hash as it is now.
    pub fn role(
        &self,
        (key, credential): (&str, Option<&Credential>),
        now: Timestamp,
    ) -> Option<StaffRole> {
        let stands = now < self.expires_at && self.key == key;
        credential.filter(|_| stands).and_then(role_of)
    }
}

/// Role of the person to whom a key belongs; none for a key that is not of staff.
pub fn role_of(credential: &Credential) -> Option<StaffRole> {
    match credential.principal {
        Principal::Staff(role) => Some(role),
        Principal::Vendor | Principal::Account { .. } => None,
    }
}

/// Refuses a page of the desk that is not for a role.
///
/// # Errors
/// [`Denied::Role`].
pub fn authorise_staff_page(route: &str, role: StaffRole) -> Result<(), Denied> {
    let page = PAGES.iter().find(|(known, _)| *known == route);
    let allowed = page.is_some_and(|(_, roles)| roles.contains(&role));
    if allowed { Ok(()) } else { Err(Denied::Role) }
}

/// Person of the vendor's who changed an account after a version of its books, other than the
/// person who acts now: the latest one. `records` are newest first.
pub fn changed_meanwhile<'a>(
    records: &'a [Record],
    (version, person): (u64, &str),
) -> Option<&'a Actor> {
    let newer = records.iter().take_while(|record| record.sequence > version);
    let actors = newer.filter_map(|record| record.cause.actor.as_ref());
    actors.filter(|actor| actor.kind == ActorKind::Staff).find(|actor| actor.id != person)
}

/// Routes of the desk's table, for the test that compares it with template.yaml.
pub fn staff_pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(route, _)| *route)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Cause, CauseKind};
    use crate::session::SIGN_IN_SECONDS;

    fn key(principal: Principal) -> Credential {
        Credential { id: "key-1".to_owned(), name: "Ada".to_owned(), principal }
    }

    fn link(now: Timestamp) -> StaffSignIn {
        StaffSignIn {
            version: 1,
            hash: "link".to_owned(),
            key: "key".to_owned(),
            path: String::new(),
            expires_at: now.plus_seconds(SIGN_IN_SECONDS),
            used: false,
        }
    }

    /// Goal: a link opens one session, of a person whose key stands, in time.
    #[test]
    fn a_link_opens_one_session_of_a_person() {
        let now = Timestamp(1_000);
        let ada = key(Principal::Staff(StaffRole::Support));
        let (used, session) = link(now).open("new", Some(&ada), now).unwrap();
        assert_eq!((&*session.hash, &*session.key), ("new", "key"));
        assert_eq!(used.open("new", Some(&ada), now), Err(NotSignedIn::Used));

        let late = now.plus_seconds(SIGN_IN_SECONDS);
        assert_eq!(link(now).open("new", Some(&ada), late), Err(NotSignedIn::Expired));
        assert_eq!(link(now).open("new", None, now), Err(NotSignedIn::Expired), "revoked");
        let vendor = key(Principal::Vendor);
        assert_eq!(link(now).open("new", Some(&vendor), now), Err(NotSignedIn::Expired));
    }

    /// Goal: a session has the role that its key has now, and ends with the key or its time.
    #[test]
    fn a_session_ends_with_its_key() {
        let now = Timestamp(1_000);
        let session = StaffSession {
            hash: "h".to_owned(),
            key: "key".to_owned(),
            expires_at: now.plus_seconds(1),
        };
        let ada = key(Principal::Staff(StaffRole::Billing));
        assert_eq!(session.role(("key", Some(&ada)), now), Some(StaffRole::Billing));
        assert_eq!(session.role(("key", Some(&ada)), now.plus_seconds(1)), None, "over");
        assert_eq!(session.role(("other", Some(&ada)), now), None, "another person's key");
        assert_eq!(session.role(("key", None), now), None, "revoked");
        assert_eq!(session.role(("key", Some(&key(Principal::Vendor))), now), None);
    }

    /// Goal: another person's change behind the version that was seen is named; one's own, an older
    /// one and Stripe's are not.
    #[test]
    fn another_persons_change_is_named() {
        let by = |sequence, actor: Option<(&str, ActorKind)>| Record {
            at: Timestamp(0),
            sequence,
            first: None,
            cause: Cause {
                actor: actor.map(|(id, kind)| Actor {
                    kind,
                    id: id.to_owned(),
                    name: format!("name of {id}"),
                }),
                ..Cause::new(CauseKind::Staff, "r")
            },
            entries: Vec::new(),
        };
        let staff = |id| Some((id, ActorKind::Staff));
        let records = [by(9, None), by(8, staff("me")), by(7, staff("grace")), by(6, staff("old"))];
        let found = |version, person| {
            changed_meanwhile(&records, (version, person)).map(|actor| actor.id.as_str())
        };
        assert_eq!(found(6, "me"), Some("grace"));
        assert_eq!(found(7, "me"), None, "one's own");
        assert_eq!(found(6, "grace"), Some("me"));
        assert_eq!(found(9, "me"), None);
        let key = [by(9, Some(("key", ActorKind::Key)))];
        assert_eq!(changed_meanwhile(&key, (1, "me")), None, "a customer's");
    }

    #[test]
    fn a_page_outside_of_the_table_is_nobodys() {
        assert_eq!(authorise_staff_page("GET /staff", StaffRole::Support), Ok(()));
        let other = authorise_staff_page("GET /billing/{id}", StaffRole::Billing);
        assert_eq!(other, Err(Denied::Role));
    }
}
