//! Books that a decision about credits rests on: loaded as parts, decided on, and committed.

use std::collections::BTreeMap;

use billing::account::Standing;
use billing::credits::recharge::Verdict;
use billing::credits::{self, Change, runway};
use billing::ids::{AccountId, PurchaseId};
use billing::served::Served;
use billing::time::Timestamp;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};
use tracing::{info, warn};

use crate::Credits;
use crate::refused::{Refused, Tried};

/// Credits as the account's page shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The credits.
    pub credits: credits::Credits,
    /// Tokens that the plan includes in a month; none when any number of them is.
    pub allowance: Option<i64>,
    /// Prospect of the next purchase by auto-recharge.
    pub prospect: Verdict,
}

/// Parts that the page of the credits shows: what deductions used lately is in months of their own.
pub fn shown_parts(now: Timestamp) -> Vec<Part> {
    parts(None).into_iter().chain(runway::months(now).into_iter().map(Part::Tokens)).collect()
}

/// Days for which the balance lasts, by the [`shown_parts`].
///
/// # Errors
/// What is stored cannot be read.
pub fn runway_days(
    balance: i64,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let mut used = BTreeMap::new();
    for month in runway::months(now) {
        used.append(&mut loaded.tokens(month)?);
    }
    Ok(runway::days(balance, &used, now))
}

/// Parts that a decision about credits rests on, and with them the target of the command: to be
/// loaded with the caller's key.
pub fn parts(target: Option<Part>) -> Vec<Part> {
    [Part::Standing, Part::Credits].into_iter().chain(target).collect()
}

/// Parts for one try: those of the caller's request for the first try, loaded anew for every other.
pub(crate) async fn parts_for_try(
    store: &Store,
    invocation: &Invocation,
    (account, parts): (&AccountId, Vec<Part>),
    first: Option<Loaded>,
) -> Tried<Loaded> {
    match first {
        Some(loaded) => Ok(loaded),
        None => Ok(store.load(invocation, account, &parts).await?),
    }
}

pub(crate) fn standing(loaded: &Loaded) -> Tried<Standing> {
    Ok(loaded.standing()?.ok_or(Refused::NotFound("account"))?)
}

/// Refuses unless the account may use what it has: a disabled or closed one may not (C10), nor one
/// whose parent pays for it and gets no service (B10).
pub(crate) async fn may_use(
    store: &Store,
    invocation: &Invocation,
    standing: &Standing,
) -> Tried<()> {
    let parent = store.paying_parent(invocation, standing).await?;
    let served = Served::new(standing, parent.as_ref());

    let state = served.state_at(invocation.now);
    if state.refusal_code().is_some() {
        let reasons = served.reasons(invocation.now);
        return Err(Refused::Closed { state, reasons }.into());
    }
    Ok(())
}

/// Draws the id of the next purchase, which is kept only if a decision begins one.
fn purchase_id(invocation: &Invocation) -> Result<PurchaseId, Refused> {
    let token = invocation.entropy.token().map_err(|_| Refused::NoId)?;
    PurchaseId::parse(&format!("pur_{token}")).map_err(|_| Refused::NoId)
}

impl Credits {
    /// Reads the credits out of loaded parts.
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn read(&self, invocation: &Invocation, loaded: &Loaded) -> Tried<Read> {
        let standing = standing(loaded)?;
        let books = self.books_of(invocation, standing, loaded).await?;
        let prospect = books.verdict(books.credits.counted.available, invocation.now);
        Ok(Read { credits: books.credits, allowance: books.allowance, prospect })
    }

    /// Makes the books out of loaded parts.
    pub(crate) async fn books(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Tried<credits::Books> {
        let standing = standing(loaded)?;
        // The next account of that id would have what is taken now, if Stripe refuses this one.
        if standing.opening {
            return Err(Refused::NotFound("account").into());
        }
        self.books_of(invocation, standing, loaded).await
    }

    async fn books_of(
        &self,
        invocation: &Invocation,
        standing: Standing,
        loaded: &Loaded,
    ) -> Tried<credits::Books> {
        let credits = self.store.credits(invocation, &standing.account, loaded).await?;
        let settings = credits.decided.settings.as_ref();
        let pack = settings.and_then(|settings| self.catalog.pack(&settings.pack));

        Ok(credits::Books {
            allowance: self.catalog.credits_included(&standing, invocation.now),
            offer: pack.map(catalog::Pack::offer),
            next: purchase_id(invocation)?,
            standing,
            credits,
        })
    }

    /// Commits a decision, and hands on the charge that it begins. If that fails, the schedule
    /// finds the charge in the table.
    pub(crate) async fn commit(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        change: &Change,
    ) -> Tried<()> {
        if change.reservation.is_some() {
            self.store.write_reservation(invocation, standing, change).await?;
        } else {
            self.store.write_credits(invocation, standing, change).await?;
        }

        if let Some(purchase) = &change.purchase {
            let account = &standing.account;
            info!(account.id = %account, purchase.id = %purchase.id,
                "begins to charge {} for account {account}", purchase.offer.price);
            if let Err(error) = self.recharges.send(account).await {
                warn!(account.id = %account, reason = %error,
                    "could not put account {account} on the queue: {error}");
            }
        }
        Ok(())
    }
}
