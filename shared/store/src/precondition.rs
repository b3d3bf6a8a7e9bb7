//! Items that a request with `If-Match` reads, compared with those that its tag stands for.
//!
//! An item that was deleted is not read, so it is not compared. What changes with it is: the
//! account's standing, or the list of endpoints.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use invocation::Invocation;

use crate::attributes::Attributes;
use crate::error::StoreError;
use crate::keys;

/// Remembers or compares items that were read.
///
/// # Errors
/// [`StoreError::PreconditionFailed`] where one has changed since the tag was compared.
pub(crate) fn compare(invocation: &Invocation, items: &[Attributes]) -> Result<(), StoreError> {
    let Some(precondition) = invocation.precondition().filter(|it| it.watches()) else {
        return Ok(());
    };
    let is_as_read = |item: &Attributes| precondition.saw(name(item), content(item));
    // All are looked at, so that all are remembered.
    let changed = items.iter().filter(|item| !is_as_read(item)).count();
    if changed > 0 { Err(StoreError::PreconditionFailed) } else { Ok(()) }
}

/// Ends the comparison, because what the request asks for is written.
pub(crate) fn met(invocation: &Invocation) {
    if let Some(precondition) = invocation.precondition() {
        precondition.end();
    }
}

fn name(item: &Attributes) -> String {
    let part = |name| item.get(name).and_then(|part| part.as_s().ok()).map_or("", String::as_str);
    format!("{} / {}", part(keys::PK), part(keys::SK))
}

/// An item's content, the same for the same item.
fn content(item: &Attributes) -> String {
    let mut text = String::new();
    write_all(&mut text, item);
    text
}

/// Attributes in order of their names: a map has none.
fn write_all(text: &mut String, attributes: &Attributes) {
    let sorted: BTreeMap<_, _> = attributes.iter().collect();
    for (name, value) in sorted {
        text.push_str(name);
        write_one(text, value);
    }
}

fn write_one(text: &mut String, value: &AttributeValue) {
    if let AttributeValue::M(attributes) = value {
        text.push('{');
        write_all(text, attributes);
        text.push('}');
    } else if let AttributeValue::L(values) = value {
        text.push('[');
        for value in values {
            write_one(text, value);
        }
        text.push(']');
    } else {
        text.extend([format!("{value:?}")]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(names: &[&str], value: &str) -> Attributes {
        let text = AttributeValue::S(value.to_owned());
        let nested = names.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
        let list = AttributeValue::L(vec![AttributeValue::M(nested)]);
        [(keys::PK.to_owned(), text.clone()), ("list".to_owned(), list)].into()
    }

    /// Goal: the same item has the same content, in whatever order its maps are; a changed one has
    /// another.
    #[test]
    fn content_tells_items_apart() {
        let names: Vec<String> = (0..20).map(|nth| format!("name{nth}")).collect();
        let forth: Vec<&str> = names.iter().map(String::as_str).collect();
        let back: Vec<&str> = forth.iter().rev().copied().collect();
        assert_eq!(content(&item(&forth, "a")), content(&item(&back, "a")));
        assert_ne!(content(&item(&forth, "a")), content(&item(&forth, "b")));
        assert_ne!(content(&item(&forth, "a")), content(&item(&["name0"], "a")));
    }
}
