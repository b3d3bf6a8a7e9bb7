//! Bank accounts that are debited days later, in the test version minutes
//! (docs.stripe.com/payments/sepa-debit/accept-a-payment,
//! docs.stripe.com/payments/ach-direct-debit).

use serde::{Deserialize, Serialize};

use super::Decline;

/// Seconds after which a plain test debit has its outcome.
const SOON_SECONDS: i64 = 3;
/// Seconds after which a delayed test debit has its outcome.
const DELAYED_SECONDS: i64 = 180;

/// What becomes of a debit, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debit {
    /// Seconds until it has its outcome.
    pub after_seconds: i64,
    /// The outcome.
    pub outcome: DebitOutcome,
}

/// What becomes of a debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DebitOutcome {
    /// The money comes.
    Succeeds,
    /// It does not.
    Fails(Decline),
    /// It comes, and the account's holder wants it back.
    IsDisputed,
}

const SUCCEEDS: Debit = Debit { after_seconds: SOON_SECONDS, outcome: DebitOutcome::Succeeds };
const SUCCEEDS_LATER: Debit = Debit { after_seconds: DELAYED_SECONDS, ..SUCCEEDS };
const FAILS: Debit = fails(Decline::DebitFailed);
const FAILS_LATER: Debit = Debit { after_seconds: DELAYED_SECONDS, ..FAILS };
const IS_DISPUTED: Debit = Debit { after_seconds: SOON_SECONDS, outcome: DebitOutcome::IsDisputed };

const fn fails(decline: Decline) -> Debit {
    Debit { after_seconds: SOON_SECONDS, outcome: DebitOutcome::Fails(decline) }
}

const IBANS: [(&str, Debit); 12] = [
    ("AT611904300234573201", SUCCEEDS),
    ("AT321904300235473204", SUCCEEDS_LATER),
    ("AT861904300235473202", FAILS),
    ("AT051904300235473205", FAILS_LATER),
    ("AT591904300235473203", IS_DISPUTED),
    ("DE89370400440532013000", SUCCEEDS),
    ("DE08370400440532013003", SUCCEEDS_LATER),
    ("DE62370400440532013001", FAILS),
    ("DE78370400440532013004", FAILS_LATER),
    ("DE35370400440532013002", IS_DISPUTED),
    ("FR1420041010050500013M02606", SUCCEEDS),
    ("NL39RABO0300065264", SUCCEEDS),
];

/// What a test IBAN does; none when it is not one.
pub fn by_iban(iban: &str) -> Option<Debit> {
    IBANS.iter().find(|(known, _)| *known == iban).map(|(_, debit)| *debit)
}

/// What a test account at an American bank does: its number and the debit, by what follows
/// `pm_usBankAccount_`.
pub fn by_us_name(name: &str) -> Option<(&'static str, Debit)> {
    match name {
        "success" => Some(("000123456789", SUCCEEDS)),
        "accountClosed" => Some(("000111111113", fails(Decline::AccountClosed))),
        "insufficientFunds" => Some(("000222222227", fails(Decline::DebitInsufficientFunds))),
        "dispute" => Some(("000666666661", IS_DISPUTED)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_ibans_have_the_check_digits_of_an_iban() {
        for (iban, _) in IBANS {
            let (head, tail) = iban.split_at(4);
            let digits = [tail, head].concat();
            let rest = digits.chars().fold(0_u32, |rest, letter| {
                let value = letter.to_digit(36).unwrap();
                (rest * if value > 9 { 100 } else { 10 } + value) % 97
            });
            assert_eq!(rest, 1, "{iban}");
        }
    }
}
