//! Failures of commands as problems: the status and code of each refusal. Its sentence comes from
//! `messages`.

use std::convert::Infallible;
use std::fmt::{Debug, Display};

use accounts_commands::Failure;
use billing::api_key::KeyRefusal;
use billing::cancellation::BlockerRefusal;
use billing::details::DetailsRefusal;
use billing::explain::Reason;
use billing::family::FamilyRefusal;
use billing::ids::AccountId;
use billing::member::MemberRefusal;
use billing::opening::{Left, OpeningRefusal, RefusedField};
use billing::state::State;
use invocation::{Class, Classified};
use queue::SendError;
use runtime::Problem;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use store::StoreError;
use stripe_client::StripeError;
use stripe_sync::Interrupted;
use tracing::{error, warn};

use crate::LANGUAGE;

/// The problem that a failure is; logged here, once. `refused` answers what the rules refuse.
pub(crate) fn failed<R: Debug + Display>(
    failure: Failure<R>,
    account: &AccountId,
    refused: impl FnOnce(R) -> Problem,
) -> Problem {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::NoAccount(_) => Problem::not_found("account"),
        Failure::Unknown(what) => Problem::not_found(what),
        Failure::Store(StoreError::Conflict) | Failure::NoEntropy(_) => Problem::unavailable(),
        Failure::Store(error) => auth::problem(&error),
        Failure::Stripe { error, left } => unanswered(&error, left, account),
        Failure::OutOfTime => {
            warn!(account.id = %account,
                "not all that the customer of {account} has at Stripe is read yet");
            later(Left::Unread, account)
        }
        Failure::Unapplied(unapplied) => {
            error!(account.id = %account, reason = %unapplied,
                "could not apply a fact: {unapplied}");
            if unapplied.is_transient() { Problem::unavailable() } else { Problem::internal() }
        }
        Failure::NotLeased(why) => Problem::not_leased(why),
        Failure::Missing(what) => {
            error!(account.id = %account, "could not go on: {what} does not exist");
            Problem::internal()
        }
        Failure::TooLarge(too_large) => {
            error!(account.id = %account, reason = %too_large, "could not add up: {too_large}");
            Problem::internal()
        }
    }
}

/// The problem of a list of accounts that was not read; logged here, once.
pub(crate) fn listing_failed(failure: Failure<Infallible>) -> Problem {
    match failure {
        Failure::Store(error) => auth::problem(&error),
        Failure::Refused(_)
        | Failure::NoAccount(_)
        | Failure::Unknown(_)
        | Failure::Stripe { .. }
        | Failure::Unapplied(_)
        | Failure::NotLeased(_)
        | Failure::Missing(_)
        | Failure::OutOfTime
        | Failure::NoEntropy(_)
        | Failure::TooLarge(_) => {
            error!(reason = %failure, "could not list accounts: {failure}");
            Problem::internal()
        }
    }
}

/// The problem of an account that is open, and not handed to collections yet: the same request does
/// it.
pub(crate) fn not_handed_on(error: &SendError, account: &AccountId) -> Problem {
    warn!(account.id = %account, reason = %error,
        "could not hand {account} to collections: {error}");
    Problem::unavailable()
}

/// The problem that a failure of an opening is: the same request goes on where this one stopped.
pub(crate) fn not_opened(failure: Failure<OpeningRefusal>, account: &AccountId) -> Problem {
    match failure {
        Failure::Store(StoreError::Conflict) => Interrupted::again(),
        Failure::Store(error) => {
            error!(account.id = %account, reason = %error,
                "could not go on with a request: {error}");
            if error.is_transient() { Interrupted::again() } else { Problem::internal() }
        }
        Failure::Refused(_)
        | Failure::NoAccount(_)
        | Failure::Unknown(_)
        | Failure::Stripe { .. }
        | Failure::Unapplied(_)
        | Failure::NotLeased(_)
        | Failure::Missing(_)
        | Failure::OutOfTime
        | Failure::NoEntropy(_)
        | Failure::TooLarge(_) => failed(failure, account, |it| opening_refused(&it)),
    }
}

fn opening_refused(refusal: &OpeningRefusal) -> Problem {
    let detail = LANGUAGE.opening_refused(refusal);
    match refusal {
        OpeningRefusal::Exists(_) => Problem::new(409, "account_exists", detail),
        OpeningRefusal::AlreadyLinked(_) => Problem::new(409, "customer_already_linked", detail),
        OpeningRefusal::KeyReused => Problem::new(409, "idempotency_key_reused", detail),
        OpeningRefusal::UnknownCustomer(_) => field("stripe_customer_id", detail),
        OpeningRefusal::Family(refusal) => family_refused(refusal),
        OpeningRefusal::ByStripe(refused) => refused_by_stripe(refused),
    }
}

pub(crate) fn family_refused(refusal: &FamilyRefusal) -> Problem {
    let messages::Wording { detail, clears_by } = LANGUAGE.family_refused(refusal);
    let text = || detail.clone();
    let problem = match refusal {
        FamilyRefusal::NotAParent => Problem::new(409, "not_a_parent", text()),
        FamilyRefusal::Unknown => return Problem::not_found("sub-account"),
        FamilyRefusal::TooMany(_) => Problem::new(409, "too_many_sub_accounts", text()),
        FamilyRefusal::TooFast(_) => return Problem::new(429, "rate_limited", text()),
        FamilyRefusal::ModelBooked(_) => Problem::new(409, "billing_model_booked", text()),
        FamilyRefusal::ChangeBooked => Problem::new(409, "subscription_change_booked", text()),
        FamilyRefusal::Closed(State::Terminated) => Problem::new(409, "account_terminated", text()),
        FamilyRefusal::Closed(
            State::Canceled | State::Disabled | State::Restricted | State::PastDue | State::Active,
        ) => Problem::new(409, "account_canceled", text()),
    };
    let code = problem.code.to_owned();
    Problem { reasons: vec![Reason::new(&code, detail, clears_by)], ..problem }
}

pub(crate) fn details_refused(refusal: &DetailsRefusal) -> Problem {
    let detail = LANGUAGE.details_refused(refusal);
    match refusal {
        DetailsRefusal::Incomplete => Problem::new(409, "account_incomplete", detail),
        DetailsRefusal::CustomerDeleted => Problem::new(409, "customer_deleted", detail),
        DetailsRefusal::ByStripe(refused) => refused_by_stripe(refused),
    }
}

pub(crate) fn member_refused(refusal: MemberRefusal) -> Problem {
    let messages::Wording { detail, clears_by } = LANGUAGE.member_refused(refusal);
    match refusal {
        MemberRefusal::LastAdministrator(_) => {
            let reasons = vec![Reason::new("last_administrator", detail.clone(), clears_by)];
            Problem { reasons, ..Problem::new(409, "last_administrator", detail) }
        }
        MemberRefusal::TooMany => Problem::new(409, "too_many_members", detail),
        MemberRefusal::StillMember => {
            let reasons = vec![Reason::new("member_not_removed", detail.clone(), clears_by)];
            Problem { reasons, ..Problem::new(409, "member_not_removed", detail) }
        }
        MemberRefusal::Unknown => Problem::new(404, "not_found", detail),
    }
}

pub(crate) fn blocker_refused(refusal: BlockerRefusal) -> Problem {
    let detail = LANGUAGE.blocker_refused(refusal);
    match refusal {
        BlockerRefusal::TooMany => Problem::new(409, "too_many_blockers", detail),
    }
}

pub(crate) fn key_refused(refusal: &KeyRefusal) -> Problem {
    let detail = LANGUAGE.key_refused(refusal);
    match refusal {
        KeyRefusal::SecretAlreadyShown(_) => Problem::new(409, "secret_already_shown", detail),
        KeyRefusal::TooMany => Problem::new(409, "too_many_keys", detail),
        KeyRefusal::IdempotencyKeyReused => Problem::new(409, "idempotency_key_reused", detail),
        KeyRefusal::Unknown => Problem::new(404, "not_found", detail),
    }
}

/// 422 on one field.
pub(crate) fn field(name: &str, detail: String) -> Problem {
    Problem::invalid_field(FieldProblem::invalid(name, detail))
}

/// 422, in Stripe's words.
fn refused_by_stripe(refused: &RefusedField) -> Problem {
    let detail = LANGUAGE.refused_by_stripe(refused);
    match &refused.field {
        None => Problem::new(422, "refused_by_stripe", detail),
        Some(name) => field(name, detail),
    }
}

fn unanswered(error: &StripeError, left: Left, account: &AccountId) -> Problem {
    match error.class() {
        Class::Operator => {
            let alarm = alarm::NOT_CALLABLE;
            error!(alarm, account.id = %account, reason = %error,
                "Stripe cannot be called: {error}");
        }
        Class::Conflict | Class::Retry => {
            warn!(account.id = %account, reason = %error, "Stripe did not answer: {error}");
        }
        Class::Never => {
            error!(account.id = %account, reason = %error,
                "Stripe's answer is of no use: {error}");
            return Problem::internal();
        }
    }
    later(left, account)
}

/// 503: the same request goes on where this one stopped.
fn later(left: Left, account: &AccountId) -> Problem {
    Problem::new(503, "stripe_unavailable", LANGUAGE.stripe_unanswered(left, account))
}
