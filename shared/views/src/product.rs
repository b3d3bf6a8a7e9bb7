//! What a member sees: the product, not its billing (design, section 8). No type here has room for
//! a mail address, a tax id, a sum, a customer or a link that pays.

use billing::account::Standing;
use billing::authority::Role;
use billing::explain::per_currency;
use billing::fact::Interval;
use billing::money::TooLarge;
use billing::profile::Profile;
use billing::reason::Reason;
use billing::state::{Access, State};
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::access::{AccessView, ReasonView};
use crate::accounts::{PendingView, PeriodView, SumsView};
use crate::credits::{CreditsView, IncludedView};

/// An account as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberAccountView {
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
    /// Metering month.
    pub period: PeriodView,
    /// Seats of the running subscription.
    pub seats: Option<u64>,
}

/// An account that its parent pays for, as its own people see it (B8): no plan, no price. Amounts
/// are those of invoices that it pays itself, from before it was billed to its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BilledToParentView {
    /// Id of the account.
    pub id: String,
    /// Name of the account.
    pub name: String,
    /// Kind of the account.
    pub kind: &'static str,
    /// Its parent.
    pub parent_id: Option<String>,
    /// Billing model.
    pub billing_model: Option<&'static str>,
    /// Region in which the account's data is processed.
    pub processing_region: Option<String>,
    /// State, in which usage counts too.
    pub state: &'static str,
    /// Metering month.
    pub period: PeriodView,
    /// Sum of its own unpaid invoices; absent without any, and for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outstanding: Option<SumsView>,
    /// Moment at which its own unpaid invoices disable it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disables_on: Option<String>,
    /// Time of the opening.
    pub created_at: String,
}

/// An account as those of its people see it who see no billing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ProductAccountView {
    /// To its members.
    Member(MemberAccountView),
    /// To all while its parent pays.
    BilledToParent(BilledToParentView),
}

/// Credits as the members of an account see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberCreditsView {
    /// Available and reserved credits.
    pub balance: i64,
    /// Reserved credits.
    pub reserved: i64,
    /// Days for which the balance lasts if as many tokens are deducted as in the last 30 days;
    /// absent where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runway_days: Option<i64>,
    /// Tokens that the plan includes.
    pub included: IncludedView,
}

/// A subscription as the members of its account see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberSubscriptionView {
    /// Plan.
    pub plan: String,
    /// Interval of the running subscription.
    pub interval: Option<&'static str>,
    /// Seats of the running subscription.
    pub seats: Option<u64>,
    /// Period of the running subscription.
    pub period: Option<PeriodView>,
    /// Booked change of plan or seats.
    pub pending_change: Option<PendingView>,
    /// True if the subscription ends with its period.
    pub cancel_at_period_end: bool,
    /// End of the subscription.
    pub ends_at: Option<String>,
}

impl MemberAccountView {
    /// View of an account.
    pub fn of(standing: &Standing, profile: &Profile, state: State, now: Timestamp) -> Self {
        Self {
            id: standing.account.to_string(),
            name: profile.name.clone(),
            kind: standing.family.kind().word(),
            state: state.word(),
            plan: standing.plan().to_owned(),
            period: PeriodView::of(now.month()),
            seats: standing.live_subscription().map(|live| live.seats),
        }
    }
}

impl BilledToParentView {
    /// View of an account that its parent pays for.
    ///
    /// # Errors
    /// What is owed does not fit.
    pub fn of(
        standing: &Standing,
        profile: &Profile,
        (state, role): (State, Role),
        now: Timestamp,
    ) -> Result<Self, TooLarge> {
        let sees_own_money = match role {
            Role::AccountAdministrator | Role::Finance => true,
            Role::Member => false,
        };
        let owed = per_currency(standing.outstanding().map(|(_, entry)| entry.remaining))?;
        let owed = Some(owed).filter(|owed| sees_own_money && !owed.is_empty());
        let place = standing.family.as_sub_account();
        Ok(Self {
            id: standing.account.to_string(),
            name: profile.name.clone(),
            kind: standing.family.kind().word(),
            parent_id: place.map(|place| place.parent.to_string()),
            billing_model: place.map(|place| place.model_at(now).word()),
            processing_region: profile.processing_region.clone(),
            state: state.word(),
            period: PeriodView::of(now.month()),
            disables_on: standing.disables_on(now).filter(|_| owed.is_some()).map(text),
            outstanding: owed.map(|owed| SumsView::of(owed, standing.currency)),
            created_at: profile.created_at.to_string(),
        })
    }
}

fn text(at: Timestamp) -> String {
    at.to_string()
}

impl From<CreditsView> for MemberCreditsView {
    fn from(view: CreditsView) -> Self {
        let CreditsView { balance, reserved, runway_days, included, auto_recharge: _ } = view;
        Self { balance, reserved, runway_days, included }
    }
}

impl MemberSubscriptionView {
    /// View of the subscription of an account.
    pub fn of(standing: &Standing) -> Self {
        let live = standing.live_subscription();
        Self {
            plan: live.map_or_else(|| standing.plan(), |live| &live.plan).to_owned(),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            period: live.map(PeriodView::of_subscription),
            pending_change: standing.pending.as_ref().map(PendingView::of),
            cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
            ends_at: live.and_then(|live| live.ends_at).map(|at| at.to_string()),
        }
    }
}

/// Access as a member sees it: of an invoice, that there is one, and not how much it is.
pub fn member_access(
    (access, state): (Access, State),
    reasons: Vec<Reason>,
    valid_until: Option<Timestamp>,
    sequence: u64,
) -> AccessView {
    let mut shown: Vec<ReasonView> = Vec::new();
    for reason in reasons.into_iter().map(unpriced) {
        // Two invoices are one reason, once their amounts are left out.
        if !shown.contains(&reason) {
            shown.push(reason);
        }
    }
    AccessView {
        access: access.as_str(),
        state: state.word(),
        reasons: shown,
        valid_until: valid_until.map(|at| at.to_string()),
        sequence,
    }
}

fn unpriced(reason: Reason) -> ReasonView {
    if reason.code != "overdue_invoices" {
        return ReasonView::from(reason);
    }
    ReasonView {
        code: reason.code,
        detail: "The account has overdue invoices.".to_owned(),
        clears_by: "Whoever looks after the account's billing can settle them.".to_owned(),
        invoice: None,
    }
}
