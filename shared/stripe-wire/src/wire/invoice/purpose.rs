//! Purpose of an invoice, its period, and the tax in it.

use billing::fact::{BillingReason, InvoiceKind};
use billing::time::Timestamp;
use serde::Deserialize;

use super::super::object::Object;
use super::super::raw::{Raw, Reason};
use super::{billing_reason, subscription};

/// Our marks that say what an invoice is for: usage of a month, a pack of credits, the rest of a
/// period whose renewal was voided.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "each is the key of a mark")]
struct Purposes<'a> {
    tollgate_month: Raw<'a>,
    tollgate_purchase: Raw<'a>,
    tollgate_rest: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct List<'a> {
    data: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Line<'a> {
    period: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Period<'a> {
    start: Raw<'a>,
    end: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Tax<'a> {
    amount: Raw<'a>,
}

/// Purpose by our marks, else by the subscription: a change of it and its renewals are one purpose.
pub(super) fn kind(invoice: &Object<'_>) -> Result<InvoiceKind, Reason> {
    let marks: Purposes<'_> = invoice.metadata.object("metadata")?.unwrap_or_default();
    if !marks.tollgate_month.is_null() {
        return Ok(InvoiceKind::Usage);
    }
    if !marks.tollgate_purchase.is_null() {
        return Ok(InvoiceKind::Credits);
    }
    if !marks.tollgate_rest.is_null() {
        return Ok(InvoiceKind::Subscription);
    }
    Ok(match billing_reason(invoice.billing_reason)? {
        BillingReason::Other if subscription(invoice)?.is_none() => InvoiceKind::Manual,
        BillingReason::SubscriptionCreate
        | BillingReason::SubscriptionUpdate
        | BillingReason::Subscription
        | BillingReason::Other => InvoiceKind::Subscription,
    })
}

/// Period of the line that ends last, of those that are shown with the invoice. Lenient: no rule
/// turns on it.
pub(super) fn period(raw: Raw<'_>) -> Option<(Timestamp, Timestamp)> {
    let list: List<'_> = raw.object("lines").ok().flatten().unwrap_or_default();
    let lines = list.data.list("lines.data").unwrap_or_default().into_iter();
    let lines = lines.filter_map(|line| line.object::<Line<'_>>("lines.data").ok().flatten());
    let periods = lines.filter_map(|line| {
        let period: Period<'_> = line.period.object("lines.data.period").ok().flatten()?;
        let time = |raw: Raw<'_>| raw.time("lines.data.period").ok().flatten();
        Some((time(period.start)?, time(period.end)?))
    });
    periods.max_by_key(|(start, end)| (*end, *start))
}

/// Sum of the taxes, in minor units; none where the payload has no list of them. Lenient: no rule
/// turns on it.
pub(super) fn tax(invoice: &Object<'_>) -> Option<i64> {
    let (since_basil, before) = (invoice.total_taxes, invoice.total_tax_amounts);
    let taxes = if since_basil.is_null() { before } else { since_basil };
    if taxes.is_null() {
        return None;
    }
    let amount = |tax: Raw<'_>| {
        let tax: Tax<'_> = tax.object("total_taxes").ok().flatten()?;
        tax.amount.signed_amount("total_taxes.amount").ok().flatten()
    };
    let taxes = taxes.list("total_taxes").ok()?.into_iter();
    taxes.map(amount).try_fold(0_i64, |sum, amount| sum.checked_add(amount?))
}
