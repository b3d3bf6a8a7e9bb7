//! `/staff/accounts/{id}`: the account as staff see it, its timeline and its mails.

use accounts_commands::read::{Account, Accounts, Window};
use auth::{StaffNotAdmitted, StaffVisitor, problem};
use billing::account::Standing;
use billing::ids::{AccountId, CustomerId};
use billing::journal::page::{Cursor, Filter, Page};
use billing::money::Money;
use billing::words::Word;
use invocation::Invocation;
use mails_commands::log::MailLog;
use pages::staff::account::AccountPage;
use pages::staff::events::EventsPage;
use pages::staff::mails::MailsPage;
use runtime::{Problem, Request, Response};
use store::Part;

use crate::answer::html;
use crate::problem::not_read;
use crate::seen::Again;
use crate::staff::frame;
use crate::{Dashboard, LANGUAGE};

/// Entries of the timeline's page.
const ENTRIES: usize = 25;
/// Entries of the account's page.
const LATEST: usize = 5;
/// Mails of a page.
const MAILS: i32 = 25;
/// Stripe's dashboard.
const STRIPE: &str = "https://dashboard.stripe.com";

impl Dashboard {
    pub(super) async fn staff_account(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let (visitor, id, account) = self.staff_seen(invocation, request).await?;
        let credits = self.credits.read(invocation, &visitor.caller.loaded).await;
        let credits = credits.map_err(|error| crate::problem::credits_failed(error, &id))?;
        let latest = self.journaled(invocation, &id, (None, LATEST)).await?.entries;

        let mut facts = self.facts(&account);
        let available = credits.credits.counted.available;
        facts.push(("Credits available", LANGUAGE.number(available)));
        let standing = &account.standing;
        let owed = standing.outstanding().map(|(id, open)| (id.clone(), open.clone()));
        let page = AccountPage {
            name: account.profile.name.clone(),
            state: account.state,
            kind: standing.family.kind(),
            facts,
            owed: owed.collect(),
            latest,
            customer: account.profile.customer.clone().map(|it| self.at_stripe(it)),
            account: id,
        };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }

    pub(super) async fn staff_timeline(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let (visitor, id, account) = self.staff_seen(invocation, request).await?;
        let cursor = request.query.get("before").and_then(|text| Cursor::parse(text));

        let page = self.journaled(invocation, &id, (cursor, ENTRIES)).await?;

        let older = page.next.map(|next| format!("/staff/accounts/{id}/timeline?before={next}"));
        let name = account.profile.name;
        let page = EventsPage { account: id, name, entries: page.entries, older };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }

    pub(super) async fn staff_mails(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, StaffNotAdmitted> {
        let (visitor, id, account) = self.staff_seen(invocation, request).await?;
        let before = request.query.get("before").map(String::as_str);

        let log = MailLog { store: &self.store };
        let page = log.page(invocation, &id, (before, MAILS)).await;
        let (mails, more) = page.map_err(|error| problem(&error))?;

        let last = mails.last().filter(|_| more).map(billing::mails::Mail::id);
        let older = last.map(|last| format!("/staff/accounts/{id}/mails?before={last}"));
        let page = MailsPage { account: id, name: account.profile.name, mails, older };
        let (status, frame) = frame(invocation, &visitor, (request, again))?;
        Ok(html(status, page.page(&frame)))
    }

    /// Admits the visitor of a page about an account, and reads the account.
    pub(super) async fn staff_seen(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(StaffVisitor, AccountId, Account), StaffNotAdmitted> {
        let parts = |_: &AccountId| crate::seen::parts(invocation.now, vec![Part::Credits]);
        let visitor = auth::staff_visitor(invocation, &self.store, request, parts).await?;
        let id = visitor.account.clone().ok_or_else(|| Problem::not_found("page"))?;

        let reader = Accounts { store: &self.store, catalog: &self.catalog };
        let account = reader.read(invocation, &id, &visitor.caller.loaded).await;
        let account = account.map_err(|failure| not_read(failure, &id))?;
        Ok((visitor, id, account))
    }

    async fn journaled(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (cursor, limit): (Option<Cursor>, usize),
    ) -> Result<Page, Problem> {
        let reader = Accounts { store: &self.store, catalog: &self.catalog };
        let window = Window { cursor, limit, filter: Filter::default() };
        let page = reader.timeline(invocation, account, window).await;
        page.map_err(|error| problem(&error))
    }

    /// Customer, with the address of the customer's page in Stripe's dashboard.
    fn at_stripe(&self, customer: CustomerId) -> (CustomerId, String) {
        let address = format!("{}/customers/{customer}", self.stripe_dashboard());
        (customer, address)
    }

    /// Address of Stripe's dashboard, in the mode of this stack.
    pub(super) fn stripe_dashboard(&self) -> String {
        let mode = if self.mode == "live" { "" } else { "/test" };
        format!("{STRIPE}{mode}")
    }

    fn facts(&self, account: &Account) -> Vec<(&'static str, String)> {
        let Account { standing, profile, .. } = account;
        let live = standing.live_subscription();
        let mut facts = vec![
            ("Kind", standing.family.kind().word().replace('_', " ")),
            ("Plan", self.plan_name(standing.plan())),
        ];
        if let Some(live) = live {
            facts.push(("Seats", live.seats.to_string()));
            facts.push(("Period ends", LANGUAGE.date(live.period_end)));
        }
        facts.push(("Collection", collection(standing)));
        facts.push(("Days of grace", grace_days(standing)));
        facts.push(("Owed", sums(standing)));
        let prepaid: Vec<String> =
            profile.prepaid_sums().iter().map(|sum| LANGUAGE.money(*sum)).collect();
        facts.push(("Prepaid", or_nothing(&prepaid)));
        facts.push(("Partner", if profile.partner { "yes" } else { "no" }.to_owned()));
        let email = profile.details.email.clone().unwrap_or_default();
        facts.push(("Billing address", email));
        facts
    }
}

fn collection(standing: &Standing) -> String {
    let word = standing.collection.word();
    match standing.net_days {
        0 => word.to_owned(),
        days => format!("{word}, {days} days net"),
    }
}

fn grace_days(standing: &Standing) -> String {
    standing.grace_seconds.div_euclid(billing::time::DAY_SECONDS).to_string()
}

/// Outstanding amount, one sum for each currency.
fn sums(standing: &Standing) -> String {
    let all = standing.outstanding().map(|(_, open)| open.remaining);
    let mut sums: Vec<Money> = Vec::new();
    for money in all {
        match sums.iter_mut().find(|sum| sum.currency == money.currency) {
            Some(sum) => sum.amount = sum.amount.saturating_add(money.amount),
            None => sums.push(money),
        }
    }
    or_nothing(&sums.iter().map(|sum| LANGUAGE.money(*sum)).collect::<Vec<_>>())
}

fn or_nothing(sums: &[String]) -> String {
    if sums.is_empty() { "nothing".to_owned() } else { sums.join(" and ") }
}
