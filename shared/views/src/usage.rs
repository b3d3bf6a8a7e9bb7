//! Metered usage: outcome of a batch, and a month day by day (D2, A23).

use billing::month::Month;
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
    /// Usage of every resource in a month.
    pub fn of(month: Month, resources: Vec<ResourceUsage>) -> Self {
        Self {
            period: month.to_string(),
            resets_at: month.end().to_string(),
            resources: resources.into_iter().map(ResourceView::from).collect(),
        }
    }
}

impl From<ResourceUsage> for ResourceView {
    fn from(usage: ResourceUsage) -> Self {
        let ResourceUsage { allowance, used, daily } = usage;
        let daily = daily.into_iter().map(|(day, used)| DayView { date: day.to_string(), used });
        Self {
            kind: match allowance.kind {
                Kind::Sum => "sum",
                Kind::Gauge => "gauge",
            },
            used,
            limit: allowance.limit(),
            included: allowance.included,
            level: allowance.level(used).as_str(),
            daily: daily.collect(),
            id: allowance.resource,
            name: allowance.name,
            unit: allowance.unit,
        }
    }
}
