//! Search: a field, and the accounts that it finds.

use billing::ids::AccountId;
use billing::state::State;
use maud::{Markup, html};

use crate::staff::frame::{DeskSection, StaffFrame};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// Text that was looked for; empty before anything was.
    pub query: String,
    /// Accounts that were found.
    pub found: Vec<Found>,
}

/// An account that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Id.
    pub account: AccountId,
    /// Name.
    pub name: String,
    /// State.
    pub state: State,
    /// Plan in force.
    pub plan: String,
}

/// The field of the search.
pub(crate) fn field(query: &str) -> Markup {
    html! {
        form method="get" action="/staff/search" role="search" class="actions" {
            div.field {
                label for="field-q" { "Find an account" }
                span.hint id="field-q-hint" {
                    "Account id, mail address, invoice number or Stripe id; a name by its \
                        beginning." }
                input type="search" id="field-q" name="q" value=(query) maxlength="200"
                    aria-describedby="field-q-hint";
            }
            button.first { "Search" }
        }
    }
}

impl SearchPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            h1 { "Accounts" }
            section.card aria-label="Search" { (field(&self.query)) }
            @if !self.query.is_empty() {
                section.card aria-labelledby="found" {
                    h2 id="found" { "Found for “" (self.query) "”" }
                    @if self.found.is_empty() { p {
                        "No account. Ids, addresses and numbers are compared as a whole, names by \
                            their beginning." } }
                    @else { (self.table(frame)) }
                }
            }
        };
        frame.page(DeskSection::Accounts, "Accounts", &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        html! {
            div.table { table.rows {
                caption.hidden { "Accounts that were found" }
                thead { tr { th { "Account" } th { "Id" } th { "Plan" } th { "State" } } }
                tbody { @for found in &self.found { tr {
                    th scope="row" { a href={ "/staff/accounts/" (found.account) } { (found.name) }
                        }
                    td.second { code { (found.account) } }
                    td { (found.plan) }
                    td.state { (frame.say.state(found.state)) }
                } } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use billing::authority::StaffRole;

    use super::*;
    use crate::staff::frame::tests::frame;

    /// Goal: what was typed stays in the field, escaped; nothing found is said.
    #[test]
    fn nothing_found_is_said() {
        let page = SearchPage { query: "\"><b>".to_owned(), found: Vec::new() };
        let html = page.page(&frame(StaffRole::Support));
        assert!(html.contains("value=\"&quot;&gt;&lt;b&gt;\""), "{html}");
        assert!(html.contains("No account."), "{html}");
    }
}
