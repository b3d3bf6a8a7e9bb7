//! Who may do what: one table of routes, roles and accounts (design, section 8).
//!
//! A route that is not in the table is forbidden to everybody. Another account's id is answered as
//! if it did not exist.

use crate::ids::AccountId;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The vendor's backend: all accounts.
    Vendor,
    /// The vendor's own people: all accounts.
    Staff,
    /// A key of one account.
    Account {
        /// Which.
        account: AccountId,
        /// With what role.
        role: Role,
    },
}

/// Part of an account that a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Billing,
    /// The product: no sums, no details of billing, no links that pay.
    Product,
}

impl Principal {
    /// Part of an account that the caller sees.
    pub fn sight(&self) -> Sight {
        match self {
            Self::Account { role: Role::Member, .. } => Sight::Product,
            Self::Account { role: Role::AccountAdministrator | Role::Finance, .. }
            | Self::Vendor
            | Self::Staff => Sight::Billing,
        }
    }
}

/// What a member, or a key, of an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything in the account.
    AccountAdministrator,
    /// Its billing.
    Finance,
    /// Its product, not its billing.
    Member,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role may not do this.
    #[error("this role may not do this")]
    Role,
    /// The account is someone else's: answered as unknown.
    #[error("there is no such account")]
    OtherAccount,
}

impl Role {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountAdministrator => "account_administrator",
            Self::Finance => "finance",
            Self::Member => "member",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AccountAdministrator, Self::Finance, Self::Member]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// Which roles of an account may use a route; vendor and staff keys are named apart.
struct Rule {
    route: &'static str,
    vendor: bool,
    staff: bool,
    roles: &'static [Role],
}

const BILLING: &[Role] = &[Role::AccountAdministrator, Role::Finance];
const EVERYBODY: &[Role] = &[Role::AccountAdministrator, Role::Finance, Role::Member];
const ADMINISTRATOR: &[Role] = &[Role::AccountAdministrator];

/// The authorisation table. Routes are written as in template.yaml.
const RULES: &[Rule] = &[
    Rule { route: "POST /v1/accounts", vendor: true, staff: false, roles: &[] },
    Rule { route: "GET /v1/accounts/{id}", vendor: true, staff: true, roles: EVERYBODY },
    Rule { route: "GET /v1/accounts/{id}/access", vendor: true, staff: true, roles: EVERYBODY },
    Rule { route: "POST /v1/usage", vendor: true, staff: false, roles: &[] },
    Rule { route: "GET /v1/accounts/{id}/usage", vendor: true, staff: true, roles: EVERYBODY },
    Rule {
        route: "GET /v1/accounts/{id}/subscription",
        vendor: true,
        staff: true,
        roles: EVERYBODY,
    },
    Rule {
        route: "POST /v1/accounts/{id}/subscription/preview",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "PUT /v1/accounts/{id}/subscription", vendor: true, staff: true, roles: BILLING },
    Rule {
        route: "DELETE /v1/accounts/{id}/subscription",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "POST /v1/accounts/{id}/subscription/resume",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "GET /v1/accounts/{id}/invoices/upcoming",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "GET /v1/accounts/{id}/alert", vendor: true, staff: true, roles: BILLING },
    Rule { route: "PUT /v1/accounts/{id}/alert", vendor: true, staff: true, roles: BILLING },
    Rule { route: "DELETE /v1/accounts/{id}/alert", vendor: true, staff: true, roles: BILLING },
    Rule {
        route: "GET /v1/accounts/{id}/alert/history",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "GET /v1/accounts/{id}/invoices", vendor: true, staff: true, roles: BILLING },
    Rule { route: "GET /v1/accounts/{id}/invoices.csv", vendor: true, staff: true, roles: BILLING },
    Rule {
        route: "GET /v1/accounts/{id}/invoices/{invoice_id}",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "GET /v1/key", vendor: true, staff: true, roles: EVERYBODY },
    Rule {
        route: "POST /v1/accounts/{id}/invoices/{invoice_id}/pay",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "GET /v1/plans", vendor: true, staff: true, roles: EVERYBODY },
    Rule { route: "GET /v1/credit-packs", vendor: true, staff: true, roles: EVERYBODY },
    Rule { route: "POST /v1/staff/price-changes", vendor: false, staff: true, roles: &[] },
    Rule { route: "GET /v1/staff/price-changes", vendor: false, staff: true, roles: &[] },
    Rule {
        route: "DELETE /v1/staff/price-changes/{change_id}",
        vendor: false,
        staff: true,
        roles: &[],
    },
    Rule { route: "GET /v1/accounts/{id}/timeline", vendor: true, staff: true, roles: BILLING },
    Rule { route: "GET /v1/accounts/{id}/explain", vendor: true, staff: true, roles: BILLING },
    Rule {
        route: "POST /v1/accounts/{id}/api-keys",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "GET /v1/accounts/{id}/api-keys",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "DELETE /v1/accounts/{id}/api-keys",
        vendor: true,
        staff: false,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "DELETE /v1/accounts/{id}/api-keys/{key_id}",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "PATCH /v1/accounts/{id}/billing-details",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule { route: "GET /v1/accounts/{id}/members", vendor: true, staff: true, roles: BILLING },
    Rule {
        route: "GET /v1/accounts/{id}/members/{member_id}",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "PUT /v1/accounts/{id}/members/{member_id}",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "DELETE /v1/accounts/{id}/members/{member_id}",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "PUT /v1/accounts/{id}/members/{member_id}/preferences",
        vendor: true,
        staff: true,
        roles: ADMINISTRATOR,
    },
    Rule {
        route: "POST /v1/accounts/{id}/portal-sessions",
        vendor: true,
        staff: false,
        roles: BILLING,
    },
    Rule {
        route: "POST /v1/accounts/{id}/dashboard-sessions",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "DELETE /v1/accounts/{id}/dashboard-sessions",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "PUT /v1/staff/accounts/{id}/collection",
        vendor: false,
        staff: true,
        roles: &[],
    },
    Rule { route: "PUT /v1/staff/accounts/{id}/plan", vendor: false, staff: true, roles: &[] },
    Rule {
        route: "PUT /v1/accounts/{id}/cancellation-blockers/{code}",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "DELETE /v1/accounts/{id}/cancellation-blockers/{code}",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule { route: "GET /v1/accounts/{id}/credits", vendor: true, staff: true, roles: EVERYBODY },
    Rule {
        route: "POST /v1/accounts/{id}/credits/purchases",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "GET /v1/accounts/{id}/credits/purchases/{purchase_id}",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "POST /v1/accounts/{id}/credits/deductions",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "POST /v1/accounts/{id}/credits/reservations",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release",
        vendor: true,
        staff: false,
        roles: &[],
    },
    Rule {
        route: "GET /v1/accounts/{id}/credits/transactions",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "GET /v1/accounts/{id}/credits/transactions.csv",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "PUT /v1/accounts/{id}/credits/auto-recharge",
        vendor: true,
        staff: true,
        roles: BILLING,
    },
    Rule {
        route: "POST /v1/staff/accounts/{id}/credits/adjustments",
        vendor: false,
        staff: true,
        roles: &[],
    },
];

/// Whether somebody may use a route, on an account if the route names one.
pub fn authorise(
    route: &str,
    principal: &Principal,
    account: Option<&AccountId>,
) -> Result<(), Denied> {
    let rule = RULES.iter().find(|rule| rule.route == route).ok_or(Denied::Role)?;
    let allowed = match principal {
        Principal::Vendor => rule.vendor,
        Principal::Staff => rule.staff,
        Principal::Account { account: own, role } => {
            if account.is_some_and(|account| account != own) {
                return Err(Denied::OtherAccount);
            }
            rule.roles.contains(role)
        }
    };
    if allowed { Ok(()) } else { Err(Denied::Role) }
}

/// The routes of the table, for the test that compares it with template.yaml.
pub fn routes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.route)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_account_does_not_exist_and_a_weak_role_is_told_so() {
        let (own, other) = (AccountId::parse("a").unwrap(), AccountId::parse("b").unwrap());
        let finance = Principal::Account { account: own.clone(), role: Role::Finance };
        let timeline = "GET /v1/accounts/{id}/timeline";
        assert_eq!(authorise(timeline, &finance, Some(&own)), Ok(()));
        assert_eq!(authorise(timeline, &finance, Some(&other)), Err(Denied::OtherAccount));
        let keys = "POST /v1/accounts/{id}/api-keys";
        assert_eq!(authorise(keys, &finance, Some(&own)), Err(Denied::Role));
        assert_eq!(authorise(keys, &finance, Some(&other)), Err(Denied::OtherAccount));
        assert_eq!(authorise("POST /v1/accounts", &finance, None), Err(Denied::Role));
        assert_eq!(authorise("GET /v1/new", &Principal::Vendor, None), Err(Denied::Role));
    }
}
