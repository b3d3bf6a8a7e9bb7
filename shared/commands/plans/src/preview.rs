//! The cost of a change, told and kept before it is made (D6).

use billing::account::Standing;
use billing::ids::AccountId;
use billing::plan_change::Target;
use billing::preview::{PREVIEW_SECONDS, Preview};
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::Problem;
use store::{Loaded, Part};
use stripe_sync::Interrupted;

use crate::quote::{Quote, Quoting};
use crate::work::Work;
use crate::{Account, Plans};

/// Random bytes in a preview's id.
const ID_BYTES: usize = 12;

/// A preview that was kept, to be shown.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The preview.
    pub preview: Preview,
    /// Cost of the change.
    pub quote: Quote,
    /// Time at which the change takes effect.
    pub effective_at: Timestamp,
}

/// Parts that a preview needs.
pub fn preview_parts() -> Vec<Part> {
    vec![Part::Standing, Part::Profile]
}

impl Plans {
    /// Previews a change, and keeps the preview for a quarter of an hour.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub async fn preview(
        &self,
        invocation: &Invocation,
        account: Account,
        target: &Target,
    ) -> Result<Previewed, Interrupted> {
        let Account { id, loaded } = account;
        let mut loaded = Some(loaded);
        let tried = invocation.retry_conflicts(|| {
            Box::pin(self.preview_once(invocation, &id, loaded.take(), target))
        });
        tried.await
    }

    async fn preview_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        target: &Target,
    ) -> Result<Previewed, Interrupted> {
        let work = self.work(invocation, account, loaded, &preview_parts()).await?;

        let found = work.find().await?;
        let decision = work.decided(&found, target)?;
        let quoting = Quoting { decision, at: invocation.now };
        let quote = work.quote(&found, target, quoting).await?;

        work.keep_preview(found.standing(), target, quote).await
    }
}

impl Work<'_> {
    /// Keeps what a customer is shown.
    pub(crate) async fn keep_preview(
        &self,
        standing: &Standing,
        target: &Target,
        quote: Quote,
    ) -> Result<Previewed, Interrupted> {
        let now = self.invocation.now;
        let id = self.invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
        let preview = Preview {
            id: format!("pv_{id}"),
            target: target.clone(),
            at: quote.at,
            due: quote.due,
            is_now: quote.changes_now(),
            expires_at: now.plus_seconds(PREVIEW_SECONDS),
        };
        self.own.store.keep_preview(self.invocation, self.account, &preview).await?;

        let ends = standing.live_subscription().map_or(now, |live| live.period_end);
        let effective_at = if quote.is_now() { now } else { ends };
        Ok(Previewed { preview, quote, effective_at })
    }
}
