//! Issuing a credit note: how much of it is before payment and how much after, and what becomes of
//! that.

use super::{CreditNote, NoteLine, lines, live};
use crate::balance::{self, BalanceReason};
use crate::call::Params;
use crate::charges::Charge;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::invoice_payments;
use crate::invoices::{self, Invoice, InvoiceStatus, Settled, Totals};
use crate::metadata::Metadata;
use crate::refunds;
use crate::stripe::Stripe;

/// A note that can be issued, with what happens then.
#[derive(Debug)]
pub(super) struct Draft {
    pub note: CreditNote,
    /// To be refunded anew, in minor units.
    refund: i64,
    /// For the customer's balance, in minor units.
    credit: i64,
}

impl Draft {
    /// Reads one; whatever is wrong is found here.
    pub fn read(stripe: &Stripe, params: &Params, ids: &mut Ids) -> Result<Self, ApiError> {
        let invoice = stripe.invoices.given(params.required("invoice")?, "invoice")?;
        creditable(invoice)?;
        let id = ids.next("cn");
        let (lines, totals) = lines::read(stripe, params, invoice, ids)?;
        within_invoice(stripe, invoice, &totals)?;
        let total = totals.total();
        let pre_payment = total.min(invoice.amount_remaining());
        let post_payment = total.saturating_sub(pre_payment);
        let linked = linked_refunds(stripe, params, invoice)?;
        let refund = amount(params, "refund_amount")?;
        let credit = amount(params, "credit_amount")?;
        let out_of_band = amount(params, "out_of_band_amount")?;
        let given = linked.iter().map(|(_, amount)| *amount).chain([refund, credit, out_of_band]);
        let given = given.fold(0_i64, i64::saturating_add);
        if given != post_payment {
            let message = format!(
                "The sum of `credit_amount`, `refund_amount`, `refunds` and `out_of_band_amount` \
                 ({given}) must equal the post-payment amount of the credit note ({post_payment})."
            );
            return Err(ApiError::invalid(message));
        }
        let refundable = charges_of(stripe, &invoice.id).map(Charge::refundable);
        let refundable = refundable.fold(0_i64, i64::saturating_add);
        if refund > refundable {
            let message = format!(
                "The refund amount ({refund}) is more than what can be refunded of the invoice's \
                 payments ({refundable})."
            );
            return Err(ApiError::invalid(message).param("refund_amount"));
        }
        let parts = Parts { pre_payment, post_payment, linked, out_of_band };
        let note = note(stripe, params, invoice, id, lines, totals, parts);
        Ok(Self { note, refund, credit })
    }

    /// Issues it; answers with its id.
    pub fn issue(mut self, stripe: &mut Stripe) -> Result<String, ApiError> {
        let made = refund(stripe, &self.note, self.refund)?;
        self.note.refunds.extend(made);
        let note = self.note;
        let (id, invoice) = (note.id.clone(), note.invoice.clone());
        let (pre, post) = (note.pre_payment, note.post_payment);
        if self.credit > 0 {
            let (customer, currency) = (note.customer.clone(), note.currency.clone());
            stripe.credit_notes.add(note);
            let amount = self.credit.saturating_neg();
            let reason = BalanceReason::CreditNote;
            let (of, about) = (Some(invoice.as_str()), Some(id.as_str()));
            let entry = balance::adjust(stripe, &customer, amount, &currency, reason, of, about);
            if let Some(note) = stripe.credit_notes.get_mut(&id) {
                note.balance_transaction = Some(entry);
            }
        } else {
            stripe.credit_notes.add(note);
        }
        let created = super::api::shown(stripe, &id);
        stripe.emit("credit_note.created", created);
        lower(stripe, &invoice, pre, post);
        Ok(id)
    }
}

/// How a note divides.
struct Parts {
    pre_payment: i64,
    post_payment: i64,
    linked: Vec<(String, i64)>,
    out_of_band: i64,
}

fn note(
    stripe: &Stripe,
    params: &Params,
    invoice: &Invoice,
    id: String,
    lines: Vec<NoteLine>,
    totals: Totals,
    parts: Parts,
) -> CreditNote {
    let before = stripe.credit_notes.iter().filter(|note| note.invoice == invoice.id).count();
    let number = invoice.number.as_deref().unwrap_or_default();
    CreditNote {
        id,
        created: stripe.time_of(Some(&invoice.customer)),
        invoice: invoice.id.clone(),
        customer: invoice.customer.clone(),
        currency: invoice.currency.clone(),
        number: format!("{number}-CN-{:02}", before.saturating_add(1)),
        lines,
        totals,
        pre_payment: parts.pre_payment,
        post_payment: parts.post_payment,
        out_of_band: Some(parts.out_of_band).filter(|amount| *amount > 0),
        refunds: parts.linked,
        balance_transaction: None,
        reason: params.text("reason").map(str::to_owned),
        memo: params.text("memo").map(str::to_owned),
        effective_at: params.time("effective_at"),
        voided: None,
        metadata: params.metadata(),
    }
}

/// Credit notes are for invoices that are final and not void.
fn creditable(invoice: &Invoice) -> Result<(), ApiError> {
    match invoice.status {
        InvoiceStatus::Open | InvoiceStatus::Paid | InvoiceStatus::Uncollectible => Ok(()),
        InvoiceStatus::Draft | InvoiceStatus::Void => {
            let message = format!(
                "Credit notes can only be created for open, paid or uncollectible invoices. This \
                 invoice is {}.",
                invoice.status.as_str()
            );
            Err(ApiError::invalid(message).param("invoice"))
        }
    }
}

/// All notes together, and refunds that no note stands for, come to the invoice's total at most;
/// their taxes to its taxes.
fn within_invoice(stripe: &Stripe, invoice: &Invoice, totals: &Totals) -> Result<(), ApiError> {
    let of = Totals::of(stripe, invoice);
    let notes = || live(stripe, &invoice.id);
    let before = notes().fold(0_i64, |sum, note| sum.saturating_add(note.totals.total()));
    let linked = notes().flat_map(|note| &note.refunds).map(|(_, amount)| *amount);
    let linked = linked.fold(0_i64, i64::saturating_add);
    let refunded = charges_of(stripe, &invoice.id).map(|charge| charge.amount_refunded);
    let unlinked = refunded.fold(0_i64, i64::saturating_add).saturating_sub(linked).max(0);
    let left = of.total().saturating_sub(before).saturating_sub(unlinked).max(0);
    let total = totals.total();
    if total > left {
        let message = format!(
            "The credit note's amount ({total}) is more than what can still be credited of the \
             invoice ({left})."
        );
        return Err(ApiError::invalid(message).param("amount"));
    }
    let tax = |totals: &Totals| totals.inclusive.saturating_add(totals.exclusive);
    let taxed = notes().fold(tax(totals), |sum, note| sum.saturating_add(tax(&note.totals)));
    if taxed > tax(&of) {
        let message = "The credit notes' taxes are more than the invoice's.";
        return Err(ApiError::invalid(message).param("lines"));
    }
    Ok(())
}

/// Refunds that were made already: of this invoice, and not more than they are.
fn linked_refunds(
    stripe: &Stripe,
    params: &Params,
    invoice: &Invoice,
) -> Result<Vec<(String, i64)>, ApiError> {
    let mut linked: Vec<(String, i64)> = Vec::new();
    for (place, given) in params.list("refunds").iter().enumerate() {
        let param = format!("refunds[{place}][refund]");
        if given.has("payment_record_refund") {
            let name = format!("refunds[{place}][payment_record_refund]");
            return Err(ApiError::not_simulated(&name));
        }
        let id = given.text("refund").ok_or_else(|| ApiError::missing(&param))?;
        let refund = stripe.refunds.given(id, &param)?;
        if !charges_of(stripe, &invoice.id).any(|charge| charge.id == refund.charge) {
            let message = "This refund is not of a payment of the invoice.";
            return Err(ApiError::invalid(message).param(param));
        }
        let notes = stripe.credit_notes.iter().filter(|note| note.voided.is_none());
        let before = notes.flat_map(|note| &note.refunds).chain(&linked);
        let before = before.filter(|(refund, _)| refund == id).map(|(_, amount)| *amount);
        let left = refund.amount.saturating_sub(before.fold(0_i64, i64::saturating_add));
        let amount = given.integer("amount_refunded").unwrap_or(left);
        if amount < 1 || amount > left {
            let message = format!("Only {left} of this refund are not on a credit note yet.");
            let name = format!("refunds[{place}][amount_refunded]");
            return Err(ApiError::invalid(message).param(name));
        }
        linked.push((id.to_owned(), amount));
    }
    Ok(linked)
}

/// An amount that is not given is nothing.
fn amount(params: &Params, name: &str) -> Result<i64, ApiError> {
    let amount = params.integer(name).unwrap_or(0);
    if amount < 0 {
        let message = "This value must be greater than or equal to 0.";
        return Err(ApiError::invalid(message).param(name));
    }
    Ok(amount)
}

/// The charges that paid an invoice.
fn charges_of<'a>(stripe: &'a Stripe, invoice: &'a str) -> impl Iterator<Item = &'a Charge> {
    let paying = invoice_payments::intents(stripe, invoice);
    stripe.charges.iter().filter(move |charge| paying.contains(&charge.payment_intent))
}

/// Refunds a sum of an invoice's payments, the latest first.
fn refund(
    stripe: &mut Stripe,
    note: &CreditNote,
    sum: i64,
) -> Result<Vec<(String, i64)>, ApiError> {
    let charges = charges_of(stripe, &note.invoice).filter(|charge| charge.refundable() > 0);
    let charges: Vec<(String, i64)> =
        charges.map(|charge| (charge.payment_intent.clone(), charge.refundable())).collect();
    let shared = |reason: &&str| ["duplicate", "fraudulent"].contains(reason);
    let reason = note.reason.as_deref().filter(shared).unwrap_or("requested_by_customer");
    let (mut left, mut made) = (sum, Vec::new());
    for (intent, refundable) in charges.iter().rev() {
        let amount = left.min(*refundable);
        if amount == 0 {
            break;
        }
        let metadata = Metadata::default();
        let id = refunds::create(stripe, intent, amount, Some(reason), metadata)?;
        made.push((id, amount));
        left = left.saturating_sub(amount);
    }
    Ok(made)
}

/// A note lowers what remains of its invoice; one with nothing left is paid.
fn lower(stripe: &mut Stripe, invoice: &str, pre: i64, post: i64) {
    let settles = stripe
        .invoices
        .get(invoice)
        .is_some_and(|it| it.is_payable() && pre > 0 && it.amount_remaining() == pre);
    let add = |invoice: &mut Invoice| {
        invoice.credit_notes.0 = invoice.credit_notes.0.saturating_add(pre);
        invoice.credit_notes.1 = invoice.credit_notes.1.saturating_add(post);
    };
    if settles {
        invoice_payments::cancel_open(stripe, invoice, "automatic");
        invoices::settle(stripe, invoice, Settled::Credited, add);
    } else {
        invoices::change(stripe, invoice, add);
        invoice_payments::follow(stripe, invoice);
    }
}
