//! What `!Ref`, `!GetAtt` and `!Sub` stand for in local mode.

use std::collections::BTreeMap;

use super::yaml::Node;
use super::{Places, TemplateError};

/// The names that a template's expressions may use.
#[derive(Debug)]
pub struct Scope {
    parameters: BTreeMap<String, String>,
    /// Logical name to type.
    resources: BTreeMap<String, String>,
    places: Places,
}

impl Scope {
    /// Of the parameters' defaults and the resources' types.
    pub fn new(
        parameters: BTreeMap<String, String>,
        resources: BTreeMap<String, String>,
        places: Places,
    ) -> Self {
        Self { parameters, resources, places }
    }

    /// A text; an expression is resolved first.
    pub fn text(&self, at: &str, node: &Node) -> Result<String, TemplateError> {
        match node {
            Node::Text(text) => Ok(text.clone()),
            Node::Tagged(tag, inner) => self.expression(at, tag, inner),
            Node::List(_) | Node::Map(_) => Err(TemplateError::not_understood(at)),
        }
    }

    /// A whole number within limits.
    pub fn number(
        &self,
        at: &str,
        node: &Node,
        within: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, TemplateError> {
        let text = self.text(at, node)?;
        let number = text.parse().ok().filter(|number| within.contains(number));
        number.ok_or_else(|| TemplateError::Wrong {
            at: at.to_owned(),
            value: text,
            expected: format!("a whole number from {} to {}", within.start(), within.end()),
        })
    }

    /// One text, or a list of them.
    pub fn texts(&self, at: &str, node: &Node) -> Result<Vec<String>, TemplateError> {
        match node {
            Node::List(items) => items.iter().map(|item| self.text(at, item)).collect(),
            Node::Text(_) | Node::Map(_) | Node::Tagged(..) => Ok(vec![self.text(at, node)?]),
        }
    }

    fn expression(&self, at: &str, tag: &str, inner: &Node) -> Result<String, TemplateError> {
        let Node::Text(text) = inner else {
            return Err(TemplateError::not_understood(&format!("{at} (!{tag})")));
        };
        match tag {
            "Ref" => self.reference(at, text),
            "GetAtt" => self.attribute(at, text),
            "Sub" => self.substitute(at, text),
            _ => Err(TemplateError::not_understood(&format!("{at} (!{tag})"))),
        }
    }

    fn reference(&self, at: &str, name: &str) -> Result<String, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let places = &self.places;
        let pseudo = match name {
            "AWS::Region" => Some(places.region),
            "AWS::AccountId" => Some(places.account),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some("local"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(value.to_owned());
        }
        match self.resources.get(name).map(String::as_str) {
            Some("AWS::SQS::Queue") => Ok(places.queue_url(name)),
            Some("AWS::SecretsManager::Secret") => Ok(places.secret_arn(name)),
            Some(
                "AWS::DynamoDB::Table" | "AWS::Serverless::Function" | "AWS::Serverless::HttpApi",
            ) => Ok(name.to_owned()),
            _ => Err(TemplateError::unresolved(at, name)),
        }
    }

    fn attribute(&self, at: &str, path: &str) -> Result<String, TemplateError> {
        let places = &self.places;
        let found = path.split_once('.').and_then(|(name, attribute)| {
            let kind = self.resources.get(name)?;
            match (kind.as_str(), attribute) {
                ("AWS::SQS::Queue", "Arn") => Some(places.queue_arn(name)),
                ("AWS::SQS::Queue", "QueueName") => Some(name.to_owned()),
                ("AWS::DynamoDB::Table", "Arn") => Some(places.table_arn(name)),
                ("AWS::DynamoDB::Table", "StreamArn") => Some(places.stream_arn(name)),
                ("AWS::Serverless::Function", "Arn") => Some(places.function_arn(name)),
                _ => None,
            }
        });
        found.ok_or_else(|| TemplateError::unresolved(at, path))
    }

    fn substitute(&self, at: &str, text: &str) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) =
                after.split_once('}').ok_or_else(|| TemplateError::not_understood(at))?;
            out.push_str(before);
            out.push_str(&if name.contains('.') {
                self.attribute(at, name)?
            } else {
                self.reference(at, name)?
            });
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }
}
