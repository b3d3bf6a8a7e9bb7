//! Staff announce a change of a price, and may withdraw it before it takes effect (C2).

use auth::{Admitted, admit, problem};
use billing::fact::Interval;
use billing::money::{Currency, Money};
use billing::price_change::{NOTICE_SECONDS, PriceChange, Stage, in_force};
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;
use catalog::AMOUNT_MAX;
use catalog::sold::PlanPriceKey;
use invocation::Invocation;
use queue::price_change::PriceMessage;
use runtime::input::{Checks, Idempotency, body, idempotency, other_content, page};
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::credential::{self, read_request};
use store::{StoreError, keys};
use tracing::{info, warn};

use crate::Plans;

/// How far ahead a change may be, in seconds: two years.
const AHEAD_SECONDS_MAX: i64 = 730 * DAY_SECONDS;
/// How many random bytes make a change's id.
const ID_BYTES: usize = 8;
/// Most changes on a page.
const PAGE_CHANGES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The price's lookup key.
    price: String,
    /// Minor units of the price's currency, or money as answers have it.
    new_amount: Value,
    effective_at: String,
}

#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    id: &'a str,
    price: &'a str,
    plan: &'a str,
    interval: &'static str,
    amount: Money,
    new_amount: Money,
    announced_at: String,
    effective_at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<String>,
    /// Whether Stripe has the new price: from then on accounts are told.
    at_stripe: bool,
}

/// What a request comes to.
enum Wish {
    /// A new change.
    New(PriceChange),
    /// The same is announced already.
    Known(PriceChange),
}

impl Plans {
    pub(crate) async fn announce(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let idempotency = idempotency(request, "staff", invocation.now);
        let known = idempotency.iter().flatten();
        let remembered = known.map(|it| keys::request(&it.fingerprint)).collect();
        let admitted = admit(invocation, &self.store, request, remembered).await?;
        let idempotency = idempotency?;

        let changes = self.read_changes(invocation).await?;
        let before = before(&admitted, idempotency.as_ref(), &changes, invocation.now)?;
        let wish = match before {
            Some(change) => Wish::Known(change.clone()),
            None => self.wish(invocation, &body(request)?, &changes)?,
        };
        let change = match wish {
            Wish::Known(change) => change,
            Wish::New(change) => {
                let made = idempotency.as_ref().map(|it| {
                    let request = credential::Request {
                        body: it.body.clone(),
                        made: change.id.clone(),
                        expires_at: it.expires_at,
                    };
                    (it.fingerprint.as_str(), request)
                });
                let made = made.as_ref().map(|(fingerprint, request)| (*fingerprint, request));
                let begun = self.store.begin_price_change(invocation, &change, made).await;
                kept(begun)?;
                info!(
                    "staff announced {}: {} from {}",
                    change.price, change.to, change.effective_at
                );
                change
            }
        };
        self.tell(&change).await?;
        Ok(Response::json(201, &view(&change)))
    }

    pub(crate) async fn changes(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        admit(invocation, &self.store, request, Vec::new()).await?;
        let changes = self.read_changes(invocation).await?;
        let page = page(request, PAGE_CHANGES_MAX, &changes, |change| &change.id)?;
        Ok(Response::json(200, &page.map(view)))
    }

    pub(crate) async fn withdraw(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        admit(invocation, &self.store, request, Vec::new()).await?;
        let id = request.path.get("change_id").map(String::as_str).unwrap_or_default();
        let changes = self.read_changes(invocation).await?;
        let known = changes.into_iter().find(|change| change.id == id);
        let mut change = known.ok_or_else(|| Problem::not_found("price change"))?;
        if matches!(change.stage, Stage::Announced | Stage::InForce) {
            if !change.can_be_withdrawn(invocation.now) {
                let detail = format!(
                    "The change of {} takes effect now, or has: announce another one.",
                    change.price
                );
                return Err(Problem::new(409, "price_change_in_force", detail));
            }
            change.stage = Stage::Withdrawn { at: invocation.now };
            let ended = self.store.end_price_change(invocation, &change).await;
            kept(ended)?;
            info!("staff withdrew the change of {} to {}", change.price, change.to);
        }
        self.tell(&change).await?;
        Ok(Response::json(200, &view(&change)))
    }

    async fn read_changes(&self, invocation: &Invocation) -> Result<Vec<PriceChange>, Problem> {
        self.store.price_changes(invocation).await.map_err(|error| problem(&error))
    }

    /// Lets what follows be done at once. When the queue can not be had, the same request again tells it again, and
    /// the schedule does without.
    async fn tell(&self, change: &PriceChange) -> Result<(), Problem> {
        let sent = self.messages.send(&PriceMessage::Change(change.id.clone())).await;
        sent.map_err(|error| {
            warn!(reason = %error, "the change of {} was not told on: {error}", change.price);
            Problem::unavailable()
        })
    }

    /// Every wrong field, or what was asked for.
    fn wish(
        &self,
        invocation: &Invocation,
        input: &Input,
        changes: &[PriceChange],
    ) -> Result<Wish, Problem> {
        let now = invocation.now;
        let mut checks = Checks::default();
        let known = self.catalog.priced(&input.price);
        let detail = "The lookup key of a plan's price is expected, such as `tollgate_team_month`.";
        checks.expect(known.is_some(), "price", detail);
        let effective_at = checks.parse(Timestamp::parse(&input.effective_at), "effective_at");
        let earliest = now.plus_seconds(NOTICE_SECONDS);
        let detail = "A price changes with at least 30 days' notice.";
        checks.expect(effective_at.is_none_or(|at| earliest <= at), "effective_at", detail);
        let latest = now.plus_seconds(AHEAD_SECONDS_MAX);
        let detail = "At most two years ahead are expected.";
        checks.expect(effective_at.is_none_or(|at| at <= latest), "effective_at", detail);
        let Some((key, of_catalog)) = known else { return Err(refused(checks)) };
        let price = key.lookup_key();
        let from = in_force(of_catalog, &price, changes, now);
        let to = amount(&mut checks, &input.new_amount, from.currency);
        let open = changes.iter().find(|it| it.price == price && it.stage == Stage::Announced);
        if let Some(open) = open {
            if Some(open.to) == to && Some(open.effective_at) == effective_at {
                return Ok(Wish::Known(open.clone()));
            }
            let detail =
                format!("{} of this price did not take effect yet: withdraw it first.", open.id);
            checks.expect(false, "price", &detail);
        }
        checks.expect(to != Some(from), "new_amount", "The price has this amount already.");
        checks.passed()?;
        let (Some(to), Some(effective_at)) = (to, effective_at) else {
            return Err(Problem::internal());
        };
        Ok(Wish::New(self.drawn(invocation, key, (from, to), effective_at)?))
    }

    fn drawn(
        &self,
        invocation: &Invocation,
        key: PlanPriceKey,
        (from, to): (Money, Money),
        effective_at: Timestamp,
    ) -> Result<PriceChange, Problem> {
        let id = invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
        Ok(PriceChange {
            version: 0,
            id: format!("pc_{id}"),
            price: key.lookup_key(),
            plan: key.plan,
            interval: Interval::from(key.interval),
            part: key.part,
            from,
            to,
            effective_at,
            announced_at: invocation.now,
            stage: Stage::Announced,
            prices: None,
        })
    }
}

/// Whoever was faster changed it: asking again tells how.
fn kept(kept: Result<(), StoreError>) -> Result<(), Problem> {
    match kept {
        Err(StoreError::Conflict) => Err(Problem::unavailable()),
        kept_or_not => kept_or_not.map_err(|error| problem(&error)),
    }
}

/// The change that a request with this Idempotency-Key announced before.
fn before<'a>(
    admitted: &Admitted,
    idempotency: Option<&Idempotency>,
    changes: &'a [PriceChange],
    now: Timestamp,
) -> Result<Option<&'a PriceChange>, Problem> {
    let Some((idempotency, item)) = idempotency.zip(admitted.item("request")) else {
        return Ok(None);
    };
    let before = read_request(item).map_err(|error| problem(&error))?;
    if before.expires_at <= now {
        return Ok(None);
    }
    if before.body != idempotency.body {
        return Err(other_content());
    }
    Ok(changes.iter().find(|change| change.id == before.made))
}

fn amount(checks: &mut Checks, given: &Value, currency: Currency) -> Option<Money> {
    let field = |name: &str| given.get(name).unwrap_or(&Value::Null);
    let amount = given.as_i64().or_else(|| field("amount").as_i64());
    let detail =
        "A whole number of minor units is expected, or money with `amount` and `currency`.";
    checks.expect(amount.is_some(), "new_amount", detail);
    let amount = amount?;
    let same = given.is_number() || field("currency").as_str() == Some(currency.as_str());
    checks.expect(same, "new_amount", &format!("The price is in {currency}."));
    let fits = (0..=AMOUNT_MAX).contains(&amount);
    let detail = format!("0 to {AMOUNT_MAX} minor units are expected.");
    checks.expect(fits, "new_amount", &detail);
    (same && fits).then(|| Money::new(amount, currency))
}

/// Checks of which one is known to have failed.
fn refused(checks: Checks) -> Problem {
    checks.passed().err().unwrap_or_else(Problem::internal)
}

fn view(change: &PriceChange) -> ChangeView<'_> {
    let (state, withdrawn_at) = match change.stage {
        Stage::Announced => ("announced", None),
        Stage::InForce => ("in_force", None),
        Stage::Withdrawn { at } => ("withdrawn", Some(at.to_string())),
    };
    ChangeView {
        id: &change.id,
        price: &change.price,
        plan: &change.plan,
        interval: change.interval.word(),
        amount: change.from,
        new_amount: change.to,
        announced_at: change.announced_at.to_string(),
        effective_at: change.effective_at.to_string(),
        state,
        withdrawn_at,
        at_stripe: change.prices.is_some(),
    }
}
