//! What is said to the caller when something is not done.

use billing::account::Standing;
use billing::credits::recharge::Verdict;
use billing::credits::reservation::NotHeld;
use billing::credits::{Books, Short};
use billing::explain::{Reason, reasons};
use billing::ids::AccountId;
use billing::money::Money;
use billing::month::Month;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::Problem;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::error;

/// 409 unless the account may use what it has: a disabled or closed one may not (C10).
pub(crate) fn closed(standing: &Standing, now: Timestamp) -> Result<(), Problem> {
    let state = standing.state_at(now);
    let code = match state {
        State::Terminated => "account_terminated",
        State::Canceled => "account_canceled",
        State::Disabled => "account_disabled",
        State::Restricted | State::PastDue | State::Active => return Ok(()),
    };
    let detail =
        format!("The account is {}: its credits can not be used. Nothing is lost.", state.word());
    Err(Problem { reasons: reasons(standing, now), ..Problem::new(409, code, detail) })
}

/// 402: neither what is included nor credits cover it, and nothing was taken (D12).
pub(crate) fn insufficient(short: &Short, books: &Books, tokens: i64, now: Timestamp) -> Problem {
    let Short { included, available, change } = short;
    let month = Month::of(now);
    let detail = format!(
        "{tokens} tokens are needed. {included} are left of what the plan includes in {month}, and {available} credits are \
         available. Nothing was taken."
    );
    let charged = change.as_ref().is_some_and(|change| change.purchase.is_some());
    let clears_by = match books.verdict(*available, now) {
        _ if charged => {
            "Auto-recharge is buying a pack right now: try again in a moment.".to_owned()
        }
        Verdict::Charging => {
            "Auto-recharge is buying a pack right now: try again in a moment.".to_owned()
        }
        Verdict::Waits(at) => format!("Buying a pack; auto-recharge tries again on {at}."),
        Verdict::Paused => "Buying a pack, or what lets auto-recharge go on.".to_owned(),
        Verdict::OverLimit => format!(
            "Buying a pack, a higher spending limit, or the next month, on {}.",
            month.end()
        ),
        Verdict::Off | Verdict::Held | Verdict::Enough | Verdict::Buy => {
            format!(
                "Buying a pack, a plan that includes more, or the next month, on {}.",
                month.end()
            )
        }
    };
    let code = "insufficient_credits";
    let reason = Reason { code: code.to_owned(), detail: detail.clone(), clears_by };
    Problem { reasons: vec![reason], ..Problem::new(402, code, detail) }
}

/// 409: why a reservation can not be ended so.
pub(crate) fn not_held(why: NotHeld) -> Problem {
    let (code, detail) = match why {
        NotHeld::Expired => (
            "reservation_expired",
            "The reservation's time is over: it holds nothing any more. Take the tokens by a deduction.",
        ),
        NotHeld::Settled => (
            "reservation_settled",
            "The reservation was settled before, at another number of tokens.",
        ),
        NotHeld::Released => {
            ("reservation_released", "The reservation was released: it holds nothing any more.")
        }
        NotHeld::HoldsLess => (
            "more_than_reserved",
            "The reservation holds fewer tokens. Settle it at what it holds, and take the rest by a deduction.",
        ),
    };
    Problem::new(409, code, detail)
}

/// Answer to a request that was interrupted, logged once.
pub(crate) fn ended(interrupted: Interrupted, account: &AccountId) -> Problem {
    let refused = interrupted.problem(account, alarm::NOT_CALLABLE);
    refused.unwrap_or_else(|error| unasked(&error, account))
}

/// What is answered when Stripe could not be asked, or refused; logged here, once.
pub(crate) fn unasked(error: &StripeError, account: &AccountId) -> Problem {
    let refusal = match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Ok(refusal) => refusal,
        Err(problem) => return problem,
    };
    error!(account.id = %account, reason = %refusal, "Stripe refused to sell credits: {refusal}");
    refused_by_stripe(refusal)
}

/// A refusal of fields under the code of the first of them: programs tell them apart, and people read the fields.
pub(crate) fn coded(refusal: Problem) -> Problem {
    let first = refusal.fields.first().map(|field| field.field.as_str());
    let code = match first {
        Some("pack") => "unknown_pack",
        Some("threshold") => "invalid_threshold",
        Some("tokens") => "invalid_tokens",
        Some("spending_limit") => "invalid_spending_limit",
        Some("ttl_seconds") => "invalid_ttl",
        Some("reason") => "invalid_reason",
        Some(_) | None => refusal.code,
    };
    Problem { code, ..refusal }
}

/// 422: the limit is so low that auto-recharge could never buy.
pub(crate) fn below_price(price: Money) -> Problem {
    let detail =
        format!("The pack costs {price}: auto-recharge could never buy it within that limit.");
    let field = FieldProblem { field: "spending_limit".to_owned(), detail };
    Problem { code: "spending_limit_below_price", ..Problem::invalid(vec![field]) }
}
