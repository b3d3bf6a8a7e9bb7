//! A route as it is described: what it takes, what it answers.

use billing::authority::routes;
use billing::request::{Repetition, repetition};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::routes::{is_keyless, is_public};

/// Makes the schema of a type.
pub type Made = fn(&mut SchemaGenerator) -> Schema;

/// Body of a request.
#[derive(Debug)]
pub enum Request {
    /// A type of the contract.
    Typed(Made),
    /// Written by hand.
    ByHand(Value),
}

/// Body of an answer.
#[derive(Debug)]
pub enum Body {
    /// JSON of a type of the contract.
    One(Made),
    /// JSON of a type of the contract, and of another one for members of the account.
    BySight(Made, Made),
    /// JSON list of a type, all of it on one page.
    All(Made),
    /// The same, for members of another type.
    AllBySight(Made, Made),
    /// JSON page of a list.
    Page(Made),
    /// Comma-separated values.
    Csv,
    /// A page for people.
    Html,
    /// Any JSON object.
    Object,
    /// No body.
    Nothing,
}

/// An answer that is no problem.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// A sentence for a person.
    pub description: &'static str,
    /// Its body.
    pub body: Body,
}

/// A parameter of the query.
#[derive(Debug)]
pub struct Query {
    /// Name of the parameter.
    pub name: &'static str,
    /// A sentence for a person.
    pub description: &'static str,
    /// True if the request cannot do without.
    pub required: bool,
    /// Schema of its value.
    pub schema: Value,
}

/// The `Idempotency-Key` of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Not looked at.
    Unknown,
    /// Taken when given.
    Taken,
    /// Needed.
    Needed,
}

/// Who may use a route, of their own account where it names one: vendor, staff, administrator,
/// finance, member.
pub type Callers = [bool; 5];

/// Anybody, without a key.
pub const ANYBODY: Callers = [true; 5];
/// Every key.
pub const EVERYBODY: Callers = [true; 5];
/// The vendor's backend.
pub const VENDOR: Callers = [true, false, false, false, false];
/// The vendor's people.
pub const STAFF: Callers = [false, true, false, false, false];
/// The vendor's backend and its people.
pub const VENDOR_AND_STAFF: Callers = [true, true, false, false, false];
/// All but members.
pub const BILLING: Callers = [true, true, true, true, false];
/// All but members and the vendor's people.
pub const BILLING_BUT_STAFF: Callers = [true, false, true, true, false];
/// The vendor, its people, and an account's administrators.
pub const ADMINISTRATOR: Callers = [true, true, true, false, false];

/// The vendor and an account's administrators.
pub const OWNERS: Callers = [true, false, true, false, false];

/// Codes of a repeat that comes too early, or behind another change.
const INTERRUPTED: [&str; 2] = ["idempotency_in_progress", "request_overtaken"];

/// A route of the API.
#[derive(Debug)]
pub struct Route {
    /// Route key as template.yaml has it.
    pub key: &'static str,
    /// Who may use it.
    pub callers: Callers,
    /// A sentence for a person.
    pub summary: &'static str,
    /// Body of the request.
    pub request: Option<Request>,
    /// Answers that are no problem.
    pub answers: Vec<Answer>,
    /// Statuses and codes of problems.
    pub problems: Vec<(u16, &'static str)>,
    /// Properties beyond those of a problem, by status.
    pub extras: Vec<(u16, &'static str, Made)>,
    /// Parameters of the query.
    pub queries: Vec<Query>,
    /// Its `Idempotency-Key`.
    pub idempotency: Key,
}

/// True for a write of what is read at the same path, whose tag `If-Match` may name.
pub fn takes_if_match(key: &str) -> bool {
    let Some((method, path)) = key.split_once(' ') else { return false };
    let read = format!("GET {path}");
    matches!(method, "PUT" | "PATCH" | "DELETE") && routes().any(|known| known == read)
}

/// A route with the problems that follow from its key and from who may use it.
pub fn route(key: &'static str, callers: Callers, summary: &'static str) -> Route {
    let mut problems = Vec::new();
    if !is_keyless(key) {
        problems.extend([
            (401, "unauthorized"),
            (422, "idempotency_key_invalid"),
            (422, "invalid_input"),
            (429, "rate_limited"),
            (500, "internal_error"),
            (503, "temporarily_unavailable"),
        ]);
    }
    if is_public(key) {
        problems.push((422, "invalid_input"));
    }
    if callers.contains(&false) {
        problems.push((403, "forbidden"));
    }
    if key.contains('{') {
        problems.push((404, "not_found"));
    }
    if takes_if_match(key) {
        problems.push((412, "precondition_failed"));
    }
    let route = Route {
        key,
        callers,
        summary,
        request: None,
        answers: Vec::new(),
        problems,
        extras: Vec::new(),
        queries: Vec::new(),
        idempotency: Key::Unknown,
    };
    match repetition(key) {
        None | Some(Repetition::Unkept | Repetition::Counted) => route,
        Some(Repetition::Found) => route.repeatable(),
        Some(Repetition::Once) => route.repeatable().refuses_each(409, &INTERRUPTED),
        Some(Repetition::Leased) => route
            .repeatable()
            .refuses_each(409, &INTERRUPTED)
            .refuses(&[(409, "change_in_progress")]),
    }
}

impl Route {
    /// True for a request that is described by hand.
    pub fn is_by_hand(&self) -> bool {
        matches!(self.request, Some(Request::ByHand(_)))
    }

    /// A route that takes a body of that type.
    pub fn takes<T: JsonSchema>(self) -> Self {
        self.takes_body(Request::Typed(SchemaGenerator::subschema_for::<T>))
    }

    /// A route that takes a body that is described by hand.
    pub fn takes_by_hand(self, schema: Value) -> Self {
        self.takes_body(Request::ByHand(schema))
    }

    fn takes_body(mut self, request: Request) -> Self {
        self.request = Some(request);
        self.refuses(&[(400, "body_unreadable"), (413, "body_too_large"), (422, "invalid_input")])
    }

    /// A route that answers with a value of that type.
    pub fn gives<T: JsonSchema>(self, status: u16, description: &'static str) -> Self {
        self.answers(status, description, Body::One(SchemaGenerator::subschema_for::<T>))
    }

    /// A route that answers with a value of that type, and members with one of the other.
    pub fn gives_by_sight<T: JsonSchema, M: JsonSchema>(self, description: &'static str) -> Self {
        let (all, member) =
            (SchemaGenerator::subschema_for::<T>, SchemaGenerator::subschema_for::<M>);
        self.answers(200, description, Body::BySight(all, member))
    }

    /// A route that answers with a whole list, and members with one of the other type.
    pub fn gives_all_by_sight<T: JsonSchema, M: JsonSchema>(
        self,
        description: &'static str,
    ) -> Self {
        let (all, member) =
            (SchemaGenerator::subschema_for::<T>, SchemaGenerator::subschema_for::<M>);
        self.answers(200, description, Body::AllBySight(all, member))
    }

    /// A route that answers with a whole list.
    pub fn gives_all<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answers(200, description, Body::All(SchemaGenerator::subschema_for::<T>))
    }

    /// A route that answers with a page of a list, of at most 100 and at least 1.
    pub fn gives_page<T: JsonSchema>(self, description: &'static str) -> Self {
        let body = Body::Page(SchemaGenerator::subschema_for::<T>);
        self.answers(200, description, body).paged()
    }

    /// A route that is asked for a page.
    pub fn paged(self) -> Self {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        let limit = "Most items of the page.";
        let cursor = "The `next_cursor` of the page before.";
        self.asks(("limit", limit), number)
            .asks(("cursor", cursor), json!({ "type": "string" }))
            .refuses(&[(422, "cursor_invalid")])
    }

    /// A route that answers with an empty body.
    pub fn gives_nothing(self) -> Self {
        self.answers(204, "It is done.", Body::Nothing)
    }

    /// A route that answers so.
    pub fn answers(mut self, status: u16, description: &'static str, body: Body) -> Self {
        self.answers.push(Answer { status, description, body });
        self
    }

    /// A route that refuses with those statuses and codes.
    pub fn refuses(mut self, problems: &[(u16, &'static str)]) -> Self {
        let new = problems.iter().filter(|problem| !self.problems.contains(problem));
        let new: Vec<_> = new.copied().collect();
        self.problems.extend(new);
        self
    }

    /// A route that refuses with that status and any of those codes.
    pub fn refuses_each(self, status: u16, codes: &[&'static str]) -> Self {
        let problems: Vec<_> = codes.iter().map(|&code| (status, code)).collect();
        self.refuses(&problems)
    }

    /// A route whose problems of that status can have one more property.
    pub fn tells<T: JsonSchema>(mut self, status: u16, property: &'static str) -> Self {
        self.extras.push((status, property, SchemaGenerator::subschema_for::<T>));
        self
    }

    /// A route with a parameter of the query: its name and a sentence.
    pub fn asks(mut self, parameter: (&'static str, &'static str), schema: Value) -> Self {
        let (name, description) = parameter;
        self.queries.push(Query { name, description, required: false, schema });
        self.refuses(&[(422, "invalid_input")])
    }

    /// A route with a parameter of the query that is needed.
    pub fn needs(mut self, parameter: (&'static str, &'static str), schema: Value) -> Self {
        let (name, description) = parameter;
        self.queries.push(Query { name, description, required: true, schema });
        self.refuses(&[(422, "invalid_input")])
    }

    /// A route that knows an `Idempotency-Key`, and refuses one that was used for something else.
    pub fn repeatable(mut self) -> Self {
        self.idempotency = Key::Taken;
        self.refuses(&[(409, "idempotency_key_reused")])
    }

    /// A route that does nothing without an `Idempotency-Key`.
    pub fn keyed(self) -> Self {
        let route = self.repeatable().refuses(&[(422, "idempotency_key_missing")]);
        Self { idempotency: Key::Needed, ..route }
    }

    /// A route that calls Stripe, which may refuse with that status.
    pub fn at_stripe(self, status: u16) -> Self {
        self.refuses(&[(status, "refused_by_stripe"), (503, "stripe_unavailable")])
    }

    /// A route that is closed to accounts that are disabled or have ended.
    pub fn needs_open(self) -> Self {
        let codes = ["account_canceled", "account_disabled", "account_terminated"];
        self.refuses_each(409, &codes)
    }
}
