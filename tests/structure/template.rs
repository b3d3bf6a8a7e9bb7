//! template.yaml as JSON: `!Ref X` is `{"Ref": "X"}`, as `CloudFormation` itself writes it.
//!
//! It is read apart from local mode, which refuses what it does not wire and leaves out what only
//! matters to a deployment: here all of it counts.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::tree;

/// The project's.
pub fn template() -> Value {
    parse(&tree::text("template.yaml"))
}

/// Any.
pub fn parse(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).expect("template.yaml is YAML");
    value(documents.first().expect("a document"))
}

/// The resources of a type, by logical name.
pub fn resources<'a>(
    template: &'a Value,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let all = template["Resources"].as_object().into_iter().flatten();
    all.filter(move |(_, it)| it["Type"] == kind).map(|(name, it)| (name.as_str(), it))
}

/// The functions: logical name, binary, properties.
pub fn functions(template: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    resources(template, "AWS::Serverless::Function").map(|(name, function)| {
        let binary = function.pointer("/Metadata/BuildProperties/Binary").and_then(Value::as_str);
        let binary = binary.unwrap_or_else(|| panic!("{name} names no Binary"));
        (name, binary, &function["Properties"])
    })
}

/// One text, or a list of them.
pub fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// The items of a list; what is no list is one item.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The names of a mapping's entries.
pub fn names(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(it)) => json!(it),
        Yaml::Value(Scalar::Integer(it)) => json!(it),
        Yaml::Value(Scalar::FloatingPoint(it)) => json!(it.to_string()),
        Yaml::Value(Scalar::String(it)) => json!(it),
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, inner) in entries {
                let key = key.as_str().unwrap_or_else(|| panic!("{key:?} is no name")).to_owned();
                assert!(
                    map.insert(key.clone(), value(inner)).is_none(),
                    "{key} stands there twice"
                );
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, inner) => {
            let name = match tag.suffix.as_str() {
                "Ref" => "Ref".to_owned(),
                other => format!("Fn::{other}"),
            };
            json!({ name: value(inner) })
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("{yaml:?}"),
    }
}

#[test]
fn tags_are_kept_as_cloudformation_writes_them() {
    let text = "A: !Ref B\nC: [!GetAtt D.Arn, 5, true]\n";
    let wanted = json!({ "A": { "Ref": "B" }, "C": [{ "Fn::GetAtt": "D.Arn" }, 5, true] });
    assert_eq!(parse(text), wanted);
}
