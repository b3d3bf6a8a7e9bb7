//! The cancellation check (A5 to A10): what must hold before a subscription is cancelled, whoever
//! asks.
//!
//! Every condition is listed, met or not, with what is the case and what to do. The vendor's own
//! conditions are an open set: what the vendor reports as a *blocker* is one that is not met, and
//! the vendor withdraws it once it is.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::account::Standing;
use crate::ids::SubscriptionId;
use crate::reason::Reason;
use crate::usage::{Allowance, Kind, Used};

/// Most blockers that an account can have at once: they are one item.
pub const BLOCKERS_MAX: usize = 32;
/// Longest code of a blocker, in characters.
pub const CODE_CHARACTERS_MAX: usize = 64;
/// Longest text of a blocker, in characters.
pub const TEXT_CHARACTERS_MAX: usize = 500;

/// No unpaid invoice (A5).
const UNPAID_INVOICES: &str = "unpaid_invoices";
/// Usage within the Free plan's limits (A6).
const OVER_FREE_PLAN: &str = "over_free_plan";
/// How many invoices a sentence names.
const NAMED_MAX: usize = 3;

/// A condition of the vendor's that every account meets until a blocker of its code is reported
/// (A7, A8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCondition {
    /// Code of the blocker.
    pub code: BlockerCode,
    /// Sentence while it is met.
    pub met: String,
}

/// The name of a blocker: the vendor's, `snake_case`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockerCode(String);

/// The text cannot be the code of a blocker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACode {
    /// It is written otherwise.
    #[error("1 to 64 characters of a-z, 0-9 and _ are expected, such as `custom_domains`")]
    Shape,
    /// It is the name of a condition of our own.
    #[error("`{0}` is a condition that we check ourselves")]
    OurOwn(String),
}

/// What keeps an account from cancelling, in the vendor's words (A7 to A9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// What is the case.
    pub detail: String,
    /// What to do about it.
    pub clears_by: String,
}

/// All that the vendor reported of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blockers {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// By name.
    pub all: BTreeMap<BlockerCode, Blocker>,
}

/// Reason why a blocker is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockerRefusal {
    /// The account has as many as it can have.
    #[error("the account has {BLOCKERS_MAX} blockers already")]
    TooMany,
}

/// One condition, and whether it is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Stable, `snake_case`.
    pub code: String,
    /// True if it holds.
    pub met: bool,
    /// What is the case.
    pub detail: String,
    /// What to do, when it is not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clears_by: Option<String>,
}

/// Every condition of a cancellation, with its state (A10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// True if all are met.
    pub passes: bool,
    /// All of them, in a fixed order.
    pub conditions: Vec<Condition>,
}

/// Reason why Stripe's portal cannot cancel a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotInPortal {
    /// None runs.
    NoSubscription,
    /// It ends with its period already.
    Ends,
    /// A condition is not met.
    Blocked(Check),
    /// A change is booked, and Stripe takes no cancellation beside a schedule (money rule 15).
    ChangeBooked,
}

/// The subscription that may be cancelled in Stripe's portal: by the same check as everywhere
/// (A10), and by what only Stripe's page cannot do.
///
/// # Errors
/// [`NotInPortal`].
pub fn cancellable_in_portal<'a>(
    standing: &'a Standing,
    check: &Check,
) -> Result<&'a SubscriptionId, NotInPortal> {
    let live = standing.live_subscription().ok_or(NotInPortal::NoSubscription)?;
    if live.ends_at.is_some() {
        return Err(NotInPortal::Ends);
    }
    if !check.passes {
        return Err(NotInPortal::Blocked(check.clone()));
    }
    if live.schedule.is_some() || standing.pending.is_some() {
        return Err(NotInPortal::ChangeBooked);
    }
    Ok(&live.id)
}

impl BlockerCode {
    /// Checks the text and takes it.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if !(1..=CODE_CHARACTERS_MAX).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err(NotACode::Shape);
        }
        if [UNPAID_INVOICES, OVER_FREE_PLAN].contains(&text) {
            return Err(NotACode::OurOwn(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlockerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks everything. `limits` are what the Free plan says of those resources that keep an account
/// from cancelling (A6: gauges, and sums where the catalog says so). `known` are the catalog's
/// conditions, which are met unless they are reported.
pub fn check(
    (standing, used): (&Standing, &Used),
    blockers: &Blockers,
    limits: &[Allowance],
    known: &[VendorCondition],
) -> Check {
    let known = known.iter().filter(|it| blockers.named(it.code.as_str()).is_none());
    let known = known.map(|it| Condition::met(it.code.as_str(), it.met.clone()));
    let reported = blockers.all.iter().map(|(code, blocker)| {
        Condition::unmet(code.as_str(), blocker.detail.clone(), blocker.clears_by.clone())
    });
    let ours = [invoices(standing)].into_iter().chain(limits.iter().map(|it| usage(it, used)));
    let conditions: Vec<Condition> = ours.chain(reported).chain(known).collect();
    Check { passes: conditions.iter().all(|it| it.met), conditions }
}

impl Check {
    /// What is to be done first, condition by condition.
    pub fn reasons(&self) -> Vec<Reason> {
        let unmet = self.conditions.iter().filter(|it| !it.met);
        unmet
            .map(|it| Reason {
                code: it.code.clone(),
                detail: it.detail.clone(),
                clears_by: it.clears_by.clone().unwrap_or_default(),
                invoice: None,
            })
            .collect()
    }
}

impl Blockers {
    fn named(&self, code: &str) -> Option<&Blocker> {
        self.all.iter().find(|(known, _)| known.as_str() == code).map(|(_, blocker)| blocker)
    }
}

impl Condition {
    fn met(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), met: true, detail: detail.into(), clears_by: None }
    }

    fn unmet(code: &str, detail: String, clears_by: String) -> Self {
        Self { code: code.to_owned(), met: false, detail, clears_by: Some(clears_by) }
    }
}

/// Any unpaid invoice of ours, due or not (A5).
fn invoices(standing: &Standing) -> Condition {
    let owed: Vec<String> =
        standing.owed_to_us().map(|(_, entry)| entry.remaining.to_string()).collect();
    if owed.is_empty() {
        return Condition::met(UNPAID_INVOICES, "No invoice is unpaid.");
    }
    let more = usize::try_from(standing.more_open).unwrap_or(usize::MAX);
    let count = owed.len().saturating_add(more);
    let (named, _) = owed.split_at(owed.len().min(NAMED_MAX));
    let others = match count.saturating_sub(named.len()) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let is = if count == 1 { "1 invoice is" } else { &format!("{count} invoices are") };
    let detail = format!("{is} unpaid: {}{others}.", named.join(", "));
    let clears_by = "Paying every open invoice. What is being paid counts once it has arrived.";
    Condition::unmet(UNPAID_INVOICES, detail, clears_by.to_owned())
}

/// What is used of one resource, against the Free plan's limit (A6).
fn usage(limit: &Allowance, used: &Used) -> Condition {
    let Allowance { name, unit, kind, .. } = limit;
    let amount = used.of(limit);
    let Some(included) = limit.limit() else {
        let detail = format!("{name}: {amount} {unit} are used; the Free plan has no limit.");
        return Condition::met(OVER_FREE_PLAN, detail);
    };
    let verb = match kind {
        Kind::Sum => "were used this month",
        Kind::Gauge => "are held",
    };
    let detail = format!("{name}: {amount} {unit} {verb}, and the Free plan includes {included}.");
    if amount <= included {
        return Condition::met(OVER_FREE_PLAN, detail);
    }
    let clears_by = match kind {
        Kind::Sum => "The next month, in which counting begins anew.".to_owned(),
        Kind::Gauge => {
            let over = amount.saturating_sub(included);
            format!("Removing at least {over} {unit} of {name}.")
        }
    };
    Condition::unmet(OVER_FREE_PLAN, detail, clears_by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Bearing, OpenInvoice, Owner};
    use crate::ids::{AccountId, InvoiceId};
    use crate::money::{Currency, Money};
    use crate::time::Timestamp;
    use crate::usage::{Beyond, Held, Usage};

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn known() -> Vec<VendorCondition> {
        let condition = |code: &str, met: &str| VendorCondition {
            code: BlockerCode::parse(code).unwrap(),
            met: met.to_owned(),
        };
        vec![
            condition("performance_centre_urls", "No URL is tracked."),
            condition("custom_domains", "No custom domain is configured."),
        ]
    }

    fn standing(invoices: u32) -> Standing {
        let account = AccountId::parse("acme").unwrap();
        let mut standing = Standing::new(account, "free", 0, NOW);
        for number in 0..invoices {
            let entry = OpenInvoice {
                remaining: Money::new(4_900, Currency::parse("usd").unwrap()),
                overdue_at: NOW.plus_seconds(99),
                disables_at: NOW.plus_seconds(99),
                subscription: None,
                owner: Owner::Ours,
                bearing: Bearing::Full,
                journaled: None,
            };
            standing.open.insert(InvoiceId::parse(&format!("in_{number}")).unwrap(), entry);
        }
        standing
    }

    fn storage() -> Allowance {
        Allowance {
            resource: "storage".to_owned(),
            name: "Storage".to_owned(),
            unit: "MB".to_owned(),
            kind: Kind::Gauge,
            included: Some(500),
            beyond: Beyond::Refused,
            overage: None,
        }
    }

    fn held(level: u64) -> Used {
        let held = [("storage".to_owned(), Held { at: NOW, level })].into();
        Used { latest: Usage { held, ..Usage::default() }, ..Used::default() }
    }

    fn states(check: &Check) -> Vec<(&str, bool)> {
        check.conditions.iter().map(|it| (it.code.as_str(), it.met)).collect()
    }

    /// Goal: all four of A5 to A8 are listed, met or not, and all must be met.
    #[test]
    fn every_condition_is_listed_with_its_state() {
        let all_met =
            check((&standing(0), &held(500)), &Blockers::default(), &[storage()], &known());
        let expected = [
            ("unpaid_invoices", true),
            ("over_free_plan", true),
            ("performance_centre_urls", true),
            ("custom_domains", true),
        ];
        assert_eq!((states(&all_met), all_met.passes), (expected.to_vec(), true));
        assert_eq!(all_met.reasons(), []);

        let blocker = |text: &str| Blocker { detail: text.to_owned(), clears_by: "Go.".to_owned() };
        let code = |text: &str| BlockerCode::parse(text).unwrap();
        let all = [(code("custom_domains"), blocker("a.example")), (code("media"), blocker("m"))];
        let blockers = Blockers { version: 1, all: all.into() };
        let none_met = check((&standing(5), &held(501)), &blockers, &[storage()], &known());
        let expected = [
            ("unpaid_invoices", false),
            ("over_free_plan", false),
            ("custom_domains", false),
            ("media", false),
            ("performance_centre_urls", true),
        ];
        assert_eq!((states(&none_met), none_met.passes), (expected.to_vec(), false));
        let reasons = none_met.reasons();
        assert!(reasons[0].detail.starts_with("5 invoices are unpaid: "), "{reasons:?}");
        assert!(reasons[0].detail.ends_with(" and 2 more."), "{reasons:?}");
        assert_eq!(reasons[1].detail, "Storage: 501 MB are held, and the Free plan includes 500.");
        assert_eq!(reasons[1].clears_by, "Removing at least 1 MB of Storage.");
        assert_eq!(reasons[2].detail, "a.example");
    }

    #[test]
    fn a_blocker_can_not_pass_for_a_condition_of_ours() {
        assert!(BlockerCode::parse("media_library").is_ok());
        for wrong in ["", "Media", "a-b", "unpaid_invoices", "over_free_plan", &"x".repeat(65)] {
            assert!(BlockerCode::parse(wrong).is_err(), "{wrong}");
        }
    }
}
