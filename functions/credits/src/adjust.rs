//! `POST /v1/staff/accounts/{id}/credits/adjustments`: staff grant tokens or remove them, with a reason (F3).

use auth::problem;
use billing::credits::{TOKENS_MAX, Wish};
use billing::ids::AccountId;
use invocation::Invocation;
use runtime::input::{Checks, body, other_content};
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::keys;
use stripe_sync::Interrupted;

use crate::Credits;
use crate::books::TRIES_MAX;
use crate::deduct::{check_reason, keyed_id};
use crate::problem::coded;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    tokens: i64,
    reason: String,
}

#[derive(Debug, Serialize)]
struct AdjustmentView {
    id: String,
    tokens: i64,
    balance: Option<i64>,
}

impl Credits {
    pub(crate) async fn adjust(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = match keyed_id(request, "adj", invocation.now) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => self.draw(invocation).map(|id| id.as_str().replacen("pur", "adj", 1)),
            Err(wrong) => Err(wrong),
        };
        let key = |account: &AccountId| id.iter().map(|id| keys::credit(account, id)).collect();
        let mut work = self.work(invocation, request, key).await?;
        let id = id?;
        let Input { tokens, reason } = body(request)?;
        let mut checks = Checks::default();
        let fits = tokens != 0 && (TOKENS_MAX.saturating_neg()..=TOKENS_MAX).contains(&tokens);
        let detail = format!("A whole number other than 0, of at most {TOKENS_MAX}, is expected.");
        checks.expect(fits, "tokens", &detail);
        checks.expect(!reason.trim().is_empty(), "reason", "Why is expected.");
        check_reason(&mut checks, Some(&reason));
        checks.passed().map_err(coded)?;
        let wish = Wish { id, tokens, reason: Some(reason) };
        for tries in 1..=TRIES_MAX {
            if let Some(item) = work.item("credit") {
                let (made, _) =
                    store::credits::read_entry(item).map_err(|error| problem(&error))?;
                let same = made.tokens == wish.tokens && made.reason == wish.reason;
                return if same {
                    Ok(shown(made.id, made.tokens, made.told))
                } else {
                    Err(other_content())
                };
            }
            let available = work.books.credits.counted.available;
            let adjusted = work.books.adjust(&wish, invocation.now).ok_or_else(|| {
                let detail =
                    format!("Only {available} credits are available: more can not be removed.");
                Problem::new(409, "insufficient_credits", detail)
            })?;
            if self.write(&mut work, &adjusted.change, tries).await? {
                return Ok(shown(wish.id, tokens, Some(adjusted.balance)));
            }
        }
        Err(Interrupted::again())
    }
}

fn shown(id: String, tokens: i64, balance: Option<i64>) -> Response {
    Response::json(201, &AdjustmentView { id, tokens, balance })
}
