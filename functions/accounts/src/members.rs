//! `/v1/accounts/{id}/members`: the people of an account, each with a role and the mails that they
//! want.

use accounts_commands::Subject;
use accounts_commands::members::{ChangeMember, Members};
use auth::{Caller, caller_of_account, problem, writer_of_account};
use billing::authority::Role;
use billing::decide::MemberRequest;
use billing::ids::{AccountId, MemberId};
use billing::member::{Member, MemberRefusal, Preferences};
use invocation::Invocation;
use runtime::input::{Checks, NOT_AN_EMAIL, body, is_email, page};
use runtime::{Problem, Request, Response};
use views::members::{MemberView, PreferencesView};
use views::requests::accounts::SaveMember;

use crate::problem::{failed, member_refused};
use crate::{Accounts, nothing_to_show};

impl Accounts {
    pub(crate) async fn list_members(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let members = self.members(invocation, request).await?;
        let page = page(request, invocation.now, &members, |member| member.id.as_str())?;
        Ok(Response::json(200, &page.map(MemberView::of)))
    }

    pub(crate) async fn read_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let members = self.members(invocation, request).await?;
        let id = request.path.get("member_id");
        let member =
            members.iter().find(|member| Some(member.id.as_str()) == id.map(String::as_str));
        let member = member.ok_or_else(|| member_refused(MemberRefusal::Unknown))?;
        Ok(Response::json(200, &MemberView::of(member)))
    }

    pub(crate) async fn save_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.written_account(invocation, request).await?;
        let (member, wanted) = saved(request)?;
        let change = ChangeMember { member, request: wanted, by: caller.principal.clone() };
        self.change(invocation, &Subject::loaded(account, caller.loaded), &change).await
    }

    pub(crate) async fn save_preferences(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.written_account(invocation, request).await?;
        let (member, preferences) = (named(request)?, body::<PreferencesView>(request)?);
        let wanted = MemberRequest::Prefer(Preferences::from(preferences));
        let change = ChangeMember { member, request: wanted, by: caller.principal.clone() };
        self.change(invocation, &Subject::loaded(account, caller.loaded), &change).await
    }

    pub(crate) async fn remove_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.written_account(invocation, request).await?;
        let (member, wanted) = (named(request)?, MemberRequest::Remove);
        let change = ChangeMember { member, request: wanted, by: caller.principal.clone() };
        self.change(invocation, &Subject::loaded(account, caller.loaded), &change).await
    }

    async fn written_account(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &_| Members::parts();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }

    async fn account_of(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &_| Members::parts();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }

    async fn members(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Vec<Member>, Problem> {
        let (account, _) = self.account_of(invocation, request).await?;
        let members = Members { store: &self.store };
        let all = members.all(invocation, &account).await;
        all.map_err(|error| problem(&error))
    }

    async fn change(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        change: &ChangeMember,
    ) -> Result<Response, Problem> {
        let members = Members { store: &self.store };
        let changed = members.change(invocation, subject, change).await;
        let member =
            changed.map_err(|failure| failed(failure, &subject.account, member_refused))?;
        let view = member.as_ref().map(MemberView::of);
        Ok(view.map_or_else(nothing_to_show, |view| Response::json(200, &view)))
    }
}

/// The member that the path names; an id that none can have is unknown.
pub(crate) fn named(request: &Request) -> Result<MemberId, Problem> {
    let id = request.path.get("member_id").map(String::as_str).unwrap_or_default();
    MemberId::parse(id).map_err(|_| member_refused(MemberRefusal::Unknown))
}

fn saved(request: &Request) -> Result<(MemberId, MemberRequest), Problem> {
    let SaveMember { email, role } = body(request)?;
    let mut checks = Checks::default();
    let id = request.path.get("member_id").map(String::as_str).unwrap_or_default();
    let id = checks.parse(MemberId::parse(id), "member_id");
    let role = Role::parse(&role);
    let roles = "`account_administrator`, `finance` or `member` is expected.";
    checks.expect(role.is_some(), "role", roles);
    checks.expect(is_email(&email), "email", NOT_AN_EMAIL);
    checks.passed()?;

    let (Some(id), Some(role)) = (id, role) else { return Err(Problem::internal()) };
    Ok((id, MemberRequest::Save { email, role }))
}
