//! Closing a month: its counters as they were read and not a unit more, what it costs, and the
//! levels that go on.
//!
//! One transaction: the month is closed and leaves the index, the next one begins with the levels
//! that nobody reported in it yet, and what is invoiced is frozen in a bill, which takes the
//! month's place in the index.

use invocation::Invocation;
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use billing::account::Standing;
use billing::bill::Bill;
use billing::change::Write;
use billing::closing::Closing;
use billing::decide::note;
use billing::ids::AccountId;
use billing::month::Month;
use billing::profile::Profile;
use billing::subscription::Subscription;
use billing::usage::{Held, Usage};
use futures_util::future::join3;

use crate::error::StoreError;
use crate::expression::{CLOSED, Expression};
use crate::keys;
use crate::usage::{Items, LEVEL, SHARES, SINCE, SUM};
use crate::{Store, bill, profile};

/// What is known of an account whose month has ended.
#[derive(Debug, Clone)]
pub struct Payer {
    /// Its standing, whose version guards the subscriptions.
    pub standing: Standing,
    /// All its subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Its months up to the one after that.
    pub months: BTreeMap<Month, Usage>,
    /// Its profile, if there is one.
    pub profile: Option<Profile>,
    /// What is invoiced for the month, once it is closed.
    pub bill: Option<Bill>,
}

impl Store {
    /// What is known of an account whose month has ended: three requests at once. Nothing when
    /// there is no such account.
    pub async fn payer(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Option<Payer>, StoreError> {
        let own = self.books_of_subscriptions(invocation, account);
        let months = self.usage_months(invocation, account, Month::of(month.end()));
        let keys = [keys::profile(account), keys::bill(account, month)];
        let (own, months, others) = join3(own, months, self.batch_all(invocation, &keys)).await;
        let (own, months, others): (_, _, Items) = (own?, months?, others?);
        let Some(own) = own else { return Ok(None) };
        let [profile, bill] = keys.map(|key| others.get(&key));
        let bill = match bill.map(bill::read).transpose()? {
            Some(bill) => Some(self.with_lines(invocation, account, bill).await?),
            None => None,
        };
        Ok(Some(Payer {
            standing: own.standing,
            subscriptions: own.subscriptions.into_values().collect(),
            months,
            profile: profile.map(profile::read).transpose()?,
            bill,
        }))
    }

    /// Closes a month; with its bill, if something is invoiced for it. What parents pay for is left
    /// with a month of each of them. [`StoreError::Conflict`] when something was counted, or the
    /// account changed, since it was read, or such a month is closed.
    pub async fn close_month(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        (closing, bill): (&Closing, Option<&Bill>),
        (billed, resources): (&BTreeMap<AccountId, Month>, Vec<String>),
    ) -> Result<(), StoreError> {
        let account = &standing.account;
        let Closing { closed, priced } = closing;
        let (month, counted) = (closed.month, closed.counted.clone());
        let mut writes = vec![Write::MonthClosed { month, counted, resources }];
        if !closed.carried.is_empty() {
            let (month, levels) = (Month::of(month.end()), closed.carried.clone());
            writes.push(Write::LevelsCarried { month, levels });
        }
        for (parent, billed) in billed {
            let Some(usage) = closed.shares.get(parent).cloned() else { continue };
            let (parent, billed) = (parent.clone(), *billed);
            writes.push(Write::Share { parent, billed, month, usage });
        }

        let Some(bill) = bill else {
            // Nothing to tell anybody: the account need only be as it was.
            writes.push(Write::StandingAt(standing.version));
            return self.keep(invocation, account, &writes).await;
        };
        let change = note(standing, priced.entry(invocation.now), invocation.now).with_all(writes);
        self.commit(invocation, &change.with(Write::Bill(bill.clone()))).await?;
        Ok(())
    }

    /// Keeps a bill as it is now, under the version that it was read at.
    pub async fn keep_bill(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        bill: &Bill,
    ) -> Result<Bill, StoreError> {
        let version = bill.version.saturating_add(1);
        self.keep(invocation, account, &[Write::Bill(bill.clone())]).await?;
        Ok(Bill { version, ..bill.clone() })
    }

    /// Keeps a bill that Stripe does not invoice, and says so in the journal.
    pub async fn refuse_bill(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        bill: &Bill,
    ) -> Result<(), StoreError> {
        let change = note(standing, bill.refusal(invocation.now), invocation.now);
        self.commit(invocation, &change.with(Write::Bill(bill.clone()))).await?;
        Ok(())
    }
}

/// The update that closes a month, under the condition that its counters are as they were read.
/// `resources` may be counted meanwhile for the first time: then the condition fails too.
pub(crate) fn close(
    account: &AccountId,
    month: Month,
    counted: &Usage,
    resources: &[String],
) -> Expression {
    let mut expression = Expression::new(keys::usage(account, month));
    let closed = expression.name(CLOSED);
    let yes = expression.value(AttributeValue::Bool(true));
    expression.set.push(format!("{closed} = {yes}"));
    expression.conditions.push(format!("attribute_not_exists({closed})"));
    let version = expression.name(keys::VERSION);
    let one = expression.number(&1_u64);
    expression.set.push(format!("{version} = {version} + {one}"));
    expression.remove_due();

    let Usage { sums, held, shares, .. } = counted;
    expression.must_be(SHARES, Some(shares).filter(|shares| **shares > 0));
    let mut seen: HashMap<String, u64> = HashMap::new();
    seen.extend(sums.iter().map(|(resource, sum)| (format!("{SUM}{resource}"), *sum)));
    seen.extend(held.iter().map(|(resource, it)| (format!("{LEVEL}{resource}"), it.level)));

    let maybe = resources.iter().flat_map(|it| [format!("{SUM}{it}"), format!("{LEVEL}{it}")]);
    for name in maybe.filter(|name| !seen.contains_key(name)) {
        let name = expression.name(&name);
        expression.conditions.push(format!("attribute_not_exists({name})"));
    }
    for (name, number) in &seen {
        let (name, number) = (expression.name(name), expression.number(number));
        expression.conditions.push(format!("{name} = {number}"));
    }
    expression
}

/// The update that carries levels into a month.
pub(crate) fn carry(
    account: &AccountId,
    month: Month,
    levels: &BTreeMap<String, Held>,
) -> Expression {
    let mut expression = Expression::new(keys::usage(account, month));
    expression.begin("usage", Some(&month.to_string()));
    expression.set_due(&keys::bill_due(account, month));
    for (resource, held) in levels {
        // Both are there, or neither: they are only ever set together.
        let parts = [(LEVEL, held.level.to_string()), (SINCE, held.at.0.to_string())];
        for (prefix, number) in parts {
            let name = expression.name(&format!("{prefix}{resource}"));
            let number = expression.number(&number);
            expression.set.push(format!("{name} = if_not_exists({name}, {number})"));
        }
    }
    expression
}
