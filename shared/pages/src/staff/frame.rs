//! What is around every page of the staff desk: who is signed in, its places, and the outcome of a
//! form.

use billing::authority::StaffRole;
use billing::staff::StaffAct;
use billing::time::Timestamp;
use billing::words::Word;
use maud::{Markup, html};
use messages::Language;

use crate::form::{self, Trouble};
use crate::frame::document;
use crate::staff::words;

/// Values of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffFrame {
    /// Language of every sentence.
    pub say: Language,
    /// Name of the person who is signed in.
    pub person: String,
    /// Role of the person.
    pub role: StaffRole,
    /// Act that led here.
    pub done: Option<StaffAct>,
    /// Reason why a form of this page did nothing.
    pub trouble: Option<Trouble>,
    /// One-time key of the page's forms.
    pub key: String,
    /// Time of the page.
    pub now: Timestamp,
}

/// A place of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskSection {
    /// What waits.
    Home,
    /// Search, and the accounts that it finds.
    Accounts,
    /// Advice of transfers.
    Transfers,
    /// Open disputes.
    Disputes,
    /// Messages that no retry could help.
    DeadLetters,
}

impl DeskSection {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Home, "Home", "/staff"),
        (Self::Accounts, "Accounts", "/staff/search"),
        (Self::Transfers, "Transfers", "/staff/transfers"),
        (Self::Disputes, "Disputes", "/staff/disputes"),
        (Self::DeadLetters, "Dead letters", "/staff/dead-letters"),
    ];
}

impl StaffFrame {
    /// A whole page.
    pub fn page(&self, here: DeskSection, title: &str, body: &Markup) -> String {
        let wrong = if self.trouble.is_some() { "Not done: " } else { "" };
        document(
            &format!("{wrong}{title} · Staff desk"),
            &html! {
                a.skip href="#content" { "Skip to the content" }
                (self.top(here))
                main id="content" {
                    @if let Some(act) = self.done {
                        div.flash role="status" { (words::done(act)) }
                    }
                    @if let Some(trouble) = &self.trouble { (form::summary(trouble)) }
                    (body)
                }
                footer.foot { div {
                    span { "As of " time datetime=(self.now) { (self.say.instant(self.now)) } "." }
                    span { "What you do here is in the account's timeline, with your name." }
                } }
            },
        )
    }

    fn top(&self, here: DeskSection) -> Markup {
        html! {
            header.top { div {
                div.who {
                    strong { "Staff desk" }
                    form method="post" action="/staff/sign-out" {
                        (form::key(&self.key))
                        span.soft { (self.person) ", " (self.role.word()) }
                        button.quiet { "Sign out" }
                    }
                }
                nav.places aria-label="Staff desk" {
                    @for (place, name, href) in DeskSection::ALL {
                        a href=(href) aria-current=[(place == here).then_some("page")] { (name) }
                    }
                }
            } }
        }
    }
}

/// The page of a link that opens a session: only its button uses the link.
pub fn sign_in(action: &str) -> String {
    let body = html! {
        main id="content" { div class="card narrow stack" {
            h1 { "Staff desk" }
            p { "This opens every customer's account in this browser, for twelve hours." }
            form method="post" action=(action) {
                button.first { "Continue to the staff desk" }
            }
        } }
    };
    document("Staff desk", &body)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A frame for a role.
    pub(crate) fn frame(role: StaffRole) -> StaffFrame {
        StaffFrame {
            say: Language::English,
            person: "Ada <Lovelace>".to_owned(),
            role,
            done: None,
            trouble: None,
            key: "k.1".to_owned(),
            now: Timestamp(1_795_338_000),
        }
    }

    /// Goal: the frame says who looks, as whom, and what was done, escaped.
    #[test]
    fn the_frame_says_who_looks() {
        let done = StaffFrame { done: Some(StaffAct::Reject), ..frame(StaffRole::Support) };
        let html = done.page(DeskSection::Transfers, "Transfers", &html! { h1 { "Transfers" } });
        assert!(html.contains("Ada &lt;Lovelace&gt;, support"), "{html}");
        assert!(html.contains("href=\"/staff/transfers\" aria-current=\"page\""), "{html}");
        assert!(html.contains(words::done(StaffAct::Reject)), "{html}");
    }
}
