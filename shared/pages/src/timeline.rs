//! Timeline: everything that changed the account, newest first, with its cause.

use billing::journal::page::Recorded;
use billing::journal::{Actor, ActorKind, CauseKind, Entry, FieldChange, Value};
use maud::{Markup, html};
use messages::Language;

use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Entries, newest first.
    pub entries: Vec<Recorded>,
    /// Address of older ones.
    pub older: Option<String>,
}

impl Timeline {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            div.head { h1 { "Timeline" }
                span { "Why: " a href=(frame.path("why?field=state")) { "state" } ", "
                    a href=(frame.path("why?field=outstanding")) { "what is owed" } ", "
                    a href=(frame.path("why?field=credits")) { "credits" } } }
            section.card aria-label="Entries" {
                @if self.entries.is_empty() { p { "Nothing happened yet." } }
                (entries(&self.entries, frame.say))
                @if let Some(older) = &self.older { p { a href=(older) { "Older entries" } } }
            }
        };
        frame.page(Section::Timeline, "Timeline", &body)
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
