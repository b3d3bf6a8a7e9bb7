//! Actors: the key or the person behind a request.

use crate::ids::MemberId;

/// Key or person behind a request (design, section 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Kind of the actor.
    pub kind: ActorKind,
    /// Id of the key or of the member.
    pub id: String,
    /// Label of the key, or name of the vendor's person. Empty for a member, whose name and address
    /// the member's item alone has (F8).
    pub name: String,
}

impl Actor {
    /// A member of an account, by the id alone.
    pub fn member(id: &MemberId) -> Self {
        Self { kind: ActorKind::Member, id: id.to_string(), name: String::new() }
    }

    /// Name that people are shown: the label, or the id of who has none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// Kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// An API key of the vendor or of an account.
    Key,
    /// A member of an account, on the dashboard.
    Member,
    /// A person of the vendor's.
    Staff,
}

impl ActorKind {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Member => "member",
            Self::Staff => "staff",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Key, Self::Member, Self::Staff].into_iter().find(|kind| kind.as_str() == word)
    }
}
