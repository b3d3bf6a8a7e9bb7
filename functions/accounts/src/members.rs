//! `/v1/accounts/{id}/members`: who belongs to an account, with which role, and which mails each wants.
//!
//! A change reads the standing first and commits under its version, which every change of a member moves: so the rule of
//! the last administrator holds however many change at once.

use auth::{Admitted, admit_to_account, problem};
use billing::account::Standing;
use billing::authority::Role;
use billing::decide::note;
use billing::explain::Reason;
use billing::ids::{AccountId, MemberId};
use billing::journal::{Entry, Kind, Value};
use billing::member::{MEMBERS_MAX, Mails, Member, Preferences, may_change};
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::input::{Checks, NOT_AN_EMAIL, body, is_email, page};
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::{StoreError, keys};
use tracing::info;

use crate::Accounts;

/// How often it is tried when the account changes meanwhile.
const TRIES_MAX: u32 = 5;
/// Most members of one page, and how many it has when nobody says.
const LIMIT_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    email: String,
    role: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreferencesView {
    alerts: bool,
    invoices: bool,
    notices: bool,
}

#[derive(Debug, Serialize)]
struct MemberView {
    id: String,
    email: String,
    role: &'static str,
    preferences: PreferencesView,
}

/// What a request would make of a member: the member as it shall be, or nothing to remove it.
type Wanted = fn(&Request, Option<&Member>) -> Result<Option<Member>, Problem>;

impl Accounts {
    pub(crate) async fn list_members(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (_, _, members, _) = self.members(invocation, request).await?;
        let page = page(request, LIMIT_MAX, &members, |member| member.id.as_str())?;
        Ok(Response::json(200, &page.map(view)))
    }

    pub(crate) async fn read_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (_, _, members, _) = self.members(invocation, request).await?;
        let member = named(request, &members).ok_or_else(unknown)?;
        Ok(Response::json(200, &view(member)))
    }

    pub(crate) async fn save_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let member = self.change_member(invocation, request, saved).await?;
        Ok(Response::json(200, &member.as_ref().map(view)))
    }

    pub(crate) async fn save_preferences(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let member = self.change_member(invocation, request, preferring).await?;
        Ok(Response::json(200, &member.as_ref().map(view)))
    }

    pub(crate) async fn remove_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let removed: Wanted = |_, known| known.map(|_| None).ok_or_else(unknown);
        self.change_member(invocation, request, removed).await?;
        Ok(Response::of_type(204, "application/json", String::new()))
    }

    /// The standing, and then every member.
    async fn members(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Standing, Vec<Member>, Admitted), Problem> {
        let wanted = |account: &_| vec![keys::standing(account)];
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        let standing = admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
        let members =
            self.store.members(invocation, &account).await.map_err(|error| problem(&error))?;
        Ok((account, standing, members, admitted))
    }

    /// Makes a member what is wanted, unless it is so already.
    async fn change_member(
        &self,
        invocation: &Invocation,
        request: &Request,
        wanted: Wanted,
    ) -> Result<Option<Member>, Problem> {
        for _ in 0..TRIES_MAX {
            let (account, standing, members, admitted) = self.members(invocation, request).await?;
            let known = named(request, &members);
            let member = wanted(request, known)?;
            if member.as_ref() == known {
                return Ok(member);
            }
            let Some(subject) = member.as_ref().or(known) else { return Err(unknown()) };
            let role = member.as_ref().map(|member| member.role);
            may_change(&members, &subject.id, role, &admitted.principal)
                .map_err(|error| last_administrator(&error.to_string()))?;
            if known.is_none() && members.len() >= MEMBERS_MAX {
                let detail = format!("An account can have {MEMBERS_MAX} members.");
                return Err(Problem::new(409, "too_many_members", detail));
            }
            let change = note(
                &standing,
                entry(known, member.as_ref(), subject, invocation.now),
                invocation.now,
            );
            let done = match &member {
                Some(member) => self.store.save_member(invocation, &change, member).await,
                None => self.store.remove_member(invocation, &change, subject).await,
            };
            match done {
                Ok(()) => {
                    let id = &subject.id;
                    info!(account.id = %account, member.id = %id, "changed member {id} of {account}");
                    return Ok(member);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::unavailable())
    }
}

/// The member that a request's path names.
fn named<'a>(request: &Request, members: &'a [Member]) -> Option<&'a Member> {
    let id = request.path.get("member_id")?;
    members.iter().find(|member| member.id.as_str() == id)
}

/// What `PUT .../members/{member_id}` asks for.
fn saved(request: &Request, known: Option<&Member>) -> Result<Option<Member>, Problem> {
    let input: Input = body(request)?;
    let mut checks = Checks::default();
    let id = request.path.get("member_id").map(String::as_str).unwrap_or_default();
    let id = checks.parse(MemberId::parse(id), "member_id");
    let role = Role::parse(&input.role);
    let roles = "`account_administrator`, `finance` or `member` is expected.";
    checks.expect(role.is_some(), "role", roles);
    checks.expect(is_email(&input.email), "email", NOT_AN_EMAIL);
    checks.passed()?;
    let (Some(id), Some(role)) = (id, role) else { return Err(Problem::internal()) };
    Ok(Some(Member {
        version: known.map_or(0, |known| known.version),
        id,
        email: input.email,
        role,
        preferences: known.map(|known| known.preferences).unwrap_or_default(),
    }))
}

/// What `PUT .../members/{member_id}/preferences` asks for.
fn preferring(request: &Request, known: Option<&Member>) -> Result<Option<Member>, Problem> {
    let known = known.ok_or_else(unknown)?;
    let PreferencesView { alerts, invoices, notices } = body(request)?;
    let preferences = Preferences {
        alerts: Mails::of(alerts),
        invoices: Mails::of(invoices),
        notices: Mails::of(notices),
    };
    Ok(Some(Member { preferences, ..known.clone() }))
}

/// What the journal says: no address, which would outlive the person's leaving.
fn entry(before: Option<&Member>, after: Option<&Member>, about: &Member, now: Timestamp) -> Entry {
    let Some(after) = after else {
        return Entry::new(now, Kind::MemberRemoved, Some(about.id.as_str()));
    };
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

fn view(member: &Member) -> MemberView {
    let Preferences { alerts, invoices, notices } = member.preferences;
    MemberView {
        id: member.id.to_string(),
        email: member.email.clone(),
        role: member.role.as_str(),
        preferences: PreferencesView {
            alerts: alerts.is_wanted(),
            invoices: invoices.is_wanted(),
            notices: notices.is_wanted(),
        },
    }
}

fn unknown() -> Problem {
    Problem::not_found("member")
}

fn last_administrator(detail: &str) -> Problem {
    let reason = Reason {
        code: "last_administrator".to_owned(),
        detail: format!("{detail}."),
        clears_by: "Making somebody else an account administrator first.".to_owned(),
    };
    let problem = Problem::new(409, "last_administrator", reason.detail.clone());
    Problem { reasons: vec![reason], ..problem }
}
