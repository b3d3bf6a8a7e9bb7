use billing::member::LastAdministrator;
use billing::money::{Currency, Money};
use billing::time::Timestamp;

use super::*;

const NOW: Timestamp = Timestamp(1_795_338_000);

fn usd(amount: i64) -> Value {
    Value::Money(Money::new(amount, Currency::parse("usd").unwrap()))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Goal: an entry is a sentence that lists each field with its value, and says so where there is
/// none.
#[test]
fn fields_are_listed() {
    let plain = Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"));
    let changed = plain.clone().with("plan_amount", None, Some(usd(4_900))).with(
        "ends_at",
        Some(usd(1)),
        None,
    );

    assert_eq!(entry(&plain), "Subscription sub_1: no field changed.");
    let listed = "Subscription sub_1: plan amount 49.00 USD, no ends at any more.";
    assert_eq!(entry(&changed), listed);
}

/// Goal: a transition names the invoices that brought it about, one or several.
#[test]
fn a_transition_names_its_invoices() {
    let of = |because: &[&str]| {
        let because = because.iter().map(|&id| id.to_owned()).collect();
        entry(&Entry { because, ..Entry::new(NOW, Kind::AccountDisabled, None) })
    };
    assert_eq!(of(&[]), "The account was disabled.");
    let one = "The account was disabled because invoice in_1 is overdue.";
    assert_eq!(of(&["in_1"]), one);
    let two = "The account was disabled because invoices in_1, in_2 are overdue.";
    assert_eq!(of(&["in_1", "in_2"]), two);
}

/// Goal: an entry that warns says until when something must be paid.
#[test]
fn a_warning_names_its_date() {
    let date = Some(Value::Time(NOW));
    let of =
        |kind, about| entry(&Entry::new(NOW, kind, about).with("disables_on", None, date.clone()));
    let until = "The account will be disabled on 22 November 2026 if nothing is paid.";

    assert_eq!(of(Kind::AccountDisableScheduled, None), format!("A reminder was due. {until}"));
    assert_eq!(of(Kind::AccountPastDue, None), format!("The account became past due. {until}"));
    let overdue = of(Kind::Invoice(InvoiceEvent::Overdue), Some("in_1"));
    assert_eq!(overdue, format!("Invoice in_1 became overdue. {until}"));
}

/// Goal: an invoice's sentence ends with the amount that is left to pay.
#[test]
fn an_invoice_says_what_is_left() {
    let of = |remaining| {
        let plain = Entry::new(NOW, Kind::Invoice(InvoiceEvent::Finalized), Some("in_1"));
        entry(&plain.with("amount_remaining", None, remaining))
    };
    assert_eq!(of(None), "Invoice in_1 was finalized.");
    assert_eq!(of(Some(usd(4_900))), "Invoice in_1 was finalized; 49.00 USD remains to pay.");
    assert_eq!(of(Some(usd(0))), "Invoice in_1 was finalized; nothing remains to pay.");
}

/// Goal: the notice of a price change can be read alone: both amounts, and the moment.
#[test]
fn the_notice_of_a_price_change_is_a_sentence() {
    let at = Timestamp::parse("2027-01-01T09:00:00Z").unwrap();
    let plain = Entry::new(NOW, Kind::PriceChangeAnnounced, Some("tollgate_team_month"));
    let notice = plain.clone().with("amount", Some(usd(900)), Some(usd(1_000))).with(
        "effective_at",
        None,
        Some(Value::Time(at)),
    );

    let sentence = "The price tollgate_team_month will be 10.00 USD instead of 9.00 USD from the first \
         period on that begins on 1 January 2027 or later, and 30 days after this notice.";
    assert_eq!(entry(&notice), sentence);
    assert_eq!(entry(&plain), "The price tollgate_team_month changes.");
}

/// Goal: credits that are removed are a positive number of a removal, with the reason that staff
/// gave.
#[test]
fn an_adjustment_of_credits_is_a_sentence() {
    let of = |tokens| {
        let plain = Entry::new(NOW, Kind::Credits(CreditsEvent::Adjusted), None);
        let entry = plain.with("tokens", None, Some(Value::Number(tokens)));
        super::entry(&entry.with("reason", None, Some(text("goodwill"))))
    };
    assert_eq!(of(500), "Staff granted 500 credits: goodwill.");
    assert_eq!(of(-500), "Staff removed 500 credits: goodwill.");
}

#[test]
fn each_reason_of_a_pause_has_a_sentence() {
    for reason in ["declined", "authentication_required", "dispute", "no_payment_method"] {
        let plain = Entry::new(NOW, Kind::Credits(CreditsEvent::RechargePaused), None);
        let paused = plain.with("reason", None, Some(text(reason)));
        let paused = paused.with("decline_code", None, Some(text("lost_card")));
        assert!(!entry(&paused).contains(&format!("({reason})")), "{}", entry(&paused));
    }
}

/// Goal: a caller who is told to send a request again is told what is done, and by which id to find
/// it.
#[test]
fn an_unanswered_request_says_what_is_done() {
    let account = AccountId::parse("acme").unwrap();
    for (left, part) in [
        (Left::Nothing, "Nothing was done."),
        (Left::Begun, "Account `acme` exists and is not complete."),
        (Left::Unread, "could be read in time"),
        (Left::Part, "A part of it may be done"),
    ] {
        let sentence = stripe_unanswered(left, &account);
        assert!(sentence.contains(part) && sentence.contains("same request"), "{sentence}");
    }
}

#[test]
fn a_refused_member_says_how_to_go_on() {
    let wording = member_refused(MemberRefusal::LastAdministrator(LastAdministrator));
    assert!(wording.detail.contains("last administrator"), "{wording:?}");
    assert!(wording.clears_by.starts_with("Making somebody else"), "{wording:?}");
}
