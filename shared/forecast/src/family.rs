//! Families in a forecast: what a parent's sub-accounts used so far, read when somebody looks, and
//! the part of its usage that a sub-account pays for itself.

use std::collections::BTreeMap;

use billing::account::history::History;
use billing::closing::served;
use billing::consolidated::AccountUsage;
use billing::family::Family;
use billing::family::listed::ListedSubAccount;
use billing::family::payers::Payer;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::time::Timestamp;
use billing::usage::by_payer::sums_by_payer;
use billing::usage::{Usage, Used};
use invocation::Invocation;
use store::{Loaded, Part, StoreError};

use crate::{Forecast, ForecastError};

impl Forecast {
    /// Usage of a month that an account pays for: of its sub-accounts, where it is a parent.
    pub(crate) async fn family_usage(
        &self,
        invocation: &Invocation,
        (parent, family): (&AccountId, &Family),
        month: Month,
    ) -> Result<Vec<AccountUsage>, ForecastError> {
        match family {
            Family::Standard | Family::SubAccount(_) => return Ok(Vec::new()),
            Family::Parent(_) => {}
        }
        let listed = self.store.paid_sub_accounts(invocation, parent, month).await?;
        let wanted = listed.iter().map(|one| (one.id.clone(), parts(month)));
        let loaded = self.store.load_all(invocation, &wanted.collect::<Vec<_>>()).await?;
        // What was closed is with the parent already.
        let (mut left, _) = self.store.shares(invocation, parent, month).await?;

        let mut usages = Vec::new();
        for one in listed {
            let mut usage = left.remove(&one.id).unwrap_or_default();
            if let Some(loaded) = loaded.get(&one.id) {
                usage.add(&self.not_closed(invocation, (&one, loaded), month).await?);
            }
            usages.push(AccountUsage { account: one.id, name: one.name, usage });
        }
        let rest = left.into_iter().map(|(account, usage)| {
            let name = account.to_string();
            AccountUsage { account, name, usage }
        });
        usages.extend(rest);
        usages.retain(|one| !one.usage.is_empty());
        Ok(usages)
    }

    /// Usage of a sub-account's month, as far as its parent pays for it; nothing of a closed month.
    async fn not_closed(
        &self,
        invocation: &Invocation,
        (listed, loaded): (&ListedSubAccount, &Loaded),
        month: Month,
    ) -> Result<Usage, ForecastError> {
        let Some(standing) = loaded.standing()? else { return Ok(Usage::default()) };
        let counted = loaded.usage(month)?.unwrap_or_default();
        if counted.closed {
            return Ok(Usage::default());
        }
        let is_running = month == Month::of(invocation.now);
        let held =
            if is_running { loaded.gauges()?.unwrap_or_default().held } else { counted.held };
        let until = invocation.now.plus_seconds(1).min(month.end());

        let whole = month.days_until(until).all(|day| listed.is_paid_on(day));
        let sums = if whole {
            counted.sums
        } else {
            let days = self.store.usage_days(invocation, &listed.id, month).await?;
            sums_by_payer(&days, |day| listed.is_paid_on(day)).remove(&true).unwrap_or_default()
        };
        let is_last = listed.is_paid_on(last_day(month));
        let held = if is_last { held } else { BTreeMap::new() };

        let records = if History::is_in_journal(&standing, month.start(), until) {
            self.store.journal_since(invocation, &listed.id, month.start()).await?
        } else {
            Vec::new()
        };
        let history = History::of(&standing, &records, invocation.now);
        let usage = Usage { sums, held, ..Usage::default() };
        Ok(served(usage, &history, (month.start(), until)))
    }

    /// What a sub-account used of the running month and pays for itself; nothing, without a call,
    /// where it pays for the whole month or is no sub-account.
    pub(crate) async fn own_part(
        &self,
        invocation: &Invocation,
        (account, family): (&AccountId, &Family),
        used: Used,
    ) -> Result<Used, StoreError> {
        match family {
            Family::Standard | Family::Parent(_) => return Ok(used),
            Family::SubAccount(_) => {}
        }
        let month = Month::of(invocation.now);
        let Some((payers, days)) = self.store.payers_in(invocation, account, month).await? else {
            return Ok(used);
        };
        let payer_on = |day: Day| payers.payer_on(day);
        let changed = payers.payers_in(month).len() > 1;
        let mut own = used;
        if changed {
            let sums = sums_by_payer(&days, payer_on).remove(&Payer::Own);
            own.month.sums = sums.unwrap_or_default();
        } else if payer_on(last_day(month)) != Payer::Own {
            own.month.sums = BTreeMap::new();
        }
        if payer_on(last_day(month)) != Payer::Own {
            own.latest.held = BTreeMap::new();
        }
        Ok(own)
    }
}

fn parts(month: Month) -> Vec<Part> {
    vec![Part::Standing, Part::Usage(month), Part::Gauges]
}

fn last_day(month: Month) -> Day {
    Day::of(Timestamp(month.end().0.saturating_sub(1)))
}
