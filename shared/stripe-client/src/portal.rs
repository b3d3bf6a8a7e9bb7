//! The billing portal at Stripe: our two configurations, and visits.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::ids::CustomerId;
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request::portal::{
    Flow, PORTAL_METADATA, Portal, configurations, create_configuration, create_session,
};

use crate::{Stripe, StripeError, other_object, text};

#[derive(Deserialize)]
struct Configuration {
    id: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Session {
    url: String,
}

impl Stripe {
    /// The id of one of our configurations: found by its mark, or made. Two made at once are alike,
    /// and the oldest is found from then on.
    pub async fn portal_configuration(
        &self,
        invocation: &Invocation,
        portal: Portal,
    ) -> Result<String, StripeError> {
        let found = self.list(invocation, Bound::OF_AN_ACCOUNT, configurations).await?;
        for object in found.objects.iter().rev() {
            let configuration = read::<Configuration>(object.get())?;
            let mark = configuration.metadata.get(PORTAL_METADATA);
            if mark.is_some_and(|mark| mark == portal.mark()) {
                return Ok(configuration.id);
            }
        }
        let made = self.call(invocation, &create_configuration(portal)).await?;
        Ok(read::<Configuration>(text(&made.body)?)?.id)
    }

    /// The address of a visit to the portal. Whoever has it is the customer, for some minutes: it
    /// is neither kept nor logged.
    pub async fn portal_session(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        configuration: &str,
        return_url: &str,
        flow: Flow<'_>,
    ) -> Result<String, StripeError> {
        let request = create_session(customer, configuration, return_url, flow);
        let answer = self.call(invocation, &request).await?;
        Ok(read::<Session>(text(&answer.body)?)?.url)
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, StripeError> {
    serde_json::from_str(text).map_err(|_| other_object("an object of the billing portal"))
}
