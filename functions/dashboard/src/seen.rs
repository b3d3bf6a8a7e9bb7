//! Frame of every page of an account, with the account and credits that the frame shows.

use accounts_commands::read::{self, Accounts};
use auth::Visitor;
use billing::banner::Banner;
use billing::ids::AccountId;
use billing::time::Timestamp;
use billing::usage::exceeded;
use billing::words::Word;
use invocation::Invocation;
use messages::page::Done;
use pages::form::Trouble;
use pages::frame::Frame;
use runtime::{Problem, Request};
use store::Part;

use crate::problem::{credits_failed, not_read, too_large};
use crate::{Dashboard, LANGUAGE};

/// What a form of the page did not do, with the status of the answer; none for a page that is only
/// looked at.
pub(crate) type Again = Option<(u16, Trouble)>;

/// An account as its pages show it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) account: read::Account,
    pub(crate) credits: credits_commands::Read,
    pub(crate) frame: Frame,
    pub(crate) status: u16,
}

/// Parts of every page, and more of them.
pub(crate) fn parts(now: Timestamp, more: Vec<Part>) -> Vec<Part> {
    let mut parts = Accounts::parts(now);
    parts.push(Part::Credits);
    for part in more {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

impl Dashboard {
    /// Admits the visitor of a page, with the parts of every page and more of them.
    pub(crate) async fn admit(
        &self,
        invocation: &Invocation,
        request: &Request,
        more: Vec<Part>,
    ) -> Result<Visitor, auth::NotAdmitted> {
        let parts = |_: &AccountId| parts(invocation.now, more);
        auth::visitor(invocation, &self.store, request, parts).await
    }

    /// The account that a visitor sees, and the frame around it.
    pub(crate) async fn seen(
        &self,
        invocation: &Invocation,
        visitor: &Visitor,
        (request, again): (&Request, Again),
    ) -> Result<Seen, Problem> {
        let (id, loaded, now) = (&visitor.account, &visitor.caller.loaded, invocation.now);
        let reader = Accounts { store: &self.store, catalog: &self.catalog };
        let account = reader.read(invocation, id, loaded).await.map_err(|it| not_read(it, id))?;
        let credits = self.credits.read(invocation, loaded).await;
        let credits = credits.map_err(|error| credits_failed(error, id))?;

        let used = loaded.used(now).map_err(|error| auth::problem(&error))?;
        let exceeded = exceeded(&self.catalog.allowances(account.standing.plan()), &used);
        let decided = &credits.credits.decided;
        let banner = Banner::of(&account.standing, &exceeded, decided, now);
        let banner = banner.map_err(|error| too_large(error, id))?;
        let (status, trouble) = again.map_or((200, None), |(status, it)| (status, Some(it)));
        let done = request.query.get("done").and_then(|word| Done::of_word(word));
        let frame = Frame {
            say: LANGUAGE,
            account: id.clone(),
            name: account.profile.name.clone(),
            member: visitor.member.email.clone(),
            role: visitor.role(),
            payer: account.standing.family.paid_by(now).cloned(),
            state: account.state,
            banner,
            done: done.filter(|_| trouble.is_none()),
            trouble,
            back: visitor.session.return_url.clone(),
            key: visitor.new_form_key(invocation)?,
            now,
        };
        Ok(Seen { account, credits, frame, status })
    }
}
