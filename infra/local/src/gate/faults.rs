//! What can go wrong at a call, by chance or by script.

use runtime::Entropy;
use serde::{Deserialize, Serialize};
pub use stripe_simulator::faults::Probability;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The answer is that the service throttles; the call takes no effect.
    Throttle,
    /// The answer is that another transaction holds an item; the call takes no effect. Calls that
    /// cannot conflict pass.
    Conflict,
    /// No answer comes, and the call takes no effect.
    TimeoutBefore,
    /// The call takes effect, and no answer comes.
    TimeoutAfter,
    /// The invocation ends before the call takes effect.
    KillBefore,
    /// The invocation ends after the call took effect.
    KillAfter,
}

/// The fault that one certain call meets, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The function's logical name.
    pub function: String,
    /// Which call of its invocation, counted from 1.
    pub call: u32,
    /// What happens at it.
    pub fault: Fault,
}

impl Script {
    /// The fault at the n-th call of the function's next invocation that gets so far.
    pub fn at(function: &str, call: u32, fault: Fault) -> Self {
        Self { function: function.to_owned(), call, fault }
    }
}

/// How probable each fault is at each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Faults {
    /// Throttled.
    pub throttle: Probability,
    /// A conflict.
    pub conflict: Probability,
    /// A time-out without effect.
    pub timeout_before: Probability,
    /// A time-out with effect.
    pub timeout_after_commit: Probability,
    /// A crash, before or after the effect alike.
    pub crash: Probability,
}

impl Faults {
    /// At most one fault, the first that happens.
    pub fn draw(&self, entropy: &Entropy) -> Option<Fault> {
        let faults = [
            (self.throttle, Fault::Throttle),
            (self.conflict, Fault::Conflict),
            (self.timeout_before, Fault::TimeoutBefore),
            (self.timeout_after_commit, Fault::TimeoutAfter),
        ];
        let draw = |limit| entropy.below(limit);
        for (probability, fault) in faults {
            if probability.happens(draw) {
                return Some(fault);
            }
        }
        self.crash
            .happens(draw)
            .then(|| if entropy.below(2) == 0 { Fault::KillBefore } else { Fault::KillAfter })
    }
}
