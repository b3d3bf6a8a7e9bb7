//! The page of an act: what it does, its fields, and, where money moves or something ends, a second
//! page that repeats what was understood.

use billing::advice::Advice;
use billing::fact::Collection;
use billing::ids::{AccountId, InvoiceId};
use billing::money::Currency;
use billing::month::Day;
use billing::staff::StaffAct;
use billing::words::Word;
use maud::{Markup, html};

use crate::form::{self, Field, Typed};
use crate::staff::frame::{DeskSection, StaffFrame};
use crate::staff::words;

/// Values of the page of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActPage {
    /// The account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// The act.
    pub act: StaffAct,
    /// Version of the account's books that the person sees.
    pub version: u64,
    /// Currency of new amounts.
    pub currency: Currency,
    /// Today.
    pub today: Day,
    /// Terms of payment in force.
    pub terms: (Collection, u32),
    /// Resources whose usage may be corrected: id and name.
    pub resources: Vec<(String, String)>,
    /// Plans that may be set: id and name.
    pub plans: Vec<(String, String)>,
    /// Plan in force, with its seats.
    pub plan: (String, Option<u64>),
    /// Invoices that may be credited, with words for each: id and words.
    pub invoices: Vec<(String, String)>,
    /// Unpaid invoices, with words for each.
    pub unpaid: Vec<(InvoiceId, String)>,
    /// Prepayments with an unused rest: id, and words for each.
    pub prepayments: Vec<(String, String)>,
    /// Advice that is decided.
    pub advice: Option<Advice>,
}

/// What was understood, before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmPage {
    /// The account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// The act.
    pub act: StaffAct,
    /// Description of the act for the second page, in sentences.
    pub said: Vec<String>,
    /// Name of the button: with the amount, where there is one.
    pub button: String,
    /// What was typed, which the form carries on.
    pub typed: Typed,
}

/// Address of an act on an account.
pub fn address(account: &AccountId, act: StaffAct) -> String {
    format!("/staff/accounts/{account}/do/{}", act.word())
}

impl ActPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let title = words::title(self.act);
        let own = address(&self.account, self.act);
        let action = if self.act.is_confirmed() { format!("{own}/check") } else { own };
        let button = if self.act.is_confirmed() { "Continue" } else { title };
        let body = html! {
            div.head { h1 { (title) } a href={ "/staff/accounts/" (self.account) } { (self.name) } }
            section.card aria-label="Form" {
                p { (words::about(self.act)) }
                @if let Some(advice) = &self.advice { (reported(advice, frame)) }
                form method="post" action=(action) class="stack" {
                    (form::key(&frame.key))
                    (form::hidden("version", &self.version.to_string()))
                    (self.fields(frame))
                    @if self.act.needs_reason() {
                        (Field { name: "reason", label: "Reason",
                            hint: "It is in the timeline, with your name.", ..Field::default()
                            }.shown(frame.trouble.as_ref()))
                    }
                    div.actions {
                        button class=(self.tone()) { (button) }
                        a href={ "/staff/accounts/" (self.account) } { "Leave it" }
                    }
                }
            }
        };
        frame.page(DeskSection::Accounts, &format!("{title}: {}", self.name), &body)
    }

    fn tone(&self) -> &'static str {
        if words::ends(self.act) && !self.act.is_confirmed() { "ends" } else { "first" }
    }
}

fn reported(advice: &Advice, frame: &StaffFrame) -> Markup {
    html! {
        dl.facts {
            dt { "Reported" } dd { (frame.say.money(advice.amount)) ", paid on " (advice.paid_on) }
            dt { "Reference" } dd { (advice.reference) }
            dt { "Invoices" } dd { @for invoice in &advice.invoices { code { (invoice) } " " } }
            @if let Some(note) = &advice.note { dt { "Note" } dd { (note) } }
        }
    }
}

impl ConfirmPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let title = words::title(self.act);
        let class = if words::ends(self.act) { "ends" } else { "first" };
        let body = html! {
            div.head { h1 { "Please confirm" } span { (title) ", " (self.name) } }
            section.card aria-label="What will be done" {
                ul.stack { @for sentence in &self.said { li { (sentence) } } }
                form method="post" action=(address(&self.account, self.act)) class="actions" {
                    (form::key(&frame.key))
                    @for (name, value) in &self.typed { (form::hidden(name, value)) }
                    button class=(class) { (self.button) }
                    a href={ "/staff/accounts/" (self.account) } { "Leave it" }
                }
            }
        };
        frame.page(DeskSection::Accounts, &format!("Confirm: {title}"), &body)
    }
}

#[cfg(test)]
mod tests {
    use billing::authority::StaffRole;

    use super::*;
    use crate::staff::frame::tests::frame;

    pub(super) fn page(act: StaffAct) -> ActPage {
        ActPage {
            account: AccountId::parse("acme").unwrap(),
            name: "Acme".to_owned(),
            act,
            version: 7,
            currency: Currency::parse("usd").unwrap(),
            today: Day::parse("2026-11-30").unwrap(),
            terms: (Collection::Manual, 30),
            resources: vec![("events".to_owned(), "Events".to_owned())],
            plans: vec![("team".to_owned(), "Team".to_owned())],
            plan: ("team".to_owned(), Some(3)),
            invoices: vec![("in_1".to_owned(), "A-1, 5.00 USD, open".to_owned())],
            unpaid: vec![(InvoiceId::parse("in_1").unwrap(), "A-1, 5.00 USD".to_owned())],
            prepayments: vec![("acme.1".to_owned(), "P-1, 5.00 USD left".to_owned())],
            advice: None,
        }
    }

    /// Goal: every act has a form with its version, and a reason where money or access changes;
    /// what is confirmed leads to the second page first.
    #[test]
    fn every_act_has_its_form() {
        for act in StaffAct::all() {
            let html = page(act).page(&frame(StaffRole::Billing));
            assert!(html.contains("name=\"version\" value=\"7\""), "{act:?}: {html}");
            assert_eq!(html.contains("name=\"reason\""), act.needs_reason(), "{act:?}");
            let check = format!("{}/check\"", address(&page(act).account, act));
            assert_eq!(html.contains(&check), act.is_confirmed(), "{act:?}");
        }
    }

    /// Goal: the second page carries what was typed and has no other field.
    #[test]
    fn the_second_page_carries_what_was_typed() {
        let typed = Typed::from([("amount".to_owned(), "5\"".to_owned())]);
        let confirm = ConfirmPage {
            account: AccountId::parse("acme").unwrap(),
            name: "Acme".to_owned(),
            act: StaffAct::Prepayment,
            said: vec!["5.00 USD becomes a prepayment.".to_owned()],
            button: "Record 5.00 USD".to_owned(),
            typed,
        };
        let html = confirm.page(&frame(StaffRole::Billing));
        assert!(html.contains("name=\"amount\" value=\"5&quot;\""), "{html}");
        assert!(html.contains("action=\"/staff/accounts/acme/do/prepayment\""), "{html}");
    }
}
