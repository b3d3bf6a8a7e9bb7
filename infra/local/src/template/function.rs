//! Functions: their binary, environment, events and policy.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::scope::Scope;
use super::stream;
use super::yaml::Node;
use super::{
    Denial, Function, Mapping, Permission, Places, Policy, Route, Schedule, StreamMapping,
    TemplateError,
};
use crate::schedules::{EXPECTED, Expression, NO_INPUT};

/// Lambda's own default.
const TIMEOUT_SECONDS: u32 = 3;
/// Lambda's longest.
const TIMEOUT_SECONDS_MAX: u32 = 900;
/// SQS's own default for an event source mapping.
const BATCH: u32 = 10;
/// Largest batch that needs no batching window.
const BATCH_MAX: u32 = 10;
/// Lambda's limit for an event source mapping.
const CONCURRENCY_MAX: u32 = 1_000;

/// Properties that matter to the machine that a function runs on, and not to what it does.
const DEPLOYMENT_ONLY: [&str; 9] = [
    "Runtime",
    "Handler",
    "CodeUri",
    "Architectures",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Description",
    "LoggingConfig",
    "Tags",
];

/// What `Globals.Function` sets for every function.
#[derive(Debug, Default)]
pub struct Globals {
    timeout_seconds: Option<u32>,
    environment: BTreeMap<String, String>,
}

/// A function and what starts it.
#[derive(Debug)]
pub struct Read {
    /// The function.
    pub function: Function,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Its queues.
    pub mappings: Vec<Mapping>,
    /// Its streams.
    pub streams: Vec<StreamMapping>,
    /// Its schedules.
    pub schedules: Vec<Schedule>,
}

/// Reads `Globals`.
pub fn globals(scope: &Scope, mut globals: Fields) -> Result<Globals, TemplateError> {
    let mut function = globals.map("Function")?;
    globals.finish()?;
    function.ignore(&DEPLOYMENT_ONLY);
    let timeout_seconds = timeout(scope, &mut function)?;
    let environment = environment(scope, &mut function)?;
    function.finish()?;
    Ok(Globals { timeout_seconds, environment })
}

/// Reads one function.
pub fn read(
    scope: &Scope,
    places: &Places,
    globals: &Globals,
    name: &str,
    mut resource: Fields,
) -> Result<Read, TemplateError> {
    let binary = binary(scope, &mut resource)?;
    let mut properties = resource.map("Properties")?;
    resource.finish()?;
    properties.ignore(&DEPLOYMENT_ONLY);
    // Local mode stops no loop.
    properties.ignore(&["RecursiveLoop"]);
    let timeout_seconds = timeout(scope, &mut properties)?;
    let mut variables = globals.environment.clone();
    variables.extend(environment(scope, &mut properties)?);
    let mut read = Read {
        function: Function {
            binary,
            timeout_seconds: timeout_seconds.or(globals.timeout_seconds).unwrap_or(TIMEOUT_SECONDS),
            environment: variables,
            policy: policy(scope, &mut properties)?,
            on_failure: on_failure(scope, places, &mut properties)?,
        },
        routes: Vec::new(),
        mappings: Vec::new(),
        streams: Vec::new(),
        schedules: Vec::new(),
    };
    let events = properties.map("Events")?;
    let at = properties.at("Events");
    properties.finish()?;
    for (event_name, node) in events.rest() {
        let mut event = Fields::of(&format!("{at}.{event_name}"), node)?;
        let kind = scope.text(&event.at("Type"), &event.need("Type")?)?;
        let fields = event.map("Properties")?;
        let kind_at = event.at(&format!("Type ({kind})"));
        event.finish()?;
        match kind.as_str() {
            "HttpApi" => read.routes.push(route(scope, name, fields)?),
            "DynamoDB" => read.streams.push(stream::mapping(scope, name, fields)?),
            "SQS" => read.mappings.push(mapping(scope, places, name, fields)?),
            "ScheduleV2" => read.schedules.push(schedule(scope, (name, &event_name), fields)?),
            _ => return Err(TemplateError::not_understood(&kind_at)),
        }
    }
    Ok(read)
}

fn binary(scope: &Scope, resource: &mut Fields) -> Result<String, TemplateError> {
    let mut metadata = resource.map("Metadata")?;
    metadata.ignore(&["BuildMethod"]);
    let mut build = metadata.map("BuildProperties")?;
    metadata.finish()?;
    let binary = scope.text(&build.at("Binary"), &build.need("Binary")?)?;
    build.finish()?;
    Ok(binary)
}

fn timeout(scope: &Scope, properties: &mut Fields) -> Result<Option<u32>, TemplateError> {
    let at = properties.at("Timeout");
    let node = properties.take("Timeout");
    node.map(|node| scope.number(&at, &node, 1..=TIMEOUT_SECONDS_MAX)).transpose()
}

/// Queue of asynchronous invocations that failed each time.
fn on_failure(
    scope: &Scope,
    places: &Places,
    properties: &mut Fields,
) -> Result<Option<String>, TemplateError> {
    let mut config = properties.map("EventInvokeConfig")?;
    let mut destinations = config.map("DestinationConfig")?;
    config.finish()?;
    let Some(node) = destinations.take("OnFailure") else {
        destinations.finish()?;
        return Ok(None);
    };
    let mut destination = Fields::of(&destinations.at("OnFailure"), node)?;
    destinations.finish()?;

    let at = destination.at("Type");
    if scope.text(&at, &destination.need("Type")?)? != "SQS" {
        return Err(TemplateError::not_understood(&at));
    }
    let at = destination.at("Destination");
    let arn = scope.text(&at, &destination.need("Destination")?)?;
    destination.finish()?;
    let queue = Places::queue_name(&arn);
    if arn != places.queue_arn(queue) {
        return Err(TemplateError::unresolved(&at, &arn));
    }
    Ok(Some(queue.to_owned()))
}

fn environment(
    scope: &Scope,
    properties: &mut Fields,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut environment = properties.map("Environment")?;
    let variables = environment.map("Variables")?;
    let at = environment.at("Variables");
    environment.finish()?;
    let mut resolved = BTreeMap::new();
    for (name, node) in variables.rest() {
        let value = scope.text(&format!("{at}.{name}"), &node)?;
        resolved.insert(name, value);
    }
    Ok(resolved)
}

fn route(scope: &Scope, function: &str, mut event: Fields) -> Result<Route, TemplateError> {
    event.ignore(&["ApiId"]);
    let at = event.at("Method");
    let Some(method) = event.take("Method") else {
        // Without method and path SAM makes the route of all that no other one takes.
        event.finish()?;
        return Ok(Route::default_of(function));
    };
    let method = scope.text(&at, &method)?;
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
        return Err(TemplateError::not_understood(&format!("{at} ({method})")));
    }
    let at = event.at("Path");
    let path = scope.text(&at, &event.need("Path")?)?;
    if !path.starts_with('/') || path.contains(['+', '*', '$']) {
        return Err(TemplateError::not_understood(&format!("{at} ({path})")));
    }
    event.finish()?;
    Ok(Route { method, path, function: function.to_owned() })
}

fn mapping(
    scope: &Scope,
    places: &Places,
    function: &str,
    mut event: Fields,
) -> Result<Mapping, TemplateError> {
    let at = event.at("Queue");
    let arn = scope.text(&at, &event.need("Queue")?)?;
    let queue = Places::queue_name(&arn);
    if arn != places.queue_arn(queue) {
        return Err(TemplateError::unresolved(&at, &arn));
    }
    let at = event.at("BatchSize");
    let batch_max = match event.take("BatchSize") {
        Some(node) => scope.number(&at, &node, 1..=BATCH_MAX)?,
        None => BATCH,
    };
    let at = event.at("FunctionResponseTypes");
    let reports_failures = match event.take("FunctionResponseTypes") {
        Some(node) => match scope.texts(&at, &node)?.as_slice() {
            [one] if one == "ReportBatchItemFailures" => true,
            _ => return Err(TemplateError::not_understood(&at)),
        },
        None => false,
    };
    let mut scaling = event.map("ScalingConfig")?;
    let at = scaling.at("MaximumConcurrency");
    let concurrency_max = match scaling.take("MaximumConcurrency") {
        Some(node) => scope.number(&at, &node, 2..=CONCURRENCY_MAX)?,
        None => CONCURRENCY_MAX,
    };
    scaling.finish()?;
    event.finish()?;
    Ok(Mapping {
        queue: queue.to_owned(),
        function: function.to_owned(),
        batch_max,
        concurrency_max,
        reports_failures,
    })
}

fn schedule(
    scope: &Scope,
    (function, event_name): (&str, &str),
    mut event: Fields,
) -> Result<Schedule, TemplateError> {
    // Without `OmitName` two stacks of one AWS account and region could not both have it.
    // Nothing keeps Scheduler itself from starting a function here.
    event.ignore(&["Description", "OmitName", "DeadLetterConfig"]);
    let at = event.at("ScheduleExpression");
    let text = scope.text(&at, &event.need("ScheduleExpression")?)?;
    let expression = Expression::parse(&text).ok_or_else(|| TemplateError::Wrong {
        at,
        value: text,
        expected: EXPECTED.to_owned(),
    })?;
    let at = event.at("Input");
    let input = match event.take("Input") {
        Some(node) => scope.text(&at, &node)?,
        None => NO_INPUT.to_owned(),
    };
    event.finish()?;
    let name = format!("{function}{event_name}");
    Ok(Schedule { name, function: function.to_owned(), expression, input })
}

/// Keys of a condition that denies some items of a table.
const LEADING_KEYS: (&str, &str) = ("ForAnyValue:StringLike", "dynamodb:LeadingKeys");

fn policy(scope: &Scope, properties: &mut Fields) -> Result<Policy, TemplateError> {
    let at = properties.at("Policies");
    let Some(Node::List(policies)) = properties.take("Policies") else {
        return Err(TemplateError::Missing { at });
    };
    let mut read = Policy::default();
    for policy in policies {
        let mut policy = Fields::of(&at, policy)?;
        let at = policy.at("Statement");
        let Node::List(statements) = policy.need("Statement")? else {
            return Err(TemplateError::not_understood(&at));
        };
        policy.finish()?;
        for statement in statements {
            let mut statement = Fields::of(&at, statement)?;
            self::statement(scope, &mut statement, &mut read)?;
            statement.finish()?;
        }
    }
    Ok(read)
}

fn statement(
    scope: &Scope,
    statement: &mut Fields,
    policy: &mut Policy,
) -> Result<(), TemplateError> {
    let at = statement.at("Effect");
    let effect = scope.text(&at, &statement.need("Effect")?)?;
    let actions = actions(scope, statement)?;
    match effect.as_str() {
        "Allow" => policy.allowed.extend(actions),
        "Deny" => {
            let leading = leading(scope, statement)?;
            let denied = actions.into_iter().flat_map(|permission| {
                let each = leading.iter().cloned();
                each.map(move |leading| Denial { permission: permission.clone(), leading })
            });
            policy.denied.extend(denied);
        }
        _ => return Err(TemplateError::not_understood(&at)),
    }
    Ok(())
}

/// Beginnings of the partition keys that a denial is about.
fn leading(scope: &Scope, statement: &mut Fields) -> Result<Vec<String>, TemplateError> {
    let (operator, key) = LEADING_KEYS;
    let mut condition = statement.map("Condition")?;
    let mut operator = condition.map(operator)?;
    condition.finish()?;
    let at = operator.at(key);
    let patterns = scope.texts(&at, &operator.need(key)?)?;
    operator.finish()?;

    let leading = patterns.iter().map(|pattern| {
        let leading = pattern.strip_suffix('*').filter(|leading| !leading.contains(['*', '?']));
        leading.map(str::to_owned).ok_or_else(|| TemplateError::not_understood(&at))
    });
    leading.collect()
}

/// Each action on each resource of a statement.
fn actions(scope: &Scope, statement: &mut Fields) -> Result<Vec<Permission>, TemplateError> {
    let action_at = statement.at("Action");
    let actions = scope.texts(&action_at, &statement.need("Action")?)?;
    let resource_at = statement.at("Resource");
    let resources = scope.texts(&resource_at, &statement.need("Resource")?)?;
    let mut permissions = Vec::new();
    for (text, at) in actions
        .iter()
        .map(|action| (action, &action_at))
        .chain(resources.iter().map(|resource| (resource, &resource_at)))
    {
        if text.contains('*') {
            return Err(TemplateError::not_understood(&format!("{at} ({text})")));
        }
    }
    for action in actions {
        permissions.extend(
            resources
                .iter()
                .map(|resource| Permission { action: action.clone(), resource: resource.clone() }),
        );
    }
    Ok(permissions)
}
