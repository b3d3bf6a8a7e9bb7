//! Where the hosted pages are: the one home of their paths. `host` is such as
//! `http://127.0.0.1:3001`, of the request or of the settings.

/// A Checkout session's page.
pub fn checkout(host: &str, session: &str) -> String {
    format!("{host}/c/pay/{session}")
}

/// A visit to the billing portal.
pub fn portal(host: &str, session: &str) -> String {
    format!("{host}/p/session/{session}")
}

/// An invoice's `hosted_invoice_url`.
pub fn invoice(host: &str, invoice: &str) -> String {
    format!("{host}/i/{invoice}")
}

/// An invoice's `invoice_pdf`.
pub fn invoice_pdf(host: &str, invoice: &str) -> String {
    format!("{host}/i/{invoice}/pdf")
}

/// A credit note's `pdf`.
pub fn credit_note_pdf(host: &str, credit_note: &str) -> String {
    format!("{host}/credit_notes/{credit_note}/pdf")
}

/// A charge's `receipt_url`.
pub fn receipt(host: &str, charge: &str) -> String {
    format!("{host}/receipts/{charge}")
}

/// Where the customer authenticates: `next_action.redirect_to_url.url` of a payment or setup
/// intent.
pub fn authenticate(host: &str, intent: &str) -> String {
    format!("{host}/authenticate/{intent}")
}
