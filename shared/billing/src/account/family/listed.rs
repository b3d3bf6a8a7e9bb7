//! A sub-account in its parent's list: enough to show the list, and to tell the months for which
//! the parent pays. No usage of a sub-account changes it.

use super::payers::{Payer, Payers};
use super::{BillingModel, BookedModel};
use crate::ids::AccountId;
use crate::month::{Day, Month};
use crate::time::Timestamp;

/// One sub-account of a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSubAccount {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Region in which its data is processed.
    pub processing_region: String,
    /// Its opening.
    pub created_at: Timestamp,
    /// Billing model, until the booked one begins.
    pub model: BillingModel,
    /// Billing model that is booked.
    pub booked: Option<BookedModel>,
    /// Spans for which the parent pays, oldest first.
    pub paid: Vec<PaidSpan>,
}

/// Time for which a parent pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidSpan {
    /// Its first moment.
    pub from: Timestamp,
    /// Its end; none while none is booked.
    pub until: Option<Timestamp>,
}

impl ListedSubAccount {
    /// True if the parent pays for some day of a month.
    pub fn is_paid_in(&self, month: Month) -> bool {
        let (start, end) = (month.start(), month.end());
        self.paid.iter().any(|span| span.from < end && span.until.is_none_or(|it| it > start))
    }

    /// True if the parent pays for a day. Days before the opening have its first payer.
    pub fn is_paid_on(&self, day: Day) -> bool {
        let start = day.start();
        self.paid.iter().any(|span| {
            let begun = span.from <= start || span.from == self.created_at;
            begun && span.until.is_none_or(|until| start < until)
        })
    }

    /// Billing model at a moment.
    pub fn model_at(&self, at: Timestamp) -> BillingModel {
        let begun = self.booked.filter(|booked| booked.at <= at);
        begun.map_or(self.model, |booked| booked.model)
    }

    /// Takes over the spans for which the parent pays.
    #[must_use]
    pub fn with_payers(self, payers: &Payers) -> Self {
        let mut paid = Vec::new();
        for (nth, span) in payers.spans.iter().enumerate() {
            let next = payers.spans.get(nth.saturating_add(1));
            match &span.payer {
                Payer::Own => {}
                Payer::Parent(_) => {
                    paid.push(PaidSpan { from: span.from, until: next.map(|next| next.from) });
                }
            }
        }
        Self { paid, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a parent's list tells for which months the parent pays, to the day.
    #[test]
    fn the_list_tells_the_months_that_the_parent_pays() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let parent = Payer::Parent(AccountId::parse("group").unwrap());
        let payers = Payers::new(parent.clone(), at("2026-09-07T13:00:00Z"))
            .with(Payer::Own, at("2026-10-01T00:00:00Z"))
            .with(parent, at("2026-12-31T00:00:00Z"));
        let listed = ListedSubAccount {
            version: 0,
            id: AccountId::parse("north").unwrap(),
            name: "North".to_owned(),
            processing_region: "eu".to_owned(),
            created_at: at("2026-09-07T13:00:00Z"),
            model: BillingModel::BillToSubAccount,
            booked: None,
            paid: Vec::new(),
        };

        let listed = listed.with_payers(&payers);

        for (month, expected) in [
            ("2026-08", false),
            ("2026-09", true),
            ("2026-10", false),
            ("2026-11", false),
            ("2026-12", true),
            ("2027-05", true),
        ] {
            assert_eq!(listed.is_paid_in(Month::parse(month).unwrap()), expected, "{month}");
        }
        for (day, expected) in [
            ("2026-09-01", true),
            ("2026-09-07", true),
            ("2026-09-30", true),
            ("2026-10-01", false),
            ("2026-12-30", false),
            ("2026-12-31", true),
        ] {
            let day = Day::parse(day).unwrap();
            assert_eq!(listed.is_paid_on(day), expected, "{day}");
            assert_eq!(payers.payer_on(day) != Payer::Own, expected, "{day}");
        }
    }
}
