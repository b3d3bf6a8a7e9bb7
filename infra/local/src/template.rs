//! template.yaml, read into what local mode wires: functions with their environment and
//! permissions, routes, queues with redrive, event source mappings, the table and the secrets.
//!
//! It understands a stated subset: parameters by their defaults, `Globals` of functions, `!Ref`,
//! `!GetAtt` and `!Sub`; events of type `HttpApi`, `SQS`, `DynamoDB` and `ScheduleV2` (which
//! expressions: `schedules`). Whatever else stands in a resource that is wired is refused by name,
//! so that local mode cannot silently differ from what is deployed.

mod fields;
mod function;
mod places;
mod resources;
mod scope;
mod stream;
mod yaml;

use std::collections::BTreeMap;

use serde_json::Value;

use fields::Fields;
use scope::Scope;
use yaml::Node;

use crate::gateway::Cors;
use crate::schedules::Expression;

pub use places::Places;
pub use stream::matches;

/// The template cannot be wired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML.
    #[error("template.yaml is not readable: {0}")]
    Yaml(String),
    /// Something that local mode does not understand, where it would matter.
    #[error("local mode does not understand {at} in template.yaml")]
    NotUnderstood {
        /// Where it stands.
        at: String,
    },
    /// Something that must be there is not.
    #[error("{at} is missing in template.yaml")]
    Missing {
        /// Where it should stand.
        at: String,
    },
    /// A value out of its limits.
    #[error("{at} in template.yaml is `{value}`: {expected} is expected")]
    Wrong {
        /// Where it stands.
        at: String,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// An expression names something that is not there, or has no value in local mode.
    #[error("{at} in template.yaml refers to `{name}`, which has no value in local mode")]
    Unresolved {
        /// Where it stands.
        at: String,
        /// What it names.
        name: String,
    },
}

impl TemplateError {
    fn not_understood(at: &str) -> Self {
        Self::NotUnderstood { at: at.to_owned() }
    }

    fn unresolved(at: &str, name: &str) -> Self {
        Self::Unresolved { at: at.to_owned(), name: name.to_owned() }
    }
}

/// What is wired.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// The functions, by logical name.
    pub functions: BTreeMap<String, Function>,
    /// The routes of the HTTP API.
    pub routes: Vec<Route>,
    /// Origins whose pages may call them from a browser.
    pub cors: Cors,
    /// The queues, by logical name, which is also their name.
    pub queues: BTreeMap<String, Queue>,
    /// Which function takes which queue's messages.
    pub mappings: Vec<Mapping>,
    /// Which function takes which records of the table's stream.
    pub streams: Vec<StreamMapping>,
    /// What starts a function by the clock.
    pub schedules: Vec<Schedule>,
    /// Bodies of `CreateTable`, by logical name, which is also the table's.
    pub tables: BTreeMap<String, Value>,
    /// Logical names of the secrets.
    pub secrets: Vec<String>,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The binary that cargo-lambda builds, which is the crate's name.
    pub binary: String,
    /// Seconds after which Lambda gives an invocation up.
    pub timeout_seconds: u32,
    /// Its environment, resolved.
    pub environment: BTreeMap<String, String>,
    /// What its policy allows and denies.
    pub policy: Policy,
    /// Queue of asynchronous invocations that failed each time.
    pub on_failure: Option<String>,
}

/// Policy of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Actions that it allows.
    pub allowed: Vec<Permission>,
    /// Actions that it denies on some items, whatever else allows them.
    pub denied: Vec<Denial>,
}

/// An action that is denied on items whose partition key begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The action.
    pub permission: Permission,
    /// Beginning of the partition keys.
    pub leading: String,
}

/// One action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// An ARN.
    pub resource: String,
}

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Such as `GET`; nothing for the default route.
    pub method: String,
    /// Such as `/v1/accounts/{id}`; [`DEFAULT`] for the default route.
    pub path: String,
    /// The function's logical name.
    pub function: String,
}

/// Key of the route that takes what no other one does.
pub const DEFAULT: &str = "$default";

impl Route {
    /// The route that takes what no other one does.
    pub fn default_of(function: &str) -> Self {
        let (method, path) = (String::new(), DEFAULT.to_owned());
        Self { method, path, function: function.to_owned() }
    }

    /// True for the route that takes what no other one does.
    pub fn is_default(&self) -> bool {
        self.path == DEFAULT
    }

    /// As API Gateway hands it to the function.
    pub fn key(&self) -> String {
        if self.is_default() {
            return DEFAULT.to_owned();
        }
        format!("{} {}", self.method, self.path)
    }
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Seconds that a received message stays out of sight.
    pub visibility_seconds: u32,
    /// Seconds that a new message stays out of sight.
    pub delay_seconds: u32,
    /// Seconds after which a message is forgotten.
    pub retention_seconds: u32,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The dead-letter queue's name.
    pub target: String,
    /// Receives after which a message moves instead of being received again.
    pub receives_max: u32,
}

/// Which function takes which queue's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The queue's name.
    pub queue: String,
    /// The function's logical name.
    pub function: String,
    /// Messages in one event.
    pub batch_max: u32,
    /// Invocations at one time.
    pub concurrency_max: u32,
    /// True if the function names the messages that failed; otherwise a batch fails as a whole.
    pub reports_failures: bool,
}

/// A function that takes records of the table's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamMapping {
    /// The function's logical name.
    pub function: String,
    /// Records in one event.
    pub batch_max: u32,
    /// True if the function names the records that failed.
    pub reports_failures: bool,
    /// Patterns of `FilterCriteria`.
    pub filters: Vec<Value>,
}

impl StreamMapping {
    /// True if a filter lets a record through.
    pub fn takes(&self, record: &Value) -> bool {
        self.filters.iter().any(|filter| matches(filter, record))
    }
}

/// A function that is started by the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its logical name, which SAM makes of the function's and the event's.
    pub name: String,
    /// The function's logical name.
    pub function: String,
    /// When.
    pub expression: Expression,
    /// The event's text, as the template has it.
    pub input: String,
}

impl Template {
    /// What each function may do.
    pub fn policies(&self) -> BTreeMap<String, Policy> {
        let functions = self.functions.iter();
        functions.map(|(name, function)| (name.clone(), function.policy.clone())).collect()
    }

    /// Reads and resolves.
    pub fn read(text: &str, places: &Places) -> Result<Self, TemplateError> {
        let mut top = Fields::of("template.yaml", yaml::parse(text)?)?;
        top.ignore(&["AWSTemplateFormatVersion", "Transform", "Description", "Outputs"]);
        // Local mode reserves nothing.
        top.ignore(&["Conditions"]);
        let parameters = defaults(top.map("Parameters")?)?;
        let globals = top.map("Globals")?;
        let resources: Vec<(String, Node)> = top.map("Resources")?.rest().collect();
        top.finish()?;
        let scope = Scope::new(parameters, types(&resources)?, places.clone());
        let globals = function::globals(&scope, globals)?;
        let mut template = Self::default();
        for (name, resource) in resources {
            template.add(&scope, places, &globals, &name, resource)?;
        }
        template.check()?;
        Ok(template)
    }

    fn add(
        &mut self,
        scope: &Scope,
        places: &Places,
        globals: &function::Globals,
        name: &str,
        resource: Node,
    ) -> Result<(), TemplateError> {
        let at = format!("Resources.{name}");
        let mut fields = Fields::of(&at, resource)?;
        let kind = scope.text(&fields.at("Type"), &fields.need("Type")?)?;
        fields.ignore(&["DeletionPolicy", "UpdateReplacePolicy"]);
        match kind.as_str() {
            "AWS::Serverless::Function" => {
                let read = function::read(scope, places, globals, name, fields)?;
                self.functions.insert(name.to_owned(), read.function);
                self.routes.extend(read.routes);
                self.mappings.extend(read.mappings);
                self.streams.extend(read.streams);
                self.schedules.extend(read.schedules);
            }
            "AWS::Serverless::HttpApi" => self.cors = resources::http_api(scope, fields)?,
            "AWS::SQS::Queue" => {
                let queue = resources::queue(scope, places, fields)?;
                self.queues.insert(name.to_owned(), queue);
            }
            "AWS::DynamoDB::Table" => {
                let table = resources::table(scope, name, fields)?;
                self.tables.insert(name.to_owned(), table);
            }
            "AWS::SecretsManager::Secret" => {
                resources::secret(fields)?;
                self.secrets.push(name.to_owned());
            }
            // What watches the stack and takes no part in it.
            "AWS::Logs::LogGroup"
            | "AWS::Logs::MetricFilter"
            | "AWS::CloudWatch::Alarm"
            | "AWS::SNS::Topic" => {}
            _ => return Err(TemplateError::not_understood(&format!("{at} ({kind})"))),
        }
        Ok(())
    }

    /// Whether every queue that something names is there.
    fn check(&self) -> Result<(), TemplateError> {
        let mapped = self.mappings.iter().map(|mapping| &mapping.queue);
        let redriven = self.queues.values().filter_map(|queue| {
            let redrive = queue.redrive.as_ref()?;
            Some(&redrive.target)
        });
        let failed = self.functions.values().filter_map(|function| function.on_failure.as_ref());
        for name in mapped.chain(redriven).chain(failed) {
            if !self.queues.contains_key(name) {
                return Err(TemplateError::unresolved("Resources", name));
            }
        }
        Ok(())
    }
}

fn defaults(parameters: Fields) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut values = BTreeMap::new();
    for (name, parameter) in parameters.rest() {
        let mut fields = Fields::of(&format!("Parameters.{name}"), parameter)?;
        let at = fields.at("Default");
        match fields.need("Default")? {
            Node::Text(value) => values.insert(name, value),
            Node::List(_) | Node::Map(_) | Node::Tagged(..) => {
                return Err(TemplateError::not_understood(&at));
            }
        };
    }
    Ok(values)
}

fn types(resources: &[(String, Node)]) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut types = BTreeMap::new();
    for (name, resource) in resources {
        let mut fields = Fields::of(&format!("Resources.{name}"), resource.clone())?;
        let at = fields.at("Type");
        match fields.need("Type")? {
            Node::Text(kind) => types.insert(name.clone(), kind),
            Node::List(_) | Node::Map(_) | Node::Tagged(..) => {
                return Err(TemplateError::not_understood(&at));
            }
        };
    }
    Ok(types)
}

#[cfg(test)]
mod tests;
