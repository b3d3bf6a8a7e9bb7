//! Advices that wait for staff, oldest first (A18).

use billing::advice::Advice;
use billing::ids::AccountId;
use invocation::Invocation;
use store::due::PageEnd;
use store::{Part, Store, StoreError};

/// Most pages of the index that one list follows.
const PAGES_MAX: usize = 5;

/// An advice that waits, with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The account.
    pub account: AccountId,
    /// The advice.
    pub advice: Advice,
}

/// All advices that wait for staff, the oldest first: at most a thousand. One that was decided
/// since the index was written is left out.
///
/// # Errors
/// Any of the table's.
pub async fn waiting(store: &Store, invocation: &Invocation) -> Result<Vec<Waiting>, StoreError> {
    let mut found: Vec<(AccountId, String)> = Vec::new();
    let mut after: Option<PageEnd> = None;
    for _ in 0..PAGES_MAX {
        let page = store.advices_due(invocation, after).await?;
        found.extend(page.found);
        after = page.end;
        if after.is_none() {
            break;
        }
    }

    let mut wanted: Vec<(AccountId, Vec<Part>)> = Vec::new();
    for (account, id) in &found {
        let part = Part::Advice(id.clone());
        match wanted.iter_mut().find(|(known, _)| known == account) {
            Some((_, parts)) => parts.push(part),
            None => wanted.push((account.clone(), vec![part])),
        }
    }
    let loaded = store.load_all(invocation, &wanted).await?;

    let mut waiting = Vec::new();
    for (account, id) in found {
        let Some(parts) = loaded.get(&account) else { continue };
        let Some(advice) = parts.advice(&id)? else { continue };
        if advice.status_at(invocation.now).is_undecided() {
            waiting.push(Waiting { account, advice });
        }
    }
    Ok(waiting)
}
