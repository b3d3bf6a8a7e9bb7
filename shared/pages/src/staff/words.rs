//! Words of the staff desk for each act.

use billing::staff::StaffAct;

/// Name of an act: heading of its page, and of the link to it.
pub fn title(act: StaffAct) -> &'static str {
    match act {
        StaffAct::Hold => "Hold collections, or give grace",
        StaffAct::Collection => "Set collection terms",
        StaffAct::Plan => "Set plan and negotiated prices",
        StaffAct::Credits => "Grant or remove credits",
        StaffAct::Usage => "Correct counted usage",
        StaffAct::CreditNote => "Give a credit note",
        StaffAct::Receipt => "Record money without advice",
        StaffAct::Prepayment => "Record a prepayment",
        StaffAct::ReversePrepayment => "Reverse a prepayment",
        StaffAct::Approve => "Approve a transfer",
        StaffAct::Reject => "Reject a transfer",
        StaffAct::Terminate => "Terminate the account",
        StaffAct::Close => "Close the account",
        StaffAct::ConvertToParent => "Convert to a parent account",
        StaffAct::ConvertToStandard => "Convert to a standard account",
        StaffAct::SubAccountLimit => "Set the sub-account limit",
        StaffAct::Resend => "Send a mail again",
    }
}

/// What an act does, in sentences for the person who is about to do it.
pub fn about(act: StaffAct) -> &'static str {
    match act {
        StaffAct::Hold => {
            "A hold keeps the account from being disabled until a date. Days of grace set the time \
             from overdue to disabled for every invoice. Leave both empty to end a hold."
        }
        StaffAct::Collection => {
            "Automatic charges the payment method on file. Manual sends invoices that are due \
             within the net days."
        }
        StaffAct::Plan => {
            "The plan is in force at once, and nothing is charged pro rata. Without prices of its \
             own the account pays those of the catalog."
        }
        StaffAct::Credits => "A number above zero grants tokens, one below zero removes them.",
        StaffAct::Usage => {
            "Before a month is invoiced its counters can be corrected, and limits follow at once. \
             Behind that, a credit note on its invoice is the way."
        }
        StaffAct::CreditNote => {
            "Before payment it lowers what is due. What was paid is given back, to the customer's \
             balance at Stripe unless another way is chosen."
        }
        StaffAct::Receipt => {
            "The money settles the chosen invoices, oldest first. The rest becomes a prepayment."
        }
        StaffAct::Prepayment => "The money becomes the account's balance at Stripe.",
        StaffAct::ReversePrepayment => "The unused rest is taken out of the account's balance.",
        StaffAct::Approve => {
            "The money settles the invoices of the advice. The rest becomes a prepayment; a part \
             that is missing stays open."
        }
        StaffAct::Reject => "The customer reads the reason, in a mail and on the page of payments.",
        StaffAct::Terminate => {
            "The vendor ends the account. The subscription ends at once, and the product is closed \
             for good."
        }
        StaffAct::Close => "The account ends for its customer. The subscription ends at once.",
        StaffAct::ConvertToParent => {
            "A parent has sub-accounts, and uses and buys nothing for itself."
        }
        StaffAct::ConvertToStandard => "A parent without sub-accounts becomes a standard account.",
        StaffAct::SubAccountLimit => "The parent may have so many sub-accounts.",
        StaffAct::Resend => "The mail is sent once more to its recipient.",
    }
}

/// The outcome of an act.
pub fn done(act: StaffAct) -> &'static str {
    match act {
        StaffAct::Hold => "Hold or grace was set.",
        StaffAct::Collection => "Collection terms were set.",
        StaffAct::Plan => "The plan was set.",
        StaffAct::Credits => "Credits were adjusted.",
        StaffAct::Usage => "Usage was corrected.",
        StaffAct::CreditNote => "The credit note was given.",
        StaffAct::Receipt => "The receipt was recorded.",
        StaffAct::Prepayment => "The prepayment was recorded.",
        StaffAct::ReversePrepayment => "The prepayment was reversed.",
        StaffAct::Approve => "The transfer was approved.",
        StaffAct::Reject => "The transfer was rejected.",
        StaffAct::Terminate => "The account was terminated.",
        StaffAct::Close => "The account was closed.",
        StaffAct::ConvertToParent => "The account is a parent now.",
        StaffAct::ConvertToStandard => "The account is a standard account now.",
        StaffAct::SubAccountLimit => "The sub-account limit was set.",
        StaffAct::Resend => "The mail will be sent again.",
    }
}

/// True for an act that ends something: its button is red.
pub(crate) fn ends(act: StaffAct) -> bool {
    match act {
        StaffAct::Terminate | StaffAct::Close | StaffAct::ReversePrepayment | StaffAct::Reject => {
            true
        }
        StaffAct::Hold
        | StaffAct::Collection
        | StaffAct::Plan
        | StaffAct::Credits
        | StaffAct::Usage
        | StaffAct::CreditNote
        | StaffAct::Receipt
        | StaffAct::Prepayment
        | StaffAct::Approve
        | StaffAct::ConvertToParent
        | StaffAct::ConvertToStandard
        | StaffAct::SubAccountLimit
        | StaffAct::Resend => false,
    }
}
