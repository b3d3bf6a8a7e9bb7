//! A mapping whose every entry must be taken or named as ignored: what nobody asked for is refused.

use super::TemplateError;
use super::yaml::Node;

/// The entries of a mapping that were not looked at yet.
#[derive(Debug)]
pub struct Fields {
    at: String,
    entries: Vec<(String, Node)>,
}

impl Fields {
    /// Of a mapping; `at` is where it stands, for errors.
    pub fn of(at: &str, node: Node) -> Result<Self, TemplateError> {
        match node {
            Node::Map(entries) => Ok(Self { at: at.to_owned(), entries }),
            Node::Text(_) | Node::List(_) | Node::Tagged(..) => {
                Err(TemplateError::not_understood(at))
            }
        }
    }

    /// Where an entry stands.
    pub fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.at)
    }

    /// An entry that may be absent.
    pub fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(at).1)
    }

    /// An entry that must be there.
    pub fn need(&mut self, name: &str) -> Result<Node, TemplateError> {
        self.take(name).ok_or_else(|| TemplateError::Missing { at: self.at(name) })
    }

    /// An entry that is itself a mapping; empty when absent.
    pub fn map(&mut self, name: &str) -> Result<Self, TemplateError> {
        let at = self.at(name);
        Self::of(&at, self.take(name).unwrap_or(Node::Map(Vec::new())))
    }

    /// Entries that matter to a deployment and not to local mode.
    pub fn ignore(&mut self, names: &[&str]) {
        self.entries.retain(|(key, _)| !names.contains(&key.as_str()));
    }

    /// Entries of any name.
    pub fn rest(self) -> impl Iterator<Item = (String, Node)> {
        self.entries.into_iter()
    }

    /// Refuses what is left.
    pub fn finish(self) -> Result<(), TemplateError> {
        match self.entries.first() {
            Some((name, _)) => Err(TemplateError::not_understood(&self.at(name))),
            None => Ok(()),
        }
    }
}
