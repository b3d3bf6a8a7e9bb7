//! A plan that staff set, with its seats, at negotiated prices or at everybody's, and the partner
//! mark (B1, F3).
//!
//! `billing::set_plan` has the rule. Our books say first what is wanted, then Stripe is made to
//! agree, step by step, each of which looks before it changes.

use billing::account::Standing;
use billing::decide::{Write, note};
use billing::fact::Collection;
use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use billing::money::Money;
use billing::plan_change::Target;
use billing::profile::Profile;
use billing::set_plan::{Priced, Setting, Settlement, set_plan};
use invocation::Invocation;
use runtime::Problem;
use runtime::key::fingerprint;
use store::{Loaded, Part};
use stripe_client::PlanPrices;
use stripe_client::items::{Item, Wanted as Items, changes, items};
use stripe_client::negotiated::Negotiated;
use stripe_requests::request::subscription::{ItemChange, Proration, set_items};
use stripe_sync::{Interrupted, Settled, begin_intent, begins, is_under_way};
use tracing::{info, warn};

use crate::begin::FirstPlan;
use crate::entries::wished;
use crate::refusal::{closed, ends, no_payment_method};
use crate::work::Work;
use crate::{Account, Plans, leased_parts};

pub use billing::set_plan::Prices;

/// A plan that staff set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Plan, interval and seats.
    pub target: Target,
    /// Negotiated prices. Without them the account keeps what it pays for this plan, or pays what
    /// everybody does.
    pub prices: Option<Prices>,
    /// Partner mark; none leaves it as it is.
    pub partner: Option<bool>,
}

/// The plan as it is set now.
#[derive(Debug, Clone)]
pub struct PlanSet {
    /// Standing of the account, as it was committed.
    pub standing: Standing,
    /// Profile of the account, as it was committed.
    pub profile: Profile,
}

/// Parts that a plan needs.
pub fn set_plan_parts(account: &AccountId) -> Vec<Part> {
    let mut parts = leased_parts();
    parts.extend([Part::Profile, Part::Intent(begin_intent(account))]);
    parts
}

impl Plans {
    /// Sets the plan of an account. A declined payment stands in the journal behind what staff
    /// wanted.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same request goes on from there.
    pub async fn set_plan(
        &self,
        invocation: &Invocation,
        account: Account,
        wanted: &Wanted,
    ) -> Result<PlanSet, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation.retry_conflicts(|| {
            Box::pin(self.set_plan_once(invocation, &id, loaded.take(), wanted))
        });
        let set = self.leased(invocation, (&id, lease), work).await;

        if let Err(Interrupted::Stripe(error)) = &set
            && error.declined().is_some()
        {
            let work = self.work(invocation, &id, Some(Loaded::default()), &[]).await?;
            let entry = wished(Kind::ChangeDeclined, None, &wanted.target, invocation.now);
            if let Err(failed) = work.tell(&entry).await {
                warn!(account.id = %id, "could not say in the journal that a plan was not paid for: {failed}");
            }
        }
        set
    }

    async fn set_plan_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        wanted: &Wanted,
    ) -> Result<PlanSet, Interrupted> {
        let parts = set_plan_parts(account);
        let work = self.work(invocation, account, loaded, &parts).await?;
        let set = PlanSet { standing: work.standing()?, profile: work.profile()? };
        if let Some(problem) = closed(&set.standing, invocation.now, "plan cannot be set") {
            return Err(problem.into());
        }

        let set = work.mark_partner(set, wanted).await?;
        let standing = match set.standing.live_subscription().map(|live| live.id.clone()) {
            None => work.begin_set(set.standing, wanted).await?,
            Some(id) => {
                let settled = work.read(&id, None).await?;
                if !settled.read.snapshot.status.is_live() {
                    return Err(Interrupted::Conflict);
                }
                let settled = Box::pin(work.set_items(settled, wanted)).await?;
                work.agree_on_terms(settled).await?
            }
        };
        info!(account.id = %account, "staff set the plan of {account}: {}", invocation.cost());
        Ok(PlanSet { standing, profile: set.profile })
    }
}

impl Work<'_> {
    async fn mark_partner(&self, set: PlanSet, wanted: &Wanted) -> Result<PlanSet, Interrupted> {
        let PlanSet { standing, profile } = set;
        let Some(partner) = wanted.partner.filter(|partner| *partner != profile.partner) else {
            return Ok(PlanSet { standing, profile });
        };
        let now = self.invocation.now;
        let entry = Entry::new(now, Kind::PartnerChanged, None);
        let word = |partner: bool| Some(Value::Text(if partner { "yes" } else { "no" }.to_owned()));
        let entry = entry.with("partner", word(profile.partner), word(partner));
        let profile = Profile { partner, ..profile };
        let change = note(&standing, entry, now).with(Write::Profile(profile.clone()));
        let standing = self.own.store.commit(self.invocation, &change).await?;

        let version = profile.version.saturating_add(1);
        let profile = Profile { version, ..profile };
        Ok(PlanSet { standing, profile })
    }

    /// A first paid plan. Without its first payment there is none, unless its invoices are sent.
    async fn begin_set(
        &self,
        standing: Standing,
        wanted: &Wanted,
    ) -> Result<Standing, Interrupted> {
        let customer = self.customer()?;
        self.none_running(&customer).await?;
        self.close_pages(&customer).await?;
        if standing.collection == Collection::Automatic {
            let known = self.own.stripe.customer(self.invocation, &customer).await?;
            if known.is_none_or(|customer| customer.payment_method.is_none()) {
                return Err(no_payment_method().into());
            }
        }

        let prices = self.set_prices(wanted).await?;
        let content = content(wanted, &prices, &standing);
        let known = self.known_intent()?;
        let now = self.invocation.now;
        if !known.as_ref().is_some_and(|it| is_under_way(it, &content, now)) {
            let entry = wished(Kind::PlanSet, None, &wanted.target, now);
            self.commit(&standing, priced(entry, &prices)).await?;
        }

        let intent = self.intent(&content).await?;
        let first = FirstPlan {
            customer: &customer,
            plan: &wanted.target.plan,
            seats: wanted.target.seats,
            prices: &prices,
            begins: begins(&standing),
        };
        self.begin(&first, &intent).await
    }

    /// Another plan, interval, number of seats or other prices, at once.
    async fn set_items(&self, settled: Settled, wanted: &Wanted) -> Result<Settled, Interrupted> {
        let target = &wanted.target;
        let snapshot = &settled.read.snapshot;
        let setting = set_plan(snapshot, target, wanted.prices.as_ref()).map_err(|_| ends())?;
        let Setting { priced: how, settlement } = setting;

        let own = items(&settled.read.body)?;
        let prices = match how {
            Priced::AsBefore => None,
            Priced::Anew => Some(self.set_prices(wanted).await?),
        };
        let all = changes(
            &own,
            match &prices {
                None => Items::Seats(target.seats),
                Some(prices) => Items::Plan(prices, target.seats),
            },
        );
        let left: Vec<ItemChange> = all.into_iter().filter(|it| is_change(&own, it)).collect();
        if left.is_empty() {
            // What is in force is set: only a booking of something else is in the way.
            return match settled.standing().pending {
                Some(_) => self.take_back(settled).await,
                None => Ok(settled),
            };
        }

        let settled = self.void_pending(settled).await?;
        let settled = self.take_back(settled).await?;
        let id = settled.read.snapshot.id.clone();
        let entry = wished(Kind::PlanSet, Some(id.as_str()), target, self.invocation.now);
        let entry = match &prices {
            Some(prices) => priced(entry, prices),
            None => entry,
        };
        let standing = self.commit(settled.standing(), entry).await?;
        let settled = settled.with(standing);

        let proration = match settlement {
            Settlement::Nothing => Proration::Nothing,
            Settlement::BySeconds => Proration::AtOnce,
        };
        let begins = begins(settled.standing());
        self.set(settled, &set_items(&id, &left, proration, begins)).await
    }

    async fn set_prices(&self, wanted: &Wanted) -> Result<PlanPrices, Interrupted> {
        let Target { plan, interval, .. } = &wanted.target;
        let stripe = &self.own.stripe;
        let Some(Prices { plan: amount, seat: seat_amount }) = wanted.prices else {
            return self.prices(&wanted.target, self.invocation.now).await;
        };
        let negotiated = Negotiated {
            account: self.account,
            plan,
            interval: catalog::Interval::of(*interval).ok_or_else(Problem::internal)?,
            amount,
            seat_amount,
        };
        Ok(stripe.negotiated_prices(self.invocation, &negotiated).await?)
    }
}

/// True if a step makes an item another than it is.
fn is_change(own: &[Item], change: &ItemChange) -> bool {
    match change {
        ItemChange::Add(_) | ItemChange::Remove(_) => true,
        ItemChange::Set { item, price, quantity } => {
            let known = own.iter().find(|known| known.id == *item);
            known.is_none_or(|known| {
                let same_price = price.as_ref().is_none_or(|price| *price == known.price);
                !same_price || known.quantity != Some(*quantity)
            })
        }
    }
}

/// An entry with the prices of a plan.
fn priced(entry: Entry, prices: &PlanPrices) -> Entry {
    let money = |amount: Money| Some(Value::Money(amount));
    entry.with("amount", None, money(prices.plan.amount)).with(
        "seat_amount",
        None,
        prices.seat.as_ref().and_then(|seat| money(seat.amount)),
    )
}

/// Fingerprint of a first paid plan.
fn content(wanted: &Wanted, prices: &PlanPrices, standing: &Standing) -> String {
    let seat = prices.seat.as_ref().map(|seat| seat.id.as_str()).unwrap_or_default();
    let Standing { collection, net_days, .. } = standing;
    let Target { plan, seats, .. } = &wanted.target;
    let wish = format!(
        "staff\n{plan}\n{}\n{seat}\n{seats}\n{collection:?}\n{net_days}",
        prices.plan.id.as_str(),
    );
    fingerprint(wish.as_bytes())
}
