//! What a decision rests on, read and written: again when somebody else was faster.

use auth::{Admitted, admit_to_account, problem};
use billing::credits::{Books, Change};
use billing::ids::{AccountId, PurchaseId};
use invocation::Classified;
use invocation::Invocation;
use runtime::{Problem, Request};
use store::StoreError;
use store::attributes::Attributes;
use store::keys::{self, Key};
use stripe_sync::Interrupted;
use tracing::{info, warn};

use crate::Credits;
use crate::problem::closed;

/// How often a decision is tried when others change the same items meanwhile.
pub(crate) const TRIES_MAX: u32 = 10;

/// One request about one account's credits.
pub(crate) struct Work<'a> {
    pub(crate) account: AccountId,
    pub(crate) invocation: &'a Invocation,
    pub(crate) books: Books,
    /// What was asked for besides.
    others: Vec<Attributes>,
    /// Where that is.
    keys: Vec<Key>,
}

impl Credits {
    /// Admits a request and reads, with its key, what a decision rests on and other items: a request for what is there already
    /// is answered by those.
    pub(crate) async fn work<'a>(
        &self,
        invocation: &'a Invocation,
        request: &Request,
        others: impl FnOnce(&AccountId) -> Vec<Key>,
    ) -> Result<Work<'a>, Problem> {
        let mut keys = Vec::new();
        let items = |account: &AccountId| {
            keys = others(account);
            let mut items = vec![keys::standing(account), keys::credits(account)];
            items.extend(keys.iter().cloned());
            items
        };
        let (account, admitted) = admit_to_account(invocation, &self.store, request, items).await?;
        let Admitted { items: others, .. } = admitted;
        let books = self.read(invocation, &others)?;
        Ok(Work { account, invocation, books, others, keys })
    }

    /// The books that some items make.
    fn read(&self, invocation: &Invocation, items: &[Attributes]) -> Result<Books, Problem> {
        let find = |name: &str| item(items, name);
        let standing = find("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
        let credits = store::credits::read(find("credits")).map_err(|error| problem(&error))?;
        let settings = credits.decided.settings.as_ref();
        let pack = settings.and_then(|settings| self.catalog.pack(&settings.pack));
        Ok(Books {
            allowance: self.catalog.credit_allowance(standing.plan()),
            offer: pack.map(catalog::Pack::offer),
            next: self.draw(invocation)?,
            standing,
            credits,
        })
    }

    /// An id that nobody has: of a purchase, a reservation or an adjustment.
    pub(crate) fn draw(&self, invocation: &Invocation) -> Result<PurchaseId, Problem> {
        let token = invocation.entropy.token().map_err(|_| Problem::internal())?;
        PurchaseId::parse(&format!("pur_{token}")).map_err(|_| Problem::internal())
    }

    /// Reads everything again, after somebody else was faster.
    pub(crate) async fn reload(&self, work: &mut Work<'_>) -> Result<(), Problem> {
        let mut keys = vec![keys::standing(&work.account), keys::credits(&work.account)];
        keys.extend(work.keys.iter().cloned());
        let items = self.store.batch(work.invocation, &keys).await;
        work.others = items.map_err(|error| problem(&error))?;
        work.books = self.read(work.invocation, &work.others)?;
        Ok(())
    }

    /// Writes a decision. False when it must be made again: then everything was read again.
    pub(crate) async fn write(
        &self,
        work: &mut Work<'_>,
        change: &Change,
        tries: u32,
    ) -> Result<bool, Problem> {
        let standing = &work.books.standing;
        match self.store.write_credits(work.invocation, standing, change).await {
            Ok(()) => {
                self.charge(work, change).await;
                Ok(true)
            }
            // Whether a call that was not answered took effect is seen by deciding again.
            Err(StoreError::Conflict | StoreError::Throttled(_) | StoreError::Unavailable(_))
                if tries < TRIES_MAX =>
            {
                work.invocation.wait(tries).await;
                self.reload(work).await?;
                Ok(false)
            }
            Err(error) if error.is_transient() => Err(Interrupted::again()),
            Err(error) => Err(problem(&error)),
        }
    }

    /// Hands on a charge that was begun. If that fails, the schedule finds it in the table.
    async fn charge(&self, work: &Work<'_>, change: &Change) {
        let Some(purchase) = &change.purchase else { return };
        let Work { account, .. } = work;
        info!(account.id = %account, purchase.id = %purchase.id,
            "begins to charge {} for account {account}", purchase.offer.price);
        if let Err(error) = self.recharges.send(account).await {
            warn!(account.id = %account, reason = %error,
                "could not put account {account} on the queue: {error}");
        }
    }
}

impl Work<'_> {
    /// The item of an entity, if it was asked for and exists.
    pub(crate) fn item(&self, entity: &str) -> Option<&Attributes> {
        item(&self.others, entity)
    }

    /// 409 unless the account may use what it has.
    pub(crate) fn may_use(&self) -> Result<(), Problem> {
        closed(&self.books.standing, self.invocation.now)
    }
}

fn item<'a>(items: &'a [Attributes], entity: &str) -> Option<&'a Attributes> {
    let is = |item: &&Attributes| {
        item.get(keys::ENTITY).and_then(|value| value.as_s().ok()).is_some_and(|it| it == entity)
    };
    items.iter().find(is)
}
