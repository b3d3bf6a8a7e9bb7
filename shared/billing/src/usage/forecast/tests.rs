//! Forecasts against months of many shapes.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows stops there")]

use super::*;

const MARCH: &str = "2026-03-01T00:00:00Z";

/// A source of chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// About a mean, like a day of many small requests: the mean of three even throws.
    fn around(&mut self, mean: u64, percent: u64) -> u64 {
        let reach = mean * percent / 100;
        let throw = (0..3).map(|_| self.between(0, 2 * reach)).sum::<u64>() / 3;
        (mean + throw).saturating_sub(reach)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Steady,
    Weekly,
    Growing,
    Shrinking,
    Step,
    Bursts,
    New,
    Wandering,
}

const SHAPES: [Shape; 8] = [
    Shape::Steady,
    Shape::Weekly,
    Shape::Growing,
    Shape::Shrinking,
    Shape::Step,
    Shape::Bursts,
    Shape::New,
    Shape::Wandering,
];

/// Daily usage of February and March.
fn months(shape: Shape, chance: &mut Chance) -> Vec<u64> {
    let mut mean = 10_u64.pow(u32::try_from(chance.between(2, 7)).unwrap());
    let noise = chance.between(20, 80);
    let begins = chance.between(20, 40);
    let (step, factor) = (chance.between(0, 58), chance.between(50, 200));
    let growth = chance.between(2, 20);
    let day = |day: u64| {
        match shape {
            Shape::Growing => mean += mean * growth / 1_000,
            Shape::Shrinking => mean -= mean * growth / 1_500,
            Shape::Wandering => mean = mean * chance.between(92, 109) / 100,
            Shape::Step if day == step => mean = mean * factor / 100,
            Shape::Step | Shape::Steady | Shape::Weekly | Shape::Bursts | Shape::New => {}
        }
        match shape {
            Shape::Weekly if day % 7 >= 5 => chance.around(mean / 4, noise),
            Shape::Bursts if chance.between(0, 9) == 0 => chance.around(mean * 3, noise),
            Shape::New if day < begins => 0,
            Shape::Weekly
            | Shape::Bursts
            | Shape::New
            | Shape::Steady
            | Shape::Growing
            | Shape::Shrinking
            | Shape::Step
            | Shape::Wandering => chance.around(mean, noise),
        }
    };
    (0..59).map(day).collect()
}

/// True if a forecast held, and how wide it was, in thousandths of what was used.
fn tried(shape: Shape, seed: u64) -> Option<(bool, u64)> {
    let mut chance = Chance(seed);
    let all = months(shape, &mut chance);
    let march = Timestamp::parse(MARCH).unwrap();
    let february = march.plus_seconds(-28 * DAY_SECONDS);
    let seconds = chance.between(2 * 86_400, 30 * 86_400).cast_signed();
    let now = march.plus_seconds(seconds);

    let today = usize::try_from(28 + seconds / DAY_SECONDS).unwrap();
    let so_far = all[today] * (seconds % DAY_SECONDS).cast_unsigned() / 86_400;
    let used = all[28..today].iter().sum::<u64>() + so_far;
    let day = |at: usize| Day::of(february.plus_seconds(i64::try_from(at).unwrap() * DAY_SECONDS));
    let days = (0..today).map(|at| (day(at), all[at])).chain([(day(today), so_far)]).collect();

    let forecast = sum(&days, used, Horizon::of(now).unwrap())?;
    assert!(used <= forecast.lower && forecast.lower <= forecast.expected);
    assert!(forecast.expected <= forecast.upper);
    let total: u64 = all[28..].iter().sum();
    let width = (forecast.upper - forecast.lower) * 1_000 / total.max(1);
    Some(((forecast.lower..=forecast.upper).contains(&total), width))
}

/// Goal: about nine months in ten end within the bounds, for every shape of usage at least eight,
/// and the bounds are near enough to be of use: the median is within 40 % of the usage itself.
#[test]
fn nine_months_in_ten_end_within_the_bounds() {
    let (mut held, mut all, mut widths) = (0, 0, Vec::new());
    for shape in SHAPES {
        let tries = (7_000..7_500).filter_map(|seed| tried(shape, seed));
        let (within, of_shape): (Vec<bool>, Vec<u64>) = tries.unzip();
        let count = within.iter().filter(|within| **within).count();
        println!("{shape:?}: {count} of {}", within.len());
        assert!(count * 10 >= within.len() * 8, "{shape:?}: {count} of {}", within.len());
        (held, all) = (held + count, all + within.len());
        widths.extend(of_shape);
    }
    widths.sort_unstable();
    let median = widths[widths.len() / 2];
    println!("{held} of {all}, median width {median} thousandths");
    assert!(held * 10 >= all * 9, "{held} of {all}");
    assert!(median <= 400, "{median}");
}

fn horizon(at: &str) -> Option<Horizon> {
    Horizon::of(Timestamp::parse(at).unwrap())
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// Goal: a forecast is made from the third day of a month on, when three days are known.
#[test]
fn too_little_is_no_forecast() {
    assert!(horizon("2026-03-02T23:59:59Z").is_none());
    let third = horizon("2026-03-03T00:00:00Z").unwrap();
    let two = [(day("2026-03-01"), 5), (day("2026-03-02"), 5)].into();
    assert_eq!(sum(&two, 10, third), None);
    let three = [(day("2026-02-28"), 5), (day("2026-03-01"), 5), (day("2026-03-02"), 5)].into();
    let forecast = sum(&three, 10, third).unwrap();
    assert_eq!(forecast.expected, 10 + 29 * 5);
    assert_eq!(sum(&BTreeMap::new(), 0, third), None);
}

/// Goal: the same every day goes on, and the end of the month leaves nothing to chance.
#[test]
fn what_is_steady_goes_on() {
    let start = Timestamp::parse("2026-02-01T00:00:00Z").unwrap();
    let days = (0..43).map(|at| (Day::of(start.plus_seconds(at * DAY_SECONDS)), 100));
    let days: BTreeMap<Day, u64> = days.collect();
    let forecast = sum(&days, 1_500, horizon("2026-03-16T12:00:00Z").unwrap()).unwrap();
    assert_eq!(forecast.expected, 1_500 + 1_550);
    let last = sum(&days, 3_100, horizon("2026-03-31T23:59:59Z").unwrap()).unwrap();
    assert!(last.lower >= 3_100 && last.upper <= 3_101, "{last:?}");
}

/// Goal: weekends count as weekends once two weeks are known.
#[test]
fn weekends_are_weekends() {
    // 2 March 2026 is a Monday.
    let start = Timestamp::parse("2026-02-16T00:00:00Z").unwrap();
    let days = (0..28).map(|at| {
        let used = if at % 7 >= 5 { 0 } else { 700 };
        (Day::of(start.plus_seconds(at * DAY_SECONDS)), used)
    });
    let days: BTreeMap<Day, u64> = days.collect();
    // Monday the 16th: 16 days are left, of which 4 lie on weekends.
    let forecast = sum(&days, 7_000, horizon("2026-03-16T00:00:00Z").unwrap()).unwrap();
    let ahead = forecast.expected - 7_000;
    assert!((8_000..=8_900).contains(&ahead), "{forecast:?}");
}

/// Goal: a gauge that nobody changes stays; one that grows goes on growing; none falls below zero.
#[test]
fn gauges_go_on_from_their_level() {
    let at = horizon("2026-03-11T00:00:00Z").unwrap();
    let steady = [(day("2026-02-20"), 40)].into();
    let same = UsageForecast { lower: 40, expected: 40, upper: 40 };
    assert_eq!(gauge(&steady, 40, at), Some(same));
    assert_eq!(gauge(&[(day("2026-03-11"), 40)].into(), 40, at), None);

    let growing = (1..=10).map(|n| (day(&format!("2026-03-{n:02}")), 100 + 2 * n)).collect();
    let forecast = gauge(&growing, 120, at).unwrap();
    assert!((158..=164).contains(&forecast.expected), "{forecast:?}");

    let falling = (1..=10).map(|n| (day(&format!("2026-03-{n:02}")), 110 - 10 * n)).collect();
    let forecast = gauge(&falling, 10, at).unwrap();
    assert_eq!(forecast.lower, 0, "{forecast:?}");
}

/// Goal: no count is too large for it.
#[test]
fn the_largest_counts_are_no_error() {
    let most = u64::MAX / 40;
    let days: BTreeMap<Day, u64> =
        (1..=20).map(|n| (day(&format!("2026-03-{n:02}")), most)).collect();
    let at = horizon("2026-03-21T00:00:00Z").unwrap();
    let forecast = sum(&days, most * 20, at).unwrap();
    assert!(forecast.expected > most * 30 && forecast.expected <= forecast.upper);
}

/// Goal: a limit that refuses is not passed by a forecast either.
#[test]
fn what_is_refused_is_not_forecast() {
    let days: BTreeMap<Day, Usage> = (1..=20)
        .map(|n| {
            let sums = [("calls".to_owned(), 10)].into();
            (day(&format!("2026-03-{n:02}")), Usage { sums, ..Usage::default() })
        })
        .collect();
    let allowance = |beyond| Allowance {
        resource: "calls".to_owned(),
        name: "Calls".to_owned(),
        unit: "call".to_owned(),
        kind: Kind::Sum,
        included: Some(250),
        beyond,
        overage: None,
    };
    let at = horizon("2026-03-21T00:00:00Z").unwrap();
    let of = |beyond| of_resource(&allowance(beyond), 200, &days, at).unwrap().expected;
    assert_eq!(of(Beyond::Counted), 310);
    assert_eq!(of(Beyond::Restricts), 310);
    assert_eq!(of(Beyond::Refused), 250);
}
