//! Invoices as comma-separated values (RFC 4180).

use runtime::csv::cell;
use views::invoices::InvoiceView;

const HEADER: &str = "created,id,number,kind,status,collection,currency,total,tax,amount_due,\
                      amount_paid,amount_remaining,due_at,overdue_since,ended_at,period_start,\
                      period_end\r\n";

/// Invoices as a table with a header.
pub(crate) fn table(invoices: &[InvoiceView]) -> String {
    let mut table = HEADER.to_owned();
    for invoice in invoices {
        table.push_str(&row(invoice));
        table.push_str("\r\n");
    }
    table
}

fn row(invoice: &InvoiceView) -> String {
    let text = |text: &Option<String>| cell(text.as_deref());
    let period = invoice.period.as_ref();
    [
        invoice.created.clone(),
        cell(Some(&invoice.id)),
        text(&invoice.number),
        invoice.kind.to_owned(),
        invoice.status.to_owned(),
        invoice.collection.to_owned(),
        invoice.total.currency.clone(),
        invoice.total.amount.to_string(),
        invoice.tax.as_ref().map(|tax| tax.amount.to_string()).unwrap_or_default(),
        invoice.amount_due.amount.to_string(),
        invoice.amount_paid.amount.to_string(),
        invoice.amount_remaining.amount.to_string(),
        text(&invoice.due_at),
        text(&invoice.overdue_since),
        text(&invoice.ended_at),
        cell(period.map(|period| period.start.as_str())),
        cell(period.map(|period| period.end.as_str())),
    ]
    .join(",")
}
