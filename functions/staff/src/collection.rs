//! `PUT /v1/staff/accounts/{id}/collection`: whether an account's invoices are charged or sent, and when those that are
//! sent are due (A17).
//!
//! Our books say it, and the running subscription follows. Invoices that are open stay as they are.

use billing::fact::Collection;
use billing::journal::{Entry, Kind, Value};
use billing::words::Word;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use serde::Deserialize;
use stripe_requests::request::standing::set_collection;
use stripe_sync::Interrupted;
use tracing::info;

use crate::Staff;
use crate::input::Terms;
use crate::problem::ended;
use crate::view::CollectionView;
use crate::work::{TRIES_MAX, Work};

/// What Stripe says of a subscription's terms besides what every reading knows.
#[derive(Deserialize)]
struct Days {
    #[serde(default)]
    days_until_due: Option<u32>,
}

impl Staff {
    pub(crate) async fn set_collection(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        for tries in 1..=TRIES_MAX {
            let mut work = self.work(invocation, request).await?;
            let terms = Terms::read(request)?;
            match work.set_terms(terms).await {
                Ok(()) => return Ok(Response::json(200, &CollectionView::of(&work.standing))),
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => return Err(ended(stopped, &work.account)),
            }
        }
        Err(Interrupted::again())
    }
}

impl Work<'_> {
    async fn set_terms(&mut self, terms: Terms) -> Result<(), Interrupted> {
        let Terms { collection, net_days } = terms;
        let before =
            Terms { collection: self.standing.collection, net_days: self.standing.net_days };
        if before != terms {
            let word = |collection: Collection| Some(Value::Text(collection.word().to_owned()));
            let days = |terms: &Terms| Some(Value::Number(i64::from(terms.net_days)));
            self.standing.collection = collection;
            self.standing.net_days = net_days;
            let entry = Entry::new(self.invocation.now, Kind::TermsChanged, None)
                .with("collection", word(before.collection), word(collection))
                .with("net_days", days(&before), days(&terms));
            self.commit(entry).await?;
        }
        self.agree_on_terms().await?;
        let account = &self.account;
        info!(account.id = %account, "invoices of {account} are {} from now on: {}", collection.word(), self.invocation.cost());
        Ok(())
    }

    /// Makes the running subscription be paid as our books say.
    pub(crate) async fn agree_on_terms(&mut self) -> Result<(), Interrupted> {
        let Some(live) = self.standing.live_subscription() else { return Ok(()) };
        let id = live.id.clone();
        let read = self.read(&id, None).await?;
        let Days { days_until_due } =
            serde_json::from_slice(&read.body).map_err(|_| Problem::internal())?;
        let agrees = read.snapshot.collection == Some(self.standing.collection)
            && match self.standing.collection {
                Collection::Manual => days_until_due == Some(self.standing.net_days),
                Collection::Automatic => true,
            };
        if !agrees {
            // A phase of a schedule would bring the old terms back.
            self.unschedule(&read).await?;
            let request = set_collection(&id, self.begins());
            let at = self.own.stripe.call(self.invocation, &request).await?.at;
            self.read(&id, Some(at)).await?;
        }
        self.book().await
    }
}
