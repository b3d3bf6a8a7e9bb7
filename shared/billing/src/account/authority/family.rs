//! Routes of accounts in a family: those that a sub-account does not have while its parent pays,
//! and those that a parent does not have (B3, B8).

use super::{Denied, Principal, Sight};
use crate::family::{AccountKind, Family};
use crate::time::Timestamp;

/// Routes about plans, prices and money that the callers of a sub-account do not have while its
/// parent pays.
const HIDDEN: &[&str] = &[
    "GET /v1/accounts/{id}/subscription",
    "POST /v1/accounts/{id}/subscription/preview",
    "PUT /v1/accounts/{id}/subscription",
    "DELETE /v1/accounts/{id}/subscription",
    "POST /v1/accounts/{id}/subscription/resume",
    "GET /v1/accounts/{id}/invoices/upcoming",
    "GET /v1/accounts/{id}/alert",
    "PUT /v1/accounts/{id}/alert",
    "DELETE /v1/accounts/{id}/alert",
    "GET /v1/accounts/{id}/alert/history",
    "GET /v1/accounts/{id}/prepayments",
    "GET /v1/accounts/{id}/explain",
    "PATCH /v1/accounts/{id}/billing-details",
    "POST /v1/accounts/{id}/portal-sessions",
    "POST /v1/accounts/{id}/credits/purchases",
    "GET /v1/accounts/{id}/credits/purchases",
    "GET /v1/accounts/{id}/credits/purchases/{purchase_id}",
    "PUT /v1/accounts/{id}/credits/auto-recharge",
];

/// Routes by which nobody buys for a sub-account while its parent pays.
const CLOSED: &[&str] = &[
    "POST /v1/accounts/{id}/subscription/preview",
    "PUT /v1/accounts/{id}/subscription",
    "POST /v1/accounts/{id}/portal-sessions",
    "POST /v1/accounts/{id}/credits/purchases",
    "PUT /v1/accounts/{id}/credits/auto-recharge",
    "PUT /v1/staff/accounts/{id}/plan",
];

/// Routes by which a parent would use or buy something for itself.
const OF_USERS: &[&str] = &[
    "POST /v1/accounts/{id}/credits/purchases",
    "POST /v1/accounts/{id}/credits/deductions",
    "POST /v1/accounts/{id}/credits/reservations",
    "PUT /v1/accounts/{id}/credits/auto-recharge",
];

/// True for a route whose callers depend on the account's family.
pub fn depends_on_family(route: &str) -> bool {
    [HIDDEN, CLOSED, OF_USERS].iter().any(|routes| routes.contains(&route))
}

/// Refuses a route that the account does not have in its family.
///
/// # Errors
/// [`Denied::PaidByParent`] and [`Denied::Parent`].
pub fn authorise_in_family(
    route: &str,
    principal: &Principal,
    family: &Family,
    now: Timestamp,
) -> Result<(), Denied> {
    if family.kind() == AccountKind::Parent && OF_USERS.contains(&route) {
        return Err(Denied::Parent);
    }
    let hidden = match principal {
        Principal::Account { .. } => HIDDEN,
        Principal::Vendor | Principal::Staff(_) => CLOSED,
    };
    if family.paid_by(now).is_some() && hidden.contains(&route) {
        return Err(Denied::PaidByParent);
    }
    Ok(())
}

impl Principal {
    /// Part of an account that the caller sees: while a parent pays for a sub-account, its own
    /// callers see no billing.
    pub fn sight_in(&self, family: &Family, now: Timestamp) -> Sight {
        match self {
            Self::Account { .. } if family.paid_by(now).is_some() => Sight::Product,
            Self::Account { .. } | Self::Vendor | Self::Staff(_) => self.sight(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Role, StaffRole, routes};
    use super::*;
    use crate::family::{BillingModel, Parent, SubAccount};
    use crate::ids::AccountId;

    /// Goal: each route of the tables is one of the API.
    #[test]
    fn the_tables_name_routes_that_there_are() {
        for route in [HIDDEN, CLOSED, OF_USERS].concat() {
            assert!(routes().any(|known| known == route), "{route}");
        }
    }

    /// Goal: what is hidden follows from who asks, and from who pays.
    #[test]
    fn a_sub_account_that_its_parent_pays_for_has_no_billing() {
        let now = Timestamp(1_795_338_000);
        let account = AccountId::parse("north").unwrap();
        let own = Principal::Account { account, role: Role::AccountAdministrator };
        let place = |model| {
            let parent = AccountId::parse("group").unwrap();
            Family::SubAccount(SubAccount { parent, model, booked: None })
        };
        let (paid, pays) =
            (place(BillingModel::BillToParent), place(BillingModel::BillToSubAccount));
        let ask =
            |route, by: &Principal, family: &Family| authorise_in_family(route, by, family, now);
        let (subscription, buy) =
            ("GET /v1/accounts/{id}/subscription", "POST /v1/accounts/{id}/credits/purchases");

        assert_eq!(ask(subscription, &own, &paid), Err(Denied::PaidByParent));
        assert_eq!(ask(subscription, &own, &pays), Ok(()));
        assert_eq!(ask(subscription, &Principal::Vendor, &paid), Ok(()));
        assert_eq!(ask(buy, &Principal::Vendor, &paid), Err(Denied::PaidByParent));
        let parent = Family::Parent(Parent::default());
        assert_eq!(ask(buy, &Principal::Vendor, &parent), Err(Denied::Parent));
        assert_eq!(ask(subscription, &own, &parent), Ok(()));
        assert_eq!(own.sight_in(&paid, now), Sight::Product);
        assert_eq!(own.sight_in(&pays, now), Sight::Billing);
        assert_eq!(Principal::Staff(StaffRole::Support).sight_in(&paid, now), Sight::Billing);
    }
}
