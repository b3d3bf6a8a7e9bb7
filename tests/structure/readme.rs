//! README says what is true: its length, its example, the tests that it names, and its dollars.
//!
//! The dollars are computed from the measured table of costs in `infra/README.md` and AWS's list
//! prices.
#![expect(clippy::arithmetic_side_effects, reason = "a test: an overflow fails it")]

use std::fmt::Write;

use crate::{hold, tree};

const README_LINES_MAX: usize = 150;
const RACES: usize = 5;

const README: &str = "README.md";
const EXAMPLE: &str = "functions/examples/node/app.mjs";
const DOLLARS: (&str, &str) = ("<!-- dollars: begin -->\n", "<!-- dollars: end -->\n");

/// Text between two markers.
fn between<'a>(text: &'a str, (begin, end): (&str, &str)) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("there is no {begin}"));
    rest.split_once(end).unwrap_or_else(|| panic!("there is no {end}")).0
}

/// Names in backticks of a table's rows that no test bears.
fn unknown_tests(table: &str, sources: &str) -> Vec<String> {
    let names = table.lines().filter_map(|row| row.rsplit('`').nth(1));
    let unknown = names.filter(|name| !sources.contains(&format!("async fn {name}()")));
    unknown.map(|name| format!("{README} names the test {name}, which is not there")).collect()
}

/// Goal: README can be read in three minutes.
#[test]
fn readme_is_short() {
    let lines = tree::text(README).lines().count();

    assert!(lines <= README_LINES_MAX, "{README} has {lines} lines, of {README_LINES_MAX}");
}

/// Goal: README's lines of code are those that CI runs.
#[test]
fn readme_shows_the_example() {
    let readme = tree::text(README);
    let example = tree::text(EXAMPLE);

    let shown = between(&readme, ("<!-- integration: begin -->\n```ts\n", "```\n"));
    let markers = ("// README's dozen lines: begin\n", "// README's dozen lines: end\n");
    let run = between(&example, markers);

    assert_eq!(shown, run, "{README} and {EXAMPLE} differ");
}

/// Goal: each race of README is held by the test that it names.
#[test]
fn each_race_names_its_test() {
    let readme = tree::text(README);
    let table = between(&readme, ("## Five races", "\n## "));
    let sources: String = tree::files("tests/e2e").into_iter().map(|file| file.text).collect();

    assert_eq!(table.lines().filter(|row| row.ends_with("` |")).count(), RACES);
    hold(&unknown_tests(table, &sources));
    assert_eq!(unknown_tests("| a race | `a_test` |", "async fn another_test() {").len(), 1);
}

/// Hours of a month of 30 days.
const HOURS: u64 = 720;
/// Billionths of a dollar in a dollar.
const NANODOLLARS_PER_DOLLAR: u64 = 1_000_000_000;

/// AWS's list prices in us-east-1, in billionths of a dollar.
mod price {
    /// Write request unit of a table on demand: 0.625 USD a million.
    pub const WRITE: u64 = 625;
    /// Read request unit of a table on demand: 0.125 USD a million.
    pub const READ: u64 = 125;
    /// Request at an HTTP API: 1.00 USD a million.
    pub const GATEWAY: u64 = 1_000;
    /// Invocation of 20 ms at 256 MB on arm64: 0.20 USD a million, and 0.0000133334 USD a
    /// GB-second.
    pub const INVOCATION: u64 = 200 + 67;
    /// Log of an invocation, 1 KB: 0.50 USD a GB.
    pub const LOG: u64 = 500;
    /// Request at a queue: 0.40 USD a million.
    pub const QUEUE: u64 = 400;
    /// Gigabyte of the table for a month, with point-in-time recovery: 0.25 and 0.20 USD.
    pub const GIGABYTE: u64 = 450_000_000;
    /// Alarm for a month: 0.10 USD.
    pub const ALARM: u64 = 100_000_000;
    /// Secret for a month: 0.40 USD.
    pub const SECRET: u64 = 400_000_000;
    /// Invocation by a schedule: 1.00 USD a million.
    pub const SCHEDULE: u64 = 1_000;
}

/// A row of the measured table of costs.
struct Measured {
    what: String,
    read_units: u64,
    write_units: u64,
}

fn measured(table: &str) -> Vec<Measured> {
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [what, _, read, _, write, index, _] = cells.as_slice() else { panic!("{row}") };
        let number = |text: &str| -> u64 { text.parse().unwrap_or_else(|_| panic!("{row}")) };
        Measured {
            what: (*what).to_owned(),
            read_units: number(read),
            write_units: number(write) + number(index),
        }
    });
    rows.collect()
}

/// What a customer does in a month: a row of the table, how often, and how many customers share one
/// such request.
const MONTH: [(&str, u64, u64); 9] = [
    ("`POST /v1/usage`, 1,000 events of 100 accounts", HOURS, 100),
    ("`GET /v1/accounts/{id}/access`", 1_000, 1),
    ("`GET /billing/{id}`, the dashboard's overview", 20, 1),
    ("`customer.subscription.updated`", 1, 1),
    ("`invoice.finalized`, the first of a customer after a cold start", 2, 1),
    ("`invoice.paid` on an open invoice", 2, 1),
    ("`invoice.payment_succeeded` behind it", 2, 1),
    ("an event type that we do not use", 6, 1),
    ("the month-end run, its look and one payer, closed and invoiced", 1, 1),
];
/// Size of a customer's items after a year, in kilobytes.
const KILOBYTES: u64 = 200;

/// Costs of a month, in billionths of a dollar: usage, access, and everything else.
fn month(rows: &[Measured], customers: u64) -> [u64; 3] {
    let mut costs = [0, 0, KILOBYTES * customers * price::GIGABYTE / 1_000_000];
    for (place, (what, times, share)) in MONTH.iter().enumerate() {
        let row = rows.iter().find(|row| row.what == *what);
        let row = row.unwrap_or_else(|| panic!("the table of costs has no row {what}"));
        let request = row.write_units * price::WRITE
            + row.read_units * price::READ
            + price::GATEWAY
            + price::INVOCATION
            + price::LOG;
        costs[place.min(2)] += request * times * customers.div_ceil(*share);
    }
    costs
}

/// Cost of a month in which nothing happens.
fn idle(template: &str) -> u64 {
    let count = |text: &str| u64::try_from(template.matches(text).count()).unwrap();
    let alarms = count("Type: AWS::CloudWatch::Alarm\n");
    let secrets = count("Type: AWS::SecretsManager::Secret\n");
    // Lambda asks each queue by five connections, for 20 seconds a time.
    let polls = count("MaximumConcurrency:") * 5 * 3 * 60 * HOURS;
    // Every 5 and 15 minutes, hourly three times, every six hours and daily.
    let schedules = HOURS * (12 + 4 + 3) + HOURS / 6 + HOURS / 24;
    alarms * price::ALARM
        + secrets * price::SECRET
        + polls * price::QUEUE
        + schedules * (price::SCHEDULE + price::INVOCATION + price::LOG)
}

/// Dollars, to the cent below a hundred.
fn dollars(nanodollars: u64) -> String {
    let cents = (nanodollars + NANODOLLARS_PER_DOLLAR / 200) / (NANODOLLARS_PER_DOLLAR / 100);
    if cents >= 10_000 {
        let dollars = (cents + 50) / 100;
        return if dollars >= 1_000 {
            format!("{},{:03}", dollars / 1_000, dollars % 1_000)
        } else {
            dollars.to_string()
        };
    }
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn dollars_table() -> String {
    let guide = tree::text("infra/README.md");
    let rows =
        measured(between(&guide, ("<!-- cost table: begin -->\n", "<!-- cost table: end -->\n")));
    let idle = idle(&tree::text("template.yaml"));

    let mut table =
        "| customers | idle | usage | `access` | the rest | together | each |\n".to_owned();
    table.push_str("|----------:|-----:|------:|---------:|---------:|---------:|-----:|\n");
    for (customers, label) in [(0, "0"), (1_000, "1,000"), (10_000, "10,000"), (100_000, "100,000")]
    {
        let [usage, access, rest] = month(&rows, customers);
        let together = idle + usage + access + rest;
        let each = together.checked_div(customers).map_or_else(
            || "-".to_owned(),
            |each| {
                format!(
                    "{}.{:04}",
                    each / NANODOLLARS_PER_DOLLAR,
                    each % NANODOLLARS_PER_DOLLAR / 100_000
                )
            },
        );
        writeln!(
            table,
            "| {label} | {} | {} | {} | {} | **{}** | {each} |",
            dollars(idle),
            dollars(usage),
            dollars(access),
            dollars(rest),
            dollars(together),
        )
        .unwrap();
    }
    table
}

/// Goal: README's dollars follow from the measured table of costs, the template and the list
/// prices.
#[test]
fn dollars_follow_from_the_measured_costs() {
    let readme = tree::text(README);
    let table = dollars_table();

    let shown = between(&readme, DOLLARS);
    if update_readme() {
        let (begin, end) = DOLLARS;
        let old = format!("{begin}{shown}{end}");
        let new = format!("{begin}{table}{end}");
        std::fs::write(tree::root().join(README), readme.replace(&old, &new)).unwrap();
        return;
    }

    assert_eq!(shown, table, "run: UPDATE_README=1 cargo test -p tests --test structure dollars");
}

#[expect(clippy::disallowed_methods, reason = "a switch for a developer who runs the test by hand")]
fn update_readme() -> bool {
    std::env::var("UPDATE_README").is_ok()
}
