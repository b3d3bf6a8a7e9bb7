//! The API, queues, the table and secrets.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::scope::Scope;
use super::yaml::Node;
use super::{Places, Queue, Redrive, TemplateError};
use crate::gateway::Cors;

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
/// Longest time that a browser may keep what it is allowed, as API Gateway has it: a day.
const MAX_AGE_SECONDS: u32 = 86_400;
/// SQS's largest count.
const RECEIVES_MAX: u32 = 1_000;

/// Origins that may call it: its routes stand with the functions.
pub fn http_api(scope: &Scope, mut resource: Fields) -> Result<Cors, TemplateError> {
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    let cors = cors(scope, properties.map("CorsConfiguration")?)?;
    properties.ignore(&[
        "Description",
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
    ]);
    properties.finish()?;
    Ok(cors)
}

fn cors(scope: &Scope, mut fields: Fields) -> Result<Cors, TemplateError> {
    // A list that is a parameter is one text, with commas.
    let mut texts = |name: &str| -> Result<Vec<String>, TemplateError> {
        let at = fields.at(name);
        let Some(node) = fields.take(name) else { return Ok(Vec::new()) };
        let texts = scope.texts(&at, &node)?;
        let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        Ok(parts.map(str::to_owned).collect())
    };
    let (origins, methods) = (texts("AllowOrigins")?, texts("AllowMethods")?);
    let (headers, exposed) = (texts("AllowHeaders")?, texts("ExposeHeaders")?);
    let at = fields.at("MaxAge");
    let max_age = fields.take("MaxAge");
    let max_age = max_age.map(|node| scope.number(&at, &node, 0..=MAX_AGE_SECONDS)).transpose()?;
    fields.finish()?;
    Ok(Cors { origins, methods, headers, exposed, max_age_seconds: max_age.unwrap_or_default() })
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
