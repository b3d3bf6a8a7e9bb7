//! Requests that credit an invoice, and make another one in its place (requirements, "Returned
//! money").

use std::collections::HashMap;

use billing::fact::Collection;
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::marks::RECEIPT_METADATA;
use billing::money::Currency;
use billing::time::Timestamp;
use stripe_billing::InvoiceCollectionMethod;
use stripe_billing::credit_note::{CreateCreditNote, CreateCreditNoteEmailType};
use stripe_billing::invoice::{
    AddLinesInvoice, AddLinesInvoiceLines, CreateInvoice, CreateInvoiceAutomaticTax,
    CreateInvoicePendingInvoiceItemsBehavior, CustomFieldParams, Period, UpdateInvoice,
};

use super::invoice::{LINE_METADATA, stripes, texts};
use super::{ACCOUNT_METADATA, INTENT_METADATA, Request, segment};

/// The key, in an invoice's metadata, of the one in whose place it stands.
pub const REPLACES_METADATA: &str = "tollgate_replaces";
/// The key, in an invoice's metadata, of the one that stands in its place.
pub const REPLACED_BY_METADATA: &str = "tollgate_replaced_by";

/// A credit note about a paid invoice, in minor units.
#[derive(Debug, Clone, Copy)]
pub struct NewCreditNote<'a> {
    /// The invoice.
    pub invoice: &'a InvoiceId,
    /// The receipt whose money went back: in the metadata.
    pub receipt: &'a str,
    /// Given back outside of Stripe.
    pub out_of_band: i64,
    /// Given to the balance.
    pub to_balance: i64,
    /// What a person reads.
    pub memo: &'a str,
}

/// An invoice that stands in the place of another, as a draft.
#[derive(Debug, Clone, Copy)]
pub struct NewReplacement<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// For which account: in its metadata.
    pub account: &'a AccountId,
    /// By which intent: in its metadata.
    pub intent: &'a str,
    /// The invoice in whose place it stands: in its metadata.
    pub replaces: &'a InvoiceId,
    /// What its amounts are in.
    pub currency: Currency,
    /// How it is collected.
    pub collection: Collection,
    /// In how many days it is due, if it is sent.
    pub net_days: u32,
    /// True if Stripe computes its tax.
    pub has_automatic_tax: bool,
    /// Fields of the vendor on it: name and value.
    pub custom_fields: &'a [(String, String)],
    /// What a person reads above its lines.
    pub description: &'a str,
}

/// A line as it stood on another invoice.
#[derive(Debug, Clone, Copy)]
pub struct CopiedLine<'a> {
    /// Which line it is: in its metadata.
    pub line: &'a str,
    /// Minor units, after discounts.
    pub amount: i64,
    /// What a person reads.
    pub description: &'a str,
    /// Both ends of its period, as Stripe shows them.
    pub period: (Timestamp, Timestamp),
    /// Its tax rates, `txr_...`.
    pub tax_rates: &'a [String],
}

/// `POST /v1/credit_notes`: what was paid is credited. Stripe mails nothing about it.
pub fn credit(new: &NewCreditNote<'_>) -> Request {
    let NewCreditNote { invoice, receipt, out_of_band, to_balance, memo } = *new;
    let create = CreateCreditNote::new(invoice.as_str())
        .amount(out_of_band.saturating_add(to_balance))
        .email_type(CreateCreditNoteEmailType::None)
        .memo(memo)
        .metadata(texts(&[(RECEIPT_METADATA, receipt)]));
    let create = if out_of_band > 0 { create.out_of_band_amount(out_of_band) } else { create };
    Request::of(&if to_balance > 0 { create.credit_amount(to_balance) } else { create })
}

/// `POST /v1/invoices`: a draft without lines, which Stripe neither finalizes by itself nor fills
/// with pending items.
pub fn create_replacement(new: &NewReplacement<'_>) -> Request {
    let NewReplacement { customer, account, intent, replaces, currency, collection, .. } = *new;
    let marks = [
        (ACCOUNT_METADATA, account.as_str()),
        (INTENT_METADATA, intent),
        (REPLACES_METADATA, replaces.as_str()),
    ];
    let fields = new.custom_fields.iter();
    let fields = fields.map(|(name, value)| CustomFieldParams::new(name.clone(), value.clone()));
    let fields: Vec<CustomFieldParams> = fields.collect();
    let request = CreateInvoice::new()
        .customer(customer.as_str())
        .auto_advance(false)
        .pending_invoice_items_behavior(CreateInvoicePendingInvoiceItemsBehavior::Exclude)
        .currency(stripes(currency))
        .description(new.description)
        .metadata(texts(&marks));
    let request = if fields.is_empty() { request } else { request.custom_fields(fields) };
    let request = if new.has_automatic_tax {
        request.automatic_tax(CreateInvoiceAutomaticTax::new(true))
    } else {
        request
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

/// `POST /v1/invoices/{id}/add_lines`: all of them, or none.
pub fn add_copied_lines(invoice: &InvoiceId, intent: &str, lines: &[CopiedLine<'_>]) -> Request {
    let lines = lines.iter().map(|copied| {
        let (from, until) = copied.period;
        let mut line = AddLinesInvoiceLines::new();
        line.amount = Some(copied.amount);
        line.description = Some(copied.description.to_owned());
        line.discountable = Some(false);
        line.period = Some(Period::new(until.0, from.0));
        line.metadata = Some(texts(&[(INTENT_METADATA, intent), (LINE_METADATA, copied.line)]));
        line.tax_rates = Some(copied.tax_rates.to_vec()).filter(|rates| !rates.is_empty());
        line
    });
    let lines: Vec<AddLinesInvoiceLines> = lines.collect();
    Request::of(&AddLinesInvoice::new(segment(invoice.as_str()), lines))
}

/// `POST /v1/invoices/{id}`: the mark of the invoice that stands in its place.
pub fn mark_replaced(invoice: &InvoiceId, replacement: &InvoiceId) -> Request {
    let mark = HashMap::from([(REPLACED_BY_METADATA.to_owned(), replacement.to_string())]);
    Request::of(&UpdateInvoice::new(segment(invoice.as_str())).metadata(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(request: Request) -> String {
        request.form.unwrap_or_default().replace("%5B", "[").replace("%5D", "]")
    }

    /// Goal: the parts of a note add up to its amount, and Stripe mails nothing.
    #[test]
    fn a_note_says_where_its_money_went() {
        let invoice = InvoiceId::parse("in_1").unwrap();
        let new = NewCreditNote {
            invoice: &invoice,
            receipt: "acme.1",
            out_of_band: 70,
            to_balance: 30,
            memo: "Returned",
        };
        let form = form_of(credit(&new));
        for part in ["amount=100", "out_of_band_amount=70", "credit_amount=30", "email_type=none"] {
            assert!(form.split('&').any(|it| it == part), "{part}: {form}");
        }
        let form = form_of(credit(&NewCreditNote { to_balance: 0, ..new }));
        assert!(form.contains("&amount=70&") || form.starts_with("amount=70&"), "{form}");
        assert!(!form.contains("credit_amount"), "{form}");
    }

    /// Goal: the replacement names what it replaces, and its lines have their own rates.
    #[test]
    fn a_replacement_has_the_fields_and_rates_of_the_other() {
        let (customer, account) =
            (CustomerId::parse("cus_1").unwrap(), AccountId::parse("acme").unwrap());
        let replaces = InvoiceId::parse("in_1").unwrap();
        let new = NewReplacement {
            customer: &customer,
            account: &account,
            intent: "t1",
            replaces: &replaces,
            currency: Currency::parse("eur").unwrap(),
            collection: Collection::Manual,
            net_days: 3,
            has_automatic_tax: false,
            custom_fields: &[("PO".to_owned(), "7".to_owned())],
            description: "Instead",
        };
        let form = form_of(create_replacement(&new));
        for part in [
            "auto_advance=false",
            "custom_fields[0][name]=PO",
            "days_until_due=3",
            "metadata[tollgate_replaces]=in_1",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        let rates = ["txr_1".to_owned()];
        let line = CopiedLine {
            line: "0",
            amount: 5,
            description: "Pro",
            period: (Timestamp(100), Timestamp(200)),
            tax_rates: &rates,
        };
        let form = form_of(add_copied_lines(&replaces, "t1", &[line]));
        for part in ["lines[0][tax_rates][0]=txr_1", "lines[0][period][end]=200"] {
            assert!(form.contains(part), "{part}: {form}");
        }
    }
}
