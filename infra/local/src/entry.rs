//! Addresses of the pages that play the vendor's part in signing people in.

/// Address of the page that plays the vendor's part in signing in to the dashboard.
pub(crate) fn sign_in_page(gateway: &str) -> String {
    format!("{gateway}/_local/sign-in")
}

/// Address of the page that plays the vendor's part in signing in to the staff desk.
pub(crate) fn staff_page(gateway: &str) -> String {
    format!("{gateway}/_local/staff")
}
