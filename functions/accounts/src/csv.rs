//! A timeline, and usage of sub-accounts, as comma-separated values.

use views::csv::{Cell, Table};
use views::families::SubAccountUsageView;
use views::timeline::{ChangeView, EntryView, ValueView};

const ENTRIES: [&str; 10] = [
    "at",
    "recorded_at",
    "sequence",
    "kind",
    "about",
    "summary",
    "changes",
    "cause_type",
    "cause_id",
    "actor",
];
const USED: [&str; 8] =
    ["id", "account", "billing_model", "period", "resource", "name", "unit", "used"];

/// A row for each entry of a timeline.
pub(crate) fn entries(entries: &[EntryView]) -> String {
    let row = |entry: &EntryView| {
        let changes: Vec<String> = entry.changes.iter().map(change).collect();
        [
            Cell::value(&entry.at),
            Cell::value(&entry.recorded_at),
            Cell::optional(entry.sequence),
            Cell::value(entry.kind),
            Cell::text(entry.about.as_deref()),
            Cell::text(Some(&entry.summary)),
            Cell::text(Some(&changes.join("; "))),
            Cell::value(entry.cause.r#type),
            Cell::text(Some(&entry.cause.id)),
            Cell::text(entry.cause.actor.as_ref().map(|actor| actor.name.as_str())),
        ]
    };
    Table::of(ENTRIES, entries.iter().map(row)).into_text()
}

/// A row for each sub-account and resource.
pub(crate) fn used(sub_accounts: &[SubAccountUsageView]) -> String {
    let mut table = Table::new(USED);
    for it in sub_accounts {
        for resource in &it.resources {
            let row = [
                Cell::value(&it.id),
                Cell::text(Some(&it.name)),
                Cell::value(it.billing_model),
                Cell::value(&it.period),
                Cell::value(&resource.id),
                Cell::text(Some(&resource.name)),
                Cell::text(Some(&resource.unit)),
                Cell::value(resource.used),
            ];
            table.push(&row);
        }
    }
    table.into_text()
}

fn change(ChangeView { field, before, after }: &ChangeView) -> String {
    format!("{field}: {} -> {}", value(before), value(after))
}

fn value(value: &ValueView) -> String {
    match value {
        ValueView::None => "none".to_owned(),
        ValueView::Text(text) => text.clone(),
        ValueView::Number(number) => number.to_string(),
        ValueView::Money(money) => format!("{} {}", money.amount, money.currency),
    }
}
