//! Refusals about endpoints that get events.

use billing::events::{AddressFault, ENDPOINTS_MAX, EndpointRefusal, URL_CHARACTERS_MAX};

/// Reason why a command on endpoints is refused.
pub(crate) fn refused(refusal: &EndpointRefusal) -> String {
    match refusal {
        EndpointRefusal::TooMany => {
            format!("There can be {ENDPOINTS_MAX} endpoints: delete one that is not used.")
        }
        EndpointRefusal::SecretAlreadyShown(id) => format!(
            "This request made a secret of endpoint {id}, which was shown then. If it was lost, \
             rotate it with a new Idempotency-Key."
        ),
        EndpointRefusal::IdempotencyKeyReused => super::key_reused(),
        EndpointRefusal::Unknown => "There is no such endpoint.".to_owned(),
        EndpointRefusal::NoDelivery => "The endpoint has no such delivery.".to_owned(),
        EndpointRefusal::Pending => {
            "The delivery is pending: it is tried again by itself, in its turn.".to_owned()
        }
    }
}

/// Reason why an address is refused.
pub(crate) fn address(fault: AddressFault) -> String {
    match fault {
        AddressFault::Scheme => "An `https` address is expected.".to_owned(),
        AddressFault::Length => {
            format!("At most {URL_CHARACTERS_MAX} characters are expected.")
        }
        AddressFault::Form => {
            "An address without a user, a fragment and blanks is expected.".to_owned()
        }
        AddressFault::Port => "Port 443 is expected.".to_owned(),
        AddressFault::Host => "A host of the public internet is expected.".to_owned(),
    }
}
