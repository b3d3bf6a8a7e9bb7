//! Form encoding as Stripe reads it: `a[b][0][c]=v`, in bodies and query strings.
//!
//! Leaves are strings; what they mean is told by [`super::shape`]. `a[]=x` adds to an array, and
//! `a[][b]=x` goes into its last element until that has a `b`. Numbered keys make an array when
//! they count from 0 without gaps; with gaps they stay an object, since only the shape knows
//! whether `metadata[7]` is a name or a place.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// How deep names may nest: Stripe's deepest parameter is half of it.
const NESTING_MAX: usize = 16;
/// How many parameters a request may have: an invoice of 250 lines with all their parameters.
const PARAMETERS_MAX: usize = 10_000;

/// What was read so far. An object keeps numbered keys apart from arrays that were written as `[]`.
enum Node {
    Leaf(String),
    Array(Vec<Node>),
    Object(BTreeMap<String, Node>),
}

/// Decodes a body or a query string.
///
/// # Errors
///
/// 400 when it is not UTF-8, when one name is used as two kinds of value, or beyond the limits.
pub fn decode(text: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut root = BTreeMap::new();
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    for (count, pair) in pairs.enumerate() {
        if count >= PARAMETERS_MAX {
            let message = format!("A request can have up to {PARAMETERS_MAX} parameters.");
            return Err(ApiError::invalid(message));
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = unescape(halves.next().unwrap_or_default())?;
        let value = unescape(halves.next().unwrap_or_default())?;
        let path = path(&name);
        if path.len() > NESTING_MAX {
            let message = format!("Parameters can be nested up to {NESTING_MAX} levels deep.");
            return Err(ApiError::invalid(message).param(name));
        }
        if let Some((first, rest)) = path.split_first() {
            let slot = root.entry((*first).to_owned());
            put(slot.or_insert_with(|| empty(rest)), rest, value, &name)?;
        }
    }
    Ok(root.into_iter().map(|(name, node)| (name, node.into_value())).collect())
}

fn unescape(text: &[u8]) -> Result<String, ApiError> {
    let spaced = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte });
    let bytes: Vec<u8> = percent_decode(&spaced.collect::<Vec<_>>()).collect();
    String::from_utf8(bytes).map_err(|_| ApiError::invalid("Invalid UTF-8 in the parameters."))
}

/// `a[b][]` is `a`, `b` and an empty part. A name whose brackets do not match is one name: the
/// shape refuses it.
fn path(name: &str) -> Vec<&str> {
    let whole = vec![name];
    let Some((first, rest)) = name.split_once('[') else { return whole };
    let Some(rest) = rest.strip_suffix(']') else { return whole };
    let parts: Vec<&str> = rest.split("][").collect();
    if first.is_empty() || first.contains(']') || parts.iter().any(|part| part.contains(['[', ']']))
    {
        return whole;
    }
    std::iter::once(first).chain(parts).collect()
}

/// What a new name begins as, by what follows it.
fn empty(rest: &[&str]) -> Node {
    match rest.first() {
        None => Node::Leaf(String::new()),
        Some(&"") => Node::Array(Vec::new()),
        Some(_) => Node::Object(BTreeMap::new()),
    }
}

fn put(node: &mut Node, rest: &[&str], value: String, name: &str) -> Result<(), ApiError> {
    match (node, rest.split_first()) {
        (Node::Leaf(leaf), None) => *leaf = value,
        (Node::Array(list), Some((&"", rest))) => {
            // A further key of the same element, or a new element.
            if !list.last().is_some_and(|last| has_room(last, rest)) {
                list.push(empty(rest));
            }
            if let Some(last) = list.last_mut() {
                put(last, rest, value, name)?;
            }
        }
        (Node::Object(entries), Some((key, rest))) if !key.is_empty() => {
            let slot = entries.entry((*key).to_owned());
            put(slot.or_insert_with(|| empty(rest)), rest, value, name)?;
        }
        (Node::Array(_), _) | (Node::Object(_) | Node::Leaf(_), Some((&"", _))) => {
            return Err(conflict("Invalid array", name));
        }
        (Node::Object(_) | Node::Leaf(_), _) => return Err(conflict("Invalid hash", name)),
    }
    Ok(())
}

/// True if an element of an array has no value yet at this place.
fn has_room(node: &Node, rest: &[&str]) -> bool {
    match (node, rest.split_first()) {
        (Node::Object(entries), Some((key, rest))) if !key.is_empty() => {
            entries.get(*key).is_none_or(|inner| has_room(inner, rest))
        }
        (Node::Array(_), Some((&"", _))) => true,
        (Node::Object(_) | Node::Array(_) | Node::Leaf(_), _) => false,
    }
}

/// One name that was used as two kinds of value: the outermost name is what Stripe tells.
fn conflict(message: &str, name: &str) -> ApiError {
    ApiError::invalid(message).param(path(name).first().copied().unwrap_or(name))
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Self::Leaf(leaf) => Value::String(leaf),
            Self::Array(list) => list.into_iter().map(Self::into_value).collect(),
            Self::Object(entries) => {
                let entries = entries.into_iter().map(|(key, node)| (key, node.into_value()));
                let map: Map<String, Value> = entries.collect();
                let dense = indexed(&map).filter(|list| {
                    list.iter().zip(0_u32..).all(|((index, _), expected)| *index == expected)
                });
                match dense {
                    Some(list) => list.into_iter().map(|(_, value)| value.clone()).collect(),
                    None => Value::Object(map),
                }
            }
        }
    }
}

/// An object whose keys are all numbers, as Stripe's SDKs write arrays: its values in the order of
/// the numbers. None for other objects, and for one without keys.
pub fn indexed(map: &Map<String, Value>) -> Option<Vec<(u32, &Value)>> {
    let index = |key: &str| key.parse::<u32>().ok().filter(|index| index.to_string() == key);
    let list: Option<Vec<_>> = map.iter().map(|(key, it)| Some((index(key)?, it))).collect();
    let mut list = list.filter(|list| !list.is_empty())?;
    list.sort_by_key(|(index, _)| *index);
    Some(list)
}

#[cfg(test)]
mod tests;
