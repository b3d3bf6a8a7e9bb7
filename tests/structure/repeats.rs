//! Repeats of requests: every route that writes has its row in `billing::request`, and its function
//! admits callers and answers by way of it.

use std::collections::BTreeSet;

use billing::lease::{CALL_SECONDS, LEASE_SECONDS};
use billing::request::{ATTEMPT_SECONDS, Repetition, repetition, routes};

use crate::template::{functions, template};
use crate::{hold, reach, routes as deployed, tree};

/// True for a route that writes and has a caller.
fn writes(route: &str) -> bool {
    !route.starts_with("GET ") && !deployed::is_keyless(route)
}

/// Goal: no route that writes is without a rule for its repeats, and no rule is without a route.
#[test]
fn every_write_has_a_rule_for_its_repeats() {
    let by_function = deployed::deployed(&template());
    let all: BTreeSet<&str> =
        by_function.values().flatten().map(String::as_str).filter(|it| writes(it)).collect();
    let ruled: BTreeSet<&str> = routes().collect();
    let wrong = all.symmetric_difference(&ruled);
    let wrong = wrong.map(|it| format!("`{it}`: template.yaml and billing::request differ"));
    hold(&wrong.collect::<Vec<_>>());
}

/// Goal: a function with such routes answers by `auth::answered`, which keeps the answer.
#[test]
fn every_answer_to_a_write_is_kept() {
    let kept =
        |route: &String| writes(route) && repetition(route).is_some_and(Repetition::keeps_answers);
    let by_function = deployed::deployed(&template()).into_iter();
    let with_writes = by_function.filter(|(_, routes)| routes.iter().any(kept));
    let wrong = with_writes.filter(|(binary, _)| {
        let code: String = tree::sources(&format!("functions/{binary}"))
            .iter()
            .map(crate::rust::Source::squeezed)
            .collect();
        !code.contains("auth::answered(") || !code.contains("writer")
    });
    let wrong = wrong.map(|(binary, _)| format!("functions/{binary} keeps no answers"));
    hold(&wrong.collect::<Vec<_>>());
}

/// Goal: no call to Stripe begins near the end of a lease, and an attempt that counts as
/// interrupted has ended: functions are ended before.
#[test]
fn functions_end_before_their_leases() {
    let template = template();
    let seconds = |properties: &serde_json::Value| {
        let own = properties["Timeout"].as_i64();
        own.or(template["Globals"]["Function"]["Timeout"].as_i64()).unwrap_or(3)
    };
    let mut wrong = Vec::new();
    for (name, binary, properties) in functions(&template) {
        let code: String =
            reach::sources(binary).iter().map(crate::rust::Source::squeezed).collect();
        let timeout = seconds(properties);
        if code.contains(".leased(") && timeout > LEASE_SECONDS - CALL_SECONDS {
            wrong.push(format!("{name} may run for {timeout} s: longer than a lease allows"));
        }
        if code.contains("auth::answered(") && timeout >= ATTEMPT_SECONDS {
            wrong.push(format!("{name} may run for {timeout} s: longer than an attempt"));
        }
    }
    hold(&wrong);
}
