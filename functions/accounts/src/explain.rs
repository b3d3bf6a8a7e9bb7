//! `GET /v1/accounts/{id}/explain`: a value, the entries that made it, and its parts.

use accounts_commands::explain::{
    Component, Explainable, Explained, Measure, Question, parts_to_explain,
};
use auth::caller_of_account;
use billing::ids::InvoiceId;
use forecast::ForecastError;
use invocation::{Classified, Invocation};
use runtime::{Problem, Request, Response};
use store::{Loaded, Part};
use tracing::error;
use views::access::ReasonView;
use views::accounts::SumsView;
use views::explain::{ExplainedView, ExplanationView, PartView};
use views::timeline::EntryView;

use crate::problem::field;
use crate::read::not_read;
use crate::{Accounts, LANGUAGE};

/// A value that a request asks for, before anything of the account is read.
enum Asked {
    Plain(Question),
    Upcoming,
}

impl Asked {
    /// Parts of the account that answering needs.
    fn parts(&self, invocation: &Invocation) -> Vec<Part> {
        let more = match self {
            Self::Upcoming => forecast::parts(invocation.now),
            Self::Plain(Question::Invoice(id)) => vec![Part::Invoice(id.clone())],
            Self::Plain(_) => Vec::new(),
        };
        let mut parts = parts_to_explain(invocation.now);
        for part in more {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }
}

impl Accounts {
    pub(crate) async fn explain(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let asked = asked(request);
        let parts = |_: &_| asked.as_ref().map(|it| it.parts(invocation)).unwrap_or_default();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        // Only now: a caller without a valid key is not told what is wrong with the request.
        let question = match asked? {
            Asked::Plain(question) => question,
            Asked::Upcoming => self.upcoming(invocation, &caller.loaded).await?,
        };
        caller.standing()?;

        let about = (&account, &caller.loaded);
        let explained = self.reader().explain(invocation, about, question).await;
        let explained = explained.map_err(|failure| not_read(failure, &account))?;

        Ok(Response::json(200, &view(explained)))
    }

    async fn upcoming(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Question, Problem> {
        let upcoming = Box::pin(self.forecast.upcoming(invocation, loaded)).await;
        let upcoming = upcoming.map_err(|error| match error {
            ForecastError::NoAccount => Problem::not_found("account"),
            ForecastError::Store(error) => auth::problem(&error),
            ForecastError::TooLarge(_) | ForecastError::Stripe(_) => {
                error!(reason = %error, "could not forecast: {error}");
                if error.is_transient() { Problem::unavailable() } else { Problem::internal() }
            }
        });
        Ok(Question::Upcoming(Box::new(upcoming?)))
    }
}

fn view(explained: Explained) -> ExplanationView {
    let parts = parts_of(&explained);
    let because = explained.because.iter();
    ExplanationView {
        value: match explained.value {
            Explainable::State(state) => ExplainedView::of_state(state),
            Explainable::Access(access) => ExplainedView::of_access(access),
            Explainable::Sums(sums, currency) => ExplainedView::Sums(SumsView::of(sums, currency)),
            Explainable::Tokens(tokens) => ExplainedView::Credits(tokens),
            Explainable::Units(units) => ExplainedView::Units(units),
        },
        because: because.map(|it| EntryView::of(it, LANGUAGE.entry(&it.named))).collect(),
        clears_by: explained.clears_by.into_iter().map(ReasonView::from).collect(),
        parts,
        looked_back_to: explained.looked_back_to.map(|at| at.to_string()),
    }
}

/// Parts that the value is the sum of: those of the command, unpaid invoices, or tokens that came
/// and those that were used. Of tokens nothing where the journal was not read to its beginning.
fn parts_of(explained: &Explained) -> Vec<PartView> {
    if !explained.parts.is_empty() {
        return explained.parts.iter().map(part).collect();
    }
    let owed = explained.clears_by.iter().filter_map(|it| it.invoice.as_ref());
    match (&explained.value, explained.tokens_told) {
        (Explainable::Sums(..), _) => owed.map(PartView::of_invoice).collect(),
        (Explainable::Tokens(balance), Some(told)) if explained.looked_back_to.is_none() => {
            let used = balance.saturating_sub(told);
            vec![PartView::of_tokens("granted", told), PartView::of_tokens("used", used)]
        }
        (
            Explainable::Tokens(_)
            | Explainable::State(_)
            | Explainable::Access(_)
            | Explainable::Units(_),
            _,
        ) => Vec::new(),
    }
}

fn part(Component { kind, label, measure }: &Component) -> PartView {
    match measure {
        Measure::Money(amount) => PartView::of_money(kind, label.clone(), *amount),
        Measure::Units(units) => PartView::of_units(kind, label.clone(), *units),
    }
}

fn asked(request: &Request) -> Result<Asked, Problem> {
    let text = request.query.get("field").map(String::as_str).unwrap_or_default();
    let question = match text {
        "state" => Question::State,
        "access" => Question::Access,
        "outstanding" => Question::Outstanding,
        "credits" => Question::Credits,
        "prepaid_balance" => Question::PrepaidBalance,
        "upcoming" => return Ok(Asked::Upcoming),
        _ => match text.split_once(':') {
            Some(("usage", resource)) => Question::Usage(resource.to_owned()),
            Some(("invoice", id)) => {
                let id = InvoiceId::parse(id).map_err(|_| Problem::not_found("invoice"))?;
                Question::Invoice(id)
            }
            Some(_) | None => {
                let detail = "`state`, `access`, `outstanding`, `upcoming`, `credits`, \
                              `prepaid_balance`, `usage:` with a resource, or `invoice:` with an \
                              id is expected.";
                return Err(field("field", detail.to_owned()));
            }
        },
    };
    Ok(Asked::Plain(question))
}
