//! What each invoice still owed at a time: what it owes now, less what moved it since.

use std::collections::BTreeMap;

use super::{Books, Ledger, movements};
use crate::ids::InvoiceId;
use crate::money::{Money, TooLarge};
use crate::time::Timestamp;

/// Invoices with the money that was owed for them at a time. `now` has what is owed for each now,
/// and the books reach back to that time. The sums are the statement's closing at that time.
///
/// # Errors
/// [`TooLarge`].
pub fn receivables(
    books: Books<'_>,
    now: BTreeMap<InvoiceId, Money>,
    at: Timestamp,
) -> Result<BTreeMap<InvoiceId, Money>, TooLarge> {
    let mut owed = now;
    let all = movements::all(books);
    let since = all.iter().filter(|it| it.recorded_at > at);
    for movement in since.filter(|it| it.moved.ledger() == Ledger::Receivable) {
        // Only invoices are owed.
        let Ok(id) = InvoiceId::parse(&movement.about) else { continue };
        let taken_back = movement.amount.amount.checked_neg().ok_or(TooLarge)?;
        let owed = owed.entry(id).or_insert(Money::new(0, movement.amount.currency));
        *owed = owed.plus(taken_back)?;
    }
    owed.retain(|_, money| money.amount != 0);
    Ok(owed)
}
