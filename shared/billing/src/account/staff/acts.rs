//! Acts of staff on an account: each is a route of the API with a form of its own on the desk.

use crate::authority::{Denied, Principal, StaffRole, authorise};
use crate::words::Word;

/// An act of staff on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffAct {
    /// Collections held until a date, or days of grace (F3).
    Hold,
    /// Terms of payment (A17).
    Collection,
    /// Plan, negotiated prices and the partner mark (B1, F3).
    Plan,
    /// Credits granted or removed (F3).
    Credits,
    /// Counted usage corrected (F3).
    Usage,
    /// A credit note on an invoice (F3).
    CreditNote,
    /// Money that came without advice (F4).
    Receipt,
    /// Money that came upfront (A14).
    Prepayment,
    /// The unused rest of a prepayment, taken out of the balance.
    ReversePrepayment,
    /// What was received for an advice (A18).
    Approve,
    /// An advice without money (A18).
    Reject,
    /// The account ended by the vendor.
    Terminate,
    /// The account ended for its customer.
    Close,
    /// A standard account made a parent (B5).
    ConvertToParent,
    /// A parent made a standard account again.
    ConvertToStandard,
    /// Number of sub-accounts that a parent may have.
    SubAccountLimit,
    /// A mail sent once more (F6).
    Resend,
}

impl Word for StaffAct {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Hold, "hold"),
        (Self::Collection, "collection"),
        (Self::Plan, "plan"),
        (Self::Credits, "credits"),
        (Self::Usage, "usage"),
        (Self::CreditNote, "credit-note"),
        (Self::Receipt, "receipt"),
        (Self::Prepayment, "prepayment"),
        (Self::ReversePrepayment, "reverse-prepayment"),
        (Self::Approve, "approve"),
        (Self::Reject, "reject"),
        (Self::Terminate, "terminate"),
        (Self::Close, "close"),
        (Self::ConvertToParent, "convert-to-parent"),
        (Self::ConvertToStandard, "convert-to-standard"),
        (Self::SubAccountLimit, "sub-account-limit"),
        (Self::Resend, "resend"),
    ];
}

impl StaffAct {
    /// Route of the API with the same command.
    pub fn route(self) -> &'static str {
        match self {
            Self::Hold => "PUT /v1/staff/accounts/{id}/grace",
            Self::Collection => "PUT /v1/staff/accounts/{id}/collection",
            Self::Plan => "PUT /v1/staff/accounts/{id}/plan",
            Self::Credits => "POST /v1/staff/accounts/{id}/credits/adjustments",
            Self::Usage => "POST /v1/staff/accounts/{id}/usage-corrections",
            Self::CreditNote => "POST /v1/staff/accounts/{id}/credit-notes",
            Self::Receipt => "POST /v1/staff/receipts",
            Self::Prepayment => "POST /v1/staff/accounts/{id}/prepayments",
            Self::ReversePrepayment => "POST /v1/staff/prepayments/{prepayment_id}/reverse",
            Self::Approve => "POST /v1/staff/payment-advice/{advice_id}/approve",
            Self::Reject => "POST /v1/staff/payment-advice/{advice_id}/reject",
            Self::Terminate => "POST /v1/staff/accounts/{id}/terminate",
            Self::Close => "POST /v1/staff/accounts/{id}/close",
            Self::ConvertToParent => "POST /v1/staff/accounts/{id}/convert-to-parent",
            Self::ConvertToStandard => "POST /v1/staff/accounts/{id}/convert-to-standard",
            Self::SubAccountLimit => "PUT /v1/staff/accounts/{id}/sub-account-limit",
            Self::Resend => "POST /v1/accounts/{id}/mails/{mail_id}/resend",
        }
    }

    /// Refuses an act that is not for a role: the rule of the API's route.
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn authorise(self, role: StaffRole) -> Result<(), Denied> {
        authorise(self.route(), &Principal::Staff(role), None)
    }

    /// True for an act that is shown once more before it is done: money moves, or something ends.
    pub fn is_confirmed(self) -> bool {
        match self {
            Self::Plan
            | Self::Credits
            | Self::Usage
            | Self::CreditNote
            | Self::Receipt
            | Self::Prepayment
            | Self::ReversePrepayment
            | Self::Approve
            | Self::Terminate
            | Self::Close
            | Self::ConvertToParent
            | Self::ConvertToStandard => true,
            Self::Hold | Self::Collection | Self::Reject | Self::SubAccountLimit | Self::Resend => {
                false
            }
        }
    }

    /// True for an act that needs a reason: money or access changes.
    pub fn needs_reason(self) -> bool {
        self != Self::Resend
    }

    /// All acts, in the order in which an account's page shows them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::WORDS.iter().map(|(act, _)| *act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: support sends mails again and does nothing else; billing does everything.
    #[test]
    fn an_act_has_the_rule_of_its_route() {
        for act in StaffAct::all() {
            assert_eq!(act.authorise(StaffRole::Billing), Ok(()), "{act:?}");
            let support = act.authorise(StaffRole::Support).is_ok();
            assert_eq!(support, act == StaffAct::Resend, "{act:?}");
            assert_eq!(act.needs_reason(), !support, "{act:?}");
        }
    }
}
