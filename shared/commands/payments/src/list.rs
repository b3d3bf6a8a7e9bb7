//! An account's invoices by date (A15), from our books alone.

use billing::account::Standing;
use billing::ids::AccountId;
use billing::invoice::Invoice;
use billing::listing::{Position, Wanted};
use invocation::Invocation;
use store::{Loaded, Part, Store};

use crate::Failure;

/// Most requests of places that one page is filled from: a filter that fits almost nothing gives
/// short pages, and never a request that runs on and on.
const READS_MAX: usize = 10;
/// Most places of one request.
const PLACES_MAX: i32 = 100;

/// Lists invoices.
#[derive(Debug, Clone, Copy)]
pub struct Lister<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Filters.
    pub wanted: Wanted,
    /// Position that the part comes behind; none for the newest.
    pub behind: Option<Position>,
    /// Most invoices.
    pub limit: usize,
}

/// Invoices, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The invoices.
    pub invoices: Vec<Invoice>,
    /// Position that the next part comes behind; none where nothing follows.
    pub next: Option<Position>,
    /// Standing of the account: it says which of them make the account overdue.
    pub standing: Standing,
}

impl Lister<'_> {
    /// Parts that a list needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing]
    }

    /// Lists invoices. `loaded` has the [`Self::parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn list(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        window: Window,
    ) -> Result<Listed, Failure> {
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;

        let Window { wanted, mut behind, limit } = window;
        let mut invoices: Vec<Invoice> = Vec::new();
        let mut follow = true;
        for _ in 0..READS_MAX {
            // One more than the page has tells whether another follows.
            let missing = limit.saturating_sub(invoices.len()).saturating_add(1);
            let within = (wanted.range, behind.as_ref());
            let most = places(&wanted, missing);
            let (read, more) = self.store.issued(invocation, account, within, most).await?;
            let found = self.store.invoices_at(invocation, account, &read).await?;

            invoices.extend(found.into_iter().filter(|invoice| wanted.has(invoice)));
            behind = read.last().cloned().or(behind);
            follow = more;
            if !more || invoices.len() > limit {
                break;
            }
        }

        let is_full = invoices.len() > limit;
        invoices.truncate(limit);
        let next = if is_full {
            invoices.last().and_then(Position::of)
        } else {
            behind.filter(|_| follow)
        };
        Ok(Listed { invoices, next, standing })
    }
}

/// Places to read: without a filter exactly those that are missing, with one as many as may be.
fn places(wanted: &Wanted, missing: usize) -> i32 {
    let is_filtered = wanted.status.is_some() || wanted.kind.is_some();
    match i32::try_from(missing) {
        Ok(missing) if !is_filtered => missing.min(PLACES_MAX),
        Ok(_) | Err(_) => PLACES_MAX,
    }
}
