//! Routes: template.yaml against the authorisation table and the code, and who may use which.

use std::collections::{BTreeMap, BTreeSet};

use billing::authority::{Denied, Principal, Role, StaffRole, authorise, routes};
use billing::ids::AccountId;
use billing::staff::{self, StaffAct};
use serde_json::Value;

use crate::template::{functions, template};
use crate::{hold, openapi, tree};

/// Stripe's own way in: it proves itself by its signature, not by a key.
pub const SIGNED: [&str; 1] = ["POST /webhooks/stripe"];

/// Routes that anybody may use: they tell nothing of any account.
pub const PUBLIC: [&str; 3] = ["GET /openapi.json", "GET /problems", "GET /problems/{code}"];

/// A person of the vendor's who may do all that staff may.
const STAFF: Principal = Principal::Staff(StaffRole::Billing);

/// Routes of staff without a page of their own on the desk, each with its reason. The list only
/// shrinks.
const WITHOUT_PAGE: [(&str, &str); 5] = [
    (
        "POST /v1/staff/payment-advice/{advice_id}/returned",
        "told by curl until the desk lists transfers that were approved",
    ),
    (
        "GET /v1/staff/exports/{kind}",
        "fetched by the bookkeeper's program, which follows the links of its parts",
    ),
    ("POST /v1/staff/price-changes", "announced by curl until the desk has its page of prices"),
    ("GET /v1/staff/price-changes", "read by curl until the desk has its page of prices"),
    ("DELETE /v1/staff/price-changes/{change_id}", "withdrawn by curl until the desk has its page"),
];

/// Routes of staff whose page is no act on an account: the page.
const READ_ON: [(&str, &str); 8] = [
    ("GET /v1/staff/disputes", "GET /staff/disputes"),
    ("GET /v1/staff/dead-letters", "GET /staff/dead-letters"),
    (
        "POST /v1/staff/dead-letters/{letter_id}/redrive",
        "POST /staff/dead-letters/{letter_id}/redrive",
    ),
    (
        "POST /v1/staff/dead-letters/{letter_id}/dismiss",
        "POST /staff/dead-letters/{letter_id}/dismiss",
    ),
    ("GET /v1/staff/search", "GET /staff/search"),
    ("GET /v1/staff/payment-advice", "GET /staff/transfers"),
    ("GET /v1/staff/reconciliation", "GET /staff"),
    ("POST /v1/staff/dashboard-sessions", "POST /staff/sign-in/{token}"),
];

/// Route of all that no other one takes: it answers 404 and 405.
pub const DEFAULT: &str = "$default";

/// Beginnings of the paths of the dashboard's pages, which sessions open and no key: they have a
/// table of their own.
const PAGES: [&str; 2] = ["/billing/", "/billing-assets/"];

/// Beginning of the paths of the staff desk's pages, which sessions of staff open and no key.
const STAFF_PAGES: &str = "/staff";

/// Pages without a session: the links that open one, and the style sheet.
pub const OPEN_PAGES: [&str; 5] = [
    "GET /billing-assets/{file}",
    "GET /billing/sign-in/{token}",
    "POST /billing/sign-in/{token}",
    "GET /staff/sign-in/{token}",
    "POST /staff/sign-in/{token}",
];

/// True for a page of the dashboard.
pub fn is_page(route: &str) -> bool {
    let path = route.split_once(' ').map_or("", |(_, path)| path);
    PAGES.iter().any(|prefix| path.starts_with(prefix)) || path.starts_with(STAFF_PAGES)
}

/// The routes of each function, by its binary.
pub fn deployed(template: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, binary, properties) in functions(template) {
        for (_, event) in properties["Events"].as_object().into_iter().flatten() {
            if event["Type"] == "HttpApi" {
                let text = |name: &str| event["Properties"][name].as_str();
                let route = match (text("Method"), text("Path")) {
                    (Some(method), Some(path)) => format!("{method} {path}"),
                    (None, None) => DEFAULT.to_owned(),
                    half => panic!("a route has a method and a path, or neither: {half:?}"),
                };
                all.entry(binary.to_owned()).or_default().insert(route);
            }
        }
    }
    all
}

/// True for a route that anybody may use.
pub fn is_public(route: &str) -> bool {
    PUBLIC.contains(&route)
}

/// True if a route needs no key.
pub fn is_keyless(route: &str) -> bool {
    let known: [&[&str]; 3] = [&SIGNED, &PUBLIC, &OPEN_PAGES];
    known.iter().any(|routes| routes.contains(&route)) || route == DEFAULT
}

/// What the three tables of routes disagree about: what is deployed, who may use it, and the table
/// of routes in `openapi`.
fn complaints(
    deployed: &BTreeSet<&str>,
    ruled: &BTreeSet<&str>,
    tried: &BTreeSet<&str>,
) -> Vec<String> {
    let open = deployed.iter().filter(|it| !is_keyless(it) && !ruled.contains(*it));
    let open = open.map(|it| format!("`{it}` has no rule in shared/billing/src/authority.rs"));
    let gone = ruled.difference(deployed);
    let gone = gone.map(|it| format!("`{it}` is in authority.rs and not in template.yaml"));
    let untried = ruled.symmetric_difference(tried);
    let untried = untried
        .map(|it| format!("let the table of routes in tests/structure/openapi say who may `{it}`"));
    open.chain(gone).chain(untried).collect()
}

/// What a function dispatches on, against its routes. A function with one route need not look at
/// it.
fn dispatched(binary: &str, routes: &BTreeSet<String>, literals: &BTreeSet<String>) -> Vec<String> {
    let methods = ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"];
    let missing = routes.difference(literals).filter(|_| routes.len() > 1);
    let missing = missing.map(|it| format!("functions/{binary} does not dispatch `{it}`"));
    let written = literals.iter().filter(|it| methods.iter().any(|method| it.starts_with(method)));
    let strange = written.filter(|it| !routes.contains(*it));
    let strange =
        strange.map(|it| format!("functions/{binary} knows `{it}`, template.yaml does not"));
    missing.chain(strange).collect()
}

/// Goal: every route that needs a key is in the authorisation table, and nothing else is.
#[test]
fn every_route_is_authorised() {
    let by_function = deployed(&template());
    let all = by_function.values().flatten().map(String::as_str);
    let deployed = all.filter(|route| !is_page(route)).collect();
    let described = openapi::routes();
    let tried = described.iter().map(|route| route.key).filter(|key| !is_keyless(key)).collect();
    hold(&complaints(&deployed, &routes().collect(), &tried));
}

/// Goal: every page that needs a session is in the table of pages, and nothing else is.
#[test]
fn every_page_is_authorised() {
    let by_function = deployed(&template());
    let all = by_function.values().flatten().map(String::as_str);
    let deployed: BTreeSet<&str> =
        all.filter(|route| is_page(route) && !is_keyless(route)).collect();
    let ruled: BTreeSet<&str> = billing::pages::pages().chain(staff::staff_pages()).collect();
    let wrong = deployed.symmetric_difference(&ruled);
    let wrong = wrong.map(|it| format!("`{it}`: template.yaml and billing::pages differ"));
    hold(&wrong.collect::<Vec<_>>());
    assert!(deployed.len() > 10, "{deployed:?}");
}

/// Goal: every route of staff has a page of the desk, or a written reason why not.
#[test]
fn every_route_of_staff_has_a_page() {
    let by_function = deployed(&template());
    let all: BTreeSet<&str> = by_function.values().flatten().map(String::as_str).collect();
    let staffs: BTreeSet<&str> =
        all.iter().copied().filter(|route| route.contains(" /v1/staff/")).collect();
    let done = StaffAct::all().map(StaffAct::route);
    let read = READ_ON.iter().filter(|(_, page)| all.contains(page)).map(|(route, _)| *route);
    let without = WITHOUT_PAGE.iter().filter(|(_, why)| !why.is_empty()).map(|(route, _)| *route);
    let covered: BTreeSet<&str> = done.chain(read).chain(without).collect();

    let missing = staffs.difference(&covered);
    let missing = missing.map(|it| format!("`{it}` has no page on the staff desk"));
    let gone = covered.iter().filter(|it| !all.contains(**it));
    let gone = gone.map(|it| format!("`{it}` has a page on the staff desk and is not deployed"));
    hold(&missing.chain(gone).collect::<Vec<_>>());
    assert!(staffs.len() > 10, "{staffs:?}");
}

/// Goal: every route leads to the code that answers it.
#[test]
fn every_route_is_dispatched() {
    let by_function = deployed(&template());
    let mut found = Vec::new();
    for (binary, routes) in &by_function {
        let sources = tree::sources(&format!("functions/{binary}/src"));
        let literals = sources.iter().flat_map(|source| source.product().literals);
        found.extend(dispatched(binary, routes, &literals.map(|it| it.text).collect()));
    }
    hold(&found);
}

#[test]
fn a_route_out_of_place_is_found() {
    let set = |routes: &[&'static str]| routes.iter().copied().collect::<BTreeSet<&str>>();
    let fine = set(&["GET /a"]);
    assert_eq!(
        complaints(&set(&["GET /a", SIGNED[0], PUBLIC[0]]), &fine, &fine),
        Vec::<String>::new()
    );
    assert_eq!(complaints(&set(&["GET /a", "GET /b"]), &fine, &fine).len(), 1, "not ruled");
    assert_eq!(complaints(&set(&[]), &fine, &fine).len(), 1, "not deployed");
    assert_eq!(complaints(&fine, &fine, &set(&[])).len(), 1, "not tried");
    let owned = |routes: &[&str]| routes.iter().map(|&it| it.to_owned()).collect::<BTreeSet<_>>();
    let two = owned(&["GET /a", "GET /b"]);
    assert_eq!(dispatched("f", &two, &two), Vec::<String>::new());
    assert_eq!(dispatched("f", &two, &owned(&["GET /a", "text"])).len(), 1);
    assert_eq!(dispatched("f", &owned(&["GET /a"]), &owned(&["GET /b"])).len(), 1);
}

/// Goal: each route is open to exactly those whom it is for, and another account's id leads
/// nowhere.
#[test]
fn each_principal_may_do_what_the_table_says() {
    let own = AccountId::parse("acme").expect("an account");
    let other = AccountId::parse("other").expect("an account");
    let roles = [Role::AccountAdministrator, Role::Finance, Role::Member];
    let of = |account: &AccountId, role| Principal::Account { account: account.clone(), role };
    for openapi::Route { key: route, callers: allowed, .. } in openapi::routes() {
        if is_keyless(route) {
            continue;
        }
        let about = route.contains("{id}").then_some(&own);
        let keys = roles.map(|role| of(&own, role));
        let principals = [Principal::Vendor, STAFF].into_iter().chain(keys);
        for (principal, allowed) in principals.zip(allowed) {
            let wanted = if allowed { Ok(()) } else { Err(Denied::Role) };
            assert_eq!(authorise(route, &principal, about), wanted, "{principal:?} {route}");
        }
        let [_, _, of_account @ ..] = allowed;
        for (role, allowed) in roles.into_iter().zip(of_account) {
            // What is about no account, every account's keys may use alike.
            let wanted = match (about, allowed) {
                (Some(_), _) => Err(Denied::OtherAccount),
                (None, true) => Ok(()),
                (None, false) => Err(Denied::Role),
            };
            let principal = of(&other, role);
            assert_eq!(authorise(route, &principal, about), wanted, "{principal:?} {route}");
        }
    }
    for principal in [Principal::Vendor, STAFF, of(&own, Role::AccountAdministrator)] {
        let answer = authorise("PUT /v1/unknown", &principal, None);
        assert_eq!(answer, Err(Denied::Role), "{principal:?} may use a route that nobody ruled");
    }
}

/// Goal: a write that takes `If-Match` is served by the function that serves the read of the same
/// path: only it can read the resource first.
#[test]
fn what_is_read_and_written_at_one_path_is_of_one_function() {
    let template = template();
    let deployed = deployed(&template);
    let writes: Vec<&str> = routes().filter(|it| openapi::takes_if_match(it)).collect();
    assert!(writes.len() >= 9, "{writes:?}");
    for write in writes {
        let (_, path) = write.split_once(' ').unwrap();
        let read = format!("GET {path}");
        let holds = |routes: &&BTreeSet<String>| routes.contains(write) && routes.contains(&read);
        assert_eq!(deployed.values().filter(holds).count(), 1, "{write}");
    }
}
