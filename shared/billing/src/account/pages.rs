//! Pages of the dashboard, and the members who may use each (the table of the API's routes is in
//! [`authority`](crate::authority)).
//!
//! Sessions open pages and never the API; API keys open the API and never a page. A page that is
//! not in the table is for nobody.

use crate::authority::{Denied, Role};

const BILLING: &[Role] = &[Role::AccountAdministrator, Role::Finance];
const EVERYBODY: &[Role] = &[Role::AccountAdministrator, Role::Finance, Role::Member];
const ADMINISTRATOR: &[Role] = &[Role::AccountAdministrator];

/// Routes of pages, as template.yaml writes them, with the roles that may use them.
const PAGES: &[(&str, &[Role])] = &[
    ("GET /billing/{id}", EVERYBODY),
    ("GET /billing/{id}/plan", BILLING),
    ("GET /billing/{id}/plan/review", BILLING),
    ("POST /billing/{id}/plan", BILLING),
    ("GET /billing/{id}/plan/cancel", BILLING),
    ("POST /billing/{id}/plan/cancel", BILLING),
    ("POST /billing/{id}/plan/resume", BILLING),
    ("GET /billing/{id}/plan/waiting", BILLING),
    ("GET /billing/{id}/invoices", BILLING),
    ("GET /billing/{id}/invoices.csv", BILLING),
    ("GET /billing/{id}/invoices/{invoice_id}", BILLING),
    ("GET /billing/{id}/payments", BILLING),
    ("POST /billing/{id}/payments/pay", BILLING),
    ("POST /billing/{id}/payments/advice", BILLING),
    ("POST /billing/{id}/payments/withdraw", BILLING),
    ("GET /billing/{id}/usage", EVERYBODY),
    ("GET /billing/{id}/usage.csv", EVERYBODY),
    ("GET /billing/{id}/credits", EVERYBODY),
    ("GET /billing/{id}/credits.csv", BILLING),
    ("POST /billing/{id}/credits/purchases", BILLING),
    ("GET /billing/{id}/credits/purchases/{purchase_id}", BILLING),
    ("POST /billing/{id}/credits/auto-recharge", BILLING),
    ("GET /billing/{id}/alerts", BILLING),
    ("POST /billing/{id}/alerts", BILLING),
    ("POST /billing/{id}/alerts/remove", BILLING),
    ("GET /billing/{id}/settings", EVERYBODY),
    ("POST /billing/{id}/settings/details", BILLING),
    ("POST /billing/{id}/settings/preferences", EVERYBODY),
    ("POST /billing/{id}/settings/keys", ADMINISTRATOR),
    ("GET /billing/{id}/settings/keys/{key_id}", ADMINISTRATOR),
    ("POST /billing/{id}/settings/keys/{key_id}", ADMINISTRATOR),
    ("POST /billing/{id}/payment-method", BILLING),
    ("GET /billing/{id}/timeline", BILLING),
    ("GET /billing/{id}/timeline.csv", BILLING),
    ("GET /billing/{id}/why", BILLING),
    ("POST /billing/{id}/sign-out", EVERYBODY),
];

/// Pages that a sub-account does not have while its parent pays (B8).
const ABOUT_BILLING: &[&str] = &[
    "GET /billing/{id}/plan",
    "GET /billing/{id}/plan/review",
    "POST /billing/{id}/plan",
    "GET /billing/{id}/plan/cancel",
    "POST /billing/{id}/plan/cancel",
    "POST /billing/{id}/plan/resume",
    "GET /billing/{id}/plan/waiting",
    "GET /billing/{id}/invoices",
    "GET /billing/{id}/invoices.csv",
    "GET /billing/{id}/invoices/{invoice_id}",
    "GET /billing/{id}/credits.csv",
    "POST /billing/{id}/credits/purchases",
    "GET /billing/{id}/credits/purchases/{purchase_id}",
    "POST /billing/{id}/credits/auto-recharge",
    "GET /billing/{id}/alerts",
    "POST /billing/{id}/alerts",
    "POST /billing/{id}/alerts/remove",
    "POST /billing/{id}/settings/details",
    "POST /billing/{id}/payment-method",
    "GET /billing/{id}/payments",
    "POST /billing/{id}/payments/advice",
    "POST /billing/{id}/payments/pay",
    "POST /billing/{id}/payments/withdraw",
    "GET /billing/{id}/why",
];

/// True for a page that a sub-account does not have while its parent pays.
pub fn is_about_billing(route: &str) -> bool {
    ABOUT_BILLING.contains(&route)
}

/// Refuses a page that is not for a role.
///
/// # Errors
/// [`Denied::Role`].
pub fn authorise_page(route: &str, role: Role) -> Result<(), Denied> {
    let page = PAGES.iter().find(|(known, _)| *known == route);
    let allowed = page.is_some_and(|(_, roles)| roles.contains(&role));
    if allowed { Ok(()) } else { Err(Denied::Role) }
}

/// Routes of the table, for the test that compares it with template.yaml.
pub fn pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(route, _)| *route)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_a_page() {
        for route in ABOUT_BILLING {
            assert!(pages().any(|known| known == *route), "{route}");
        }
    }

    #[test]
    fn a_member_sees_the_product_and_not_its_billing() {
        let member = |route| authorise_page(route, Role::Member);
        for fine in ["GET /billing/{id}", "GET /billing/{id}/usage", "GET /billing/{id}/credits"] {
            assert_eq!(member(fine), Ok(()), "{fine}");
        }
        for wrong in ["GET /billing/{id}/plan", "POST /billing/{id}/plan", "GET /billing/{id}/why"]
        {
            assert_eq!(member(wrong), Err(Denied::Role), "{wrong}");
        }
        let keys = "POST /billing/{id}/settings/keys";
        assert_eq!(authorise_page(keys, Role::Finance), Err(Denied::Role));
        assert_eq!(authorise_page(keys, Role::AccountAdministrator), Ok(()));
        assert_eq!(
            authorise_page("GET /v1/accounts/{id}", Role::AccountAdministrator),
            Err(Denied::Role),
            "a session does not open the API"
        );
    }
}
