//! Open disputes, the earliest deadline first (F6).

use billing::dispute::{Dispute, Paid};
use billing::ids::AccountId;
use billing::time::{DAY_SECONDS, Timestamp};
use maud::{Markup, html};

use crate::staff::frame::{DeskSection, StaffFrame};

/// Days before a deadline from which on it is marked.
const SOON_DAYS: i64 = 3;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputesPage {
    /// Open disputes with their accounts, by deadline.
    pub disputes: Vec<(AccountId, Dispute)>,
    /// Address of the next page.
    pub next: Option<String>,
    /// Address of Stripe's dashboard, to which a path is added.
    pub stripe: String,
}

impl DisputesPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            h1 { "Disputes" }
            section.card aria-labelledby="open" {
                h2 id="open" { "Open, by deadline" }
                p.soft { "Evidence is given at Stripe. A disputed invoice stays paid; a disputed \
                    purchase takes its credits back." }
                @if self.disputes.is_empty() { p { "Nothing is disputed." } }
                @else { (self.table(frame)) }
                @if let Some(next) = &self.next { p { a href=(next) { "Later deadlines" } } }
            }
        };
        frame.page(DeskSection::Disputes, "Disputes", &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        html! {
            div.table { table.rows {
                caption.hidden { "Open disputes, the earliest deadline first" }
                thead { tr { th { "Account and reason" } th { "Paid" } th { "Evidence until" }
                    th.amount { "Amount" } th { "At Stripe" } } }
                tbody { @for (account, dispute) in &self.disputes { tr {
                    th scope="row" {
                        a href={ "/staff/accounts/" (account) } { (account) }
                        br; small { (words(dispute.reason.as_deref().unwrap_or("no reason"))) }
                    }
                    td.second { (paid(&dispute.paid)) }
                    td.state { (deadline(dispute, frame)) }
                    td.amount { (frame.say.money(dispute.amount)) }
                    td {
                        a.button href={ (self.stripe) "/disputes/" (dispute.id) }
                            aria-label={ "Dispute " (dispute.id) " at Stripe" } { "Open" }
                    }
                } } }
            } }
        }
    }
}

fn paid(paid: &Paid) -> Markup {
    match paid {
        Paid::Purchase(id) => html! { "Credits " code { (id) } },
        Paid::Invoice(id) => html! { "Invoice " code { (id) } },
        Paid::Other => html! { "Something else" },
    }
}

fn deadline(dispute: &Dispute, frame: &StaffFrame) -> Markup {
    let state = words(dispute.status_word());
    let Some(due_by) = dispute.due_by else { return html! { (state) } };
    let tone = tone((dispute.answered, due_by), frame.now);
    html! {
        span class={ "badge " (tone) } {
            time datetime=(due_by) { (frame.say.instant(due_by)) }
        }
        br; small { (state) }
    }
}

/// Mark of a deadline: past, within a few days, or neither.
fn tone((answered, due_by): (bool, Timestamp), now: Timestamp) -> &'static str {
    let soon = now.plus_seconds(SOON_DAYS.saturating_mul(DAY_SECONDS));
    match (answered, due_by <= now, due_by <= soon) {
        (true, _, _) | (false, false, false) => "",
        (false, true, _) => "bad",
        (false, false, true) => "open",
    }
}

/// One of Stripe's words without its underscores.
fn words(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use billing::authority::StaffRole;
    use billing::ids::{DisputeId, InvoiceId, PaymentIntentId};
    use billing::money::{Currency, Money};
    use billing::payment::DisputeStatus;

    use super::*;
    use crate::staff::frame::tests::frame;

    /// Goal: a dispute is shown with its account, deadline and what was paid, and leads to Stripe;
    /// a deadline of the next three days is marked, and one that passed is too.
    #[test]
    fn a_dispute_is_shown_with_its_deadline() {
        let frame = frame(StaffRole::Support);
        let dispute = |due_by: Timestamp| Dispute {
            version: 1,
            id: DisputeId::parse("dp_1").unwrap(),
            payment: PaymentIntentId::parse("pi_1").unwrap(),
            paid: Paid::Invoice(InvoiceId::parse("in_1").unwrap()),
            amount: Money::new(4_900, Currency::parse("eur").unwrap()),
            reason: Some("product_not_received".to_owned()),
            status: DisputeStatus::Open,
            answered: false,
            due_by: Some(due_by),
            opened_at: frame.now,
        };
        let shown = |due_by: Timestamp| {
            let account = AccountId::parse("acme").unwrap();
            let page = DisputesPage {
                disputes: vec![(account, dispute(due_by))],
                next: None,
                stripe: "https://dashboard.stripe.com/test".to_owned(),
            };
            page.page(&frame)
        };
        let html = shown(frame.now.plus_seconds(DAY_SECONDS));
        for part in [
            "/staff/accounts/acme",
            "in_1",
            "49.00 EUR",
            "product not received",
            "https://dashboard.stripe.com/test/disputes/dp_1",
            "badge open",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(shown(frame.now).contains("badge bad"));
        assert!(shown(frame.now.plus_seconds(9 * DAY_SECONDS)).contains("class=\"badge \""));
    }
}
