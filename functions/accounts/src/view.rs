//! An account as the contract shows it.

use auth::problem;
use billing::account::{PendingChange, Standing};
use billing::explain::per_currency;
use billing::fact::{Address, Collection, CustomerSnapshot, Interval, SubscriptionSnapshot};
use billing::money::{Currency, Money};
use billing::profile::Profile;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::Problem;
use serde::{Serialize, Serializer};
use store::Store;
use store::attributes::Attributes;
use store::keys::ENTITY;
use tracing::error;

/// What nothing is counted in before an account has a currency.
const CURRENCY_OF_NOTHING: &str = "usd";

#[derive(Debug, Serialize)]
pub(crate) struct AccountView {
    id: String,
    name: String,
    kind: &'static str,
    processing_region: Option<String>,
    state: &'static str,
    plan: String,
    subscription_period: Option<Period>,
    period: Period,
    interval: Option<&'static str>,
    seats: Option<u64>,
    cancel_at_period_end: bool,
    ends_at: Option<String>,
    pending_change: Option<PendingView>,
    billing_details: Details,
    outstanding: Sums,
    prepaid_balance: Sums,
    stripe_customer_id: Option<String>,
    collection: &'static str,
    net_days: Option<u32>,
    partner: bool,
    grace_days: i64,
    disables_on: Option<String>,
    created_at: String,
}

#[derive(Debug, Serialize)]
struct Period {
    start: String,
    end: String,
}

/// What invoices print.
#[derive(Debug, Serialize)]
pub(crate) struct Details {
    company: Option<String>,
    email: Option<String>,
    address: Address,
    tax_ids: Vec<TaxIdView>,
    purchase_order: Option<String>,
}

#[derive(Debug, Serialize)]
struct TaxIdView {
    r#type: String,
    value: String,
    verification: &'static str,
}

#[derive(Debug, Serialize)]
struct PendingView {
    plan: String,
    interval: &'static str,
    seats: u64,
    effective_at: String,
}

impl Details {
    /// Those of a profile.
    pub(crate) fn of(profile: &Profile) -> Self {
        let CustomerSnapshot { name, email, address, purchase_order, .. } = profile.details.clone();
        let tax_ids = profile.tax_ids.present().map(|tax_id| TaxIdView {
            r#type: tax_id.kind.clone(),
            value: tax_id.value.clone(),
            verification: tax_id.verification.word(),
        });
        let tax_ids = tax_ids.collect();
        Self { company: name, email, address, tax_ids, purchase_order }
    }
}

impl PendingView {
    fn of(pending: &PendingChange) -> Self {
        Self {
            plan: pending.plan.clone(),
            interval: pending.interval.word(),
            seats: pending.seats,
            effective_at: pending.at.to_string(),
        }
    }
}

/// Money: one sum, or a list of them when more than one currency is in use.
#[derive(Debug)]
pub(crate) struct Sums(Vec<Money>);

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl Sums {
    /// Sums per currency; zero in `currency` when there are none.
    pub(crate) fn of(
        sums: impl IntoIterator<Item = Money>,
        currency: Option<Currency>,
    ) -> Result<Self, Problem> {
        let sums = per_currency(sums).map_err(|error| {
            error!(reason = %error, "could not add up: {error}");
            Problem::internal()
        })?;
        if !sums.is_empty() {
            return Ok(Self(sums));
        }
        let currency = currency.or_else(|| Currency::parse(CURRENCY_OF_NOTHING).ok());
        Ok(Self(currency.map(|currency| Money::new(0, currency)).into_iter().collect()))
    }
}

impl AccountView {
    /// The same account, where what was used counts too.
    pub(crate) fn in_state(self, state: State) -> Self {
        Self { state: state.word(), ..self }
    }
}

impl Period {
    fn of((start, end): (Timestamp, Timestamp)) -> Self {
        Self { start: start.to_string(), end: end.to_string() }
    }
}

/// The standing and the profile among some items; 404 when there is no such account.
pub(crate) fn standing_and_profile(items: &[Attributes]) -> Result<(Standing, Profile), Problem> {
    let item = |entity: &str| {
        let found = items.iter().find(|item| {
            item.get(ENTITY).and_then(|value| value.as_s().ok()).is_some_and(|it| it == entity)
        });
        found.ok_or_else(|| Problem::not_found("account"))
    };
    let standing = store::standing::read(item("standing")?).map_err(|error| problem(&error))?;
    let profile = store::profile::read(item("profile")?).map_err(|error| problem(&error))?;
    Ok((standing, profile))
}

/// What is owed. Invoices beyond those that the standing lists are read.
pub(crate) async fn owed(
    invocation: &Invocation,
    store: &Store,
    standing: &Standing,
) -> Result<Standing, Problem> {
    if standing.more_open == 0 {
        return Ok(standing.clone());
    }
    let invoices =
        store.invoices(invocation, &standing.account).await.map_err(|error| problem(&error))?;
    Ok(standing.with_all_open(&invoices))
}

/// The account that some items are.
pub(crate) async fn account(
    invocation: &Invocation,
    store: &Store,
    items: &[Attributes],
) -> Result<AccountView, Problem> {
    let (standing, profile) = standing_and_profile(items)?;
    let standing = owed(invocation, store, &standing).await?;
    let sums = standing.counting().map(|(_, entry)| entry.remaining);
    let currency = standing.currency.or(profile.details.currency);
    let live = standing.live_subscription();
    let period = |live: &SubscriptionSnapshot| Period::of((live.period_start, live.period_end));
    let ends_at = live.and_then(|live| live.ends_at);
    let disables_on = standing.disables_on(invocation.now).map(|at| at.to_string());
    Ok(AccountView {
        id: standing.account.to_string(),
        name: profile.name.clone(),
        kind: "standard",
        processing_region: profile.processing_region.clone(),
        state: standing.state_at(invocation.now).word(),
        plan: standing.plan().to_owned(),
        subscription_period: live.map(period),
        period: Period::of(invocation.now.month()),
        interval: live.and_then(|live| live.interval).map(Interval::word),
        seats: live.map(|live| live.seats),
        cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
        ends_at: ends_at.map(|at| at.to_string()),
        pending_change: standing.pending.as_ref().map(PendingView::of),
        outstanding: Sums::of(sums, currency)?,
        prepaid_balance: Sums::of([], currency)?,
        billing_details: Details::of(&profile),
        stripe_customer_id: profile.customer.map(String::from),
        collection: standing.collection.word(),
        net_days: (standing.collection == Collection::Manual).then_some(standing.net_days),
        partner: profile.partner,
        grace_days: standing.grace_seconds.div_euclid(billing::time::DAY_SECONDS),
        disables_on,
        created_at: profile.created_at.to_string(),
    })
}
