//! Subjects: what a message is about, for log lines.

use billing::ids::AccountId;

/// Subject of a message: a phrase, and its ids as fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Phrase that begins the log line, such as `auto-recharge of account acme`.
    pub phrase: String,
    /// Account, if it is about one.
    pub account: Option<AccountId>,
    /// Event of Stripe's, if it carries one.
    pub event: Option<String>,
}

impl Subject {
    /// A subject without an account or an event.
    pub fn new(phrase: impl Into<String>) -> Self {
        Self { phrase: phrase.into(), account: None, event: None }
    }

    /// The same about an account.
    #[must_use]
    pub fn of_account(self, account: &AccountId) -> Self {
        Self { account: Some(account.clone()), ..self }
    }

    /// The same of an event.
    #[must_use]
    pub fn of_event(self, event: &str) -> Self {
        Self { event: Some(event.to_owned()), ..self }
    }

    /// Id of the account, for a field of a log line.
    pub(crate) fn account_id(&self) -> Option<&str> {
        self.account.as_ref().map(AccountId::as_str)
    }
}
