//! Timeline: everything that changed the account, newest first, with its cause.

use billing::journal::page::{Cursor, Recorded};
use billing::journal::topic::Topic;
use billing::journal::{Actor, ActorKind, CauseKind, Entry, FieldChange, Value};
use billing::words::Word;
use maud::{Markup, html};
use messages::Language;
use views::csv::{Cell, Extent, Table};

use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Entries, newest first.
    pub entries: Vec<Recorded>,
    /// Topic that was picked; none for all.
    pub topic: Option<Topic>,
    /// Place of older ones.
    pub older: Option<Cursor>,
}

impl Timeline {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            div.head { h1 { "Timeline" }
                span { "Why: " a href=(frame.path("why?field=state")) { "state" } ", "
                    a href=(frame.path("why?field=outstanding")) { "what is owed" } ", "
                    a href=(frame.path("why?field=credits")) { "credits" } } }
            nav.tabs aria-label="Topic" {
                a href=(frame.path("timeline")) aria-current=[self.is_picked(None)] { "All" }
                @for (topic, word) in Topic::WORDS {
                    a href={ (frame.path("timeline")) "?topic=" (word) }
                        aria-current=[self.is_picked(Some(*topic))] { (name(*topic)) }
                }
            }
            section.card aria-label="Entries" {
                @if self.entries.is_empty() { p { (self.none()) } }
                (entries(&self.entries, frame.say))
                p.actions {
                    @if let Some(older) = &self.older {
                        a href={ (frame.path("timeline")) "?before=" (older) (self.topic_too("&")) }
                            { "Older entries" }
                    }
                    a href={ (frame.path("timeline.csv")) (self.topic_too("?")) }
                        { "Download as CSV" }
                }
            }
        };
        frame.page(Section::Timeline, "Timeline", &body)
    }

    fn is_picked(&self, topic: Option<Topic>) -> Option<&'static str> {
        (self.topic == topic).then_some("true")
    }

    /// The topic as a parameter of an address, behind a sign.
    fn topic_too(&self, sign: &str) -> String {
        self.topic.map(|topic| format!("{sign}topic={}", topic.word())).unwrap_or_default()
    }

    fn none(&self) -> String {
        let older = if self.older.is_some() { " among the newest entries" } else { "" };
        match self.topic {
            None => "Nothing happened yet.".to_owned(),
            Some(topic) => format!("Nothing about {}{older}.", name(topic).to_lowercase()),
        }
    }
}

/// Entries as CSV, in the words of the page. The last row says so where older ones are left out.
pub fn csv(entries: &[Recorded], extent: Extent, say: Language) -> String {
    let row = |recorded: &Recorded| {
        let recorded = seen(recorded)?;
        let entry = &recorded.entry;
        let changes: Vec<String> = entry.changes.iter().map(|it| changed(it, say)).collect();
        Some([
            Cell::value(entry.at),
            Cell::value(Topic::of(entry.kind).word()),
            Cell::text(Some(&say.customer_entry(&recorded.named))),
            Cell::text(Some(&changes.join("; "))),
            Cell::text(person(&recorded).map(Actor::label)),
            Cell::text(Some(cause(recorded.cause.kind))),
            Cell::text(Some(&recorded.cause.id)),
            Cell::text(entry.about.as_deref()),
        ])
    };
    let header = ["at", "topic", "entry", "changes", "by", "cause", "cause_id", "about"];
    let mut table = Table::of(header, entries.iter().filter_map(row));
    table.close(extent, "Older entries are left out.");
    table.into_text()
}

fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Account => "Account",
        Topic::Payments => "Invoices and payments",
        Topic::Plan => "Plan",
        Topic::Usage => "Usage",
        Topic::Credits => "Credits",
        Topic::People => "Members and keys",
    }
}

/// Entries as a list.
pub(crate) fn entries(all: &[Recorded], say: Language) -> Markup {
    html! {
        ul.events { @for recorded in all.iter().filter_map(seen) { li {
            div { time datetime=(recorded.entry.at) { (say.instant(recorded.entry.at)) } }
            div {
                p { (say.customer_entry(&recorded.named)) }
                details {
                    summary { "Details" }
                    @if !recorded.entry.changes.is_empty() {
                        ul { @for change in &recorded.entry.changes { li { (changed(change, say)) }
                            } }
                    }
                    p.soft { @if let Some(actor) = person(&recorded) { "By " (actor.label()) ". " }
                        (cause(recorded.cause.kind)) " " code { (recorded.cause.id) } }
                    @if let Some(about) = &recorded.entry.about { p.soft { "About " code { (about) }
                        } }
                }
            }
        } } }
    }
}

/// An entry as the account's people see it.
fn seen(recorded: &Recorded) -> Option<Recorded> {
    let entry = recorded.entry.for_customer()?;
    let (about, because) = (recorded.named.about.clone(), recorded.named.because.clone());
    let named = Entry { about, because, ..entry.clone() };
    Some(Recorded { entry, named, ..recorded.clone() })
}

/// Who acted, where it is somebody of the account's.
fn person(recorded: &Recorded) -> Option<&Actor> {
    recorded.cause.actor.as_ref().filter(|actor| actor.kind != ActorKind::Staff)
}

fn cause(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::StripeEvent => "By Stripe's event",
        CauseKind::Api => "By request",
        CauseKind::Schedule => "By the schedule",
        CauseKind::Staff => "By support, request",
    }
}

pub(crate) fn changed(change: &FieldChange, say: Language) -> String {
    let field = change.field.replace('_', " ");
    let value = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => say.number(*number),
        Some(Value::Money(money)) => say.money(*money),
        Some(Value::Time(at)) => say.instant(*at),
    };
    format!("{field}: {} (before: {})", value(&change.after), value(&change.before))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a table that leaves something out says so in its last row, and only then.
    #[test]
    fn a_table_that_is_cut_says_so() {
        let whole = csv(&[], Extent::Whole, Language::English);
        assert_eq!(whole, "at,topic,entry,changes,by,cause,cause_id,about\r\n");
        let cut = csv(&[], Extent::Cut, Language::English);
        assert_eq!(cut, format!("{whole}\"Older entries are left out.\",,,,,,,\r\n"));
    }
}
