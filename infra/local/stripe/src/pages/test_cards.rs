//! The test cards and accounts that a page offers: what each does is read from the simulator's own
//! table, so that it says what happens.

use maud::{Markup, html};

use super::countries;
use crate::cards::{self, Authentication, Behaviour, DebitOutcome, Decline, DisputeKind, TestCard};

/// Cards, by what people want to see.
const CARDS: [(&str, &[&str]); 4] = [
    ("Pays", &["4242424242424242", "5555555555554444", "378282246310005", "4000002760000016"]),
    ("Asks to authenticate", &["4000002500003155", "4000002760003184", "4000008260003178"]),
    (
        "Is declined",
        &["4000000000009995", "4000000000000002", "4000000000000069", "4000000000000127"],
    ),
    (
        "Does more",
        &["4000000000000341", "4000000000000259", "4000000000001976", "4000000000005126"],
    ),
];

/// Accounts for direct debits.
const IBANS: [&str; 5] = [
    "DE89370400440532013000",
    "DE08370400440532013003",
    "DE62370400440532013001",
    "DE78370400440532013004",
    "DE35370400440532013002",
];

/// Buttons that fill a form in: one click each. They send the form with the number as `use`.
pub fn panel(form: &str, kinds: &[String]) -> Markup {
    let [card, sepa] = ["card", "sepa_debit"].map(|kind| kinds.iter().any(|known| known == kind));
    if !card && !sepa {
        return html! {};
    }
    html! {
        details class="test-cards" open {
            summary { "Test cards" }
            p class="hint" { "One click fills the form. Any future date and any security code will do." }
            @if card {
                @for (group, numbers) in CARDS {
                    h3 { (group) }
                    ul {
                        @for number in numbers {
                            @if let Some(card) = cards::by_number(number) {
                                (row(form, number, &card_does(card)))
                            }
                        }
                    }
                }
            }
            @if sepa {
                h3 { "SEPA accounts" }
                ul {
                    @for iban in IBANS {
                        @if let Some(debit) = cards::by_iban(iban) {
                            (row(form, iban, &does(Behaviour::Debits(debit))))
                        }
                    }
                }
            }
        }
    }
}

fn row(form: &str, number: &str, does: &str) -> Markup {
    html! {
        li {
            button type="submit" form=(form) name="use" value=(number) formnovalidate {
                span class="number" { (grouped(number)) }
                span class="does" { (does) }
            }
        }
    }
}

/// A card that pays is known by its brand and country, others by what they do.
fn card_does(card: &TestCard) -> String {
    if card.behaviour != Behaviour::Succeeds {
        return does(card.behaviour);
    }
    match card.country {
        "US" => brand(card.number).to_owned(),
        country => format!("{} of {}", brand(card.number), countries::name(country)),
    }
}

fn brand(number: &str) -> &'static str {
    match cards::brand(number) {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        _ => "Card",
    }
}

/// In groups of four.
pub fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let groups = digits.chunks(4).map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

/// What a payment method does, in a few words.
fn does(behaviour: Behaviour) -> String {
    match behaviour {
        Behaviour::Succeeds => "pays".to_owned(),
        Behaviour::Declines(decline) => why(decline).to_owned(),
        Behaviour::DeclinesCharges(_) => "can be saved, but every payment is declined".to_owned(),
        Behaviour::Authenticates { when, then } => {
            let when = match when {
                Authentication::Always => "asks each time",
                Authentication::UnlessSetUp => "asks once, then pays by itself",
                Authentication::OnSession => "asks when you are there",
            };
            match then {
                Some(decline) => format!("asks, then declines: {}", why(decline)),
                None => when.to_owned(),
            }
        }
        Behaviour::IsDisputed(kind) => match kind {
            DisputeKind::Fraudulent => "pays, then disputed as fraud".to_owned(),
            DisputeKind::NotReceived => "pays, then disputed as not received".to_owned(),
            DisputeKind::Inquiry => "pays, then the bank inquires".to_owned(),
        },
        Behaviour::RefundsLater => "pays; refunds take a while".to_owned(),
        Behaviour::RefundsFail => "pays; refunds fail later".to_owned(),
        Behaviour::NeedsMandate => "pays only when you are there".to_owned(),
        Behaviour::Debits(debit) => {
            let outcome = match debit.outcome {
                DebitOutcome::Succeeds => "pays",
                DebitOutcome::Fails(_) => "fails",
                DebitOutcome::IsDisputed => "pays, then disputed",
            };
            format!("{outcome} after {}", wait(debit.after_seconds))
        }
    }
}

fn wait(seconds: i64) -> String {
    match seconds.checked_div(60) {
        Some(minutes) if minutes > 0 => format!("{minutes} minutes"),
        _ => format!("{seconds} seconds"),
    }
}

fn why(decline: Decline) -> &'static str {
    match decline {
        Decline::Generic | Decline::DebitFailed => "no reason given",
        Decline::InsufficientFunds | Decline::DebitInsufficientFunds => "too little money",
        Decline::LostCard => "lost card",
        Decline::StolenCard => "stolen card",
        Decline::ExpiredCard => "expired",
        Decline::IncorrectCvc => "wrong security code",
        Decline::ProcessingError => "an error at the bank",
        Decline::VelocityExceeded => "used too often",
        Decline::Fraudulent => "blocked as fraud",
        Decline::AuthenticationRequired => "authentication needed",
        Decline::MandateRequired => "mandate needed",
        Decline::AccountClosed => "account closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_number_is_one_that_the_simulator_knows() {
        let numbers = CARDS.iter().flat_map(|(_, numbers)| numbers.iter());
        for number in numbers {
            assert!(cards::by_number(number).is_some(), "{number}");
        }
        for iban in IBANS {
            assert!(cards::by_iban(iban).is_some(), "{iban}");
        }
    }

    #[test]
    fn the_panel_says_what_happens() {
        let [card, sepa] = ["card", "sepa_debit"].map(str::to_owned);
        let panel = panel("pay", &[card.clone(), sepa]).into_string();
        for said in [
            "4000 0000 0000 9995",
            "too little money",
            "asks once, then pays by itself",
            "then disputed as fraud",
            "fails after 3 minutes",
        ] {
            assert!(panel.contains(said), "{said}: {panel}");
        }
        assert!(!super::panel("pay", &[card]).into_string().contains("SEPA"));
    }
}
