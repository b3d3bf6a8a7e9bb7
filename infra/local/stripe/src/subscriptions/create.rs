//! New subscriptions, and their first invoice.
//!
//! The first invoice is final and paid at once when it is collected automatically, and an hour
//! later when it is sent or a schedule starts the subscription
//! (docs.stripe.com/billing/invoices/subscription).

mod first;
mod read;

pub use first::{no_payment_method, plan as planned, requires_action};
pub use read::TRIAL_SECONDS_MAX;

use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::subscriptions::Subscription;

/// Makes a subscription of parameters as `POST /v1/subscriptions` takes them: Checkout and
/// schedules come here too. Answers with its id.
pub fn create(stripe: &mut Stripe, params: &Params) -> Result<String, ApiError> {
    make(stripe, params, None)
}

/// Makes the subscription of a schedule: its first invoice is like a renewal's.
pub(crate) fn create_by_schedule(
    stripe: &mut Stripe,
    params: &Params,
    schedule: &str,
) -> Result<String, ApiError> {
    make(stripe, params, Some(schedule))
}

fn make(stripe: &mut Stripe, params: &Params, schedule: Option<&str>) -> Result<String, ApiError> {
    let (mut subscription, first) = read::read(stripe, params)?;
    subscription.schedule = schedule.map(str::to_owned);
    first::begin(stripe, subscription, &first)
}

/// The subscription that parameters describe, which is not kept, and whether time before its anchor
/// is billed.
pub fn described(stripe: &mut Stripe, params: &Params) -> Result<(Subscription, bool), ApiError> {
    let (subscription, first) = read::read(stripe, params)?;
    Ok((subscription, first.prorates))
}
