//! What is said to the caller, and to us, when Stripe did not do what was asked.

use apply::ApplyError;
use auth::problem;
use billing::ids::AccountId;
use billing::profile::Profile;
use billing::refusal::Refusal;
use invocation::Class;
use invocation::Classified;
use runtime::Problem;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_requests::CallError;
use stripe_requests::request::NewCustomer;
use stripe_sync::SyncError;
use tracing::{error, warn};

/// What is left behind when Stripe could not be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// An account that waits for its customer, or for what its customer has.
    Begun,
    /// A part of what was asked for.
    Part,
}

/// The customer of an account, as it is made at Stripe. It is read from what was committed, never from a
/// request: what Stripe is asked under one key must not differ.
pub(crate) fn new_customer<'a>(profile: &'a Profile, intent: &'a str) -> NewCustomer<'a> {
    NewCustomer {
        account: &profile.account,
        intent,
        name: &profile.name,
        email: profile.details.email.as_deref(),
        country: profile.details.address.country.as_deref(),
    }
}

/// Whether Stripe would only repeat this answer under the same key: it failed itself, or takes the key for
/// another request's.
pub(crate) fn would_be_repeated(error: &StripeError) -> bool {
    match error {
        StripeError::Call(CallError::Failed(_)) => true,
        StripeError::Call(CallError::Refused(refusal)) => {
            refusal.kind.as_deref() == Some("idempotency_error")
        }
        StripeError::Call(
            CallError::NoAnswer(_)
            | CallError::Busy(_)
            | CallError::Unauthorised(_)
            | CallError::Unreadable(_),
        )
        | StripeError::Key(_)
        | StripeError::Unreadable { .. }
        | StripeError::NotPushed(_) => false,
    }
}

/// 422 when Stripe refuses a field of the customer, in Stripe's own words.
pub(crate) fn refusal(error: &StripeError) -> Option<Problem> {
    let StripeError::Call(CallError::Refused(refusal)) = error else { return None };
    warn!(reason = %refusal, "Stripe refused to make a customer: {refusal}");
    refusal_of(error, |param| match param {
        "address[country]" => Some("country".to_owned()),
        "email" | "name" => Some(param.to_owned()),
        _ => None,
    })
}

/// 422 when Stripe refuses, in its own words, on the field that its parameter is.
pub(crate) fn refusal_of(
    error: &StripeError,
    field_of: impl Fn(&str) -> Option<String>,
) -> Option<Problem> {
    let StripeError::Call(CallError::Refused(refusal)) = error else { return None };
    let message = refusal.message.as_deref().unwrap_or("it does not say why");
    let detail = format!("Stripe refuses this: {message}");
    Some(match refusal.param.as_deref().and_then(field_of) {
        None => Problem::new(422, "refused_by_stripe", detail),
        Some(field) => Problem::invalid(vec![FieldProblem { field, detail }]),
    })
}

/// What is answered when what was changed at Stripe could not be read back.
pub(crate) fn unsynced(error: &SyncError, account: &AccountId) -> Problem {
    match error {
        SyncError::Stripe(error) => unasked(error, account, Left::Part),
        SyncError::Apply(error) => unsettled(error, account),
        SyncError::Store(error) => problem(error),
        SyncError::Missing(_) => {
            error!(account.id = %account, reason = %error, "could not read back: {error}");
            Problem::internal()
        }
    }
}

/// What is answered when Stripe could not be asked; logged here, once.
pub(crate) fn unasked(error: &StripeError, account: &AccountId, left: Left) -> Problem {
    if error.class() == Class::Operator {
        let name = alarm::NOT_CALLABLE;
        error!(alarm = name, account.id = %account, reason = %error, "Stripe can not be called: {error}");
    } else if error.is_transient() {
        warn!(account.id = %account, reason = %error, "Stripe could not be asked: {error}");
    } else {
        error!(account.id = %account, reason = %error, "Stripe's answer is of no use: {error}");
        return Problem::internal();
    }
    match left {
        Left::Nothing => later("Nothing was done.", account),
        Left::Part => {
            let detail = "Stripe could not be asked just now. A part of it may be done; please send the same \
                          request again, which does the rest.";
            Problem::new(503, "stripe_unavailable", detail)
        }
        Left::Begun => later(&format!("Account `{account}` exists and is not complete."), account),
    }
}

/// What is answered when the time is up.
pub(crate) fn unfinished(account: &AccountId) -> Problem {
    warn!(account.id = %account, "not all that the customer of {account} has at Stripe is read yet");
    later("Not all that the customer has at Stripe could be read in time.", account)
}

/// What is answered when a fact could not be settled.
pub(crate) fn unsettled(unsettled: &ApplyError, account: &AccountId) -> Problem {
    error!(account.id = %account, reason = %unsettled, "could not settle a fact: {unsettled}");
    if unsettled.is_transient() { Problem::unavailable() } else { Problem::internal() }
}

/// A fact that contradicts the books: kept in the journal, and a person is told.
pub(crate) fn tell_refused(account: &AccountId, about: &str, refusal: &Refusal) {
    let name = alarm::FACT_REFUSED;
    error!(alarm = name, account.id = %account, reason = %refusal,
        "refused what Stripe says of {about} of account {account}: {refusal}");
}

/// 503: the same request goes on where this one stopped.
fn later(done: &str, account: &AccountId) -> Problem {
    let detail = format!(
        "Stripe could not be asked just now. {done} Please send the same request again (with `id` \
         `{account}`, or with the same Idempotency-Key): it goes on where this one stopped, and does \
         nothing twice."
    );
    Problem::new(503, "stripe_unavailable", detail)
}
