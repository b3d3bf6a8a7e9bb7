//! `/staff/accounts/{id}/do/{act}`: the form of an act, what was understood, and the act itself.

use accounts_commands::read::Account;
use auth::{StaffNotAdmitted, problem};
use billing::advice::Advice;
use billing::ids::AccountId;
use billing::money::Money;
use billing::month::Day;
use billing::staff::{StaffAct, changed_meanwhile};
use billing::words::Word;
use invocation::Invocation;
use messages::page::Refusal;
use pages::staff::act::{ActPage, ConfirmPage};
use runtime::{Problem, Request, Response};
use store::Part;

use crate::answer::{html, see_other};
use crate::form::{text, typed};
use crate::problem::of;
use crate::seen::Again;
use crate::staff::frame;
use crate::staff::order::{Order, order};
use crate::{Dashboard, LANGUAGE};

/// Records of the journal in which another person's change is looked for.
const RECORDS_MAX: i32 = 50;

impl Dashboard {
    pub(super) async fn act_page(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, StaffNotAdmitted> {
        let (visitor, id, account) = self.staff_seen(invocation, request).await?;
        let act = auth::act_of(request)?.ok_or_else(|| Problem::not_found("page"))?;
        let (status, frame) = frame(invocation, &visitor, (request, again))?;
        let typed = frame.trouble.as_ref().map(|trouble| &trouble.typed);
        let advice = typed.map_or("", |typed| text(typed, "advice"));
        let asked = request.query.get("advice").map(String::as_str);
        let advice = Some(advice).filter(|id| !id.is_empty()).or(asked);

        let mut page = self.asked(invocation, (&id, &account), (act, advice)).await?;
        if act == StaffAct::CreditNote {
            let loaded = &visitor.caller.loaded;
            page.invoices = self.creditable_invoices(invocation, (&id, loaded)).await?;
        }
        Ok(html(status, page.page(&frame)))
    }

    /// The values of an act's form.
    async fn asked(
        &self,
        invocation: &Invocation,
        (id, account): (&AccountId, &Account),
        (act, advice): (StaffAct, Option<&str>),
    ) -> Result<ActPage, Problem> {
        let Account { standing, profile, .. } = account;
        let desk = self.store.transfers(invocation, id).await.map_err(|error| problem(&error))?;
        let advice = advice.and_then(|advice| desk.advices.get(advice)).cloned();
        if act == StaffAct::Approve || act == StaffAct::Reject {
            advice.as_ref().ok_or_else(|| Problem::not_found("payment advice"))?;
        }

        let sold = self.catalog.plans.iter().filter(|plan| plans_commands::can_be_set(plan));
        let unpaid = standing
            .outstanding()
            .map(|(id, open)| (id.clone(), format!("{id}, {}", LANGUAGE.money(open.remaining))));
        let left = desk.receipts.values().filter(|it| it.number.is_some() && it.left() > 0);
        let left = left.map(|it| {
            let rest = Money::new(it.left(), it.amount.currency);
            let words = format!("{}, {} left", it.reference, LANGUAGE.money(rest));
            (it.id.clone(), words)
        });
        Ok(ActPage {
            account: id.clone(),
            name: profile.name.clone(),
            act,
            version: standing.version,
            currency: standing.currency.unwrap_or(self.catalog.credit_currency),
            today: Day::of(invocation.now),
            terms: (standing.collection, standing.net_days),
            resources: self.correctable_resources(),
            plans: sold.map(|plan| (plan.id.clone(), plan.name.clone())).collect(),
            plan: (standing.plan().to_owned(), standing.live_subscription().map(|live| live.seats)),
            invoices: Vec::new(),
            unpaid: unpaid.collect(),
            prepayments: left.collect(),
            advice,
        })
    }

    /// Second page of an act: shows the order that was typed, and asks for confirmation.
    pub(super) async fn check_act(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        auth::check_staff_form(request)?;
        let (visitor, id, account) = self.staff_seen(invocation, request).await?;
        let act = auth::act_of(request)?.ok_or_else(|| Problem::not_found("page"))?;
        let typed = typed(request)?;
        self.check_version(invocation, (&id, &account.standing), text(&typed, "version")).await?;

        let advice = self.advice(invocation, &id, text(&typed, "advice")).await?;
        let order = order(invocation, (act, &typed), (&self.catalog, advice.as_ref()))?;

        let page = ConfirmPage {
            account: id,
            name: account.profile.name,
            act,
            said: order.said(&self.catalog),
            button: order.button(),
            typed,
        };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }

    /// Does an act, and leads back to where the next one begins.
    pub(super) async fn do_act(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let act = auth::act_of(request)?.ok_or_else(|| Problem::not_found("page"))?;
        let entry = super::order::entry_id(request, invocation);
        let parts = |id: &AccountId| {
            let mut parts = super::run::parts((act, entry), id, invocation.now);
            if !parts.contains(&Part::Standing) {
                parts.push(Part::Standing);
            }
            parts
        };
        let visitor = auth::writing_staff_visitor(invocation, &self.store, request, parts).await?;
        let id = visitor.account.clone().ok_or_else(|| Problem::not_found("page"))?;
        let standing = visitor.caller.standing()?;
        let typed = typed(request)?;
        self.check_version(invocation, (&id, &standing), text(&typed, "version")).await?;

        let advice = self.advice(invocation, &id, text(&typed, "advice")).await?;
        let order = order(invocation, (act, &typed), (&self.catalog, advice.as_ref()))?;
        let Order { reason, what } = order;
        if let Some(reason) = &reason {
            invocation.acts_because(reason);
        }
        let done = Box::pin(self.run(invocation, (&id, visitor.caller.loaded), what)).await;
        if let Err(refused) = done {
            return Err(self.meanwhile_or(invocation, (&id, &typed), refused).await.into());
        }

        let word = act.word();
        Ok(see_other(&match act {
            StaffAct::Approve | StaffAct::Reject => format!("/staff/transfers?done={word}"),
            StaffAct::Resend => format!("/staff/accounts/{id}/mails?done={word}"),
            StaffAct::Hold
            | StaffAct::Collection
            | StaffAct::Plan
            | StaffAct::Credits
            | StaffAct::Usage
            | StaffAct::CreditNote
            | StaffAct::Receipt
            | StaffAct::Prepayment
            | StaffAct::ReversePrepayment
            | StaffAct::Terminate
            | StaffAct::Close
            | StaffAct::ConvertToParent
            | StaffAct::ConvertToStandard
            | StaffAct::SubAccountLimit => format!("/staff/accounts/{id}?done={word}"),
        }))
    }

    /// Advice of the account, by its id; none for an empty one.
    async fn advice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<Advice>, Problem> {
        if id.is_empty() {
            return Ok(None);
        }
        let parts = [Part::Advice(id.to_owned())];
        let loaded = self.store.load(invocation, account, &parts).await;
        let advice = loaded.and_then(|loaded| loaded.advice(id));
        let advice = advice.map_err(|error| problem(&error))?;
        advice.ok_or_else(|| Problem::not_found("payment advice")).map(Some)
    }

    /// Refuses what another person did meanwhile: their change came behind the version that this
    /// form showed.
    async fn check_version(
        &self,
        invocation: &Invocation,
        (account, standing): (&AccountId, &billing::account::Standing),
        seen: &str,
    ) -> Result<(), Problem> {
        let Ok(seen) = seen.parse::<u64>() else { return Ok(()) };
        if seen >= standing.version {
            return Ok(());
        }
        match self.meanwhile(invocation, account, seen).await? {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    /// The refusal of a command, or the person who was faster.
    async fn meanwhile_or(
        &self,
        invocation: &Invocation,
        (account, typed): (&AccountId, &pages::form::Typed),
        refused: Problem,
    ) -> Problem {
        let Ok(seen) = text(typed, "version").parse::<u64>() else { return refused };
        if refused.status != 409 {
            return refused;
        }
        match self.meanwhile(invocation, account, seen).await {
            Ok(Some(problem)) => problem,
            Ok(None) | Err(_) => refused,
        }
    }

    async fn meanwhile(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        seen: u64,
    ) -> Result<Option<Problem>, Problem> {
        let read = self.store.journal(invocation, account, None, RECORDS_MAX).await;
        let (records, _) = read.map_err(|error| problem(&error))?;
        let person = invocation.actor_id();
        Ok(changed_meanwhile(&records, (seen, person))
            .map(|actor| of(409, "done_meanwhile", &Refusal::DoneMeanwhile(actor.name.clone()))))
    }
}
