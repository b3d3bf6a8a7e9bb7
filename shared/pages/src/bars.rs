//! Usage of a resource as a bar: what is included, and what lies beyond it. Words say it, the
//! pattern shows it, and colour alone tells nothing.

use billing::usage::{Allowance, Beyond, Kind, Level};
use maud::{Markup, html};
use messages::Language;

/// Width of a bar in its own units.
const WIDTH: u64 = 1_000;
/// Narrowest part that can be seen.
const PART_MIN: u64 = 6;

/// Usage of a resource by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The plan's word on the resource.
    pub allowance: Allowance,
    /// Units used, or held.
    pub used: u64,
    /// True for the resource whose use beyond the included takes credits.
    pub takes_credits: bool,
}

/// Fill of the part of a bar that lies beyond what is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surplus {
    None,
    Credits,
    Billed,
    Over,
}

impl Bar {
    /// Units beyond what is included.
    fn beyond(&self) -> u64 {
        self.allowance.included.map_or(0, |included| self.used.saturating_sub(included))
    }

    fn surplus(&self) -> Surplus {
        if self.beyond() == 0 {
            Surplus::None
        } else if self.takes_credits {
            Surplus::Credits
        } else if self.allowance.overage.is_some() {
            Surplus::Billed
        } else {
            Surplus::Over
        }
    }

    /// Use in words: `8,200 of 10,000 sessions included`.
    pub fn words(&self, say: Language) -> String {
        let unit = units(&self.allowance.unit, self.used);
        let used = say.number(self.used);
        let Some(included) = self.allowance.included else {
            return format!("{used} {unit}, any number included");
        };
        let included = say.number(included);
        let beyond = say.number(self.beyond());
        match self.surplus() {
            Surplus::None => format!("{used} of {included} {unit} included"),
            Surplus::Credits => {
                format!("{used} {unit}: {included} included, {beyond} from credits")
            }
            Surplus::Billed => format!("{used} {unit}: {included} included, {beyond} billed"),
            Surplus::Over => format!("{used} {unit}: {beyond} over the {included} included"),
        }
    }

    /// What holds at the end of what is included.
    pub fn rule(&self) -> &'static str {
        match (self.allowance.included, self.allowance.beyond) {
            (None, _) => "No limit.",
            (Some(_), Beyond::Refused) => "More is refused.",
            (Some(_), Beyond::Restricts) => "Beyond it answers come from the cache.",
            (Some(_), Beyond::Counted) if self.takes_credits => "Beyond it credits are used.",
            (Some(_), Beyond::Counted) if self.allowance.overage.is_some() => {
                "What is beyond is billed at the end of the month."
            }
            (Some(_), Beyond::Counted) => "",
        }
    }

    fn level(&self) -> (&'static str, &'static str) {
        let level = self.allowance.level(self.used);
        match (level, self.surplus()) {
            (Level::Ok, _) => ("", ""),
            (Level::Near, _) => ("open", "Nearly used up"),
            (Level::Over, Surplus::Credits | Surplus::Billed) => ("", "All included is used"),
            (Level::Over, Surplus::None) => ("open", "All included is used"),
            (Level::Over, Surplus::Over) => ("bad", "Over the limit"),
        }
    }

    /// The bar.
    pub fn shown(&self, say: Language) -> Markup {
        let words = self.words(say);
        let (tone, level) = self.level();
        html! {
            div.head {
                h3 { (self.allowance.name) }
                span { @if !level.is_empty() { span class={ "badge " (tone) } { (level) } " " }
                    (words) }
            }
            (self.drawn(&words))
            p.hint { @if self.allowance.kind == Kind::Gauge { "The level of now counts. " }
                (self.rule()) }
        }
    }

    fn drawn(&self, words: &str) -> Markup {
        let Some(included) = self.allowance.included else { return html! {} };
        let scale = included.max(self.used).max(1);
        let within = part(self.used.min(included), scale);
        let rest = WIDTH.saturating_sub(within).saturating_sub(2);
        let beyond = if self.beyond() > 0 { rest } else { 0 };
        let class = match self.allowance.level(self.used) {
            Level::Near => "near",
            Level::Ok | Level::Over => "included",
        };
        html! {
            svg.bar viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" role="img"
                aria-label=(words) {
                rect class=(class) x="0" y="0" width=(within) height="14" {}
                @if beyond > 0 {
                    rect class=[(self.surplus() == Surplus::Over).then_some("over")]
                        fill=[self.pattern()] x=(within.saturating_add(2)) y="0" width=(beyond)
                        height="14" {}
                }
            }
        }
    }

    fn pattern(&self) -> Option<&'static str> {
        match self.surplus() {
            Surplus::Credits => Some("url(#stripes)"),
            Surplus::Billed => Some("url(#dots)"),
            Surplus::None | Surplus::Over => None,
        }
    }
}

/// Units of a bar for a quantity, none lost for a quantity above zero.
fn part(quantity: u64, scale: u64) -> u64 {
    if quantity == 0 {
        return 0;
    }
    let wide = u128::from(quantity).saturating_mul(u128::from(WIDTH));
    let part = wide.checked_div(u128::from(scale)).unwrap_or(0);
    u64::try_from(part).unwrap_or(WIDTH).clamp(PART_MIN, WIDTH)
}

/// Name of some units: `1 session`, `2 sessions`, `2 MB`.
pub fn units(unit: &str, quantity: u64) -> String {
    let is_word = unit.chars().all(|c| c.is_ascii_lowercase());
    if quantity == 1 || !is_word { unit.to_owned() } else { format!("{unit}s") }
}

/// Patterns of the parts of bars, once for each page.
pub fn patterns() -> Markup {
    html! {
        svg.patterns aria-hidden="true" focusable="false" { defs {
            pattern id="stripes" width="8" height="8" patternUnits="userSpaceOnUse" {
                rect."stripe-ground" width="8" height="8" {}
                path.stripe d="M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6" stroke-width="3" {}
            }
            pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse" {
                rect."dot-ground" width="8" height="8" {}
                circle.dot cx="4" cy="4" r="2.5" {}
            }
        } }
    }
}

/// All bars, with the words for their patterns.
pub fn all(bars: &[Bar], say: Language) -> Markup {
    let has = |surplus| bars.iter().any(|bar| bar.surplus() == surplus);
    html! {
        (patterns())
        ul.usage { @for bar in bars { li { (bar.shown(say)) } } }
        @if has(Surplus::Credits) || has(Surplus::Billed) {
            p.hint { "Plain: included."
                @if has(Surplus::Credits) { " Striped: from credits." }
                @if has(Surplus::Billed) { " Dotted: billed at the end of the month." } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(used: u64, included: Option<u64>, beyond: Beyond) -> Bar {
        let allowance = Allowance {
            resource: "sessions".to_owned(),
            name: "Sessions".to_owned(),
            unit: "session".to_owned(),
            kind: Kind::Sum,
            included,
            beyond,
            overage: None,
        };
        Bar { allowance, used, takes_credits: false }
    }

    /// Goal: what is said, drawn and coloured agree, whatever is used.
    #[test]
    fn a_bar_says_what_it_shows() {
        let say = Language::English;
        let some = bar(8_200, Some(10_000), Beyond::Restricts);
        assert_eq!(some.words(say), "8,200 of 10,000 sessions included");
        let html = some.shown(say).into_string();
        assert!(html.contains("Nearly used up") && html.contains("width=\"820\""), "{html}");

        let over = bar(12_000, Some(10_000), Beyond::Restricts);
        assert_eq!(over.words(say), "12,000 sessions: 2,000 over the 10,000 included");
        assert!(over.shown(say).into_string().contains("Over the limit"));

        let credits = Bar { takes_credits: true, ..bar(1_500, Some(1_000), Beyond::Counted) };
        assert_eq!(credits.words(say), "1,500 sessions: 1,000 included, 500 from credits");
        assert!(credits.shown(say).into_string().contains("url(#stripes)"));

        let free = bar(3, None, Beyond::Counted);
        assert_eq!(free.words(say), "3 sessions, any number included");
        assert!(!free.shown(say).into_string().contains("svg"));
        let none = bar(0, Some(10), Beyond::Refused);
        assert!(none.shown(say).into_string().contains("width=\"0\""));
        assert_eq!(part(u64::MAX, u64::MAX), WIDTH);
        assert_eq!(part(1, u64::MAX), PART_MIN);
    }
}
