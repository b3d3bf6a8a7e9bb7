//! Routes of accounts, access, usage and members.

use serde_json::{Value, json};
use views::access::AccessView;
use views::accounts::{AccountSummaryView, AccountView, DetailsView};
use views::blockers::BlockerView;
use views::explain::ExplanationView;
use views::families::RegionView;
use views::keys::{KeyView, OwnKeyView};
use views::members::{MemberView, PreferencesView};
use views::personal::PersonalDataView;
use views::product::ProductAccountView;
use views::requests::accounts::{
    ChangeDetails, MakeKey, OpenAccount, RenameAccount, ReportBlocker, SaveMember,
};
use views::requests::sessions::{OpenDashboard, OpenStaffDesk};
use views::sessions::LinkView;
use views::timeline::TimelineView;
use views::usage::{BatchView, UsageView};

use super::route::{
    ADMINISTRATOR, ANYBODY, BILLING, Body, EVERYBODY, OWNERS, Route, STAFF, VENDOR,
    VENDOR_AND_STAFF, route,
};
use super::{families, staff};

/// States of accounts.
const STATES: [&str; 6] =
    ["active", "past_due", "restricted", "disabled", "canceled", "terminated"];

/// Those routes, with the one that describes the API.
pub fn routes() -> Vec<Route> {
    let mut all = about_accounts();
    all.extend(families::routes());
    all.extend(staff::routes());
    all.extend(staff::letters());
    all.extend(about_people());
    all.extend(about_usage());
    all
}

#[expect(clippy::too_many_lines, reason = "a row for each route")]
fn about_accounts() -> Vec<Route> {
    let words = "state|access|outstanding|upcoming|credits|prepaid_balance";
    let fields = json!({ "type": "string", "pattern": format!("^({words}|usage:.+|invoice:.+)$") });
    vec![
        route("GET /openapi.json", ANYBODY, "Describe the API").answers(
            200,
            "This description.",
            Body::Object,
        ),
        route("GET /problems", ANYBODY, "List the codes of problems").answers(
            200,
            "Every code, with what it means.",
            Body::Html,
        ),
        route("GET /problems/{code}", ANYBODY, "Read what a problem's code means").answers(
            200,
            "What it means, and what to do.",
            Body::Html,
        ),
        route(
            "POST /v1/accounts",
            VENDOR,
            "Open an account, and create or link its customer at Stripe",
        )
        .takes::<OpenAccount>()
        .at_stripe(422)
        .refuses(&[(409, "account_exists"), (409, "customer_already_linked")])
        .gives::<AccountView>(201, "The account."),
        route("GET /v1/accounts", VENDOR_AND_STAFF, "List accounts, newest first")
            .asks(
                ("state", "State by which each page is filtered: it may be short."),
                json!({ "type": "string", "enum": STATES }),
            )
            .refuses(&[(422, "cursor_invalid")])
            .gives_page::<AccountSummaryView>("A page of accounts."),
        route("PATCH /v1/accounts/{id}", ADMINISTRATOR, "Rename an account")
            .takes::<RenameAccount>()
            .at_stripe(422)
            .refuses(&[(409, "account_incomplete"), (409, "customer_deleted")])
            .gives::<AccountView>(200, "The account."),
        route("GET /v1/accounts/{id}", EVERYBODY, "Read an account")
            .gives_by_sight::<AccountView, ProductAccountView>("The account."),
        route("GET /v1/regions", EVERYBODY, "List the regions in which data is processed")
            .gives_all::<RegionView>("Every region."),
        route(
            "GET /v1/accounts/{id}/access",
            EVERYBODY,
            "Read whether an account may use the product now",
        )
        .gives::<AccessView>(200, "Its access."),
        route(
            "GET /v1/accounts/{id}/timeline",
            BILLING,
            "List what happened to an account, newest first",
        )
        .paged()
        .asks(
            ("kind", "Kind of entries that are listed, such as `invoice.paid`."),
            json!({ "type": "string" }),
        )
        .asks(("since", "First day or time of recording."), json!({ "type": "string" }))
        .asks(
            ("raw", "`true` lists the books' own work too, field by field as it was recorded."),
            json!({ "type": "boolean" }),
        )
        .refuses(&[(422, "cursor_invalid")])
        .gives::<TimelineView>(200, "A page of its journal."),
        route("GET /v1/accounts/{id}/timeline.csv", BILLING, "Export what happened to an account")
            .asks(("kind", "Kind of entries that are listed."), text())
            .asks(("since", "First day or time of recording."), text())
            .asks(("raw", "`true` lists the books' own work too."), json!({ "type": "boolean" }))
            .asks(("cursor", "Cursor of the link that an answer has."), text())
            .refuses(&[(422, "cursor_invalid")])
            .answers(200, "Entries, newest first; `Link` leads to what follows.", Body::Csv),
        route("GET /v1/accounts/{id}/explain", BILLING, "Explain a value of an account")
            .needs(("field", "The value; `usage:` with a resource, `invoice:` with an id."), fields)
            .gives::<ExplanationView>(200, "The value and the entries that made it."),
        route("PATCH /v1/accounts/{id}/billing-details", BILLING, "Change billing details")
            .takes::<ChangeDetails>()
            .at_stripe(422)
            .refuses(&[(409, "account_incomplete"), (409, "customer_deleted")])
            .gives::<DetailsView>(200, "All billing details."),
        route(
            "PUT /v1/accounts/{id}/cancellation-blockers/{code}",
            VENDOR,
            "Report what keeps an account from cancelling",
        )
        .takes::<ReportBlocker>()
        .refuses(&[(409, "too_many_blockers")])
        .gives::<BlockerView>(200, "The blocker."),
        route("DELETE /v1/accounts/{id}/cancellation-blockers/{code}", VENDOR, "Clear a blocker")
            .refuses(&[(422, "invalid_input")])
            .gives_nothing(),
        route(
            "POST /v1/accounts/{id}/dashboard-sessions",
            VENDOR,
            "Make a link that signs a member in to the dashboard, once, within five minutes",
        )
        .takes::<OpenDashboard>()
        .gives::<LinkView>(201, "The link, which lets its holder in."),
        route(
            "POST /v1/staff/dashboard-sessions",
            STAFF,
            "Make a link that signs the key's person in to the staff desk, once",
        )
        .takes::<OpenStaffDesk>()
        .gives::<LinkView>(201, "The link, which lets its holder in."),
        route("GET /v1/staff/search", STAFF, "Find accounts by what a person has of them")
            .asks(
                (
                    "q",
                    "Id of the account, mail address, invoice number or Stripe id as a whole; a \
                     name by its beginning.",
                ),
                json!({ "type": "string", "maxLength": 200 }),
            )
            .gives_all::<AccountSummaryView>("Accounts that were found, at most 25."),
        route(
            "DELETE /v1/accounts/{id}/dashboard-sessions",
            VENDOR,
            "End all sessions of the dashboard, and all links that opened none yet",
        )
        .gives_nothing(),
    ]
}

fn about_people() -> Vec<Route> {
    vec![
        route(
            "POST /v1/accounts/{id}/api-keys",
            ADMINISTRATOR,
            "Make an API key; its secret is shown once",
        )
        .takes::<MakeKey>()
        .repeatable()
        .refuses(&[(409, "secret_already_shown"), (409, "too_many_keys")])
        .gives::<KeyView>(201, "The key with its secret."),
        route("GET /v1/accounts/{id}/api-keys", ADMINISTRATOR, "List API keys")
            .gives_page::<KeyView>("A page of keys, without their secrets."),
        route("DELETE /v1/accounts/{id}/api-keys", OWNERS, "Revoke every API key").gives_nothing(),
        route("DELETE /v1/accounts/{id}/api-keys/{key_id}", ADMINISTRATOR, "Revoke an API key")
            .gives_nothing(),
        route("GET /v1/key", EVERYBODY, "Read whose the key is that the request comes with")
            .gives::<OwnKeyView>(200, "The key, without its secret."),
        route("GET /v1/accounts/{id}/members", BILLING, "List members")
            .gives_page::<MemberView>("A page of members."),
        route("GET /v1/accounts/{id}/members/{member_id}", BILLING, "Read a member")
            .gives::<MemberView>(200, "The member."),
        route("PUT /v1/accounts/{id}/members/{member_id}", ADMINISTRATOR, "Add or change a member")
            .takes::<SaveMember>()
            .refuses(&[(409, "last_administrator"), (409, "too_many_members")])
            .gives::<MemberView>(200, "The member."),
        route("DELETE /v1/accounts/{id}/members/{member_id}", ADMINISTRATOR, "Remove a member")
            .refuses(&[(409, "last_administrator")])
            .gives_nothing(),
        route(
            "PUT /v1/accounts/{id}/members/{member_id}/preferences",
            ADMINISTRATOR,
            "Say which mails a member wants",
        )
        .takes::<PreferencesView>()
        .gives::<MemberView>(200, "The member."),
        route("GET /v1/accounts/{id}/personal-data", ADMINISTRATOR, "Export personal data")
            .paged()
            .asks(("member", "Id of the only person; everybody without it."), text())
            .gives::<PersonalDataView>(200, "Everything about people that is held."),
        route(
            "DELETE /v1/accounts/{id}/members/{member_id}/personal-data",
            ADMINISTRATOR,
            "Erase the data of a removed member, or of one of a closed account",
        )
        .refuses(&[(409, "member_not_removed")])
        .gives_nothing(),
    ]
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn about_usage() -> Vec<Route> {
    let month = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" });
    vec![
        route("POST /v1/usage", VENDOR, "Count a batch of usage events")
            .takes_by_hand(batch())
            .refuses(&[(409, "batch_id_reused")])
            .gives::<BatchView>(202, "The events that count, and those that do not."),
        route("GET /v1/accounts/{id}/usage", EVERYBODY, "Read what was used in a month")
            .asks(("period", "Metering month; this one without it."), month.clone())
            .gives::<UsageView>(200, "Usage of every resource."),
        route("GET /v1/accounts/{id}/usage.csv", EVERYBODY, "Export the days of a month")
            .asks(("period", "Metering month; this one without it."), month)
            .answers(200, "A row for each resource and day.", Body::Csv),
    ]
}

/// Schema of a batch.
fn batch() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["batch_id", "events"],
        "properties": {
            "batch_id": text("Id of the batch: sent again, it is not counted again."),
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": billing::metering::EVENTS_MAX,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["account", "resource", "quantity"],
                    "properties": {
                        "account": text("Id of the account."),
                        "resource": text("Id of the resource."),
                        "quantity": {
                            "type": "integer",
                            "minimum": 0,
                            "maximum": billing::metering::QUANTITY_MAX,
                            "description": "Units used; the level of a gauge.",
                        },
                        "at": text("Time of the usage, RFC 3339; that of the request without it."),
                        "id": text("Id of the event, unique in its batch."),
                    },
                },
            },
        },
    })
}
