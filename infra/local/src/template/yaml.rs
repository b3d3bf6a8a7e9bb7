//! YAML with the tags of `CloudFormation` kept: `!Ref`, `!GetAtt` and `!Sub` are nodes, not
//! strings.

use saphyr::{LoadableYamlNode, Scalar, Yaml};

use super::TemplateError;

/// One node of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A string, number or boolean, as text; nothing is the empty text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Node)>),
    /// `!Name value`.
    Tagged(String, Box<Node>),
}

/// Reads one document.
pub fn parse(text: &str) -> Result<Node, TemplateError> {
    let documents =
        Yaml::load_from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    match documents.as_slice() {
        [document] => node(document, "template.yaml"),
        _ => Err(TemplateError::Yaml("one document is expected".to_owned())),
    }
}

fn node(yaml: &Yaml<'_>, at: &str) -> Result<Node, TemplateError> {
    Ok(match yaml {
        Yaml::Value(scalar) => Node::Text(text(scalar)),
        Yaml::Sequence(items) => {
            Node::List(items.iter().map(|item| node(item, at)).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(entries) => {
            let mut map = Vec::new();
            for (key, value) in entries {
                let Yaml::Value(key) = key else {
                    return Err(TemplateError::not_understood(at));
                };
                let key = text(key);
                let value = node(value, &format!("{at}.{key}"))?;
                map.push((key, value));
            }
            Node::Map(map)
        }
        Yaml::Tagged(tag, inner) => Node::Tagged(tag.suffix.clone(), Box::new(node(inner, at)?)),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(TemplateError::not_understood(at));
        }
    })
}

fn text(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::FloatingPoint(value) => value.to_string(),
        Scalar::String(value) => value.to_string(),
    }
}
