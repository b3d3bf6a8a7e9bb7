//! Service of an account within its family (B8, B10): a sub-account that its parent pays for has
//! the parent's plan and no service while the parent has none; a parent itself has none to give.

use crate::account::Standing;
use crate::account::family::Family;
use crate::explain::reasons;
use crate::month::Month;
use crate::reason::Reason;
use crate::state::{Access, State};
use crate::time::Timestamp;
use crate::usage::{Allowance, Usage, Used, exceeded};

/// An account, with the standing of the parent that pays for it now.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    standing: &'a Standing,
    parent: Option<&'a Standing>,
}

impl<'a> Served<'a> {
    /// An account, and the parent that pays for it, where one does.
    pub fn new(standing: &'a Standing, parent: Option<&'a Standing>) -> Self {
        Self { standing, parent }
    }

    /// Plan in force: it gives limits, included units and prices.
    pub fn plan(self) -> &'a str {
        self.parent.unwrap_or(self.standing).plan()
    }

    /// True if a parent pays for the account.
    pub fn is_paid_by_parent(self) -> bool {
        self.parent.is_some()
    }

    /// State at a moment: disabled also while the parent gets no service.
    pub fn state_at(self, now: Timestamp) -> State {
        let own = self.standing.state_at(now);
        if self.parent_is_unserved(now) && !own.is_unserved() { State::Disabled } else { own }
    }

    /// Access that a state allows: none to a parent, which has no usage of its own (B3).
    pub fn access(self, state: State) -> Access {
        match self.standing.family {
            Family::Parent(_) => Access::None,
            Family::Standard | Family::SubAccount(_) => state.access(),
        }
    }

    /// Everything that keeps the account from full access. Of its parent neither an invoice nor an
    /// amount is named.
    pub fn reasons(self, now: Timestamp) -> Vec<Reason> {
        let is_parent = self.standing.family.as_parent().is_some();
        let parent = is_parent.then(|| {
            let detail = "The account manages sub-accounts and has no usage of its own.";
            Reason::new("parent_account", detail, "Using one of its sub-accounts.")
        });
        let disabled = self.parent_is_unserved(now).then(|| {
            let detail = "The parent account, which pays for this account, gets no service.";
            let clears_by = "Whoever looks after the parent account's billing can bring it back.";
            Reason::new("parent_disabled", detail, clears_by)
        });
        parent.into_iter().chain(disabled).chain(reasons(self.standing, now)).collect()
    }

    /// Next moment at which the access changes by itself: an invoice disables the account or its
    /// payer, or the month turns and sums begin anew. None when nothing of that is ahead.
    pub fn changes_at(
        self,
        (used, allowances): (&Used, &[Allowance]),
        now: Timestamp,
    ) -> Option<Timestamp> {
        let month_end = Month::of(now).end();
        let next_month = Used { month: Usage::default(), latest: used.latest.clone() };
        let access = |at: Timestamp| {
            let used = if at < month_end { used } else { &next_month };
            self.access(self.state_at(at).limited_by(&exceeded(allowances, used)))
        };

        let parent = self.parent.into_iter().flat_map(Standing::disabling_moments);
        let mut moments: Vec<Timestamp> = self.standing.disabling_moments().chain(parent).collect();
        moments.push(month_end);
        moments.sort_unstable();
        let current = access(now);
        moments.into_iter().find(|at| *at > now && access(*at) != current)
    }

    fn parent_is_unserved(self, now: Timestamp) -> bool {
        self.parent.is_some_and(|parent| parent.state_at(now).is_unserved())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::family::{BillingModel, Parent, SubAccount};
    use crate::account::{Closed, Closure};
    use crate::ids::AccountId;

    fn account(name: &str, family: Family) -> Standing {
        let id = AccountId::parse(name).unwrap();
        Standing { family, ..Standing::new(id, "free", 0, Timestamp(0)) }
    }

    fn words(served: Served<'_>) -> (String, State, Access, Vec<String>) {
        let now = Timestamp(1_000);
        let state = served.state_at(now);
        let codes = served.reasons(now).into_iter().map(|reason| reason.code).collect();
        (served.plan().to_owned(), state, served.access(state), codes)
    }

    /// Goal: the payer's plan and state are those of a sub-account that is billed to it, and of no
    /// other account (B8, B10).
    #[test]
    fn a_sub_account_is_served_as_its_payer_is() {
        let mut parent = account("group", Family::Parent(Parent::default()));
        parent.base_plan = "enterprise".to_owned();
        let place = SubAccount {
            parent: parent.account.clone(),
            model: BillingModel::BillToParent,
            booked: None,
        };
        let sub_account = account("north", Family::SubAccount(place));
        let plan = |plan: &str| plan.to_owned();
        let none = || Vec::<String>::new();

        let served = words(Served::new(&sub_account, Some(&parent)));
        assert_eq!(served, (plan("enterprise"), State::Active, Access::Full, none()));
        let alone = words(Served::new(&sub_account, None));
        assert_eq!(alone, (plan("free"), State::Active, Access::Full, none()));
        let itself = words(Served::new(&parent, None));
        let codes = vec!["parent_account".to_owned()];
        assert_eq!(itself, (plan("enterprise"), State::Active, Access::None, codes));

        for how in [Closure::Canceled, Closure::Terminated] {
            let closed = Closed { how, at: Timestamp(500), ends_subscription: false };
            parent.closed = Some(closed);
            let (_, state, access, codes) = words(Served::new(&sub_account, Some(&parent)));
            assert_eq!((state, access), (State::Disabled, Access::None));
            assert_eq!(codes, ["parent_disabled"]);
            let (_, state, access, codes) = words(Served::new(&sub_account, None));
            assert_eq!((state, access, codes), (State::Active, Access::Full, none()));
        }
    }
}

#[cfg(test)]
mod changing {
    use super::*;
    use crate::account::{Bearing, OpenInvoice, Owner};
    use crate::ids::{AccountId, InvoiceId};
    use crate::money::{Currency, Money};
    use crate::usage::{Beyond, Kind};

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn standing(disables_at: Option<Timestamp>) -> Standing {
        let mut standing = Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW);
        if let Some(disables_at) = disables_at {
            let entry = OpenInvoice {
                remaining: Money::new(4_900, Currency::parse("usd").unwrap()),
                overdue_at: NOW,
                disables_at,
                subscription: None,
                owner: Owner::Ours,
                bearing: Bearing::Full,
                journaled: None,
            };
            standing.open.insert(InvoiceId::parse("in_1").unwrap(), entry);
        }
        standing
    }

    fn used(sessions: u64) -> Used {
        let sums = [("sessions".to_owned(), sessions)].into();
        Used { month: Usage { sums, ..Usage::default() }, ..Used::default() }
    }

    fn allowances() -> Vec<Allowance> {
        vec![Allowance {
            resource: "sessions".to_owned(),
            name: "Sessions".to_owned(),
            unit: "session".to_owned(),
            kind: Kind::Sum,
            included: Some(10),
            beyond: Beyond::Restricts,
            overage: None,
        }]
    }

    /// Goal: an answer holds until the account is disabled, or the month turns while a sum
    /// restricts it; else it holds until something happens.
    #[test]
    fn an_answer_holds_until_access_changes_by_itself() {
        let (day, all) = (NOW.plus_seconds(86_400), allowances());
        let month_end = Month::of(NOW).end();
        let until = |disables_at, sessions| {
            let standing = standing(disables_at);
            Served::new(&standing, None).changes_at((&used(sessions), &all), NOW)
        };
        assert_eq!(until(None, 10), None);
        assert_eq!(until(None, 11), Some(month_end));
        assert_eq!(until(Some(day), 10), Some(day));
        assert_eq!(until(Some(day), 11), Some(day), "cached answers, then none");
        assert_eq!(until(Some(NOW), 0), None, "disabled until it pays");
    }
}
