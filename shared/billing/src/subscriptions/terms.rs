//! Accounts that may be sent invoices instead of being charged (A17).

use crate::fact::SubscriptionSnapshot;

/// Ground on which an account with a paid plan is sent invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Its plan is sold by staff alone, such as Enterprise.
    NegotiatedPlan,
    /// It is a partner's.
    Partner,
    /// It pays a year or more upfront, by staff's word.
    PaysUpfront,
}

/// True for an account that may be sent invoices. Without a paid plan it may on any ground, because
/// the terms of a negotiated plan are set before its first invoice is made.
pub fn may_be_sent_invoices(live: Option<&SubscriptionSnapshot>, ground: Option<Ground>) -> bool {
    live.is_none() || ground.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    /// Goal: a customer of an ordinary plan is charged; every exception of A17 is one.
    #[test]
    fn only_negotiated_plans_partners_and_upfront_payers_are_sent_invoices() {
        let live = samples::running("personal", 1);
        assert!(!may_be_sent_invoices(Some(&live), None));
        assert!(may_be_sent_invoices(None, None));
        for ground in [Ground::NegotiatedPlan, Ground::Partner, Ground::PaysUpfront] {
            assert!(may_be_sent_invoices(Some(&live), Some(ground)), "{ground:?}");
        }
    }
}
