//! Reading events (docs.stripe.com/api/events): for 30 days, after which they are forgotten.

#[cfg(test)]
mod tests;

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::Value;

use crate::call::Call;
use crate::deliveries::State;
use crate::error::ApiError;
use crate::events::Event;
use crate::list;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[Route::get("/v1/events", page), Route::get("/v1/events/{id}", read)];

/// Seconds for which an event can be read, by the simulator's own clock: 30 days.
pub const KEPT_SECONDS: i64 = DAY_SECONDS * 30;
/// Most types that a list can be asked for.
const TYPES_MAX: usize = 20;

/// Forgets the events that cannot be read any more and are on their way to nobody.
pub fn forget_old(stripe: &mut Stripe) {
    let since = kept_since(stripe);
    let on_its_way = |event: &Event| {
        let mut deliveries = stripe.deliveries.of(&event.id);
        deliveries.any(|it| matches!(it.state, State::Waiting(_) | State::UnderWay))
    };
    stripe.events.forget_while(|event| event.told < since && !on_its_way(event));
}

fn kept_since(stripe: &Stripe) -> Timestamp {
    stripe.now().plus_seconds(KEPT_SECONDS.saturating_neg())
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let since = kept_since(stripe);
    let event = stripe.events.named(call.id())?;
    if event.told < since {
        Err(ApiError::not_found(Event::KIND, call.id()))
    } else {
        Ok(event.json(stripe))
    }
}

fn page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let types = params.texts("types");
    if params.has("type") && params.has("types") {
        let message = "You may only specify one of these parameters: type, types.";
        return Err(ApiError::invalid(message).param("types"));
    }
    if types.len() > TYPES_MAX {
        let message = format!("You can specify up to {TYPES_MAX} types.");
        return Err(ApiError::invalid(message).param("types"));
    }
    let since = kept_since(stripe);
    let delivered = |event: &Event| stripe.deliveries.pending(&event.id) == 0;
    let events = stripe.events.iter().filter(|event| {
        event.told >= since
            && (types.is_empty() || types.iter().any(|kind| *kind == event.kind))
            && params.text("type").is_none_or(|wanted| is_like(&event.kind, wanted))
            && params.flag("delivery_success").is_none_or(|wanted| wanted == delivered(event))
    });
    list::page(stripe, call, "/v1/events", events)
}

/// True if an event's type is like this one, in which `*` stands for anything.
fn is_like(kind: &str, wanted: &str) -> bool {
    let Some((first, rest)) = wanted.split_once('*') else { return kind == wanted };
    let Some(mut left) = kind.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}
