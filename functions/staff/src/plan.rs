//! `PUT /v1/staff/accounts/{id}/plan`: a plan with its seats, at the prices that were negotiated or at everybody's, and
//! whether the account is a partner's (B1, F3).
//!
//! It is in force at once, and nothing is charged or given back pro rata: what was paid for the period stays paid, and
//! the new prices come with the next renewal. Only another interval is settled at once, by the seconds: Stripe takes a
//! subscription over into the year (or month) of its anchor, which would otherwise be free or paid twice.

use billing::fact::Collection;
use billing::ids::CustomerId;
use billing::journal::{Entry, Kind, Value};
use billing::money::Money;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::key::fingerprint;
use runtime::{Problem, Request, Response};
use stripe_client::items::{Item, Wanted as Items, changes, items, priced_new};
use stripe_client::negotiated::Negotiated;
use stripe_client::{PlanPrices, Subscription};
use stripe_requests::request::subscription::{
    ItemChange, NewSubscription, Proration, create_subscription, set_items, void_invoice,
};
use stripe_sync::{Interrupted, is_under_way};
use tracing::{info, warn};

use crate::Staff;
use crate::input::Wanted;
use crate::problem::{ended, is_declined, no_payment_method, of_state};
use crate::view::PlanView;
use crate::work::{TRIES_MAX, Work};

impl Staff {
    pub(crate) async fn set_plan(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        for tries in 1..=TRIES_MAX {
            let mut work = self.work(invocation, request).await?;
            let wanted = Wanted::read(request, &self.catalog)?;
            match work.set_plan(&wanted).await {
                Ok(()) => {
                    let account = &work.account;
                    info!(account.id = %account, "staff set the plan of {account}: {}", work.invocation.cost());
                    return Ok(Response::json(200, &PlanView::of(&work.standing, &work.profile)));
                }
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => {
                    if is_declined(&stopped) {
                        work.say_declined(&wanted).await;
                    }
                    return Err(ended(stopped, &work.account));
                }
            }
        }
        Err(Interrupted::again())
    }
}

impl Work<'_> {
    async fn set_plan(&mut self, wanted: &Wanted) -> Result<(), Interrupted> {
        if let Some(problem) = of_state(
            self.standing.state_at(self.invocation.now),
            &self.standing,
            self.invocation.now,
        ) {
            return Err(problem.into());
        }
        self.mark_partner(wanted).await?;
        let Some(live) = self.standing.live_subscription() else { return self.begin(wanted).await };
        let id = live.id.clone();
        let read = self.read(&id, None).await?;
        if !read.snapshot.status.is_live() {
            return Err(Interrupted::Conflict);
        }
        self.change(wanted, &read).await?;
        self.agree_on_terms().await
    }

    async fn mark_partner(&mut self, wanted: &Wanted) -> Result<(), Interrupted> {
        let Some(partner) = wanted.partner.filter(|partner| *partner != self.profile.partner)
        else {
            return Ok(());
        };
        let word = |partner: bool| Some(Value::Text(if partner { "yes" } else { "no" }.to_owned()));
        let entry = Entry::new(self.invocation.now, Kind::PartnerChanged, None).with(
            "partner",
            word(self.profile.partner),
            word(partner),
        );
        self.profile.partner = partner;
        self.commit_profile(entry).await
    }

    /// A first paid plan. Without its first payment there is none, unless its invoices are sent.
    async fn begin(&mut self, wanted: &Wanted) -> Result<(), Interrupted> {
        let customer = self.customer()?;
        self.none_running(&customer).await?;
        self.close_checkout(&customer).await?;
        if self.standing.collection == Collection::Automatic {
            let known = self.own.stripe.customer(self.invocation, &customer).await?;
            if known.is_none_or(|customer| customer.payment_method.is_none()) {
                return Err(no_payment_method().into());
            }
        }
        let prices = self.prices(wanted).await?;
        let content = content(wanted, &prices, self.standing.collection, self.standing.net_days);
        let known = self.intent.take();
        let goes_on =
            known.as_ref().is_some_and(|it| is_under_way(it, &content, self.invocation.now));
        if !goes_on {
            self.commit(said(None, wanted, &prices, self.invocation.now)).await?;
        }
        let sync = self.sync();
        let intent = sync.intent(self.invocation, &self.account, known, &content).await?;
        let sold = &self.own.catalog.tax_rates;
        let tax_rates = self.own.stripe.tax_rates(self.invocation, sold).await?;
        let new = NewSubscription {
            customer: &customer,
            account: self.account.as_str(),
            intent: &intent.token,
            items: &priced_new(&prices, wanted.seats),
            anchor: self.own.catalog.anchor(&wanted.plan, self.invocation.now),
            tax_rates: &tax_rates,
            begins: self.begins(),
        };
        let request = create_subscription(&new).with_idempotency_key(intent.idempotency_key());
        let answer = sync.ask_once(self.invocation, &self.account, &request, &intent).await?;
        let made = stripe_client::subscription::subscription(answer.body, answer.at)?;
        self.read(&made.snapshot.id, Some(made.at)).await?;
        let ended = self.sync().end_intent(self.invocation, &self.account, &intent.done()).await;
        Ok(ended?)
    }

    async fn none_running(&mut self, customer: &CustomerId) -> Result<(), Interrupted> {
        let sync = self.sync();
        let running = sync.settle_running(self.invocation, &self.account, customer).await;
        if running? { Err(Interrupted::Conflict) } else { Ok(()) }
    }

    /// What the customer was about to buy can not be bought any more.
    async fn close_checkout(&self, customer: &CustomerId) -> Result<(), Interrupted> {
        let stripe = &self.own.stripe;
        for session in
            stripe.open_sessions(self.invocation, customer, self.account.as_str()).await?
        {
            stripe.expire_session(self.invocation, &session.id).await?;
        }
        Ok(())
    }

    /// Another plan, interval, number of seats or other prices, at once.
    async fn change(&mut self, wanted: &Wanted, read: &Subscription) -> Result<(), Interrupted> {
        if read.snapshot.ends_at.is_some() {
            let detail = "The subscription ends with its period. Resume it first.";
            return Err(Problem::new(409, "subscription_ends", detail).into());
        }
        let own = items(&read.body)?;
        let stays = read.snapshot.plan == wanted.plan
            && read.snapshot.interval == Some(wanted.interval.into());
        let (prices, all) = if stays && wanted.prices.is_none() {
            (None, changes(&own, Items::Seats(wanted.seats)))
        } else {
            let prices = self.prices(wanted).await?;
            let all = changes(&own, Items::Plan(&prices, wanted.seats));
            (Some(prices), all)
        };
        let left: Vec<ItemChange> = all.into_iter().filter(|it| is_change(&own, it)).collect();
        if left.is_empty() {
            return if self.standing.pending.is_some() {
                self.take_back(read).await
            } else {
                Ok(())
            };
        }
        if let Some(invoice) = &read.snapshot.pending_invoice {
            self.own.stripe.call(self.invocation, &void_invoice(invoice)).await?;
            return Err(Interrupted::Conflict);
        }
        self.take_back(read).await?;
        let id = &read.snapshot.id;
        let entry = match &prices {
            Some(prices) => said(Some(id.as_str()), wanted, prices, self.invocation.now),
            None => said_seats(id.as_str(), wanted, self.invocation.now),
        };
        self.commit(entry).await?;
        let same_interval = read.snapshot.interval == Some(wanted.interval.into());
        let proration = if same_interval { Proration::Nothing } else { Proration::AtOnce };
        let request = set_items(id, &left, proration, self.begins());
        let at = self.own.stripe.call(self.invocation, &request).await?.at;
        self.read(id, Some(at)).await?;
        Ok(())
    }

    /// The journal has what staff set; that it was not paid for belongs there too.
    async fn say_declined(&mut self, wanted: &Wanted) {
        let told = async {
            self.reload().await?;
            let entry = said_seats("", wanted, self.invocation.now);
            self.commit(Entry { kind: Kind::ChangeDeclined, ..entry }).await
        };
        if let Err(stopped) = told.await {
            warn!("could not say in the journal that a plan was not paid for: {stopped:?}");
        }
    }

    async fn prices(&self, wanted: &Wanted) -> Result<PlanPrices, Interrupted> {
        let (stripe, _now) = (&self.own.stripe, self.invocation.now);
        let Some((amount, seat_amount)) = wanted.prices else {
            return Ok(stripe.plan_prices(self.invocation, &wanted.plan, wanted.interval).await?);
        };
        let negotiated = Negotiated {
            account: &self.account,
            plan: &wanted.plan,
            interval: wanted.interval,
            amount,
            seat_amount,
        };
        Ok(stripe.negotiated_prices(self.invocation, &negotiated).await?)
    }
}

/// Whether a step makes an item another than it is.
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

/// What the journal says before it is done.
fn said(about: Option<&str>, wanted: &Wanted, prices: &PlanPrices, now: Timestamp) -> Entry {
    let money = |amount: Money| Some(Value::Money(amount));
    said_seats(about.unwrap_or_default(), wanted, now)
        .with("amount", None, money(prices.plan.amount))
        .with("seat_amount", None, prices.seat.as_ref().and_then(|seat| money(seat.amount)))
}

fn said_seats(about: &str, wanted: &Wanted, now: Timestamp) -> Entry {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let seats = i64::try_from(wanted.seats).ok().map(Value::Number);
    Entry::new(now, Kind::PlanSet, Some(about).filter(|about| !about.is_empty()))
        .with("plan", None, text(&wanted.plan))
        .with("interval", None, text(wanted.interval.as_str()))
        .with("seats", None, seats)
}

/// The fingerprint of a first paid plan.
fn content(wanted: &Wanted, prices: &PlanPrices, collection: Collection, net_days: u32) -> String {
    let seat = prices.seat.as_ref().map(|seat| seat.id.as_str()).unwrap_or_default();
    let wish = format!(
        "staff\n{}\n{}\n{seat}\n{}\n{collection:?}\n{net_days}",
        wanted.plan,
        prices.plan.id.as_str(),
        wanted.seats
    );
    fingerprint(wish.as_bytes())
}
