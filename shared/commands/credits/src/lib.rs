//! Use cases of prepaid credits: deduct, reserve, settle, adjust, buy, set auto-recharge, read the
//! ledger. Input value in, outcome value out, no HTTP.
//!
//! `billing::credits` decides; here the parts that a decision rests on are loaded and the decision
//! is committed, both again after a conflict. A first try rests on what was loaded with the
//! caller's key, so that a deduction is one read and one transaction. A purchase is kept in the
//! table before Stripe is called: an interruption is finished by the queue or by the schedule that
//! sweeps the table.

mod adjust;
mod beginning;
mod books;
mod buy;
mod deduct;
mod ledger;
mod recharge;
mod refused;
mod reserve;
mod unspent;

use catalog::Catalog;
use queue::account::Accounts;
use store::Store;

pub use books::{Read, parts, runway_days, shown_parts};
pub use buy::{NewPurchase, Purchases, ReturnUrls, purchase_parts};
pub use ledger::Listed;
pub use recharge::WantedRecharge;
pub use refused::{Insufficient, Refused, Tried};
pub use reserve::Reserved;
pub use unspent::Unspent;

/// Commands about the credits of one account.
#[derive(Debug)]
pub struct Credits {
    store: Store,
    catalog: Catalog,
    /// Queue of accounts that auto-recharge is to charge.
    recharges: Accounts,
}

impl Credits {
    /// Commands on that table, which hand charges to that queue.
    pub fn new(store: Store, catalog: Catalog, recharges: Accounts) -> Self {
        Self { store, catalog, recharges }
    }
}
