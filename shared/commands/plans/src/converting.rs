//! Accounts that staff make parents (B1, B5), or standard accounts again.

use billing::account::Standing;
use billing::decide::Change;
use billing::decide::family::{converted_to_parent, converted_to_standard, sub_account_limit_set};
use billing::family::ConversionRefusal;
use billing::state::State;
use billing::terms::Ground;
use billing::time::Timestamp;
use billing::words::Word;
use catalog::Sold;
use invocation::Invocation;
use runtime::Problem;
use store::{Loaded, Part};
use stripe_sync::Interrupted;
use tracing::info;

use crate::{Account, Plans};

/// A conversion by staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// To a parent.
    ToParent,
    /// Back to a standard account.
    ToStandard,
    /// Another number of sub-accounts that the parent may have.
    Limit(u32),
}

/// Parts that a conversion needs.
pub fn conversion_parts(now: Timestamp) -> Vec<Part> {
    let used = Part::used(now).into_iter();
    used.chain([Part::Standing, Part::Profile]).collect()
}

impl Plans {
    /// Converts an account. Its standing as it is then.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub async fn convert(
        &self,
        invocation: &Invocation,
        account: Account,
        conversion: Conversion,
    ) -> Result<Standing, Interrupted> {
        let Account { id, loaded } = account;
        let mut loaded = Some(loaded);
        let tries = invocation.retry_conflicts(|| {
            let first = loaded.take();
            async {
                let parts = conversion_parts(invocation.now);
                let loaded = match first {
                    Some(first) => first,
                    None => self.store.load(invocation, &id, &parts).await?,
                };
                self.convert_once(invocation, &loaded, conversion).await
            }
        });
        tries.await
    }

    async fn convert_once(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        conversion: Conversion,
    ) -> Result<Standing, Interrupted> {
        let unknown = || Problem::not_found("account");
        let standing = loaded.standing()?.filter(|it| !it.opening).ok_or_else(unknown)?;

        let decided = match conversion {
            Conversion::ToParent => self.to_parent(&standing, loaded, invocation.now)?,
            Conversion::ToStandard => converted_to_standard(&standing, invocation.now),
            Conversion::Limit(limit) => sub_account_limit_set(&standing, limit, invocation.now),
        };
        let Some(change) = decided.map_err(refused)? else {
            return Ok(standing);
        };

        let account = &standing.account;
        let committed = self.store.commit(invocation, &change).await?;
        info!(account.id = %account, "account {account} is {} by staff",
            committed.family.kind().word());
        Ok(committed)
    }

    fn to_parent(
        &self,
        standing: &Standing,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Result<Option<Change>, ConversionRefusal>, Interrupted> {
        let plan = self.catalog.plan(standing.plan());
        let is_partner = loaded.profile()?.is_some_and(|profile| profile.partner);
        let ground = if plan.is_some_and(|plan| plan.sold == Sold::ByStaff) {
            Some(Ground::NegotiatedPlan)
        } else {
            is_partner.then_some(Ground::Partner)
        };
        Ok(converted_to_parent(standing, (&loaded.used(now)?, ground), now))
    }
}

/// 409: the account's state refuses it.
fn refused(refusal: ConversionRefusal) -> Problem {
    match refusal {
        ConversionRefusal::IsSubAccount => {
            let detail = "The account is a sub-account: it can have none of its own.";
            Problem::new(409, "is_sub_account", detail.to_owned())
        }
        ConversionRefusal::NotEligible => {
            let detail =
                "Only a partner's account, or one on a plan that staff sell, can be a parent.";
            Problem::new(409, "not_eligible", detail.to_owned())
        }
        ConversionRefusal::HasUsage => {
            let detail = "The account has usage of its own in this month, or holds something now.";
            Problem::new(409, "account_has_usage", detail.to_owned())
        }
        ConversionRefusal::SubAccountsLeft(count) => {
            let detail = format!("The account has {count} sub-accounts.");
            Problem::new(409, "sub_accounts_left", detail)
        }
        ConversionRefusal::NotAParent => not_a_parent(),
        ConversionRefusal::Closed(State::Terminated) => {
            Problem::new(409, "account_terminated", "The account is terminated.".to_owned())
        }
        ConversionRefusal::Closed(
            State::Canceled | State::Disabled | State::Restricted | State::PastDue | State::Active,
        ) => Problem::new(409, "account_canceled", "The account is closed.".to_owned()),
    }
}

/// 409: the account is no parent.
fn not_a_parent() -> Problem {
    let detail = "The account is no parent account.";
    Problem::new(409, "not_a_parent", detail.to_owned())
}
