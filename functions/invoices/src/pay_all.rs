//! `POST /v1/accounts/{id}/pay` (A12): everything that is owed, or the invoices that are named.

use auth::writer_of_account;
use billing::advice::NAMED_MAX;
use billing::decline;
use billing::ids::{AccountId, InvoiceId};
use billing::paying::{Ended, Refused};
use invocation::Invocation;
use payments_commands::{Became, OfAll, Unpaid};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use store::Part;
use views::invoices::{PaidAllView, PaidOneView};
use views::requests::invoices::PayInvoices;

use crate::Invoices;
use crate::pay::{maybe_body, refused};

impl Invoices {
    /// Pays everything, and says of each invoice what became of it.
    pub(crate) async fn pay_all(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| vec![Part::Standing];
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let named = named(request)?;

        let paid = self.payments().pay_all(invocation, &account, named.as_deref()).await;
        let paid = match paid {
            Ok(paid) => paid,
            Err(Unpaid::Refused(Refused::Unknown)) => {
                return Err(wrong("An invoice is not known. Nothing was paid."));
            }
            Err(unpaid) => return refused(unpaid, &account, invocation),
        };

        if paid.differs_at_stripe {
            self.hand_on(&account).await;
        }
        let results = paid.results.iter().map(view).collect();
        Ok(Response::json(202, &PaidAllView { results }))
    }
}

/// The invoices that the body names.
fn named(request: &Request) -> Result<Option<Vec<InvoiceId>>, Problem> {
    let PayInvoices { invoices } = maybe_body(request)?;
    let Some(invoices) = invoices else { return Ok(None) };
    if invoices.is_empty() || invoices.len() > NAMED_MAX {
        return Err(wrong(&format!("Name 1 to {NAMED_MAX} invoices, or leave the field out.")));
    }
    let parse = |text: &String| InvoiceId::parse(text).map_err(|error| wrong(&error.to_string()));
    invoices.iter().map(parse).collect::<Result<_, _>>().map(Some)
}

fn wrong(detail: &str) -> Problem {
    Problem::invalid_field(FieldProblem::invalid("invoices", detail))
}

fn view(one: &OfAll) -> PaidOneView {
    let (status, code) = match &one.became {
        Became::Tried(Ended::Paid) => ("paid", None),
        Became::Tried(Ended::Processing) => ("processing", None),
        Became::Tried(Ended::Declined(code)) => {
            ("declined", Some(decline::shown(decline::Refusal::Code(code))))
        }
        Became::Tried(Ended::Refused) => ("refused", Some("card_declined")),
        Became::Refused(why) => ("refused", Some(code_of(*why))),
        Became::NoMethod => ("refused", Some(decline::shown(decline::Refusal::Untried))),
        Became::Spared => ("not_tried", Some("payment_method_refused")),
        Became::Later => ("not_tried", Some("time_is_over")),
    };
    PaidOneView { invoice: one.invoice.to_string(), status, code }
}

/// Code of what a rule refuses.
fn code_of(refused: Refused) -> &'static str {
    match refused {
        Refused::Unknown => "not_found",
        Refused::NotPayable(why) => why.code(),
        Refused::AtWork | Refused::Processing => "payment_in_progress",
        Refused::TriedBefore => "card_declined",
        Refused::AdvicePending(_) => "payment_advice_pending",
        Refused::TooOften(_) => "rate_limited",
    }
}
