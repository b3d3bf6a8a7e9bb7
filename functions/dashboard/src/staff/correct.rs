//! Corrections that staff make on the desk.

use billing::ids::AccountId;
use billing::usage::correction::{CorrectionRefusal, CorrectionRequest};
use invocation::Invocation;
use messages::page::Refusal;
use runtime::Problem;
use usage_commands::{Corrections, NotCorrected};

use crate::problem::{field, of};
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    /// Resources whose counted usage can be corrected, with their names: those that deductions of
    /// credits do not meter.
    pub(super) fn correctable_resources(&self) -> Vec<(String, String)> {
        let deducted = self.catalog.credit_resource().map(|resource| resource.id.clone());
        let resources = self.catalog.resources.iter();
        let resources = resources.filter(|it| Some(&it.id) != deducted.as_ref());
        resources.map(|it| (it.id.clone(), it.name.clone())).collect()
    }

    pub(super) async fn correct_usage(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &CorrectionRequest,
    ) -> Result<(), Problem> {
        let command = Corrections { store: &self.store, catalog: &self.catalog };
        let corrected = Box::pin(command.correct(invocation, account, request)).await;
        corrected.map(drop).map_err(|error| not_corrected(error, account))
    }
}

fn not_corrected(error: NotCorrected, account: &AccountId) -> Problem {
    let refusal = match error {
        NotCorrected::NoAccount => return Problem::not_found("account"),
        NotCorrected::Store(error) => return auth::problem(&error),
        NotCorrected::Refused(refusal) => refusal,
    };
    let detail = LANGUAGE.correction_refused(&refusal, account).detail;
    match refusal {
        CorrectionRefusal::UnknownResource | CorrectionRefusal::MeteredByDeductions => {
            field("resource", detail)
        }
        CorrectionRefusal::NotBegun => field("period", detail),
        CorrectionRefusal::DayOutside | CorrectionRefusal::DayOfGauge => field("day", detail),
        CorrectionRefusal::BeyondCounted { .. } | CorrectionRefusal::OverLimit { .. } => {
            field("quantity", detail)
        }
        CorrectionRefusal::OtherContent => of(409, "idempotency_key_reused", &Refusal::FormReused),
        CorrectionRefusal::Moving => Problem::unavailable(),
        CorrectionRefusal::ParentAccount => Problem::new(409, "parent_account", detail),
        CorrectionRefusal::Invoiced(_) => Problem::new(409, "month_invoiced", detail),
        CorrectionRefusal::Closed => Problem::new(409, "month_closed", detail),
    }
}
