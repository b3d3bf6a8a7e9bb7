//! `/billing/{id}/payments`: what is on file, what is to be paid, transfers and prepayments.

use auth::{NotAdmitted, Visitor, problem};
use billing::advice::{REFERENCE_CHARACTERS_MAX, TransferRefusal};
use billing::attempt::NextAttempt;
use billing::decline;
use billing::explain::Reason;
use billing::ids::{AccountId, InvoiceId};
use billing::listing::{Range, Wanted, WantedStatus};
use billing::money::Money;
use billing::month::Day;
use billing::paying::{Ended, Refused};
use billing::words::Word;
use invocation::Invocation;
use messages::Wording;
use messages::page::Done;
use pages::form::Typed;
use pages::invoices::Row;
use pages::payments::{INVOICE_BOX, Payments as Page};
use payments_commands::{Became, Lister, NewPayment, OfAll, Payments, Tried, Unpaid, Window};
use runtime::{Problem, Request, Response};
use store::Part;
use stripe_requests::request::paying::Presence;
use transfers_commands::advice::{Advices, NewAdvice};

use crate::answer::{html, see_other};
use crate::form::{text, typed};
use crate::problem::{field, plans_failed};
use crate::seen::Again;
use crate::{Dashboard, LANGUAGE};

/// Unpaid invoices of the page.
const ROWS: usize = 100;

impl Dashboard {
    pub(crate) async fn payments(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, vec![Part::OnFile]).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);

        let wanted =
            Wanted { status: Some(WantedStatus::Unpaid), kind: None, range: Range::default() };
        let window = Window { wanted, behind: None, limit: ROWS };
        let listed = Lister { store: &self.store }.list(invocation, (id, loaded), window).await;
        let listed = listed.map_err(|failure| crate::invoices::not_listed(&failure))?;
        let failed = |error| problem(&error);
        let desk = self.store.transfers(invocation, id).await.map_err(failed)?;

        let mut advices: Vec<_> = desk.advices.into_values().collect();
        advices.sort_by_key(|it| std::cmp::Reverse((it.submitted_at, it.id.clone())));
        let mut prepayments: Vec<_> = desk.receipts.into_values().collect();
        prepayments.retain(|it| it.number.is_some());
        prepayments.sort_by_key(|it| std::cmp::Reverse(it.number));
        let standing = listed.standing;
        let row = |invoice| Row { dates: standing.dates_of(&invoice), invoice };
        let page = Page {
            on_file: loaded.on_file().map_err(failed)?,
            unpaid: listed.invoices.into_iter().map(row).collect(),
            banks: self.catalog.bank_accounts.clone(),
            advices,
            prepayments,
            prepaid: seen.account.profile.prepaid_sums(),
        };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    /// Pays an invoice, or everything that is owed.
    pub(crate) async fn pay(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let typed = typed(request)?;
        let invoice = InvoiceId::parse(text(&typed, "invoice")).ok();
        let parts = |_: &AccountId| match &invoice {
            Some(invoice) => Payments::parts(invoice),
            None => vec![Part::Standing],
        };
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let id = visitor.account.clone();

        let done = match &invoice {
            Some(invoice) => self.pay_one(invocation, visitor, (invoice, &typed)).await?,
            None if text(&typed, "all") == "yes" => self.pay_everything(invocation, &id).await?,
            None => return Err(Problem::not_found("invoice").into()),
        };
        Ok(see_other(&format!("/billing/{id}/payments?done={}", done.word())))
    }

    async fn pay_one(
        &self,
        invocation: &Invocation,
        visitor: Visitor,
        (invoice, typed): (&InvoiceId, &Typed),
    ) -> Result<Done, Problem> {
        let Visitor { account, caller, .. } = visitor;
        let payments = self.paying();
        let new = NewPayment {
            invoice: invoice.clone(),
            method: None,
            presence: Presence::OnSession,
            new_method: None,
        };
        let mut tried = Box::pin(payments.pay(invocation, (&account, caller.loaded), &new)).await;
        let is_confirmed = typed.contains_key(&format!("confirm-{invoice}"));
        if is_confirmed && matches!(tried, Err(Unpaid::Refused(Refused::AdvicePending(_)))) {
            let withdrawn = self.advices().withdraw_for(invocation, &account, invoice).await;
            withdrawn.map_err(|failure| transfer_failed(failure, &account))?;
            let loaded = self.store.load(invocation, &account, &Payments::parts(invoice)).await;
            let loaded = loaded.map_err(|error| problem(&error))?;
            tried = Box::pin(payments.pay(invocation, (&account, loaded), &new)).await;
        }
        let tried = tried.map_err(|unpaid| not_paid(unpaid, &account))?;
        match &tried.ended {
            Ended::Paid => Ok(Done::InvoicePaid),
            Ended::Processing => Ok(Done::PaymentUnderWay),
            Ended::Declined(code) => Err(declined(code, &tried)),
            Ended::Refused => Err(declined("", &tried)),
        }
    }

    async fn pay_everything(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Done, Problem> {
        let paid = Box::pin(self.paying().pay_all(invocation, account, None)).await;
        let results = paid.map_err(|unpaid| not_paid(unpaid, account))?.results;
        let is_open = |it: &&OfAll| !matches!(it.became, Became::Tried(Ended::Paid));
        let open: Vec<&OfAll> = results.iter().filter(is_open).collect();
        if open.is_empty() {
            return Ok(Done::AllPaid);
        }
        if open.iter().all(|it| matches!(it.became, Became::Tried(Ended::Processing))) {
            return Ok(Done::PaymentUnderWay);
        }
        let summary = format!("{} of {} invoices were not paid.", open.len(), results.len());
        let reasons = open.into_iter().map(reason).collect();
        Err(Problem { reasons, ..Problem::new(402, "card_declined", summary) })
    }

    /// Takes advice of a transfer.
    pub(crate) async fn advise(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let typed = typed(request)?;
        let named = named(&typed);
        let parts = |_: &AccountId| {
            let invoices = named.iter().map(|id| Part::Invoice(id.clone()));
            std::iter::once(Part::Standing).chain(invoices).collect()
        };
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let first = named.first().ok_or_else(|| field("invoices", "Choose an invoice."))?;
        let invoice = caller.loaded.invoice(first).map_err(|error| problem(&error))?;
        let currency = invoice.ok_or_else(|| Problem::not_found("invoice"))?.currency;
        let new = advice(invocation, &typed, (named.clone(), currency))?;

        let submitted = self.advices().submit(invocation, &account, &new).await;
        submitted.map_err(|failure| transfer_failed(failure, &account))?;

        let done = Done::TransferTold.word();
        Ok(see_other(&format!("/billing/{account}/payments?done={done}")))
    }

    /// Takes an advice back.
    pub(crate) async fn withdraw(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| vec![Part::Standing];
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let account = visitor.account;
        let typed = typed(request)?;

        let withdrawn = self.advices().withdraw(invocation, &account, text(&typed, "advice")).await;
        withdrawn.map_err(|failure| transfer_failed(failure, &account))?;

        let done = Done::TransferWithdrawn.word();
        Ok(see_other(&format!("/billing/{account}/payments?done={done}")))
    }

    fn paying(&self) -> Payments<'_> {
        Payments { store: &self.store, stripe: &self.stripe, facts: &self.facts }
    }

    fn advices(&self) -> Advices<'_> {
        Advices { store: &self.store, held_seconds: self.held_seconds }
    }
}

/// Invoices whose boxes are ticked.
pub(crate) fn named(typed: &Typed) -> Vec<InvoiceId> {
    let ticked = typed.keys().filter_map(|name| name.strip_prefix(INVOICE_BOX));
    ticked.filter_map(|id| InvoiceId::parse(id).ok()).collect()
}

fn advice(
    invocation: &Invocation,
    typed: &Typed,
    (invoices, currency): (Vec<InvoiceId>, billing::money::Currency),
) -> Result<NewAdvice, Problem> {
    let amount = Money::typed(text(typed, "amount"), currency);
    let amount = amount.map_err(|error| field("amount", format!("Here {error}.")))?;
    if amount.amount <= 0 {
        return Err(field("amount", "An amount above zero is expected."));
    }
    let paid_on = Day::parse(text(typed, "paid_on"));
    let paid_on = paid_on.map_err(|_| field("paid_on", "A date is expected."))?;
    let reference = text(typed, "reference").to_owned();
    let is_text = !reference.is_empty() && reference.chars().count() <= REFERENCE_CHARACTERS_MAX;
    if !is_text || reference.chars().any(char::is_control) {
        return Err(field("reference", "The reference of the transfer is expected."));
    }
    let request = invocation.claim().map(|claim| claim.fingerprint.clone());
    Ok(NewAdvice { request, invoices, reference, paid_on, amount, note: None })
}

/// 402: the invoice is as unpaid as before.
fn declined(code: &str, tried: &Tried) -> Problem {
    let code = decline::shown(decline::Refusal::Code(code));
    let next = match tried.shown.next {
        NextAttempt::At(at) => format!("It is tried again on {}.", LANGUAGE.date(at)),
        NextAttempt::None(reason) => {
            let Wording { detail, clears_by } = LANGUAGE.no_attempt(reason);
            format!("{detail} {clears_by}")
        }
        NextAttempt::Ended => String::new(),
    };
    let detail = format!("{} The invoice is still to be paid. {next}", LANGUAGE.declined(code));
    Problem::new(402, code, detail.trim_end().to_owned())
}

/// Sentence about one invoice of a Pay all: its outcome, and the next step where it is unpaid.
fn reason(one: &OfAll) -> Reason {
    let (detail, clears_by) = match &one.became {
        Became::Tried(Ended::Paid) => ("It is paid.".to_owned(), String::new()),
        Became::Tried(Ended::Processing) => {
            ("Its payment is on its way.".to_owned(), String::new())
        }
        Became::Tried(Ended::Declined(code)) => (LANGUAGE.declined(code), String::new()),
        Became::Tried(Ended::Refused) => (LANGUAGE.declined(""), String::new()),
        Became::Refused(refused) => {
            let problem = refused_by_rule(*refused);
            (problem.detail, String::new())
        }
        Became::NoMethod => (LANGUAGE.declined("payment_method_required"), String::new()),
        Became::Spared => ("It was not tried with that card.".to_owned(), String::new()),
        Became::Later => ("It was not tried yet: send the form again.".to_owned(), String::new()),
    };
    Reason::new(one.invoice.as_str(), format!("{}: {detail}", one.invoice), clears_by)
}

fn not_paid(unpaid: Unpaid, account: &AccountId) -> Problem {
    match unpaid {
        Unpaid::NoAccount(_) => Problem::not_found("account"),
        Unpaid::Refused(refused) => refused_by_rule(refused),
        Unpaid::NoMethod => {
            let code = decline::shown(decline::Refusal::Untried);
            Problem::new(402, code, LANGUAGE.declined(code))
        }
        Unpaid::Method(refusal) | Unpaid::ByStripe(refusal) => {
            stripe_sync::refused_by_stripe(&refusal)
        }
        Unpaid::Stripe(error) => plans_failed(stripe_sync::Interrupted::Stripe(error), account),
        Unpaid::Store(error) => problem(&error),
    }
}

fn refused_by_rule(refused: Refused) -> Problem {
    match refused {
        Refused::Unknown => Problem::not_found("invoice"),
        Refused::NotPayable(why) => {
            Problem::new(409, "invoice_not_payable", LANGUAGE.not_payable(why).detail)
        }
        Refused::AtWork | Refused::TriedBefore => Problem::new(
            409,
            "payment_in_progress",
            "Another payment of this invoice is being made: please look again in a minute.",
        ),
        Refused::Processing => Problem::new(
            409,
            "payment_in_progress",
            "A payment of this invoice is on its way: the bank reports its outcome within days.",
        ),
        Refused::AdvicePending(until) => {
            let until = LANGUAGE.date(until);
            let detail = format!(
                "A transfer for this invoice is reported, and waited for until {until}. Tick the box \
                 beside it to pay all the same."
            );
            Problem::new(409, "payment_advice_pending", detail)
        }
        Refused::TooOften(until) => {
            let until = LANGUAGE.instant(until);
            let detail =
                format!("Too many payments of this invoice were tried: wait until {until}.");
            Problem::new(429, "rate_limited", detail)
        }
    }
}

pub(crate) fn transfer_failed(
    failure: transfers_commands::Failure,
    account: &AccountId,
) -> Problem {
    let refused = |refusal: TransferRefusal| {
        let detail = LANGUAGE.transfer_refused(&refusal).detail;
        match refusal {
            TransferRefusal::DatedAhead(_) => field("paid_on", detail),
            TransferRefusal::ReferenceUsed(_) => field("reference", detail),
            TransferRefusal::OtherCurrency(_) | TransferRefusal::UnknownInvoice(_) => {
                field("invoices", detail)
            }
            TransferRefusal::NotPayable(_) => Problem::new(409, "invoice_not_payable", detail),
            TransferRefusal::NotApproved(_) => Problem::new(409, "advice_not_approved", detail),
            TransferRefusal::PaymentInProgress(_) | TransferRefusal::OnItsWay => {
                Problem::new(409, "payment_in_progress", detail)
            }
            TransferRefusal::TooMany => Problem::new(409, "too_many_transfers", detail),
            TransferRefusal::Unknown => Problem::not_found("payment advice"),
            TransferRefusal::Decided(_) => Problem::new(409, "advice_decided", detail),
            TransferRefusal::KeyReused => Problem::new(409, "idempotency_key_reused", detail),
            TransferRefusal::UsedUp => Problem::new(409, "prepayment_used_up", detail),
            TransferRefusal::NoCustomer => Problem::new(409, "account_incomplete", detail),
        }
    };
    plans_failed(failure.map_refused(refused), account)
}
