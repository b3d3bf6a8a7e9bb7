//! Settings: what invoices print, who belongs to the account, own mails, API keys.

use billing::api_key::AccountKey;
use billing::authority::Role;
use billing::fact::Address;
use billing::member::Member;
use billing::tax_id::Verification;
use maud::{Markup, html};

use crate::form::{self, Field, Ticked};
use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Billing details; none for a role that may not see them.
    pub details: Option<Details>,
    /// The member who looks.
    pub own: Member,
    /// Everybody of the account; empty for a role that may not see them.
    pub members: Vec<Member>,
    /// API keys; none for a role that may not see them.
    pub keys: Option<Vec<AccountKey>>,
}

/// Billing details as invoices print them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Name on invoices.
    pub company: String,
    /// Address for invoices.
    pub email: String,
    /// Postal address.
    pub address: Address,
    /// Purchase order.
    pub purchase_order: String,
    /// Tax ids: type, number, and the authority's word.
    pub tax_ids: Vec<(String, String, Verification)>,
}

impl Settings {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "Settings" }
            @if let Some(details) = &self.details { (details.form(frame)) }
            (self.preferences(frame))
            @if !self.members.is_empty() { (self.people(frame)) }
            @if let Some(keys) = &self.keys { (all_keys(keys, frame)) }
        };
        frame.page(Section::Settings, "Settings", &body)
    }

    fn preferences(&self, frame: &Frame) -> Markup {
        let wanted = self.own.preferences;
        html! {
            section.card aria-labelledby="mails" {
                h2 id="mails" { "Your mails" }
                p.soft { "They go to " (self.own.email) "." }
                form method="post" action=(frame.path("settings/preferences")) class="stack" {
                    (form::key(&frame.key))
                    fieldset {
                        legend { "Send me" }
                        (form::tick(("invoices", "Invoices and their payment"),
                            Ticked::from(wanted.invoices.is_wanted())))
                        (form::tick(("alerts", "Alerts, when the next invoice passes an amount"),
                            Ticked::from(wanted.alerts.is_wanted())))
                        (form::tick(("notices",
                            "What is ahead: a renewal, a card that expires, credits that run low"),
                            Ticked::from(wanted.notices.is_wanted())))
                    }
                    button.first { "Save your mails" }
                }
            }
        }
    }

    fn people(&self, frame: &Frame) -> Markup {
        html! {
            section.card aria-labelledby="people" {
                h2 id="people" { "People" }
                div.table { table.rows {
                    caption.hidden { "Members of the account" }
                    thead { tr { th { "Mail address" } th { "Role" } } }
                    tbody { @for member in &self.members {
                        tr { td { (member.email) @if member.id == self.own.id { " (you)" } } td {
                            (frame.say.role(member.role)) } }
                    } }
                } }
                p.hint {
                    "People are added and removed in the app. Administrators do everything here; \
                        finance does all but API keys; members see usage and credits." }
            }
        }
    }
}

impl Details {
    fn form(&self, frame: &Frame) -> Markup {
        let trouble = frame.trouble.as_ref();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let Address { line1, line2, postal_code, city, state, country } = &self.address;
        let address = [
            ("address.line1", "Street and number", text(line1), "address-line1"),
            ("address.line2", "Flat, floor or department", text(line2), "address-line2"),
            ("address.postal_code", "Postal code", text(postal_code), "postal-code"),
            ("address.city", "City", text(city), "address-level2"),
            ("address.state", "State or province", text(state), "address-level1"),
            ("address.country", "Country, two letters", text(country), "country"),
        ];
        html! {
            section.card aria-labelledby="details" {
                h2 id="details" { "Billing details" }
                p.soft {
                    "Invoices print these from now on. Invoices that are issued stay as they are." }
                form method="post" action=(frame.path("settings/details")) class="stack" {
                    (form::key(&frame.key))
                    div.fields {
                        (Field { name: "company", label: "Company", value: &self.company,
                            autocomplete: "organization", ..Field::default() }.shown(trouble))
                        (Field { name: "email", label: "Mail address for invoices", value:
                            &self.email, kind: "email", autocomplete: "email", ..Field::default()
                            }.shown(trouble))
                        @for (name, label, value, autocomplete) in &address {
                            (Field { name, label, value, autocomplete, ..Field::default()
                                }.shown(trouble))
                        }
                        (Field { name: "purchase_order", label: "Purchase order", value:
                            &self.purchase_order, ..Field::default() }.shown(trouble))
                    }
                    (self.tax_ids(frame))
                    button.first { "Save billing details" }
                }
            }
        }
    }

    /// The tax ids that there are, and room for one more.
    fn tax_ids(&self, frame: &Frame) -> Markup {
        let trouble = frame.trouble.as_ref();
        let more = (String::new(), String::new(), Verification::Unavailable);
        let all = self.tax_ids.iter().chain(std::iter::once(&more)).enumerate();
        html! {
            fieldset {
                legend { "Tax ids" }
                span.hint {
                    "The type as Stripe names it, such as eu_vat, gb_vat or us_ein. An empty \
                        number removes it." }
                @for (place, (kind, value, verification)) in all {
                    div.fields {
                        (Field { name: &format!("tax_ids[{place}].type"), label:
                            &format!("Type of tax id {}", place.saturating_add(1)), value: kind,
                            ..Field::default() }.shown(trouble))
                        (Field { name: &format!("tax_ids[{place}].value"), label:
                            &format!("Number of tax id {}", place.saturating_add(1)), hint:
                            checked(*verification), value, ..Field::default() }.shown(trouble))
                    }
                }
            }
        }
    }
}

/// The authority's word on a tax id.
fn checked(verification: Verification) -> &'static str {
    match verification {
        Verification::Pending => "Being checked by the authority.",
        Verification::Verified => "Confirmed by the authority.",
        Verification::Unverified => "The authority does not know it under this name and address.",
        Verification::Unavailable => "",
    }
}

fn all_keys(keys: &[AccountKey], frame: &Frame) -> Markup {
    let say = frame.say;
    let roles = [Role::AccountAdministrator, Role::Finance, Role::Member];
    let options: Vec<(String, String)> =
        roles.iter().map(|role| (role.as_str().to_owned(), say.role(*role).to_owned())).collect();
    html! {
        section.card aria-labelledby="keys" {
            h2 id="keys" { "API keys" }
            @if keys.is_empty() { p { "There are none. A key lets a program act for this account." }
                } @else {
                div.table { table.rows {
                    caption.hidden { "API keys" }
                    thead { tr { th { "Key" } th { "Role and days" } th { span.hidden { "Revoke" } }
                        } }
                    tbody { @for key in keys {
                        tr {
                            td { (key.name) " " code { (key.id) } }
                            td.second { (say.role(key.role)) ", made on " (say.date(key.created_at))
                                @if let Some(by) = &key.created_by { " by " (by.name) }
                                @match key.last_used_on {
                                    Some(day) => { ", last used on " (say.day(day)) }
                                    None => ", not used yet"
                                } }
                            td { a href=(frame.path(&format!("settings/keys/{}", key.id))) {
                                "Revoke" span.hidden { " " (key.name) } } }
                        }
                    } }
                } }
            }
            form method="post" action=(frame.path("settings/keys")) class="actions" {
                (form::key(&frame.key))
                (Field { name: "name", label: "Name of a new key", hint: "What uses it.",
                    ..Field::default() }.shown(frame.trouble.as_ref()))
                (form::select(&Field { name: "role", label: "Its role", ..Field::default()
                    }, &options, frame.trouble.as_ref()))
                button { "Make a key" }
            }
        }
    }
}
