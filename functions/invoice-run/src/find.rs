//! Finding who is to be invoiced: the index, shard by shard and page by page.

use billing::metering::taken_until;
use billing::month::Month;
use billing::time::Timestamp;
use invocation::Invocation;
use queue::SendError;
use queue::bills::{BillMessage, Page, Payer};
use runtime::telemetry::alarm;
use store::StoreError;
use store::keys::{self, Key};
use tracing::{error, info, warn};

use crate::InvoiceRun;

/// Before every index sort key.
const FIRST: &str = "0";

impl InvoiceRun {
    /// Begins the run: puts the payers of each shard's first page on the queue, and what is behind it as a page. A shard that
    /// can not be read now is put there as a page, too.
    pub(crate) async fn begin(&self, invocation: &Invocation) {
        let until = last_closable(invocation.now, self.catalog.late_usage_seconds()).to_string();
        let mut found: usize = 0;
        for shard in 0..keys::SHARDS {
            let page = Page { shard, from: FIRST.to_owned(), until: until.clone() };
            match self.walk(invocation, &page).await {
                Ok(payers) => found = found.saturating_add(payers),
                Err(unread) => {
                    warn!(reason = %unread, "could not look into shard {shard}: {unread}");
                    if let Err(error) = self.bills.send(&BillMessage::Page(page), 0).await {
                        // The next day's run finds all of it.
                        error!(alarm = alarm::NOT_INVOICED, reason = %error,
                            "the run did not begin in shard {shard}: {error}");
                    }
                }
            }
        }
        info!("found {found} payers of months up to {until}");
    }

    /// A page, taken from the queue.
    pub(crate) async fn page(&self, invocation: &Invocation, page: &Page) -> Result<(), SendError> {
        match self.walk(invocation, page).await {
            Ok(payers) => {
                info!("found {payers} payers on a page of shard {}", page.shard);
                Ok(())
            }
            Err(Unwalked::Send(error)) => Err(error),
            Err(Unwalked::Store(error)) => {
                warn!(reason = %error, "could not look into shard {}: {error}", page.shard);
                // A little later, and without an end: no page is ever lost.
                self.bills.send(&BillMessage::Page(page.clone()), RETRY_SECONDS).await
            }
        }
    }

    /// Sends the payers of a page, and then what is behind it; how many.
    async fn walk(&self, invocation: &Invocation, page: &Page) -> Result<usize, Unwalked> {
        // Behind every account of that month.
        let until = format!("{}#~", page.until);
        let shard = keys::bill_shard(page.shard);
        let (found, next) = self.store.due(invocation, &shard, &page.from, &until, None).await?;
        let payers = found.iter().filter_map(|key| payer(key, invocation.now));
        let messages: Vec<BillMessage> = payers.map(BillMessage::Payer).collect();
        self.bills.send_all(&messages).await?;
        if next.is_some()
            && let Some(from) = found.last().and_then(behind)
        {
            let next = Page { from, ..page.clone() };
            self.bills.send(&BillMessage::Page(next), 0).await?;
        }
        Ok(messages.len())
    }
}

/// How much later a page is looked at that could not be read, in seconds.
const RETRY_SECONDS: u64 = 60;

#[derive(Debug, thiserror::Error)]
enum Unwalked {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// The payer that an item of the index stands for.
fn payer(key: &Key, now: Timestamp) -> Option<Payer> {
    let (account, month) = (keys::account_of(&key.pk)?, keys::month_of(&key.sk)?);
    Some(Payer::new(account, month.to_string(), now))
}

/// The first index sort key behind an item's: `!` comes before every character of an id.
fn behind(key: &Key) -> Option<String> {
    let (account, month) = (keys::account_of(&key.pk)?, keys::month_of(&key.sk)?);
    let (_, sort) = keys::bill_due(&account, month);
    Some(format!("{sort}!"))
}

/// The last month whose usage is not taken any more.
fn last_closable(now: Timestamp, late_seconds: i64) -> Month {
    let mut month = Month::of(now);
    while taken_until(month, late_seconds) > now && month.start() > Timestamp::MIN {
        month = Month::of(month.start().plus_seconds(-1));
    }
    month
}
