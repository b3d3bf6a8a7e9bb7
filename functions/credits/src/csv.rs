//! The ledger as comma-separated values.

use views::credits::EntryView;
use views::csv::{Cell, Table};

const HEADER: [&str; 10] = [
    "at",
    "id",
    "kind",
    "tokens",
    "from_included",
    "balance_after",
    "reason",
    "about",
    "cause_type",
    "cause_id",
];

/// Bytes behind which a table ends: six times as many, which JSON can make of them, are as many as
/// Lambda answers with.
const TABLE_BYTES: usize = 1_000_000;

/// Entries as a table with a header, and how many of them it holds.
pub(crate) fn table(entries: &[EntryView]) -> (String, usize) {
    let mut table = Table::new(HEADER);
    let mut rows: usize = 0;
    for entry in entries {
        if table.bytes() > TABLE_BYTES {
            break;
        }
        table.push(&row(entry));
        rows = rows.saturating_add(1);
    }
    (table.into_text(), rows)
}

fn row(entry: &EntryView) -> [Cell; 10] {
    let EntryView { id, at, kind, tokens, from_included, balance_after, reason, about, cause } =
        entry;
    [
        Cell::value(at),
        Cell::value(id),
        Cell::value(kind),
        Cell::value(tokens),
        Cell::value(from_included),
        Cell::value(balance_after),
        Cell::text(reason.as_deref()),
        Cell::text(about.as_deref()),
        Cell::value(cause.r#type),
        Cell::text(Some(&cause.id)),
    ]
}
