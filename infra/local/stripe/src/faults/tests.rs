//! Chance that a seed fixes, and scripts.

use super::*;

#[test]
fn one_seed_is_one_run_of_faults_and_what_can_not_happen_draws_nothing() {
    let chances = Chances {
        api_error: Probability::percent(20),
        api_lost_response: Probability::percent(20),
        ..Chances::default()
    };
    let run = |seed, chances| {
        let mut faults = Faults::new(seed);
        faults.set(chances);
        (0..50).map(|_| faults.for_request(&Method::GET, "/v1/events")).collect::<Vec<_>>()
    };
    assert_eq!(run(1, chances), run(1, chances));
    assert_ne!(run(1, chances), run(2, chances));
    assert!(run(1, Chances::default()).iter().all(Option::is_none));
}

#[test]
fn a_script_meets_the_nth_request_that_fits_once() {
    let mut faults = Faults::new(1);
    let trouble = Trouble::Lost;
    let path = "/v1/customers".to_owned();
    faults.script(Script { method: Some(Method::POST), path, nth: 2, trouble });
    let mut met = |method, path| faults.for_request(&method, path).is_some();
    assert!(!met(Method::POST, "/v1/customers"));
    assert!(!met(Method::GET, "/v1/customers"));
    assert!(!met(Method::POST, "/v1/invoices"));
    assert!(met(Method::POST, "/v1/customers/cus_1"));
    assert!(!met(Method::POST, "/v1/customers"));
    assert_eq!(faults.scripts_left(), 0);
}

#[test]
fn probabilities_are_read_and_written_exactly() {
    for text in ["0", "0.05", "1", "0.000001"] {
        assert_eq!(Probability::parse(text).unwrap().to_string(), text);
    }
    for text in ["2", "1.1", "-1", "", "x", "1e-3"] {
        assert_eq!(Probability::parse(text), None, "{text}");
    }
    assert_eq!(Probability::percent(100), Probability::ALWAYS);
}
