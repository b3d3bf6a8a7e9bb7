//! What tiers come to, to the last decimal.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows stops there")]

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::usage::{Beyond, Kind};

fn overage(currency: &str, tiers: &[(Option<u64>, &str)]) -> Overage {
    let tiers = tiers.iter().map(|(up_to, amount)| Tier {
        up_to: *up_to,
        unit_amount: Decimal::from_str_exact(amount).unwrap(),
    });
    Overage { currency: Currency::parse(currency).unwrap(), tiers: tiers.collect() }
}

/// Goal: each tier prices the units that lie in it, to its last unit and not one further, and the
/// sum is rounded once, half up.
#[test]
fn tiers_are_graduated_and_rounded_once() {
    let team = [(Some(1_000_000), "0.05"), (None, "0.03")];
    let thirds = [(Some(1), "0.4"), (Some(2), "0.4"), (None, "0.4")];
    for (currency, tiers, units, expected) in [
        ("usd", &team[..], 0, 0),
        ("usd", &team[..], 9, 0),
        ("usd", &team[..], 10, 1),
        ("usd", &team[..], 29, 1),
        ("usd", &team[..], 30, 2),
        ("usd", &team[..], 1_000_000, 50_000),
        ("usd", &team[..], 1_000_016, 50_000),
        ("usd", &team[..], 1_000_017, 50_001),
        ("usd", &team[..], 3_000_000, 110_000),
        // Rounded tier by tier it would be nothing.
        ("usd", &thirds[..], 3, 1),
        ("usd", &[(None, "0.5")], 1, 1),
        ("usd", &[(None, "0.499999999999")], 1, 0),
        ("usd", &[(None, "0")], u64::MAX, 0),
        ("usd", &[(None, "0.000000000001")], 1_000_000_000_000, 1),
        // Stripe takes multiples of ten thousandths of a dinar, and whole krónur.
        ("kwd", &[(None, "1")], 5_124, 5_120),
        ("kwd", &[(None, "1")], 5_125, 5_130),
        ("isk", &[(None, "1")], 149, 100),
        ("jpy", &[(None, "0.5")], 3, 2),
    ] {
        let price = overage(currency, tiers).price(units).unwrap();
        assert_eq!(price.amount, expected, "{units} by {tiers:?}");
    }
}

/// Goal: what there is no room for is refused, never rounded or wrapped.
#[test]
fn what_is_too_large_is_refused() {
    assert_eq!(overage("usd", &[(None, "1")]).price(u64::MAX), Err(TooLarge));
    let fine = overage("usd", &[(None, "99999999.123456789012")]);
    assert_eq!(fine.price(u64::MAX), Err(TooLarge));
    assert_eq!(fine.price(1_000_000).unwrap().amount, 99_999_999_123_457);
}

fn allowance(resource: &str, included: Option<u64>, overage: Option<Overage>) -> Allowance {
    let (resource, name) = (resource.to_owned(), "Sessions".to_owned());
    let (kind, beyond) = (Kind::Sum, Beyond::Counted);
    Allowance { resource, name, unit: "session".to_owned(), kind, included, beyond, overage }
}

/// Goal: only what is priced and beyond the included is on the invoice, in words that a person
/// understands.
#[test]
fn a_line_says_what_it_is_for() {
    let cents = || Some(overage("usd", &[(None, "1")]));
    let allowances = [
        allowance("sessions", Some(100_000), cents()),
        allowance("free", Some(100_000), None),
        allowance("all", None, cents()),
        allowance("little", Some(200_000), cents()),
        allowance("cheap", Some(0), Some(overage("usd", &[(None, "0.000001")]))),
        allowance("each", Some(0), cents()),
    ];
    let month = Month::parse("2026-11").unwrap();
    let lines = lines(month, &allowances, |_| 101_234).unwrap();
    let told: Vec<_> = lines.iter().map(|line| (&*line.description, line.amount.amount)).collect();
    let expected = [
        ("Sessions in November 2026: 1,234 beyond 100,000 included, at 0.01 USD", 1_234),
        ("Sessions in November 2026: 101,234, at 0.01 USD", 101_234),
    ];
    assert_eq!(told, expected);
    assert_eq!(total(&lines).unwrap().unwrap().amount, 102_468);
    assert_eq!(total(&[]), Ok(None));
    assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
}

/// Goal: a line says the rate of its units, and of each tier that they reach.
#[test]
fn a_line_says_the_rate_of_its_units() {
    let tiers: &[(Option<u64>, &str)] = &[(Some(1_000), "0.05"), (None, "12.5")];
    let steps = overage("usd", tiers);
    for (overage, units, rate, each) in [
        (overage("usd", &[(None, "1")]), 5, "at 0.01 USD", Some("1")),
        (overage("usd", &[(None, "250")]), 5, "at 2.50 USD", Some("250")),
        (overage("jpy", &[(None, "0.5")]), 5, "at 0.5 JPY", Some("0.5")),
        (steps.clone(), 1_000, "at 0.0005 USD", Some("0.05")),
        (steps, 3_000, "1,000 at 0.0005 USD and 2,000 at 0.125 USD", None),
    ] {
        let found = overage.unit_price(units).map(|each| each.to_string());
        assert_eq!((overage.rates(units).as_str(), found.as_deref()), (rate, each));
    }
}

/// Tiers with growing ends, prices with up to twelve decimals.
fn random_tiers() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((1..10_000_u64, 0..50_000_000_000_000_u64), 1..6)
}

fn of(random: &[(u64, u64)]) -> Overage {
    let mut end = 0;
    let last = random.len() - 1;
    let tiers = random.iter().enumerate().map(|(nth, (length, pico))| {
        end += length;
        let unit_amount = Decimal::from_i128_with_scale(i128::from(*pico), 12);
        Tier { up_to: (nth < last).then_some(end), unit_amount }
    });
    Overage { currency: Currency::parse("usd").unwrap(), tiers: tiers.collect() }
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: the price is the sum over the units one by one, in whole numbers, rounded half up at
    /// the end.
    #[test]
    fn the_price_is_the_sum_over_all_units(random in random_tiers(), units in 0..60_000_u64) {
        let (mut pico, mut left) = (0_i128, units);
        for (nth, (length, price)) in random.iter().enumerate() {
            let within = if nth + 1 == random.len() { left } else { left.min(*length) };
            pico += i128::from(within) * i128::from(*price);
            left -= within;
        }
        let expected = (pico + 500_000_000_000).div_euclid(1_000_000_000_000);
        prop_assert_eq!(i128::from(of(&random).price(units).unwrap().amount), expected);
    }

    /// Goal: more use never costs less.
    #[test]
    fn more_never_costs_less(random in random_tiers(), one in 0..60_000_u64, more in 0..60_000_u64) {
        let overage = of(&random);
        prop_assert!(overage.price(one).unwrap().amount <= overage.price(one + more).unwrap().amount);
    }
}
