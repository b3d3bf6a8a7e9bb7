//! Parameters of the query: the only table of what each route takes, and their forms.
//!
//! A parameter that a route does not take is refused on every route with a caller: ignored, a
//! misspelt `dry_run` would cancel a subscription. `tests/structure` holds the table and
//! openapi.json to each other.

use billing::month::{Day, Month};
use billing::time::Timestamp;

use crate::http::Request;
use crate::problem::{FieldCode, FieldProblem, Problem};
use crate::text::repeated;

/// Most items of a page.
pub const LIMIT_MAX: usize = 100;
/// Items of a page without a limit in the request.
pub const LIMIT: usize = 25;
/// Most characters of an unknown parameter's name that are repeated.
const NAME_CHARACTERS_MAX: usize = 40;
/// Longest text of a parameter, in characters.
const TEXT_CHARACTERS_MAX: usize = 200;
/// Longest list of words, in characters.
const LIST_CHARACTERS_MAX: usize = 4_000;

/// Form of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Number of items of a page.
    Limit,
    /// The `next_cursor` of a page: the list itself judges it.
    Cursor,
    /// `true` or `false`.
    Switch,
    /// A metering month.
    Month,
    /// A day or a time.
    Moment,
    /// One of those words.
    Word(&'static [&'static str]),
    /// A value that can be explained, and needed: a word, or a word, a colon and an id.
    Explained,
    /// A short text.
    Text,
    /// Words with commas between them.
    List,
    /// A whole number that is not negative.
    Number,
}

/// Parameters of a route by their names.
type Parameters = &'static [(&'static str, Form)];

/// Parameters of a list.
const PAGE: Parameters = &[("limit", Form::Limit), ("cursor", Form::Cursor)];

/// Parameters of a table of a month.
const TABLE: Parameters = &[("period", Form::Month), ("cursor", Form::Cursor)];

/// Parameters of a span of time.
const SPAN: Parameters = &[("from", Form::Moment), ("to", Form::Moment)];

/// Values that can be explained.
const EXPLAINED: &[&str] =
    &["state", "access", "outstanding", "upcoming", "credits", "prepaid_balance"];
/// Beginnings of values that can be explained of one resource or invoice.
const EXPLAINED_OF: &[&str] = &["usage:", "invoice:"];

/// Statuses by which invoices are listed.
const STATUSES: &[&str] = &["open", "uncollectible", "unpaid", "paid", "void"];
/// Kinds by which invoices are listed.
const KINDS: &[&str] = &["subscription", "usage", "manual", "credits"];

/// Statuses by which deliveries are listed.
const DELIVERIES: &[&str] = &["pending", "delivered", "parked"];

/// States by which accounts are listed.
const STATES: &[&str] = &["active", "past_due", "restricted", "disabled", "canceled", "terminated"];

/// Routes that take parameters; a route that is not here takes none.
const ROUTES: &[(&str, Parameters)] = &[
    (
        "GET /v1/accounts",
        &[("limit", Form::Limit), ("cursor", Form::Cursor), ("state", Form::Word(STATES))],
    ),
    (
        "GET /v1/accounts/{id}/timeline",
        &[
            ("limit", Form::Limit),
            ("cursor", Form::Cursor),
            ("kind", Form::Text),
            ("since", Form::Moment),
            ("raw", Form::Switch),
        ],
    ),
    (
        "GET /v1/accounts/{id}/timeline.csv",
        &[
            ("cursor", Form::Cursor),
            ("kind", Form::Text),
            ("since", Form::Moment),
            ("raw", Form::Switch),
        ],
    ),
    ("GET /v1/accounts/{id}/explain", &[("field", Form::Explained)]),
    ("GET /v1/accounts/{id}/sub-accounts", PAGE),
    (
        "GET /v1/accounts/{id}/sub-accounts/usage",
        &[("limit", Form::Limit), ("cursor", Form::Cursor), ("period", Form::Month)],
    ),
    ("GET /v1/accounts/{id}/sub-accounts/usage.csv", TABLE),
    ("GET /v1/accounts/{id}/members", PAGE),
    ("GET /v1/accounts/{id}/api-keys", PAGE),
    (
        "GET /v1/accounts/{id}/personal-data",
        &[("limit", Form::Limit), ("cursor", Form::Cursor), ("member", Form::Text)],
    ),
    ("GET /v1/accounts/{id}/alert/history", PAGE),
    ("GET /v1/accounts/{id}/mails", PAGE),
    (
        "GET /v1/accounts/{id}/invoices",
        &[
            ("limit", Form::Limit),
            ("cursor", Form::Cursor),
            ("status", Form::Word(STATUSES)),
            ("kind", Form::Word(KINDS)),
            ("from", Form::Moment),
            ("to", Form::Moment),
        ],
    ),
    ("GET /v1/accounts/{id}/invoices/{invoice_id}/changes", PAGE),
    (
        "GET /v1/accounts/{id}/invoices.csv",
        &[
            ("cursor", Form::Cursor),
            ("status", Form::Word(STATUSES)),
            ("kind", Form::Word(KINDS)),
            ("from", Form::Moment),
            ("to", Form::Moment),
        ],
    ),
    ("GET /v1/accounts/{id}/statement", SPAN),
    ("GET /v1/accounts/{id}/statement.csv", SPAN),
    ("GET /v1/accounts/{id}/usage", &[("period", Form::Month)]),
    ("GET /v1/accounts/{id}/usage.csv", &[("period", Form::Month)]),
    ("DELETE /v1/accounts/{id}/subscription", &[("dry_run", Form::Switch)]),
    ("GET /v1/accounts/{id}/credits/daily", &[("period", Form::Month)]),
    ("GET /v1/accounts/{id}/credits/daily.csv", &[("period", Form::Month)]),
    ("GET /v1/accounts/{id}/credits/purchases", PAGE),
    ("GET /v1/accounts/{id}/credits/reservations", PAGE),
    ("GET /v1/accounts/{id}/credits/transactions", PAGE),
    ("GET /v1/accounts/{id}/credits/transactions.csv", TABLE),
    ("GET /v1/staff/disputes", PAGE),
    ("GET /v1/staff/exports/{kind}", TABLE),
    (
        "GET /v1/staff/dead-letters",
        &[
            ("limit", Form::Limit),
            ("cursor", Form::Cursor),
            ("status", Form::Word(&["open", "closed"])),
        ],
    ),
    (
        "GET /v1/events",
        &[
            ("limit", Form::Limit),
            ("cursor", Form::Cursor),
            ("account", Form::Text),
            ("types", Form::List),
            ("after", Form::Number),
        ],
    ),
    ("GET /v1/event-endpoints", PAGE),
    (
        "GET /v1/event-endpoints/{endpoint_id}/deliveries",
        &[("limit", Form::Limit), ("cursor", Form::Cursor), ("status", Form::Word(DELIVERIES))],
    ),
    ("GET /v1/staff/search", &[("q", Form::Text)]),
    ("GET /v1/staff/price-changes", PAGE),
    ("GET /v1/staff/payment-advice", &[("status", Form::Word(&["pending", "expired"]))]),
];

/// Parameters that a route takes, with their forms.
pub fn parameters(route: &str) -> Parameters {
    ROUTES.iter().find(|(known, _)| *known == route).map_or(&[], |(_, parameters)| parameters)
}

/// Routes that take parameters.
pub fn routes() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|(route, _)| *route)
}

/// Checks every parameter of a request.
///
/// # Errors
/// 422 with every parameter that is unknown, missing or has another form.
pub fn check(request: &Request) -> Result<(), Problem> {
    let known = parameters(&request.route);
    let unknown = request.query.keys().filter(|name| known.iter().all(|(it, _)| it != name));
    let mut faults: Vec<FieldProblem> = unknown.map(|name| strange(name, known)).collect();
    for (name, form) in known {
        let value = request.query.get(*name).map(String::as_str);
        faults.extend(form.fault(name, value));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// Number of items of the page that a request asks for.
pub fn limit(request: &Request) -> usize {
    request.query.get("limit").and_then(|text| a_limit(text)).unwrap_or(LIMIT)
}

/// True if a parameter is `true`.
pub fn is_on(request: &Request, name: &str) -> bool {
    request.query.get(name).is_some_and(|value| value == "true")
}

fn a_limit(text: &str) -> Option<usize> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| is_plain && (1..=LIMIT_MAX).contains(limit))
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("One of {} is expected.", words.join(", "))
}

fn strange(name: &str, known: Parameters) -> FieldProblem {
    let name = repeated(name, NAME_CHARACTERS_MAX);
    let known: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
    let detail = match known.as_slice() {
        [] => "This route takes no parameters behind `?`.".to_owned(),
        [_, ..] => format!("This route takes no such parameter: {} are known.", known.join(", ")),
    };
    FieldProblem::of(FieldCode::Unknown, name, detail)
}

impl Form {
    fn fault(self, name: &str, value: Option<&str>) -> Option<FieldProblem> {
        let Some(value) = value else {
            return match self {
                Self::Explained => Some(FieldProblem::missing(name)),
                Self::Limit
                | Self::Cursor
                | Self::Switch
                | Self::Month
                | Self::Moment
                | Self::Word(_)
                | Self::Text
                | Self::List
                | Self::Number => None,
            };
        };
        match self {
            Self::Limit => a_limit(value).is_none().then(|| {
                let detail = format!("A number from 1 to {LIMIT_MAX} is expected.");
                FieldProblem::out_of_range(name, detail)
            }),
            Self::Cursor => None,
            Self::Switch => (!["true", "false"].contains(&value))
                .then(|| FieldProblem::invalid(name, "`true` or `false` is expected.")),
            Self::Month => Month::parse(value)
                .is_err()
                .then(|| FieldProblem::invalid(name, "A month is expected, such as `2026-11`.")),
            Self::Moment => {
                let is_moment = Day::parse(value).is_ok() || Timestamp::parse(value).is_ok();
                let detail = "A day such as `2026-11-01`, or a time such as \
                              `2026-11-01T00:00:00Z`, is expected.";
                (!is_moment).then(|| FieldProblem::invalid(name, detail))
            }
            Self::Word(words) => {
                (!words.contains(&value)).then(|| FieldProblem::invalid(name, one_of(words)))
            }
            Self::Explained => {
                let is_of_one = EXPLAINED_OF.iter().any(|kind| {
                    let id = value.strip_prefix(kind);
                    id.is_some_and(|id| Self::Text.fault(name, Some(id)).is_none())
                });
                let words = [EXPLAINED, EXPLAINED_OF].concat();
                let is_known = EXPLAINED.contains(&value) || is_of_one;
                (!is_known).then(|| FieldProblem::invalid(name, one_of(&words)))
            }
            Self::Number => not_a_number(name, value),
            Self::List => not_a_list(name, value),
            Self::Text => {
                let fits = (1..=TEXT_CHARACTERS_MAX).contains(&value.chars().count())
                    && !value.chars().any(char::is_control);
                let detail = format!("1 to {TEXT_CHARACTERS_MAX} characters are expected.");
                (!fits).then(|| FieldProblem::out_of_range(name, detail))
            }
        }
    }
}

fn not_a_number(name: &str, value: &str) -> Option<FieldProblem> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = is_plain && value.parse::<u64>().is_ok();
    (!is_number).then(|| FieldProblem::invalid(name, "A whole number is expected."))
}

fn not_a_list(name: &str, value: &str) -> Option<FieldProblem> {
    let of_a_word = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.' | ',');
    let fits = (1..=LIST_CHARACTERS_MAX).contains(&value.len()) && value.chars().all(of_a_word);
    let detail = "Words with commas between them are expected.";
    (!fits).then(|| FieldProblem::invalid(name, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::about;

    /// Faults of a query as `field code`.
    fn faults(route: &str, query: &[(&str, &str)]) -> Vec<String> {
        let problem = check(&about(route, "acme", query)).err();
        let fields = problem.map(|problem| problem.fields).unwrap_or_default();
        fields.iter().map(|fault| format!("{} {:?}", fault.field, fault.code)).collect()
    }

    /// Goal: every parameter that is unknown, missing or of another form is named at once.
    #[test]
    fn every_wrong_parameter_is_named() {
        let cancel = "DELETE /v1/accounts/{id}/subscription";
        assert_eq!(faults(cancel, &[("dryrun", "true")]), ["dryrun Unknown"]);
        assert_eq!(faults(cancel, &[("dry_run", "1")]), ["dry_run Invalid"]);
        assert_eq!(faults(cancel, &[("dry_run", "true")]), [""; 0]);
        let list = "GET /v1/accounts/{id}/members";
        for limit in ["0", "101", "-1", "+5", "1.0", "", "x", "1,2"] {
            let found = faults(list, &[("limit", limit), ("x", "1")]);
            assert_eq!(found, ["x Unknown", "limit OutOfRange"], "{limit}");
        }
        assert_eq!(faults("GET /v1/accounts/{id}/explain", &[]), ["field Missing"]);
        assert_eq!(faults("GET /v1/plans", &[("a", "")]), ["a Unknown"]);
        let usage = "GET /v1/accounts/{id}/usage";
        assert_eq!(faults(usage, &[("period", "February")]), ["period Invalid"]);
    }
}
