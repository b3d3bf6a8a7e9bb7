//! Billing of one account, on its page: plan and seats, usage, credits, the upcoming invoice and
//! the invoices, as the API answers them to staff.

use maud::{Markup, html};
use serde_json::Value;

use super::frame::badge;
use super::view::read;
use super::words::{money, time};
use crate::cloud::Cloud;

/// Answers of the API about the billing of an account; null where there is none.
#[derive(Debug, Clone, Default)]
pub struct Billing {
    /// The subscription.
    pub subscription: Value,
    /// Usage of this month.
    pub usage: Value,
    /// Credits.
    pub credits: Value,
    /// The upcoming invoice.
    pub upcoming: Value,
    /// The newest invoices.
    pub invoices: Value,
}

impl Billing {
    /// Billing of an account, gathered.
    pub async fn of(cloud: &Cloud, id: &str) -> Self {
        let path = format!("/v1/accounts/{id}");
        Self {
            subscription: read(cloud, &format!("{path}/subscription")).await,
            usage: read(cloud, &format!("{path}/usage")).await,
            credits: read(cloud, &format!("{path}/credits")).await,
            upcoming: read(cloud, &format!("{path}/invoices/upcoming")).await,
            invoices: read(cloud, &format!("{path}/invoices?limit=25")).await,
        }
    }
}

/// The sections of an account's page that show its billing.
pub fn sections(billing: &Billing) -> Markup {
    html! {
        div.columns { (subscription(&billing.subscription)) (credits(&billing.credits)) }
        (usage(&billing.usage))
        (upcoming(&billing.upcoming))
        (invoices(&billing.invoices))
    }
}

fn subscription(view: &Value) -> Markup {
    html! {
        section {
            h2 { "Plan and seats" }
            @if view.is_null() { p.quiet { "It has no subscription of its own." } }
            @else {
                dl {
                    dt { "Plan" } dd { (text(view, "plan")) " " (text(view, "interval")) }
                    dt { "Seats" } dd { (text(view, "seats")) }
                    dt { "Renews" } dd { (at(view, "renews_at")) " " (amount(view, "next_renewal")) }
                    @if let Some(pending) = view.get("pending_change").filter(|it| !it.is_null()) {
                        dt { "Booked" }
                        dd { (text(pending, "plan")) ", seats " (text(pending, "seats")) ", "
                            (at(pending, "effective_at")) }
                    }
                    @if view.get("ends_at").is_some_and(|it| !it.is_null()) {
                        dt { "Ends" } dd { (at(view, "ends_at")) }
                    }
                }
            }
        }
    }
}

fn credits(view: &Value) -> Markup {
    let none = Value::Null;
    let recharge = view.get("auto_recharge").unwrap_or(&none);
    html! {
        section {
            h2 { "Credits" }
            @if view.is_null() { p.quiet { "None are shown." } }
            @else {
                dl {
                    dt { "Balance" } dd { (text(view, "balance")) " tokens" }
                    dt { "Reserved" } dd { (text(view, "reserved")) }
                    dt { "Lasts for" } dd { (text(view, "runway_days")) " days" }
                    dt { "Auto-recharge" } dd { (badge(&text(recharge, "state"))) " " (text(recharge, "pack")) }
                }
            }
        }
    }
}

fn usage(view: &Value) -> Markup {
    html! {
        section {
            h2 { "Usage of " (text(view, "period")) }
            div.scroll { table {
                thead { tr { th { "Resource" } th.number { "Used" } th.number { "Included" }
                    th.number { "From credits" } th.number { "Billed" } th { "Level" } } }
                tbody { @for one in list(view, "resources") { tr {
                    td { (text(one, "name")) }
                    td.number { (text(one, "used")) }
                    td.number { (text(one, "included")) }
                    td.number { (text(one, "credits")) }
                    td.number { (text(one, "billed")) }
                    td { (badge(&text(one, "level"))) }
                } } }
            } }
            p.quiet { "Last reported: " (at(view, "last_reported_at")) }
        }
    }
}

fn upcoming(view: &Value) -> Markup {
    html! {
        section {
            h2 { "Upcoming invoice" }
            @if list(view, "lines").is_empty() { p.quiet { "Nothing will be invoiced." } }
            @else {
                div.scroll { table {
                    tbody { @for line in list(view, "lines") { tr {
                        td { (text(line, "description")) }
                        td.number { (amount(line, "amount")) }
                    } } }
                    tfoot { tr { th { "To pay" } th.number { (amount(view, "amount_due")) } } }
                } }
            }
        }
    }
}

fn invoices(view: &Value) -> Markup {
    html! {
        section {
            h2 { "Invoices" }
            @if list(view, "data").is_empty() { p.quiet { "It has none yet." } }
            @else {
                div.scroll { table {
                    thead { tr { th { "Number" } th { "Kind" } th { "Status" } th { "Created" }
                        th.number { "Total" } th.number { "To pay" } } }
                    tbody { @for one in list(view, "data") { tr {
                        td { @if let Some(url) = one.get("hosted_invoice_url").and_then(Value::as_str) {
                            a href=(url) { (text(one, "number")) }
                        } @else { (text(one, "number")) } }
                        td { (text(one, "kind")) }
                        td { (badge(&text(one, "status"))) }
                        td { (at(one, "created")) }
                        td.number { (amount(one, "total")) }
                        td.number { (amount(one, "amount_remaining")) }
                    } } }
                } }
            }
        }
    }
}

fn list<'a>(view: &'a Value, name: &str) -> &'a [Value] {
    view.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field as text; a dash where there is none.
fn text(view: &Value, name: &str) -> String {
    amount(view, name)
}

/// A field that is money; a dash where there is none.
fn amount(view: &Value, name: &str) -> String {
    view.get(name).map_or_else(|| "–".to_owned(), money)
}

fn at(view: &Value, name: &str) -> Markup {
    let at = view.get(name).and_then(Value::as_str);
    at.map_or_else(|| html! { "–" }, time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Goal: the page shows what the API answers, as text, and a dash for what it does not say.
    #[test]
    fn billing_is_shown_as_the_api_answers_it() {
        let billing = Billing {
            subscription: json!({ "plan": "<b>team", "interval": "month", "seats": 3 }),
            usage: json!({
                "period": "2026-11",
                "resources": [{ "name": "Sessions", "used": 7, "included": null, "level": "ok" }],
            }),
            credits: json!({ "balance": 5, "auto_recharge": { "state": "idle" } }),
            upcoming: json!({
                "lines": [{ "description": "Team", "amount": { "amount": 1050, "currency": "eur" } }],
                "amount_due": { "amount": 1050, "currency": "eur" },
            }),
            invoices: json!({ "data": [{ "number": "N-1", "status": "open" }] }),
        };

        let page = sections(&billing).into_string();

        for shown in ["&lt;b&gt;team", "2026-11", "Sessions", "5 tokens", "10.50 EUR", "N-1"] {
            assert!(page.contains(shown), "{shown} is not in {page}");
        }
        let nothing = sections(&Billing::default()).into_string();
        assert!(nothing.contains("Nothing will be invoiced."), "{nothing}");
    }
}
