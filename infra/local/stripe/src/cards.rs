//! Stripe's test cards and test payment methods (docs.stripe.com/testing): what each does when charged.

/// What a payment method does when it is attached or charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Every charge succeeds.
    Succeeds,
}
