//! Classes of errors: what helps against one.

/// What helps against an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Another writer was faster. Loading and deciding again helps, at once.
    Conflict,
    /// Waiting helps: the table or Stripe was throttled, away, or its answer was lost.
    Retry,
    /// Waiting helps once an operator has corrected the deployment: a policy, a key, a table's
    /// name.
    Operator,
    /// Nothing helps: the same call fails for ever.
    Never,
}

impl Class {
    /// True if the same call may succeed later.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Conflict | Self::Retry | Self::Operator => true,
            Self::Never => false,
        }
    }
}

/// An error that knows what helps against it.
pub trait Classified {
    /// What helps.
    fn class(&self) -> Class;

    /// True if the same call may succeed later.
    fn is_transient(&self) -> bool {
        self.class().is_transient()
    }
}
