//! The table: template.yaml against the constants, and the page at the top of keys.rs against the
//! keys that are really made.

use std::collections::BTreeSet;

use billing::ids::{
    AccountId, BatchId, CustomerId, DisputeId, EndpointId, InvoiceId, MemberId, PaymentIntentId,
    PurchaseId, SubscriptionId,
};
use billing::month::{Day, Month};
use billing::time::Timestamp;
use serde_json::{Value, json};
use store::keys::{self, Key};

use crate::template::{resources, template};
use crate::{hold, tree};

/// What the table must be, property by property.
fn wanted() -> Value {
    let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
    let schema = |hash, range| {
        json!([
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ])
    };
    json!({
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": true,
        "AttributeDefinitions": [
            attribute(keys::PK),
            attribute(keys::SK),
            attribute(keys::DUE_PK),
            attribute(keys::DUE_SK),
        ],
        "KeySchema": schema(keys::PK, keys::SK),
        "GlobalSecondaryIndexes": [{
            "IndexName": keys::DUE_INDEX,
            "KeySchema": schema(keys::DUE_PK, keys::DUE_SK),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS" },
        "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
        "TimeToLiveSpecification": { "AttributeName": keys::EXPIRES_AT, "Enabled": true },
    })
}

fn table_complaints(template: &Value) -> Vec<String> {
    let tables: Vec<_> = resources(template, "AWS::DynamoDB::Table").collect();
    let [(name, table)] = tables.as_slice() else {
        return vec![format!("template.yaml has {} tables; one is expected", tables.len())];
    };
    let mut complaints = Vec::new();
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if table[policy] != "Retain" {
            complaints
                .push(format!("{name}: {policy} must be Retain, or a stack takes the books along"));
        }
    }
    let (wanted, found) = (wanted(), &table["Properties"]);
    let both = wanted.as_object().into_iter().chain(found.as_object()).flatten();
    for property in both.map(|(property, _)| property).collect::<BTreeSet<_>>() {
        let (wanted, found) = (&wanted[property], &found[property]);
        if wanted != found {
            complaints.push(format!(
                "{name}.{property} in template.yaml is {found}, but keys.rs and {} want {wanted}",
                file!()
            ));
        }
    }
    complaints
}

/// Goal: the table that is deployed is the table that the code knows, and loses nothing.
#[test]
fn the_table_is_what_the_code_knows() {
    hold(&table_complaints(&template()));
}

#[test]
fn a_table_that_differs_is_found() {
    let good = json!({ "Resources": { "Table": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": wanted(),
    } } });
    assert_eq!(table_complaints(&good), Vec::<String>::new());
    for (path, value) in [
        ("/Resources/Table/DeletionPolicy", json!("Delete")),
        ("/Resources/Table/Properties/BillingMode", json!("PROVISIONED")),
        ("/Resources/Table/Properties/DeletionProtectionEnabled", json!(false)),
        ("/Resources/Table/Properties/TimeToLiveSpecification/AttributeName", json!("ttl")),
        ("/Resources/Table/Properties/GlobalSecondaryIndexes/0/IndexName", json!("other")),
        ("/Resources/Table/Properties/StreamSpecification", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).expect(path) = value;
        assert_eq!(table_complaints(&bad).len(), 1, "{path}");
    }
}

/// A row of the page: entity and the patterns of its keys.
#[derive(Debug, PartialEq)]
struct Row {
    entity: String,
    pk: String,
    sk: String,
}

/// The rows of the table at the top of keys.rs.
fn rows(source: &str) -> Vec<Row> {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let rows = lines.filter_map(|line| line.trim().strip_prefix('|'));
    let rows = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    rows.filter_map(|cells| {
        let quoted = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
        let (entity, pk, sk) = (cells.first()?, cells.get(1)?, cells.get(2)?);
        Some(Row { entity: (*entity).to_owned(), pk: quoted(pk)?, sk: quoted(sk)? })
    })
    .collect()
}

/// True if a key looks like `ACCOUNT#<id>`: each `<...>` stands for something without a `#`.
fn fits(pattern: &str, key: &str) -> bool {
    let (patterns, parts) = (pattern.split('#'), key.split('#'));
    patterns.clone().count() == parts.clone().count()
        && patterns.zip(parts).all(|(pattern, part)| {
            let is_any = pattern.starts_with('<') && pattern.ends_with('>');
            if is_any { !part.is_empty() } else { pattern == part }
        })
}

/// Every key that keys.rs makes, under the name of its maker.
fn made() -> Vec<(&'static str, Key)> {
    let account = AccountId::parse("acme").expect("an account");
    let subscription = SubscriptionId::parse("sub_1").expect("a subscription");
    let invoice = InvoiceId::parse("in_1").expect("an invoice");
    let member = MemberId::parse("ada").expect("a member");
    let customer = CustomerId::parse("cus_1").expect("a customer");
    let purchase = PurchaseId::parse("pur_1").expect("a purchase");
    let payment = PaymentIntentId::parse("pi_1").expect("a payment");
    let month = Month::parse("2026-11").expect("a month");
    let day = Day::parse("2026-11-22").expect("a day");
    let batch = BatchId::parse("b-1").expect("a batch");
    vec![
        ("profile", keys::profile(&account)),
        ("standing", keys::standing(&account)),
        ("rest_bill", keys::rest_bill(&account, Timestamp(1_795_338_000))),
        ("subscription", keys::subscription(&account, &subscription)),
        ("invoice", keys::invoice(&account, &invoice)),
        ("issued", keys::issued(&account, Timestamp(1_795_338_000), &invoice)),
        ("journal", keys::journal(&account, Timestamp(1_795_338_000), 7)),
        ("intent", keys::intent(&account, "3f2a")),
        ("paying", keys::paying(&account, &invoice)),
        ("preview", keys::preview(&account, "pv_1")),
        ("refused", keys::refused(&account, "evt_1")),
        ("usage", keys::usage(&account, month)),
        ("bill", keys::bill(&account, month)),
        ("usage_day", keys::usage_day(&account, day)),
        ("gauges", keys::gauges(&account)),
        ("credits", keys::credits(&account)),
        ("credit", keys::credit(&account, "ded_1")),
        ("purchase", keys::purchase(&account, &purchase)),
        ("reservation", keys::reservation(&account, "res_1")),
        ("ledger_page", keys::ledger_page(&account, 7)),
        ("tokens", keys::tokens(&account, month)),
        ("hold", keys::hold(&account, Timestamp(1_795_338_000), "res_1")),
        ("payment_link", keys::payment_link(&payment)),
        ("blockers", keys::blockers(&account)),
        ("usage_batch", keys::usage_batch(&batch, 0)),
        ("price_notice", keys::price_notice(&account, "pc_1")),
        ("price_change", keys::price_change("pc_1")),
        ("next_price", keys::next_price("tollgate_team_month")),
        ("member", keys::member(&account, &member)),
        ("account_key", keys::account_key(&account, "key_1")),
        ("api_key", keys::api_key("9f86d081")),
        ("link", keys::link(&customer)),
        ("request", keys::request("9f86d081")),
        ("answer", keys::answer("9f86d081")),
        ("lease", keys::lease(&account)),
        ("watch", keys::watch(&account)),
        ("alerted", keys::alerted(&account, month)),
        ("session", keys::session(&account, "9f86d081")),
        ("turn", keys::turn(&account)),
        ("sign_in", keys::sign_in("9f86d081")),
        ("advice", keys::advice(&account, "acme.9f")),
        ("receipt", keys::receipt(&account, "acme.9f")),
        ("method", keys::method(&account)),
        ("proof", keys::proof()),
        ("dead_letter", keys::dead_letter("dl_1")),
        ("difference", keys::difference(Timestamp(1_795_338_000), "evt_1")),
        ("mail", keys::mail(&account, "1795338000.0000000007.0.billing")),
    ]
}

/// Those of parents and sub-accounts.
fn made_of_families() -> Vec<(&'static str, Key)> {
    let account = AccountId::parse("acme").expect("an account");
    let sub_account = AccountId::parse("north").expect("an account");
    let month = Month::parse("2026-11").expect("a month");
    vec![
        ("payers", keys::payers(&account)),
        ("share", keys::share(&account, month, &sub_account, month)),
        ("bill_lines", keys::bill_lines(&account, month, 0)),
        ("sub_account", keys::sub_account(&account, &sub_account)),
    ]
}

/// Those of events out.
fn made_of_events() -> Vec<(&'static str, Key)> {
    let account = AccountId::parse("acme").expect("an account");
    let endpoint = EndpointId::parse("backend").expect("an endpoint");
    let at = Timestamp(1_795_338_000);
    let event = billing::events::EventId { account: account.clone(), sequence: 7 };
    vec![
        ("published", keys::published(&account)),
        ("event", keys::event(&account, 7)),
        ("delivered", keys::delivered(&account, &endpoint)),
        ("endpoint_list", keys::endpoint_list()),
        ("endpoint", keys::endpoint(&endpoint)),
        ("endpoint_health", keys::endpoint_health(&endpoint)),
        ("endpoint_secret", keys::endpoint_secret(&endpoint)),
        ("delivery", keys::delivery("5e", at, &event)),
        ("feed_end", keys::feed_end(3)),
        ("feed_entry", keys::feed_entry(3, 7)),
    ]
}

/// Those of budgets.
fn made_of_budgets() -> Vec<(&'static str, Key)> {
    let account = AccountId::parse("acme").expect("an account");
    let minute = Timestamp(1_795_338_000);
    vec![
        ("budget", keys::budget(&account, minute)),
        ("key_budget", keys::key_budget(&account, minute, "k1")),
    ]
}

/// Those of the staff desk.
fn made_of_staff() -> Vec<(&'static str, Key)> {
    let account = AccountId::parse("acme").expect("an account");
    let month = Month::parse("2026-11").expect("a month");
    let dispute = DisputeId::parse("dp_1").expect("a dispute");
    vec![
        ("staff_sign_in", keys::staff_sign_in("9f86d081")),
        ("staff_session", keys::staff_session("9f86d081")),
        ("name_word", keys::name_word(&account)),
        ("mail_word", keys::mail_word(&account)),
        ("dispute", keys::dispute(&account, &dispute)),
        ("usage_correction", keys::usage_correction(&account, month, "cor_1")),
    ]
}

/// The names of the functions that make keys.
fn makers(source: &str) -> BTreeSet<&str> {
    let functions = source.lines().filter_map(|line| line.strip_prefix("pub fn "));
    let makers = functions.filter(|line| line.ends_with("-> Key {"));
    makers.filter_map(|line| line.split('(').next()).collect()
}

fn page_complaints(rows: &[Row], made: &[(&str, Key)]) -> Vec<String> {
    let describes = |row: &Row, key: &Key| fits(&row.pk, &key.pk) && fits(&row.sk, &key.sk);
    let mut complaints = Vec::new();
    for (name, key) in made {
        let count = rows.iter().filter(|row| describes(row, key)).count();
        if count != 1 {
            complaints.push(format!(
                "{count} rows at the top of keys.rs describe what `{name}` makes ({} / {}); one must",
                key.pk, key.sk
            ));
        }
    }
    for row in rows {
        if !made.iter().any(|(_, key)| describes(row, key)) {
            complaints.push(format!("no function of keys.rs makes a key of `{}`", row.entity));
        }
    }
    complaints
}

/// Goal: the page at the top of keys.rs shows every key that is made, as it is made.
#[test]
fn the_page_of_keys_is_complete() {
    let source = tree::text("shared/store/src/keys.rs");
    let rows = rows(&source);
    let made =
        [made(), made_of_budgets(), made_of_families(), made_of_events(), made_of_staff()].concat();
    assert!(!rows.is_empty(), "the table at the top of keys.rs is not found");
    let tried: BTreeSet<&str> = made.iter().map(|(name, _)| *name).collect();
    let files = ["keys.rs", "keys/events.rs", "keys/sessions.rs", "keys/staff.rs"];
    let sources = files.map(|file| tree::text(&format!("shared/store/src/{file}"))).concat();
    assert_eq!(makers(&sources), tried, "let `made` in {} try each `pub fn` of keys.rs", file!());
    hold(&page_complaints(&rows, &made));
}

#[test]
fn a_wrong_page_is_found() {
    let source = "//! | entity | pk | sk | found by |\n//! |---|---|---|---|\n\
                  //! | a | `A#<id>` | `X#<time>#<n>` | b |\n//! | b | `B#<id>` | `B` | b |\n\
                  pub fn a(id: &Id) -> Key {\npub fn a_partition() -> String {\n";
    let rows = rows(source);
    assert_eq!(rows.len(), 2);
    assert_eq!(makers(source), BTreeSet::from(["a"]));
    let key = |pk: &str, sk: &str| Key { pk: pk.to_owned(), sk: sk.to_owned() };
    let both = [("a", key("A#1", "X#t#1")), ("b", key("B#1", "B"))];
    assert_eq!(page_complaints(&rows, &both), Vec::<String>::new());
    assert_eq!(page_complaints(&rows, &both[..1]).len(), 1, "a row too many");
    assert_eq!(page_complaints(&rows[..1], &both).len(), 1, "a key without a row");
    assert!(!fits("A#<id>", "A#") && !fits("A#<id>", "B#1") && !fits("A#<id>", "A#1#2"));
}
