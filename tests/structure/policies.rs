//! What each function may do at AWS: what its code does, and nothing else.
//!
//! The code is read for what it calls; local mode, which holds functions to the same policies,
//! shows in the end-to-end tests that the grants are enough.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::rust::Source;
use crate::template::{functions, list, template, texts};
use crate::{hold, reach, tree};

/// Every way to the table that the store offers, with the actions that it takes. A transaction
/// takes the actions of its parts.
const STORE: [(&str, &[&str]); 136] = [
    ("draws_on_budget", &[UPDATE]),
    ("admits_request_of_key", &[UPDATE]),
    ("keep_staff_sign_in", &[PUT]),
    ("open_staff_session", &[PUT]),
    ("end_staff_session", &[DELETE]),
    ("journal_behind", &[QUERY]),
    ("publish", &[PUT]),
    ("event", &[BATCH]),
    ("events", &[BATCH]),
    ("events_of", &[QUERY]),
    ("accounts_to_publish", &[QUERY, BATCH]),
    ("endpoints", &[QUERY]),
    ("endpoint_secrets", &[GET]),
    ("save_endpoint", &[PUT, DELETE]),
    ("delete_endpoint", &[PUT, DELETE]),
    ("delivery_state", &[BATCH]),
    ("keep_place", &[PUT]),
    ("keep_attempt", &[PUT, CHECK]),
    ("delivery", &[GET]),
    ("deliveries", &[QUERY]),
    ("accounts_to_deliver", &[QUERY, BATCH]),
    ("feed_ends", &[BATCH]),
    ("feed_entries", &[QUERY]),
    ("found_by_word", &[QUERY]),
    ("found_by_name", &[QUERY]),
    ("link", &[GET]),
    ("desk", &[BATCH, QUERY]),
    ("transfers", &[QUERY]),
    ("advices_due", &[QUERY]),
    ("advice_late", &[QUERY]),
    ("books", &[BATCH, QUERY]),
    ("books_of_subscriptions", &[QUERY]),
    ("books_of_customer", &[BATCH]),
    ("with_all_invoices", &[QUERY]),
    ("with_subscriptions", &[QUERY]),
    ("invoices", &[QUERY]),
    ("issued", &[QUERY]),
    ("begin_paying", &[PUT, CHECK]),
    ("proof", &[GET]),
    ("sub_accounts", &[QUERY]),
    ("keep_proof", &[PUT]),
    ("keep_difference", &[PUT]),
    ("differences", &[QUERY]),
    ("keep_dead_letter", &[PUT]),
    ("dead_letter", &[GET]),
    ("dead_letters", &[QUERY, BATCH]),
    ("open_letters", &[QUERY, GET]),
    ("dispute", &[BATCH]),
    ("disputes", &[QUERY, BATCH]),
    ("commit_both", &[PUT]),
    ("invoices_at", &[BATCH]),
    ("invoices_of", &[BATCH]),
    ("journal", &[QUERY]),
    ("journal_since", &[QUERY]),
    ("load", &[BATCH]),
    ("load_all", &[BATCH]),
    ("load_shared", &[BATCH]),
    ("load_with_key", &[BATCH]),
    ("commit", &[PUT]),
    ("commit_refused", &[PUT]),
    ("keep_preview", &[PUT]),
    ("keep_standing", &[PUT]),
    ("remember", &[PUT]),
    ("remember_attempt", &[PUT]),
    ("keep_lease", &[PUT]),
    ("was_refused", &[GET]),
    ("remember_foreign", &[PUT]),
    ("remember_foreign_payment", &[PUT]),
    ("keep", &[PUT]),
    ("open", &[PUT]),
    ("keep_intent", &[PUT]),
    ("take_back", &[PUT, DELETE]),
    ("account_keys", &[QUERY]),
    ("add_key", &[PUT, CHECK]),
    ("revoke_key", &[DELETE]),
    ("unlist_keys", &[PUT, DELETE]),
    ("mark_key_used", &[UPDATE]),
    ("usage_days", &[QUERY]),
    ("usage_between", &[QUERY]),
    ("usage_months", &[QUERY]),
    ("count", &[PUT, UPDATE]),
    ("correctable", &[BATCH, QUERY]),
    ("corrections", &[QUERY]),
    ("accounts_opened", &[QUERY]),
    ("purchases", &[QUERY]),
    ("reservations", &[QUERY, BATCH]),
    ("accounts_due", &[QUERY]),
    ("recharges_due", &[QUERY]),
    ("renewals", &[QUERY]),
    ("bills_due", &[QUERY]),
    ("accounts_with_alert", &[QUERY]),
    ("alerted", &[QUERY]),
    ("records_to_mail", &[QUERY]),
    ("pending_records", &[QUERY]),
    ("record", &[QUERY]),
    ("mails_decided", &[PUT]),
    ("keep_mail", &[PUT]),
    ("mails_about", &[QUERY]),
    ("mails_at", &[QUERY]),
    ("mail", &[QUERY]),
    ("mails", &[QUERY]),
    ("payer", &[BATCH, QUERY]),
    ("payers_in", &[BATCH, QUERY]),
    ("paying_parent", &[BATCH]),
    ("paid_sub_accounts", &[QUERY]),
    ("not_closed", &[BATCH]),
    ("shares", &[QUERY]),
    ("first_open_month", &[QUERY]),
    ("with_lines", &[BATCH]),
    ("close_month", &[PUT, UPDATE, CHECK]),
    ("keep_bill", &[PUT]),
    ("refuse_bill", &[PUT]),
    ("save_blockers", &[PUT]),
    ("price_changes", &[QUERY]),
    ("begin_price_change", &[PUT]),
    ("keep_price_change", &[PUT]),
    ("end_price_change", &[PUT, DELETE]),
    ("price_notices", &[QUERY]),
    ("told_of_price_changes", &[QUERY]),
    ("tell_of_price_change", &[PUT]),
    ("keep_sign_in", &[PUT]),
    ("open_session", &[PUT]),
    ("end_session", &[DELETE]),
    ("end_sessions", &[PUT]),
    ("sessions", &[QUERY]),
    ("members", &[QUERY]),
    ("save_member", &[PUT]),
    ("remove_member", &[PUT, DELETE]),
    ("write_credits", &[PUT, UPDATE]),
    ("write_reservation", &[PUT, UPDATE, DELETE]),
    ("credits", &[QUERY]),
    ("purchase", &[BATCH, QUERY]),
    ("keep_purchase", &[PUT]),
    ("payment_link", &[GET]),
    ("ledger_pages", &[QUERY]),
    ("ledger_entries", &[BATCH]),
];
const GET: &str = "dynamodb:GetItem";
const BATCH: &str = "dynamodb:BatchGetItem";
const QUERY: &str = "dynamodb:Query";
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const DELETE: &str = "dynamodb:DeleteItem";
const CHECK: &str = "dynamodb:ConditionCheckItem";

/// What a source asks of its host, with the action that it takes.
const CLIENTS: [(&str, &str); 3] = [
    (".sqs()", "sqs:SendMessage"),
    (".sesv2()", "ses:SendEmail"),
    (".secrets_manager()", "secretsmanager:GetSecretValue"),
];

/// What an event source mapping does in the function's name.
const RECEIVE: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// What an event source mapping of the table's stream does in the function's name.
const FOLLOW: [&str; 4] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
];

/// The statements of a function: effect, actions, resources.
fn statements(properties: &Value) -> impl Iterator<Item = &Value> {
    let policies = properties["Policies"].as_array().into_iter().flatten();
    policies.flat_map(|policy| list(&policy["Statement"]))
}

fn granted(properties: &Value) -> BTreeSet<String> {
    let allowing = statements(properties).filter(|it| it["Effect"] == "Allow");
    allowing.flat_map(|it| texts(&it["Action"])).map(str::to_owned).collect()
}

/// What the code of a function does, by the calls in it.
fn done(code: &str, sources: &[&str]) -> BTreeSet<String> {
    let calls = |method: &str| code.contains(&format!("store.{method}("));
    let table = STORE.iter().filter(|(method, _)| calls(method)).flat_map(|(_, actions)| *actions);
    let clients = CLIENTS.iter().filter(|(call, _)| code.contains(call)).map(|(_, action)| action);
    let receive = RECEIVE.iter().filter(|_| sources.contains(&"SQS"));
    let follow = FOLLOW.iter().filter(|_| sources.contains(&"DynamoDB"));
    let all = table.chain(clients).chain(receive).chain(follow);
    all.map(|&action| action.to_owned()).collect()
}

fn complaints(function: &str, properties: &Value, code: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let (denying, allowing): (Vec<_>, Vec<_>) =
        statements(properties).partition(|it| it["Effect"] == "Deny");
    complaints.extend(on_keys(function, &denying, code, &granted(properties)));
    for statement in allowing {
        let all = [texts(&statement["Action"]), texts(&statement["Resource"])].concat();
        let wild = all.iter().filter(|text| text.contains('*'));
        complaints.extend(wild.map(|text| format!("{function} may `{text}`: name what it needs")));
        // A resource is `!Ref` or `!GetAtt` of one of ours.
        let strange = list(&statement["Resource"]).iter().filter(|it| !it.is_object());
        complaints.extend(strange.map(|it| {
            format!("{function} has the resource {it}: refer to one of this template's")
        }));
        if statement["Effect"] != "Allow" {
            complaints.push(format!("{function} has a statement that is not `Allow`"));
        }
    }
    let events = properties["Events"].as_object().into_iter().flatten();
    let sources: Vec<&str> = events.filter_map(|(_, event)| event["Type"].as_str()).collect();
    let (done, granted) = (done(code, &sources), granted(properties));
    let missing = done.difference(&granted).map(|action| {
        format!("{function} does {action}, which its policy in template.yaml does not grant")
    });
    let unused = granted.difference(&done).filter(|action| !action.contains('*')).map(|action| {
        format!("{function} is granted {action} in template.yaml, which nothing in its code does")
    });
    complaints.extend(missing.chain(unused));
    complaints
}

/// Ways of the store to write the items of API keys.
const OF_KEYS: [&str; 3] = ["add_key", "revoke_key", "unlist_keys"];

/// Complaints about who may write the items of API keys: the function that makes them, and for all
/// others that write to the table it is denied, whatever else allows it.
fn on_keys(
    function: &str,
    denying: &[&Value],
    code: &str,
    granted: &BTreeSet<String>,
) -> Vec<String> {
    let makes = OF_KEYS.iter().any(|method| code.contains(&format!("store.{method}(")));
    let writes = [PUT, UPDATE, DELETE].iter().any(|action| granted.contains(*action));
    let is_right = |it: &&Value| {
        let pattern = it.pointer("/Condition/ForAnyValue:StringLike/dynamodb:LeadingKeys");
        texts(&it["Action"]) == [PUT, UPDATE, DELETE] && pattern == Some(&json!("KEY#*"))
    };
    match denying {
        [] if makes || !writes => Vec::new(),
        [one] if writes && !makes && is_right(one) => Vec::new(),
        _ if makes => vec![format!("{function} makes API keys: let nothing be denied to it")],
        _ => vec![format!("let {function} be denied to write items of `KEY#*`, and nothing else")],
    }
}

/// The code of a function, as far as it reaches, squeezed.
fn code(binary: &str) -> String {
    reach::sources(binary).iter().map(Source::squeezed).collect()
}

/// The names of the store's public asynchronous methods.
fn methods(sources: &[Source]) -> BTreeSet<String> {
    let mut methods = BTreeSet::new();
    for source in sources {
        let code = source.product().code;
        let lines = code.lines().filter_map(|line| line.trim().strip_prefix("pub async fn "));
        methods.extend(lines.filter_map(|line| line.split(['(', '<']).next()).map(str::to_owned));
    }
    methods
}

/// Goal: each function may do what its code does, on this template's own resources, and no more.
#[test]
fn policies_grant_what_the_code_does() {
    let known: BTreeSet<String> = STORE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let methods = methods(&tree::sources("shared/store/src"));
    assert_eq!(known, methods, "let STORE in {} name each `pub async fn` of the store", file!());
    let template = template();
    let found = functions(&template)
        .flat_map(|(name, binary, properties)| complaints(name, properties, &code(binary)));
    hold(&found.collect::<Vec<_>>());
}

/// Goal: the hottest read stays one request: `access` can do nothing but that, and mark the key
/// that it came with, once a day.
#[test]
fn access_only_reads_one_batch() {
    let template = template();
    let access = functions(&template).find(|(_, binary, _)| *binary == "access");
    let (_, _, properties) = access.expect("template.yaml has the function `access`");
    assert_eq!(granted(properties), BTreeSet::from([BATCH.to_owned(), UPDATE.to_owned()]));
}

/// The denial that every function has which writes and makes no keys.
const DENY: &str = "{Effect: Deny, Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem', \
                    'dynamodb:DeleteItem'], Resource: !GetAtt T.Arn, Condition: \
                    {'ForAnyValue:StringLike': {'dynamodb:LeadingKeys': 'KEY#*'}}}";

#[test]
fn a_wrong_policy_is_found() {
    let properties = |action: &str, resource: &str| {
        crate::template::parse(&format!(
            "Policies: [{{Statement: [{DENY}, {{Effect: Allow, Action: [{action}], Resource: {resource}}}]}}]"
        ))
    };
    let code = "self.store.remove_member(&change).await?;host.sqs()?";
    let good = "'dynamodb:PutItem','dynamodb:DeleteItem','sqs:SendMessage'";
    assert_eq!(complaints("F", &properties(good, "!GetAtt T.Arn"), code), Vec::<String>::new());
    for (action, resource) in [
        ("'dynamodb:PutItem','sqs:SendMessage'", "!GetAtt T.Arn"),
        ("'dynamodb:PutItem','dynamodb:DeleteItem','sqs:SendMessage','dynamodb:Query'", "!Ref T"),
        ("'dynamodb:PutItem','dynamodb:DeleteItem','sqs:SendMessage','sqs:*'", "!Ref T"),
        (good, "'arn:aws:dynamodb:eu-west-1:000000000000:table/other'"),
    ] {
        let found = complaints("F", &properties(action, resource), code);
        assert_eq!(found.len(), 1, "{action} {resource}: {found:?}");
    }
    assert!(complaints("F", &properties(good, "'*'"), code).len() >= 2, "a wildcard resource");
    assert!(done("", &["SQS"]).contains("sqs:ReceiveMessage"));
    assert!(done("", &["DynamoDB"]).contains("dynamodb:GetRecords"));
    let writes = BTreeSet::from([PUT.to_owned()]);
    assert_eq!(on_keys("F", &[], code, &writes).len(), 1, "not denied");
    assert_eq!(on_keys("F", &[], "self.store.add_key(&change)", &writes), Vec::<String>::new());
}
