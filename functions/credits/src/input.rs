//! Requests about credits, read and checked field by field.

use billing::credits::recharge::Settings;
use billing::credits::reservation::{HELD_SECONDS_MAX, HELD_SECONDS_MIN};
use billing::credits::{Offer, TOKENS_MAX};
use billing::month::Month;
use billing::time::Timestamp;
use catalog::Catalog;
use credits_commands::{ReturnUrls, WantedRecharge};
use invocation::Invocation;
use runtime::input::{Checks, NOT_PLAIN, body, idempotency, is_plain};
use runtime::origins::{NOT_AN_ORIGIN, Origins};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};
use views::requests::credits::{Adjust, BuyPack, Deduct, Reserve, SetRecharge, Settle};

use crate::problem::coded;

/// Longest reason, in characters.
pub(crate) const REASON_CHARACTERS_MAX: usize = 200;

/// Id of what a request makes: of its Idempotency-Key, so that it is made once, or drawn.
pub(crate) fn id(
    request: &Request,
    prefix: &str,
    invocation: &Invocation,
) -> Result<String, Problem> {
    if let Some(id) = keyed_id(request, prefix, invocation.now)? {
        return Ok(id);
    }
    let token = invocation.entropy.token().map_err(|_| Problem::internal())?;
    Ok(format!("{prefix}_{token}"))
}

/// Id of what a request makes, where nothing is done without an Idempotency-Key (D17).
pub(crate) fn required_id(
    request: &Request,
    prefix: &str,
    now: Timestamp,
) -> Result<String, Problem> {
    keyed_id(request, prefix, now)?.ok_or_else(|| {
        let detail =
            "An Idempotency-Key header is needed, so that a repeated request does nothing twice.";
        Problem::new(422, "idempotency_key_missing", detail)
    })
}

fn keyed_id(request: &Request, prefix: &str, now: Timestamp) -> Result<Option<String>, Problem> {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let key = idempotency(request, account, now)?;
    let short = |fingerprint: String| fingerprint.get(..32).map(str::to_owned);
    let id = key.and_then(|key| short(key.fingerprint));
    Ok(id.map(|id| format!("{prefix}_{id}")))
}

pub(crate) fn deduction(request: &Request) -> Result<Deduct, Problem> {
    let deduction: Deduct = body(request)?;
    let mut checks = Checks::default();
    check_tokens(&mut checks, deduction.tokens, 1);
    check_reason(&mut checks, deduction.reason.as_deref());
    checks.passed().map_err(coded)?;
    Ok(deduction)
}

pub(crate) fn adjustment(request: &Request) -> Result<Adjust, Problem> {
    let adjustment: Adjust = body(request)?;
    let Adjust { tokens, reason } = &adjustment;
    let mut checks = Checks::default();
    let fits = *tokens != 0 && (TOKENS_MAX.saturating_neg()..=TOKENS_MAX).contains(tokens);
    let detail = format!("A whole number other than 0, of at most {TOKENS_MAX}, is expected.");
    checks.expect_range(fits, "tokens", &detail);
    let detail = "A reason is expected, for the timeline.";
    checks.expect_range(!reason.trim().is_empty(), "reason", detail);
    check_reason(&mut checks, Some(reason));
    checks.passed().map_err(coded)?;
    Ok(adjustment)
}

pub(crate) fn reservation(request: &Request) -> Result<Reserve, Problem> {
    let reservation: Reserve = body(request)?;
    let Reserve { tokens, ttl_seconds } = &reservation;
    let mut checks = Checks::default();
    check_tokens(&mut checks, *tokens, 1);
    let detail = format!("From {HELD_SECONDS_MIN} to {HELD_SECONDS_MAX} seconds are expected.");
    let fits = (HELD_SECONDS_MIN..=HELD_SECONDS_MAX).contains(ttl_seconds);
    checks.expect_range(fits, "ttl_seconds", &detail);
    checks.passed().map_err(coded)?;
    Ok(reservation)
}

/// Tokens that a job took of a reservation.
pub(crate) fn settlement(request: &Request) -> Result<i64, Problem> {
    let Settle { tokens } = body(request)?;
    let mut checks = Checks::default();
    check_tokens(&mut checks, tokens, 0);
    checks.passed().map_err(coded)?;
    Ok(tokens)
}

pub(crate) fn settings(request: &Request, catalog: &Catalog) -> Result<Settings, Problem> {
    let SetRecharge { enabled, threshold, spending_limit, pack } = body(request)?;
    WantedRecharge { enabled, threshold, spending_limit, pack }.checked(catalog).map_err(coded)
}

/// The pack as it is sold now, and addresses within the allowed origins.
pub(crate) fn purchase(
    request: &Request,
    catalog: &Catalog,
    origins: &Origins,
) -> Result<(Offer, ReturnUrls), Problem> {
    let BuyPack { pack, success_url, cancel_url } = body(request)?;
    let mut checks = Checks::default();
    let pack = catalog.pack(&pack);
    checks.expect(pack.is_some(), "pack", "There is no such credit pack.");
    let mut url = |name: &str, given: Option<String>| match given {
        Some(url) if origins.allow(&url) => url,
        Some(_) => {
            checks.expect(false, name, NOT_AN_ORIGIN);
            String::new()
        }
        None => origins.first().unwrap_or_else(|| {
            checks.expect(false, name, "An address to go back to is expected.");
            String::new()
        }),
    };
    let success = url("success_url", success_url);
    let cancel = url("cancel_url", cancel_url);
    checks.passed().map_err(coded)?;
    let offer = pack.map(catalog::Pack::offer).ok_or_else(Problem::internal)?;
    Ok((offer, ReturnUrls { success, cancel }))
}

/// The month of a statement, if one is named.
pub(crate) fn period(request: &Request) -> Result<Option<Month>, Problem> {
    let Some(text) = request.query.get("period") else { return Ok(None) };
    let month = Month::parse(text);
    month.map(Some).map_err(|_| {
        let detail = "A month is expected, such as `2026-11`.";
        Problem::invalid_field(FieldProblem::invalid("period", detail))
    })
}

fn check_tokens(checks: &mut Checks, tokens: i64, least: i64) {
    let fits = (least..=TOKENS_MAX).contains(&tokens);
    let detail = format!("A whole number from {least} to {TOKENS_MAX} is expected.");
    checks.expect_range(fits, "tokens", &detail);
}

fn check_reason(checks: &mut Checks, reason: Option<&str>) {
    let fits = reason.is_none_or(|reason| reason.chars().count() <= REASON_CHARACTERS_MAX);
    let detail = format!("At most {REASON_CHARACTERS_MAX} characters are expected.");
    checks.expect_range(fits, "reason", &detail);
    checks.expect(reason.is_none_or(is_plain), "reason", NOT_PLAIN);
}
