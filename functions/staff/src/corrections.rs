//! `POST /v1/staff/accounts/{id}/usage-corrections`: counted usage, corrected before its month is
//! invoiced (F3).

use billing::explain::Reason;
use billing::ids::AccountId;
use billing::usage::correction::{CorrectionRefusal, CorrectionRequest};
use invocation::Invocation;
use messages::Language;
use runtime::input::{body, idempotency, other_content};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use usage_commands::{Corrections, GivenCorrection, NotCorrected};
use views::corrections::CorrectionView;
use views::requests::staff::CorrectUsage;

use crate::Staff;

/// Language of every sentence.
pub(crate) const LANGUAGE: Language = Language::English;
/// Characters of a fingerprint in an id.
const ID_CHARACTERS: usize = 32;

impl Staff {
    pub(crate) async fn correct_usage(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let store = self.plans.store();
        let none = |_: &_| Vec::new();
        let (account, _) = auth::writer_of_account(invocation, store, request, none).await?;
        let wanted = wanted(request, invocation)?;
        invocation.acts_because(&wanted.reason);

        let command = Corrections { store, catalog: self.plans.catalog() };
        let corrected = command.correct(invocation, &account, &wanted).await;
        let correction = corrected.map_err(|error| not_corrected(error, &account))?;

        Ok(Response::json(201, &CorrectionView::from(&correction)))
    }
}

fn wanted(request: &Request, invocation: &Invocation) -> Result<CorrectionRequest, Problem> {
    let id = id(request, "cor", invocation)?;
    let CorrectUsage { period, resource, quantity, reason, day } = body(request)?;
    let given = GivenCorrection { period, resource, quantity, reason, day };
    given.checked((id, invocation.actor_id()))
}

/// Id of what a request makes, of its Idempotency-Key: without one a repeat would do it again.
pub(crate) fn id(
    request: &Request,
    prefix: &str,
    invocation: &Invocation,
) -> Result<String, Problem> {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let key = idempotency(request, account, invocation.now)?;
    let short = key.as_ref().and_then(|key| key.fingerprint.get(..ID_CHARACTERS));
    short.map(|short| format!("{prefix}_{short}")).ok_or_else(|| {
        let detail =
            "An Idempotency-Key header is needed, so that a repeated request does nothing twice.";
        Problem::new(422, "idempotency_key_missing", detail)
    })
}

fn not_corrected(error: NotCorrected, account: &AccountId) -> Problem {
    let refusal = match error {
        NotCorrected::NoAccount => return Problem::not_found("account"),
        NotCorrected::Store(error) => return auth::problem(&error),
        NotCorrected::Refused(refusal) => refusal,
    };
    let wording = LANGUAGE.correction_refused(&refusal, account);
    let (status, code) = match refusal {
        CorrectionRefusal::UnknownResource => return wrong("resource", wording.detail),
        CorrectionRefusal::NotBegun => return wrong("period", wording.detail),
        CorrectionRefusal::DayOutside | CorrectionRefusal::DayOfGauge => {
            return wrong("day", wording.detail);
        }
        CorrectionRefusal::OtherContent => return other_content(),
        CorrectionRefusal::Moving => return Problem::unavailable(),
        CorrectionRefusal::MeteredByDeductions => (409, "metered_by_deductions"),
        CorrectionRefusal::ParentAccount => (409, "parent_account"),
        CorrectionRefusal::BeyondCounted { .. } => (409, "beyond_counted"),
        CorrectionRefusal::OverLimit { .. } => (409, "over_limit"),
        CorrectionRefusal::Invoiced(_) => (409, "month_invoiced"),
        CorrectionRefusal::Closed => (409, "month_closed"),
    };
    let reason = Reason::new(code, wording.detail.clone(), wording.clears_by);
    Problem { reasons: vec![reason], ..Problem::new(status, code, wording.detail) }
}

fn wrong(field: &str, detail: String) -> Problem {
    Problem::invalid_field(FieldProblem::invalid(field, detail))
}
