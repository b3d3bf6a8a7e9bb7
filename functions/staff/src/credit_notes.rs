//! `POST /v1/staff/accounts/{id}/credit-notes`: a credit note on a finalized invoice (F3, E4).

use billing::crediting::NoteRefusal;
use billing::explain::Reason;
use billing::ids::AccountId;
use invocation::Invocation;
use payments_commands::{CreditNotes, GivenFields, GivenLine};
use runtime::input::{body, other_content};
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use runtime::{Problem, Request, Response};
use stripe_sync::Interrupted;
use views::corrections::GivenNoteView;
use views::requests::staff::{CreditLine, GiveCreditNote};

use crate::Staff;
use crate::corrections::{LANGUAGE, id};

impl Staff {
    pub(crate) async fn give_credit_note(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (plans, store) = (&self.plans, self.plans.store());
        let none = |_: &_| Vec::new();
        let (account, _) = auth::writer_of_account(invocation, store, request, none).await?;
        let id = id(request, "note", invocation)?;
        let wanted = given(body(request)?).checked(id)?;
        invocation.acts_because(&wanted.reason);

        let command = CreditNotes { store, stripe: plans.stripe(), facts: plans.facts() };
        let given = Box::pin(command.give(invocation, &account, &wanted)).await;
        let given = given.map_err(|stopped| not_given(stopped, &account))?;

        let view = GivenNoteView::of(&given.note, &given.invoice);
        Ok(Response::json(201, &view.ok_or_else(Problem::internal)?))
    }
}

fn given(body: GiveCreditNote) -> GivenFields {
    let GiveCreditNote { invoice, amount, lines, reason, after_payment, memo } = body;
    let line = |CreditLine { line, amount }| GivenLine { line, amount };
    let lines = lines.map(|lines| lines.into_iter().map(line).collect());
    GivenFields { invoice, amount, lines, reason, after_payment, memo }
}

fn not_given(stopped: Interrupted<NoteRefusal>, account: &AccountId) -> Problem {
    let stopped = stopped.map_refused(|refusal| refused(&refusal));
    stopped.problem(account, alarm::NOT_CALLABLE).unwrap_or_else(
        |error| match stripe_sync::refusal(&error, account, alarm::NOT_CALLABLE) {
            Ok(refusal) => stripe_sync::refused_by_stripe(refusal),
            Err(problem) => problem,
        },
    )
}

fn refused(refusal: &NoteRefusal) -> Problem {
    let wording = LANGUAGE.note_refused(refusal);
    let (status, code) = match refusal {
        NoteRefusal::UnknownInvoice => return wrong("invoice", wording.detail),
        NoteRefusal::OtherCurrency(_) => return wrong("amount.currency", wording.detail),
        NoteRefusal::UnknownLine(_)
        | NoteRefusal::AboveLine(_)
        | NoteRefusal::DiscountedLine(_) => return wrong("lines", wording.detail),
        NoteRefusal::KeyReused => return other_content(),
        NoteRefusal::NotCreditable(_) => (409, "invoice_not_creditable"),
        NoteRefusal::PaymentInProgress => (409, "payment_in_progress"),
        NoteRefusal::AboveCreditable(_) => (409, "above_creditable"),
        NoteRefusal::ByStripe(_) => (409, "refused_by_stripe"),
    };
    let reason = Reason::new(code, wording.detail.clone(), wording.clears_by);
    Problem { reasons: vec![reason], ..Problem::new(status, code, wording.detail) }
}

fn wrong(field: &str, detail: String) -> Problem {
    Problem::invalid_field(FieldProblem::invalid(field, detail))
}
