use super::*;

#[test]
fn the_standing_and_the_subscriptions_are_neighbours_with_nothing_in_between() {
    let account = AccountId::parse("acme").unwrap();
    let subscription = subscription(&account, &SubscriptionId::parse("sub_1").unwrap());
    assert!(STANDING < subscription.sk.as_str());
    assert!(subscription.sk.as_str() < AFTER_SUBSCRIPTIONS);
    let others = [PROFILE, INVOICES, JOURNAL, ACCOUNT_KEYS, USAGE, GAUGES, BLOCKERS, BILLS];
    let others = others.into_iter().chain([
        CREDITS,
        CREDIT_ENTRIES,
        RESERVATIONS,
        HOLDS,
        "PURCHASE#",
        "LEDGER#",
        "TOKENS#",
    ]);
    for other in
        others.chain(["DAY#", MEMBERS, "INTENT#", "REFUSED#", LEASE, PAYERS, SUB_ACCOUNTS, SHARES])
    {
        assert!(!(STANDING..AFTER_SUBSCRIPTIONS).contains(&other), "{other} is in between");
    }
    assert!(!(STANDING..AFTER_SUBSCRIPTIONS).contains(&"PREVIEW#"));
}

#[test]
fn journal_keys_sort_by_time_and_then_by_number() {
    let account = AccountId::parse("acme").unwrap();
    let key = |at, number| journal(&account, Timestamp(at), number).sk;
    assert!(key(1_700_000_000, 9) < key(1_700_000_000, 10));
    assert!(key(1_700_000_000, 10) < key(1_700_000_001, 2));
}
