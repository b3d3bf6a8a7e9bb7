//! Search of staff (F2): an account by what a person has of it. No account is looked for by a scan:
//! each way is a read of a key, or of one partition of the index.

use crate::ids::{AccountId, CustomerId, InvoiceId, SubscriptionId};

/// Longest text that is looked for, in bytes.
pub const QUERY_BYTES_MAX: usize = 200;
/// Most accounts of an answer.
pub const FOUND_MAX: usize = 25;
/// Most characters of a name that the index keeps.
const NAME_CHARACTERS_MAX: usize = 60;

/// What a text may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Id of an account.
    Account(AccountId),
    /// Stripe customer.
    Customer(CustomerId),
    /// Stripe invoice.
    Invoice(InvoiceId),
    /// Stripe subscription.
    Subscription(SubscriptionId),
    /// Exact word of the index: a mail address, or the number of an invoice.
    Exact(String),
    /// Beginning of a name.
    Name(String),
}

/// Ways to look for a text, the surest first.
pub fn wanted(text: &str) -> Vec<Wanted> {
    let text = text.trim();
    if text.is_empty() || text.len() > QUERY_BYTES_MAX {
        return Vec::new();
    }
    if text.starts_with("cus_") {
        return CustomerId::parse(text).map(Wanted::Customer).into_iter().collect();
    }
    if text.starts_with("in_") {
        return InvoiceId::parse(text).map(Wanted::Invoice).into_iter().collect();
    }
    if text.starts_with("sub_") {
        return SubscriptionId::parse(text).map(Wanted::Subscription).into_iter().collect();
    }
    if text.contains('@') {
        return vec![Wanted::Exact(exact(text))];
    }
    let mut ways: Vec<Wanted> = AccountId::parse(text).map(Wanted::Account).into_iter().collect();
    ways.push(Wanted::Exact(exact(text)));
    ways.push(Wanted::Name(name(text)));
    ways
}

/// A mail address or a number as the index has it.
pub fn exact(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A name, or its beginning, as the index has it.
pub fn name(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    words.join(" ").chars().take(NAME_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a text is looked for as what it can be, and as nothing else.
    #[test]
    fn a_text_is_looked_for_as_what_it_can_be() {
        let only = |text: &str| wanted(text).into_iter().next();
        assert!(matches!(only(" cus_1 "), Some(Wanted::Customer(_))));
        assert!(matches!(only("in_1"), Some(Wanted::Invoice(_))));
        assert!(matches!(only("sub_1"), Some(Wanted::Subscription(_))));
        assert_eq!(wanted("Ada@Acme.Example"), [Wanted::Exact("ada@acme.example".to_owned())]);
        let ways = wanted("acme");
        assert!(matches!(ways.as_slice(), [Wanted::Account(_), Wanted::Exact(_), Wanted::Name(_)]));
        let name = Wanted::Name("acme  robotics".replace("  ", " "));
        assert_eq!(wanted("Acme   Robotics").last(), Some(&name));
        assert_eq!(wanted("  "), []);
        assert_eq!(wanted(&"a".repeat(QUERY_BYTES_MAX + 1)), []);
    }
}
