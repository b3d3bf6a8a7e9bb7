//! Answers that the gate gives in AWS's or Stripe's place, in the words of the real services.

use serde_json::{Value, json};

use super::Fault;
use super::operation::Operation;

/// Status and JSON body of an answer in the service's place; none when the fault is not an answer,
/// or the operation cannot meet it.
pub fn of(fault: Fault, operation: &Operation) -> Option<(u16, Value)> {
    match fault {
        Fault::Throttle => Some(throttled(operation)),
        Fault::Conflict => conflict(operation),
        Fault::TimeoutBefore | Fault::TimeoutAfter | Fault::KillBefore | Fault::KillAfter => None,
    }
}

/// The function's policy does not allow it.
pub fn denied(function: &str, action: &str, resource: &str) -> (u16, Value) {
    let detail = format!(
        "{function} is not authorized to perform: {action} on resource: {resource} \
         because its policy in template.yaml does not allow it"
    );
    (
        400,
        json!({
            "__type": "com.amazon.coral.service#AccessDeniedException",
            "Message": detail,
            "message": detail,
        }),
    )
}

fn throttled(operation: &Operation) -> (u16, Value) {
    if operation.service == "Stripe" {
        let detail = "Request rate limit exceeded. Learn more about rate limits here \
                      https://stripe.com/docs/rate-limits.";
        return (429, stripe_error("rate_limit", detail));
    }
    if operation.service == "SES" {
        let detail = "Too many requests.";
        return (429, json!({ "__type": "TooManyRequestsException", "message": detail }));
    }
    let body = match operation.service {
        "DynamoDB" => json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": "The level of configured provisioned throughput for the table was exceeded. \
                        Consider increasing your provisioning level with the UpdateTable API.",
        }),
        "SQS" => json!({
            "__type": "com.amazonaws.sqs#RequestThrottled",
            "message": "The request was denied due to request throttling.",
        }),
        _ => json!({ "__type": "ThrottlingException", "Message": "Rate exceeded" }),
    };
    (400, body)
}

fn stripe_error(code: &str, message: &str) -> Value {
    json!({ "error": { "type": "invalid_request_error", "code": code, "message": message } })
}

fn conflict(operation: &Operation) -> Option<(u16, Value)> {
    if operation.service == "Stripe" {
        let detail = "There is currently another in-progress request using this Idempotency-Key. \
                      Please try again later.";
        let changes = !operation.name.starts_with("GET ");
        return changes.then(|| (409, stripe_error("idempotency_key_in_use", detail)));
    }
    transaction_conflict(operation, 0).map(|body| (400, body))
}

/// Another transaction holds an item of a write: the one at that place.
pub fn held(operation: &Operation, place: usize) -> Option<(u16, Value)> {
    transaction_conflict(operation, place).map(|body| (400, body))
}

fn transaction_conflict(operation: &Operation, place: usize) -> Option<Value> {
    match (operation.service, operation.name.as_str()) {
        ("DynamoDB", "TransactWriteItems" | "TransactGetItems") => {
            let code = |item| if item == place { "TransactionConflict" } else { "None" };
            let items = 0..operation.writes.len();
            let reasons: Vec<Value> = items
                .clone()
                .map(|item| {
                    if item == place {
                        let text = "Transaction is ongoing for the item";
                        json!({ "Code": code(item), "Message": text })
                    } else {
                        json!({ "Code": code(item) })
                    }
                })
                .collect();
            let codes: Vec<&str> = items.map(code).collect();
            let message = format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            );
            Some(json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": message,
                "message": message,
                "CancellationReasons": reasons,
            }))
        }
        ("DynamoDB", "PutItem" | "UpdateItem" | "DeleteItem") => Some(json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        })),
        _ => None,
    }
}
