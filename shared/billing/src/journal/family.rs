//! Events of parents and sub-accounts, as the journal has them.

use crate::words::Word;

/// What happened to an account as a parent or as a sub-account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyEvent {
    /// Staff made the account a parent, or a standard account again (B5).
    Converted,
    /// A sub-account was opened (B7): on parent and sub-account.
    SubAccountCreated,
    /// Another billing model was booked (B11): on parent and sub-account.
    ModelBooked,
    /// The booked billing model began: on parent and sub-account.
    ModelChanged,
    /// A sub-account got another name from its parent: on the parent.
    Renamed,
    /// Staff set how many sub-accounts the parent may have.
    LimitChanged,
}

impl Word for FamilyEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Converted, "account.converted"),
        (Self::SubAccountCreated, "sub_account.created"),
        (Self::ModelBooked, "sub_account.model_booked"),
        (Self::ModelChanged, "sub_account.model_changed"),
        (Self::Renamed, "sub_account.renamed"),
        (Self::LimitChanged, "sub_account.limit_changed"),
    ];
}
