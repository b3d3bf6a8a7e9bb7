//! A bill: what is invoiced for a month's usage or for the rest of a period, frozen, so that
//! whatever interrupts the run, the same invoice is made (money rule 18).

use crate::fact::Collection;
use crate::ids::InvoiceId;
use crate::intent::{Intent, IntentStatus};
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::month::Month;
use crate::overage::{self, Line};
use crate::time::Timestamp;
use crate::voided::Rest;

/// Most lines that the bill's own item holds, which is written again with each step.
const LINES_OF_BILL_MAX: usize = 20;
/// Lines of a page.
pub const LINES_OF_PAGE: usize = 50;

/// Number of items that hold the lines of a bill beside its own.
pub(crate) fn pages_of(lines: &[Line]) -> usize {
    if lines.len() > LINES_OF_BILL_MAX { lines.len().div_ceil(LINES_OF_PAGE) } else { 0 }
}

/// Service that a bill charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Usage of a month.
    Usage(Month),
    /// The rest of a subscription's period whose renewal was voided.
    Rest(Rest),
}

impl Charge {
    /// Id within the account, and in the metadata of the invoice: `2026-11`, or the voided
    /// renewal's time.
    pub fn id(self) -> String {
        match self {
            Self::Usage(month) => month.to_string(),
            Self::Rest(rest) => rest.renewal.to_string(),
        }
    }

    /// First instant, and the end, which is not part of it.
    pub fn period(self) -> (Timestamp, Timestamp) {
        match self {
            Self::Usage(month) => (month.start(), month.end()),
            Self::Rest(rest) => (rest.from, rest.until),
        }
    }

    /// Text above the lines of the invoice.
    pub fn description(self) -> String {
        match self {
            Self::Usage(month) => format!("Usage in {}", overage::month_name(month)),
            Self::Rest(rest) => format!(
                "Rest of the period that began on {}: its renewal was not charged",
                overage::day_name(rest.renewal)
            ),
        }
    }
}

/// What is invoiced for a service, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Service that it charges for.
    pub charge: Charge,
    /// By which plan.
    pub plan: String,
    /// The lines of the invoice.
    pub lines: Vec<Line>,
    /// Number of items that hold its lines; 0 where its own item does.
    pub pages: usize,
    /// What they come to.
    pub total: Money,
    /// How the invoice is collected, as was agreed when the month was closed.
    pub collection: Collection,
    /// In how many days it is due, if it is sent.
    pub net_days: u32,
    /// Tax rates of its invoice, as Stripe names them; nothing until the first try has found them.
    pub tax_rates: Option<Vec<String>>,
    /// What is done at Stripe for it.
    pub intent: Intent,
    /// The invoice, once it is known.
    pub invoice: Option<InvoiceId>,
    /// Reason why Stripe does not make it.
    pub refused: Option<String>,
}

impl Bill {
    /// True if it is still to be invoiced.
    pub fn is_open(&self) -> bool {
        match self.intent.status {
            IntentStatus::Open => self.refused.is_none(),
            IntentStatus::Done => false,
        }
    }

    /// The same bill, invoiced.
    #[must_use]
    pub fn done(&self, invoice: &InvoiceId) -> Self {
        let (intent, invoice) = (self.intent.done(), Some(invoice.clone()));
        Self { intent, invoice, refused: None, ..self.clone() }
    }

    /// The same bill, which Stripe does not invoice. Whoever tries it again looks first what there
    /// is.
    #[must_use]
    pub fn refused(&self, reason: &str) -> Self {
        let intent = self.intent.after_failure();
        Self { intent, refused: Some(reason.to_owned()), ..self.clone() }
    }

    /// The journal's entry about a bill that Stripe refuses.
    pub fn refusal(&self, now: Timestamp) -> Entry {
        let reason = self.refused.clone().unwrap_or_default();
        match self.charge {
            Charge::Usage(month) => {
                Entry::new(now, Kind::UsageNotInvoiced, Some(&month.to_string()))
                    .with("total", None, Some(Value::Money(self.total)))
                    .with("reason", None, Some(Value::Text(reason)))
            }
            Charge::Rest(_) => rest_not_invoiced(Some(self.total), &reason, now),
        }
    }
}

/// The journal's entry about the rest of a period that is not invoiced, with its total where it has
/// a price.
pub fn rest_not_invoiced(total: Option<Money>, reason: &str, now: Timestamp) -> Entry {
    Entry::new(now, Kind::RestNotInvoiced, None).with("total", None, total.map(Value::Money)).with(
        "reason",
        None,
        Some(Value::Text(reason.to_owned())),
    )
}
