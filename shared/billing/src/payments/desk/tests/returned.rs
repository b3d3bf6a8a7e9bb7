//! Money that the bank takes back.

use super::*;

/// Goal: an invoice whose money went back is owed anew by another one, due in three days: the
/// account is past due then, and disabled on the day of its grace.
#[test]
fn a_settled_invoice_is_owed_anew_and_disables_by_the_grace() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    let advice = acme.advise(&["in_1"], 100, "one").unwrap();
    acme.approve(&advice, 100).unwrap();
    acme.settle_all();
    acme.pass(30);

    acme.take_back(&advice).unwrap();
    assert_eq!(acme.sum(PartState::Returning), 100);
    acme.settle_all();

    assert_eq!(acme.status(&advice), AdviceStatus::Returned);
    assert_eq!((acme.sum(PartState::Returned), acme.sum(PartState::Settled)), (100, 0));
    let open: Vec<String> = owed(&acme.books).iter().map(ToString::to_string).collect();
    assert_eq!(open, ["in_001r"]);
    assert_eq!(acme.state(), State::Active, "three days at least");
    acme.pass(3);
    assert_eq!(acme.state(), State::PastDue);
    acme.pass(13);
    assert_eq!(acme.state(), State::PastDue);
    acme.pass(1);
    assert_eq!(acme.state(), State::Disabled);
}

/// Goal: of two transfers that paid an invoice the other one waits for what replaces it, so that
/// only the money that went back is missing.
#[test]
fn money_of_another_transfer_waits_for_the_replacement() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    let first = acme.advise(&["in_1"], 60, "one").unwrap();
    acme.approve(&first, 60).unwrap();
    let second = acme.advise(&["in_1"], 45, "two").unwrap();
    acme.approve(&second, 45).unwrap();
    acme.settle_all();
    assert_eq!((acme.sum(PartState::Settled), acme.left()), (100, 5));

    acme.take_back(&second).unwrap();
    acme.settle_all();

    let sums = [PartState::Reserved, PartState::Returned, PartState::Settled];
    assert_eq!(sums.map(|state| acme.sum(state)), [60, 40, 0]);
    assert_eq!(acme.left(), 0, "what was prepaid is out of the balance");
    let replacement = &acme.books.invoices[&id("in_001r")];
    assert_eq!((replacement.remaining(), replacement.holds.reserved), (100, 60));
    let third = acme.advise(&["in_001r"], 40, "three").unwrap();
    acme.approve(&third, 40).unwrap();
    acme.settle_all();
    assert_eq!(acme.sum(PartState::Settled), 100);
}

/// Goal: money that waits for the rest of its invoice is just gone, and prepaid money that invoices
/// used is owed by the balance.
#[test]
fn what_waits_is_gone_and_what_was_used_is_owed_by_the_balance() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    acme.owe("in_2", 50, 0);
    let advice = acme.advise(&["in_1", "in_2"], 120, "one").unwrap();
    acme.approve(&advice, 120).unwrap();
    acme.settle_all();
    assert_eq!((acme.sum(PartState::Settled), acme.sum(PartState::Reserved)), (100, 20));
    acme.end("in_2", InvoiceStatus::Paid);
    acme.settle_all();
    let receipt = acme.desk.receipts.keys().next().unwrap().clone();
    let spent = crate::receipt::Applied { invoice: Some(id("in_9")), amount: 15, at: acme.now };
    let uses = BTreeMap::from([(receipt.clone(), vec![spent])]);
    let change = applied((&acme.books, &acme.desk), &uses, acme.now).unwrap();
    acme.keep(change);
    assert_eq!(acme.left(), 5);

    acme.take_back(&advice).unwrap();
    assert_eq!(acme.desk.receipts[&receipt].taking(), 20, "all that was prepaid");
    acme.settle_all();

    let receipt = &acme.desk.receipts[&receipt];
    assert_eq!((receipt.reversed, receipt.claimed, receipt.left()), (5, 15, 0));
    assert!(receipt.adds_up(), "{receipt:?}");
}

/// Goal: only money that came can go back, and once.
#[test]
fn what_did_not_come_cannot_go_back() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    let pending = acme.advise(&["in_1"], 100, "one").unwrap();
    let refused = acme.take_back(&pending);
    assert_eq!(refused, Err(TransferRefusal::NotApproved(AdviceStatus::Pending)));
    acme.close(&pending, AdviceStatus::Rejected).unwrap();
    let refused = acme.take_back(&pending);
    assert_eq!(refused, Err(TransferRefusal::NotApproved(AdviceStatus::Rejected)));
    assert_eq!(acme.take_back("acme.no"), Err(TransferRefusal::Unknown));

    let advice = acme.advise(&["in_1"], 100, "two").unwrap();
    acme.approve(&advice, 100).unwrap();
    assert_eq!(acme.take_back(&advice), Err(TransferRefusal::OnItsWay));
    acme.settle_all();
    acme.take_back(&advice).unwrap();
    acme.settle_all();
    assert!(matches!(acme.take_back(&advice), Err(TransferRefusal::Decided(_))));
}
