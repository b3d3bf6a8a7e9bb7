//! Where a month begins in the ledger.

use billing::ids::AccountId;
use billing::month::{Day, Month};
use invocation::Invocation;
use store::credits::Direction;
use store::{Store, StoreError};

/// Number of an entry before those of a month, near to them: found by halves, a day early,
/// because entries that were committed at once can be some seconds out of order.
pub(crate) async fn beginning(
    store: &Store,
    invocation: &Invocation,
    account: &AccountId,
    (month, on_pages): (Month, u64),
) -> Result<u64, StoreError> {
    let day_before = Day::of(month.start().plus_seconds(-1));
    let newest = (Direction::Backwards, 1);
    let (mut low, mut high) = (1_u64, on_pages);
    let mut found = on_pages.saturating_add(1);
    while low <= high {
        let range = (1, low.midpoint(high));
        let pages = store.ledger_pages(invocation, account, range, newest).await?;
        let Some(page) = pages.first() else { break };
        if page.days.1 < day_before {
            low = page.behind();
        } else {
            found = page.first;
            high = page.first.saturating_sub(1);
        }
    }
    Ok(found)
}
