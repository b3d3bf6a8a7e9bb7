//! Dead letters: messages that no retry could help, and what a person does about one (E10).

use billing::authority::StaffRole;
use billing::dead_letter::{DeadLetter, LetterEnd, LetterKind, LetterList};
use billing::ids::AccountId;
use billing::words::Word;
use maud::{Markup, html};

use crate::form::{self, Field};
use crate::staff::frame::{DeskSection, StaffFrame};
use crate::staff::transfers::age;

/// Address of the list.
pub const LETTERS: &str = "/staff/dead-letters";

/// Values of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLettersPage {
    /// List that is shown.
    pub list: LetterList,
    /// Its letters, the newest first.
    pub letters: Vec<DeadLetter>,
    /// Address of the next page.
    pub next: Option<String>,
    /// End of a letter that led here.
    pub done: Option<LetterEnd>,
}

/// Values of the page of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterPage {
    /// The letter.
    pub letter: DeadLetter,
    /// Address of Stripe's dashboard, to which a path is added.
    pub stripe: String,
}

impl DeadLettersPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let (title, other, href) = match self.list {
            LetterList::Open => {
                ("Open, newest first", "Letters that ended", format!("{LETTERS}?status=closed"))
            }
            LetterList::Closed => ("Redriven or dismissed", "Open letters", LETTERS.to_owned()),
        };
        let body = html! {
            h1 { "Dead letters" }
            @if let Some(how) = self.done { div.flash role="status" { (done(how)) } }
            section.card aria-labelledby="letters" {
                h2 id="letters" { (title) }
                p.soft { "Messages that no retry could help. What each was to do is missing from \
                    somebody's books: mend the cause, then redrive it." }
                @if self.letters.is_empty() { p { "There is none." } }
                @else { (self.table(frame)) }
                @if let Some(next) = &self.next { p { a href=(next) { "Older letters" } } }
                p { a href=(href) { (other) } }
            }
        };
        frame.page(DeskSection::DeadLetters, "Dead letters", &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        html! {
            div.table { table.rows {
                caption.hidden { "Dead letters, the newest first" }
                thead { tr { th { "Message" } th { "Reason" } th { "Died" } th { "Account" }
                    th { "Letter" } } }
                tbody { @for letter in &self.letters { tr {
                    th scope="row" { (message(letter, frame)) }
                    td.second { (reason(letter, frame)) }
                    td.state { (state(letter, frame)) }
                    td { @match &letter.subject.account {
                        Some(account) => (account_link(account)),
                        None => "None",
                    } }
                    td { a.button href={ (LETTERS) "/" (letter.id) }
                        aria-label={ "Letter " (letter.id) } { "Open" } }
                } } }
            } }
        }
    }
}

impl DeadLetterPage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let letter = &self.letter;
        let title = frame.say.letter_kind(letter.subject.kind, letter.queue);
        let body = html! {
            div.head { h1 { (title) } a href=(LETTERS) { "Dead letters" } }
            section.card aria-label="Letter" { (self.facts(frame)) }
            @if letter.is_open() { (self.acts(frame)) }
        };
        frame.page(DeskSection::DeadLetters, title, &body)
    }

    fn facts(&self, frame: &StaffFrame) -> Markup {
        let letter = &self.letter;
        let subject = &letter.subject;
        html! {
            dl.facts {
                dt { "Reason" } dd { (reason(letter, frame)) }
                dt { "Died" } dd { (state(letter, frame)) }
                @if let Some(account) = &subject.account { dt { "Account" } dd { (account_link(account)) } }
                @if let Some(event) = &subject.event {
                    dt { "Event" } dd {
                        a href={ (self.stripe) "/events/" (event) } { (event) }
                        @if let Some(kind) = &subject.event_type { ", " (kind) }
                    }
                }
                dt { "Queue" } dd { (letter.queue.map_or("unknown", Word::word).replace('_', " ")) }
                @if let Some(earlier) = &subject.earlier {
                    dt { "Died before" } dd { a href={ (LETTERS) "/" (earlier) } { (earlier) } }
                }
                dt { "Id" } dd { code { (letter.id) } }
                @if let Some(ended) = &letter.ended {
                    dt { "Ended" } dd { (frame.say.letter_ended(ended)) " Reason: " (ended.reason) }
                }
            }
        }
    }

    fn acts(&self, frame: &StaffFrame) -> Markup {
        if frame.role != StaffRole::Billing {
            return html! {
                section.card aria-label="Acts" {
                    p { "People with the role billing redrive or dismiss a letter." }
                }
            };
        }
        html! {
            section.card aria-labelledby="redrive" {
                h2 id="redrive" { "Redrive" }
                @if self.letter.can_be_redriven() {
                    p { "Sends the message to its queue again. Without a change it dies of the same \
                        reason; what was done meanwhile is not done twice." }
                    (self.form(frame, LetterEnd::Redriven))
                } @else { p { (not_redrivable(&self.letter)) } }
            }
            section.card aria-labelledby="dismiss" {
                h2 id="dismiss" { "Dismiss" }
                p { "Sends nothing: for a message whose work is done otherwise, or not wanted." }
                (self.form(frame, LetterEnd::Dismissed))
            }
        }
    }

    fn form(&self, frame: &StaffFrame, how: LetterEnd) -> Markup {
        let (act, button, class) = match how {
            LetterEnd::Redriven => ("redrive", "Redrive", "first"),
            LetterEnd::Dismissed => ("dismiss", "Dismiss", "ends"),
        };
        html! {
            form method="post" action={ (LETTERS) "/" (self.letter.id) "/" (act) } class="stack" {
                (form::key(&frame.key))
                (Field { name: act, label: "Reason",
                    hint: "It is kept with the letter, with your name.", ..Field::default()
                    }.shown(frame.trouble.as_ref()))
                div.actions { button class=(class) { (button) } }
            }
        }
    }
}

fn account_link(account: &AccountId) -> Markup {
    html! { a href={ "/staff/accounts/" (account) } { (account) } }
}

fn message(letter: &DeadLetter, frame: &StaffFrame) -> Markup {
    let subject = &letter.subject;
    html! {
        (frame.say.letter_kind(subject.kind, letter.queue))
        @if let Some(kind) = &subject.event_type { br; small { (kind) } }
        @if subject.earlier.is_some() { br; small { "Died before, and was redriven" } }
    }
}

fn reason(letter: &DeadLetter, frame: &StaffFrame) -> Markup {
    let words = frame.say.letter_reason(letter);
    html! {
        (words)
        @if let Some(reason) = &letter.reason { br; small { (reason) } }
    }
}

fn state(letter: &DeadLetter, frame: &StaffFrame) -> Markup {
    let at = letter.died_at;
    html! {
        @match &letter.ended {
            None => span class="badge open" { (age(at, frame.now)) " ago" },
            Some(ended) => span class="badge " { (ended.how.word()) },
        }
        br; small { time datetime=(at) { (frame.say.instant(at)) } }
    }
}

fn not_redrivable(letter: &DeadLetter) -> &'static str {
    if letter.subject.kind == LetterKind::UnreadableEvent {
        "Only the beginning of this event is kept. Send it again from Stripe, then dismiss the letter."
    } else {
        "The queue that this message came from is not known here."
    }
}

fn done(how: LetterEnd) -> &'static str {
    match how {
        LetterEnd::Redriven => "The message was sent again. If it dies again, it is a new letter.",
        LetterEnd::Dismissed => "The letter was dismissed.",
    }
}

#[cfg(test)]
mod tests {
    use billing::dead_letter::{Ended, LetterSubject, SourceQueue};
    use billing::time::Timestamp;

    use super::*;
    use crate::staff::frame::tests::frame;

    fn letter(kind: LetterKind) -> DeadLetter {
        DeadLetter {
            version: 1,
            id: "dl_1".to_owned(),
            queue: Some(SourceQueue::Retry),
            subject: LetterSubject {
                kind,
                account: AccountId::parse("acme").ok(),
                event: Some("evt_1".to_owned()),
                event_type: Some("invoice.paid".to_owned()),
                earlier: Some("dl_0".to_owned()),
            },
            reason: Some("the item <x> cannot be read".to_owned()),
            receives: None,
            died_at: frame(StaffRole::Billing).now.plus_seconds(-7_200),
            body: Some("{\"secret\":1}".to_owned()),
            ended: None,
        }
    }

    fn shown(letter: DeadLetter, role: StaffRole) -> String {
        let stripe = "https://dashboard.stripe.com/test".to_owned();
        DeadLetterPage { letter, stripe }.page(&frame(role))
    }

    /// Goal: a letter is listed with its message, account, age and reason, and never with its body.
    #[test]
    fn a_letter_is_listed_without_its_body() {
        let page = DeadLettersPage {
            list: LetterList::Open,
            letters: vec![letter(LetterKind::Fact)],
            next: None,
            done: Some(LetterEnd::Redriven),
        };
        let html = page.page(&frame(StaffRole::Support));
        for part in [
            "A fact of Stripe about a customer",
            "invoice.paid",
            "href=\"/staff/accounts/acme\"",
            "2 hours ago",
            "the item &lt;x&gt; cannot be read",
            "Died before",
            "href=\"/staff/dead-letters/dl_1\"",
            "The message was sent again.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("secret"), "{html}");
    }

    /// Goal: billing has a form with a reason for each way to end a letter, support has none, and
    /// what cannot be redriven says why.
    #[test]
    fn billing_ends_a_letter_with_a_reason() {
        let open = shown(letter(LetterKind::Fact), StaffRole::Billing);
        for part in [
            "action=\"/staff/dead-letters/dl_1/redrive\"",
            "action=\"/staff/dead-letters/dl_1/dismiss\"",
            "https://dashboard.stripe.com/test/events/evt_1",
        ] {
            assert!(open.contains(part), "{part}: {open}");
        }
        let read = shown(letter(LetterKind::Fact), StaffRole::Support);
        assert!(!read.contains("action=\"/staff/dead-letters"), "{read}");
        assert!(read.contains("role billing"), "{read}");

        let unreadable = shown(letter(LetterKind::UnreadableEvent), StaffRole::Billing);
        assert!(!unreadable.contains("/redrive\""), "{unreadable}");
        assert!(unreadable.contains("Send it again from Stripe"), "{unreadable}");

        let ended = Ended {
            how: LetterEnd::Dismissed,
            at: Timestamp(1_795_338_000),
            by: "key-1".to_owned(),
            name: "Grace Hopper".to_owned(),
            reason: "done by hand".to_owned(),
            request: None,
        };
        let over = DeadLetter { ended: Some(ended), ..letter(LetterKind::Fact) };
        let over = shown(over, StaffRole::Billing);
        assert!(over.contains("Grace Hopper dismissed this letter"), "{over}");
        assert!(!over.contains("<form method=\"post\" action=\"/staff/dead"), "{over}");
    }
}
