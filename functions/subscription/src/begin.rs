//! A first paid plan, and what keeps two from being bought: the intent that a Checkout session, or a subscription whose
//! invoices are sent, is made by.
//!
//! There is one intent for an account. Its token goes into Stripe's idempotency key, so that twins of a request, and whoever
//! repeats it, make one thing; another wish draws another token. What is at Stripe is looked at behind the intent: what
//! an intent that is done has made is found there.

use ask::Subscription;
use ask::items::priced_new;
use billing::ids::{AccountId, CustomerId};
use billing::intent::{Intent, IntentStatus};
use billing::plan_change::Target;
use billing::words::Word;
use runtime::key::{fingerprint, hex};
use runtime::{Problem, Response};
use stripe_api::request;
use stripe_api::request::subscription::{NewSubscription, create_subscription};

use crate::change::Asked;
use crate::problem::Stopped;
use crate::work::{Work, unless_lost};

/// How many random bytes mark what an intent makes.
const TOKEN_BYTES: usize = 16;

/// The id of the intent by which an account gets its first paid plan.
pub(crate) fn begin_intent(account: &AccountId) -> String {
    fingerprint(format!("first paid plan\n{account}").as_bytes())
}

impl Work<'_> {
    /// A subscription of a customer that pays by invoice (A17): it begins at once, and its first invoice is sent.
    pub(crate) async fn subscribe(&mut self, asked: &Asked) -> Result<Response, Stopped> {
        let customer = self.customer()?;
        self.none_running(&customer).await?;
        let standing = self.standing()?;
        let content = content(&asked.target, &[]);
        let intent = self.intent(&content).await?;
        let prices = self.prices(&asked.target, self.now).await?;
        let new = NewSubscription {
            customer: &customer,
            account: self.account.as_str(),
            intent: &intent.token,
            items: &priced_new(&prices, asked.target.seats),
            anchor: self.anchor(&asked.target.plan),
            net_days: standing.net_days,
        };
        let request = create_subscription(&new).with_idempotency_key(intent.idempotency_key());
        let answer = self.ask_once(&request, &intent).await?;
        let made: Subscription = ask::subscription::subscription(answer.body, answer.at)?;
        self.read(&made.snapshot.id, Some(made.at)).await?;
        self.done(&intent).await?;
        self.answer(200).await
    }

    /// Makes a call under an intent's key. What Stripe would only repeat under that key is not asked for again under it.
    pub(crate) async fn ask_once(
        &mut self,
        request: &stripe_api::Request,
        intent: &Intent,
    ) -> Result<stripe_api::Answer, Stopped> {
        match self.own.stripe.call(request, self.now).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if error.would_be_repeated() || error.is_refusal() {
                    let spent = intent.after_failure();
                    self.keep_intent(&spent).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Whether Stripe has a running subscription of this customer that our books do not know yet, such as one that was bought a
    /// moment ago: it is settled, and looked at again.
    pub(crate) async fn none_running(&mut self, customer: &CustomerId) -> Result<(), Stopped> {
        let page = |after: Option<&str>| request::subscriptions(customer, after);
        let found = self.own.stripe.list(page, self.now).await?;
        for object in &found.objects {
            let body = object.get().as_bytes().to_vec();
            let read = ask::subscription::subscription(body, found.at)?;
            if read.snapshot.status.is_live() {
                self.read(&read.snapshot.id, None).await?;
                return Err(Stopped::Lost);
            }
        }
        Ok(())
    }

    /// The intent of a wish: the one that is under way, if it is for the same, else another.
    pub(crate) async fn intent(&mut self, content: &str) -> Result<Intent, Stopped> {
        let known = self.admitted.item("intent").map(store::intent::read).transpose()?;
        let version = known.as_ref().map_or(0, |known| known.version);
        let under_way = known.filter(|known| {
            let open = known.status == IntentStatus::Open && known.content == content;
            open && !known.must_look_first(self.now)
        });
        if let Some(intent) = under_way {
            return Ok(intent);
        }
        let bytes = self.own.entropy.bytes().map_err(|_| Problem::unavailable())?;
        let token = hex(bytes.get(..TOKEN_BYTES).unwrap_or_default());
        let id = begin_intent(&self.account);
        let intent = Intent { version, ..Intent::new(id, token, content.to_owned(), self.now) };
        let (store, cost) = (&self.own.store, &mut self.cost);
        store.keep_intent(&self.account, &intent, None, self.now, cost).await?;
        Ok(Intent { version: version.saturating_add(1), ..intent })
    }

    /// What the intent was for is done. Whoever has another wish meanwhile has another intent.
    pub(crate) async fn done(&mut self, intent: &Intent) -> Result<(), Stopped> {
        self.keep_intent(&intent.done()).await
    }

    /// The same, when what it made was found.
    pub(crate) async fn end_intent(&mut self) -> Result<(), Stopped> {
        let known = self.admitted.item("intent").map(store::intent::read).transpose()?;
        match known.filter(|known| known.status == IntentStatus::Open) {
            Some(open) => self.done(&open).await,
            None => Ok(()),
        }
    }

    async fn keep_intent(&mut self, intent: &Intent) -> Result<(), Stopped> {
        let (store, cost) = (&self.own.store, &mut self.cost);
        unless_lost(store.keep_intent(&self.account, intent, None, self.now, cost).await)
    }
}

/// The fingerprint of a wish.
pub(crate) fn content(target: &Target, more: &[&str]) -> String {
    let Target { plan, interval, seats } = target;
    let wish = format!("{plan}\n{}\n{seats}\n{}", interval.word(), more.join("\n"));
    fingerprint(wish.as_bytes())
}
