//! Answers to requests that did nothing: the only place where refusals of commands get a status, a
//! code and words.

use billing::credits::recharge::Verdict;
use billing::credits::reservation::NotHeld;
use billing::explain::Reason;
use billing::ids::AccountId;
use billing::money::Money;
use billing::state::State;
use billing::words::Word;
use credits_commands::{Insufficient, Refused};
use runtime::Problem;
use runtime::input::other_content;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::error;

/// Answer to a command that did not succeed, logged once.
pub(crate) fn ended(interrupted: Interrupted<Refused>, account: &AccountId) -> Problem {
    let interrupted = interrupted.map_refused(|refused| problem(refused, account));
    let answer = interrupted.problem(account, alarm::NOT_CALLABLE);
    answer.unwrap_or_else(|error| refused_at_stripe(&error, account))
}

fn refused_at_stripe(error: &StripeError, account: &AccountId) -> Problem {
    let refusal = match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Ok(refusal) => refusal,
        Err(problem) => return problem,
    };
    error!(account.id = %account, reason = %refusal, "Stripe refused to sell credits: {refusal}");
    refused_by_stripe(refusal)
}

fn problem(refused: Refused, account: &AccountId) -> Problem {
    match refused {
        Refused::NotFound(what) => Problem::not_found(what),
        Refused::OtherContent => other_content(),
        Refused::Closed { state, reasons } => Problem { reasons, ..closed(state) },
        Refused::Insufficient(insufficient) => insufficient_credits(&insufficient),
        Refused::MoreThanAvailable { available } => {
            let detail = format!("Only {available} credits are available: more cannot be removed.");
            Problem::new(409, "insufficient_credits", detail)
        }
        Refused::NotHeld(why) => not_held(why),
        Refused::LimitBelowPrice(price) => below_price(price),
        Refused::NoCustomer => {
            let detail = "The account has no customer at Stripe yet: the request that opened it is to be repeated.";
            Problem::new(409, "account_incomplete", detail)
        }
        Refused::PriceDiffers { .. } => {
            error!(alarm = alarm::NOT_CALLABLE, account.id = %account, "{refused}: push the catalog");
            Problem::internal()
        }
        Refused::NotASession | Refused::NoId => {
            error!(account.id = %account, "could not go on with a request: {refused}");
            Problem::internal()
        }
    }
}

/// 409: a disabled or closed account may not use what it has (C10).
fn closed(state: State) -> Problem {
    let detail =
        format!("The account is {}: its credits cannot be used. Nothing is lost.", state.word());
    Problem::new(409, state.refusal_code().unwrap_or("account_disabled"), detail)
}

/// 402: neither what is included nor credits cover it, and nothing was taken (D12).
fn insufficient_credits(insufficient: &Insufficient) -> Problem {
    let Insufficient { tokens, month, included, available, recharge } = insufficient;
    let detail = format!(
        "{tokens} tokens are needed. {included} are left of what the plan includes in {month}, and {available} credits are \
         available. Nothing was taken."
    );
    let clears_by = match recharge {
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
    let reason = Reason::new(code, detail.clone(), clears_by);
    Problem { reasons: vec![reason], ..Problem::new(402, code, detail) }
}

/// 409: why a reservation cannot be ended so.
fn not_held(why: NotHeld) -> Problem {
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

/// A refusal of fields under the code of the first of them: programs compare the code, and people
/// read the fields.
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
fn below_price(price: Money) -> Problem {
    let detail =
        format!("The pack costs {price}: auto-recharge could never buy it within that limit.");
    let field = FieldProblem::out_of_range("spending_limit", detail);
    Problem { code: "spending_limit_below_price", ..Problem::invalid_field(field) }
}
