//! English: announcements of price changes.

use billing::announcement::{PriceChangeRefusal, WrongAnnouncement};

use super::key_reused;

/// Reason why a price change is not announced or withdrawn.
pub(crate) fn price_change_refused(refusal: &PriceChangeRefusal) -> String {
    match refusal {
        PriceChangeRefusal::Wrong(_) => {
            "The request names fields that cannot be accepted.".to_owned()
        }
        PriceChangeRefusal::IdempotencyKeyReused => key_reused(),
        PriceChangeRefusal::Unknown => "There is no such price change.".to_owned(),
        PriceChangeRefusal::InForce(price) => {
            format!("The change of {price} takes effect now, or has: announce another one.")
        }
    }
}

/// A field of a price change that is wrong.
pub(crate) fn wrong_announcement(wrong: &WrongAnnouncement) -> String {
    match wrong {
        WrongAnnouncement::UnknownPrice => {
            "The lookup key of a plan's price is expected, such as `tollgate_team_month`."
                .to_owned()
        }
        WrongAnnouncement::ChangeIsOpen(id) => {
            format!("{id} of this price did not take effect yet: withdraw it first.")
        }
        WrongAnnouncement::NotATime(error) => error.to_string(),
        WrongAnnouncement::TooSoon => "A price changes with at least 30 days' notice.".to_owned(),
        WrongAnnouncement::TooFarAhead => "At most two years ahead are expected.".to_owned(),
        WrongAnnouncement::NoAmount => {
            "A whole number of minor units is expected, or money with `amount` and `currency`."
                .to_owned()
        }
        WrongAnnouncement::OtherCurrency(currency) => format!("The price is in {currency}."),
        WrongAnnouncement::OutOfRange(most) => format!("0 to {most} minor units are expected."),
        WrongAnnouncement::SameAmount => "The price has this amount already.".to_owned(),
    }
}
