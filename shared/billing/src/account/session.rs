//! Sessions of the dashboard: a link that the vendor's backend asks for opens one session, of one
//! account and one member.
//!
//! Secrets are not here: links and sessions are known by the hashes of theirs. All sessions of an
//! account carry the *turn* in which they began; ending all of them begins the next turn, so that
//! no list of sessions is needed.

use crate::authority::Role;
use crate::ids::{AccountId, MemberId};
use crate::member::Member;
use crate::time::Timestamp;

/// Time for which a link opens a session, in seconds.
pub const SIGN_IN_SECONDS: i64 = 300;
/// Length of a session, in seconds.
pub const SESSION_SECONDS: i64 = 43_200;
/// Longest path that a link leads to, in bytes.
pub const PATH_BYTES_MAX: usize = 200;

/// A link that opens a session, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Version of the item that it was read from; 0 where there is none yet.
    pub version: u64,
    /// Hash of the link's secret.
    pub hash: String,
    /// Account of the session.
    pub account: AccountId,
    /// Member of the session.
    pub member: MemberId,
    /// Page that opens first, below the account's own; empty for the first page.
    pub path: String,
    /// Address of the vendor's app to which the pages lead back.
    pub return_url: Option<String>,
    /// Turn of the account's sessions.
    pub turn: u64,
    /// Moment from which the link opens nothing.
    pub expires_at: Timestamp,
    /// True once the link has opened its session.
    pub used: bool,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of the session's secret.
    pub hash: String,
    /// The member whose session it is.
    pub member: MemberId,
    /// Address of the vendor's app to which the pages lead back.
    pub return_url: Option<String>,
    /// Turn of the account's sessions.
    pub turn: u64,
    /// Moment from which the session is over.
    pub expires_at: Timestamp,
}

/// Reason why a link opens no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSignedIn {
    /// There is no such link.
    #[error("there is no such link")]
    Unknown,
    /// The link has opened a session before.
    #[error("the link was used before")]
    Used,
    /// The link's time is over, or all sessions of the account were ended since.
    #[error("the link has expired")]
    Expired,
    /// The member of the link is no member any more.
    #[error("the member was removed")]
    MemberRemoved,
}

/// Reason why a session lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionOver {
    /// Its time is over.
    #[error("the session has expired")]
    Expired,
    /// All sessions of the account were ended.
    #[error("the session was ended")]
    Ended,
    /// Its member is no member any more.
    #[error("the member was removed")]
    MemberRemoved,
}

impl SignIn {
    /// Opens the session of the link, under the hash of a new secret. `member` is the link's as the
    /// account has it now, and `turn` that of the account's sessions.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub fn open(
        &self,
        hash: &str,
        (member, turn): (Option<&Member>, u64),
        now: Timestamp,
    ) -> Result<(Self, Session), NotSignedIn> {
        self.opens(turn, now)?;
        if member.is_none_or(|member| member.id != self.member) {
            return Err(NotSignedIn::MemberRemoved);
        }

        let session = Session {
            hash: hash.to_owned(),
            member: self.member.clone(),
            return_url: self.return_url.clone(),
            turn,
            expires_at: now.plus_seconds(SESSION_SECONDS),
        };
        Ok((Self { used: true, ..self.clone() }, session))
    }

    fn opens(&self, turn: u64, now: Timestamp) -> Result<(), NotSignedIn> {
        if self.used {
            return Err(NotSignedIn::Used);
        }
        let holds = now < self.expires_at && self.turn == turn;
        if holds { Ok(()) } else { Err(NotSignedIn::Expired) }
    }
}

impl Session {
    /// Time at which the member signed in.
    pub fn began_at(&self) -> Timestamp {
        self.expires_at.plus_seconds(SESSION_SECONDS.saturating_neg())
    }

    /// Role of the session's member now. `member` is that member as the account has it, and `turn`
    /// that of the account's sessions.
    ///
    /// # Errors
    /// [`SessionOver`].
    pub fn role(
        &self,
        member: Option<&Member>,
        turn: u64,
        now: Timestamp,
    ) -> Result<Role, SessionOver> {
        if now >= self.expires_at {
            return Err(SessionOver::Expired);
        }
        if self.turn != turn {
            return Err(SessionOver::Ended);
        }
        let member = member.filter(|member| member.id == self.member);
        member.map(|member| member.role).ok_or(SessionOver::MemberRemoved)
    }
}

/// True for a path below an account's pages, such as `plan` or `usage?month=2026-11`: it cannot
/// lead to another account or another site.
pub fn is_page_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/?=&.".contains(&byte);
    path.len() <= PATH_BYTES_MAX
        && path.bytes().all(allowed)
        && !path.starts_with(['/', '?'])
        && !path.contains("..")
        && !path.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Preferences;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn ada() -> Member {
        Member {
            version: 1,
            id: MemberId::parse("ada").unwrap(),
            email: "ada@acme.example".to_owned(),
            role: Role::Finance,
            preferences: Preferences::default(),
        }
    }

    fn link() -> SignIn {
        SignIn {
            version: 1,
            hash: "a".to_owned(),
            account: AccountId::parse("acme").unwrap(),
            member: ada().id,
            path: String::new(),
            return_url: None,
            turn: 2,
            expires_at: NOW.plus_seconds(SIGN_IN_SECONDS),
            used: false,
        }
    }

    /// Goal: a link opens one session, for five minutes, and none of a turn that was ended.
    #[test]
    fn a_link_opens_one_session() {
        let (link, ada) = (link(), ada());
        let (used, session) = link.open("b", (Some(&ada), 2), NOW).unwrap();
        assert!(used.used);
        assert_eq!(session.expires_at, NOW.plus_seconds(12 * 3_600));

        let again = used.open("c", (Some(&ada), 2), NOW);
        assert_eq!(again.unwrap_err(), NotSignedIn::Used);
        let late = link.open("b", (Some(&ada), 2), link.expires_at);
        assert_eq!(late.unwrap_err(), NotSignedIn::Expired);
        let last = link.open("b", (Some(&ada), 2), link.expires_at.plus_seconds(-1));
        assert!(last.is_ok());
        let ended = link.open("b", (Some(&ada), 3), NOW);
        assert_eq!(ended.unwrap_err(), NotSignedIn::Expired);
        let removed = link.open("b", (None, 2), NOW);
        assert_eq!(removed.unwrap_err(), NotSignedIn::MemberRemoved);
        let other = Member { id: MemberId::parse("bo").unwrap(), ..ada };
        let of_another = link.open("b", (Some(&other), 2), NOW);
        assert_eq!(of_another.unwrap_err(), NotSignedIn::MemberRemoved);
    }

    /// Goal: a session has the member's role of now, and ends at its time, with its turn and with
    /// its member.
    #[test]
    fn a_session_has_the_role_of_now() {
        let (_, session) = link().open("b", (Some(&ada()), 2), NOW).unwrap();
        assert_eq!(session.role(Some(&ada()), 2, NOW), Ok(Role::Finance));
        let demoted = Member { role: Role::Member, ..ada() };
        assert_eq!(session.role(Some(&demoted), 2, NOW), Ok(Role::Member));
        assert_eq!(session.role(Some(&ada()), 2, session.expires_at), Err(SessionOver::Expired));
        assert_eq!(session.role(Some(&ada()), 3, NOW), Err(SessionOver::Ended));
        assert_eq!(session.role(None, 2, NOW), Err(SessionOver::MemberRemoved));
    }

    /// Goal: a link leads to a page of its account and nowhere else.
    #[test]
    fn a_path_stays_below_the_account() {
        for fine in ["", "plan", "invoices/in_1", "usage?month=2026-11", "credits.csv"] {
            assert!(is_page_path(fine), "{fine}");
        }
        let long = "a".repeat(PATH_BYTES_MAX + 1);
        for wrong in
            ["/plan", "//evil.example", "../other/plan", "a b", "a\\b", "?x", "a//b", &long]
        {
            assert!(!is_page_path(wrong), "{wrong}");
        }
    }
}
