//! Forecast of a resource's usage at the end of the month, with a lower and an upper bound (G4).
//!
//! **Method.** The days before today count, four weeks at most, from the first on which anything
//! was used. A straight line is laid through them by weighted least squares, where a day of the
//! latest week weighs four times one of the fourth week; its slope is damped by its own
//! uncertainty. With two weeks known, each weekday has a factor of its own. What is left of the
//! month follows the line, and is added to what is used already.
//!
//! The bounds lie 1.65 standard deviations from it, so that about nine months in ten end between
//! them. Four variances add up: of the single days, of the line's level, of its slope, and of a
//! change of habits that nobody can foresee. It is an estimate, so it is computed in fixed point
//! and rounded; no amount of money is ever taken from it.

mod fixed;

use std::collections::BTreeMap;

use super::{Allowance, Beyond, Held, Kind, Usage, Used};
use crate::month::{Day, Month};
use crate::time::{DAY_SECONDS, Timestamp};
use fixed::Fixed;

/// Days before today that count at most: whole weeks.
pub const DAYS_MAX: usize = 28;
/// Days before today that must be known at least.
const DAYS_MIN: usize = 3;
/// Days from which on each weekday has a factor of its own.
const SEASON_DAYS: usize = 14;
const WEEK: usize = 7;
/// Values are brought to this size, so that small and large counts have the same precision.
const LARGEST: i128 = 1 << 30;

/// Usage at the end of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageForecast {
    /// Units that about 19 in 20 months exceed.
    pub lower: u64,
    /// Units that are expected.
    pub expected: u64,
    /// Units that about 1 in 20 months exceeds.
    pub upper: u64,
}

/// Where a forecast stands: at a moment of a month.
#[derive(Debug, Clone, Copy)]
pub struct Horizon {
    today: Day,
    /// Days until the end of the month, with the fraction of today.
    left: Fixed,
    /// Whole days behind today.
    days: usize,
    /// The fraction of today.
    fraction: Fixed,
}

impl Horizon {
    /// From a moment to the end of its month. None before the month's third day: too little of it
    /// is known.
    pub fn of(now: Timestamp) -> Option<Self> {
        let (month, today) = (Month::of(now), Day::of(now));
        let third = month.start().plus_seconds(DAY_SECONDS.saturating_mul(2));
        if now < third {
            return None;
        }
        let seconds_left = month.end().0.saturating_sub(now.0);
        let days = seconds_left.div_euclid(DAY_SECONDS);
        let fraction = seconds_left.rem_euclid(DAY_SECONDS);
        Some(Self {
            today,
            left: Fixed::ratio(seconds_left.into(), DAY_SECONDS.into()),
            days: usize::try_from(days).unwrap_or(0),
            fraction: Fixed::ratio(fraction.into(), DAY_SECONDS.into()),
        })
    }

    /// The first day whose usage counts.
    pub fn since(now: Timestamp) -> Day {
        let days = i64::try_from(DAYS_MAX).unwrap_or(0);
        let back = DAY_SECONDS.saturating_mul(days).saturating_neg();
        Day::of(Day::of(now).start().plus_seconds(back))
    }

    /// The same month as it is expected to stand at the end of a later day.
    #[must_use]
    pub fn until(self, day: Day) -> Self {
        let seconds = day.start().0.saturating_sub(self.today.start().0);
        let days = usize::try_from(seconds.div_euclid(DAY_SECONDS)).unwrap_or(0).min(self.days);
        let whole = Fixed::whole(i128::try_from(days).unwrap_or(0));
        Self { days, left: whole.plus(self.fraction), ..self }
    }

    /// Days behind today, up to the end of the month.
    pub fn days_ahead(self) -> impl Iterator<Item = Day> {
        let start = self.today.start();
        (0..=self.days).map(move |ahead| {
            let ahead = i64::try_from(ahead).unwrap_or(0);
            Day::of(start.plus_seconds(DAY_SECONDS.saturating_mul(ahead)))
        })
    }
}

/// What an account is expected to have used at the end of its month: at the lower bound of every
/// resource, as expected, and at the upper bounds. The bounds together are wider than nine months
/// in ten: it is unlikely that every resource ends at its own.
///
/// None when a resource that costs money is used, and too little of it is known.
pub fn expected(
    used: &Used,
    days: &BTreeMap<Day, Usage>,
    allowances: &[Allowance],
    horizon: Horizon,
) -> Option<[Used; 3]> {
    let mut all = [used.clone(), used.clone(), used.clone()];
    for allowance in allowances {
        let now = used.of(allowance);
        let Some(forecast) = of_resource(allowance, now, days, horizon) else {
            if now > 0 && allowance.overage.is_some() {
                return None;
            }
            continue;
        };
        let UsageForecast { lower, expected, upper } = forecast;
        for (used, units) in all.iter_mut().zip([lower, expected, upper]) {
            used.set(allowance, units, horizon.today.start());
        }
    }
    Some(all)
}

/// Forecasts a resource of which an account has used so much by now. A limit that refuses holds.
pub fn of_resource(
    allowance: &Allowance,
    used: u64,
    days: &BTreeMap<Day, Usage>,
    horizon: Horizon,
) -> Option<UsageForecast> {
    let resource = allowance.resource.as_str();
    let forecast = match allowance.kind {
        Kind::Sum => {
            let sums = days.iter().map(|(day, usage)| (*day, usage.sum(resource)));
            sum(&sums.collect(), used, horizon)
        }
        Kind::Gauge => {
            let level = |usage: &Usage| usage.held.get(resource).map(|held| held.level);
            let levels = days.iter().filter_map(|(day, usage)| Some((*day, level(usage)?)));
            gauge(&levels.collect(), used, horizon)
        }
    }?;
    let most = match allowance.beyond {
        Beyond::Refused => allowance.included.unwrap_or(u64::MAX).max(used),
        Beyond::Counted | Beyond::Restricts => u64::MAX,
    };
    let UsageForecast { lower, expected, upper } = forecast;
    let [lower, expected, upper] = [lower, expected, upper].map(|units| units.min(most));
    Some(UsageForecast { lower, expected, upper })
}

/// Forecasts a sum: `used` is what the month has so far, `days` what single days had.
///
/// None when fewer than three days before today are known.
pub fn sum(days: &BTreeMap<Day, u64>, used: u64, horizon: Horizon) -> Option<UsageForecast> {
    let daily = before(horizon.today, |day| days.get(&day).copied().unwrap_or(0).into());
    let line = Projection::of(&daily, Season::Weekdays)?;
    let (expected, width) = line.ahead(horizon);
    let used = i128::from(used);
    Some(UsageForecast {
        lower: units(used.saturating_add(expected.saturating_sub(width).max(0))),
        expected: units(used.saturating_add(expected.max(0))),
        upper: units(used.saturating_add(expected.saturating_add(width).max(0))),
    })
}

/// Forecasts the level of a gauge: `held` is the level now, `days` the levels at the ends of days
/// on which one was reported.
///
/// None when fewer than three days before today are known.
pub fn gauge(days: &BTreeMap<Day, u64>, held: u64, horizon: Horizon) -> Option<UsageForecast> {
    let mut level: Option<i128> = None;
    let daily = before(horizon.today, |day| {
        let Some(new) = days.get(&day).copied().map(i128::from) else { return 0 };
        let change = level.map_or(0, |level| new.saturating_sub(level));
        level = Some(new);
        change
    });
    let known = daily.iter().any(|change| *change != 0);
    if !known {
        let held_long = days.keys().next().is_some_and(|first| *first < horizon.today);
        let steady = UsageForecast { lower: held, expected: held, upper: held };
        return held_long.then_some(steady);
    }
    let line = Projection::of(&daily, Season::None)?;
    let (expected, width) = line.ahead(horizon);
    let expected = i128::from(held).saturating_add(expected);
    Some(UsageForecast {
        lower: units(expected.saturating_sub(width)),
        expected: units(expected),
        upper: units(expected.saturating_add(width)),
    })
}

impl Used {
    /// With another count of a resource, as of a moment.
    fn set(&mut self, allowance: &Allowance, units: u64, at: Timestamp) {
        let resource = allowance.resource.clone();
        match allowance.kind {
            Kind::Sum => drop(self.month.sums.insert(resource, units)),
            Kind::Gauge => drop(self.latest.held.insert(resource, Held { at, level: units })),
        }
    }
}

fn units(value: i128) -> u64 {
    u64::try_from(value.max(0)).unwrap_or(u64::MAX)
}

/// Values of the days before today, the oldest first, from the first that is not zero.
fn before(today: Day, mut value: impl FnMut(Day) -> i128) -> Vec<i128> {
    let start = today.start();
    let days = (1..=DAYS_MAX).rev().map(|back| {
        let seconds = DAY_SECONDS.saturating_mul(i64::try_from(back).unwrap_or(0));
        value(Day::of(start.plus_seconds(seconds.saturating_neg())))
    });
    days.skip_while(|value| *value == 0).collect()
}

/// Whether weekdays differ.
#[derive(Debug, Clone, Copy)]
enum Season {
    /// They may.
    Weekdays,
    /// They are alike.
    None,
}

/// A line through days, and how far they lie from it.
#[derive(Debug)]
struct Projection {
    /// What one is worth in units, as a ratio.
    scale: (i128, i128),
    /// Factor of each weekday, beginning with today's.
    factors: [Fixed; WEEK],
    /// Mean of the days without their factors.
    mean: Fixed,
    /// Where the mean lies, in days before yesterday: below zero.
    middle: Fixed,
    /// What a day has more than the day before it.
    slope: Fixed,
    /// Variance of a day around the line.
    noise: Fixed,
    /// Variance of a day around its weekday's mean.
    daily: Fixed,
    /// Variance of the slope.
    slope_noise: Fixed,
    /// Number of days.
    days: Fixed,
}

/// A day before today, and how much it weighs.
#[derive(Debug, Clone, Copy)]
struct Point {
    value: Fixed,
    weight: Fixed,
    /// Days since yesterday: at most zero.
    at: Fixed,
    /// Its weekday, counted from today's.
    weekday: usize,
}

impl Projection {
    fn of(daily: &[i128], season: Season) -> Option<Self> {
        if daily.len() < DAYS_MIN {
            return None;
        }
        let largest = daily.iter().map(|value| value.saturating_abs()).max().unwrap_or(1).max(1);
        let points = points(daily, largest);
        let days = Fixed::count(points.len());
        let all = points.iter().fold(Fixed::ZERO, |sum, point| sum.plus(point.weight));
        let mean_of = |value: &dyn Fn(&Point) -> Fixed| {
            let sum = points.iter().map(|point| value(point).times(point.weight));
            sum.fold(Fixed::ZERO, Fixed::plus).over(all)
        };

        let mean = mean_of(&|point| point.value);
        let has_season = matches!(season, Season::Weekdays) && points.len() >= SEASON_DAYS;
        let factors = if has_season { factors(&points, mean) } else { [Fixed::ONE; WEEK] };
        let factor = |point: &Point| factors.get(point.weekday).copied().unwrap_or(Fixed::ONE);
        let around = mean_of(&|point| point.value.minus(mean.times(factor(point))).squared());
        let taken = if has_season { 4 } else { 1 };

        let plain = |point: &Point| {
            let of_weekday = mean.times(factor(point)).minus(mean);
            point.value.minus(of_weekday)
        };
        let level = mean_of(&plain);
        let middle = mean_of(&|point| point.at);
        let spread = mean_of(&|point| point.at.minus(middle).squared());
        let together = mean_of(&|point| point.at.minus(middle).times(plain(point).minus(level)));
        let raw = together.over(spread);
        let off = |point: &Point| {
            let expected = level.plus(raw.times(point.at.minus(middle)));
            plain(point).minus(expected).squared()
        };
        let noise = mean_of(&off).times(days).over(Fixed::count(points.len().saturating_sub(2)));
        let slope_noise = noise.over(days).over(spread);
        let certain = raw.squared().over(raw.squared().plus(slope_noise.times(Fixed::whole(2))));

        let free = points.len().saturating_sub(taken).max(1);
        Some(Self {
            scale: (largest, LARGEST),
            factors,
            mean: level,
            middle,
            slope: raw.times(certain),
            noise,
            daily: around.times(days).over(Fixed::count(free)),
            slope_noise,
            days,
        })
    }

    /// What the days ahead are expected to add, and how much more or less it may be.
    fn ahead(&self, horizon: Horizon) -> (i128, i128) {
        let first = self.factors.first().copied().unwrap_or(Fixed::ONE);
        let later = self.factors.iter().cycle().skip(1).take(horizon.days).copied();
        let weight = later.fold(horizon.fraction.times(first), Fixed::plus);

        let half = horizon.left.over(Fixed::whole(2));
        let distance = half.minus(self.middle);
        let level = self.mean.plus(self.slope.times(distance));
        let expected = level.times(weight);

        let left = horizon.left;
        let single_days = self.daily.times(left);
        let of_level = self.noise.over(self.days).times(left.squared());
        let of_slope = self.slope_noise.times(Fixed::ratio(3, 2));
        let of_slope = of_slope.plus(self.slope.squared().over(Fixed::whole(10)));
        let of_slope = of_slope.times(left.times(distance).squared());
        let habits = left.over(Fixed::whole(20)).min(Fixed::ONE);
        let habits = habits.times(Fixed::ratio(3, 100));
        let of_habits = self.mean.times(left).squared().times(habits);

        let variance = single_days.plus(of_level).plus(of_slope).plus(of_habits);
        let width = variance.root().times(Fixed::ratio(165, 100));
        (expected.scaled(self.scale), width.scaled(self.scale))
    }
}

/// Days with their weights, brought to one size.
fn points(daily: &[i128], largest: i128) -> Vec<Point> {
    let last = daily.len().saturating_sub(1);
    let point = |(at, value): (usize, &i128)| {
        let back = last.saturating_sub(at);
        let weight = 4_usize.saturating_sub(back.div_euclid(WEEK)).max(1);
        // Yesterday is the sixth weekday from today's on, and a week ago today is today's own.
        let weekday = WEEK.saturating_sub(back.saturating_add(1).rem_euclid(WEEK));
        Point {
            value: Fixed::ratio(value.saturating_mul(LARGEST), largest),
            weight: Fixed::count(weight),
            at: Fixed::ZERO.minus(Fixed::count(back)),
            weekday: weekday.rem_euclid(WEEK),
        }
    };
    daily.iter().enumerate().map(point).collect()
}

/// How much of a mean day each weekday has, beginning with today's; drawn towards one where few
/// days are known.
fn factors(points: &[Point], mean: Fixed) -> [Fixed; WEEK] {
    let mut factors = [Fixed::ONE; WEEK];
    if mean <= Fixed::ZERO {
        return factors;
    }
    for (weekday, factor) in factors.iter_mut().enumerate() {
        let of_day = points.iter().filter(|point| point.weekday == weekday);
        let sum = of_day.fold((mean, Fixed::ONE), |(sum, weights), point| {
            (sum.plus(point.value.times(point.weight)), weights.plus(point.weight))
        });
        *factor = sum.0.over(sum.1).over(mean);
    }
    factors
}

#[cfg(test)]
mod tests;
