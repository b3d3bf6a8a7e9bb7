//! What can go wrong at a call, by chance or by script.

use runtime::Entropy;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The answer is that the service throttles; the call takes no effect.
    Throttle,
    /// The answer is that another transaction holds an item; the call takes no effect. Calls that can
    /// not conflict pass.
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

/// A probability in millionths: no float decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Probability(u32);

impl Probability {
    /// A million: always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// So many in a hundred.
    pub const fn percent(percent: u32) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        Self(percent.saturating_mul(10_000))
    }

    /// Reads `0`, `0.05` or `1`; none outside of 0 to 1.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let millionths = digits.parse::<u32>().ok()?;
        let total = whole.checked_mul(1_000_000)?.checked_add(millionths)?;
        (total <= 1_000_000).then_some(Self(total))
    }

    fn happens(self, entropy: &Entropy) -> bool {
        // Nothing is drawn for what can not happen: turning a fault off keeps the rest of a run.
        self.0 > 0 && entropy.below(1_000_000) < u64::from(self.0)
    }
}

/// How probable each fault is at each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
        for (probability, fault) in faults {
            if probability.happens(entropy) {
                return Some(fault);
            }
        }
        self.crash
            .happens(entropy)
            .then(|| if entropy.below(2) == 0 { Fault::KillBefore } else { Fault::KillAfter })
    }
}
