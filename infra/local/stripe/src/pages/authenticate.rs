//! The bank's page, on which a customer says that it is the one who pays: a test version that lets
//! one choose.

use maud::{Markup, html};

use super::{Page, PageRequest, frame, links, money};
use crate::checkout::SessionStatus;
use crate::field;
use crate::payment_intents;
use crate::setup_intents;
use crate::stripe::Stripe;

/// `GET /authenticate/{intent}`
pub fn get(stripe: &Stripe, id: &str, request: &PageRequest) -> Page {
    let shown = shown(stripe, id);
    if shown.is_null() {
        return frame::not_found();
    }
    if field::text(&shown, "/status") != Some("requires_action") {
        let back = back(stripe, id, request.form.text("back"));
        let text = "There is nothing to authenticate any more.";
        return frame::message("This is done", text, Some((back.as_str(), "Continue")));
    }
    let amount = field::integer(&shown, "/amount")
        .map(|amount| money::text(amount, field::text(&shown, "/currency").unwrap_or_default()));
    let merchant = &stripe.settings.name;
    Page::html(200, show(id, merchant, amount.as_deref(), request.form.text("back")))
}

/// `POST /authenticate/{intent}` with `outcome`: `complete` or `fail`.
pub fn post(stripe: &mut Stripe, id: &str, request: &PageRequest) -> Page {
    let success = match request.form.text("outcome") {
        "complete" => true,
        "fail" => false,
        _ => return get(stripe, id, request),
    };
    let back_to = request.form.text("back");
    // A second click finds nothing to authenticate: where the first one led to is right for it too.
    if id.starts_with("seti_") {
        let _ = setup_intents::authenticate(stripe, id, success);
    } else {
        let _ = payment_intents::authenticate(stripe, id, success);
    }
    Page::go(back(stripe, id, back_to))
}

fn shown(stripe: &Stripe, id: &str) -> serde_json::Value {
    if id.starts_with("seti_") {
        stripe.shown(|stripe| &stripe.setup_intents, id)
    } else {
        stripe.shown(|stripe| &stripe.payment_intents, id)
    }
}

/// Where the customer goes on: the page that it came from, its Checkout session, its invoice, or
/// where the caller said.
fn back(stripe: &Stripe, id: &str, back: &str) -> String {
    // Only a path of ours: a link must not lead elsewhere by our name.
    if back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') {
        return back.to_owned();
    }
    let mut sessions = stripe.checkout_sessions.iter();
    let session = sessions.find(|session| {
        let of_subscription = stripe.payment_intents.get(id);
        session.payment_intent.as_deref() == Some(id)
            || session.setup_intent.as_deref() == Some(id)
            || of_subscription.and_then(|it| it.checkout_session.as_deref()) == Some(&session.id)
    });
    if let Some(session) = session {
        let done = session.status == SessionStatus::Complete;
        return if done { session.success_url() } else { links::checkout("", &session.id) };
    }
    let shown = shown(stripe, id);
    let intent = stripe.payment_intents.get(id);
    let own = intent.and_then(|intent| intent.return_url.clone());
    let own = own.or_else(|| stripe.setup_intents.get(id)?.return_url.clone());
    if let Some(url) = own {
        return with_outcome(&url, id, &shown);
    }
    match intent.and_then(|intent| intent.invoice.as_deref()) {
        Some(invoice) => links::invoice("", invoice),
        None => links::authenticate("", id),
    }
}

/// What Stripe adds to the caller's address.
fn with_outcome(url: &str, id: &str, shown: &serde_json::Value) -> String {
    let kind = if id.starts_with("seti_") { "setup_intent" } else { "payment_intent" };
    let outcome = match field::text(shown, "/status") {
        Some("succeeded" | "processing" | "requires_capture") => "succeeded",
        _ => "failed",
    };
    let secret = field::text(shown, "/client_secret").unwrap_or_default();
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let joint = if url.contains('?') { '&' } else { '?' };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(kind, id);
    query.append_pair(&format!("{kind}_client_secret"), secret);
    query.append_pair("redirect_status", outcome);
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{url}{joint}{}{fragment}", query.finish())
}

fn show(id: &str, merchant: &str, amount: Option<&str>, back: &str) -> Markup {
    let content = html! {
        main class="narrow" {
            section class="card bank" {
                p class="merchant" { "Test bank" }
                h1 { "Is it you?" }
                @if let Some(amount) = amount {
                    p { (merchant) " asks for " strong { (amount) } "." }
                } @else {
                    p { (merchant) " wants to save this card for later payments." }
                }
                p class="hint" { "At a real bank you would confirm this in its app. Here you choose what happens." }
                form method="post" action=(links::authenticate("", id)) {
                    input type="hidden" name="back" value=(back);
                    div class="actions" {
                        button class="primary" name="outcome" value="complete" { "Complete authentication" }
                        button class="danger" name="outcome" value="fail" { "Fail authentication" }
                    }
                }
            }
        }
    };
    frame::page("Authenticate", &content)
}
