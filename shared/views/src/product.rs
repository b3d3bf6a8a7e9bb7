//! What a member sees: the product, not its billing (design, section 8). No type here has room for
//! a mail address, a tax id, a sum, a customer or a link that pays.

use billing::account::Standing;
use billing::fact::Interval;
use billing::profile::Profile;
use billing::reason::Reason;
use billing::state::{Access, State};
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::access::{AccessView, ReasonView};
use crate::accounts::{PendingView, PeriodView};
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

/// Credits as the members of an account see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberCreditsView {
    /// Available and reserved credits.
    pub balance: i64,
    /// Reserved credits.
    pub reserved: i64,
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
            kind: "standard",
            state: state.word(),
            plan: standing.plan().to_owned(),
            period: PeriodView::of(now.month()),
            seats: standing.live_subscription().map(|live| live.seats),
        }
    }
}

impl From<CreditsView> for MemberCreditsView {
    fn from(view: CreditsView) -> Self {
        let CreditsView { balance, reserved, included, auto_recharge: _ } = view;
        Self { balance, reserved, included }
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
