//! An API key: its secret, shown once, and the question before it is revoked.

use billing::api_key::AccountKey;
use maud::html;

use crate::alone::button_form;
use crate::frame::{Frame, Section};

/// The page of a new key. It is the only place where the secret ever stands.
pub fn made(frame: &Frame, key: &AccountKey, secret: &str) -> String {
    let body = html! {
        h1 { "The new API key" }
        section class="card" aria-label="Secret" {
            p { (key.name) " (" code { (key.id) } ")"
                " was made. Copy its secret now: it is shown once, and is not kept here." }
            code.secret tabindex="0" { (secret) }
            p { a.button href=(frame.path("settings")) { "I have copied it" } }
        }
    };
    frame.page(Section::Settings, "The new API key", &body)
}

/// The question before a key is revoked.
pub fn revoke(frame: &Frame, key: &AccountKey) -> String {
    let action = frame.path(&format!("settings/keys/{}", key.id));
    let body = html! {
        h1 { "Revoke the API key" }
        section class="card" aria-label="Revoke" {
            p { "Programs that use " (key.name) " (" code { (key.id) } ")"
                " are refused from that moment on. This cannot be taken back." }
            (button_form(&action, &frame.key, ("ends", &format!("Revoke {}", key.name))))
            p { a href=(frame.path("settings")) { "Keep it" } }
        }
    };
    frame.page(Section::Settings, "Revoke the API key", &body)
}
