//! Queues that dead letters come from, by their URLs.

use billing::dead_letter::SourceQueue;
use runtime::environment::{
    ALERT_QUEUE_URL, COLLECTIONS_QUEUE_URL, DELIVERY_QUEUE_URL, EVENT_QUEUE_URL, Environment,
    EnvironmentError, INVOICE_QUEUE_URL, NOTIFY_QUEUE_URL, PRICE_CHANGE_QUEUE_URL,
    RECHARGE_QUEUE_URL, RECONCILE_QUEUE_URL, RETRY_QUEUE_URL,
};

/// Variable with the URL of each queue.
const VARIABLES: [(SourceQueue, &str); 10] = [
    (SourceQueue::Retry, RETRY_QUEUE_URL),
    (SourceQueue::Collections, COLLECTIONS_QUEUE_URL),
    (SourceQueue::Recharge, RECHARGE_QUEUE_URL),
    (SourceQueue::Invoice, INVOICE_QUEUE_URL),
    (SourceQueue::PriceChange, PRICE_CHANGE_QUEUE_URL),
    (SourceQueue::Alert, ALERT_QUEUE_URL),
    (SourceQueue::Reconcile, RECONCILE_QUEUE_URL),
    (SourceQueue::Notify, NOTIFY_QUEUE_URL),
    (SourceQueue::Event, EVENT_QUEUE_URL),
    (SourceQueue::Delivery, DELIVERY_QUEUE_URL),
];

/// Queues of a deployment.
#[derive(Debug, Clone)]
pub struct Sources(Vec<(SourceQueue, String)>);

impl Sources {
    /// Queues of that configuration.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn new(environment: &Environment) -> Result<Self, EnvironmentError> {
        let url = |(queue, name): (SourceQueue, &'static str)| {
            environment.get(name).map(|url| (queue, url.to_owned()))
        };
        VARIABLES.into_iter().map(url).collect::<Result<_, _>>().map(Self)
    }

    /// The queue of a URL or an ARN: both end in its name.
    pub fn named(&self, address: &str) -> Option<SourceQueue> {
        let wanted = name(address);
        let found = self.0.iter().find(|(_, url)| name(url) == wanted);
        found.map(|(queue, _)| *queue)
    }

    /// The URL of a queue.
    pub fn url(&self, queue: SourceQueue) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == queue).map(|(_, url)| url.as_str())
    }
}

/// Name of a queue, of its URL or its ARN.
fn name(address: &str) -> &str {
    address.rsplit(['/', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use billing::words::Word;

    use super::*;

    /// Goal: each queue is found by its URL and by its ARN, and no other is.
    #[test]
    fn a_queue_is_found_by_its_url_and_its_arn() {
        let urls = VARIABLES.map(|(queue, name)| {
            (
                name.to_owned(),
                format!("https://sqs.eu-central-1.amazonaws.com/1/s-{}", queue.word()),
            )
        });
        let sources = Sources::new(&urls.into_iter().collect()).unwrap();
        assert_eq!(VARIABLES.len(), SourceQueue::WORDS.len());
        for (queue, word) in SourceQueue::WORDS {
            let url = sources.url(*queue).unwrap();
            assert_eq!(sources.named(url), Some(*queue));
            let arn = format!("arn:aws:sqs:eu-central-1:1:s-{word}");
            assert_eq!(sources.named(&arn), Some(*queue));
        }
        assert_eq!(sources.named("arn:aws:sqs:eu-central-1:1:other"), None);
        assert_eq!(sources.named(""), None);
    }
}
