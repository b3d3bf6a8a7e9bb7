//! Our upcoming invoice against Stripe's preview: the renewal to the cent, whatever plan, interval,
//! seats, position in the month, balance and usage.

use billing::month::Month;
use runtime::Entropy;

use super::*;

/// How many cases.
const CASES: u64 = 200;
/// How many of them live in one cloud, one after the other: starting one takes longer than a case.
const CASES_OF_A_CLOUD: u64 = 50;

/// Lines of Stripe's preview of a subscription's next invoice, as amounts, with their sum before
/// balance.
fn preview(cloud: &Running, subscription: &str) -> Vec<i64> {
    let form = format!("subscription={subscription}");
    let preview = post(cloud, "/v1/invoices/create_preview", &form);
    let lines = preview["lines"]["data"].as_array().expect("lines").iter();
    let mut amounts: Vec<i64> = lines.map(|line| line["amount"].as_i64().unwrap()).collect();
    amounts.sort_unstable();
    amounts
}

/// A price such as `0.05`, in thousandths.
fn thousandth(price: &str) -> i64 {
    let (whole, decimals) = price.split_once('.').unwrap_or((price, ""));
    format!("{whole}{decimals:0<3}").parse().expect("at most three decimals")
}

/// What the usage of a case costs by the catalog, line by line, computed here by whole thousandths
/// of a cent.
fn priced(plan: &str, used: &BTreeMap<&str, u64>) -> Vec<i64> {
    let Catalog { plans, .. } = catalog::deployed().unwrap();
    let plan = plans.iter().find(|one| one.id == plan).unwrap();
    let mut amounts = Vec::new();
    for terms in &plan.terms {
        let catalog::Beyond::Priced(tiers) = &terms.beyond else { continue };
        let used = used.get(&*terms.resource).copied().unwrap_or(0);
        let mut left = used.saturating_sub(terms.included.unwrap_or(0));
        let (mut thousandths, mut from) = (0_i64, 0);
        for tier in tiers {
            let within = tier.up_to.map_or(left, |up_to| left.min(up_to - from));
            thousandths +=
                i64::try_from(within).unwrap() * thousandth(&tier.unit_amount.to_string());
            (left, from) = (left - within, tier.up_to.unwrap_or(from));
        }
        amounts.push((thousandths + 500).div_euclid(1_000));
    }
    amounts.retain(|amount| *amount > 0);
    amounts.sort_unstable();
    amounts
}

/// One customer's upcoming invoice, told by us and by Stripe.
async fn case(cloud: &Running, prices: &Prices, nth: u64, draw: &Entropy) {
    let name = format!("case-{nth}");
    let customer = account(cloud, &name).await;
    let sold: Vec<_> = prices.keys().collect();
    let (plan, interval) =
        sold[usize::try_from(draw.below(u64::try_from(sold.len()).unwrap())).unwrap()];
    let seats = 1 + draw.below(40);
    let items = items(prices, plan, interval, seats);
    let anchored = if draw.below(2) == 0 && *interval == "month" {
        let first = Month::of(cloud.clock().now()).end();
        format!("&billing_cycle_anchor={}", first.0)
    } else {
        String::new()
    };
    let form = format!("customer={customer}&{items}{anchored}&billing_mode[type]=flexible");
    let subscription = id(&post(cloud, "/v1/subscriptions", &form));
    cloud.clock().run_due().await;
    // Of two updates of a customer in one second nothing tells which is the newer.
    cloud.clock().advance("1s").await.unwrap();
    let balance = i64::try_from(draw.below(9_000)).unwrap() - 6_000;
    post(
        cloud,
        &format!("/v1/customers/{customer}/balance_transactions"),
        &format!("amount={balance}&currency=usd"),
    );
    let now = cloud.clock().now().to_string();
    let used: BTreeMap<&str, u64> = [
        ("sessions", draw.below(3_000_000)),
        ("events", draw.below(30_000_000)),
        ("storage", draw.below(400_000)),
    ]
    .into();
    let events = used.iter().map(|(resource, quantity)| (&*name, *resource, *quantity, &*now));
    report(cloud, &name, &events.collect::<Vec<_>>()).await;
    cloud.clock().run_due().await;

    let ours = upcoming(cloud, &name).await;
    let read = read(cloud, &format!("/v1/subscriptions/{subscription}"));
    let ends = read["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    let what = format!("{plan} {interval} {seats} {ours}");
    let renews = ends <= Month::of(cloud.clock().now()).end().0;
    let mut expected = if renews { preview(cloud, &subscription) } else { Vec::new() };
    let told = told(&ours);
    let is_usage = |line: &(String, i64)| line.0.contains(" beyond ") && line.0.contains(" in ");
    let amounts = |usage: bool| {
        let mut amounts: Vec<i64> =
            told.iter().filter(|line| is_usage(line) == usage).map(|line| line.1).collect();
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(amounts(false), expected, "{what}");
    let usage = priced(plan, &used);
    assert_eq!(amounts(true), usage, "{what}");
    expected.extend(usage);
    let total: i64 = expected.iter().sum();
    assert_eq!(ours["total"]["amount"].as_i64(), Some(total), "{what}");
    let credit = if total > 0 { (-balance).min(total) } else { 0 };
    assert_eq!(ours["credit_applied"]["amount"].as_i64(), Some(credit), "{balance} {what}");
    assert_eq!(ours["amount_due"]["amount"].as_i64(), Some(total - credit), "{what}");
}

/// Goal: for generated customers, our renewal is Stripe's preview of it, line by line and to the
/// cent, and the rest of our bill is their usage by the catalog.
#[tokio::test]
async fn our_renewal_is_stripes_preview() {
    let draw = Entropy::seeded(20);
    for cloud_nth in 0..CASES / CASES_OF_A_CLOUD {
        let cloud = cloud().await;
        let prices = prices(&cloud);
        for nth in 0..CASES_OF_A_CLOUD {
            if draw.below(4) == 0 {
                let hours = draw.below(72);
                cloud.clock().advance(&format!("{hours}h")).await.unwrap();
            }
            Box::pin(case(&cloud, &prices, cloud_nth * CASES_OF_A_CLOUD + nth, &draw)).await;
        }
    }
}
