//! Sentences and values of the dashboard's pages, by language.

use billing::authority::Role;
use billing::banner::Banner;
use billing::credits::ledger::LedgerKind;
use billing::credits::recharge::{PauseReason, Verdict};
use billing::journal::Entry;
use billing::money::Money;
use billing::month::{Day, Month};
use billing::session::NotSignedIn;
use billing::state::State;
use billing::time::Timestamp;

use crate::english::{page, values};
use crate::{Language, Wording};

pub use crate::outcome::{Done, Refusal};

impl Language {
    /// An amount.
    pub fn money(self, money: Money) -> String {
        match self {
            Self::English => values::money(money),
        }
    }

    /// A whole number.
    pub fn number(self, number: impl Into<i128>) -> String {
        match self {
            Self::English => values::number(number.into()),
        }
    }

    /// The day of a moment, in UTC.
    pub fn date(self, at: Timestamp) -> String {
        match self {
            Self::English => values::date(at),
        }
    }

    /// The last day before a moment, on which what ends with that moment ends.
    pub fn last_day(self, at: Timestamp) -> String {
        match self {
            Self::English => values::last_day(at),
        }
    }

    /// A day without its year.
    pub fn day(self, day: Day) -> String {
        match self {
            Self::English => values::day(day),
        }
    }

    /// A moment, in UTC.
    pub fn instant(self, at: Timestamp) -> String {
        match self {
            Self::English => values::instant(at),
        }
    }

    /// A month.
    pub fn month(self, month: Month) -> String {
        match self {
            Self::English => values::month(month),
        }
    }

    /// A period, by its first and last day.
    pub fn period(self, period: (Timestamp, Timestamp)) -> String {
        match self {
            Self::English => values::period(period),
        }
    }

    /// The banner above every page.
    pub fn banner(self, banner: &Banner) -> Wording {
        match self {
            Self::English => page::banner(banner),
        }
    }

    /// The banner for a reader who may not see money.
    pub fn banner_without_money(self, banner: &Banner) -> Wording {
        match self {
            Self::English => page::banner_without_money(banner),
        }
    }

    /// Reason why auto-recharge is paused.
    pub fn recharge_paused(self, reason: PauseReason) -> &'static str {
        match self {
            Self::English => page::recharge_paused(reason),
        }
    }

    /// Prospect of the next purchase by auto-recharge.
    pub fn verdict(self, verdict: &Verdict, threshold: i64) -> String {
        match self {
            Self::English => page::verdict(verdict, threshold),
        }
    }

    /// Kind of an entry of the credits' history.
    pub fn ledger_kind(self, kind: LedgerKind) -> &'static str {
        match self {
            Self::English => page::ledger_kind(kind),
        }
    }

    /// State of an account.
    pub fn state(self, state: State) -> &'static str {
        match self {
            Self::English => page::state(state),
        }
    }

    /// Role of a member.
    pub fn role(self, role: Role) -> &'static str {
        match self {
            Self::English => page::role(role),
        }
    }

    /// Outcome of a form that succeeded.
    pub fn done(self, done: Done) -> &'static str {
        match self {
            Self::English => page::done(done),
        }
    }

    /// An entry of the journal for the account's own people.
    pub fn customer_entry(self, entry: &Entry) -> String {
        match self {
            Self::English => page::customer_entry(entry),
        }
    }

    /// A declined payment, and what did not change. `code` is that of the refusal, `message` the
    /// bank's word where there is one.
    pub fn change_declined(self, code: &str, message: Option<&str>) -> String {
        match self {
            Self::English => page::change_declined(code, message),
        }
    }

    /// Reason why a link opens no session.
    pub fn not_signed_in(self, why: NotSignedIn) -> &'static str {
        match self {
            Self::English => page::not_signed_in(why),
        }
    }

    /// A refusal of a form.
    pub fn page_refusal(self, refusal: &Refusal) -> String {
        match self {
            Self::English => page::refusal(refusal),
        }
    }
}
