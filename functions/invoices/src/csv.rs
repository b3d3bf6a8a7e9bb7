//! Invoices as comma-separated values.

use views::csv::{Cell, Table};
use views::invoices::InvoiceView;

const HEADER: [&str; 17] = [
    "created",
    "id",
    "number",
    "kind",
    "status",
    "collection",
    "currency",
    "total",
    "tax",
    "amount_due",
    "amount_paid",
    "amount_remaining",
    "due_at",
    "overdue_since",
    "ended_at",
    "period_start",
    "period_end",
];

/// Invoices as a table with a header.
pub(crate) fn table(invoices: &[InvoiceView]) -> String {
    Table::of(HEADER, invoices.iter().map(row)).into_text()
}

fn row(invoice: &InvoiceView) -> [Cell; 17] {
    let period = invoice.period.as_ref();
    [
        Cell::value(&invoice.created),
        Cell::text(Some(&invoice.id)),
        Cell::text(invoice.number.as_deref()),
        Cell::value(invoice.kind),
        Cell::value(invoice.status),
        Cell::value(invoice.collection),
        Cell::value(&invoice.total.currency),
        Cell::value(invoice.total.amount),
        Cell::optional(invoice.tax.as_ref().map(|tax| tax.amount)),
        Cell::value(invoice.amount_due.amount),
        Cell::value(invoice.amount_paid.amount),
        Cell::value(invoice.amount_remaining.amount),
        Cell::text(invoice.due_at.as_deref()),
        Cell::text(invoice.overdue_since.as_deref()),
        Cell::text(invoice.ended_at.as_deref()),
        Cell::text(period.map(|period| period.start.as_str())),
        Cell::text(period.map(|period| period.end.as_str())),
    ]
}
