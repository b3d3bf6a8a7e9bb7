//! A batch of usage events, sorted by account: wrong as a whole it is refused at the edge; a wrong
//! event is rejected by itself.

use std::collections::{BTreeMap, BTreeSet};

use billing::ids::{AccountId, BatchId};
use billing::metering::{Event, Rejection};
use billing::month::{Day, Month};
use store::Part;

/// One event as it was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Id of the event within its batch, if it has one.
    pub id: Option<String>,
    /// The event, or the reason why it cannot be read.
    pub event: Result<Event, Rejection>,
}

/// Events of one account, each with its place in the batch.
pub(crate) type OfAccount = (AccountId, Vec<(usize, Event)>);

/// A batch, checked as far as its own content goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub(crate) id: BatchId,
    /// Fingerprint of the body.
    pub(crate) body: String,
    /// Number of events.
    pub(crate) len: usize,
    /// Events by account, in the order in which accounts first appear.
    pub(crate) accounts: Vec<OfAccount>,
    /// Rejections that follow from the batch alone, by the event's place.
    pub(crate) rejected: BTreeMap<usize, Rejection>,
}

impl Batch {
    /// A batch of events in their order. The same id with another fingerprint of the body is
    /// refused.
    pub fn new(id: BatchId, body: String, events: Vec<Reported>) -> Self {
        let (len, accounts, rejected) = (events.len(), Vec::new(), BTreeMap::new());
        let mut batch = Self { id, body, len, accounts, rejected };
        batch.sort(events);
        batch
    }

    /// Id of the batch.
    pub fn id(&self) -> &BatchId {
        &self.id
    }

    /// Parts that counting begins with: to be loaded with the caller's key.
    pub fn parts(&self) -> Vec<Part> {
        vec![Part::UsageBatch(self.id.clone(), 0)]
    }

    fn sort(&mut self, events: Vec<Reported>) {
        let mut ids = BTreeSet::new();
        let mut places: BTreeMap<AccountId, usize> = BTreeMap::new();
        for (place, Reported { id, event }) in events.into_iter().enumerate() {
            // An event that cannot be read leaves its id to a later one.
            let event = event.and_then(|event| {
                let is_new = id.is_none_or(|id| ids.insert(id));
                if is_new { Ok(event) } else { Err(Rejection::DuplicateId) }
            });
            let event = match event {
                Ok(event) => event,
                Err(rejection) => {
                    self.rejected.insert(place, rejection);
                    continue;
                }
            };
            let account = *places.entry(event.account.clone()).or_insert(self.accounts.len());
            match self.accounts.get_mut(account) {
                Some((_, events)) => events.push((place, event)),
                None => self.accounts.push((event.account.clone(), vec![(place, event)])),
            }
        }
    }

    /// An event by its place, unless the batch alone rejects it.
    pub(crate) fn event(&self, place: usize) -> Option<&Event> {
        let mut events = self.accounts.iter().flat_map(|(_, events)| events);
        events.find(|(it, _)| *it == place).map(|(_, event)| event)
    }
}

/// Most counters that events of one account change. `holds` is true for a resource that may change
/// one more: its latest level.
pub(crate) fn counters(events: &[(usize, Event)], holds: impl Fn(&str) -> bool) -> usize {
    let days: BTreeSet<Day> = events.iter().map(|(_, event)| Day::of(event.at)).collect();
    let months: BTreeSet<Month> = days.iter().map(|day| day.month()).collect();
    let latest = usize::from(events.iter().any(|(_, event)| holds(&event.resource)));
    days.len().saturating_add(months.len()).saturating_add(latest)
}
