//! Reading of a metering month, day by day.

use std::collections::BTreeMap;

use billing::account::Standing;
use billing::month::Month;
use billing::served::Served;
use billing::time::Timestamp;
use billing::usage::monthly::{MonthUsage, ResourceUsage, TokensOfMonth};
use futures_util::future::try_join;
use invocation::Invocation;
use store::{Loaded, Part, StoreError};

use crate::Metering;

/// Usage of a metering month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The month.
    pub month: Month,
    /// Every resource of the catalog.
    pub resources: Vec<ResourceUsage>,
    /// Time of the last batch that counted to the month, as far as it is kept.
    pub reported_at: Option<Timestamp>,
}

/// Parts that the reading of a month begins with: to be loaded with the caller's key.
pub fn month_parts(month: Month) -> Vec<Part> {
    vec![Part::Standing, Part::Usage(month), Part::Gauges, Part::Credits, Part::Tokens(month)]
}

impl Metering {
    /// Reads usage of every resource of the catalog in a month. `loaded` has the [`month_parts`].
    ///
    /// # Errors
    /// A failure of the table.
    pub async fn read(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        month: Month,
        loaded: &Loaded,
    ) -> Result<Read, StoreError> {
        let mut usage = self.month(invocation, standing, month, loaded).await?;
        if let Some(resource) = self.catalog.credit_resource() {
            usage.count_tokens(TokensOfMonth {
                resource: resource.id.clone(),
                days: loaded.tokens(month)?,
                included: loaded.included_tokens(month)?,
            });
        }

        let parent = self.store.paying_parent(invocation, standing).await?;
        let plan = Served::new(standing, parent.as_ref()).plan();
        let allowances = self.catalog.allowances(plan).into_iter();
        let mut resources: Vec<_> =
            allowances.map(|allowance| usage.of(allowance, month, invocation.now)).collect();
        // What a parent is invoiced for follows from all of its sub-accounts.
        for resource in resources.iter_mut().filter(|_| parent.is_some()) {
            resource.billed = None;
        }
        Ok(Read { month, resources, reported_at: usage.counted.reported_at })
    }

    /// Loads the days, and the levels that the month began with: the latest ones, or, where they
    /// were reported since, those of earlier months.
    async fn month(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        month: Month,
        loaded: &Loaded,
    ) -> Result<MonthUsage, StoreError> {
        let (account, start) = (&standing.account, month.start());
        let latest = loaded.gauges()?.unwrap_or_default();
        let (mut before, newer): (BTreeMap<_, _>, BTreeMap<_, _>) =
            latest.held.into_iter().partition(|(_, held)| held.at < start);

        let days = self.store.usage_days(invocation, account, month);
        let earlier = async {
            match earlier(start, month).filter(|_| !newer.is_empty()) {
                Some(last) => self.store.usage_months(invocation, account, last).await,
                None => Ok(BTreeMap::new()),
            }
        };
        let (days, earlier) = try_join(days, earlier).await?;

        // Later months replace what earlier ones say.
        before.extend(earlier.into_values().flat_map(|usage| usage.held));
        let counted = loaded.usage(month)?.unwrap_or_default();
        Ok(MonthUsage { counted, days, before, tokens: None })
    }
}

/// The month before, if there is one.
fn earlier(start: Timestamp, month: Month) -> Option<Month> {
    Some(Month::of(start.plus_seconds(-1))).filter(|last| *last != month)
}
