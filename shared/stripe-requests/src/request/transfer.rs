//! Requests about money that comes outside of Stripe: an invoice marked as paid, its own retries
//! stopped while a transfer is on its way, and what is prepaid in the customer's balance.

use std::collections::HashMap;
use std::str::FromStr;

use billing::ids::{CustomerId, InvoiceId};
use billing::marks::{HELD_METADATA, RECEIPT_METADATA};
use billing::money::Money;
use stripe_billing::invoice::{PayInvoice, UpdateInvoice};
use stripe_core::customer_balance_transaction::{
    CreateCustomerCustomerBalanceTransaction, ListCustomerCustomerBalanceTransaction,
};

use super::{PAGE_OBJECTS_MAX, Request, segment};

/// The key, in an entry's metadata, of the step of the receipt that made it.
pub const STEP_METADATA: &str = "tollgate_step";
/// Value of our mark on a held invoice.
const HELD: &str = "transfer";

/// Movement of a customer's balance.
#[derive(Debug, Clone, Copy)]
pub struct NewMovement<'a> {
    /// Whose balance.
    pub customer: &'a CustomerId,
    /// Negative gives credit, positive takes it.
    pub amount: Money,
    /// By which receipt: in the metadata.
    pub receipt: &'a str,
    /// By which step of it: in the metadata.
    pub step: &'a str,
    /// What a person reads.
    pub description: &'a str,
}

/// `POST /v1/invoices/{id}/pay`: all that remains was paid outside of Stripe. The answer has the
/// invoice's payments.
pub fn pay_outside(id: &InvoiceId) -> Request {
    let pay = PayInvoice::new(segment(id.as_str())).paid_out_of_band(true);
    Request::of(&pay.expand(vec!["payments".to_owned()]))
}

/// `POST /v1/invoices/{id}`: Stripe does not try to collect it by itself; the mark says that this
/// is ours.
pub fn stop_retries(id: &InvoiceId) -> Request {
    let mark = HashMap::from([(HELD_METADATA.to_owned(), HELD.to_owned())]);
    Request::of(&UpdateInvoice::new(segment(id.as_str())).auto_advance(false).metadata(mark))
}

/// `POST /v1/invoices/{id}`: Stripe collects it by itself again, and our mark goes.
pub fn go_on_with_retries(id: &InvoiceId) -> Request {
    let update = UpdateInvoice::new(segment(id.as_str())).auto_advance(true);
    Request::of(&update).unsetting_metadata(HELD_METADATA)
}

/// `POST /v1/customers/{id}/balance_transactions`.
pub fn move_balance(new: &NewMovement<'_>) -> Request {
    let NewMovement { customer, amount, receipt, step, description } = *new;
    let code = amount.currency.as_str();
    let currency = stripe_types::Currency::from_str(code)
        .unwrap_or_else(|_| stripe_types::Currency::Unknown(code.to_owned()));
    let marks = [(RECEIPT_METADATA, receipt), (STEP_METADATA, step)];
    let marks = marks.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let create = CreateCustomerCustomerBalanceTransaction::new(
        segment(customer.as_str()),
        amount.amount,
        currency,
    );
    Request::of(&create.description(description).metadata(HashMap::from(marks)))
}

/// `GET /v1/customers/{id}/balance_transactions`: newest first.
pub fn movements(customer: &CustomerId, after: Option<&str>) -> Request {
    let list = ListCustomerCustomerBalanceTransaction::new(segment(customer.as_str()));
    let list = list.limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::money::Currency;

    /// Goal: a stop and its end are one call each, with our mark.
    #[test]
    fn a_stop_carries_our_mark() {
        let id = InvoiceId::parse("in_1").unwrap();
        let plain = |request: Request| {
            let form = request.form.unwrap_or_default();
            (request.target, form.replace("%5B", "[").replace("%5D", "]"))
        };
        let path = "/v1/invoices/in_1".to_owned();
        let stop = "auto_advance=false&metadata[tollgate_held]=transfer".to_owned();
        assert_eq!(plain(stop_retries(&id)), (path.clone(), stop));
        let go_on = "auto_advance=true&metadata[tollgate_held]=".to_owned();
        assert_eq!(plain(go_on_with_retries(&id)), (path, go_on));
        let (path, form) = plain(pay_outside(&id));
        assert_eq!(
            (path.as_str(), form.as_str()),
            ("/v1/invoices/in_1/pay", "expand[0]=payments&paid_out_of_band=true")
        );
    }

    /// Goal: an entry of the balance names its receipt and its step.
    #[test]
    fn an_entry_names_its_receipt() {
        let customer = CustomerId::parse("cus_1").unwrap();
        let new = NewMovement {
            customer: &customer,
            amount: Money::new(-700, Currency::parse("eur").unwrap()),
            receipt: "acme.1",
            step: "credit-0",
            description: "Prepayment",
        };
        let request = move_balance(&new);
        assert_eq!(request.target, "/v1/customers/cus_1/balance_transactions");
        let form = request.form.unwrap().replace("%5B", "[").replace("%5D", "]");
        for part in ["amount=-700", "currency=eur", "metadata[tollgate_receipt]=acme.1"] {
            assert!(form.contains(part), "{part}: {form}");
        }
    }
}
