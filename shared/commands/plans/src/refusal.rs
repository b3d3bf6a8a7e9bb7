//! Refusals of a command, as problems of the API.

use billing::account::Standing;
use billing::decline::{Refusal, shown};
use billing::explain::{Reason, reasons};
use billing::plan_change::Refused;
use billing::resumption::paused;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::Problem;
use runtime::problem::FieldProblem;
use stripe_client::preview::NotPaid;

/// 409 for an account that is closed or disabled, with what would clear it; none for any other.
pub(crate) fn closed(standing: &Standing, now: Timestamp, refused: &str) -> Option<Problem> {
    let state = standing.state_at(now);
    let code = state.refusal_code()?;
    let detail = format!("The account is {}: its {refused}.", state.word());
    Some(Problem { reasons: reasons(standing, now), ..Problem::new(409, code, detail) })
}

/// Reason why an account cannot change its subscription so.
pub(crate) fn refused(refused: &Refused, standing: &Standing, now: Timestamp) -> Problem {
    match refused {
        Refused::Fields(fields) => {
            let fields = fields.iter().map(|(name, detail)| field(name, detail));
            Problem::invalid(fields.collect())
        }
        Refused::Ends(at) => {
            let detail = format!(
                "The subscription ends on {at}: nothing can be booked behind that. Resume it first."
            );
            Problem::new(409, "subscription_ends", detail)
        }
        Refused::PausedByVendor => is_paused(standing),
        Refused::State(_) => {
            let problem = closed(standing, now, "subscription cannot be changed");
            problem.unwrap_or_else(Problem::internal)
        }
    }
}

/// 409: the request that opened the account did not get as far as Stripe.
pub(crate) fn incomplete() -> Problem {
    let detail =
        "The account has no customer at Stripe yet: the request that opened it is to be repeated.";
    Problem::new(409, "account_incomplete", detail)
}

/// 409: there is nothing to cancel or to resume.
pub(crate) fn no_subscription(verb: &str) -> Problem {
    let detail = format!("The account has no subscription to {verb}.");
    Problem::new(409, "no_subscription", detail)
}

/// 409: the subscription is paused, with the reason and what resumes it.
pub(crate) fn is_paused(standing: &Standing) -> Problem {
    let reasons: Vec<Reason> = standing.live_subscription().and_then(paused).into_iter().collect();
    let detail = reasons.first().map(|reason| reason.detail.clone()).unwrap_or_default();
    Problem { reasons, ..Problem::new(409, "subscription_paused", detail) }
}

/// 402: the subscription stays paused, because it is not paid for.
pub(crate) fn not_resumed(not_paid: &NotPaid) -> Problem {
    let code = declined_code(not_paid);
    let said = not_paid.message.as_deref().map_or("The payment was not made.", str::trim);
    let detail = format!("The subscription stays paused. {said}");
    let clears_by = match not_paid.hosted_invoice_url.as_deref().filter(|_| not_paid.needs_action) {
        Some(url) => format!("Completing the payment at {url}"),
        None => "A payment method on file that can be charged.".to_owned(),
    };
    let reason = Reason::new(code, detail.clone(), clears_by);
    Problem { reasons: vec![reason], ..Problem::new(402, code, detail) }
}

/// 409 for a plan that staff set while the subscription ends.
pub(crate) fn ends() -> Problem {
    let detail = "The subscription ends with its period. Resume it first.";
    Problem::new(409, "subscription_ends", detail)
}

/// 402: nothing on file, and nothing was done.
pub(crate) fn no_payment_method() -> Problem {
    let detail = "The customer has no payment method on file, so the first invoice could not be charged. \
                  Nothing changed. Let the customer add one in the billing portal, or set `collection` to `manual`.";
    Problem::new(402, "payment_method_required", detail)
}

/// 409: the account is to be charged, because nobody negotiated otherwise (A17).
pub(crate) fn manual_refused() -> Problem {
    let detail = "Invoices are sent only to accounts with a negotiated plan, to partners, and to accounts that pay \
                  upfront. Nothing changed. Set such a plan or the partner mark first, or say `upfront`.";
    Problem::new(409, "manual_collection_refused", detail)
}

pub(crate) fn field(field: &str, detail: &str) -> FieldProblem {
    FieldProblem::invalid(field, detail)
}

/// Code of the problem when a change was not paid for.
pub fn declined_code(not_paid: &NotPaid) -> &'static str {
    shown(match not_paid.code.as_deref() {
        _ if not_paid.needs_action => Refusal::NeedsAction,
        None => Refusal::Untried,
        Some(code) => Refusal::Code(code),
    })
}
