//! Family of an account: a parent with its sub-accounts, and who pays for each of these (B1 to
//! B11).
//!
//! A sub-account's standing has its parent and its billing model; its [`payers`] say who pays for
//! which day. A parent's standing has counts only: its sub-accounts are items of their own
//! ([`listed`]). A change of the billing model takes effect on a *cut line*, the beginning of a day
//! in UTC, because usage is counted by days.

pub mod listed;
pub mod payers;
mod refusal;

use crate::ids::AccountId;
use crate::month::Day;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;
use payers::Payer;
pub use refusal::{ConversionRefusal, FamilyRefusal};

/// Sub-accounts that a parent may have until staff allow more.
pub const SUB_ACCOUNTS_DEFAULT: u32 = 100;
/// Most sub-accounts that staff may allow.
pub const SUB_ACCOUNTS_MAX: u32 = 10_000;
/// Sub-accounts that a parent may open in an hour of the clock.
pub const OPENED_AN_HOUR_MAX: u32 = 20;
/// Length of an hour, in seconds.
const HOUR_SECONDS: i64 = 3_600;

/// Kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// An account that stands alone.
    Standard,
    /// A parent: it manages sub-accounts and has no usage of its own (B3).
    Parent,
    /// A sub-account of a parent.
    SubAccount,
}

impl Word for AccountKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Standard, "standard"),
        (Self::Parent, "parent"),
        (Self::SubAccount, "sub_account"),
    ];
}

/// Billing model of a sub-account (B8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BillingModel {
    /// The parent pays, on its consolidated invoice.
    BillToParent,
    /// The sub-account pays on its own.
    BillToSubAccount,
}

impl Word for BillingModel {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::BillToParent, "bill_to_parent"), (Self::BillToSubAccount, "bill_to_sub_account")];
}

/// Family of an account, as its standing has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Family {
    /// None.
    #[default]
    Standard,
    /// The account is a parent.
    Parent(Parent),
    /// The account is a sub-account.
    SubAccount(SubAccount),
}

/// Counts of a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Number of its sub-accounts.
    pub sub_accounts: u32,
    /// Number of sub-accounts that it may have.
    pub limit: u32,
    /// Beginning of the hour of the clock in which the latest was opened.
    pub hour: Timestamp,
    /// Number of sub-accounts opened in that hour.
    pub opened: u32,
}

/// Place of a sub-account in its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAccount {
    /// Its parent.
    pub parent: AccountId,
    /// Billing model, until the booked one begins.
    pub model: BillingModel,
    /// Billing model that is booked, also one that has begun but is not in the journal yet.
    pub booked: Option<BookedModel>,
}

/// A booked billing model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookedModel {
    /// The model from then on.
    pub model: BillingModel,
    /// Its cut line.
    pub at: Timestamp,
}

impl Default for Parent {
    fn default() -> Self {
        Self { sub_accounts: 0, limit: SUB_ACCOUNTS_DEFAULT, hour: Timestamp::MIN, opened: 0 }
    }
}

impl Parent {
    /// Number of sub-accounts that were opened in the hour of a moment.
    pub fn opened_in_hour_of(&self, now: Timestamp) -> u32 {
        if hour_of(now) == self.hour { self.opened } else { 0 }
    }

    /// The end of the hour of a moment: the parent may open more from then on.
    pub fn hour_ends(now: Timestamp) -> Timestamp {
        hour_of(now).plus_seconds(HOUR_SECONDS)
    }

    /// The parent with one more sub-account, opened at that moment.
    #[must_use]
    pub fn with_one_more(self, now: Timestamp) -> Self {
        let opened = self.opened_in_hour_of(now).saturating_add(1);
        let sub_accounts = self.sub_accounts.saturating_add(1);
        Self { sub_accounts, hour: hour_of(now), opened, ..self }
    }

    /// The parent without one of its sub-accounts.
    #[must_use]
    pub fn with_one_less(self) -> Self {
        Self { sub_accounts: self.sub_accounts.saturating_sub(1), ..self }
    }
}

impl SubAccount {
    /// Billing model at a moment.
    pub fn model_at(&self, at: Timestamp) -> BillingModel {
        let begun = self.booked.filter(|booked| booked.at <= at);
        begun.map_or(self.model, |booked| booked.model)
    }

    /// The booked model, while it has not begun.
    pub fn booked_after(&self, now: Timestamp) -> Option<BookedModel> {
        self.booked.filter(|booked| booked.at > now)
    }

    /// Payer at a moment, as far as the standing knows: the [`payers::Payers`] know the past.
    pub fn payer_at(&self, at: Timestamp) -> Payer {
        self.payer_by(self.model_at(at))
    }

    /// Payer by a billing model.
    pub fn payer_by(&self, model: BillingModel) -> Payer {
        match model {
            BillingModel::BillToParent => Payer::Parent(self.parent.clone()),
            BillingModel::BillToSubAccount => Payer::Own,
        }
    }
}

impl Family {
    /// Kind of the account.
    pub fn kind(&self) -> AccountKind {
        match self {
            Self::Standard => AccountKind::Standard,
            Self::Parent(_) => AccountKind::Parent,
            Self::SubAccount(_) => AccountKind::SubAccount,
        }
    }

    /// Counts of a parent; none for another account.
    pub fn as_parent(&self) -> Option<&Parent> {
        if let Self::Parent(parent) = self { Some(parent) } else { None }
    }

    /// Place of a sub-account; none for another account.
    pub fn as_sub_account(&self) -> Option<&SubAccount> {
        if let Self::SubAccount(sub_account) = self { Some(sub_account) } else { None }
    }

    /// Payer of the account at a moment: itself, but for a sub-account that is billed to its
    /// parent.
    pub fn payer_at(&self, at: Timestamp) -> Payer {
        self.as_sub_account().map_or(Payer::Own, |it| it.payer_at(at))
    }

    /// The parent that pays for the account at a moment; none where the account pays on its own.
    pub fn paid_by(&self, at: Timestamp) -> Option<&AccountId> {
        let sub_account = self.as_sub_account()?;
        match sub_account.model_at(at) {
            BillingModel::BillToParent => Some(&sub_account.parent),
            BillingModel::BillToSubAccount => None,
        }
    }
}

/// Beginning of the hour of the clock that a moment lies in.
fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp(at.0.saturating_sub(at.0.rem_euclid(HOUR_SECONDS)))
}

/// Cut line of a change that is booked now: the next 00:00 UTC, or the beginning of the day on
/// which the sub-account's running subscription ends its period, if that is later.
pub fn cut_line(now: Timestamp, period_ends: Option<Timestamp>) -> Timestamp {
    let tomorrow = Day::of(now).start().plus_seconds(DAY_SECONDS);
    period_ends.map_or(tomorrow, |ends| Day::of(ends).start().max(tomorrow))
}

#[cfg(test)]
mod tests;
