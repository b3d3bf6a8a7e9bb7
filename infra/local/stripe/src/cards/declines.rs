//! Why a payment is declined, as Stripe says it (docs.stripe.com/declines/codes).

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// A reason to decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decline {
    /// For no reason that the bank gives.
    Generic,
    /// Not enough money.
    InsufficientFunds,
    /// Lost.
    LostCard,
    /// Stolen.
    StolenCard,
    /// Expired.
    ExpiredCard,
    /// Another security code.
    IncorrectCvc,
    /// Something went wrong at the bank.
    ProcessingError,
    /// Too often, or too much.
    VelocityExceeded,
    /// Stripe's Radar takes it for fraud.
    Fraudulent,
    /// The bank wants the customer to authenticate, and nobody is there.
    AuthenticationRequired,
    /// The bank wants a mandate for charges without the customer, as Indian banks do.
    MandateRequired,
    /// A direct debit did not go through.
    DebitFailed,
    /// A direct debit: the account is closed.
    AccountClosed,
    /// A direct debit: not enough money.
    DebitInsufficientFunds,
}

/// Stripe's words for a decline.
struct Words {
    code: &'static str,
    decline_code: Option<&'static str>,
    message: &'static str,
    advice: Option<&'static str>,
    param: Option<&'static str>,
}

const DECLINED: &str = "Your card was declined.";
const LATER: Option<&str> = Some("try_again_later");
const NEVER: Option<&str> = Some("do_not_try_again");

const fn declined(
    decline_code: &'static str,
    advice: Option<&'static str>,
    message: &'static str,
) -> Words {
    let decline_code = Some(decline_code);
    Words { code: "card_declined", decline_code, message, advice, param: None }
}

const fn of_itself(
    code: &'static str,
    param: Option<&'static str>,
    advice: Option<&'static str>,
    message: &'static str,
) -> Words {
    Words { code, decline_code: None, message, advice, param }
}

const fn failed(decline_code: &'static str, message: &'static str) -> Words {
    let code = "payment_intent_payment_attempt_failed";
    Words { code, decline_code: Some(decline_code), message, advice: None, param: None }
}

impl Decline {
    fn words(self) -> Words {
        let confirm = Some("confirm_card_data");
        match self {
            Self::Generic => declined("generic_decline", LATER, DECLINED),
            Self::InsufficientFunds => {
                declined("insufficient_funds", LATER, "Your card has insufficient funds.")
            }
            Self::LostCard => declined("lost_card", NEVER, DECLINED),
            Self::StolenCard => declined("stolen_card", NEVER, DECLINED),
            Self::ExpiredCard => {
                of_itself("expired_card", Some("exp_month"), confirm, "Your card has expired.")
            }
            Self::IncorrectCvc => {
                let message = "Your card's security code is incorrect.";
                of_itself("incorrect_cvc", Some("cvc"), confirm, message)
            }
            Self::ProcessingError => {
                let message =
                    "An error occurred while processing your card. Try again in a little bit.";
                of_itself("processing_error", None, LATER, message)
            }
            Self::VelocityExceeded => declined(
                "card_velocity_exceeded",
                LATER,
                "Your card was declined for making repeated attempts too frequently or exceeding \
                 its amount limit.",
            ),
            Self::Fraudulent => declined("fraudulent", NEVER, DECLINED),
            Self::AuthenticationRequired => Words {
                code: "authentication_required",
                ..declined(
                    "authentication_required",
                    None,
                    "Your card was declined. This transaction requires authentication.",
                )
            },
            Self::MandateRequired => {
                let message = "Your card does not support this type of purchase.";
                declined("transaction_not_allowed", None, message)
            }
            Self::DebitFailed => {
                failed("generic_could_not_process", "The payment could not be processed.")
            }
            Self::AccountClosed => {
                failed("account_closed", "The customer's bank account has been closed.")
            }
            Self::DebitInsufficientFunds => failed(
                "insufficient_funds",
                "The customer's account has insufficient funds to cover this payment.",
            ),
        }
    }

    /// `failure_code` of a charge: a direct debit names the bank's reason there.
    pub fn failure_code(self) -> &'static str {
        let words = self.words();
        let debit = words.code == "payment_intent_payment_attempt_failed";
        words.decline_code.filter(|_| debit).unwrap_or(words.code)
    }

    /// `failure_message` of a charge.
    pub fn message(self) -> &'static str {
        self.words().message
    }

    /// `outcome.reason` of a charge.
    pub fn reason(self) -> &'static str {
        let words = self.words();
        words.decline_code.unwrap_or(words.code)
    }

    /// What the bank advises to do next.
    pub fn advice(self) -> Option<&'static str> {
        self.words().advice
    }

    /// The error that a caller gets: 402.
    pub fn error(self) -> ApiError {
        let words = self.words();
        let mut error = ApiError::card(words.code, words.message);
        if let Some(decline_code) = words.decline_code {
            error = error.with("decline_code", decline_code);
        }
        if let Some(advice) = words.advice {
            error = error.with("advice_code", advice);
        }
        match words.param {
            Some(param) => error.param(param),
            None => error,
        }
    }
}
