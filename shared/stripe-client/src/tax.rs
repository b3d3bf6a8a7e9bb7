//! The catalog's fixed tax rates, as they are at Stripe (C1).
//!
//! They are read as prices are: once, and remembered for a few minutes while warm. A catalog
//! without rates asks nothing.

use invocation::Invocation;
use std::sync::{Mutex, PoisonError};

use billing::time::Timestamp;
use catalog::SoldTaxRate;
use catalog::difference::TaxRateThere;
use stripe_requests::Bound;
use stripe_requests::request::catalog::active_tax_rates;

use crate::catalog::tax_rate;
use crate::prices::PRICES_SECONDS_MAX;
use crate::{Stripe, StripeError};

/// What was read lately, and when.
#[derive(Debug, Default)]
pub(crate) struct KnownRates(Mutex<Option<(Vec<TaxRateThere>, Timestamp)>>);

impl KnownRates {
    fn lately(&self, now: Timestamp) -> Option<Vec<TaxRateThere>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rates, at) = known.as_ref()?;
        (*at..at.plus_seconds(PRICES_SECONDS_MAX)).contains(&now).then(|| rates.clone())
    }
}

impl Stripe {
    /// The ids of the tax rates that are put on what is sold now. [`StripeError::NotPushed`] when
    /// Stripe does not have one of them: what is sold without its tax is sold wrongly.
    pub async fn tax_rates(
        &self,
        invocation: &Invocation,
        sold: &[SoldTaxRate],
    ) -> Result<Vec<String>, StripeError> {
        if sold.is_empty() {
            return Ok(Vec::new());
        }
        let there = match self.rates.lately(invocation.now) {
            Some(known) => known,
            None => self.read_rates(invocation).await?,
        };
        let found = sold.iter().map(|sold| {
            let found = there.iter().find(|there| there.active && there.is(sold));
            let missing =
                || StripeError::NotPushed(format!("tax rate `{}` ({})", sold.id, sold.rate));
            found.map(|found| found.id.clone()).ok_or_else(missing)
        });
        found.collect()
    }

    async fn read_rates(&self, invocation: &Invocation) -> Result<Vec<TaxRateThere>, StripeError> {
        let mut there = Vec::new();
        for object in self.list(invocation, Bound::OF_AN_ACCOUNT, active_tax_rates).await?.objects {
            there.extend(tax_rate(object.get())?);
        }
        // What is missing may be pushed any moment.
        if !there.is_empty() {
            let mut known = self.rates.0.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some((there.clone(), invocation.now));
        }
        Ok(there)
    }
}
