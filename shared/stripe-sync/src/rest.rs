//! The rest of a period whose renewal was voided while the account was disabled, invoiced
//! ([`billing::rest`]).

use billing::account::Standing;
use billing::bill::{Bill, rest_not_invoiced};
use billing::decide::{Change, Write, note};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::telemetry::alarm;
use store::Part;
use stripe_client::subscription::tax_rate_ids;
use tracing::error;

use crate::bill::Billed;
use crate::{Sync, SyncError};

/// Reason where the account's customer was deleted.
const NO_CUSTOMER: &str = "the account has no customer at Stripe any more";

/// Reason where the subscription's prices are not a plan's fee with seats.
const NO_PRICE: &str = "the subscription's prices are not of a kind that the catalog sells";

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
        let standing = loaded.standing()?;
        let is_named = standing.and_then(|standing| standing.rest_to_invoice()) == Some(renewal);
        let bill = loaded.rest_bill(renewal)?;
        let customer = loaded.profile()?.and_then(|profile| profile.customer);

        let refused = match (bill, customer) {
            (Some(bill), _) if !bill.is_open() => None,
            (Some(bill), Some(customer)) => {
                let of = (account, &customer);
                let rates = async || self.subscription_rates(invocation, loaded.standing()?).await;
                match Box::pin(self.invoice_bill(invocation, of, bill, rates)).await? {
                    Billed::Invoiced => None,
                    Billed::Refused(bill, refusal) => Some((Some(*bill), refusal.to_string())),
                }
            }
            (Some(bill), None) => Some((Some(bill), NO_CUSTOMER.to_owned())),
            (None, _) => is_named.then(|| (None, NO_PRICE.to_owned())),
        };
        if let Some((_, reason)) = &refused {
            error!(alarm = alarm::NOT_INVOICED, account.id = %account, reason,
                "the rest of a period of account {account} is not invoiced: {reason}");
        }

        let conclude = |standing: &Standing| {
            let is_named = standing.rest_to_invoice() == Some(renewal);
            let concluded = is_named.then(|| standing.rest_concluded())?;
            match &refused {
                Some((bill, reason)) => {
                    Some(given_up(&concluded, bill.as_ref(), reason, invocation.now))
                }
                None => {
                    Some(Change { standing: concluded, writes: Vec::new(), entries: Vec::new() })
                }
            }
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
}

/// The bill, where there is one, and the journal keep the reason, and the standing names the rest
/// no more: another try would be refused as well.
fn given_up(concluded: &Standing, bill: Option<&Bill>, reason: &str, now: Timestamp) -> Change {
    let total = bill.map(|bill| bill.total);
    let change = note(concluded, rest_not_invoiced(total, reason, now), now);
    match bill {
        Some(bill) => change.with(Write::Bill(bill.refused(reason))),
        None => change,
    }
}
