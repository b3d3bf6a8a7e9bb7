//! The shape of the project, held by tests: a small linter of our own.
//!
//! Each check is a pure function from what it reads to a list of complaints, with a test on a bad
//! example beside the test on the project itself: a check that cannot fail holds nothing.
#![cfg(test)]

mod constants;
mod crates;
mod modules;
mod reach;
mod rust;
mod template;
mod tree;

mod architecture;
mod arrows;
mod circles;
mod packages;

mod counted;
mod debts;
mod homes;
mod left_out;
mod readme;
mod reads;
mod sizes;
mod walks;

mod alarms;
mod environment;
mod keys;
mod openapi;
mod policies;
mod queues;
mod repeats;
mod routes;
mod watched;

/// Fails with every complaint at once.
fn hold(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  - {}\n", complaints.join("\n  - "));
}

/// What cargo prints. It asks no registry: what the tests were built from is on this machine.
fn cargo(arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO"));
    let output = command.current_dir(tree::root()).arg("--offline").args(arguments).output();
    let output = output.expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`cargo fetch` first? cargo {arguments:?} says: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
