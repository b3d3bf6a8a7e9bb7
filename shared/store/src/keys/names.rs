//! Names of key attributes and of the index, sort keys, and what other sort keys begin with.

/// The table's partition key.
pub const PK: &str = "pk";
/// The table's sort key.
pub const SK: &str = "sk";
/// The index of what falls due, by when.
pub const DUE_INDEX: &str = "due";
/// Its partition key.
pub const DUE_PK: &str = "due_pk";
/// Its sort key.
pub const DUE_SK: &str = "due_sk";
/// When DynamoDB may delete an item, in Unix seconds.
pub const EXPIRES_AT: &str = "expires_at";
/// An item's version.
pub const VERSION: &str = "v";
/// An item's entity.
pub const ENTITY: &str = "entity";

/// Sort key of the standing.
pub const STANDING: &str = "STANDING";
/// Sort key of the profile.
pub const PROFILE: &str = "PROFILE";
/// Sort key of the latest levels of an account's gauges.
pub const GAUGES: &str = "GAUGES";
/// Sort key of an account's credits.
pub const CREDITS: &str = "CREDITS";
/// Sort key of the payment method on file.
pub const METHOD: &str = "METHOD";
/// Sort key of what keeps an account from cancelling.
pub const BLOCKERS: &str = "BLOCKERS";
/// Sort key of an account's watch.
pub const WATCH: &str = "WATCH";
/// Beginning of the sort keys of an account's notifications of an exceeded threshold.
pub const ALERTED: &str = "ALERTED#";
/// Sort key of a link.
pub const LINK: &str = "LINK";
/// Sort key of an API key.
pub const KEY: &str = "KEY";
/// Sort key of a request.
pub const REQUEST: &str = "REQUEST";
/// Sort key of a request's answer.
pub const ANSWER: &str = "ANSWER";
/// Sort key of an account's lease.
pub const LEASE: &str = "LEASE";
/// What the partition keys of accounts begin with.
pub const ACCOUNTS: &str = "ACCOUNT#";
/// What the sort keys of an account's invoices begin with.
pub const INVOICES: &str = "INVOICE#";
/// What the sort keys of an account's invoices by date begin with.
pub const ISSUED: &str = "ISSUED#";
/// What the sort keys of an account's subscriptions begin with.
pub const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";
/// What the sort keys of an account's journal begin with.
pub const JOURNAL: &str = "JOURNAL#";
/// Beginning of the sort keys of an account's mails.
pub const MAILS: &str = "MAIL#";
/// Sort key of the place up to which an account's journal is published.
pub const PUBLISHED: &str = "PUBLISHED";
/// Beginning of the sort keys of an account's events.
pub const EVENTS: &str = "EVENT#";
/// Beginning of the partition keys of the feed's shards.
pub const FEED: &str = "FEED#";
/// Sort key of the end of a shard.
pub const FEED_END: &str = "END";
/// Beginning of the sort keys of the feed's entries.
pub const FEED_ENTRIES: &str = "ENTRY#";
/// The partition of endpoints.
pub const ENDPOINTS: &str = "ENDPOINTS";
/// Sort key of the list of endpoints as a whole: before those of the endpoints.
pub const ENDPOINT_LIST: &str = "COUNT";
/// Beginning of the sort keys of endpoints, and of the partition keys of their deliveries.
pub const ENDPOINT: &str = "ENDPOINT#";
/// Beginning of the sort keys of endpoints' health.
pub const ENDPOINT_HEALTH: &str = "HEALTH#";
/// Beginning of the partition keys of endpoints' secrets.
pub const ENDPOINT_SECRET: &str = "ENDPOINTSECRET#";
/// Sort key of an endpoint's secrets.
pub const SECRET: &str = "SECRET";
/// Beginning of the sort keys of an account's places at endpoints.
pub const DELIVERED: &str = "DELIVERED#";
/// Beginning of the sort keys of an endpoint's deliveries.
pub const DELIVERIES: &str = "DELIVERY#";
/// What the sort keys of an account's keys begin with.
pub const ACCOUNT_KEYS: &str = "KEY#";
/// What the sort keys of an account's members begin with.
pub const MEMBERS: &str = "MEMBER#";
/// What the sort keys of an account's sessions of the dashboard begin with.
pub const SESSIONS: &str = "SESSION#";
/// What the sort keys of an account's metering months begin with.
pub const USAGE: &str = "USAGE#";
/// What the sort keys of the entries of an account's ledger begin with.
pub const CREDIT_ENTRIES: &str = "CREDIT#";
/// What the sort keys of an account's reservations begin with.
pub const RESERVATIONS: &str = "RESERVATION#";
/// What the sort keys of an account's purchases begin with.
pub const PURCHASES: &str = "PURCHASE#";
/// What the sort keys of an account's open reservations begin with.
pub const HOLDS: &str = "HOLD#";
/// What the sort keys of an account's bills begin with.
pub const BILLS: &str = "BILL#";
/// What the sort keys of an account's price notices begin with.
pub const PRICE_NOTICES: &str = "PRICENOTICE#";
/// The partition of what is proven, and of what was found missing.
pub const PROOF: &str = "PROOF";
/// What the sort keys of what was found missing begin with.
pub const DIFFERENCES: &str = "FOUND#";
/// The partition of announced price changes.
pub const PRICES: &str = "PRICES";
/// What the sort keys of price changes begin with.
pub const PRICE_CHANGES: &str = "CHANGE#";
/// What the sort keys of an account's advices and receipts begin with.
pub const TRANSFERS: &str = "TRANSFER#";
/// What the sort keys of an account's advices begin with.
pub const ADVICES: &str = "TRANSFER#ADVICE#";
/// Sort key of a sub-account's payers.
pub const PAYERS: &str = "PAYERS";
/// Beginning of the sort keys of what a parent's sub-accounts used.
pub const SHARES: &str = "SHARE#";
/// What the sort keys of a parent's sub-accounts begin with.
pub const SUB_ACCOUNTS: &str = "CHILD#";
/// Words by which staff find an account, and the index partitions of exact ones.
pub const WORDS: &str = "FIND#";
