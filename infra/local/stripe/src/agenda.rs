//! What falls due, and when: one agenda for the simulator's own clock and one for each test clock.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that Stripe does by itself when its time has come. A task looks at the object again:
/// what has been settled, changed or deleted in the meantime makes it do nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Task {
    /// A draft becomes final.
    FinalizeInvoice(String),
    /// An open invoice is charged, for the first time or again.
    CollectInvoice(String),
    /// An open invoice's due date has passed: told when an automation is set up for it.
    InvoiceDue(String),
    /// A subscription's period or trial ends, or it is cancelled at this time.
    SubscriptionPeriod(String),
    /// A trial ends in three days.
    TrialWillEnd(String),
    /// A first payment did not come within 23 hours.
    SubscriptionExpires(String),
    /// The payment of a pending update did not come within 23 hours.
    PendingUpdateExpires(String),
    /// A schedule's phase begins or ends.
    SchedulePhase(String),
    /// A delayed payment method succeeds or fails.
    PaymentSettles(String),
    /// A refund succeeds or fails.
    RefundSettles(String),
    /// A dispute moves on by itself.
    DisputeMoves(String),
    /// A Checkout session expires.
    CheckoutExpires(String),
    /// A tax id has been looked up.
    TaxIdVerified(String),
    /// A test clock has arrived where it was told to go.
    TestClockArrives(String),
}

/// Tasks by their time; tasks of one time in the order in which they were put down.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Agenda {
    #[serde(with = "crate::kept::pairs")]
    tasks: BTreeMap<(Timestamp, u64), Task>,
    put: u64,
}

impl Agenda {
    /// Puts a task down.
    pub fn put(&mut self, at: Timestamp, task: Task) {
        self.put = self.put.saturating_add(1);
        self.tasks.insert((at, self.put), task);
    }

    /// Time at which the next task falls due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.tasks.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next task that is due by then.
    pub fn take_due(&mut self, by: Timestamp) -> Option<(Timestamp, Task)> {
        let (&(at, put), _) = self.tasks.first_key_value()?;
        if at > by {
            return None;
        }
        let task = self.tasks.remove(&(at, put))?;
        Some((at, task))
    }
}
