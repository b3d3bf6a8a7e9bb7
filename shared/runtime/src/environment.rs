//! A function's configuration: what template.yaml sets as environment variables.
//!
//! The names live here and nowhere else; `tests/structure` compares them with template.yaml. Only
//! `main.rs` reads the process's own environment; local mode hands over what it resolved from
//! template.yaml.

use std::collections::BTreeMap;

/// Name of the table.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// Queue of facts that could not be settled yet.
pub const RETRY_QUEUE_URL: &str = "RETRY_QUEUE_URL";
/// Queue of what no retry can help, with the reason.
pub const DEAD_LETTER_QUEUE_URL: &str = "DEAD_LETTER_QUEUE_URL";
/// Queue of accounts that something is to be done about at Stripe.
pub const COLLECTIONS_QUEUE_URL: &str = "COLLECTIONS_QUEUE_URL";
/// The queue of accounts whose auto-recharge is to be looked at.
pub const RECHARGE_QUEUE_URL: &str = "RECHARGE_QUEUE_URL";
/// Queue of accounts whose alert is to be checked.
pub const ALERT_QUEUE_URL: &str = "ALERT_QUEUE_URL";
/// Queue of what is compared with Stripe.
pub const RECONCILE_QUEUE_URL: &str = "RECONCILE_QUEUE_URL";
/// Queue of accounts whose journal has records to be mailed.
pub const NOTIFY_QUEUE_URL: &str = "NOTIFY_QUEUE_URL";
/// Queue of accounts whose journal has records that are not published as events.
pub const EVENT_QUEUE_URL: &str = "EVENT_QUEUE_URL";
/// Queue of accounts whose events are to be delivered to an endpoint.
pub const DELIVERY_QUEUE_URL: &str = "DELIVERY_QUEUE_URL";
/// `refused` or `allowed`: receivers of events on this machine, as in local mode.
pub const LOOPBACK_ENDPOINTS: &str = "LOOPBACK_ENDPOINTS";
/// Address in whose name mails are sent, such as `Example Billing <billing@example.com>`.
pub const MAIL_SENDER: &str = "MAIL_SENDER";
/// Address for answers to mails; empty when it is the sender's.
pub const MAIL_REPLY_TO: &str = "MAIL_REPLY_TO";
/// Queue of months that are to be closed and invoiced.
pub const INVOICE_QUEUE_URL: &str = "INVOICE_QUEUE_URL";
/// Queue of what is to be done about price changes.
pub const PRICE_CHANGE_QUEUE_URL: &str = "PRICE_CHANGE_QUEUE_URL";
/// Secrets Manager's id of the webhook signing secrets.
pub const WEBHOOK_SECRET_ID: &str = "WEBHOOK_SECRET_ID";
/// Secrets Manager's id of Stripe's secret key.
pub const STRIPE_KEY_SECRET_ID: &str = "STRIPE_KEY_SECRET_ID";
/// Where Stripe's API answers, without `/v1` and without a slash at the end.
pub const STRIPE_API_URL: &str = "STRIPE_API_URL";
/// `live` or `test`: events of the other mode are not ours, and a key of the other mode is not
/// used.
pub const STRIPE_MODE: &str = "STRIPE_MODE";
/// The connected Stripe account whose events we take and that we call; empty when it is the key's
/// own.
pub const STRIPE_ACCOUNT: &str = "STRIPE_ACCOUNT";
/// Days between an invoice becoming overdue and its account being disabled (A19); 0 is legal.
pub const GRACE_DAYS: &str = "GRACE_DAYS";
/// Days for which advice of a transfer keeps an invoice from disabling its account, in the
/// invoice's whole life.
pub const TRANSFER_HOLD_DAYS: &str = "TRANSFER_HOLD_DAYS";

/// Origins, with commas between them, to which people may be sent back from Stripe's pages.
pub const RETURN_ORIGINS: &str = "RETURN_ORIGINS";
/// Origin of the dashboard, such as `https://billing.example.com`; empty for the called one.
pub const DASHBOARD_ORIGIN: &str = "DASHBOARD_ORIGIN";
/// The vendor's page that signs people in to the dashboard.
pub const DASHBOARD_ENTRY_URL: &str = "DASHBOARD_ENTRY_URL";
/// The vendor's page that signs its own people in to the staff desk; empty where there is none.
pub const STAFF_ENTRY_URL: &str = "STAFF_ENTRY_URL";
/// Origins of Stripe's pages to which the dashboard's forms lead, with commas between them.
pub const STRIPE_PAGE_ORIGINS: &str = "STRIPE_PAGE_ORIGINS";

/// Set by AWS: where the function runs.
pub const AWS_REGION: &str = "AWS_REGION";
/// Set by AWS: the role's credentials.
pub const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Set by AWS: the role's credentials.
pub const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Set by AWS: the role's credentials.
pub const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// The AWS SDKs' own name for another DynamoDB, such as local mode's.
pub const AWS_ENDPOINT_URL_DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
/// The AWS SDKs' own name for another SQS.
pub const AWS_ENDPOINT_URL_SQS: &str = "AWS_ENDPOINT_URL_SQS";
/// The AWS SDKs' own name for another SES.
pub const AWS_ENDPOINT_URL_SESV2: &str = "AWS_ENDPOINT_URL_SESV2";
/// The AWS SDKs' own name for another Secrets Manager.
pub const AWS_ENDPOINT_URL_SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Environment variables as they were when the function started.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// The deployment is misconfigured; waiting does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable is set to something else than it may be.
    #[error("the environment variable {name} is `{value}`: {expected} is expected")]
    Wrong {
        /// Which one.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl Environment {
    /// The process's own: for `main.rs`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the process's environment is read"
    )]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// A required variable.
    pub fn get(&self, name: &'static str) -> Result<&str, EnvironmentError> {
        self.find(name).ok_or(EnvironmentError::Missing(name))
    }

    /// An optional one; empty counts as not set.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// True if a required variable that says `live` or `test` says `live`.
    pub fn is_live(&self, name: &'static str) -> Result<bool, EnvironmentError> {
        match self.get(name)? {
            "live" => Ok(true),
            "test" => Ok(false),
            other => {
                let (value, expected) = (other.to_owned(), "`live` or `test`");
                Err(EnvironmentError::Wrong { name, value, expected })
            }
        }
    }

    /// A required whole number within limits.
    pub fn number(
        &self,
        name: &'static str,
        expected: &'static str,
        within: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, EnvironmentError> {
        let value = self.get(name)?;
        let number = value.parse().ok().filter(|number| within.contains(number));
        number.ok_or_else(|| EnvironmentError::Wrong { name, value: value.to_owned(), expected })
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_wrong_variable_is_named() {
        let environment: Environment =
            [("TABLE_NAME", ""), ("GRACE_DAYS", "soon"), ("STRIPE_MODE", "test")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect();
        assert_eq!(environment.get(STRIPE_MODE), Ok("test"));
        assert_eq!(environment.is_live(STRIPE_MODE), Ok(false));
        let neither = environment.is_live(GRACE_DAYS);
        assert!(neither.is_err_and(|error| error.to_string().contains("`live` or `test`")));
        assert_eq!(environment.get(TABLE_NAME), Err(EnvironmentError::Missing(TABLE_NAME)));
        let wrong = environment.number(GRACE_DAYS, "a number of days", 0..=365);
        assert!(wrong.is_err_and(|error| error.to_string().contains("GRACE_DAYS is `soon`")));
    }
}
