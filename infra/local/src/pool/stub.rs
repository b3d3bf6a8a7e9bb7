//! A function for tests of the pool, the gate and the queues: it does what the event says.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, TransactWriteItem,
};
use runtime::{EnvironmentError, Host};
use serde_json::{Value, json};

/// Writes one item after the other, sends messages, fails: see [`Stub::handle`].
#[derive(Debug)]
pub struct Stub {
    table: String,
    queue: String,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Stub {
    /// A cold start.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let text = |name| host.environment.find(name).unwrap_or_default().to_owned();
        Ok(Self {
            table: text("TABLE_NAME"),
            queue: text("RETRY_QUEUE_URL"),
            dynamodb: host.dynamodb()?,
            sqs: host.sqs()?,
        })
    }

    /// Takes either a batch of messages, each of whose bodies is one step and fails when the step
    /// does, or a schedule's input with `steps`, or an HTTP request whose body is a list of steps.
    /// Steps: `put <key>`, `check <key>`, `send <body>`, `bury <body>`, `nothing`, `fail`, `panic`,
    /// `sleep`. Answers with what became of each.
    pub async fn handle(&self, event: &str) -> String {
        let event: Value = serde_json::from_str(event).unwrap();
        if let Some(records) = event.get("Records") {
            let mut failures = Vec::new();
            for record in records.as_array().unwrap() {
                let done = self.step(record["body"].as_str().unwrap()).await;
                if done != "ok" {
                    failures.push(json!({ "itemIdentifier": record["messageId"] }));
                }
            }
            return json!({ "batchItemFailures": failures }).to_string();
        }
        if let Some(steps) = event.get("steps").and_then(Value::as_array) {
            for step in steps {
                assert_eq!(self.step(step.as_str().unwrap()).await, "ok");
            }
            return "null".to_owned();
        }
        let steps: Vec<String> =
            serde_json::from_str(event["body"].as_str().unwrap_or("[]")).unwrap();
        let mut done = Vec::new();
        for step in steps {
            done.push(self.step(&step).await);
        }
        json!({ "statusCode": 200, "body": json!({ "done": done, "event": event }).to_string() })
            .to_string()
    }

    async fn step(&self, step: &str) -> String {
        let (verb, argument) = step.split_once(' ').unwrap_or((step, ""));
        match verb {
            "put" => self.put(argument).await,
            "check" => self.check(argument).await,
            "send" => {
                let sent = self.sqs.send_message().queue_url(&self.queue).message_body(argument);
                match sent.send().await {
                    Ok(_) => "ok".to_owned(),
                    Err(error) => format!("{:?}", error.into_service_error()),
                }
            }
            "bury" => {
                let dead = self.queue.replace("Retry", "Dead");
                let sent = self.sqs.send_message().queue_url(dead).message_body(argument);
                sent.send().await.map_or_else(|error| format!("{error:?}"), |_| "ok".to_owned())
            }
            "nothing" => "ok".to_owned(),
            "sleep" => {
                tokio::time::sleep(std::time::Duration::from_mins(10)).await;
                "slept".to_owned()
            }
            "panic" => panic!("as the event says"),
            _ => "failed".to_owned(),
        }
    }

    async fn put(&self, key: &str) -> String {
        let put = Put::builder()
            .table_name(&self.table)
            .item("pk", AttributeValue::S(key.to_owned()))
            .item("sk", AttributeValue::S("ITEM".to_owned()))
            .build()
            .unwrap();
        self.transact(TransactWriteItem::builder().put(put).build()).await
    }

    async fn check(&self, key: &str) -> String {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .key("sk", AttributeValue::S("ITEM".to_owned()))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        self.transact(TransactWriteItem::builder().condition_check(check).build()).await
    }

    async fn transact(&self, item: TransactWriteItem) -> String {
        let transaction = self
            .dynamodb
            .transact_write_items()
            .transact_items(item)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        match transaction.send().await {
            Ok(_) => "ok".to_owned(),
            Err(SdkError::ServiceError(error)) => {
                error.err().meta().code().unwrap_or("?").to_owned()
            }
            Err(_) => "no answer".to_owned(),
        }
    }
}
