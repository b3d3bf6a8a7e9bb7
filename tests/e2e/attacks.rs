//! Attacks: what comes in through the API that no honest caller sends, and its exact answer (XG).
//!
//! [`ATTACKS`] names a test for each row of faults.md XG. The tests below take every route, field
//! and parameter that `openapi.json` describes: nothing is an error of ours, and no text of a
//! caller stands in the log.

mod bodies;
mod lists;
mod paths;
mod texts;

use std::fs;
use std::path::Path;

use billing::authority::{Principal, authorise};
use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use local::Running;
use serde_json::Value;

use crate::logs::{Log, forbidden};
use crate::world::{cloud, get, open_account};

/// A text that only an attacker writes: it may not stand in the log.
const MARK: &str = "zanzibar";

/// Attacks, and the tests of `tests/` that make them.
const ATTACKS: [(&str, &str); 34] = [
    ("XG1 a key that cannot be read", "an_unreadable_key_is_refused_behind_the_caller"),
    ("XG1 the longest key", "a_printable_key_is_taken"),
    ("XG2 a page from elsewhere, at each port", "no_page_from_elsewhere_reaches_a_port"),
    ("XG3 staff make an administrator's key", "every_route_lets_in_whom_it_is_for"),
    ("XG3 who acted", "the_timeline_names_who_acted"),
    ("XG4 keys without end", "keys_are_capped_paged_and_revoked_at_once"),
    ("XG4 a stolen key that makes keys", "a_key_is_dead_though_the_account_is_busy"),
    ("XG5 a caller's text in the log", "the_log_has_ids_and_codes_only"),
    ("XG6 a member looks for money", "a_member_sees_no_billing"),
    ("XG7 an alarm that cannot ring", "every_alarm_rings_and_is_explained"),
    ("XG8 one account asks without end", "an_account_that_asks_without_end_waits"),
    ("XG8 an unknown key", "an_unknown_key_costs_one_read"),
    ("XG9 no key, and an empty Idempotency-Key", "an_unreadable_key_is_refused_behind_the_caller"),
    ("XG9 another's account, told from an unknown one", "every_route_lets_in_whom_it_is_for"),
    ("XG9 a secret that is stored", "answers_are_not_stored_and_known_ones_not_sent"),
    ("XG9 control characters in names", "hidden_characters_are_refused"),
    ("XG9 what is no mail address", "what_is_no_mail_address_is_refused"),
    ("XG9 an address to return to elsewhere", "nobody_is_sent_elsewhere"),
    ("XG9 200 KB of text", "nothing_long_is_repeated"),
    ("a signature that is none", "a_delivery_that_is_not_proven_to_be_stripes_is_rejected"),
    ("two signatures", "two_signature_headers_are_refused"),
    ("bytes that are no event", "a_body_that_is_no_event_is_rejected"),
    ("an amount beyond all bounds", "amounts_beyond_all_reason_are_refused"),
    ("a JSON key twice", "a_duplicate_json_key_is_refused"),
    ("broken JSON", "broken_json_cannot_be_read"),
    ("a body of another type", "a_body_of_another_type_is_refused"),
    ("a field of another type", "a_field_of_another_type_is_named"),
    ("a field that is unknown", "a_field_that_is_unknown_is_named"),
    ("an id of 1 to 5,000 characters", "ids_of_any_length_are_unknown"),
    ("a cursor that was made up", "a_cursor_that_was_made_up_is_refused"),
    ("a cursor with the right check", "a_forged_cursor_shows_nothing_of_others"),
    ("a parameter that is unknown", "a_parameter_that_is_unknown_is_named"),
    ("a hidden character in any text", "hidden_characters_are_refused_in_every_text"),
    ("markup in a name", "markup_is_kept_as_text"),
];

/// Goal: each row of the table has its test.
#[test]
fn every_attack_has_its_test() {
    let mut sources = String::new();
    read_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e"), &mut sources);
    read_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("structure"), &mut sources);
    let missing = ATTACKS.iter().filter(|(_, test)| !sources.contains(&format!("fn {test}(")));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

fn read_into(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_into(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// A cloud under attack, with an account `acme`, and what it logs.
struct Attacked {
    cloud: Running,
    log: Log,
    guard: tracing::subscriber::DefaultGuard,
    /// Everything that the API says of itself.
    description: Value,
}

impl Attacked {
    async fn new() -> Self {
        let (log, guard) = Log::capture();
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        let description = get(&cloud, "/openapi.json").await;
        Self { cloud, log, guard, description }
    }

    /// Answer to a request of somebody who may use the route: status, and the problem or the
    /// answer.
    async fn ask(&self, route: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let (method, _) = route.split_once(' ').unwrap();
        let is_vendors = authorise(route, &Principal::Vendor, None).is_ok();
        let key = if is_vendors { self.cloud.vendor_key() } else { self.cloud.staff_key() };
        let request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("idempotency-key", HeaderValue::from_static("attack"))
            .body(Bytes::copy_from_slice(body))
            .unwrap();
        let response = Box::pin(self.cloud.send(request)).await;
        let answer = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), answer)
    }

    /// Routes that the description has, with a caller's key, and their operations.
    fn operations(&self) -> Vec<(String, Value)> {
        let paths = self.description["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                (format!("{} {path}", method.to_uppercase()), operation.clone())
            })
        });
        let of_callers = |route: &String| {
            let keyless = ["/webhooks", "/problems", "/openapi.json"];
            !keyless.iter().any(|it| route.contains(it))
        };
        all.filter(|(route, _)| of_callers(route)).collect()
    }

    /// A schema, whatever it refers to.
    fn schema<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => {
                let name = name.rsplit('/').next().unwrap();
                self.schema(&self.description["components"]["schemas"][name])
            }
            None => schema,
        }
    }

    /// Nothing of the attacks stands in the log.
    fn logged_nothing(self) {
        drop(self.guard);
        let wrong = self.log.lines().into_iter().filter_map(|line| {
            let found = forbidden(&line, &[]);
            (!found.is_empty()).then(|| format!("{found:?} in {line}"))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Path of a route about `acme`; other parameters are ids of nothing.
fn path_of(route: &str) -> String {
    let (_, path) = route.split_once(' ').unwrap();
    let path = path.split('/').map(|segment| match segment {
        "{id}" => "acme",
        _ if segment.starts_with('{') => "nothing",
        _ => segment,
    });
    path.collect::<Vec<_>>().join("/")
}

/// Faults of a refusal as `field code`.
fn faults(answer: &Value) -> Vec<String> {
    let fields = answer["fields"].as_array().into_iter().flatten();
    let words = fields.map(|it| (it["field"].as_str().unwrap(), it["code"].as_str().unwrap()));
    words.map(|(field, code)| format!("{field} {code}")).collect()
}

/// Goal: a key that nobody has is refused behind one request to the table, and behind none if no
/// key can be so long.
#[tokio::test]
async fn an_unknown_key_costs_one_read() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let long = "k".repeat(1_000);
    for route in cloud.template().routes.iter().map(local::template::Route::key) {
        if authorise(&route, &Principal::Vendor, None).is_err() || route.contains(" /billing") {
            continue;
        }
        let (method, _) = route.split_once(' ').unwrap();
        for (key, reads) in [(format!("tg_vendor_{}", "0".repeat(64)), 1), (long.clone(), 0)] {
            cloud.gate().forget_calls();
            let request = Request::builder()
                .method(method.parse::<Method>().unwrap())
                .uri(path_of(&route))
                .header("authorization", format!("Bearer {key}"))
                .header("idempotency-key", "attack")
                .body(Bytes::from("{}"))
                .unwrap();
            let response = Box::pin(cloud.send(request)).await;
            assert_eq!(response.status(), 401, "{route}");
            assert_eq!(cloud.gate().calls().len(), reads, "{route} {key:.20}");
        }
    }
}
