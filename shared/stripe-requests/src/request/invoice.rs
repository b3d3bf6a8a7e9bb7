//! Requests that make, complete and find an invoice of ours (money rule 18).

use std::collections::HashMap;
use std::str::FromStr;

use billing::fact::Collection;
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::money::{Currency, Money};
use billing::time::Timestamp;
use stripe_billing::InvoiceCollectionMethod;
use stripe_billing::invoice::{
    AddLinesInvoice, AddLinesInvoiceLines, CreateInvoice, CreateInvoicePendingInvoiceItemsBehavior,
    FinalizeInvoiceInvoice, ListInvoice, Period, RetrieveInvoice, SendInvoiceInvoice,
};
use stripe_billing::invoice_item::ListInvoiceItem;
use stripe_types::RangeQueryTs;

use super::{ACCOUNT_METADATA, INTENT_METADATA, PAGE_OBJECTS_MAX, Request, segment};

/// The key, in an invoice's metadata, of the metering month that it is for.
pub const MONTH_METADATA: &str = "tollgate_month";
/// The key, in an invoice's metadata, of the voided renewal whose period's rest it is for.
pub const REST_METADATA: &str = "tollgate_rest";
/// Most lines that one call adds to an invoice.
pub const LINES_MAX: usize = 250;
/// The key, in an invoice item's metadata, of which of the intent's lines it is.
pub const LINE_METADATA: &str = "tollgate_line";

/// An invoice to be made, as a draft that Stripe leaves alone.
#[derive(Debug, Clone, Copy)]
pub struct NewInvoice<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// For which account: in its metadata.
    pub account: &'a AccountId,
    /// By which intent: in its metadata.
    pub intent: &'a str,
    /// Service that it charges for: a key of its metadata, and the value.
    pub charge: (&'a str, &'a str),
    /// What its amounts are in.
    pub currency: Currency,
    /// How it is collected.
    pub collection: Collection,
    /// In how many days it is due, if it is sent.
    pub net_days: u32,
    /// The tax rates on its lines, `txr_...`.
    pub tax_rates: &'a [String],
    /// What a person reads above its lines.
    pub description: &'a str,
}

/// A line to be put on a draft.
#[derive(Debug, Clone, Copy)]
pub struct NewLine<'a> {
    /// By which intent: in its metadata.
    pub intent: &'a str,
    /// Which of the intent's lines it is: in its metadata.
    pub line: &'a str,
    /// What it costs.
    pub amount: Money,
    /// What a person reads.
    pub description: &'a str,
    /// From when, and until when: not at that instant any more.
    pub period: (Timestamp, Timestamp),
}

/// `POST /v1/invoices`: a draft without lines, which Stripe neither finalizes by itself nor fills
/// with pending items.
pub fn create_invoice(new: &NewInvoice<'_>) -> Request {
    let NewInvoice { customer, account, intent, charge, currency, collection, .. } = *new;
    let metadata = [(ACCOUNT_METADATA, account.as_str()), (INTENT_METADATA, intent), charge];
    let request = CreateInvoice::new()
        .customer(customer.as_str())
        .auto_advance(false)
        .pending_invoice_items_behavior(CreateInvoicePendingInvoiceItemsBehavior::Exclude)
        .currency(stripes(currency))
        .description(new.description)
        .metadata(texts(&metadata));
    let request = match new.tax_rates {
        [] => request,
        rates => request.default_tax_rates(rates),
    };
    Request::of(&match collection {
        Collection::Automatic => {
            request.collection_method(InvoiceCollectionMethod::ChargeAutomatically)
        }
        Collection::Manual => {
            let sent = request.collection_method(InvoiceCollectionMethod::SendInvoice);
            sent.days_until_due(new.net_days)
        }
    })
}

/// `POST /v1/invoices/{id}/add_lines`: all of them, or none; [`LINES_MAX`] at most. Their amounts
/// are in the invoice's currency, and each is an invoice item.
pub fn add_lines(invoice: &InvoiceId, lines: &[NewLine<'_>]) -> Request {
    let lines: Vec<AddLinesInvoiceLines> = lines.iter().map(line).collect();
    Request::of(&AddLinesInvoice::new(segment(invoice.as_str()), lines))
}

fn line(new: &NewLine<'_>) -> AddLinesInvoiceLines {
    let (from, until) = new.period;
    let mut line = AddLinesInvoiceLines::new();
    line.amount = Some(new.amount.amount);
    line.description = Some(new.description.to_owned());
    // Both ends of Stripe's are inclusive.
    line.period = Some(Period::new(until.plus_seconds(-1).0, from.0));
    line.metadata = Some(texts(&[(INTENT_METADATA, new.intent), (LINE_METADATA, new.line)]));
    line
}

/// `POST /v1/invoices/{id}/finalize`: from then on Stripe collects it.
pub fn finalize_invoice(id: &InvoiceId) -> Request {
    Request::of(&FinalizeInvoiceInvoice::new(segment(id.as_str())).auto_advance(true))
}

/// `POST /v1/invoices/{id}/send`: mails it, for manual terms.
pub fn send_invoice(id: &InvoiceId) -> Request {
    Request::of(&SendInvoiceInvoice::new(segment(id.as_str())))
}

/// `GET /v1/invoices/{id}`.
pub fn invoice(id: &InvoiceId) -> Request {
    Request::of(&RetrieveInvoice::new(segment(id.as_str())))
}

/// `GET /v1/invoices`: a customer's of any status, made since then.
pub fn invoices_since(customer: &CustomerId, since: Timestamp, after: Option<&str>) -> Request {
    let made = RangeQueryTs::gte(since.0);
    let list = ListInvoice::new().customer(customer.as_str()).created(made).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/invoiceitems`: those on an invoice.
pub fn invoice_items(invoice: &InvoiceId, after: Option<&str>) -> Request {
    let list = ListInvoiceItem::new().invoice(invoice.as_str()).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

pub(super) fn stripes(currency: Currency) -> stripe_types::Currency {
    // It takes any text: what it does not know it passes on.
    stripe_types::Currency::from_str(currency.as_str())
        .unwrap_or_else(|_| stripe_types::Currency::Unknown(currency.as_str().to_owned()))
}

pub(super) fn texts(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the draft is left alone by Stripe, and its terms are on it.
    #[test]
    fn an_invoice_is_a_draft_that_stripe_leaves_alone() {
        let (customer, account) =
            (CustomerId::parse("cus_1").unwrap(), AccountId::parse("acme").unwrap());
        let new = NewInvoice {
            customer: &customer,
            account: &account,
            intent: "t1",
            charge: (MONTH_METADATA, "2026-11"),
            currency: Currency::parse("usd").unwrap(),
            collection: Collection::Manual,
            net_days: 30,
            tax_rates: &["txr_1".to_owned()],
            description: "Usage",
        };
        let form = create_invoice(&new).form.unwrap();
        for part in [
            "auto_advance=false",
            "pending_invoice_items_behavior=exclude",
            "collection_method=send_invoice",
            "days_until_due=30",
            "currency=usd",
            "default_tax_rates[0]=txr_1",
            "metadata[tollgate_intent]=t1",
            "metadata[tollgate_month]=2026-11",
        ] {
            let plain = form.replace("%5B", "[").replace("%5D", "]");
            assert!(plain.contains(part), "{part}: {form}");
        }
        let automatic = NewInvoice { collection: Collection::Automatic, tax_rates: &[], ..new };
        let form = create_invoice(&automatic).form.unwrap();
        assert!(!form.contains("days_until_due") && !form.contains("tax_rates"), "{form}");
        let line = NewLine {
            intent: "t1",
            line: "sessions",
            amount: Money::new(5, new.currency),
            description: "Sessions",
            period: (Timestamp(100), Timestamp(200)),
        };
        let lines = add_lines(&InvoiceId::parse("in_1").unwrap(), &[line, line]);
        assert_eq!(lines.target, "/v1/invoices/in_1/add_lines");
        let form = lines.form.unwrap().replace("%5B", "[").replace("%5D", "]");
        for part in
            ["lines[0][amount]=5", "lines[1][period][end]=199", "lines[1][period][start]=100"]
        {
            assert!(form.contains(part), "{part}: {form}");
        }
    }
}
