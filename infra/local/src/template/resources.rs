//! The API, queues, the table and secrets.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::scope::Scope;
use super::yaml::Node;
use super::{Places, Queue, Redrive, TemplateError};

/// SQS's own default.
const VISIBILITY_SECONDS: u32 = 30;
/// SQS's longest visibility time-out.
const VISIBILITY_SECONDS_MAX: u32 = 43_200;
/// SQS's longest delay.
pub const DELAY_SECONDS_MAX: u32 = 900;
/// SQS's own default.
const RETENTION_SECONDS: u32 = 345_600;
/// SQS's longest retention.
const RETENTION_SECONDS_MAX: u32 = 1_209_600;
/// SQS's largest count.
const RECEIVES_MAX: u32 = 1_000;

/// Nothing of it is needed: its routes stand with the functions.
pub fn http_api(mut resource: Fields) -> Result<(), TemplateError> {
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    properties.ignore(&[
        "Description",
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
    ]);
    properties.finish()
}

/// Made empty, filled by a person.
pub fn secret(mut resource: Fields) -> Result<(), TemplateError> {
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    properties.ignore(&["Description"]);
    properties.finish()
}

/// A standard queue.
pub fn queue(scope: &Scope, places: &Places, mut resource: Fields) -> Result<Queue, TemplateError> {
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    properties.ignore(&["SqsManagedSseEnabled", "KmsMasterKeyId", "Tags"]);
    let mut seconds = |name: &str, otherwise: u32, max: u32| {
        let at = properties.at(name);
        match properties.take(name) {
            Some(node) => scope.number(&at, &node, 0..=max),
            None => Ok(otherwise),
        }
    };
    let visibility_seconds =
        seconds("VisibilityTimeout", VISIBILITY_SECONDS, VISIBILITY_SECONDS_MAX)?;
    let delay_seconds = seconds("DelaySeconds", 0, DELAY_SECONDS_MAX)?;
    let retention_seconds =
        seconds("MessageRetentionPeriod", RETENTION_SECONDS, RETENTION_SECONDS_MAX)?;
    let at = properties.at("RedrivePolicy");
    let redrive = match properties.take("RedrivePolicy") {
        Some(node) => Some(redrive(scope, places, Fields::of(&at, node)?)?),
        None => None,
    };
    properties.finish()?;
    Ok(Queue { visibility_seconds, delay_seconds, retention_seconds, redrive })
}

fn redrive(scope: &Scope, places: &Places, mut policy: Fields) -> Result<Redrive, TemplateError> {
    let at = policy.at("deadLetterTargetArn");
    let target = scope.text(&at, &policy.need("deadLetterTargetArn")?)?;
    let at = policy.at("maxReceiveCount");
    let receives_max = scope.number(&at, &policy.need("maxReceiveCount")?, 1..=RECEIVES_MAX)?;
    policy.finish()?;
    let name = Places::queue_name(&target);
    if target != places.queue_arn(name) {
        return Err(TemplateError::unresolved(&at, &target));
    }
    Ok(Redrive { target: name.to_owned(), receives_max })
}

/// The body of the `CreateTable` that makes it. Its stream is left out: the embedded table grows
/// slower with each stream record, and the gate sees each write (`streams`).
pub fn table(scope: &Scope, name: &str, mut resource: Fields) -> Result<Value, TemplateError> {
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    properties.ignore(&[
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "StreamSpecification",
        // Readers check `expires_at` themselves: nothing may depend on the tidying.
        "TimeToLiveSpecification",
        "Tags",
    ]);
    let mut body = Map::new();
    body.insert("TableName".to_owned(), Value::from(name));
    for part in ["BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"] {
        let at = properties.at(part);
        if let Some(node) = properties.take(part) {
            body.insert(part.to_owned(), json(scope, &at, node)?);
        }
    }
    properties.finish()?;
    Ok(Value::Object(body))
}

/// A node as the JSON of the API that would be called for it.
fn json(scope: &Scope, at: &str, node: Node) -> Result<Value, TemplateError> {
    Ok(match node {
        Node::List(items) => Value::Array(
            items.into_iter().map(|item| json(scope, at, item)).collect::<Result<_, _>>()?,
        ),
        Node::Map(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let value = json(scope, &format!("{at}.{key}"), value)?;
                object.insert(key, value);
            }
            Value::Object(object)
        }
        Node::Text(_) | Node::Tagged(..) => Value::String(scope.text(at, &node)?),
    })
}
