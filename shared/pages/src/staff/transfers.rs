//! Transfers that wait for staff, the oldest first, by age against 24 and 48 hours (A18).

use billing::advice::{Advice, LATE_SECONDS};
use billing::ids::AccountId;
use billing::time::{DAY_SECONDS, Timestamp};
use maud::{Markup, html};

use crate::staff::frame::{DeskSection, StaffFrame};

/// Seconds of an hour.
const HOUR_SECONDS: i64 = 3_600;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransfersPage {
    /// Advice that waits, with its account, the oldest first.
    pub waiting: Vec<(AccountId, Advice)>,
}

impl TransfersPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            h1 { "Transfers" }
            section.card aria-labelledby="waiting" {
                h2 id="waiting" { "Reported by customers" }
                p.soft { "Each is decided within 24 to 48 hours." }
                @if self.waiting.is_empty() { p { "Nothing waits." } }
                @else { (self.table(frame)) }
            }
            section.card aria-labelledby="found" {
                h2 id="found" { "Money without advice" }
                p { "Find its account, and choose “Record money without advice” there." }
                (crate::staff::search::field(""))
            }
        };
        frame.page(DeskSection::Transfers, "Transfers", &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        let say = frame.say;
        html! {
            div.table { table.rows {
                caption.hidden { "Advice of transfers that waits, the oldest first" }
                thead { tr { th { "Account and reference" } th { "Invoices" } th { "Waits" }
                    th.amount { "Amount" } th { "Decide" } } }
                tbody { @for (account, advice) in &self.waiting { tr {
                    th scope="row" {
                        a href={ "/staff/accounts/" (account) } { (account) }
                        br; small { (advice.reference) ", paid on " (advice.paid_on) }
                        @if let Some(note) = &advice.note { br; small { "“" (note) "”" } }
                    }
                    td.second { @for invoice in &advice.invoices { code { (invoice) } " " } }
                    td.state { (waits(advice.submitted_at, frame.now)) }
                    td.amount { (say.money(advice.amount)) }
                    td { div.actions {
                        a.button href=(decide(account, "approve", advice)) aria-label={
                            "Approve " (advice.reference) } { "Approve" }
                        a.button href=(decide(account, "reject", advice)) aria-label={
                            "Reject " (advice.reference) } { "Reject" }
                    } }
                } } }
            } }
        }
    }
}

fn decide(account: &AccountId, act: &str, advice: &Advice) -> String {
    format!("/staff/accounts/{account}/do/{act}?advice={}", advice.id)
}

fn waits(since: Timestamp, now: Timestamp) -> Markup {
    let seconds = now.0.saturating_sub(since.0);
    let (tone, word) = if seconds >= LATE_SECONDS {
        ("bad", ", late: over 48 hours")
    } else if seconds >= DAY_SECONDS {
        ("open", ", over 24 hours")
    } else {
        ("", "")
    };
    html! { span class={ "badge " (tone) } { (age(since, now)) (word) } }
}

/// Age in hours, and in days from two days on.
pub(crate) fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.0.saturating_sub(since.0).max(0);
    let hours = seconds.div_euclid(HOUR_SECONDS);
    if seconds >= LATE_SECONDS {
        format!("{} days", seconds.div_euclid(DAY_SECONDS))
    } else if hours == 1 {
        "1 hour".to_owned()
    } else {
        format!("{hours} hours")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: advice is told apart by its age against 24 and 48 hours, to the second.
    #[test]
    fn an_age_is_held_against_24_and_48_hours() {
        let since = Timestamp(0);
        let shown = |seconds| waits(since, Timestamp(seconds)).into_string();
        assert!(shown(DAY_SECONDS - 1).contains("23 hours<"));
        assert!(shown(DAY_SECONDS).contains("24 hours, over 24 hours"));
        assert!(shown(LATE_SECONDS - 1).contains("over 24 hours"));
        assert!(shown(LATE_SECONDS).contains("2 days, late: over 48 hours"));
    }
}
