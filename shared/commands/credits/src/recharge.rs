//! Settings of auto-recharge: when it buys, which pack, and for how much a month (D13).

use billing::credits::TOKENS_MAX;
use billing::credits::recharge::{Decided, LIMIT_MINOR_UNITS, Settings, Verdict};
use billing::ids::AccountId;
use billing::money::Money;
use catalog::Catalog;
use invocation::Invocation;
use runtime::Problem;
use runtime::input::Checks;
use store::Loaded;

use crate::Credits;
use crate::books::{parts, parts_for_try};
use crate::refused::{Refused, Tried};

/// The highest spending limit, in minor units.
const LIMIT_MAX: i64 = 100_000_000;

/// Settings as a caller writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRecharge {
    /// True to buy.
    pub enabled: bool,
    /// Tokens below which a pack is bought.
    pub threshold: i64,
    /// Most money of a month; none for the usual limit.
    pub spending_limit: Option<Money>,
    /// The pack.
    pub pack: String,
}

impl WantedRecharge {
    /// The settings, with every field within its limits.
    ///
    /// # Errors
    /// 422 with every wrong field.
    pub fn checked(self, catalog: &Catalog) -> Result<Settings, Problem> {
        let Self { enabled, threshold, spending_limit, pack } = self;
        let currency = catalog.credit_currency;
        let limit = spending_limit.unwrap_or(Money::new(LIMIT_MINOR_UNITS, currency));
        let mut checks = Checks::default();
        let detail = format!("A whole number of tokens from 0 to {TOKENS_MAX} is expected.");
        checks.expect_range((0..=TOKENS_MAX).contains(&threshold), "threshold", &detail);
        checks.expect(catalog.pack(&pack).is_some(), "pack", "There is no such credit pack.");
        let detail = format!("Credits are sold in {}.", currency.as_str());
        checks.expect(limit.currency == currency, "spending_limit", &detail);
        let detail = format!("At most {} is expected.", Money::new(LIMIT_MAX, currency));
        checks.expect_range(limit.amount <= LIMIT_MAX, "spending_limit", &detail);
        checks.passed()?;
        Ok(Settings { enabled, threshold, limit, pack })
    }
}

impl Credits {
    /// Prospect of the next purchase by auto-recharge. `loaded` has [`parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn prospect(&self, invocation: &Invocation, loaded: &Loaded) -> Tried<Verdict> {
        let books = self.books(invocation, loaded).await?;
        Ok(books.verdict(books.credits.counted.available, invocation.now))
    }

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
