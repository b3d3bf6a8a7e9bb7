//! A guide to a code: the case and the way out.

/// A problem's code as a user meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    /// The case.
    pub meaning: &'static str,
    /// The way out.
    pub remedy: &'static str,
}

/// A guide by its code.
pub(crate) const fn guide(
    code: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> (&'static str, Guide) {
    (code, Guide { meaning, remedy })
}
