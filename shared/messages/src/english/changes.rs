//! Changes of fields in words, with values as people write them.

use billing::journal::{Entry, FieldChange, Value};

use super::values::{date, money, number};

/// Preferences of a member, which are switched.
const SWITCHES: [&str; 3] = ["alerts", "invoices", "notices"];

/// Every field that changed, with its value.
pub(crate) fn listed(changes: &[FieldChange]) -> String {
    if changes.is_empty() {
        return "no field changed".to_owned();
    }
    let said: Vec<String> = changes.iter().map(said).collect();
    said.join(", ")
}

fn said(change: &FieldChange) -> String {
    let FieldChange { field, before, after } = change;
    let name = field.replace('_', " ");
    match (field.as_str(), before, after) {
        ("uncertain", _, Some(_)) => "two changes within one second, to be read again".to_owned(),
        ("uncertain", _, None) => "certain again".to_owned(),
        ("balance_at_stripe", _, Some(after)) => format!("Stripe balance: {}", value(after)),
        (_, None, Some(after)) => format!("{name} {}", value(after)),
        (_, Some(before), Some(after)) => {
            format!("{name} {} instead of {}", value(after), value(before))
        }
        (_, _, None) => format!("no {name} any more"),
    }
}

/// A member who is new or changed: preferences are turned on or off.
pub(crate) fn member(about: &str, entry: &Entry) -> String {
    let is_switch = |change: &&FieldChange| SWITCHES.contains(&change.field.as_str());
    let is_off = |change: &FieldChange| {
        change.after.as_ref().is_some_and(|after| after.to_string() == "unwanted")
    };
    let switched = entry.changes.iter().filter(is_switch).filter(|it| it.before.is_some());
    let switched: Vec<String> = switched
        .map(|it| format!("turned {} {}", it.field, if is_off(it) { "off" } else { "on" }))
        .collect();
    let others = entry.changes.iter().filter(|it| !is_switch(it)).cloned();
    let others: Vec<FieldChange> = others.collect();

    match (switched.is_empty(), others.is_empty()) {
        (true, _) => format!("Member {about}: {}.", listed(&others)),
        (false, true) => format!("Member {about} {}.", switched.join(" and ")),
        (false, false) => {
            format!("Member {about} {}; {}.", switched.join(" and "), listed(&others))
        }
    }
}

/// One of our words without its underscores; any other text as it is.
fn word(text: &str) -> String {
    let is_ours = text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
    if is_ours { text.replace('_', " ") } else { text.to_owned() }
}

/// A value as people write it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => word(text),
        Value::Number(it) => number((*it).into()),
        Value::Money(it) => money(*it),
        Value::Time(at) => date(*at),
    }
}
