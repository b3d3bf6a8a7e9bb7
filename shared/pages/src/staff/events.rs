//! An account's timeline as staff read it: every entry, who acted, and the reason that was given.

use billing::ids::AccountId;
use billing::journal::page::Recorded;
use billing::journal::{Cause, CauseKind};
use maud::{Markup, html};
use messages::Language;

use crate::staff::frame::{DeskSection, StaffFrame};
use crate::timeline::changed;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// The account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// Entries, newest first.
    pub entries: Vec<Recorded>,
    /// Address of older ones.
    pub older: Option<String>,
}

impl EventsPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            div.head {
                h1 { "Timeline of " (self.name) }
                a href={ "/staff/accounts/" (self.account) } { "Back to the account" }
            }
            section.card aria-label="Entries" {
                @if self.entries.is_empty() { p { "Nothing happened yet." } }
                (entries(&self.entries, frame.say))
                @if let Some(older) = &self.older { p { a href=(older) { "Older entries" } } }
            }
        };
        frame.page(DeskSection::Accounts, &format!("Timeline of {}", self.name), &body)
    }
}

/// Entries as a list.
pub(crate) fn entries(all: &[Recorded], say: Language) -> Markup {
    html! {
        ul.events { @for recorded in all { li {
            div { time datetime=(recorded.entry.at) { (say.instant(recorded.entry.at)) } }
            div {
                p { (say.entry(&recorded.named)) }
                p.soft { (who(&recorded.cause)) }
                details {
                    summary { "Details" }
                    @if !recorded.entry.changes.is_empty() {
                        ul { @for change in &recorded.entry.changes { li { (changed(change, say)) }
                            } }
                    }
                    p.soft { "Cause " code { (recorded.cause.id) } }
                    @if let Some(about) = &recorded.entry.about { p.soft { "About " code { (about) }
                        } }
                }
            }
        } } }
    }
}

fn who(cause: &Cause) -> String {
    let by = match (&cause.actor, cause.kind) {
        (Some(actor), _) => format!("By {}.", actor.label()),
        (None, CauseKind::StripeEvent) => "By Stripe.".to_owned(),
        (None, CauseKind::Schedule) => "By the schedule.".to_owned(),
        (None, CauseKind::Api) => "By the API.".to_owned(),
        (None, CauseKind::Staff) => "By staff.".to_owned(),
    };
    match &cause.reason {
        Some(reason) => format!("{by} Reason: {reason}"),
        None => by,
    }
}

#[cfg(test)]
mod tests {
    use billing::journal::{Actor, ActorKind};

    use super::*;

    /// Goal: an entry names the person and the reason that was given.
    #[test]
    fn an_entry_names_person_and_reason() {
        let name = "Grace Hopper".to_owned();
        let actor = Actor { kind: ActorKind::Staff, id: "key-1".to_owned(), name };
        let reason = Some("promised on the phone".to_owned());
        let cause = Cause { actor: Some(actor), reason, ..Cause::new(CauseKind::Staff, "r") };
        assert_eq!(who(&cause), "By Grace Hopper. Reason: promised on the phone");
        assert_eq!(who(&Cause::new(CauseKind::StripeEvent, "evt_1")), "By Stripe.");
    }
}
