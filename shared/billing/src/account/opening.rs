//! Opening an account: progress of one that was begun, and the request that may go on with it.
//!
//! An account stands in the books before its customer is made at Stripe. A request that is
//! repeated, and a twin of it, find what was begun and go on there; every other request is refused.

use crate::account::Standing;
use crate::family::FamilyRefusal;
use crate::ids::{AccountId, CustomerId};
use crate::intent::{Intent, IntentStatus};
use crate::profile::Profile;

/// Version of an account that was begun, for as long as nothing else has used it.
pub const BEGUN_VERSION: u64 = 1;

/// Parts of an account that an opening rests on, each as the table has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The standing.
    pub standing: Option<Standing>,
    /// The profile.
    pub profile: Option<Profile>,
    /// The intent; none once it is older than intents are kept.
    pub intent: Option<Intent>,
}

/// An account that was begun, and is not complete yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its standing.
    pub standing: Standing,
    /// Its profile: without a customer, one is still to be made.
    pub profile: Profile,
    /// Its intent, which is open.
    pub intent: Intent,
}

/// Progress of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is there.
    Nothing,
    /// The account is begun, and this request may go on with it.
    Begun(Box<Begun>),
    /// The account is complete.
    Complete(AccountId),
}

/// Reason why an account is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningRefusal {
    /// Another request opened an account of that id.
    #[error("there is an account {0} already")]
    Exists(AccountId),
    /// The Stripe customer belongs to another account.
    #[error("the Stripe customer {0} belongs to another account")]
    AlreadyLinked(CustomerId),
    /// Stripe has no such customer, or deleted it.
    #[error("Stripe knows no customer {0}")]
    UnknownCustomer(CustomerId),
    /// The Idempotency-Key was used for another content.
    #[error("the Idempotency-Key was used with another content")]
    KeyReused,
    /// The parent cannot have the sub-account.
    #[error(transparent)]
    Family(FamilyRefusal),
    /// Stripe refuses to make the customer.
    #[error("Stripe refuses to make the customer: {0}")]
    ByStripe(RefusedField),
}

/// Part of a request that is done when it does not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// An account that waits for its customer.
    Begun,
    /// An account of which not all objects of its customer were read in time.
    Unread,
    /// Some part of a change.
    Part,
}

/// Field that Stripe refuses, with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedField {
    /// The field of ours; none where Stripe names none, or one that is not of the request.
    pub field: Option<String>,
    /// Stripe's words, if it has any.
    pub message: Option<String>,
}

impl std::fmt::Display for RefusedField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let message = self.message.as_deref().unwrap_or("no words");
        write!(f, "{message} ({})", self.field.as_deref().unwrap_or("no field"))
    }
}

impl Kept {
    fn begun(self) -> Option<Begun> {
        let (standing, profile, intent) = (self.standing?, self.profile?, self.intent?);
        (intent.status == IntentStatus::Open).then_some(Begun { standing, profile, intent })
    }

    /// Progress of the account that the same request began under its Idempotency-Key; none when the
    /// account was taken back meanwhile, because Stripe refused its customer.
    pub fn progress_of_same_request(self, account: AccountId) -> Option<Progress> {
        if self == Self::default() {
            return None;
        }
        Some(match self.begun() {
            Some(begun) => Progress::Begun(Box::new(begun)),
            None => Progress::Complete(account),
        })
    }

    /// Progress of the account of an id, for a request with that content.
    ///
    /// # Errors
    /// The account is complete, or was begun with another content: it is not this request's.
    pub fn progress_by_id(
        self,
        account: &AccountId,
        content: &str,
    ) -> Result<Progress, OpeningRefusal> {
        if self.standing.is_none() {
            return Ok(Progress::Nothing);
        }
        let same = self.begun().filter(|begun| begun.intent.content == content);
        let begun = same.ok_or_else(|| OpeningRefusal::Exists(account.clone()))?;
        Ok(Progress::Begun(Box::new(begun)))
    }
}

impl Begun {
    /// True if the account may be taken back: nothing has used it since it was begun.
    pub fn is_unused(&self) -> bool {
        self.standing.version == BEGUN_VERSION
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::FREE_PLAN;
    use crate::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn account() -> AccountId {
        AccountId::parse("acme").unwrap()
    }

    fn kept() -> Kept {
        let intent = Intent::new("i".to_owned(), "t".to_owned(), "content".to_owned(), NOW);
        Kept {
            standing: Some(Standing::new(account(), FREE_PLAN, 0, NOW)),
            profile: Some(Profile::new(account(), "Acme", NOW)),
            intent: Some(intent),
        }
    }

    /// Goal: only the same content goes on with an account that was begun, and nothing with a
    /// complete one.
    #[test]
    fn an_id_is_gone_on_with_by_the_same_content_alone() {
        let exists = Err(OpeningRefusal::Exists(account()));
        let done = Kept { intent: kept().intent.map(|it| it.done()), ..kept() };
        let old = Kept { intent: None, ..kept() };

        let same = kept().progress_by_id(&account(), "content");
        assert!(matches!(same, Ok(Progress::Begun(_))), "{same:?}");
        assert_eq!(kept().progress_by_id(&account(), "other"), exists);
        assert_eq!(done.progress_by_id(&account(), "content"), exists);
        assert_eq!(old.progress_by_id(&account(), "content"), exists);
        let nothing = Kept::default().progress_by_id(&account(), "content");
        assert_eq!(nothing, Ok(Progress::Nothing));
    }

    /// Goal: an Idempotency-Key leads to what it began: open, complete, or taken back.
    #[test]
    fn the_same_request_finds_what_it_began() {
        let done = Kept { intent: kept().intent.map(|it| it.done()), ..kept() };
        let old = Kept { intent: None, ..kept() };

        let open = kept().progress_of_same_request(account());
        assert!(matches!(open, Some(Progress::Begun(_))), "{open:?}");
        let complete = Some(Progress::Complete(account()));
        assert_eq!(done.progress_of_same_request(account()), complete);
        assert_eq!(old.progress_of_same_request(account()), complete);
        assert_eq!(Kept::default().progress_of_same_request(account()), None);
    }

    #[test]
    fn an_account_that_something_used_is_not_taken_back() {
        let begun = |version| Begun {
            standing: Standing { version, ..Standing::new(account(), FREE_PLAN, 0, NOW) },
            profile: Profile::new(account(), "Acme", NOW),
            intent: Intent::new("i".to_owned(), "t".to_owned(), "c".to_owned(), NOW),
        };
        assert!(begun(BEGUN_VERSION).is_unused());
        assert!(!begun(BEGUN_VERSION + 1).is_unused());
    }
}
