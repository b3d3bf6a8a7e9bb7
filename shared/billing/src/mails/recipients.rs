//! Recipients of a mail, by role and preference (F1).

use std::collections::BTreeSet;

use crate::authority::Role;
use crate::mails::{Audience, MailKind, Recipient};
use crate::member::{Mails, Member};

/// A recipient with the address of the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// Recipient.
    pub recipient: Recipient,
    /// Address.
    pub address: String,
}

/// Recipients of a mail now, each address once. The billing address is among them for kinds that
/// concern it, and for every kind where nobody has the role.
pub fn recipients(kind: MailKind, members: &[Member], billing: Option<&str>) -> Vec<Addressed> {
    let has_role = |member: &&Member| match member.role {
        Role::AccountAdministrator | Role::Finance => true,
        Role::Member => false,
    };
    let in_role: Vec<&Member> = members.iter().filter(has_role).collect();
    let wants = |member: &&&Member| match kind.audience() {
        Audience::BillingAndRoles | Audience::Roles => true,
        Audience::WantingAlerts => member.preferences.alerts == Mails::Wanted,
        Audience::WantingNotices => member.preferences.notices == Mails::Wanted,
    };
    let is_for_billing = in_role.is_empty() || kind.audience() == Audience::BillingAndRoles;

    let of_members = in_role.iter().filter(wants).map(|member| Addressed {
        recipient: Recipient::Member(member.id.clone()),
        address: member.email.clone(),
    });
    let of_billing = billing
        .filter(|_| is_for_billing)
        .map(|address| Addressed { recipient: Recipient::Billing, address: address.to_owned() });
    let mut known = BTreeSet::new();
    let all = of_members.chain(of_billing);
    all.filter(|it| known.insert(it.address.to_lowercase())).collect()
}
