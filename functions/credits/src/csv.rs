//! The ledger as comma-separated values (RFC 4180).

use views::credits::EntryView;

const HEADER: &str =
    "at,id,kind,tokens,from_included,balance_after,reason,about,cause_type,cause_id\r\n";

/// Entries as a table with a header.
pub(crate) fn table(entries: &[EntryView]) -> String {
    let rows = entries.iter().map(|entry| format!("{}\r\n", row(entry)));
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
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

/// A quoted cell. Text that a spreadsheet would take for a formula is marked as text.
fn cell(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
