//! Refusals of commands about credits, as values: each function words them for its callers.

use billing::credits::recharge::Verdict;
use billing::credits::reservation::NotHeld;
use billing::money::Money;
use billing::month::Month;
use billing::reason::Reason;
use billing::state::State;
use billing::words::Word;
use stripe_sync::Interrupted;

/// Outcome of a command, or of one try of it.
pub type Tried<T> = Result<T, Interrupted<Refused>>;

/// Reason why a command does nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The account, the reservation or the purchase does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The id was used before, for other content.
    #[error("the id was used before, for other content")]
    OtherContent,
    /// A disabled or closed account may not use its credits (C10).
    #[error("the account is {}", .state.word())]
    Closed {
        /// State of the account.
        state: State,
        /// Conditions that hold the account there.
        reasons: Vec<Reason>,
    },
    /// Neither the included tokens nor the credits cover the request, and nothing was taken (D12).
    #[error("{} tokens are needed, {} credits are available", .0.tokens, .0.available)]
    Insufficient(Insufficient),
    /// Staff would remove more credits than are available.
    #[error("only {available} credits are available")]
    MoreThanAvailable {
        /// Available credits.
        available: i64,
    },
    /// The reservation cannot be ended so.
    #[error("the reservation cannot be ended so: {0:?}")]
    NotHeld(NotHeld),
    /// The spending limit is below the price of the pack: auto-recharge could never buy.
    #[error("the pack costs {0}, which is more than the spending limit")]
    LimitBelowPrice(Money),
    /// The account has no customer at Stripe yet.
    #[error("the account has no customer at Stripe yet")]
    NoCustomer,
    /// Stripe sells the pack at another price than the catalog: an operator has to push the
    /// catalog.
    #[error("Stripe sells {lookup_key} at {at_stripe}, and the catalog at {in_catalog}")]
    PriceDiffers {
        /// Lookup key of the price at Stripe.
        lookup_key: String,
        /// Price at Stripe.
        at_stripe: Money,
        /// Price in the catalog.
        in_catalog: Money,
    },
    /// Stripe answered a new Checkout session with something else.
    #[error("Stripe answered a new Checkout session with something else")]
    NotASession,
    /// The operating system gave no randomness for a new id.
    #[error("no new id could be drawn")]
    NoId,
}

/// Tokens that a request needs, and the tokens that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insufficient {
    /// Needed tokens.
    pub tokens: i64,
    /// Month whose included tokens count.
    pub month: Month,
    /// Tokens left of those that the plan includes in the month.
    pub included: i64,
    /// Available credits.
    pub available: i64,
    /// Prospect of more: auto-recharge's verdict after the refusal.
    pub recharge: Verdict,
}

impl From<Refused> for Interrupted<Refused> {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
