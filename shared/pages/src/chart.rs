//! Days of a month as columns, with the limit as a line: whole numbers only, from zero.

use billing::month::Day;
use maud::{Markup, html};
use messages::Language;

const WIDTH: u64 = 720;
const HEIGHT: u64 = 190;
/// Room for the numbers at the left, and for the days below.
const LEFT: u64 = 64;
const BELOW: u64 = 22;
const ABOVE: u64 = 10;
/// Space between two columns.
const GAP: u64 = 2;
/// Columns of the longest month.
const COLUMNS: u64 = 31;

/// A chart of the days of a month.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// What is shown, for who cannot see it.
    pub title: &'a str,
    /// Name of the units.
    pub unit: &'a str,
    /// Each day with its quantity.
    pub days: &'a [(Day, u64)],
    /// Limit, drawn where it is within reach.
    pub limit: Option<u64>,
}

impl Chart<'_> {
    fn plot_height() -> u64 {
        HEIGHT.saturating_sub(BELOW).saturating_sub(ABOVE)
    }

    fn column_width() -> u64 {
        WIDTH.saturating_sub(LEFT).checked_div(COLUMNS).unwrap_or(1)
    }

    /// Top of the scale: the next round number, so that the tallest column keeps its head.
    fn scale(&self) -> u64 {
        let most = self.days.iter().map(|(_, used)| *used).max().unwrap_or(0);
        let near = self.limit.filter(|limit| *limit <= most.saturating_mul(3));
        round_up(most.max(near.unwrap_or(0)).max(1))
    }

    fn height(quantity: u64, scale: u64) -> u64 {
        let tall = u128::from(quantity).saturating_mul(u128::from(Self::plot_height()));
        let tall = u64::try_from(tall.checked_div(u128::from(scale)).unwrap_or(0)).unwrap_or(0);
        if quantity > 0 { tall.max(1) } else { 0 }
    }

    /// The chart.
    pub fn shown(&self, say: Language) -> Markup {
        let scale = self.scale();
        let bottom = HEIGHT.saturating_sub(BELOW);
        let limit = self.limit.filter(|limit| *limit <= scale);
        html! {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(self.title) {
                @for (quantity, y) in [(scale, ABOVE), (scale.div_euclid(2), middle()), (0, bottom)]
                    {
                    line.axis x1=(LEFT) y1=(y) x2=(WIDTH) y2=(y) {}
                    text x=(LEFT.saturating_sub(8)) y=(y.saturating_add(4)) text-anchor="end" {
                        (say.number(quantity)) }
                }
                @for (place, (day, used)) in (0_u64..).zip(self.days) {
                    (self.column(say, (place, *day, *used), scale))
                }
                @if let Some(limit) = limit {
                    @let y = bottom.saturating_sub(Self::height(limit, scale));
                    line.limit x1=(LEFT) y1=(y) x2=(WIDTH) y2=(y) { title { "Limit: "
                        (say.number(limit)) } }
                }
            }
        }
    }

    fn column(&self, say: Language, (place, day, used): (u64, Day, u64), scale: u64) -> Markup {
        let width = Self::column_width();
        let x = LEFT.saturating_add(place.saturating_mul(width));
        let tall = Self::height(used, scale);
        let y = HEIGHT.saturating_sub(BELOW).saturating_sub(tall);
        let number = place.saturating_add(1);
        html! {
            @if tall > 0 {
                rect.day x=(x) y=(y) width=(width.saturating_sub(GAP)) height=(tall) {
                    title { (say.day(day)) ": " (say.number(used)) " " (self.unit) }
                }
            }
            @if number == 1 || number.is_multiple_of(5) {
                text x=(x.saturating_add(width.div_euclid(2))) y=(HEIGHT.saturating_sub(6))
                    text-anchor="middle" { (number) }
            }
        }
    }
}

fn middle() -> u64 {
    ABOVE.saturating_add(Chart::plot_height().div_euclid(2))
}

/// The next number of the form 1, 2, 4, 5 or 8 times a power of ten, at least 2.
fn round_up(most: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for step in [1, 2, 4, 5, 8] {
            let round = power.saturating_mul(step);
            if round >= most.max(2) {
                return round;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_round_and_above_all() {
        for (most, round) in
            [(1, 2), (3, 4), (6, 8), (9, 10), (41, 50), (810, 1_000), (8_000, 8_000)]
        {
            assert_eq!(round_up(most), round, "{most}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX, "the largest number ends the search");
    }

    /// Goal: a day with little use is seen, and one without any is not drawn.
    #[test]
    fn small_days_are_seen() {
        let days: Vec<(Day, u64)> = ["2026-11-01", "2026-11-02", "2026-11-03"]
            .iter()
            .zip([1_000_000, 1, 0])
            .map(|(day, used)| (Day::parse(day).unwrap(), used))
            .collect();
        let chart =
            Chart { title: "Sessions", unit: "sessions", days: &days, limit: Some(900_000) };
        let html = chart.shown(Language::English).into_string();
        assert_eq!(html.matches("class=\"day\"").count(), 2);
        assert!(html.contains("2 November: 1 sessions"), "{html}");
        assert!(html.contains("Limit: 900,000"), "{html}");
    }
}
