//! The threshold of an account: read with recent invoices, set, removed; and what was notified.

use billing::account::Standing;
use billing::alerts::{self, AlertRefusal, Alerted, Watch};
use billing::change::Write;
use billing::decide::note;
use billing::ids::AccountId;
use billing::invoice::Invoice;
use billing::money::Currency;
use invocation::{Class, Classified, Invocation};
use store::{Loaded, Part, Store, StoreError};
use tracing::info;

/// Most recent invoices beside a threshold (A21).
pub const RECENT_INVOICES_MAX: usize = 12;

/// Thresholds of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds<'a> {
    /// The table.
    pub store: &'a Store,
    /// Currency of plans and usage.
    pub currency: Currency,
}

/// A threshold as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenThreshold {
    /// Minor units; none where no whole number of 64 bits was given.
    pub amount: Option<i64>,
    /// Code of the currency.
    pub currency: String,
}

/// An account's alert with its latest invoices, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRead {
    /// Alert, and what the account was notified of.
    pub watch: Watch,
    /// Finalized invoices.
    pub invoices: Vec<Invoice>,
}

/// Reason why a threshold is not set or removed.
#[derive(Debug, thiserror::Error)]
pub enum ThresholdFailure {
    /// The threshold is not accepted.
    #[error(transparent)]
    Refused(#[from] AlertRefusal),
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for ThresholdFailure {
    fn class(&self) -> Class {
        match self {
            Self::Refused(_) | Self::NoAccount(_) => Class::Never,
            Self::Store(error) => error.class(),
        }
    }
}

impl Thresholds<'_> {
    /// Parts that reading and changing an alert need.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Profile, Part::Watch]
    }

    /// The alert of an account, with its latest invoices.
    ///
    /// # Errors
    /// The table's.
    pub async fn read(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<AlertRead, StoreError> {
        let watch = self.store.load(invocation, account, &[Part::Watch]).await?.watch()?;
        self.with_invoices(invocation, account, watch).await
    }

    /// A known alert with the account's latest invoices.
    ///
    /// # Errors
    /// The table's.
    pub async fn with_invoices(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        watch: Watch,
    ) -> Result<AlertRead, StoreError> {
        let mut invoices = self.store.invoices(invocation, account).await?;
        invoices.retain(|invoice| invoice.terms.is_some());
        invoices.sort_by_key(|invoice| {
            let finalized_at = invoice.terms.as_ref().map(|terms| terms.finalized_at);
            (std::cmp::Reverse(finalized_at), invoice.id.clone())
        });
        invoices.truncate(RECENT_INVOICES_MAX);
        Ok(AlertRead { watch, invoices })
    }

    /// Sets the threshold, unless it is so already. `first` are the parts for the first try.
    ///
    /// # Errors
    /// The threshold is not accepted, or the table failed.
    pub async fn set(
        &self,
        invocation: &Invocation,
        (account, first): (&AccountId, Loaded),
        given: &GivenThreshold,
    ) -> Result<(), ThresholdFailure> {
        let first = First::of(first);
        let try_once = async || {
            let loaded = first.or_load(invocation, self.store, account).await?;
            let standing = standing(&loaded, account)?;
            let invoiced_in = self.invoiced_in(&loaded, &standing)?;
            let amount = alerts::threshold(given.amount, &given.currency, &invoiced_in)?;

            let set = loaded.watch()?.set(amount, invocation.now);
            if let Some((watch, entry)) = set {
                let change = note(&standing, entry, invocation.now).with(Write::Watch(watch));
                self.store.commit(invocation, &change).await?;
                info!(account.id = %account, "set the alert of account {account} to {amount}");
            }
            Ok(())
        };
        invocation.retry_conflicts(try_once).await
    }

    /// Removes the alert, if there is one. `first` are the parts for the first try.
    ///
    /// # Errors
    /// The table failed.
    pub async fn remove(
        &self,
        invocation: &Invocation,
        (account, first): (&AccountId, Loaded),
    ) -> Result<(), ThresholdFailure> {
        let first = First::of(first);
        let try_once = async || {
            let loaded = first.or_load(invocation, self.store, account).await?;
            let standing = standing(&loaded, account)?;

            if let Some((watch, entry)) = loaded.watch()?.removed(invocation.now) {
                let change = note(&standing, entry, invocation.now).with(Write::Watch(watch));
                self.store.commit(invocation, &change).await?;
                info!(account.id = %account, "removed the alert of account {account}");
            }
            Ok(())
        };
        invocation.retry_conflicts(try_once).await
    }

    /// Notifications of an exceeded threshold, the newest first.
    ///
    /// # Errors
    /// The table's.
    pub async fn history(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Alerted>, StoreError> {
        let mut alerted = self.store.alerted(invocation, account).await?;
        alerted.reverse();
        Ok(alerted)
    }

    /// Currencies in which the account is invoiced: that of the catalog, of the customer at Stripe,
    /// and of the subscription.
    fn invoiced_in(
        &self,
        loaded: &Loaded,
        standing: &Standing,
    ) -> Result<Vec<Currency>, StoreError> {
        let customer = loaded.profile()?.and_then(|profile| profile.details.currency);
        let fee = standing.subscription.as_ref().and_then(|subscription| subscription.fee);
        let mut all = vec![self.currency];
        for currency in customer.into_iter().chain(fee.map(|fee| fee.currency)) {
            if !all.contains(&currency) {
                all.push(currency);
            }
        }
        Ok(all)
    }
}

fn standing(loaded: &Loaded, account: &AccountId) -> Result<Standing, ThresholdFailure> {
    loaded.standing()?.ok_or_else(|| ThresholdFailure::NoAccount(account.clone()))
}

/// Parts for the first try of a command; every later one loads them again.
struct First(std::sync::Mutex<Option<Loaded>>);

impl First {
    fn of(loaded: Loaded) -> Self {
        Self(std::sync::Mutex::new(Some(loaded)))
    }

    async fn or_load(
        &self,
        invocation: &Invocation,
        store: &Store,
        account: &AccountId,
    ) -> Result<Loaded, StoreError> {
        let first = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match first {
            Some(loaded) => Ok(loaded),
            None => store.load(invocation, account, &Thresholds::parts()).await,
        }
    }
}
