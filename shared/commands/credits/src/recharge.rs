//! Settings of auto-recharge: when it buys, which pack, and for how much a month (D13).

use billing::credits::recharge::{Decided, Settings};
use billing::ids::AccountId;
use invocation::Invocation;
use store::Loaded;

use crate::Credits;
use crate::books::{parts, parts_for_try};
use crate::refused::{Refused, Tried};

impl Credits {
    /// Sets auto-recharge. `loaded` has [`parts`].
    ///
    /// # Errors
    /// A refusal changes nothing. The same settings again change nothing.
    pub async fn set_recharge(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        settings: &Settings,
        loaded: Loaded,
    ) -> Tried<Decided> {
        let sold = self.catalog.pack(&settings.pack);
        if let Some(sold) = sold.filter(|sold| settings.limit.amount < sold.price.amount) {
            return Err(Refused::LimitBelowPrice(sold.price).into());
        }

        let mut loaded = Some(loaded);
        invocation.retry(|| self.try_set(invocation, account, settings, loaded.take())).await
    }

    async fn try_set(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        settings: &Settings,
        first: Option<Loaded>,
    ) -> Tried<Decided> {
        let wanted = (account, parts(None));
        let loaded = parts_for_try(&self.store, invocation, wanted, first).await?;
        let mut books = self.books(invocation, &loaded).await?;
        books.offer = self.catalog.pack(&settings.pack).map(catalog::Pack::offer);

        let change = books.set_recharge(settings.clone(), invocation.now);
        let Some(decided) = change.decided.clone() else { return Ok(books.credits.decided) };

        self.commit(invocation, &books.standing, &change).await?;

        Ok(decided)
    }
}
