//! Who may do what: one table of routes, roles and accounts (design, section 8).
//!
//! A route that is not in the table is forbidden to everybody. Another account's id is answered as
//! if it did not exist.

mod family;
mod rules;
mod staff;
mod staff_rules;

use crate::ids::AccountId;
use rules::{RULES, Rule};
use staff_rules::STAFF_RULES;

pub use family::{authorise_in_family, depends_on_family};
pub use staff::StaffRole;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The vendor's backend: all accounts.
    Vendor,
    /// One of the vendor's own people: all accounts.
    Staff(StaffRole),
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
            | Self::Staff(_) => Sight::Billing,
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

/// Reason why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role may not do this.
    #[error("this role may not do this")]
    Role,
    /// The account is someone else's: answered as unknown.
    #[error("there is no such account")]
    OtherAccount,
    /// The account's parent pays: the account has no such page.
    #[error("the account's parent pays for it")]
    PaidByParent,
    /// The account is a parent: it uses and buys nothing for itself.
    #[error("the account is a parent")]
    Parent,
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

/// Whether somebody may use a route, on an account if the route names one.
pub fn authorise(
    route: &str,
    principal: &Principal,
    account: Option<&AccountId>,
) -> Result<(), Denied> {
    let row = rules().find(|row| row.route == route).ok_or(Denied::Role)?;
    let allowed = match principal {
        Principal::Vendor => row.vendor,
        Principal::Staff(role) => row.staff.includes(*role),
        Principal::Account { account: own, role } => {
            if account.is_some_and(|account| account != own) {
                return Err(Denied::OtherAccount);
            }
            row.roles.contains(role)
        }
    };
    if allowed { Ok(()) } else { Err(Denied::Role) }
}

/// The routes of the table, for the test that compares it with template.yaml.
pub fn routes() -> impl Iterator<Item = &'static str> {
    rules().map(|rule| rule.route)
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(STAFF_RULES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: support reads everything and sends mails again, and moves neither money nor access.
    #[test]
    fn support_reads_and_resends() {
        let may = |role, route| authorise(route, &Principal::Staff(role), None).is_ok();
        let writes = routes().filter(|route| !route.starts_with("GET "));
        let allowed: Vec<&str> = writes.filter(|it| may(StaffRole::Support, it)).collect();
        assert_eq!(
            allowed,
            [
                "POST /v1/accounts/{id}/subscription/preview",
                "POST /v1/accounts/{id}/mails/{mail_id}/resend",
                "POST /v1/staff/dashboard-sessions",
            ]
        );
        for route in routes().filter(|route| route.starts_with("GET ")) {
            let is_read = [StaffRole::Support, StaffRole::Billing].map(|role| may(role, route));
            assert_eq!(is_read, [true, true], "{route}");
        }
        assert!(may(StaffRole::Billing, "PUT /v1/staff/accounts/{id}/plan"));
        assert!(!may(StaffRole::Billing, "POST /v1/accounts"), "the vendor's backend opens them");
    }

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
