//! The table on one screen: every entity, its keys, and how it is found.
//!
//! | entity       | pk                   | sk                        | found by |
//! |--------------|----------------------|---------------------------|----------|
//! | profile      | `ACCOUNT#<id>`       | `PROFILE`                 | its key; all accounts, newest first, by the index `due` |
//! | standing     | `ACCOUNT#<id>`       | `STANDING`                | its key; a query from it to the subscriptions; what falls due by the index `due` |
//! | subscription | `ACCOUNT#<id>`       | `SUBSCRIPTION#<sub_id>`   | that same query: `STANDING` and `SUBSCRIPTION#` are neighbours |
//! | invoice      | `ACCOUNT#<id>`       | `INVOICE#<in_id>`         | its key; all of an account by prefix |
//! | issued       | `ACCOUNT#<id>`       | `ISSUED#<time>#<in_id>`   | an account's invoices by date, by range |
//! | journal      | `ACCOUNT#<id>`       | `JOURNAL#<time>#<number>` | an account's, newest first |
//! | intent       | `ACCOUNT#<id>`       | `INTENT#<sha-256>`        | its key: what is being done at Stripe, or was lately |
//! | paying       | `ACCOUNT#<id>`       | `PAYING#<in_id>`          | its key: the latest payment of an invoice that we asked for |
//! | on file      | `ACCOUNT#<id>`       | `METHOD`                  | its key: the payment method on file, as it was read at Stripe |
//! | preview      | `ACCOUNT#<id>`       | `PREVIEW#<id>`            | its key: what a customer was told that a change costs |
//! | refused      | `ACCOUNT#<id>`       | `REFUSED#<event>`         | its key: a refused fact is kept once |
//! | usage        | `ACCOUNT#<id>`       | `USAGE#<month>`           | its key: a metering month's counters; earlier ones by prefix |
//! | usage day    | `ACCOUNT#<id>`       | `DAY#<month>#<day>`       | its key; a month's by prefix |
//! | gauges       | `ACCOUNT#<id>`       | `GAUGES`                  | its key: the latest level of each gauge |
//! | correction   | `ACCOUNT#<id>`       | `CORRECTION#<month>#<id>` | its key; a month's by prefix: counted usage that staff corrected |
//! | dispute      | `ACCOUNT#<id>`       | `DISPUTE#<id>`            | its key; open ones by deadline, by the index `due` |
//! | share        | `ACCOUNT#<id>`       | `SHARE#<month>#<account>#<month>` | a parent's, by prefix: what a sub-account used in a month, billed with the parent's first one |
//! | bill         | `ACCOUNT#<id>`       | `BILL#<month>`            | its key: what is invoiced for a closed month |
//! | bill         | `ACCOUNT#<id>`       | `BILL#REST#<renewal>`     | its key: the rest of a period whose renewal was voided |
//! | bill lines   | `ACCOUNT#<id>`       | `LINES#<month>#<number>`  | its key: lines of a bill that has too many for its own item |
//! | credits      | `ACCOUNT#<id>`       | `CREDITS`                 | its key: what is available and reserved, and auto-recharge |
//! | credit       | `ACCOUNT#<id>`       | `CREDIT#<id>`             | its key: an entry of the ledger, named by a page or by the credits |
//! | ledger page  | `ACCOUNT#<id>`       | `LEDGER#<number>`         | an account's, by range: entries in the order of their commits |
//! | tokens       | `ACCOUNT#<id>`       | `TOKENS#<month>`          | its key: what deductions used in a month, by day |
//! | purchase     | `ACCOUNT#<id>`       | `PURCHASE#<id>`           | its key: a purchase of credits |
//! | reservation  | `ACCOUNT#<id>`       | `RESERVATION#<id>`        | its key |
//! | hold         | `ACCOUNT#<id>`       | `HOLD#<end>#<id>`         | an open reservation; those that are over, by range |
//! | blockers     | `ACCOUNT#<id>`       | `BLOCKERS`                | its key: what the vendor says keeps the account from cancelling |
//! | watch        | `ACCOUNT#<id>`       | `WATCH`                   | its key: the alert, and what the account was notified of; those with an alert by the index |
//! | alerted      | `ACCOUNT#<id>`       | `ALERTED#<month>`         | an account's, by prefix: the threshold that a month's upcoming invoice exceeded |
//! | mail         | `ACCOUNT#<id>`       | `MAIL#<mail id>`          | an account's, newest first; those about a record of the journal, by range |
//! | published    | `ACCOUNT#<id>`       | `PUBLISHED`               | its key: up to where the account's journal is published as events |
//! | event        | `ACCOUNT#<id>`       | `EVENT#<number>`          | an account's, by range; its key |
//! | delivered    | `ACCOUNT#<id>`       | `DELIVERED#<endpoint>`    | its key: up to where an account's events are delivered to an endpoint |
//! | price notice | `ACCOUNT#<id>`       | `PRICENOTICE#<change>`    | an account's, by prefix: which price changes it was told of |
//! | advice       | `ACCOUNT#<id>`       | `TRANSFER#ADVICE#<id>`    | an account's transfers, by prefix; undecided ones by the index `due` |
//! | receipt      | `ACCOUNT#<id>`       | `TRANSFER#RECEIPT#<id>`   | an account's transfers, by prefix |
//! | member       | `ACCOUNT#<id>`       | `MEMBER#<id>`             | an account's, by prefix |
//! | payers       | `ACCOUNT#<id>`       | `PAYERS`                  | its key: who pays for a sub-account, and since when |
//! | sub-account  | `ACCOUNT#<id>`       | `CHILD#<id>`              | a parent's, in order of their ids |
//! | key listing  | `ACCOUNT#<id>`       | `KEY#<key id>`            | an account's, by prefix |
//! | API key      | `KEY#<sha-256>`      | `KEY`                     | its key |
//! | link         | `STRIPE#<id>`        | `LINK`                    | its key: the account of a Stripe customer, or that it is foreign; the purchase of a payment |
//! | usage batch  | `BATCH#<id>`         | `CHUNK#<number>`          | its key: a part of a usage batch that was counted |
//! | price change | `PRICES`             | `CHANGE#<id>`             | all of them, by prefix |
//! | next price   | `PRICES`             | `NEXT#<lookup key>`       | its key: the change of a price that is not in force yet is the only one |
//! | feed end     | `FEED#<shard>`       | `END`                     | its key: number of the last event of a shard of the feed |
//! | feed entry   | `FEED#<shard>`       | `ENTRY#<number>`          | a shard's, by range: the events of all accounts, without a gap |
//! | endpoint list | `ENDPOINTS`         | `COUNT`                   | before the endpoints: its version rises with each that is made or deleted |
//! | endpoint     | `ENDPOINTS`          | `ENDPOINT#<id>`           | all of them, by range |
//! | endpoint health | `ENDPOINTS`       | `HEALTH#<id>`             | its key: since when an endpoint accepts nothing |
//! | endpoint secret | `ENDPOINTSECRET#<id>` | `SECRET`              | its key: what deliveries are signed with |
//! | delivery     | `ENDPOINT#<serial>`  | `DELIVERY#<time>#<account>#<number>` | an endpoint's, newest first; its key |
//! | proof        | `PROOF`              | `PROOF`                   | its key: up to when our books are proven to miss nothing |
//! | difference   | `PROOF`              | `FOUND#<time>#<id>`       | newest first: what was found missing |
//! | dead letter  | `LETTER#<id>`        | `LETTER`                  | its key; open ones and ended ones by the time of death, by the index `due` |
//! | request      | `REQUEST#<sha-256>`  | `REQUEST`                 | its key: what an Idempotency-Key was used for |
//! | answer       | `REQUEST#<sha-256>`  | `ANSWER`                  | its key: the answer that a repeated request gets |
//! | lease        | `ACCOUNT#<id>`       | `LEASE`                   | its key: who changes the account at Stripe |
//! | budget       | `ACCOUNT#<id>`       | `BUDGET#<minute>`         | its key: requests of a minute that call Stripe |
//! | key budget   | `ACCOUNT#<id>`       | `BUDGET#<minute>#<key id>` | its key: requests of a minute that came with a key |
//! | session      | `ACCOUNT#<id>`       | `SESSION#<sha-256>`       | its key: a session of the dashboard; an account's, by prefix |
//! | turn         | `ACCOUNT#<id>`       | `TURN`                    | its key: how often all sessions of the account were ended |
//! | sign-in      | `SIGNIN#<sha-256>`   | `SIGNIN`                  | its key: a link that opens a session once |
//! | staff sign-in | `STAFF#<sha-256>`   | `SIGNIN`                  | its key: a link that opens a session of the staff desk once |
//! | staff session | `STAFF#<sha-256>`   | `SESSION`                 | its key: a session of the staff desk |
//! | name word    | `ACCOUNT#<id>`       | `FIND#NAME`               | by the beginning of the account's name, by the index `due` |
//! | mail word    | `ACCOUNT#<id>`       | `FIND#MAIL`               | by the account's billing mail address, by the index `due` |
//!
//! Index `due` (sparse, keys only): `due_pk` = `DUE#<shard>`, `due_sk` = `<time>#<account>`, on the
//! standing: when the next moment of an account's invoices comes that its journal does not have, or
//! since when Stripe is to follow its books; and `BILL#<shard>`, `due_sk` = `<month>#<account>`,
//! for a metering month that is not closed or not invoiced yet: set with its first counter, on the
//! month's counters, then on its bill; `RENEWAL#<shard>`, `due_sk` = when a running subscription
//! renews; and `RECHARGE#<shard>`, `due_sk` = `<time>#<account>`, when an account's auto-recharge
//! is to be looked at; `ALERT#<shard>`, `due_sk` = `<account>`, for an account with an alert; and
//! `ADVICE`, `due_sk` = `<time>#<id>`, since when an advice waits for staff: one partition, because
//! there are few; and `DISPUTE`, `due_sk` = `<deadline>#<account>#<id>`, for an open dispute,
//! likewise; `LETTER` and `ENDED`, `due_sk` = `<time>#<id>`, when an open dead letter, or one that
//! staff ended, died; `NOTIFY#<shard>`, `due_sk` = `<time>`, for a record of the journal whose
//! mails are not decided yet; and `OPENED#<shard>`, `due_sk` = `<time>#<account>`, on the profile:
//! every account by the time of its opening. For the search of staff: `FIND#<word>`, `due_sk` =
//! `<account>`, on a member by the mail address, on an invoice by its number, and on a mail word;
//! `NAME#<first letter>`, `due_sk` = `<name>#<account>`, on a name word. Every item carries `v`
//! (its version) and `entity`; `expires_at` is the TTL, for tidying only: readers check it
//! themselves.

use billing::ids::{
    AccountId, BatchId, CustomerId, InvoiceId, MemberId, PaymentIntentId, PurchaseId,
    SubscriptionId,
};
use billing::month::{Day, Month};
use billing::time::Timestamp;

mod events;
mod names;
mod places;
mod ranges;
mod sessions;
mod staff;

pub use events::*;
pub use names::*;
pub(crate) use places::{
    ADVICES_DUE, ALL_DUE, after_bills_due, after_due, alert_shard, bill_shard, due_shard,
    found_partition, month_of, name_partition, notify_shard, opened_of, opened_shard,
    recharge_shard, renewal_shard,
};
pub use places::{
    SHARDS, advice_due, alert_place, bill_due, found_place, name_place, notify_place, opened_place,
    recharge_due, renewal_partition, standing_due,
};
pub use ranges::{AFTER_HOLDS, AFTER_JOURNAL, AFTER_PRICE_CHANGES, AFTER_SUBSCRIPTIONS, record_of};
pub(crate) use ranges::{account_of, holds_from, issued_within, mails_about, mails_at};
pub use sessions::{session, sign_in, turn};
pub use staff::*;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

/// The partition of an account.
pub fn account_partition(account: &AccountId) -> String {
    format!("{ACCOUNTS}{account}")
}

fn of_account(account: &AccountId, sk: String) -> Key {
    Key { pk: account_partition(account), sk }
}

/// An account's standing.
pub fn standing(account: &AccountId) -> Key {
    of_account(account, STANDING.to_owned())
}

/// An account's profile.
pub fn profile(account: &AccountId) -> Key {
    of_account(account, PROFILE.to_owned())
}

/// One of its subscriptions.
pub fn subscription(account: &AccountId, id: &SubscriptionId) -> Key {
    of_account(account, format!("{SUBSCRIPTIONS}{id}"))
}

/// One of its invoices.
pub fn invoice(account: &AccountId, id: &InvoiceId) -> Key {
    of_account(account, format!("{INVOICES}{id}"))
}

/// One of its invoices by the time of its creation.
pub fn issued(account: &AccountId, created: Timestamp, id: &InvoiceId) -> Key {
    of_account(account, format!("{ISSUED}{created}#{id}"))
}

/// One record of its journal. The time never runs backwards within an account and the number, the
/// standing's version, orders what one second holds: so keys are in order of commit.
pub fn journal(account: &AccountId, at: Timestamp, sequence: u64) -> Key {
    of_account(account, format!("{JOURNAL}{at}#{sequence:010}"))
}

/// Something that is being done for it at Stripe, by the fingerprint of what asked for it.
pub fn intent(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("INTENT#{id}"))
}

/// The payment method on file of an account.
pub fn method(account: &AccountId) -> Key {
    of_account(account, METHOD.to_owned())
}

/// The latest payment of one of its invoices that we asked for.
pub fn paying(account: &AccountId, invoice: &InvoiceId) -> Key {
    of_account(account, format!("PAYING#{invoice}"))
}

/// What it was told that a change costs.
pub fn preview(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("PREVIEW#{id}"))
}

/// A fact about it that was refused.
pub fn refused(account: &AccountId, event: &str) -> Key {
    of_account(account, format!("REFUSED#{event}"))
}

/// What it used in a metering month.
pub fn usage(account: &AccountId, month: Month) -> Key {
    of_account(account, format!("{USAGE}{month}"))
}

/// What is invoiced for one of its closed months.
pub fn bill(account: &AccountId, month: Month) -> Key {
    of_account(account, format!("{BILLS}{month}"))
}

/// The bill for the rest of a period whose renewal was voided, by the renewal's creation.
pub fn rest_bill(account: &AccountId, renewal: Timestamp) -> Key {
    of_account(account, format!("{BILLS}REST#{renewal}"))
}

/// What the sort keys of a month's days begin with.
pub fn usage_days(month: Month) -> String {
    format!("DAY#{month}#")
}

/// What it used on a day.
pub fn usage_day(account: &AccountId, day: Day) -> Key {
    of_account(account, format!("{}{day}", usage_days(day.month())))
}

/// The latest level of each of its gauges.
pub fn gauges(account: &AccountId) -> Key {
    of_account(account, GAUGES.to_owned())
}

/// Its credits.
pub fn credits(account: &AccountId) -> Key {
    of_account(account, CREDITS.to_owned())
}

/// One entry of its ledger.
pub fn credit(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("{CREDIT_ENTRIES}{id}"))
}

/// A page of its ledger, by the number of the page's first entry.
pub fn ledger_page(account: &AccountId, first: u64) -> Key {
    of_account(account, format!("LEDGER#{first:012}"))
}

/// What its deductions used in a month.
pub fn tokens(account: &AccountId, month: Month) -> Key {
    of_account(account, format!("TOKENS#{month}"))
}

/// One of its purchases.
pub fn purchase(account: &AccountId, id: &PurchaseId) -> Key {
    of_account(account, format!("{PURCHASES}{id}"))
}

/// One of its reservations.
pub fn reservation(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("{RESERVATIONS}{id}"))
}

/// One of its open reservations.
pub fn hold(account: &AccountId, ends_at: Timestamp, id: &str) -> Key {
    of_account(account, format!("{}#{id}", holds_from(ends_at)))
}

/// What keeps it from cancelling, in the vendor's words.
pub fn blockers(account: &AccountId) -> Key {
    of_account(account, BLOCKERS.to_owned())
}

/// Its alert, and what it was notified of.
pub fn watch(account: &AccountId) -> Key {
    of_account(account, WATCH.to_owned())
}

/// Its notification of a threshold that a month's upcoming invoice exceeded.
pub fn alerted(account: &AccountId, month: Month) -> Key {
    of_account(account, format!("{ALERTED}{month}"))
}

/// One of its advices.
pub fn advice(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("{ADVICES}{id}"))
}

/// One of its receipts.
pub fn receipt(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("{TRANSFERS}RECEIPT#{id}"))
}

/// One mail of its log.
pub fn mail(account: &AccountId, id: &str) -> Key {
    of_account(account, format!("{MAILS}{id}"))
}

/// One of its members.
pub fn member(account: &AccountId, id: &MemberId) -> Key {
    of_account(account, format!("{MEMBERS}{id}"))
}

/// The payers of a sub-account.
pub fn payers(account: &AccountId) -> Key {
    of_account(account, PAYERS.to_owned())
}

/// A page of a bill's lines.
pub fn bill_lines(account: &AccountId, month: Month, number: usize) -> Key {
    of_account(account, format!("LINES#{month}#{number}"))
}

/// Usage of a sub-account in a month, for which its parent pays with the bill of a month.
pub fn share(parent: &AccountId, billed: Month, account: &AccountId, month: Month) -> Key {
    of_account(parent, format!("{}{account}#{month}", shares(billed)))
}

/// What the sort keys of shares begin with that are billed with a month.
pub fn shares(billed: Month) -> String {
    format!("{SHARES}{billed}#")
}

/// One of a parent's sub-accounts.
pub fn sub_account(parent: &AccountId, id: &AccountId) -> Key {
    of_account(parent, format!("{SUB_ACCOUNTS}{id}"))
}

/// One of its API keys, as it is listed.
pub fn account_key(account: &AccountId, key_id: &str) -> Key {
    of_account(account, format!("{ACCOUNT_KEYS}{key_id}"))
}

/// An API key by its hash.
pub fn api_key(hash: &str) -> Key {
    Key { pk: format!("KEY#{hash}"), sk: KEY.to_owned() }
}

/// The account of a Stripe customer.
pub fn link(customer: &CustomerId) -> Key {
    Key { pk: format!("STRIPE#{customer}"), sk: LINK.to_owned() }
}

/// The purchase that a payment paid.
pub fn payment_link(payment: &PaymentIntentId) -> Key {
    Key { pk: format!("STRIPE#{payment}"), sk: LINK.to_owned() }
}

/// What an Idempotency-Key was used for, by the fingerprint of its scope and itself.
pub fn request(fingerprint: &str) -> Key {
    Key { pk: format!("REQUEST#{fingerprint}"), sk: REQUEST.to_owned() }
}

/// The answer to a request, by the same fingerprint.
pub fn answer(fingerprint: &str) -> Key {
    Key { sk: ANSWER.to_owned(), ..request(fingerprint) }
}

/// Requests of an account in the minute that begins then.
pub fn budget(account: &AccountId, minute: Timestamp) -> Key {
    of_account(account, format!("BUDGET#{minute}"))
}

/// Requests of an account's key in the minute that begins then.
pub fn key_budget(account: &AccountId, minute: Timestamp, id: &str) -> Key {
    of_account(account, format!("BUDGET#{minute}#{id}"))
}

/// An account's lease.
pub fn lease(account: &AccountId) -> Key {
    of_account(account, LEASE.to_owned())
}

/// A part of a usage batch.
pub fn usage_batch(batch: &BatchId, chunk: usize) -> Key {
    Key { pk: format!("BATCH#{batch}"), sk: format!("CHUNK#{chunk:04}") }
}

/// What an account was told of a price change.
pub fn price_notice(account: &AccountId, change: &str) -> Key {
    of_account(account, format!("{PRICE_NOTICES}{change}"))
}

/// A price change.
pub fn price_change(id: &str) -> Key {
    Key { pk: PRICES.to_owned(), sk: format!("{PRICE_CHANGES}{id}") }
}

/// The change of a price that is not in force yet.
pub fn next_price(lookup_key: &str) -> Key {
    Key { pk: PRICES.to_owned(), sk: format!("NEXT#{lookup_key}") }
}

/// Time up to which the books are proven to miss nothing of Stripe.
pub fn proof() -> Key {
    Key { pk: PROOF.to_owned(), sk: PROOF.to_owned() }
}

/// Something that was found missing at a time.
pub fn difference(found_at: Timestamp, about: &str) -> Key {
    Key { pk: PROOF.to_owned(), sk: format!("{DIFFERENCES}{found_at}#{about}") }
}

#[cfg(test)]
mod tests;
