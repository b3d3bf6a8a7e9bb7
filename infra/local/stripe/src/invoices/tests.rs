//! Invoices by their lives.
