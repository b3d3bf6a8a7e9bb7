//! The ledger as comma-separated values (RFC 4180).

use runtime::csv::cell;
use views::credits::EntryView;

const HEADER: &str =
    "at,id,kind,tokens,from_included,balance_after,reason,about,cause_type,cause_id\r\n";

/// Most bytes of one answer: six times as many, which JSON can make of them, are as many as Lambda answers with.
const TABLE_BYTES_MAX: usize = 1_000_000;

/// Entries as a table with a header, and how many of them it holds.
pub(crate) fn table(entries: &[EntryView]) -> (String, usize) {
    let mut table = HEADER.to_owned();
    let mut rows: usize = 0;
    for entry in entries {
        let row = row(entry);
        if table.len().saturating_add(row.len()) > TABLE_BYTES_MAX {
            break;
        }
        table.push_str(&row);
        table.push_str("\r\n");
        rows = rows.saturating_add(1);
    }
    (table, rows)
}

fn row(entry: &EntryView) -> String {
    let EntryView { id, at, kind, tokens, from_included, balance_after, reason, about, cause } =
        entry;
    let (reason, about) = (cell(reason.as_deref()), cell(about.as_deref()));
    let (cause_type, cause) = (cause.r#type, cell(Some(&cause.id)));
    format!(
        "{at},{id},{kind},{tokens},{from_included},{balance_after},{reason},{about},{cause_type},{cause}"
    )
}
