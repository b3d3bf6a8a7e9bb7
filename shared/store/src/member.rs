//! A member as an item.

use billing::authority::Role;
use billing::change::{Change, Write};
use billing::ids::{AccountId, MemberId};
use billing::member::{Mails, Member, Preferences};
use billing::search;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a member, at the version behind the one that it was read at.
pub fn write(account: &AccountId, member: &Member) -> Attributes {
    let Member { version, id, email, role, preferences } = member;
    // What is usual is not written.
    let (partition, place) = keys::found_place(&search::exact(email), account);
    let unwanted = |mails: Mails| Some(mails.word()).filter(|_| !mails.is_wanted());
    Writer::item(keys::member(account, id), "member", version.saturating_add(1))
        .text("id", id.as_str())
        .text("email", &**email)
        .text("role", role.as_str())
        .maybe_text("alerts", unwanted(preferences.alerts))
        .maybe_text("invoices", unwanted(preferences.invoices))
        .maybe_text("notices", unwanted(preferences.notices))
        .text(keys::DUE_PK, partition)
        .text(keys::DUE_SK, place)
        .done()
}

/// The member of an item.
pub fn read(item: &Attributes) -> Result<Member, StoreError> {
    let item = Reader::new(item);
    let mails = |name: &str| {
        Ok::<_, StoreError>(item.maybe(name, Mails::of_word)?.unwrap_or(Mails::Wanted))
    };
    Ok(Member {
        version: item.number(keys::VERSION)?,
        id: item.word("id", |id| MemberId::parse(id).ok())?,
        email: item.text("email")?.to_owned(),
        role: item.word("role", Role::parse)?,
        preferences: Preferences {
            alerts: mails("alerts")?,
            invoices: mails("invoices")?,
            notices: mails("notices")?,
        },
    })
}

impl Store {
    /// Every member of an account, in order of their ids. The standing, read before, guards the
    /// set.
    pub async fn members(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Member>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::MEMBERS).await?;
        items.iter().map(read).collect()
    }

    /// Adds or changes a member.
    pub async fn save_member(
        &self,
        invocation: &Invocation,
        change: &Change,
        member: &Member,
    ) -> Result<(), StoreError> {
        self.commit(invocation, &change.clone().with(Write::Member(member.clone()))).await?;
        Ok(())
    }

    /// Removes a member.
    pub async fn remove_member(
        &self,
        invocation: &Invocation,
        change: &Change,
        member: &Member,
    ) -> Result<(), StoreError> {
        self.commit(invocation, &change.clone().with(Write::MemberRemoved(member.clone()))).await?;
        Ok(())
    }
}
