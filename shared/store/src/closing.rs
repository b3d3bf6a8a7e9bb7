//! Closing a month: its counters as they were read and not a unit more, what it costs, and the levels that go on.
//!
//! One transaction: the month is closed and leaves the index, the next one begins with the levels that nobody reported in it
//! yet, and what is invoiced is frozen in a bill, which takes the month's place in the index.

use invocation::Invocation;
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use billing::account::Standing;
use billing::bill::{Bill, Closing};
use billing::ids::AccountId;
use billing::month::Month;
use billing::profile::Profile;
use billing::subscription::Subscription;
use billing::usage::{Held, Usage};
use futures_util::future::join3;

use crate::commit::{Condition, Transaction, changed};
use crate::count::Expression;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::usage::{CLOSED, Items, LEVEL, SINCE, SUM};
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

/// A month to be closed, under the condition that its counters are as they were read.
#[derive(Debug)]
pub struct Closed {
    key: Key,
    counted: Usage,
    /// Resources that may be counted meanwhile for the first time.
    resources: Vec<String>,
}

/// Levels that go on in a month, where nobody reported any meanwhile.
#[derive(Debug)]
pub struct Carried {
    key: Key,
    month: Month,
    due: (String, String),
    levels: BTreeMap<String, Held>,
}

impl Store {
    /// What is known of an account whose month has ended: three requests at once. Nothing when there is no such account.
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
        Ok(Some(Payer {
            standing: own.standing,
            subscriptions: own.subscriptions.into_values().collect(),
            months,
            profile: profile.map(profile::read).transpose()?,
            bill: bill.map(bill::read).transpose()?,
        }))
    }

    /// Closes a month; with its bill, if something is invoiced for it. [`StoreError::Conflict`] when something was counted,
    /// or the account changed, since it was read.
    pub async fn close_month(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        (closing, bill): (&Closing, Option<&Bill>),
        resources: Vec<String>,
    ) -> Result<(), StoreError> {
        let account = &standing.account;
        let mut transaction = Transaction::default();
        if let Some(bill) = bill {
            transaction = changed(invocation, &closing.change(standing, invocation.now));
            transaction.put(bill::write(account, bill, 1), Condition::New);
        } else {
            // Nothing to tell anybody: the account need only be as it was.
            transaction.check(keys::standing(account), standing.version);
        }
        let (key, counted) = (keys::usage(account, closing.month), closing.counted.clone());
        transaction.close(Closed { key, counted, resources });
        if !closing.carried.is_empty() {
            let month = Month::of(closing.month.end());
            let (key, due) = (keys::usage(account, month), keys::bill_due(account, month));
            transaction.carry(Carried { key, month, due, levels: closing.carried.clone() });
        }
        self.transact(invocation, transaction).await
    }

    /// Keeps a bill as it is now, under the version that it was read at.
    pub async fn keep_bill(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        bill: &Bill,
    ) -> Result<Bill, StoreError> {
        let version = bill.version.saturating_add(1);
        let mut transaction = Transaction::default();
        transaction.put(bill::write(account, bill, version), Condition::read_at(bill.version));
        self.transact(invocation, transaction).await?;
        Ok(Bill { version, ..bill.clone() })
    }

    /// Keeps a bill that Stripe does not invoice, and says so in the journal.
    pub async fn refuse_bill(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        bill: &Bill,
    ) -> Result<(), StoreError> {
        let mut transaction = changed(invocation, &bill.refusal(standing, invocation.now));
        let item = bill::write(&standing.account, bill, bill.version.saturating_add(1));
        transaction.put(item, Condition::read_at(bill.version));
        self.transact(invocation, transaction).await
    }
}

impl Closed {
    /// The update that closes.
    pub(crate) fn update(self, table: &str) -> Result<Update, BuildError> {
        let mut expression = Expression::new(table, self.key);
        let closed = expression.name(CLOSED);
        let yes = expression.value(AttributeValue::Bool(true));
        expression.set.push(format!("{closed} = {yes}"));
        expression.conditions.push(format!("attribute_not_exists({closed})"));
        let version = expression.name(keys::VERSION);
        let one = expression.number(&1_u64);
        expression.set.push(format!("{version} = {version} + {one}"));
        expression.remove_due();
        let Usage { sums, held, .. } = self.counted;
        let mut seen: HashMap<String, u64> = HashMap::new();
        seen.extend(sums.iter().map(|(resource, sum)| (format!("{SUM}{resource}"), *sum)));
        seen.extend(held.iter().map(|(resource, it)| (format!("{LEVEL}{resource}"), it.level)));
        let maybe = self.resources.iter();
        let maybe = maybe.flat_map(|it| [format!("{SUM}{it}"), format!("{LEVEL}{it}")]);
        for name in maybe.filter(|name| !seen.contains_key(name)) {
            let name = expression.name(&name);
            expression.conditions.push(format!("attribute_not_exists({name})"));
        }
        for (name, number) in &seen {
            let (name, number) = (expression.name(name), expression.number(number));
            expression.conditions.push(format!("{name} = {number}"));
        }
        expression.done()
    }
}

impl Carried {
    /// The update that carries.
    pub(crate) fn update(self, table: &str) -> Result<Update, BuildError> {
        let mut expression = Expression::new(table, self.key);
        expression.begin("usage", Some(&self.month.to_string()));
        expression.set_due(&self.due);
        for (resource, held) in &self.levels {
            // Both are there, or neither: they are only ever set together.
            let parts = [(LEVEL, held.level.to_string()), (SINCE, held.at.0.to_string())];
            for (prefix, number) in parts {
                let name = expression.name(&format!("{prefix}{resource}"));
                let number = expression.number(&number);
                expression.set.push(format!("{name} = if_not_exists({name}, {number})"));
            }
        }
        expression.done()
    }
}
