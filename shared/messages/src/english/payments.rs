//! Sentences about payments of invoices.

use billing::attempt::NoAttempt;
use billing::paying::NotPayable;

use crate::wording::Wording;

/// The code of a decline, as `billing::decline::shown` has it.
pub(crate) fn declined(code: &str) -> String {
    let sentence = match code {
        "authentication_required" => "The bank wants the payment to be authenticated.",
        "card_not_supported" => "The card does not support this kind of payment.",
        "currency_not_supported" => "The card does not support this currency.",
        "expired_card" => "The card has expired.",
        "incorrect_cvc" => "The security code of the card is wrong.",
        "incorrect_number" => "The number of the card is wrong.",
        "insufficient_funds" => "There was not enough money on the card or account.",
        "invalid_account" => "The card, or the account behind it, cannot be charged.",
        "payment_method_required" => "There is no payment method on file.",
        "processing_error" => "The bank could not process the payment.",
        "try_again_later" => "The bank could not be reached.",
        _ => "The bank declined the payment.",
    };
    sentence.to_owned()
}

/// What a new payment method is used for (A11).
pub(crate) const NEW_METHOD: &str = "After a card is updated, every outstanding invoice is charged to \
    it automatically, once. This may take some time.";

/// Reason why Stripe makes no further attempt by itself, and the way to pay all the same.
pub(crate) fn no_attempt(reason: NoAttempt) -> Wording {
    let (detail, clears_by) = match reason {
        NoAttempt::Sent => ("The invoice was sent, and is not charged by itself.", PAYING),
        NoAttempt::InProgress => {
            ("A payment is in progress.", "Waiting: the bank reports its outcome within days.")
        }
        NoAttempt::GivenUp => ("Collection of the invoice has ended.", PAYING),
        NoAttempt::Stopped => ("The invoice is not charged by itself any more.", PAYING),
        NoAttempt::Refused => ("The bank refuses this payment method for good.", OTHER_METHOD),
        NoAttempt::IssuedInIndia => (
            "Cards that were issued in India are not charged again by themselves.",
            "Paying now with the card's owner present, or a year upfront by bank transfer.",
        ),
        NoAttempt::NeedsOwner => ("This payment method needs its owner for each payment.", PAYING),
        NoAttempt::NoMethod => ("There is no payment method on file.", OTHER_METHOD),
        NoAttempt::Exhausted => ("All planned attempts were made.", PAYING),
    };
    Wording { detail: detail.to_owned(), clears_by: clears_by.to_owned() }
}

/// Reason why nothing can be paid of an invoice, and what follows.
pub(crate) fn not_payable(why: NotPayable) -> Wording {
    let nothing = "Nothing: nothing is owed on it.";
    let (detail, clears_by) = match why {
        NotPayable::Draft => (
            "The invoice is still being prepared.",
            "Waiting: it can be paid once it is final, usually within an hour.",
        ),
        NotPayable::Paid => ("The invoice is paid.", nothing),
        NotPayable::ByBalance => (
            "Nothing is left to pay: the customer's balance took it over. An amount that is too \
             small to be charged goes to the next invoice so.",
            nothing,
        ),
        NotPayable::NothingDue => ("Nothing is due on this invoice.", nothing),
        NotPayable::Void => ("The invoice was withdrawn.", nothing),
        NotPayable::Foreign => (
            "The invoice is of another product, which collects it.",
            "Paying it on its page, `hosted_invoice_url`.",
        ),
    };
    Wording { detail: detail.to_owned(), clears_by: clears_by.to_owned() }
}

const PAYING: &str = "Paying the invoice.";
const OTHER_METHOD: &str = "Another payment method, or paying the invoice on its page.";
