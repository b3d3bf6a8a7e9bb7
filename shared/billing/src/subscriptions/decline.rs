//! Codes of refused payments, as far as the payer is told them.

/// Codes that are shown as they are. Any other is shown as `card_declined`: what a bank thinks of a
/// card, such as that it was stolen, is not for its holder.
const CODES: [&str; 11] = [
    AUTHENTICATION,
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "insufficient_funds",
    "invalid_account",
    NO_METHOD,
    "processing_error",
    "try_again_later",
];
/// The payment needs its payer.
const AUTHENTICATION: &str = "authentication_required";
/// Nothing is on file.
const NO_METHOD: &str = "payment_method_required";

/// A payment that the bank refused, or that needs authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// The payer has to authenticate it.
    NeedsAction,
    /// No payment was tried, because nothing is on file.
    Untried,
    /// Stripe's or the bank's code.
    Code(&'a str),
}

/// Code that the payer is shown.
pub fn shown(refusal: Refusal<'_>) -> &'static str {
    let code = match refusal {
        Refusal::NeedsAction => AUTHENTICATION,
        Refusal::Untried => NO_METHOD,
        Refusal::Code(code) => code,
    };
    CODES.into_iter().find(|known| *known == code).unwrap_or("card_declined")
}

/// True for a code of Stripe that asks the payer to authenticate.
pub fn asks_for_action(code: &str) -> bool {
    code.ends_with("requires_action") || code == AUTHENTICATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bank_thinks_of_a_card_is_not_shown() {
        for code in ["stolen_card", "lost_card", "pickup_card", "fraudulent", "do_not_honor", ""] {
            assert_eq!(shown(Refusal::Code(code)), "card_declined", "{code}");
        }
    }

    #[test]
    fn what_the_payer_can_mend_is_shown() {
        for code in CODES {
            assert_eq!(shown(Refusal::Code(code)), code);
        }
        assert_eq!(shown(Refusal::NeedsAction), "authentication_required");
        assert_eq!(shown(Refusal::Untried), "payment_method_required");
    }

    #[test]
    fn a_code_that_asks_for_authentication_is_known() {
        let asks = ["authentication_required", "subscription_payment_intent_requires_action"];
        assert!(asks.iter().all(|code| asks_for_action(code)));
        assert!(!asks_for_action("insufficient_funds"));
    }
}
