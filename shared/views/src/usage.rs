//! Metered usage: outcome of a batch, and a month day by day (D2, A23).

use billing::month::Month;
use billing::time::Timestamp;
use billing::usage::Kind;
use billing::usage::monthly::ResourceUsage;
use serde::Serialize;

use crate::rejection::RejectedView;

/// Outcome of a batch of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchView {
    /// Number of events that count.
    pub accepted: usize,
    /// True if an earlier request counted the batch.
    pub duplicate: bool,
    /// Events that do not count.
    pub rejected: Vec<RejectedView>,
}

/// Usage of a metering month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsageView {
    /// The month.
    pub period: String,
    /// End of the month.
    pub resets_at: String,
    /// Time at which the counters were read: what was reported by then is in them.
    pub as_of: String,
    /// Time of the last batch that counted to the month; null where none did since this is kept.
    /// Deductions of credits are none.
    pub last_reported_at: Option<String>,
    /// Every resource of the catalog.
    pub resources: Vec<ResourceView>,
}

/// Usage of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResourceView {
    /// Id of the resource.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Name of one unit.
    pub unit: String,
    /// `sum` or `gauge`.
    pub kind: &'static str,
    /// Units used; the last level of a gauge.
    pub used: u64,
    /// Units that may be used without being refused or restricted; null without such a limit.
    pub limit: Option<u64>,
    /// Units that the plan includes; null when any number of them is included.
    pub included: Option<u64>,
    /// Of the used units, those that were taken from credits.
    pub credits: u64,
    /// Of the used units, those beyond the included that are invoiced; null where a parent pays,
    /// for its sub-accounts are added up.
    pub billed: Option<u64>,
    /// `ok`, `near` or `over`.
    pub level: &'static str,
    /// Every day of the month until now.
    pub daily: Vec<DayView>,
}

/// Usage of one resource on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayView {
    /// The day.
    pub date: String,
    /// Units used; the level at the day's end for a gauge.
    pub used: u64,
}

impl UsageView {
    /// Usage of every resource in a month, read at a moment, and when it was last reported.
    pub fn of(
        month: Month,
        resources: Vec<ResourceUsage>,
        reported_at: Option<Timestamp>,
        as_of: Timestamp,
    ) -> Self {
        Self {
            period: month.to_string(),
            resets_at: month.end().to_string(),
            as_of: as_of.to_string(),
            last_reported_at: reported_at.map(|at| at.to_string()),
            resources: resources.into_iter().map(ResourceView::from).collect(),
        }
    }
}

impl From<ResourceUsage> for ResourceView {
    fn from(usage: ResourceUsage) -> Self {
        let ResourceUsage { allowance, used, credits, billed, daily } = usage;
        let daily = daily.into_iter().map(|(day, used)| DayView { date: day.to_string(), used });
        Self {
            kind: match allowance.kind {
                Kind::Sum => "sum",
                Kind::Gauge => "gauge",
            },
            used,
            limit: allowance.limit(),
            included: allowance.included,
            credits,
            billed,
            level: allowance.level(used).as_str(),
            daily: daily.collect(),
            id: allowance.resource,
            name: allowance.name,
            unit: allowance.unit,
        }
    }
}
