//! SQS's JSON protocol over HTTP, as far as functions, the SDKs' command lines and tests use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Attribute, Message, md5_of, md5_of_attributes};
use super::queues::{QueueError, Queues, Sent};
use crate::template::Places;

/// SQS's limit on one receive and one batch.
const BATCH_MAX: usize = 10;

/// What every operation may carry; each looks at its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    queue_url: String,
    message_body: String,
    delay_seconds: Option<u32>,
    message_attributes: BTreeMap<String, Attribute>,
    entries: Vec<Entry>,
    max_number_of_messages: Option<usize>,
    receipt_handle: String,
    source_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: Option<u32>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Clone)]
struct Endpoint {
    queues: Arc<Queues>,
    places: Places,
}

/// The routes.
pub fn serve(queues: Arc<Queues>, places: Places) -> Router {
    Router::new()
        .route("/", post(handle))
        .route("/{account}/{queue}", post(handle))
        .with_state(Endpoint { queues, places })
}

async fn handle(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target");
    let operation = target
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.strip_prefix("AmazonSQS."));
    let Some(operation) = operation else {
        return refuse("com.amazonaws.sqs#UnsupportedOperation", "no operation");
    };
    let input: Input = match serde_json::from_slice(&body) {
        Ok(input) => input,
        Err(error) => return refuse("SerializationException", &error.to_string()),
    };
    match endpoint.run(operation, input) {
        Ok(answer) => json_response(StatusCode::OK, &answer),
        Err(QueueError::NoQueue(name)) => refuse(
            "com.amazonaws.sqs#QueueDoesNotExist",
            &format!("The specified queue does not exist: {name}"),
        ),
        Err(QueueError::Invalid(detail)) => {
            refuse("com.amazonaws.sqs#InvalidParameterValue", &detail)
        }
    }
}

impl Endpoint {
    fn run(&self, operation: &str, input: Input) -> Result<Value, QueueError> {
        let queue = Places::queue_name(&input.queue_url);
        match operation {
            "SendMessage" => {
                let sent = Sent {
                    body: input.message_body,
                    attributes: input.message_attributes,
                    delay_seconds: input.delay_seconds,
                };
                Ok(sent_answer(&self.queues.send(queue, sent)?))
            }
            "SendMessageBatch" => self.send_batch(queue, input.entries),
            "ReceiveMessage" => {
                let max = input.max_number_of_messages.unwrap_or(1).min(BATCH_MAX);
                let messages = self.queues.receive(queue, max)?;
                let messages: Vec<Value> = messages.iter().map(received).collect();
                Ok(json!({ "Messages": messages }))
            }
            "DeleteMessage" => {
                self.queues.delete(queue, &input.receipt_handle)?;
                Ok(json!({}))
            }
            "GetQueueAttributes" => {
                let depth = self.queues.depth(queue)?;
                Ok(json!({ "Attributes": {
                    "QueueArn": self.places.queue_arn(queue),
                    "ApproximateNumberOfMessages": depth.visible.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": depth.in_flight.to_string(),
                    "ApproximateNumberOfMessagesDelayed": depth.delayed.to_string(),
                }}))
            }
            "ListQueues" => {
                let names = self.queues.names();
                let urls: Vec<String> =
                    names.iter().map(|name| self.places.queue_url(name)).collect();
                Ok(json!({ "QueueUrls": urls }))
            }
            "StartMessageMoveTask" => {
                self.queues.redrive(Places::queue_name(&input.source_arn))?;
                Ok(json!({ "TaskHandle": "done" }))
            }
            _ => Err(QueueError::Invalid(format!(
                "local mode's SQS does not know the operation {operation}"
            ))),
        }
    }

    fn send_batch(&self, queue: &str, entries: Vec<Entry>) -> Result<Value, QueueError> {
        if entries.is_empty() || entries.len() > BATCH_MAX {
            return Err(QueueError::Invalid(format!("a batch has 1 to {BATCH_MAX} entries")));
        }
        let mut successful = Vec::new();
        let mut failed = Vec::new();
        for entry in entries {
            let sent = Sent {
                body: entry.message_body,
                attributes: entry.message_attributes,
                delay_seconds: entry.delay_seconds,
            };
            match self.queues.send(queue, sent) {
                Ok(message) => {
                    let mut answer = sent_answer(&message);
                    if let Some(answer) = answer.as_object_mut() {
                        answer.insert("Id".to_owned(), Value::String(entry.id));
                    }
                    successful.push(answer);
                }
                Err(error @ QueueError::NoQueue(_)) => return Err(error),
                Err(QueueError::Invalid(detail)) => failed.push(json!({
                    "Id": entry.id, "Code": "InvalidParameterValue", "Message": detail, "SenderFault": true,
                })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}

fn sent_answer(message: &Message) -> Value {
    let mut answer = json!({
        "MessageId": message.id,
        "MD5OfMessageBody": md5_of(message.body.as_bytes()),
    });
    if let (Some(digest), Some(answer)) =
        (md5_of_attributes(&message.attributes), answer.as_object_mut())
    {
        answer.insert("MD5OfMessageAttributes".to_owned(), Value::String(digest));
    }
    answer
}

fn received(message: &Message) -> Value {
    json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": md5_of(message.body.as_bytes()),
        "MessageAttributes": message.attributes,
        "Attributes": { "ApproximateReceiveCount": message.receives.to_string() },
    })
}

/// The SDKs go by the older code in the header where SQS had one before its JSON protocol.
fn refuse(kind: &str, detail: &str) -> Response {
    let code = match kind.rsplit('#').next().unwrap_or_default() {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        other => other,
    };
    let body = json!({ "__type": kind, "message": detail });
    let mut response = json_response(StatusCode::BAD_REQUEST, &body);
    if let Ok(code) = HeaderValue::from_str(&format!("{code};Sender")) {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [("content-type", "application/x-amz-json-1.0")];
    (status, headers, body.to_string()).into_response()
}
