//! Faults of Stripe's side, seeded: what goes wrong with requests, and with deliveries of events.
//! By chance, or by script for a certain request.

mod probability;
#[cfg(test)]
mod tests;

use billing::time::DAY_SECONDS;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorKind};
use crate::ids::Ids;

pub use probability::Probability;

/// Most deliveries that a reordered one is put behind, among those that are due at the same time.
const PLACES_BEHIND_MAX: u64 = 16;
/// Longest delay of a delivery, in seconds: three days.
const LATE_SECONDS_MAX: i64 = DAY_SECONDS * 3;
/// Longest time after which a duplicate follows, in seconds: ten minutes.
const COPY_SECONDS_MAX: i64 = 600;

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused before anything happens.
    Refused(ApiError),
    /// It takes no effect, and nothing is answered.
    Unheard,
    /// It takes effect, and its answer is lost.
    Lost,
}

impl Trouble {
    /// 500, before anything happened.
    pub fn api_error() -> Self {
        let message =
            "Sorry! There was an error while talking to Stripe. (A fault of the simulator.)";
        Self::Refused(ApiError { status: 500, kind: ErrorKind::Api, ..ApiError::invalid(message) })
    }

    /// 429: too many requests.
    pub fn rate_limit() -> Self {
        Self::Refused(ApiError::rate_limit())
    }
}

/// How probable each fault is: of requests, and of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chances {
    /// A request is answered with 500 and takes no effect.
    pub api_error: Probability,
    /// A request takes no effect, and nothing is answered.
    pub api_timeout: Probability,
    /// A request is answered with 429 and takes no effect.
    pub api_rate_limit: Probability,
    /// A request takes effect, and its answer is lost.
    pub api_lost_response: Probability,
    /// An event is delivered once more, within ten minutes.
    pub duplicate: Probability,
    /// An event is delivered after others that are due at the same time.
    pub reorder: Probability,
    /// A try to deliver is lost on the way: Stripe sees a failure, and tries again later.
    pub drop: Probability,
    /// An event is first sent one to three days late.
    pub delay: Probability,
}

/// What happens to one certain request, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its method; any when absent.
    pub method: Option<Method>,
    /// What its path begins with, such as `/v1/customers`.
    pub path: String,
    /// Which of the requests that fit from now on, counted from 1.
    pub nth: u32,
    /// What goes wrong.
    pub trouble: Trouble,
}

/// What goes wrong with the delivery of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detour {
    /// So many seconds late.
    pub late_seconds: i64,
    /// Behind so many others that are due at the same time.
    pub places_behind: u64,
    /// Once more after so many seconds.
    pub copy_after_seconds: Option<i64>,
}

/// Faults, and the stream that they are drawn from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Faults {
    draw: Ids,
    chances: Chances,
    /// Of tests only.
    #[serde(skip)]
    scripts: Vec<Script>,
}

impl Faults {
    /// None, until they are set.
    pub fn new(seed: u64) -> Self {
        Self { draw: stream(seed), chances: Chances::default(), scripts: Vec::new() }
    }

    /// How probable each is.
    pub fn chances(&self) -> Chances {
        self.chances
    }

    /// Sets how probable each is. The stream of chance goes on.
    pub fn set(&mut self, chances: Chances) {
        self.chances = chances;
    }

    /// Begins another stream of chance.
    pub fn reseed(&mut self, seed: u64) {
        self.draw = stream(seed);
    }

    /// Lets something happen to one certain request.
    pub fn script(&mut self, script: Script) {
        self.scripts.push(script);
    }

    /// Scripts that did not happen yet.
    pub fn scripts_left(&self) -> usize {
        self.scripts.len()
    }

    /// What goes wrong with the next request: by script first, and by chance else.
    pub fn for_request(&mut self, method: &Method, path: &str) -> Option<Trouble> {
        if let Some(trouble) = self.scripted(method, path) {
            return Some(trouble);
        }
        let Chances { api_error, api_timeout, api_rate_limit, api_lost_response, .. } =
            self.chances;
        if self.happens(api_error) {
            Some(Trouble::api_error())
        } else if self.happens(api_timeout) {
            Some(Trouble::Unheard)
        } else if self.happens(api_rate_limit) {
            Some(Trouble::rate_limit())
        } else if self.happens(api_lost_response) {
            Some(Trouble::Lost)
        } else {
            None
        }
    }

    fn scripted(&mut self, method: &Method, path: &str) -> Option<Trouble> {
        let mut due = None;
        for (place, script) in self.scripts.iter_mut().enumerate() {
            let fits = script.method.as_ref().is_none_or(|wanted| wanted == method)
                && path.starts_with(&script.path);
            if fits {
                script.nth = script.nth.saturating_sub(1);
                if script.nth == 0 && due.is_none() {
                    due = Some(place);
                }
            }
        }
        due.map(|place| self.scripts.remove(place).trouble)
    }

    /// What goes wrong with the delivery of a new event to one endpoint.
    pub fn for_delivery(&mut self) -> Detour {
        let Chances { duplicate, reorder, delay, .. } = self.chances;
        let mut detour = Detour::default();
        if self.happens(delay) {
            let more = self.seconds_below(LATE_SECONDS_MAX.saturating_sub(DAY_SECONDS));
            detour.late_seconds = DAY_SECONDS.saturating_add(more);
        }
        if self.happens(reorder) {
            detour.places_behind = self.draw.below(PLACES_BEHIND_MAX).saturating_add(1);
        }
        if self.happens(duplicate) {
            detour.copy_after_seconds = Some(self.seconds_below(COPY_SECONDS_MAX));
        }
        detour
    }

    /// True if the next try to deliver is lost.
    pub fn drops(&mut self) -> bool {
        self.happens(self.chances.drop)
    }

    fn happens(&mut self, probability: Probability) -> bool {
        probability.happens(|limit| self.draw.below(limit))
    }

    fn seconds_below(&mut self, limit: i64) -> i64 {
        let limit = u64::try_from(limit).unwrap_or(0);
        i64::try_from(self.draw.below(limit)).unwrap_or(0)
    }
}

/// Apart from the stream of ids: turning a fault on changes no id.
fn stream(seed: u64) -> Ids {
    Ids::new(seed ^ 0x5eed)
}
