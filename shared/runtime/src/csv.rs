//! Comma-separated values (RFC 4180).

/// A quoted cell. Text that a spreadsheet would take for a formula is marked as text.
pub fn cell(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
