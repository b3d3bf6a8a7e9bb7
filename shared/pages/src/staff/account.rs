//! An account as staff see it: its facts, marked and read-only, what happened last, and the acts.

use billing::account::OpenInvoice;
use billing::family::AccountKind;
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::journal::page::Recorded;
use billing::staff::StaffAct;
use billing::state::State;
use billing::words::Word;
use maud::{Markup, html};

use crate::staff::events::entries;
use crate::staff::frame::{DeskSection, StaffFrame};
use crate::staff::words;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// Id.
    pub account: AccountId,
    /// Name.
    pub name: String,
    /// State.
    pub state: State,
    /// Kind: standard, parent or sub-account.
    pub kind: AccountKind,
    /// Facts: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Unpaid invoices.
    pub owed: Vec<(InvoiceId, OpenInvoice)>,
    /// Latest entries of the journal, newest first.
    pub latest: Vec<Recorded>,
    /// Stripe customer, with the address of the customer's page in Stripe's dashboard.
    pub customer: Option<(CustomerId, String)>,
}

impl AccountPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            section.banner.calm aria-label="Seen by staff" { div {
                strong { "Seen by staff, read-only" }
                "The customer is not signed in here, and nothing on this page is changed by looking." } }
            div.head {
                h1 { (self.name) }
                span class={ "badge " (tone(self.state)) } { (frame.say.state(self.state)) }
            }
            div.cards {
                div.stack { (self.facts()) (self.owed(frame)) }
                div.stack { (self.acts()) }
            }
            section.card aria-labelledby="latest" {
                div.head {
                    h2 id="latest" { "What happened last" }
                    a href=(self.path("timeline")) { "Whole timeline" }
                }
                @if self.latest.is_empty() { p { "Nothing happened yet." } }
                (entries(&self.latest, frame.say))
            }
        };
        frame.page(DeskSection::Accounts, &self.name, &body)
    }

    fn path(&self, path: &str) -> String {
        format!("/staff/accounts/{}/{path}", self.account)
    }

    fn facts(&self) -> Markup {
        html! {
            section.card aria-labelledby="facts" {
                h2 id="facts" { "Facts" }
                dl.facts {
                    dt { "Account" } dd { code { (self.account) } }
                    @for (name, value) in &self.facts { dt { (name) } dd { (value) } }
                    @if let Some((customer, href)) = &self.customer {
                        dt { "At Stripe" }
                        dd { a href=(href) rel="noreferrer" { code { (customer) } } }
                    }
                }
                p { a href=(self.path("mails")) { "Mails, and sending one again" } }
            }
        }
    }

    fn owed(&self, frame: &StaffFrame) -> Markup {
        let say = frame.say;
        html! {
            section.card aria-labelledby="owed" {
                h2 id="owed" { "Unpaid" }
                @if self.owed.is_empty() { p { "Nothing is owed." } } @else {
                    div.table { table.rows {
                        caption.hidden { "Unpaid invoices" }
                        thead { tr { th { "Invoice" } th { "Overdue and disabled" } th.amount {
                            "Open" } } }
                        tbody { @for (id, open) in &self.owed { tr {
                            th scope="row" { code { (id) } }
                            td.second { "Overdue from " (say.date(open.overdue_at))
                                ", disabled from " (say.date(open.disables_at)) }
                            td.amount { (say.money(open.remaining)) }
                        } } }
                    } }
                }
            }
        }
    }

    fn acts(&self) -> Markup {
        html! {
            nav.card aria-labelledby="acts" {
                h2 id="acts" { "Acts" }
                ul.stack { @for act in self.offered() { li {
                    a href=(self.path(&format!("do/{}", act.word()))) { (words::title(act)) }
                } } }
            }
        }
    }

    /// Acts that an account's page offers: those on one advice or one mail begin at their own
    /// lists.
    fn offered(&self) -> impl Iterator<Item = StaffAct> {
        let kind = self.kind;
        StaffAct::all().filter(move |act| match act {
            StaffAct::Approve | StaffAct::Reject | StaffAct::Resend => false,
            StaffAct::ConvertToParent => kind == AccountKind::Standard,
            StaffAct::ConvertToStandard | StaffAct::SubAccountLimit => kind == AccountKind::Parent,
            StaffAct::Hold
            | StaffAct::Collection
            | StaffAct::Plan
            | StaffAct::Credits
            | StaffAct::Usage
            | StaffAct::CreditNote
            | StaffAct::Receipt
            | StaffAct::Prepayment
            | StaffAct::ReversePrepayment
            | StaffAct::Terminate
            | StaffAct::Close => true,
        })
    }
}

fn tone(state: State) -> &'static str {
    match state {
        State::Active => "good",
        State::PastDue | State::Restricted => "open",
        State::Disabled | State::Canceled | State::Terminated => "bad",
    }
}

#[cfg(test)]
mod tests {
    use billing::authority::StaffRole;

    use super::*;
    use crate::staff::frame::tests::frame;

    fn account(kind: AccountKind) -> AccountPage {
        AccountPage {
            account: AccountId::parse("acme").unwrap(),
            name: "Acme & Sons".to_owned(),
            state: State::Active,
            kind,
            facts: vec![("Plan", "Team".to_owned())],
            owed: Vec::new(),
            latest: Vec::new(),
            customer: None,
        }
    }

    /// Goal: the page says that staff look, offers what the kind of account allows, and escapes.
    #[test]
    fn the_page_offers_what_the_kind_allows() {
        let html = |kind| account(kind).page(&frame(StaffRole::Billing));
        let standard = html(AccountKind::Standard);
        assert!(standard.contains("Seen by staff") && standard.contains("Acme &amp; Sons"));
        assert!(standard.contains("/staff/accounts/acme/do/convert-to-parent\""), "{standard}");
        assert!(!standard.contains("convert-to-standard"), "{standard}");
        let parent = html(AccountKind::Parent);
        assert!(parent.contains("do/sub-account-limit\""), "{parent}");
        assert!(!parent.contains("do/convert-to-parent"), "{parent}");
    }
}
