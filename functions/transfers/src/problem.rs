//! Failures of commands as problems: the status and code of each refusal. Its sentence comes from
//! `messages`.

use billing::advice::TransferRefusal;
use billing::desk::GraceRefusal;
use billing::explain::Reason;
use billing::ids::AccountId;
use runtime::Problem;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::warn;
use transfers_commands::Failure;

use crate::LANGUAGE;

/// Answer to a request that ended before its end.
pub(crate) fn ended(failure: Failure, account: &AccountId) -> Problem {
    let stopped = failure.map_refused(|refusal| refused(&refusal));
    let error = match stopped.problem(account, alarm::NOT_CALLABLE) {
        Ok(problem) => return problem,
        Err(error) => error,
    };
    match stripe_sync::refusal(&error, account, alarm::NOT_CALLABLE) {
        Ok(refusal) => {
            warn!(account.id = %account, reason = %refusal,
                "Stripe refused what follows from a transfer: {refusal}");
            refused_by_stripe(refusal)
        }
        Err(problem) => problem,
    }
}

/// Answer to a grace that is not given.
pub(crate) fn ungraced(failure: Interrupted<GraceRefusal>, account: &AccountId) -> Problem {
    let stopped = failure.map_refused(|refusal| {
        let field = match refusal {
            GraceRefusal::NotAhead => "hold_until",
            GraceRefusal::Days => "days",
        };
        let detail = refusal.to_string();
        Problem::invalid(vec![FieldProblem::invalid(field, detail)])
    });
    stopped.problem(account, alarm::NOT_CALLABLE).unwrap_or_else(|_| Problem::internal())
}

/// 404.
pub(crate) fn unknown(what: &str) -> Problem {
    Problem::not_found(what)
}

fn refused(refusal: &TransferRefusal) -> Problem {
    let (status, code) = match refusal {
        TransferRefusal::UnknownInvoice(_)
        | TransferRefusal::OtherCurrency(_)
        | TransferRefusal::DatedAhead(_) => return wrong(refusal),
        TransferRefusal::Unknown => return unknown("payment advice or prepayment"),
        TransferRefusal::NotPayable(_) => (409, "invoice_not_payable"),
        TransferRefusal::ReferenceUsed(_) => (409, "reference_used"),
        TransferRefusal::TooMany => (409, "too_many_transfers"),
        TransferRefusal::Decided(_) => (409, "advice_decided"),
        TransferRefusal::NotApproved(_) => (409, "advice_not_approved"),
        TransferRefusal::PaymentInProgress(_) | TransferRefusal::OnItsWay => {
            (409, "payment_in_progress")
        }
        TransferRefusal::KeyReused => (409, "idempotency_key_reused"),
        TransferRefusal::UsedUp => (409, "prepayment_used_up"),
        TransferRefusal::NoCustomer => (409, "account_incomplete"),
    };
    let wording = LANGUAGE.transfer_refused(refusal);
    let (detail, clears_by) = (wording.detail, wording.clears_by);
    let reason = Reason::new(code, detail.clone(), clears_by);
    Problem { reasons: vec![reason], ..Problem::new(status, code, detail) }
}

/// 422: a field that only the books show to be wrong.
fn wrong(refusal: &TransferRefusal) -> Problem {
    let field = match refusal {
        TransferRefusal::OtherCurrency(_) => "amount.currency",
        TransferRefusal::DatedAhead(_) => "paid_on",
        TransferRefusal::UnknownInvoice(_)
        | TransferRefusal::Unknown
        | TransferRefusal::NotPayable(_)
        | TransferRefusal::ReferenceUsed(_)
        | TransferRefusal::TooMany
        | TransferRefusal::Decided(_)
        | TransferRefusal::NotApproved(_)
        | TransferRefusal::OnItsWay
        | TransferRefusal::PaymentInProgress(_)
        | TransferRefusal::KeyReused
        | TransferRefusal::UsedUp
        | TransferRefusal::NoCustomer => "invoices",
    };
    let detail = LANGUAGE.transfer_refused(refusal).detail;
    Problem::invalid(vec![FieldProblem::invalid(field, detail)])
}
