//! One price for all, shared to the last minor unit, in the lines that Stripe takes.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows stops there")]

use proptest::prelude::*;
use proptest::test_runner::Config;
use rust_decimal::Decimal;

use super::*;
use crate::money::Currency;
use crate::overage::{self, Overage, Tier};
use crate::usage::{Beyond, Kind};

fn november() -> Month {
    Month::parse("2026-11").unwrap()
}

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn usd() -> Currency {
    Currency::parse("usd").unwrap()
}

fn allowance(resource: &str, included: u64, tiers: &[(Option<u64>, &str)]) -> Allowance {
    let tiers = tiers.iter().map(|(up_to, price)| Tier {
        up_to: *up_to,
        unit_amount: Decimal::from_str_exact(price).unwrap(),
    });
    Allowance {
        resource: resource.to_owned(),
        name: format!("{}{}", resource[..1].to_uppercase(), &resource[1..]),
        unit: String::new(),
        kind: Kind::Sum,
        included: Some(included),
        beyond: Beyond::Counted,
        overage: Some(Overage { currency: usd(), tiers: tiers.collect() }),
    }
}

fn account(name: &str, units: &[(&str, u64)]) -> AccountUsage {
    let sums = units.iter().map(|(resource, units)| ((*resource).to_owned(), *units)).collect();
    AccountUsage {
        account: id(&name.to_lowercase()),
        name: name.to_owned(),
        usage: Usage { sums, ..Usage::default() },
    }
}

fn priced(allowances: &[Allowance], accounts: &[AccountUsage]) -> Vec<Line> {
    lines((&id("group"), november()), allowances, accounts).unwrap()
}

/// Goal: included units and tiers apply to the sum, and each account's line is its share of that
/// price, in words that a person understands.
#[test]
fn accounts_share_one_price() {
    // 1,500 + 600 + 0 sessions: 1,100 beyond 1,000, of which 1,000 cost 2 cents and 100 one.
    let sessions = allowance("sessions", 1_000, &[(Some(1_000), "2"), (None, "1")]);
    let events = allowance("events", 0, &[(None, "0.5")]);
    let accounts = [
        account("South", &[("sessions", 600)]),
        account("North", &[("sessions", 1_500), ("events", 7)]),
        account("West", &[("sessions", 0)]),
    ];

    let lines = priced(&[sessions, events], &accounts);

    let told: Vec<_> =
        lines.iter().map(|line| (line.key(), &*line.description, line.amount.amount)).collect();
    let north =
        "North (north): Sessions in November 2026: 1,500 of 2,100, 1,100 beyond 1,000 included";
    let south =
        "South (south): Sessions in November 2026: 600 of 2,100, 1,100 beyond 1,000 included";
    let expected = [
        ("sessions@north".to_owned(), north, 1_500),
        ("events@north".to_owned(), "North (north): Events in November 2026: 7", 4),
        ("sessions@south".to_owned(), south, 600),
    ];
    assert_eq!(told, expected);
}

/// Goal: the payer's own usage has the line of any account, also beside those of sub-accounts.
#[test]
fn the_payer_itself_has_no_name_on_its_lines() {
    let sessions = allowance("sessions", 100, &[(None, "1")]);
    let own = account("Group", &[("sessions", 150)]);
    let as_ever =
        overage::lines(november(), std::slice::from_ref(&sessions), |it| own.usage.of(it));
    let alone = priced(std::slice::from_ref(&sessions), std::slice::from_ref(&own));
    assert_eq!(alone, as_ever.unwrap());

    let both = [account("North", &[("sessions", 50)]), own];
    let keys: Vec<_> = priced(&[sessions], &both).iter().map(Line::key).collect();
    assert_eq!(keys, ["sessions", "sessions@north"]);
}

/// Goal: an amount is shared by largest remainder: to the last cent, and by the order of ids where
/// remainders are equal.
#[test]
fn the_largest_remainders_take_what_is_left() {
    for (currency, amount, units, expected) in [
        ("usd", 100, &[1, 1, 1][..], &[34, 33, 33][..]),
        ("usd", 100, &[1, 2], &[33, 67]),
        ("usd", 1, &[5, 6, 0], &[0, 1, 0]),
        ("usd", 0, &[5, 6], &[0, 0]),
        ("usd", 7, &[0, 0, 9], &[0, 0, 7]),
        ("usd", i64::MAX, &[u64::MAX, u64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]),
        // Stripe takes whole crowns, and multiples of ten thousandths of a dinar.
        ("isk", 500, &[1, 1, 1], &[200, 200, 100]),
        ("kwd", 30, &[1, 1, 1, 1], &[10, 10, 10, 0]),
    ] {
        let amount = Money::new(amount, Currency::parse(currency).unwrap());
        let shares: Vec<i64> = apportion(amount, units).iter().map(|one| one.amount).collect();
        assert_eq!(shares, expected, "{amount} by {units:?}");
    }
}

/// Goal: a line for each account and resource at 250 lines, for each account at 251, and for each
/// resource behind 250 accounts; the total is the same.
#[test]
fn lines_collapse_at_stripes_limit() {
    let many = |count: usize, events: u64| {
        let name = |nth: usize| format!("Shop-{nth:03}");
        let shop = |nth| account(&name(nth), &[("sessions", 10), ("events", events)]);
        (0..count).map(shop).collect::<Vec<_>>()
    };
    let both = [allowance("sessions", 0, &[(None, "1")]), allowance("events", 0, &[(None, "2")])];
    for (accounts, lines, first) in [
        (many(124, 5), 248, "sessions@shop-000"),
        (many(125, 5), 250, "sessions@shop-000"),
        (many(126, 5), 126, "usage@shop-000"),
        (many(249, 0), 249, "sessions@shop-000"),
        (many(250, 0), 250, "sessions@shop-000"),
        (many(251, 0), 1, "sessions"),
        (many(250, 5), 250, "usage@shop-000"),
        (many(251, 5), 2, "sessions"),
    ] {
        let found = priced(&both, &accounts);

        assert_eq!((found.len(), &*found[0].key()), (lines, first), "{} accounts", accounts.len());
        let sum = |resource| accounts.iter().map(|one| one.usage.sum(resource)).sum::<u64>();
        let total = i64::try_from(sum("sessions") + 2 * sum("events")).unwrap();
        assert_eq!(overage::total(&found).unwrap().unwrap().amount, total);
    }
    let collapsed = priced(&both, &many(126, 5));
    assert_eq!(collapsed[0].description, "Shop-000 (shop-000): Usage in November 2026");
    assert_eq!(collapsed[0].amount.amount, 20);
}

/// Goal: what there is no room for is refused.
#[test]
fn what_is_too_large_is_refused() {
    let accounts = [account("A", &[("sessions", u64::MAX)]), account("B", &[("sessions", 1)])];
    let sessions = allowance("sessions", 0, &[(None, "0.000001")]);
    assert_eq!(lines((&id("group"), november()), &[sessions], &accounts), Err(TooLarge));
}

fn random_accounts() -> impl Strategy<Value = Vec<AccountUsage>> {
    proptest::collection::vec((0..3_u64, 0..5_000_u64), 1..300).prop_map(|used| {
        let one = |(nth, (events, sessions)): (usize, (u64, u64))| {
            let units =
                [("sessions", sessions * u64::try_from(nth % 3).unwrap()), ("events", events)];
            account(&format!("Shop-{nth}"), &units)
        };
        used.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    /// Goal: shares add up to the amount, and each is within a step of its exact share.
    #[test]
    fn shares_add_up(amount in 0..i64::MAX, units in proptest::collection::vec(any::<u64>(), 1..40)) {
        let shares = apportion(Money::new(amount, usd()), &units);
        let all: u128 = units.iter().map(|units| u128::from(*units)).sum();
        prop_assume!(all > 0);

        prop_assert_eq!(shares.iter().map(|one| i128::from(one.amount)).sum::<i128>(), amount.into());
        for (share, units) in shares.iter().zip(&units) {
            let whole = u128::from(amount.unsigned_abs()) * u128::from(*units) / all;
            let whole = i64::try_from(whole).unwrap();
            prop_assert!(share.amount == whole || share.amount == whole + 1);
        }
    }

    /// Goal: whatever the number of lines, they come to what the sum of the usage costs by the
    /// shared tiers, whatever the order of the accounts.
    #[test]
    fn the_total_is_the_price_of_the_sum(mut accounts in random_accounts(), included in 0..50_000_u64) {
        let allowances = [
            allowance("sessions", included, &[(Some(10_000), "0.37"), (None, "0.011")]),
            allowance("events", 0, &[(None, "1.5")]),
        ];
        let mut expected = 0;
        for allowance in &allowances {
            let sum: u64 = accounts.iter().map(|one| one.usage.sum(&allowance.resource)).sum();
            let beyond = sum.saturating_sub(allowance.included.unwrap());
            expected += allowance.overage.as_ref().unwrap().price(beyond).unwrap().amount;
        }

        let found = priced(&allowances, &accounts);
        accounts.reverse();

        prop_assert_eq!(found.iter().map(|line| line.amount.amount).sum::<i64>(), expected);
        prop_assert_eq!(&found, &priced(&allowances, &accounts), "the order does not matter");
        prop_assert!(found.len() <= LINES_MAX);
        prop_assert!(found.iter().all(|line| line.amount.amount > 0));
        let mut keys: Vec<String> = found.iter().map(Line::key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), found.len(), "each line has a key of its own");
    }
}
