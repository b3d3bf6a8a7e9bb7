//! `/v1/accounts/{id}/personal-data` and `.../members/{member_id}/personal-data`: what is held
//! about people, and its erasure (F8).

use accounts_commands::Subject;
use accounts_commands::members::Members;
use accounts_commands::personal::{AboutPeople, PersonalData, Wanted};
use auth::{caller_of_account, writer_of_account};
use billing::authority::Sight;
use billing::ids::MemberId;
use invocation::Invocation;
use runtime::{Problem, Request, Response, cursor, query};
use store::Part;
use views::personal::{People, PersonalDataView};

use crate::members::named;
use crate::problem::{failed, field, member_refused};
use crate::read::not_read;
use crate::{Accounts, nothing_to_show};

impl Accounts {
    pub(crate) async fn personal_data(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| PersonalData::parts();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let sight = caller.sight(invocation.now)?;
        let member = request.query.get("member").map(|id| MemberId::parse(id));
        let not_an_id = |_| field("member", "The id of a member is expected.".to_owned());
        let wanted = Wanted {
            member: member.transpose().map_err(not_an_id)?,
            before: cursor::read(request, invocation.now)?,
            limit: i32::try_from(query::limit(request)).unwrap_or(i32::MAX),
        };

        let command = PersonalData { store: &self.store };
        let read = command.read(invocation, (&account, &caller.loaded), &wanted).await;
        let read = read.map_err(|failure| not_read(failure, &account))?;

        let AboutPeople { profile, members, keys, sessions, mails, next } = &read;
        // The people of a sub-account see no billing while its parent pays.
        let profile = profile.as_ref().filter(|_| sight == Sight::Billing);
        let people = People { profile, members, keys, sessions, mails };
        let next = next.as_ref().map(|id| cursor::write(request, id, invocation.now));
        let view = PersonalDataView::of(account.to_string(), &people, next);
        Ok(Response::json(200, &view))
    }

    pub(crate) async fn erase_member(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let member = named(request);
        let parts = |_: &_| {
            let own = member.as_ref().ok().cloned().map(Part::Member);
            [Part::Standing].into_iter().chain(own).collect()
        };
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let member = member?;

        let members = Members { store: &self.store };
        let subject = Subject::loaded(account, caller.loaded);
        let erased = members.erase(invocation, &subject, &member).await;
        erased.map_err(|failure| failed(failure, &subject.account, member_refused))?;
        Ok(nothing_to_show())
    }
}
