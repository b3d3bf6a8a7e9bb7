//! Keys of our marks in the metadata of Stripe's objects: an object is ours by these alone.

/// Key of the account that an object was made for.
pub const ACCOUNT_METADATA: &str = "tollgate_account";
/// Key of the plan that a price, or a subscription at prices of before, sells.
pub const PLAN_METADATA: &str = "tollgate_plan";
/// Key of our pause of a subscription's collection.
pub const PAUSE_METADATA: &str = "tollgate_pause";
/// Key of our stop of an invoice's own retries, while payment advice holds it.
pub const HELD_METADATA: &str = "tollgate_held";
/// Key of our receipt, on an entry of a customer's balance.
pub const RECEIPT_METADATA: &str = "tollgate_receipt";
/// Key of the customer's default payment method when a Checkout page was made; its presence says
/// that the subscription's own method is still to be moved.
pub const CARD_BEFORE_METADATA: &str = "tollgate_card_before";
/// Value of [`CARD_BEFORE_METADATA`] for a customer without a default payment method.
pub const NO_CARD: &str = "none";
