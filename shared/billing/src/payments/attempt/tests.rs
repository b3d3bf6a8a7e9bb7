use super::*;
use crate::fact::{BillingReason, InvoiceKind};
use crate::ids::InvoiceId;
use crate::invoice::{Advance, Attempts, Terms};
use crate::money::{Currency, Money};

fn invoice(collection: Collection) -> Invoice {
    let (id, currency) = (InvoiceId::parse("in_1").unwrap(), Currency::parse("eur").unwrap());
    let terms = Terms {
        number: None,
        collection,
        reason: BillingReason::Subscription,
        subscription: None,
        is_marked: false,
        created: Timestamp(1),
        finalized_at: Timestamp(1),
        due_at: None,
        kind: InvoiceKind::Subscription,
        period: None,
        total: 1_000,
        tax: None,
        due: 1_000,
    };
    Invoice {
        status: Some(InvoiceStatus::Open),
        terms: Some(terms),
        attempts: Attempts { next_at: Some(Timestamp(9)), ..Attempts::default() },
        ..Invoice::unknown(id, currency)
    }
}

fn tried(outcome: Outcome, kind: &str, country: &str) -> Payment {
    let country = Some(country.to_owned());
    Payment {
        at: Timestamp(5),
        amount: Money::new(1_000, Currency::parse("eur").unwrap()),
        outcome,
        method: Some(Method { kind: kind.to_owned(), brand: None, last4: None, country }),
        receipt_url: None,
    }
}

/// Goal: the page says when Stripe tries again, or the one reason why it does not (A13).
#[test]
fn there_is_a_next_attempt_or_the_reason_why_not() {
    use Collection::{Automatic, Manual};
    let failed = |code: &str| tried(Outcome::Failed(code.to_owned()), "card", "DE");
    let poor = failed("insufficient_funds");
    let charged = invoice(Automatic);
    let none = |reason| NextAttempt::None(reason);

    let given_up = Invoice { status: Some(InvoiceStatus::Uncollectible), ..charged.clone() };
    let paid = Invoice { status: Some(InvoiceStatus::Paid), ..charged.clone() };
    let exhausted = Invoice { attempts: Attempts::default(), ..charged.clone() };
    let stopped = Advance { on_at: Some(Timestamp(1)), off_at: Some(Timestamp(2)) };
    let stopped = Invoice { advance: stopped, ..charged.clone() };

    let india = tried(Outcome::Failed("card_declined".to_owned()), "card", "IN");
    let wallet = tried(Outcome::Failed("card_declined".to_owned()), "cashapp", "US");
    let debit = tried(Outcome::Processing, "sepa_debit", "DE");
    for (invoice, last, expected) in [
        (&charged, Some(&poor), NextAttempt::At(Timestamp(9))),
        (&charged, None, NextAttempt::At(Timestamp(9))),
        (&charged, Some(&failed("stolen_card")), none(NoAttempt::Refused)),
        (&charged, Some(&tried(Outcome::NeedsAction, "card", "DE")), none(NoAttempt::NeedsOwner)),
        (&charged, Some(&india), none(NoAttempt::IssuedInIndia)),
        (&charged, Some(&wallet), none(NoAttempt::NeedsOwner)),
        (&charged, Some(&debit), none(NoAttempt::InProgress)),
        (&exhausted, Some(&poor), none(NoAttempt::Exhausted)),
        (&exhausted, None, none(NoAttempt::NoMethod)),
        (&stopped, Some(&poor), none(NoAttempt::Stopped)),
        (&given_up, Some(&poor), none(NoAttempt::GivenUp)),
        (&invoice(Manual), None, none(NoAttempt::Sent)),
        (&paid, Some(&poor), NextAttempt::Ended),
    ] {
        assert_eq!(next_attempt(invoice, last), expected, "{last:?} of {:?}", invoice.status);
    }
}
