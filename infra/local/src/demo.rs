//! Demo data: a company's month. Accounts are opened, buy plans and credits and report usage
//! through the API, as a vendor's backend does it; people pay on Stripe's pages, and the vendor's
//! finance makes invoices at Stripe. The clock starts in the past and moves up to today, day by
//! day, so that each thing happens at its time.

mod acts;
mod usage;

use billing::time::{DAY_SECONDS, Timestamp};

use self::acts::{Demo, Plan};
use crate::running::Running;

/// The account that `/_local/info` names: a charge of it was declined, so that there is something
/// to see and to pay.
pub const ACCOUNT: &str = "cobalt-media";
/// The account whose dashboard is opened first: a plan with seats, use beyond it, and credits.
pub const DASHBOARD: &str = "acme-robotics";

/// How long ago the history begins, in seconds.
pub const HISTORY_SECONDS: i64 = DAY_SECONDS * 75;
/// Days for which usage is reported.
const REPORTED_DAYS: i64 = 40;

/// A card that pays.
const GOOD_CARD: &str = "pm_card_visa";
/// A card that can be saved, and declines every charge.
const BAD_CARD: &str = "pm_card_chargeCustomerFail";

/// Id, name and country of each account.
const ACCOUNTS: [(&str, &str, &str); 6] = [
    (DASHBOARD, "Acme Robotics", "DE"),
    ("birch-labs", "Birch Labs", "SE"),
    (ACCOUNT, "Cobalt Media", "FR"),
    ("dune-travel", "Dune Travel", "ES"),
    ("ember-studio", "Ember Studio", "NL"),
    ("fjord-health", "Fjord Health", "DK"),
];

/// Lets the history happen, from the clock's time up to today. What fails is logged and left out:
/// the cloud is of use without it.
pub async fn fill(cloud: &Running, today: Timestamp) {
    let demo = Demo { cloud, today };
    let customers = demo.accounts(&ACCOUNTS).await;
    let [acme, birch, cobalt, dune, ember, fjord] = &customers;

    demo.days_ago(70).await;
    demo.buy_plan(DASHBOARD, &Plan { plan: "team", seats: 9 }).await;
    demo.buy_plan(ACCOUNT, &Plan { plan: "team", seats: 5 }).await;
    demo.buy_plan("fjord-health", &Plan { plan: "personal", seats: 1 }).await;

    demo.days_ago(69).await;
    for customer in [acme, cobalt, fjord] {
        demo.card(customer, GOOD_CARD);
    }
    demo.buy_credits(DASHBOARD, "standard").await;
    demo.buy_credits("fjord-health", "starter").await;

    demo.days_ago(50).await;
    demo.card(dune, BAD_CARD);
    demo.charge(dune, "Setup", 99_000);

    let mut wrong = String::new();
    for ago in (0..=REPORTED_DAYS).rev() {
        demo.days_ago(ago).await;
        usage::report(&demo, ago).await;
        match ago {
            38 => demo.recharge("fjord-health").await,
            30 => {
                demo.card(ember, BAD_CARD);
                wrong = demo.charge(ember, "Training", 24_900);
            }
            20 => {
                demo.charge(dune, "Support", 49_000);
            }
            12 => demo.change_seats(DASHBOARD, &Plan { plan: "team", seats: 12 }).await,
            8 => demo.card(cobalt, BAD_CARD),
            6 => {
                demo.charge(cobalt, "Onboarding training", 48_000);
            }
            5 => demo.send(birch, "Annual support", 1_240_000, 30),
            2 => demo.credit(&wrong, 24_900),
            _ => {}
        }
    }
}
