use super::*;
use crate::fact::{BillingReason, Collection, InvoiceKind};
use crate::ids::InvoicePaymentId;
use crate::invoice::{Holding, Rules, Terms};
use crate::invoice_payment::{PaymentShown, PaymentState};
use crate::money::Currency;

const NOW: Timestamp = Timestamp(1_795_338_000);

fn invoice(status: InvoiceStatus, due: i64) -> Invoice {
    let (id, currency) = (InvoiceId::parse("in_1").unwrap(), Currency::parse("eur").unwrap());
    let terms = Terms {
        number: None,
        collection: Collection::Automatic,
        reason: BillingReason::Subscription,
        subscription: None,
        is_marked: false,
        created: NOW,
        finalized_at: NOW,
        due_at: None,
        kind: InvoiceKind::Subscription,
        period: None,
        total: due,
        tax: None,
        due,
    };
    Invoice { status: Some(status), terms: Some(terms), ..Invoice::unknown(id, currency) }
}

fn begun(known: Option<&Paying>, request: Option<&str>, now: Timestamp) -> Paying {
    let (id, method) = (InvoiceId::parse("in_1"), PaymentMethodId::parse("pm_1"));
    let what = (&id.unwrap(), &method.unwrap());
    Paying::begun(
        known,
        what,
        ("t".to_owned(), Wish { method: None, request, new_method: None }),
        now,
    )
}

fn wish(request: Option<&str>) -> Wish<'_> {
    Wish { method: None, request, new_method: None }
}

fn step(
    invoice: &Invoice,
    paying: Option<&Paying>,
    request: Option<&str>,
    now: Timestamp,
) -> Result<Step, Refused> {
    next((Some(invoice), Owner::Ours), paying, wish(request), now)
}

/// Goal: what is not payable says what became of it.
#[test]
fn an_invoice_that_is_not_payable_says_why() {
    use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
    let paid = Invoice { amount_paid: 1_000, ..invoice(Paid, 1_000) };
    let mut small = invoice(Paid, 0);
    small.terms.as_mut().unwrap().total = 30;
    for (invoice, owner, expected) in [
        (invoice(Draft, 1_000), Owner::Ours, Some(NotPayable::Draft)),
        (paid, Owner::Ours, Some(NotPayable::Paid)),
        (small, Owner::Ours, Some(NotPayable::ByBalance)),
        (invoice(Paid, 0), Owner::Ours, Some(NotPayable::NothingDue)),
        (invoice(Open, 0), Owner::Ours, Some(NotPayable::NothingDue)),
        (invoice(Void, 1_000), Owner::Ours, Some(NotPayable::Void)),
        (invoice(Open, 1_000), Owner::Foreign, Some(NotPayable::Foreign)),
        (invoice(Open, 1_000), Owner::Unknown, None),
        (invoice(Uncollectible, 1_000), Owner::Ours, None),
    ] {
        let decided = next((Some(&invoice), owner), None, wish(None), NOW);
        let expected = expected.map_or(Ok(Step::Begin), |why| Err(Refused::NotPayable(why)));
        assert_eq!(decided, expected, "{:?} of {owner:?}", invoice.status);
    }
    assert_eq!(next((None, Owner::Ours), None, wish(None), NOW), Err(Refused::Unknown));
}

/// Goal: one attempt at a time; one whose maker is gone is made again as it was begun, by its own
/// request at once.
#[test]
fn an_open_attempt_is_alone_and_is_gone_on_with() {
    let open = invoice(InvoiceStatus::Open, 1_000);
    let one = begun(None, Some("a"), NOW);
    let later = NOW.plus_seconds(AT_WORK_SECONDS);

    assert_eq!(step(&open, Some(&one), Some("b"), NOW), Err(Refused::AtWork));
    assert_eq!(step(&open, Some(&one), None, NOW), Err(Refused::AtWork));
    assert_eq!(step(&open, Some(&one), Some("a"), NOW), Ok(Step::GoOn(Box::new(one.clone()))));
    assert_eq!(step(&open, Some(&one), None, later), Ok(Step::GoOn(Box::new(one.clone()))));
    let left = one.let_go(NOW);
    assert_eq!(step(&open, Some(&left), None, NOW), Ok(Step::GoOn(Box::new(left.clone()))));
    assert_eq!(left.taken_up(NOW).intent.idempotency_key(), one.intent.idempotency_key());
    let spent = one.spent(NOW).taken_up(NOW);
    assert_ne!(spent.intent.idempotency_key(), one.intent.idempotency_key());
    let next_day = one.taken_up(NOW.plus_seconds(86_400));
    assert_ne!(next_day.intent.idempotency_key(), one.intent.idempotency_key());
}

/// Goal: a repeated request learns the outcome of its own attempt, and begins no other.
#[test]
fn a_repeated_request_is_answered_by_its_own_outcome() {
    let open = invoice(InvoiceStatus::Open, 1_000);
    let paid = Invoice { amount_paid: 1_000, ..invoice(InvoiceStatus::Paid, 1_000) };
    let declined = Ended::Declined("insufficient_funds".to_owned());
    let one = begun(None, Some("a"), NOW);
    let ended = one.with_outcome(declined.clone());

    assert_eq!(step(&open, Some(&ended), Some("a"), NOW), Ok(Step::Answered(declined)));
    assert_eq!(step(&open, Some(&ended), Some("b"), NOW), Ok(Step::Begin));
    assert_eq!(step(&open, Some(&ended), None, NOW), Ok(Step::Begin));
    // Settled, and interrupted before its outcome was kept.
    assert_eq!(step(&paid, Some(&one), Some("a"), NOW), Ok(Step::Answered(Ended::Paid)));
    let not_payable = Err(Refused::NotPayable(NotPayable::Paid));
    assert_eq!(step(&paid, Some(&one), Some("b"), NOW), not_payable);
}

/// Goal: a debit that is on its way is not joined by another payment.
#[test]
fn a_payment_on_its_way_is_alone() {
    let mut open = invoice(InvoiceStatus::Open, 1_000);
    let id = InvoicePaymentId::parse("pi_1").unwrap();
    let debit = PaymentShown { id, state: PaymentState::Processing, amount: 1_000 };
    open.payments.learn(&[debit], NOW);

    assert_eq!(step(&open, None, None, NOW), Err(Refused::Processing));
}

/// Goal: five attempts within an hour, and the sixth when the first is an hour old.
#[test]
fn attempts_are_counted_by_the_hour() {
    let open = invoice(InvoiceStatus::Open, 1_000);
    let mut known: Option<Paying> = None;
    for minute in 0..5 {
        let now = NOW.plus_seconds(minute * 60);
        assert_eq!(step(&open, known.as_ref(), None, now), Ok(Step::Begin), "{minute}");
        let one = begun(known.as_ref(), None, now);
        known = Some(one.with_outcome(Ended::Declined("card_declined".to_owned())));
    }

    let again_at = NOW.plus_seconds(WINDOW_SECONDS);
    let before = again_at.plus_seconds(-1);
    assert_eq!(step(&open, known.as_ref(), None, before), Err(Refused::TooOften(again_at)));
    assert_eq!(step(&open, known.as_ref(), None, again_at), Ok(Step::Begin));
    let sixth = begun(known.as_ref(), None, again_at);
    assert_eq!(sixth.recent.len(), 5);
}

/// Goal: while a transfer for it is reported, an invoice is not charged as well; once the advice
/// has ended, or where staff alone hold it, it is.
#[test]
fn an_invoice_with_a_reported_transfer_is_not_charged() {
    let open = invoice(InvoiceStatus::Open, 1_000);
    let rules = Rules { grace_seconds: 0, linked_at: None };
    let holding = Holding { seconds_max: 100, rules };
    let advised = open.held_by("a1", holding, NOW);
    let until = NOW.plus_seconds(100);

    assert_eq!(step(&advised, None, None, NOW), Err(Refused::AdvicePending(until)));
    assert_eq!(step(&advised, None, None, until), Ok(Step::Begin));
    let withdrawn = advised.released_by("a1", rules, NOW.plus_seconds(1));
    assert_eq!(step(&withdrawn, None, None, NOW.plus_seconds(1)), Ok(Step::Begin));
    let by_staff = open.held_by_staff(Some(until), rules, NOW);
    assert_eq!(step(&by_staff, None, None, NOW), Ok(Step::Begin));
}

/// Goal: an invoice is tried with a new payment method once, however often it is told of, and
/// another attempt in between does not make it forget; it takes nothing of what a customer may try.
#[test]
fn a_new_method_is_tried_once() {
    let invoice = invoice(InvoiceStatus::Open, 4_900);
    let method = PaymentMethodId::parse("pm_1").unwrap();
    let what = (&invoice.id, &method);
    let wish = |new_method| Wish { method: Some(&method), request: None, new_method };
    let tried = Paying::begun(None, what, ("t".to_owned(), wish(Some("pm_1@2030-01"))), NOW);
    let declined = tried.with_outcome(Ended::Declined("card_declined".to_owned()));
    let by_hand = Paying::begun(Some(&declined), what, ("u".to_owned(), wish(None)), NOW);
    let by_hand = by_hand.with_outcome(Ended::Declined("card_declined".to_owned()));
    let decide = |known, new| next((Some(&invoice), Owner::Ours), known, wish(Some(new)), NOW);

    assert_eq!(decide(Some(&by_hand), "pm_1@2030-01"), Err(Refused::TriedBefore));
    assert_eq!(decide(Some(&by_hand), "pm_1@2034-01"), Ok(Step::Begin));
    assert_eq!(decide(Some(&tried), "pm_1@2030-01"), Err(Refused::AtWork));
    assert_eq!((tried.recent.len(), by_hand.recent.len()), (0, 1));
}
