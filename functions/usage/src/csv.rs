//! Usage of a month as comma-separated values.

use views::csv::{Cell, Table};
use views::usage::UsageView;

const HEADER: [&str; 6] = ["date", "resource", "name", "unit", "kind", "used"];

/// A row for each resource and day of a month.
pub(crate) fn table(usage: &UsageView) -> String {
    let mut table = Table::new(HEADER);
    for resource in &usage.resources {
        for day in &resource.daily {
            let row = [
                Cell::value(&day.date),
                Cell::value(&resource.id),
                Cell::text(Some(&resource.name)),
                Cell::text(Some(&resource.unit)),
                Cell::value(resource.kind),
                Cell::value(day.used),
            ];
            table.push(&row);
        }
    }
    table.into_text()
}
