//! Usage of several accounts, priced together for the one account that pays for them (requirements,
//! "Bill to parent").
//!
//! Tiers and included units apply to the sum of the accounts. Each account's share of a resource's
//! amount follows its units, by largest remainder, so shares add up to the amount. An invoice has a
//! line for each account and resource while Stripe takes so many; then one for each account, then
//! one for each resource.

use std::collections::BTreeMap;

use crate::ids::AccountId;
use crate::money::{Money, TooLarge};
use crate::month::Month;
use crate::overage::{self, Line, PricedUse, grouped, month_name};
use crate::usage::{Allowance, Usage};

/// Most lines of an invoice, by Stripe's limit (money rule 20).
pub const LINES_MAX: usize = 250;

/// Usage of one account in a month, for which another account, or itself, pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUsage {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its counters, as far as that payer pays for them.
    pub usage: Usage,
}

/// Amount of one account's use of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share<'a> {
    of: &'a AccountUsage,
    units: u64,
    amount: Money,
}

/// Use of one resource by all accounts.
#[derive(Debug)]
struct Resource<'a> {
    allowance: &'a Allowance,
    units: u64,
    priced: PricedUse,
    shares: Vec<Share<'a>>,
}

/// Lines of a month's usage of several accounts, which a payer's plan prices. An account stands in
/// `accounts` once. Of the payer itself the lines are those of any account.
///
/// # Errors
/// [`TooLarge`]: no real sum is that large.
pub fn lines(
    (payer, month): (&AccountId, Month),
    allowances: &[Allowance],
    accounts: &[AccountUsage],
) -> Result<Vec<Line>, TooLarge> {
    let mut by_id: Vec<&AccountUsage> = accounts.iter().collect();
    by_id.sort_by_key(|one| &one.account);
    let mut resources = Vec::new();
    for allowance in allowances {
        resources.extend(Resource::of(allowance, &by_id)?);
    }

    let by_resource = || resources.iter().map(|one| one.line(month)).collect();
    if by_id.iter().all(|one| one.account == *payer) {
        return Ok(by_resource());
    }
    let mut by_name = by_id;
    by_name.sort_by_key(|one| (one.account != *payer, &one.name));
    let each = resources.iter().fold(0_usize, |sum, one| sum.saturating_add(one.shares.len()));
    if each <= LINES_MAX {
        return Ok(by_account_and_resource((payer, month), &resources, &by_name));
    }
    let by_account = by_account((payer, month), &resources, &by_name)?;
    Ok(if by_account.len() <= LINES_MAX { by_account } else { by_resource() })
}

impl<'a> Resource<'a> {
    /// The price of all accounts' use and the share of each; nothing where it costs nothing.
    fn of(
        allowance: &'a Allowance,
        accounts: &[&'a AccountUsage],
    ) -> Result<Option<Self>, TooLarge> {
        let used: Vec<u64> = accounts.iter().map(|one| one.usage.of(allowance)).collect();
        let add = |sum: u64, units: &u64| sum.checked_add(*units).ok_or(TooLarge);
        let units = used.iter().try_fold(0, add)?;
        let Some(priced) = PricedUse::of(allowance, units)? else { return Ok(None) };

        let amounts = apportion(priced.amount, &used);
        let shares = accounts.iter().zip(used).zip(amounts);
        let shares = shares.map(|((of, units), amount)| Share { of, units, amount });
        let shares = shares.filter(|share| share.amount.amount > 0).collect();
        Ok(Some(Self { allowance, units, priced, shares }))
    }

    fn line(&self, month: Month) -> Line {
        overage::line(self.allowance, month, self.priced)
    }

    fn share_of(&self, account: &AccountId) -> Option<&Share<'a>> {
        self.shares.iter().find(|share| share.of.account == *account)
    }

    /// Text of one account's line: its units, and those of all accounts that were priced together.
    fn describe_share(&self, share: &Share<'_>, month: Month) -> String {
        let resource = &self.allowance.name;
        let (month, units, all) = (month_name(month), grouped(share.units), grouped(self.units));
        if self.priced.included == 0 {
            return format!("{resource} in {month}: {units}");
        }
        let (beyond, included) = (grouped(self.priced.beyond), grouped(self.priced.included));
        format!("{resource} in {month}: {units} of {all}, {beyond} beyond {included} included")
    }
}

/// A line for each account and resource.
fn by_account_and_resource(
    (payer, month): (&AccountId, Month),
    resources: &[Resource<'_>],
    accounts: &[&AccountUsage],
) -> Vec<Line> {
    let mut lines = Vec::new();
    for account in accounts {
        for resource in resources {
            let Some(share) = resource.share_of(&account.account) else { continue };
            let text = resource.describe_share(share, month);
            lines.push(line_of(payer, account, (&resource.allowance.resource, text), share.amount));
        }
    }
    lines
}

/// A line for each account, of all its resources.
fn by_account(
    (payer, month): (&AccountId, Month),
    resources: &[Resource<'_>],
    accounts: &[&AccountUsage],
) -> Result<Vec<Line>, TooLarge> {
    let mut amounts: BTreeMap<&AccountId, Money> = BTreeMap::new();
    for share in resources.iter().flat_map(|resource| &resource.shares) {
        let none = Money::new(0, share.amount.currency);
        let sum = amounts.entry(&share.of.account).or_insert(none);
        *sum = sum.plus(share.amount.amount)?;
    }
    let line = |account: &&AccountUsage| {
        let amount = amounts.get(&account.account)?;
        let text = format!("Usage in {}", month_name(month));
        Some(line_of(payer, account, ("usage", text), *amount))
    };
    Ok(accounts.iter().filter_map(line).collect())
}

fn line_of(
    payer: &AccountId,
    account: &AccountUsage,
    (item, text): (&str, String),
    amount: Money,
) -> Line {
    let AccountUsage { account, name, .. } = account;
    if account == payer {
        return Line::new(item, text, amount);
    }
    let line = Line::new(item, format!("{name} ({account}): {text}"), amount);
    Line { sub_account: Some(account.clone()), ..line }
}

/// An amount shared in proportion to numbers of units, by largest remainder, in the smallest steps
/// that can be charged. The shares add up to the amount. Of equal remainders the first takes the
/// step.
fn apportion(amount: Money, units: &[u64]) -> Vec<Money> {
    let step = amount.currency.chargeable();
    let steps = amount.amount.checked_div(step).and_then(|steps| u128::try_from(steps).ok());
    let steps = steps.unwrap_or(0);
    let all: u128 = units.iter().fold(0, |sum, units| sum.saturating_add(u128::from(*units)));

    // A product stays below 2^127: an amount is below 2^63 and a number of units below 2^64.
    let product = |units: &u64| steps.saturating_mul(u128::from(*units));
    let whole = units.iter().map(|units| product(units).checked_div(all).unwrap_or(0));
    let mut whole: Vec<u128> = whole.collect();
    let given = whole.iter().fold(0_u128, |sum, steps| sum.saturating_add(*steps));
    let left = usize::try_from(steps.saturating_sub(given)).unwrap_or(0);

    let mut places: Vec<(usize, u128)> = units
        .iter()
        .map(|units| product(units).checked_rem(all).unwrap_or(0))
        .enumerate()
        .filter(|(_, remainder)| *remainder > 0)
        .collect();
    // A stable sort: equal remainders keep the order of accounts.
    places.sort_by_key(|(_, remainder)| std::cmp::Reverse(*remainder));
    for (place, _) in places.into_iter().take(left) {
        if let Some(steps) = whole.get_mut(place) {
            *steps = steps.saturating_add(1);
        }
    }

    let money = |steps: u128| {
        let minor = i64::try_from(steps).unwrap_or(i64::MAX).saturating_mul(step);
        Money::new(minor, amount.currency)
    };
    whole.into_iter().map(money).collect()
}

#[cfg(test)]
mod tests;
