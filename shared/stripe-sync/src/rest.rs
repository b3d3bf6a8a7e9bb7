//! The rest of a period whose renewal was voided while the account was disabled, invoiced
//! ([`billing::rest`]).

use billing::account::Standing;
use billing::bill::Bill;
use billing::decide::{Change, note};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::telemetry::alarm;
use store::Part;
use stripe_client::subscription::tax_rate_ids;
use stripe_requests::Refusal;
use tracing::error;

use crate::bill::Billed;
use crate::{Sync, SyncError};

impl Sync<'_> {
    /// Makes the invoice of a bill that the standing names, unless that was done; then the standing
    /// names it no more.
    pub(crate) async fn invoice_rest(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        renewal: Timestamp,
    ) -> Result<(), SyncError> {
        let parts = [Part::Standing, Part::Profile, Part::RestBill(renewal)];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let bill = loaded.rest_bill(renewal)?.filter(Bill::is_open);
        let customer = loaded.profile()?.and_then(|profile| profile.customer);

        if let (Some(bill), Some(customer)) = (bill, customer) {
            let of = (account, &customer);
            let rates = async || self.subscription_rates(invocation, loaded.standing()?).await;
            match Box::pin(self.invoice_bill(invocation, of, bill, rates)).await? {
                Billed::Invoiced => {}
                Billed::Refused(bill, refusal) => {
                    self.refuse_rest(invocation, account, &bill, &refusal).await?;
                }
            }
        }

        let named = |standing: &Standing| standing.rest_to_invoice() == Some(renewal);
        let conclude = |standing: &Standing| {
            let standing = named(standing).then(|| standing.rest_concluded())?;
            Some(Change { standing, writes: Vec::new(), entries: Vec::new() })
        };
        self.follow(invocation, account, conclude).await?;
        Ok(())
    }

    /// Tax rates of the subscription as Stripe has it: the rest is taxed as the renewal was.
    async fn subscription_rates(
        &self,
        invocation: &Invocation,
        standing: Option<Standing>,
    ) -> Result<Vec<String>, SyncError> {
        let standing = standing.as_ref();
        let Some(live) = standing.and_then(Standing::live_subscription) else {
            return Ok(Vec::new());
        };
        if live.tax_rates.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.stripe.subscription(invocation, &live.id).await?;
        let read = read.ok_or_else(|| SyncError::Missing(live.id.to_string()))?;
        Ok(tax_rate_ids(&read.body)?)
    }

    /// The bill and the journal keep the reason. Another try would be refused as well.
    async fn refuse_rest(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        bill: &Bill,
        refusal: &Refusal,
    ) -> Result<(), SyncError> {
        let refused = bill.refused(&refusal.to_string());
        self.store.keep_bill(invocation, account, &refused).await?;
        error!(alarm = alarm::NOT_INVOICED, account.id = %account, reason = %refusal,
            "the rest of a period of account {account} is not invoiced: {refusal}");

        let entry = refused.refusal(invocation.now);
        let tell = |standing: &Standing| Some(note(standing, entry.clone(), invocation.now));
        self.follow(invocation, account, tell).await?;
        Ok(())
    }
}
