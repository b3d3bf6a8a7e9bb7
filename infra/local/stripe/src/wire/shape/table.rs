//! Reads `parameters.txt`: its language is told at its beginning.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Lines;

/// What `string` without a length means.
const STRING_CHARACTERS_MAX: usize = 5000;

/// A type, or one of its alternatives.
#[derive(Debug)]
pub enum Kind {
    String {
        characters_max: Option<usize>,
    },
    /// Timestamps too: seconds since 1970.
    Integer,
    Number,
    /// A number that stays text.
    Decimal,
    Boolean,
    Currency,
    Choice(Vec<&'static str>),
    /// One of the values of a named choice.
    Named(&'static str),
    Object(Object),
    /// An object as a named shape has it.
    Shape(&'static str),
    Array(Box<Kind>),
    Map(Box<Kind>),
    Metadata,
    Any,
    /// The empty string.
    Unset,
}

/// The parameters of an object; mostly there is one way to give them.
pub type Object = Vec<Vec<Field>>;

/// A parameter.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub kinds: Vec<Kind>,
}

/// All operations.
#[derive(Debug, Default)]
pub struct Table {
    /// By method and path, with nothing between the braces of the path.
    operations: HashMap<String, Vec<Field>>,
    shapes: HashMap<&'static str, Object>,
    choices: HashMap<&'static str, Vec<&'static str>>,
}

impl Table {
    /// Reads the table; says which line is wrong.
    pub fn parse(text: &'static str) -> Result<Self, String> {
        let mut table = Self::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let twice = if let Some(choice) = line.strip_prefix("choice ") {
                let (name, values) = choice.split_once(": ").ok_or(line)?;
                table.choices.insert(name, values.split(' ').collect()).is_some()
            } else if let Some(name) = line.strip_prefix("shape ") {
                table.shapes.insert(name, object(&mut lines, 1)?).is_some()
            } else {
                let (method, path) = line.split_once(" /").ok_or(line)?;
                let key = key(method, &format!("/{path}"));
                table.operations.insert(key, fields(&mut lines, 1)?).is_some()
            };
            if twice {
                return Err(format!("twice: {line}"));
            }
        }
        let shapes = table.shapes.values().flatten();
        let all = table.operations.values().chain(shapes).flatten();
        all.flat_map(|field| &field.kinds).try_for_each(|kind| table.resolve(kind))?;
        Ok(table)
    }

    /// Names that are used must be there.
    fn resolve(&self, kind: &Kind) -> Result<(), String> {
        match kind {
            Kind::Named(name) if !self.choices.contains_key(name) => Err(format!("choice {name}")),
            Kind::Shape(name) if !self.shapes.contains_key(name) => Err(format!("shape {name}")),
            Kind::Array(inner) | Kind::Map(inner) => self.resolve(inner),
            Kind::Object(object) => {
                let mut kinds = object.iter().flatten().flat_map(|field| &field.kinds);
                kinds.try_for_each(|kind| self.resolve(kind))
            }
            Kind::Named(_)
            | Kind::Shape(_)
            | Kind::String { .. }
            | Kind::Integer
            | Kind::Number
            | Kind::Decimal
            | Kind::Boolean
            | Kind::Currency
            | Kind::Choice(_)
            | Kind::Metadata
            | Kind::Any
            | Kind::Unset => Ok(()),
        }
    }

    /// The parameters of an operation.
    pub fn operation(&self, method: &http::Method, pattern: &str) -> Option<&[Field]> {
        self.operations.get(&key(method.as_str(), pattern)).map(Vec::as_slice)
    }

    pub fn shape(&self, name: &str) -> &[Vec<Field>] {
        self.shapes.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn choice(&self, name: &str) -> &[&'static str] {
        self.choices.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What a path calls its parts is of no meaning: `/v1/refunds/{}`.
fn key(method: &str, pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

/// Reads the parameters of an object, which `or` parts.
fn object(lines: &mut Peekable<Lines<'static>>, depth: usize) -> Result<Object, String> {
    let or = format!("{}or", "  ".repeat(depth));
    let mut read = vec![fields(lines, depth)?];
    while lines.next_if(|line| *line == or).is_some() {
        read.push(fields(lines, depth)?);
    }
    Ok(read)
}

/// Reads the lines that are indented at least this deep, up to an `or`.
fn fields(lines: &mut Peekable<Lines<'static>>, depth: usize) -> Result<Vec<Field>, String> {
    let indent = "  ".repeat(depth);
    let mut read = Vec::new();
    let or = format!("{indent}or");
    while let Some(line) = lines.next_if(|line| line.starts_with(&indent) && *line != or) {
        let (name, kinds) = line.trim_start().split_once(": ").ok_or(line)?;
        let mut inner = Some(object(lines, depth.saturating_add(1))?);
        let kinds: Result<Vec<_>, String> =
            kinds.split(" | ").map(|atom| kind(atom, &mut inner)).collect();
        let (name, required) = match name.strip_suffix('!') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if inner.is_some_and(|inner| inner.iter().any(|fields| !fields.is_empty())) {
            return Err(format!("there is no object in: {line}"));
        }
        read.push(Field { name, required, kinds: kinds? });
    }
    Ok(read)
}

/// Reads one alternative; `inner` is what is indented below, which the object takes.
fn kind(atom: &'static str, inner: &mut Option<Object>) -> Result<Kind, String> {
    let between =
        |start: &str, end: char| atom.strip_prefix(start).and_then(|it| it.strip_suffix(end));
    if let Some(of) = between("[", ']') {
        return Ok(Kind::Array(Box::new(kind(of, inner)?)));
    }
    if let Some(of) = atom.strip_prefix("map ") {
        return Ok(Kind::Map(Box::new(kind(of, inner)?)));
    }
    if let Some(name) = atom.strip_prefix('&') {
        return Ok(Kind::Shape(name));
    }
    if let Some(name) = atom.strip_prefix('%') {
        return Ok(Kind::Named(name));
    }
    if let Some(values) = between("{", '}') {
        return Ok(Kind::Choice(values.split(' ').collect()));
    }
    if let Some(max) = between("string(", ')') {
        let max = max.parse().map_err(|_| format!("a length: {atom}"))?;
        return Ok(Kind::String { characters_max: Some(max) });
    }
    Ok(match atom {
        "string" => Kind::String { characters_max: Some(STRING_CHARACTERS_MAX) },
        "text" => Kind::String { characters_max: None },
        "integer" | "timestamp" => Kind::Integer,
        "number" => Kind::Number,
        "decimal" => Kind::Decimal,
        "boolean" => Kind::Boolean,
        "currency" => Kind::Currency,
        "object" => Kind::Object(inner.take().ok_or(atom)?),
        "metadata" => Kind::Metadata,
        "any" => Kind::Any,
        "unset" => Kind::Unset,
        _ => return Err(format!("a type: {atom}")),
    })
}

#[cfg(test)]
mod tests {
    use super::Table;

    /// Goal: a mistake in the table is found when it is read, not when a request comes.
    #[test]
    fn mistakes_are_found() {
        let wrong = [
            "nothing",
            "POST /a\n  no type",
            "POST /a\n  b: strange",
            "POST /a\n  b: string(x)",
            "POST /a\n  b: string\n    c: string",
            "POST /a\n  b: &gone",
            "POST /a\n  b: object\n    c: [%gone]",
            "shape a\n  b: map &gone",
            "POST /a/{b}\n\nPOST /a/{c}",
            "POST /a\n  b: string\n  or\n  c: string",
        ];
        for text in wrong {
            assert!(Table::parse(text).is_err(), "{text}");
        }
        assert!(Table::parse("# told\n\nPOST /a\n  b: [object] | unset\n    c!: {d e}\n").is_ok());
    }

    #[test]
    fn the_table_can_be_read() {
        let table = Table::parse(include_str!("../parameters.txt")).unwrap();
        assert!(table.operation(&http::Method::POST, "/v1/customers/{any}").is_some());
        assert!(table.operation(&http::Method::PUT, "/v1/customers/{customer}").is_none());
    }
}
