//! Acts of staff, done: each order goes to the command of the staff API.

use billing::desk::GraceRefusal;
use billing::ids::AccountId;
use billing::staff::StaffAct;
use billing::time::Timestamp;
use invocation::Invocation;
use mails_commands::log::{Asked, MailLog};
use plans_commands::Account;
use queue::notify::{MailAgain, NotifyMessage};
use runtime::Problem;
use store::{Loaded, Part};
use stripe_client::StripeError;
use stripe_sync::Interrupted;
use tracing::warn;
use transfers_commands::desk::TransferDesk;

use crate::Dashboard;
use crate::payments::transfer_failed;
use crate::problem::{credits_failed, field, plans_failed};
use crate::staff::order::What;

/// Parts of the account that an act needs. `entry` is the id of an adjustment.
pub(super) fn parts(
    (act, entry): (StaffAct, Option<String>),
    account: &AccountId,
    now: Timestamp,
) -> Vec<Part> {
    match act {
        StaffAct::Collection => plans_commands::terms_parts(),
        StaffAct::Plan => plans_commands::set_plan_parts(account),
        StaffAct::Terminate | StaffAct::Close => plans_commands::leased_parts(),
        StaffAct::ConvertToParent | StaffAct::ConvertToStandard | StaffAct::SubAccountLimit => {
            plans_commands::conversion_parts(now)
        }
        StaffAct::Credits => credits_commands::parts(entry.map(Part::LedgerEntry)),
        StaffAct::Hold
        | StaffAct::Receipt
        | StaffAct::Prepayment
        | StaffAct::ReversePrepayment
        | StaffAct::Approve
        | StaffAct::Reject
        | StaffAct::Resend
        | StaffAct::Usage
        | StaffAct::CreditNote => vec![Part::Standing],
    }
}

impl Dashboard {
    /// Gives an order to its command.
    pub(super) async fn run(
        &self,
        invocation: &Invocation,
        (id, loaded): (&AccountId, Loaded),
        what: What,
    ) -> Result<(), Problem> {
        let account = Account { id: id.clone(), loaded };
        let plans = &self.plans;
        let planned = |stopped| plan_failed(stopped, id);
        match what {
            What::Terms(terms) => {
                let set = Box::pin(plans.set_terms(invocation, account, terms)).await;
                set.map(drop).map_err(planned)
            }
            What::TermsOfUpfrontPayer(terms) => {
                let set = plans.set_terms_of_upfront_payer(invocation, account, terms);
                Box::pin(set).await.map(drop).map_err(planned)
            }
            What::Plan(wanted) => {
                let set = Box::pin(plans.set_plan(invocation, account, &wanted)).await;
                set.map(drop).map_err(planned)
            }
            What::Close(closing) => {
                let closed = Box::pin(plans.close(invocation, account, &closing)).await;
                closed.map(drop).map_err(planned)
            }
            What::Convert(conversion) => {
                let converted = Box::pin(plans.convert(invocation, account, conversion)).await;
                converted.map(drop).map_err(planned)
            }
            What::Credits(wish) => {
                let adjusted = self.credits.adjust(invocation, id, &wish, account.loaded);
                let adjusted = Box::pin(adjusted).await;
                adjusted.map(drop).map_err(|error| adjust_failed(error, id))
            }
            What::Usage(request) => self.correct_usage(invocation, id, &request).await,
            What::Note(request) => self.give_note(invocation, id, &request).await,
            What::Hold(_)
            | What::Receipt(_)
            | What::Reverse(_)
            | What::Approve(..)
            | What::Reject(..) => Box::pin(self.run_transfer(invocation, id, what)).await,
            What::Resend(mail) => self.resend(invocation, id, &mail).await,
        }
    }

    async fn run_transfer(
        &self,
        invocation: &Invocation,
        id: &AccountId,
        what: What,
    ) -> Result<(), Problem> {
        let desk = TransferDesk { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let failed = |failure| transfer_failed(failure, id);
        match what {
            What::Hold(grace) => {
                let given = desk.give_grace(invocation, id, &grace).await;
                given.map(drop).map_err(|failure| ungraced(failure, id))
            }
            What::Receipt(found) => {
                Box::pin(desk.record(invocation, id, &found)).await.map(drop).map_err(failed)
            }
            What::Reverse(receipt) if is_of(&receipt, id) => {
                Box::pin(desk.reverse(invocation, &receipt)).await.map(drop).map_err(failed)
            }
            What::Approve(advice, approval) if is_of(&advice, id) => {
                Box::pin(desk.approve(invocation, &advice, &approval))
                    .await
                    .map(drop)
                    .map_err(failed)
            }
            What::Reject(advice, note) if is_of(&advice, id) => {
                Box::pin(desk.reject(invocation, &advice, &note)).await.map(drop).map_err(failed)
            }
            What::Reverse(_) | What::Approve(..) | What::Reject(..) => {
                Err(Problem::not_found("page"))
            }
            What::Terms(_)
            | What::TermsOfUpfrontPayer(_)
            | What::Plan(_)
            | What::Credits(_)
            | What::Usage(_)
            | What::Note(_)
            | What::Close(_)
            | What::Convert(_)
            | What::Resend(_) => Err(Problem::internal()),
        }
    }

    async fn resend(
        &self,
        invocation: &Invocation,
        id: &AccountId,
        mail: &str,
    ) -> Result<(), Problem> {
        let log = MailLog { store: &self.store };
        let asked = log.ask_again(invocation, id, mail).await;
        match asked.map_err(|error| auth::problem(&error))? {
            Asked::WillBeSent(_) | Asked::IsUnderWay(_) => {}
            Asked::NobodyWasMailed => {
                let detail = "Nobody was mailed of this: there is nothing to send again.";
                return Err(Problem::new(409, "mail_superseded", detail));
            }
            Asked::Unknown => return Err(Problem::not_found("mail")),
        }
        // Sent for a repeated form too: the message does nothing where the mail is sent.
        let again = MailAgain { account: id.clone(), mail: mail.to_owned() };
        self.again.send(&NotifyMessage::Again(again)).await.map_err(|error| {
            warn!(reason = %error, "could not hand on a mail: {error}");
            Problem::unavailable()
        })
    }
}

/// True for an advice or a receipt of that account.
fn is_of(id: &str, account: &AccountId) -> bool {
    billing::advice::account_of(id).as_ref() == Some(account)
}

fn plan_failed(stopped: Interrupted, account: &AccountId) -> Problem {
    if let Interrupted::Stripe(StripeError::NotPushed(what)) = &stopped {
        let detail = format!("Stripe has no {what}: push the catalog, or give negotiated prices.");
        return Problem::new(409, "no_price", detail);
    }
    plans_failed(stopped, account)
}

fn adjust_failed(error: Interrupted<credits_commands::Refused>, account: &AccountId) -> Problem {
    if let Interrupted::Refused(credits_commands::Refused::MoreThanAvailable { available }) = &error
    {
        let available = crate::LANGUAGE.number(*available);
        return field("tokens", format!("Only {available} tokens are available."));
    }
    credits_failed(error, account)
}

fn ungraced(failure: Interrupted<GraceRefusal>, account: &AccountId) -> Problem {
    let refused = |refusal: GraceRefusal| {
        let name = match refusal {
            GraceRefusal::NotAhead => "hold_until",
            GraceRefusal::Days => "days",
        };
        field(name, refusal.to_string())
    };
    plans_failed(failure.map_refused(refused), account)
}
