//! The spend alert of an account, and what was notified (A21, A22).

use billing::alerts::{Alerted, Watch, WatchKind};
use billing::invoice::{Invoice, Terms};
use billing::mails::{Mail, MailKind};
use billing::money::Money;
use serde::Serialize;

use crate::mails::MailView;
use crate::money::MoneyView;

/// The alert of an account, with invoices that help to choose a threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertView {
    /// Amount that the upcoming invoice must exceed; null without an alert.
    pub threshold: Option<MoneyView>,
    /// Latest metering month for which the account was notified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_for: Option<String>,
    /// Latest finalized invoices, the newest first.
    pub recent_invoices: Vec<RecentInvoiceView>,
}

/// An invoice beside a threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecentInvoiceView {
    /// Id of the invoice.
    pub id: String,
    /// Number of the invoice.
    pub number: Option<String>,
    /// Time at which it was created.
    pub created: String,
    /// Total of the invoice.
    pub total: MoneyView,
}

/// A notification of an exceeded threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertedView {
    /// Metering month.
    pub period: String,
    /// Time of the check that found it.
    pub at: String,
    /// Threshold at that time.
    pub threshold: MoneyView,
    /// Upcoming invoice at that time, before balance and prepayments.
    pub amount: MoneyView,
    /// Its mails, with what became of each.
    pub mails: Vec<MailView>,
}

impl AlertView {
    /// View of an alert and the account's latest invoices.
    pub fn of(watch: &Watch, invoices: &[Invoice]) -> Self {
        let told_for = watch.told.get(&WatchKind::Spend);
        Self {
            threshold: watch.threshold.map(|threshold| threshold.amount.into()),
            told_for: told_for.map(ToString::to_string),
            recent_invoices: invoices.iter().filter_map(RecentInvoiceView::of).collect(),
        }
    }
}

impl RecentInvoiceView {
    fn of(invoice: &Invoice) -> Option<Self> {
        let Terms { number, created, total, .. } = invoice.terms.as_ref()?;
        Some(Self {
            id: invoice.id.to_string(),
            number: number.clone(),
            created: created.to_string(),
            total: Money::new(*total, invoice.currency).into(),
        })
    }
}

impl AlertedView {
    /// View of a notification, with mails of its second.
    pub fn of(alerted: &Alerted, mails: &[Mail]) -> Self {
        let own = mails.iter().filter(|mail| mail.kind == MailKind::Alert);
        let Alerted { month, at, threshold, amount } = alerted;
        Self {
            period: month.to_string(),
            at: at.to_string(),
            threshold: (*threshold).into(),
            amount: (*amount).into(),
            mails: own.map(MailView::of).collect(),
        }
    }
}
