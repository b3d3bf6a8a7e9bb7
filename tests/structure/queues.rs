//! Queues and schedules of template.yaml: an outage of hours dead-letters nothing, one bad message
//! takes no other along, and a schedule that fails is heard of.

use serde_json::{Value, json};

use crate::hold;
use crate::template::{functions, parse, resources, template};

/// Largest batch of a function that calls Stripe.
const STRIPE_BATCH_MAX: i64 = 2;

/// Functions that know each queue whose messages may become dead letters.
const OF_LETTERS: [&str; 3] = ["dashboard", "dead-letters", "staff"];

fn complaints(template: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, queue) in resources(template, "AWS::SQS::Queue") {
        let policy = &queue["Properties"]["RedrivePolicy"];
        let receives = policy["maxReceiveCount"].as_u64();
        if receives.is_some_and(|receives| receives <= u64::from(worker::RECEIVES_MAX)) {
            complaints.push(format!(
                "{name} gives a message up after {receives:?} receives, before the worker does it \
                 with a reason: allow more than {}",
                worker::RECEIVES_MAX
            ));
        }
    }
    for (name, binary, properties) in functions(template) {
        complaints.extend(of_function(name, properties));
        if OF_LETTERS.contains(&binary) {
            complaints.extend(unknown_queues(name, properties, template));
        }
    }
    complaints
}

/// Queues whose dead letters a function could not send back.
fn unknown_queues(name: &str, properties: &Value, template: &Value) -> Vec<String> {
    let variables = properties["Environment"]["Variables"].as_object();
    let knows = |queue: &str| {
        let mut variables = variables.into_iter().flatten();
        variables.any(|(_, value)| value["Ref"] == queue)
    };
    let queues = resources(template, "AWS::SQS::Queue");
    let dying = queues.filter(|(_, queue)| queue["Properties"]["RedrivePolicy"].is_object());
    let unknown = dying.map(|(queue, _)| queue).filter(|queue| !knows(queue));
    unknown
        .map(|queue| format!("{name} must know {queue}: see letters_commands::sources"))
        .collect()
}

fn of_function(name: &str, properties: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let variables = properties["Environment"]["Variables"].as_object();
    let sends_to = |queue: &Value| {
        let mut variables = variables.into_iter().flatten();
        variables.any(|(_, value)| value["Ref"] == *queue)
    };
    let calls_stripe = variables.is_some_and(|all| all.contains_key("STRIPE_KEY_SECRET_ID"));

    for event in properties["Events"].as_object().into_iter().flatten().map(|(_, event)| event) {
        let inner = &event["Properties"];
        if event["Type"] == "SQS" {
            let arn = inner["Queue"]["Fn::GetAtt"].as_str().unwrap_or_default();
            let queue = json!(arn.trim_end_matches(".Arn"));
            if sends_to(&queue) && properties["RecursiveLoop"] != "Allow" {
                let what = "feeds its own queue: Lambda stops it without `RecursiveLoop: Allow`";
                complaints.push(format!("{name} {what}"));
            }
            let batch = inner["BatchSize"].as_i64().unwrap_or(10);
            if calls_stripe && batch > STRIPE_BATCH_MAX {
                complaints.push(format!("{name} calls Stripe for batches of {batch}: take 1 or 2"));
            }
        }
        if event["Type"] == "ScheduleV2" {
            let failed = properties.pointer("/EventInvokeConfig/DestinationConfig/OnFailure");
            if failed.is_none() || inner["DeadLetterConfig"].is_null() {
                let what = "has a schedule without a failure destination: EventInvokeConfig and \
                            DeadLetterConfig";
                complaints.push(format!("{name} {what}"));
            }
        }
    }
    complaints
}

/// Goal: queues, batches and schedules are as the worker relies on.
#[test]
fn queues_and_schedules_lose_nothing() {
    let template = template();
    assert!(resources(&template, "AWS::SQS::Queue").count() > 5, "no queue was found");
    hold(&complaints(&template));
}

#[test]
fn what_loses_something_is_found() {
    let template = parse(
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy:\n        \
         maxReceiveCount: 5\n  F:\n    Type: AWS::Serverless::Function\n    Metadata:\n      \
         BuildProperties:\n        Binary: f\n    Properties:\n      Environment:\n        Variables:\n          \
         STRIPE_KEY_SECRET_ID: x\n          QUEUE_URL: !Ref Q\n      Events:\n        A:\n          Type: SQS\n          \
         Properties:\n            Queue: !GetAtt Q.Arn\n            BatchSize: 5\n        B:\n          \
         Type: ScheduleV2\n          Properties:\n            ScheduleExpression: rate(1 hour)\n",
    );
    assert_eq!(complaints(&template).len(), 4, "{:?}", complaints(&template));

    let mut template = crate::template::template();
    template["Resources"]["NewQueue"] = template["Resources"]["EventQueue"].clone();
    let found = complaints(&template);
    assert_eq!(found.len(), OF_LETTERS.len(), "{found:?}");
}
