//! An invoice with all that is shown of it, and its payment
//! (<https://docs.stripe.com/api/invoices/pay>, <https://docs.stripe.com/api/invoice-payment>).

use billing::ids::{InvoiceId, PaymentIntentId, PaymentMethodId};
use stripe_billing::invoice::PayInvoice;
use stripe_billing::invoice_line_item::ListInvoiceInvoiceLineItem;
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};

use super::{PAGE_OBJECTS_MAX, Request, segment};

/// Presence of the payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The payer asked for the payment and can authenticate it (money rule 23).
    OnSession,
    /// Nobody is there.
    OffSession,
}

/// `GET /v1/invoices/{id}/lines`: a page of an invoice's lines.
pub fn invoice_lines(id: &InvoiceId, after: Option<&str>) -> Request {
    let list = ListInvoiceInvoiceLineItem::new(segment(id.as_str())).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/invoice_payments`: an invoice's, newest first, each with its latest charge: that says
/// how and when it was paid, or why not.
pub fn invoice_payments(id: &InvoiceId) -> Request {
    let expand = vec!["data.payment.payment_intent.latest_charge".to_owned()];
    let list = ListInvoicePayment::new().invoice(id.as_str()).limit(PAGE_OBJECTS_MAX);
    Request::of(&list.expand(expand))
}

/// `GET /v1/invoice_payments`: those that a payment intent made.
pub fn invoices_of_payment(id: &PaymentIntentId) -> Request {
    let mut payment = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
    payment.payment_intent = Some(id.to_string());
    Request::of(&ListInvoicePayment::new().payment(payment))
}

/// `POST /v1/invoices/{id}/pay` by that payment method, and by no other (money rule 9). The answer
/// has the payments, because a debit that is in progress leaves the invoice open.
pub fn pay_invoice(id: &InvoiceId, method: &PaymentMethodId, presence: Presence) -> Request {
    let expand = vec!["payments.data.payment.payment_intent".to_owned()];
    let pay = PayInvoice::new(segment(id.as_str()))
        .payment_method(method.as_str())
        .off_session(presence == Presence::OffSession)
        .expand(expand);
    Request::of(&pay)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the payment method is named, and the payer is there or not, in so many words.
    #[test]
    fn an_invoice_is_paid_by_the_method_that_is_named() {
        let invoice = InvoiceId::parse("in_1").unwrap();
        let method = PaymentMethodId::parse("pm_1").unwrap();
        let pay = pay_invoice(&invoice, &method, Presence::OnSession);
        assert_eq!(pay.title(), "POST /v1/invoices/in_1/pay");
        let form = pay.form.unwrap().replace("%5B", "[").replace("%5D", "]");
        assert_eq!(
            form,
            "expand[0]=payments.data.payment.payment_intent&off_session=false&payment_method=pm_1"
        );
        let alone = pay_invoice(&invoice, &method, Presence::OffSession).form.unwrap();
        assert!(alone.contains("off_session=true"), "{alone}");
        assert_eq!(
            invoice_lines(&invoice, Some("il_1")).target,
            "/v1/invoices/in_1/lines?limit=100&starting_after=il_1"
        );
        assert_eq!(
            invoice_payments(&invoice).target,
            "/v1/invoice_payments?expand[0]=data.payment.payment_intent.latest_charge\
             &invoice=in_1&limit=100"
        );
    }
}
