//! Auto-recharge: its state, and the form that sets it.

use billing::credits::recharge::{PauseReason, Settings, Verdict};
use billing::money::Money;
use billing::time::Timestamp;
use catalog::Pack;
use maud::{Markup, html};

use crate::form::{self, Field, Ticked};
use crate::frame::Frame;

/// Values of auto-recharge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recharge {
    /// Its settings; none where it was never set.
    pub settings: Option<Settings>,
    /// Prospect of the next purchase.
    pub verdict: Verdict,
    /// Pause, and the page on which the payment can be confirmed.
    pub pause: Option<(PauseReason, Option<String>)>,
    /// Money spent in the month.
    pub spent: Money,
    /// Money reserved for a purchase under way.
    pub reserved: Money,
    /// Limit that holds unless another is set.
    pub default_limit: Money,
    /// End of the month.
    pub resets_at: Timestamp,
}

impl Recharge {
    fn threshold(&self) -> i64 {
        self.settings.as_ref().map_or(0, |settings| settings.threshold)
    }

    fn limit(&self) -> Money {
        self.settings.as_ref().map_or(self.default_limit, |settings| settings.limit)
    }

    fn is_on(&self) -> bool {
        self.settings.as_ref().is_some_and(|settings| settings.enabled)
    }

    /// The state in a sentence.
    pub fn words(&self, say: messages::Language) -> String {
        say.verdict(&self.verdict, self.threshold())
    }

    /// The card of the state.
    pub(crate) fn state(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let limit = self.limit();
        let gone = self.spent.amount.saturating_add(self.reserved.amount);
        let left = Money { amount: limit.amount.saturating_sub(gone).max(0), ..limit };
        html! {
            section.card aria-labelledby="recharge" {
                div.head { h2 id="recharge" { "Auto-recharge" }
                    @if self.pause.is_some() && self.is_on() { span class="badge open" { "Paused" }
                        }
                    @else if self.is_on() { span class="badge good" { "On" } }
                    @else { span.badge { "Off" } } }
                @match &self.pause {
                    Some((reason, _)) if self.is_on() => p { (say.recharge_paused(*reason)) },
                    _ => p { (self.words(say)) },
                }
                @if let Some((_, Some(url))) = &self.pause { p { a.button href=(url) {
                    "Confirm the payment" } } }
                @if self.is_on() {
                    dl.facts {
                        dt { "Limit a month" } dd.number { (say.money(limit)) }
                        dt { "Spent" } dd.number { (say.money(self.spent)) }
                        @if self.reserved.amount != 0 { dt { "Being charged" } dd.number {
                            (say.money(self.reserved)) } }
                        dt { "Left" } dd.number { (say.money(left)) " until "
                            (say.date(self.resets_at)) }
                    }
                }
            }
        }
    }

    /// The form.
    pub(crate) fn form(&self, frame: &Frame, packs: &[Pack]) -> Markup {
        let say = frame.say;
        let trouble = frame.trouble.as_ref();
        let threshold = self.threshold().to_string();
        let pack = self.settings.as_ref().map_or("", |settings| settings.pack.as_str());
        let limit = plain(self.limit());
        let code = self.limit().currency.as_str().to_ascii_uppercase();
        let options: Vec<(String, String)> = packs
            .iter()
            .map(|pack| {
                (
                    pack.id.clone(),
                    format!(
                        "{}: {} credits for {}",
                        pack.name,
                        say.number(pack.tokens),
                        say.money(pack.price)
                    ),
                )
            })
            .collect();
        let ticked = trouble.filter(|it| it.typed.contains_key("threshold"));
        let ticked = ticked.map_or(self.is_on(), |it| it.typed.contains_key("enabled"));
        html! {
            section.card aria-labelledby="set" {
                h2 id="set" { "Buy automatically" }
                p.soft {
                    "One pack at a time, from the payment method on file, as long as the month's \
                        limit has room. A higher limit holds at once." }
                form method="post" action=(frame.path("credits/auto-recharge")) class="stack" {
                    (form::key(&frame.key))
                    (form::tick(("enabled", "Buy a pack when credits run low"),
                        Ticked::from(ticked)))
                    div.fields {
                        (Field { name: "threshold", label:
                            "Buy when fewer credits are available than", kind: "number", value:
                            &threshold, ..Field::default() }.shown(trouble))
                        (form::select(&Field { name: "pack", label: "Pack", value: pack,
                            ..Field::default() }, &options, trouble))
                        (Field { name: "spending_limit", label:
                            &format!("Most to spend in a month, in {code}"), value: &limit,
                            ..Field::default() }.shown(trouble))
                    }
                    button.first { "Save auto-recharge" }
                }
            }
        }
    }
}

/// An amount as it is typed: `50.00`.
pub(crate) fn plain(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
