//! An announcement of another price by staff (C2): what may be announced, and withdrawn again.

use crate::money::{Currency, Money};
use crate::price_change::{NOTICE_SECONDS, PriceChange, Stage, in_force};
use crate::time::{DAY_SECONDS, NotATime, Timestamp};

/// How far ahead a change may be, in seconds: two years.
pub const AHEAD_SECONDS_MAX: i64 = 730 * DAY_SECONDS;

/// A price of the catalog, and the highest amount that a price may have, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogPrice {
    /// The lookup key.
    pub lookup_key: String,
    /// The catalog's amount.
    pub amount: Money,
    /// The highest amount.
    pub amount_max: i64,
}

/// An amount as staff write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAmount {
    /// Minor units.
    pub amount: i64,
    /// The currency; none for that of the price.
    pub currency: Option<String>,
}

/// A change that staff ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedChange {
    /// The new amount; none where the request has something else there.
    pub amount: Option<GivenAmount>,
    /// The moment from which on new subscriptions pay it.
    pub effective_at: Result<Timestamp, NotATime>,
}

/// A change that may be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// The same change is announced already.
    Known(PriceChange),
    /// A new one.
    New {
        /// The amount until then.
        from: Money,
        /// The amount from then on.
        to: Money,
        /// The moment.
        effective_at: Timestamp,
    },
}

/// A field of an announcement that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongAnnouncement {
    /// No plan has a price with that lookup key.
    UnknownPrice,
    /// Another change of the price, of this id, is announced and not in force yet.
    ChangeIsOpen(String),
    /// The text is no time.
    NotATime(NotATime),
    /// The notice is too short.
    TooSoon,
    /// The moment is too far ahead.
    TooFarAhead,
    /// There is no amount.
    NoAmount,
    /// The price is in this currency.
    OtherCurrency(Currency),
    /// The amount is not from 0 to this one.
    OutOfRange(i64),
    /// The price has this amount already.
    SameAmount,
}

/// Reason why a price change is not announced or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceChangeRefusal {
    /// Fields are wrong.
    #[error("fields of the announcement are wrong: {0:?}")]
    Wrong(Vec<WrongAnnouncement>),
    /// The Idempotency-Key was used with another body.
    #[error("the Idempotency-Key was used with another body")]
    IdempotencyKeyReused,
    /// There is no such change.
    #[error("there is no such price change")]
    Unknown,
    /// The change of this price is in force, or nearly.
    #[error("the change of {0} takes effect now, or has")]
    InForce(String),
}

impl WrongAnnouncement {
    /// The field, in the API's words.
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownPrice | Self::ChangeIsOpen(_) => "price",
            Self::NotATime(_) | Self::TooSoon | Self::TooFarAhead => "effective_at",
            Self::NoAmount | Self::OtherCurrency(_) | Self::OutOfRange(_) | Self::SameAmount => {
                "new_amount"
            }
        }
    }
}

impl PriceChange {
    /// The change, withdrawn; as it is if it was withdrawn before.
    ///
    /// # Errors
    /// It is in force, or nearly.
    pub fn withdrawn(&self, now: Timestamp) -> Result<Self, PriceChangeRefusal> {
        match self.stage {
            Stage::Withdrawn { .. } => Ok(self.clone()),
            Stage::Announced if self.can_be_withdrawn(now) => {
                Ok(Self { stage: Stage::Withdrawn { at: now }, ..self.clone() })
            }
            Stage::Announced | Stage::InForce => {
                Err(PriceChangeRefusal::InForce(self.price.clone()))
            }
        }
    }
}

/// The announcement that a request makes, by all changes so far. `price` is the catalog's, none
/// where it has no such price.
///
/// # Errors
/// Every field that is wrong.
pub fn announcement(
    asked: &AskedChange,
    price: Option<&CatalogPrice>,
    changes: &[PriceChange],
    now: Timestamp,
) -> Result<Announcement, Vec<WrongAnnouncement>> {
    let Some(price) = price else {
        let mut wrong = vec![WrongAnnouncement::UnknownPrice];
        wrong.extend(effective_at(&asked.effective_at, now).err());
        return Err(wrong);
    };

    let from = in_force(price.amount, &price.lookup_key, changes, now);
    let to = amount(asked.amount.as_ref(), from, price.amount_max);
    let is_open = |it: &&PriceChange| it.price == price.lookup_key && it.stage == Stage::Announced;
    let open = changes.iter().find(is_open);

    // The same again is known also when the notice would be too short by now.
    if let Some(open) = open
        && to == Ok(open.to)
        && asked.effective_at == Ok(open.effective_at)
    {
        return Ok(Announcement::Known(open.clone()));
    }

    match (open, to, effective_at(&asked.effective_at, now)) {
        (None, Ok(to), Ok(effective_at)) if to != from => {
            Ok(Announcement::New { from, to, effective_at })
        }
        (open, to, effective_at) => {
            let open = open.map(|open| WrongAnnouncement::ChangeIsOpen(open.id.clone()));
            let same = (to == Ok(from)).then_some(WrongAnnouncement::SameAmount);
            let wrong = effective_at.err().into_iter().chain(to.err().into_iter().flatten());
            Err(wrong.chain(open).chain(same).collect())
        }
    }
}

fn effective_at(
    asked: &Result<Timestamp, NotATime>,
    now: Timestamp,
) -> Result<Timestamp, WrongAnnouncement> {
    let at = asked.clone().map_err(WrongAnnouncement::NotATime)?;
    if at < now.plus_seconds(NOTICE_SECONDS) {
        Err(WrongAnnouncement::TooSoon)
    } else if now.plus_seconds(AHEAD_SECONDS_MAX) < at {
        Err(WrongAnnouncement::TooFarAhead)
    } else {
        Ok(at)
    }
}

fn amount(
    given: Option<&GivenAmount>,
    from: Money,
    amount_max: i64,
) -> Result<Money, Vec<WrongAnnouncement>> {
    let given = given.ok_or_else(|| vec![WrongAnnouncement::NoAmount])?;
    let same = given.currency.as_deref().is_none_or(|it| it == from.currency.as_str());
    let fits = (0..=amount_max).contains(&given.amount);

    let other = (!same).then_some(WrongAnnouncement::OtherCurrency(from.currency));
    let range = (!fits).then_some(WrongAnnouncement::OutOfRange(amount_max));
    let wrong: Vec<_> = other.into_iter().chain(range).collect();
    if wrong.is_empty() { Ok(Money::new(given.amount, from.currency)) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Interval, Part};

    const NOW: Timestamp = Timestamp(1_795_338_000);
    const PRICE: &str = "tollgate_team_month";

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::parse("usd").unwrap())
    }

    fn price() -> CatalogPrice {
        CatalogPrice { lookup_key: PRICE.to_owned(), amount: usd(900), amount_max: 99_999_999 }
    }

    fn asked(amount: i64, currency: Option<&str>, seconds: i64) -> AskedChange {
        let currency = currency.map(str::to_owned);
        let amount = Some(GivenAmount { amount, currency });
        AskedChange { amount, effective_at: Ok(NOW.plus_seconds(seconds)) }
    }

    fn open(to: i64, effective_at: Timestamp) -> PriceChange {
        PriceChange {
            version: 1,
            id: "pc_1".to_owned(),
            price: PRICE.to_owned(),
            plan: "team".to_owned(),
            interval: Interval::Month,
            part: Part::Plan,
            from: usd(900),
            to: usd(to),
            effective_at,
            announced_at: NOW,
            stage: Stage::Announced,
            prices: None,
        }
    }

    /// Goal: a price changes with 30 days' notice, to another amount in its own currency.
    #[test]
    fn every_wrong_field_is_told() {
        use WrongAnnouncement::{OtherCurrency, OutOfRange, SameAmount, TooFarAhead, TooSoon};
        let usd_is = usd(0).currency;
        let cases = [
            (asked(1_000, None, NOTICE_SECONDS - 1), vec![TooSoon]),
            (asked(1_000, None, AHEAD_SECONDS_MAX + 1), vec![TooFarAhead]),
            (asked(1_000, Some("eur"), NOTICE_SECONDS), vec![OtherCurrency(usd_is)]),
            (asked(-1, None, NOTICE_SECONDS), vec![OutOfRange(99_999_999)]),
            (asked(900, Some("usd"), NOTICE_SECONDS), vec![SameAmount]),
            (asked(900, None, 0), vec![TooSoon, SameAmount]),
        ];
        for (asked, wrong) in cases {
            let announced = announcement(&asked, Some(&price()), &[], NOW);
            assert_eq!(announced, Err(wrong), "{asked:?}");
        }
        let unknown = announcement(&asked(1_000, None, 0), None, &[], NOW);
        assert_eq!(unknown, Err(vec![WrongAnnouncement::UnknownPrice, TooSoon]));
        let fine = announcement(&asked(1_000, None, NOTICE_SECONDS), Some(&price()), &[], NOW);
        assert!(matches!(fine, Ok(Announcement::New { .. })), "{fine:?}");
    }

    /// Goal: a change is withdrawn until it is nearly in force, and stays withdrawn.
    #[test]
    fn a_change_is_withdrawn_before_it_is_in_force() {
        let at = NOW.plus_seconds(NOTICE_SECONDS);
        let announced = open(1_000, at);
        let in_force = PriceChange { stage: Stage::InForce, ..announced.clone() };
        let refused = Err(PriceChangeRefusal::InForce(PRICE.to_owned()));

        let withdrawn = announced.withdrawn(NOW).unwrap();

        assert_eq!(withdrawn.stage, Stage::Withdrawn { at: NOW });
        assert_eq!(withdrawn.withdrawn(at), Ok(withdrawn.clone()));
        assert_eq!(announced.withdrawn(at), refused);
        assert_eq!(in_force.withdrawn(NOW), refused);
    }

    /// Goal: a price has one open change; the same announcement again is that one.
    #[test]
    fn a_price_has_one_open_change() {
        let at = NOW.plus_seconds(NOTICE_SECONDS);
        let changes = [open(1_000, at)];
        let again =
            announcement(&asked(1_000, None, NOTICE_SECONDS), Some(&price()), &changes, NOW);
        let later = announcement(
            &asked(1_000, None, NOTICE_SECONDS),
            Some(&price()),
            &changes,
            NOW.plus_seconds(DAY_SECONDS),
        );
        let other =
            announcement(&asked(1_100, None, NOTICE_SECONDS), Some(&price()), &changes, NOW);

        assert_eq!(again, Ok(Announcement::Known(open(1_000, at))));
        assert_eq!(later, again, "the notice would be too short by now");
        let is_open = WrongAnnouncement::ChangeIsOpen("pc_1".to_owned());
        assert_eq!(other, Err(vec![is_open]));
    }
}
