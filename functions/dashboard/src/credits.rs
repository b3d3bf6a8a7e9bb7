//! `/billing/{id}/credits`: balance, packs, auto-recharge and history.

use auth::{NotAdmitted, Visitor};
use billing::credits::purchase::PurchaseStatus;
use billing::credits::recharge::LIMIT_MINOR_UNITS;
use billing::ids::{AccountId, PurchaseId};
use billing::money::Money;
use billing::month::Month;
use billing::words::Word;
use credits_commands::{
    Listed, NewPurchase, ReturnUrls, WantedRecharge, parts as credit_parts, purchase_parts,
};
use invocation::Invocation;
use messages::page::Done;
use pages::alone::Waiting;
use pages::credits::{Buying, Credits, Row};
use pages::recharge::Recharge;
use runtime::input::idempotency;
use runtime::key::fingerprint;
use runtime::{Problem, Request, Response};
use views::csv::Extent;

use crate::Dashboard;
use crate::answer::{html, see_other};
use crate::form::{number, text, typed};
use crate::plan::next_look;
use crate::problem::{credits_failed, field};
use crate::seen::{Again, Seen};

/// Entries of a page of the history.
const ROWS: usize = 25;
/// Most entries of the history as CSV.
const CSV_ROWS_MAX: usize = 4_000;
/// Characters of a fingerprint in the id of a purchase, as the API has it.
const ID_CHARACTERS: usize = 32;

impl Dashboard {
    pub(crate) async fn credits(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, credit_parts(None)).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let buying = if seen.frame.sees_money() {
            Some(self.buying(invocation, &visitor, (request, &seen)).await?)
        } else {
            None
        };

        let Seen { credits, frame, status, .. } = seen;
        let month = Month::of(invocation.now);
        let page = Credits {
            available: credits.credits.counted.available,
            reserved: credits.credits.counted.reserved,
            included: credits.allowance,
            included_used: credits.credits.counted.included_in(month),
            month,
            buying,
        };
        Ok(html(status, page.page(&frame)))
    }

    async fn buying(
        &self,
        invocation: &Invocation,
        visitor: &Visitor,
        (request, seen): (&Request, &Seen),
    ) -> Result<Buying, Problem> {
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);
        let failed = |error| credits_failed(error, id);
        let before = request.query.get("before").and_then(|number| number.parse().ok());
        let listed = self.credits.ledger(invocation, loaded, (before, ROWS)).await;
        let (listed, more) = listed.map_err(failed)?;
        let verdict = self.credits.prospect(invocation, loaded).await.map_err(failed)?;

        let last = listed.last().map(|it| it.number).filter(|_| more);
        let older = last.map(|number| format!("/billing/{id}/credits?before={number}#history"));
        let decided = &seen.credits.credits.decided;
        let month = Month::of(invocation.now);
        let money = |amount| Money::new(amount, self.catalog.credit_currency);
        let pause = decided.pause.as_ref();
        Ok(Buying {
            packs: self.catalog.packs.clone(),
            recharge: Recharge {
                settings: decided.settings.clone(),
                verdict,
                pause: pause.map(|pause| (pause.reason, pause.action_url.clone())),
                spent: money(decided.spent_in(month)),
                reserved: money(decided.reserved_in(month)),
                default_limit: money(LIMIT_MINOR_UNITS),
                resets_at: month.end(),
            },
            history: listed.into_iter().map(row).collect(),
            older,
        })
    }

    pub(crate) async fn credits_csv(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, credit_parts(None)).await?;
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);

        let wanted = (None, 1, CSV_ROWS_MAX);
        let listed = self.credits.statement(invocation, loaded, wanted).await;
        let (listed, more) = listed.map_err(|error| credits_failed(error, id))?;

        let rows: Vec<Row> = listed.into_iter().map(row).collect();
        let extent = if more { Extent::Cut } else { Extent::Whole };
        Ok(Response::csv(&format!("{id}-credits.csv"), pages::credits::csv(&rows, extent)))
    }

    pub(crate) async fn buy(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let id = purchase_id(invocation, request);
        let parts = |_: &AccountId| purchase_parts(id.as_ref().ok().cloned());
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let (id, typed) = (id?, typed(request)?);
        let pack = self.catalog.pack(text(&typed, "pack"));
        let pack = pack.ok_or_else(|| field("pack", "This pack is not sold any more."))?;
        let here = format!("{}/billing/{account}/credits", self.answers.origin(request));
        let return_urls = ReturnUrls { success: format!("{here}/purchases/{id}"), cancel: here };
        let content = fingerprint(request.body.as_deref().unwrap_or_default());
        let new = NewPurchase { id, offer: pack.offer(), return_urls, content };

        let bought = Box::pin(self.purchases.buy(invocation, &account, &new, caller.loaded)).await;
        let purchase = bought.map_err(|error| credits_failed(error, &account))?;

        let url = purchase.url.ok_or_else(Problem::unavailable)?;
        Ok(see_other(&url))
    }

    /// The page behind Checkout: it looks at Stripe, and waits for a minute.
    pub(crate) async fn purchase(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let id = request.path.get("purchase_id").map(String::as_str).unwrap_or_default();
        let id = PurchaseId::parse(id).map_err(|_| Problem::not_found("purchase"))?;
        let parts = |_: &AccountId| purchase_parts(Some(id.clone()));
        let visitor = auth::visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;

        let found = Box::pin(self.purchases.find(invocation, &account, &id, caller.loaded)).await;
        let purchase = found.map_err(|error| credits_failed(error, &account))?;

        let here = format!("/billing/{account}/credits");
        let done = |done: Done| see_other(&format!("{here}?done={}", done.word()));
        match purchase.status {
            PurchaseStatus::Granted => Ok(done(Done::CreditsBought)),
            PurchaseStatus::Failed | PurchaseStatus::Expired => Ok(done(Done::CreditsNotBought)),
            PurchaseStatus::Open => {
                let waiting = Waiting {
                    title: "Your payment is being confirmed".to_owned(),
                    text: "Your bank may take a moment. You may leave this page: the credits come \
                           by themselves."
                        .to_owned(),
                    again: next_look(request, &format!("{here}/purchases/{id}")),
                    link: ("To your credits".to_owned(), here),
                };
                Ok(html(200, waiting.page()))
            }
        }
    }

    pub(crate) async fn set_recharge(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| credit_parts(None);
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let typed = typed(request)?;
        let detail = "A whole number of credits is expected, such as 100,000.";
        let threshold = number(&typed, "threshold").ok_or_else(|| field("threshold", detail))?;
        let limit = Money::typed(text(&typed, "spending_limit"), self.catalog.credit_currency);
        let limit = limit.map_err(|error| field("spending_limit", format!("Here {error}.")))?;
        let wanted = WantedRecharge {
            enabled: typed.contains_key("enabled"),
            threshold,
            spending_limit: Some(limit),
            pack: text(&typed, "pack").to_owned(),
        };
        let settings = wanted.checked(&self.catalog)?;

        let set = self.credits.set_recharge(invocation, &account, &settings, caller.loaded).await;
        set.map_err(|error| credits_failed(error, &account))?;

        let done = Done::RechargeSaved.word();
        Ok(see_other(&format!("/billing/{account}/credits?done={done}")))
    }
}

/// Id of a purchase, made of the form's one-time key: so it is made once.
fn purchase_id(invocation: &Invocation, request: &Request) -> Result<PurchaseId, Problem> {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let key = idempotency(request, account, invocation.now)?.ok_or_else(Problem::internal)?;
    let short = key.fingerprint.get(..ID_CHARACTERS).ok_or_else(Problem::internal)?;
    PurchaseId::parse(&format!("pur_{short}")).map_err(|_| Problem::internal())
}

fn row(listed: Listed) -> Row {
    let Listed { entry, balance_after, .. } = listed;
    Row {
        at: entry.at,
        kind: entry.kind,
        tokens: entry.tokens,
        included: entry.included,
        reason: entry.reason,
        balance: balance_after,
    }
}
