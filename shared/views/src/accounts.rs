//! An account and its billing details.

use billing::account::{PendingChange, Standing};
use billing::explain::per_currency;
use billing::fact::{Address, Collection, CustomerSnapshot, Interval, SubscriptionSnapshot};
use billing::money::{Currency, Money, TooLarge};
use billing::profile::Profile;
use billing::state::State;
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;
use serde::Serialize;

use crate::money::MoneyView;

/// Currency of nothing, before an account has a currency.
const CURRENCY_OF_NOTHING: &str = "usd";

/// An account (A1 to A4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountView {
    /// Id of the account.
    pub id: String,
    /// Name of the account.
    pub name: String,
    /// Kind of the account: `standard`, `parent` or `sub_account`.
    pub kind: &'static str,
    /// Parent of a sub-account.
    pub parent_id: Option<String>,
    /// Billing model of a sub-account.
    pub billing_model: Option<&'static str>,
    /// Region in which the account's data is processed.
    pub processing_region: Option<String>,
    /// State, in which usage counts too.
    pub state: &'static str,
    /// Plan in force.
    pub plan: String,
    /// Period of the running subscription.
    pub subscription_period: Option<PeriodView>,
    /// Metering month.
    pub period: PeriodView,
    /// Interval of the running subscription.
    pub interval: Option<&'static str>,
    /// Seats of the running subscription.
    pub seats: Option<u64>,
    /// True if the subscription ends with its period.
    pub cancel_at_period_end: bool,
    /// End of the subscription.
    pub ends_at: Option<String>,
    /// Booked change of plan or seats.
    pub pending_change: Option<PendingView>,
    /// Billing details.
    pub billing_details: DetailsView,
    /// Sum of what is owed.
    pub outstanding: SumsView,
    /// Prepaid balance.
    pub prepaid_balance: SumsView,
    /// Customer at Stripe.
    pub stripe_customer_id: Option<String>,
    /// Way in which invoices are collected.
    pub collection: &'static str,
    /// Days in which a sent invoice is due.
    pub net_days: Option<u32>,
    /// True for partners.
    pub partner: bool,
    /// Days from overdue to disabled.
    pub grace_days: i64,
    /// Moment at which the account is disabled unless it pays.
    pub disables_on: Option<String>,
    /// Charge for the rest of the period when a disabled account comes back now.
    pub charged_on_return: Option<RestView>,
    /// Time of the opening.
    pub created_at: String,
}

/// An account in the list of all accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountSummaryView {
    /// Id of the account.
    pub id: String,
    /// Name of the account.
    pub name: String,
    /// Kind of the account.
    pub kind: &'static str,
    /// State, in which usage counts too.
    pub state: &'static str,
    /// Plan in force.
    pub plan: String,
    /// Interval of the running subscription.
    pub interval: Option<&'static str>,
    /// Seats of the running subscription.
    pub seats: Option<u64>,
    /// True if the subscription ends with its period.
    pub cancel_at_period_end: bool,
    /// Way in which invoices are collected.
    pub collection: &'static str,
    /// Customer at Stripe; null while the opening is not complete.
    pub stripe_customer_id: Option<String>,
    /// Time of the opening.
    pub created_at: String,
}

/// A charge for the rest of a period whose renewal was not charged, because the account was
/// disabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestView {
    /// Sum before tax.
    pub total: MoneyView,
    /// Moment behind the period.
    pub until: String,
}

/// A period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeriodView {
    /// First moment.
    pub start: String,
    /// Moment behind the last.
    pub end: String,
}

/// Billing details, as invoices print them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DetailsView {
    /// Name on invoices.
    pub company: Option<String>,
    /// Address for invoices.
    pub email: Option<String>,
    /// Postal address.
    pub address: AddressView,
    /// Tax ids.
    pub tax_ids: Vec<TaxIdView>,
    /// Purchase order on invoices.
    pub purchase_order: Option<String>,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressView {
    /// Street and number.
    pub line1: Option<String>,
    /// Flat or floor.
    pub line2: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
}

/// A tax id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TaxIdView {
    /// Stripe's type, such as `eu_vat`.
    pub r#type: String,
    /// The number.
    pub value: String,
    /// The authority's word.
    pub verification: &'static str,
}

/// A booked change of plan or seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingView {
    /// Plan from then on.
    pub plan: String,
    /// Interval from then on.
    pub interval: &'static str,
    /// Seats from then on.
    pub seats: u64,
    /// The moment.
    pub effective_at: String,
}

/// Money: one sum, or a list of them when more than one currency is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SumsView {
    /// One sum.
    One(MoneyView),
    /// One sum for each currency.
    Many(Vec<MoneyView>),
}

impl AccountView {
    /// View of an account whose standing lists every open invoice.
    ///
    /// # Errors
    /// What is owed does not fit.
    pub fn of(
        standing: &Standing,
        profile: &Profile,
        state: State,
        now: Timestamp,
    ) -> Result<Self, TooLarge> {
        let owed = per_currency(standing.outstanding().map(|(_, entry)| entry.remaining))?;
        let currency = standing.currency.or(profile.details.currency);
        let live = standing.live_subscription();
        let ends_at = live.and_then(|live| live.ends_at);
        let place = standing.family.as_sub_account();
        let is_sent = standing.collection == Collection::Manual;

        Ok(Self {
            id: standing.account.to_string(),
            name: profile.name.clone(),
            kind: standing.family.kind().word(),
            parent_id: place.map(|place| place.parent.to_string()),
            billing_model: place.map(|place| place.model_at(now).word()),
            processing_region: profile.processing_region.clone(),
            state: state.word(),
            plan: standing.plan().to_owned(),
            subscription_period: live.map(PeriodView::of_subscription),
            period: PeriodView::of(now.month()),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
            ends_at: ends_at.map(|at| at.to_string()),
            pending_change: standing.pending.as_ref().map(PendingView::of),
            billing_details: DetailsView::of(profile),
            outstanding: SumsView::of(owed, currency),
            prepaid_balance: SumsView::of(profile.prepaid_sums(), currency),
            stripe_customer_id: profile.customer.as_ref().map(ToString::to_string),
            collection: standing.collection.word(),
            net_days: is_sent.then_some(standing.net_days),
            partner: profile.partner,
            grace_days: standing.grace_seconds.div_euclid(DAY_SECONDS),
            disables_on: standing.disables_on(now).map(|at| at.to_string()),
            charged_on_return: standing.price_of_return(now).map(|(rest, total)| RestView {
                total: MoneyView::from(total),
                until: rest.until.to_string(),
            }),
            created_at: profile.created_at.to_string(),
        })
    }
}

impl AccountSummaryView {
    /// View of an account.
    pub fn of(standing: &Standing, profile: &Profile, state: State) -> Self {
        let live = standing.live_subscription();
        Self {
            id: standing.account.to_string(),
            name: profile.name.clone(),
            kind: standing.family.kind().word(),
            state: state.word(),
            plan: standing.plan().to_owned(),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
            collection: standing.collection.word(),
            stripe_customer_id: profile.customer.as_ref().map(ToString::to_string),
            created_at: profile.created_at.to_string(),
        }
    }
}

impl PeriodView {
    pub(crate) fn of((start, end): (Timestamp, Timestamp)) -> Self {
        Self { start: start.to_string(), end: end.to_string() }
    }

    /// Period that a subscription is in.
    pub(crate) fn of_subscription(live: &SubscriptionSnapshot) -> Self {
        Self::of((live.period_start, live.period_end))
    }
}

impl DetailsView {
    /// View of a profile's details.
    pub fn of(profile: &Profile) -> Self {
        let CustomerSnapshot { name, email, address, purchase_order, .. } = profile.details.clone();
        let tax_ids = profile.tax_ids.present().map(|tax_id| TaxIdView {
            r#type: tax_id.kind.clone(),
            value: tax_id.value.clone(),
            verification: tax_id.verification.word(),
        });
        let tax_ids = tax_ids.collect();
        let address = AddressView::from(address);
        Self { company: name, email, address, tax_ids, purchase_order }
    }
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let Address { line1, line2, postal_code, city, state, country } = address;
        Self { line1, line2, postal_code, city, state, country }
    }
}

impl PendingView {
    pub(crate) fn of(pending: &PendingChange) -> Self {
        Self {
            plan: pending.plan.clone(),
            interval: pending.interval.word(),
            seats: pending.seats,
            effective_at: pending.at.to_string(),
        }
    }
}

impl SumsView {
    /// View of one sum for each currency; zero in `currency` where there are none.
    pub fn of(sums: Vec<Money>, currency: Option<Currency>) -> Self {
        let nothing = currency.or_else(|| Currency::parse(CURRENCY_OF_NOTHING).ok());
        match (sums.as_slice(), nothing) {
            ([], Some(currency)) => Self::One(MoneyView::from(Money::new(0, currency))),
            ([one], _) => Self::One(MoneyView::from(*one)),
            _ => Self::Many(sums.into_iter().map(MoneyView::from).collect()),
        }
    }
}
