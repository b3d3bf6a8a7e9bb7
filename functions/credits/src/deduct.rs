//! `POST /v1/accounts/{id}/credits/deductions`: tokens are taken, first from what is included, then from credits, or not at
//! all (D12, D17).

use auth::problem;
use billing::credits::ledger::LedgerEntry;
use billing::credits::{Change, Short, TOKENS_MAX, Wish};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::input::{Checks, body, idempotency, other_content};
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::keys;
use stripe_sync::Interrupted;
use tracing::info;

use crate::Credits;
use crate::books::{TRIES_MAX, Work};
use crate::problem::{coded, insufficient};

/// Longest reason, in characters.
pub(crate) const REASON_CHARACTERS_MAX: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    tokens: i64,
    #[serde(default)]
    reason: Option<String>,
}

/// A deduction as the contract shows it.
#[derive(Debug, Serialize)]
pub(crate) struct DeductionView {
    pub(crate) id: String,
    pub(crate) from_included: i64,
    pub(crate) from_credits: i64,
    pub(crate) balance: Option<i64>,
}

impl DeductionView {
    pub(crate) fn of(entry: &LedgerEntry) -> Self {
        Self {
            id: entry.id.clone(),
            from_included: entry.included,
            from_credits: entry.tokens.saturating_neg(),
            balance: entry.told,
        }
    }
}

impl Credits {
    pub(crate) async fn deduct(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = required_id(request, "ded", invocation.now);
        let key = |account: &AccountId| id.iter().map(|id| keys::credit(account, id)).collect();
        let mut work = self.work(invocation, request, key).await?;
        let id = id?;
        let Input { tokens, reason } = body(request)?;
        let mut checks = Checks::default();
        check_tokens(&mut checks, tokens, 1);
        check_reason(&mut checks, reason.as_deref());
        checks.passed().map_err(coded)?;
        let wish = Wish { id, tokens, reason };
        for tries in 1..=TRIES_MAX {
            if let Some(entry) = taken(&work)? {
                let same = entry.asked() == wish.tokens && entry.reason == wish.reason;
                return if same { Ok(shown(&entry)) } else { Err(other_content()) };
            }
            work.may_use()?;
            let deduction = match work.books.deduct(&wish, invocation.now) {
                Ok(deduction) => deduction,
                Err(short) => match self.refused(&mut work, &short, tokens, tries).await? {
                    None => continue,
                    Some(problem) => return Err(problem),
                },
            };
            if self.write(&mut work, &deduction.change, tries).await? {
                let (account, cost) = (&work.account, work.invocation.cost());
                info!(account.id = %account, write_units = cost.write_units,
                    "took {tokens} tokens of account {account}: {cost}");
                let entry = deduction.change.entry.ok_or_else(Problem::internal)?;
                return Ok(shown(&entry));
            }
        }
        Err(Interrupted::again())
    }

    /// Tokens that do not fit: what expired reservations hold is released first, then it is tried again. Else the refusal stands,
    /// with what follows from it for auto-recharge.
    pub(crate) async fn refused(
        &self,
        work: &mut Work<'_>,
        short: &Short,
        tokens: i64,
        tries: u32,
    ) -> Result<Option<Problem>, Problem> {
        let reservations = self.store.reservations(work.invocation, &work.account).await;
        let reservations = reservations.map_err(|error| problem(&error))?;
        if let Some(change) = work.books.release_expired(&reservations, work.invocation.now) {
            if self.write(work, &change, tries).await? {
                self.reload(work).await?;
            }
            return Ok(None);
        }
        let refusal = insufficient(short, &work.books, tokens, work.invocation.now);
        match &short.change {
            Some(change) if !self.write(work, change, tries).await? => Ok(None),
            Some(_) | None => Ok(Some(refusal)),
        }
    }

    /// Writes a change that nothing else decides about: until it is written, or its making says that nothing is to be done.
    pub(crate) async fn write_until(
        &self,
        work: &mut Work<'_>,
        mut decide: impl FnMut(&Work<'_>) -> Result<Option<Change>, Problem>,
    ) -> Result<(), Problem> {
        for tries in 1..=TRIES_MAX {
            let Some(change) = decide(work)? else { return Ok(()) };
            if self.write(work, &change, tries).await? {
                return Ok(());
            }
        }
        Err(Interrupted::again())
    }
}

/// The id of what a request makes: of its Idempotency-Key, so that it is made once.
pub(crate) fn keyed_id(
    request: &Request,
    prefix: &str,
    now: Timestamp,
) -> Result<Option<String>, Problem> {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let key = idempotency(request, account, now)?;
    let short = |fingerprint: String| fingerprint.get(..32).map(str::to_owned);
    let id = key.and_then(|key| short(key.fingerprint));
    Ok(id.map(|id| format!("{prefix}_{id}")))
}

/// The same, where nothing is done without one (D17).
pub(crate) fn required_id(
    request: &Request,
    prefix: &str,
    now: Timestamp,
) -> Result<String, Problem> {
    keyed_id(request, prefix, now)?.ok_or_else(|| {
        let detail =
            "An Idempotency-Key header is needed, so that a repeated request takes nothing twice.";
        Problem::new(422, "idempotency_key_missing", detail)
    })
}

pub(crate) fn check_tokens(checks: &mut Checks, tokens: i64, least: i64) {
    let fits = (least..=TOKENS_MAX).contains(&tokens);
    checks.expect(
        fits,
        "tokens",
        &format!("A whole number from {least} to {TOKENS_MAX} is expected."),
    );
}

pub(crate) fn check_reason(checks: &mut Checks, reason: Option<&str>) {
    let fits = reason.is_none_or(|reason| reason.chars().count() <= REASON_CHARACTERS_MAX);
    checks.expect(
        fits,
        "reason",
        &format!("At most {REASON_CHARACTERS_MAX} characters are expected."),
    );
}

/// The entry that the same key made, if it did.
fn taken(work: &Work<'_>) -> Result<Option<LedgerEntry>, Problem> {
    let entry = work.item("credit").map(store::credits::read_entry).transpose();
    Ok(entry.map_err(|error| problem(&error))?.map(|(entry, _)| entry))
}

fn shown(entry: &LedgerEntry) -> Response {
    Response::json(201, &DeductionView::of(entry))
}
