//! Each mail as a file that opens in a browser: `tests/fixtures/mails`.

use std::collections::{BTreeMap, BTreeSet};

use billing::account::Standing;
use billing::alerts::Watch;
use billing::fact::{BillingReason, Collection, InvoiceEvent, InvoiceKind, InvoiceStatus};
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::{Invoice, Links, Terms};
use billing::journal::alert::AlertEvent;
use billing::journal::credits::CreditsEvent;
use billing::journal::transfers::TransferEvent;
use billing::journal::{Entry, Kind, Value};
use billing::mails::{Facts, MailKind};
use billing::money::{Currency, Money};
use billing::time::Timestamp;
use billing::words::Word;
use mails::{Letter, Rendered, Vendor, render};

/// Folder of the expected files.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mails");
/// Command that writes them.
const UPDATE: &str = "UPDATE_MAILS=1 cargo test -p tests --test e2e mails::pages";
const NOW: Timestamp = Timestamp(1_796_126_400);

fn usd(amount: i64) -> Value {
    Value::Money(Money::new(amount, Currency::parse("usd").unwrap()))
}

#[expect(clippy::unnecessary_wraps, reason = "a field's value before and after may be none")]
fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

/// An invoice of 1,240.00 that is open or paid.
fn invoice(status: InvoiceStatus) -> Invoice {
    let id = InvoiceId::parse("in_1").unwrap();
    let mut invoice = Invoice::unknown(id, Currency::parse("usd").unwrap());
    invoice.status = Some(status);
    invoice.terms = Some(Terms {
        number: Some("EX-0042".to_owned()),
        collection: Collection::Automatic,
        reason: BillingReason::Other,
        subscription: None,
        is_marked: true,
        created: NOW,
        finalized_at: NOW,
        due_at: None,
        kind: InvoiceKind::Subscription,
        period: None,
        total: 124_000,
        tax: None,
        due: 124_000,
    });
    if status == InvoiceStatus::Paid {
        invoice.amount_paid = 124_000;
    }
    invoice.attempts.next_at = Some(NOW.plus_seconds(3 * 86_400));
    invoice.links = Links {
        hosted_invoice_url: Some("https://invoice.stripe.com/i/example".to_owned()),
        pdf_url: None,
    };
    invoice
}

/// An entry of each kind.
#[expect(clippy::too_many_lines, reason = "a sample for each kind")]
fn entry(kind: MailKind) -> Entry {
    let about_invoice = |event| Entry::new(NOW, Kind::Invoice(event), Some("in_1"));
    let of_account = |kind| {
        let mut entry = Entry::new(NOW, kind, None);
        entry.because = vec!["in_1".to_owned()];
        entry
    };
    let credits = |event| Entry::new(NOW, Kind::Credits(event), Some("pur_1"));
    let later = Some(Value::Time(NOW.plus_seconds(30 * 86_400)));
    match kind {
        MailKind::Alert => Entry::new(NOW, Kind::Alert(AlertEvent::Triggered), Some("2026-11"))
            .with("threshold", None, Some(usd(100_000)))
            .with("upcoming", None, Some(usd(124_000))),
        MailKind::Paid => {
            about_invoice(InvoiceEvent::Paid).with("status", text("open"), text("paid"))
        }
        MailKind::Reactivated => of_account(Kind::AccountReactivated),
        MailKind::Overdue => of_account(Kind::AccountPastDue),
        MailKind::PaymentFailed => about_invoice(InvoiceEvent::PaymentFailed),
        MailKind::AuthenticationNeeded => about_invoice(InvoiceEvent::PaymentActionRequired),
        MailKind::WillBeDisabled => of_account(Kind::AccountDisableScheduled),
        MailKind::Disabled => of_account(Kind::AccountDisabled),
        MailKind::PriceChange => {
            let price = Some("tollgate_team_month");
            Entry::new(NOW, Kind::PriceChangeAnnounced, price)
                .with("amount", Some(usd(4_900)), Some(usd(5_900)))
                .with("effective_at", None, later)
        }
        MailKind::RechargeDone => credits(CreditsEvent::Purchased)
            .with("tokens", None, Some(Value::Number(2_500_000)))
            .with("kind", None, text("auto_recharge"))
            .with("price", None, Some(usd(1_000))),
        MailKind::RechargeDeclined => credits(CreditsEvent::RechargeDeclined)
            .with("decline_code", None, text("insufficient_funds"))
            .with("next_attempt_at", None, Some(Value::Time(NOW.plus_seconds(21_600)))),
        MailKind::RechargePaused => {
            credits(CreditsEvent::RechargePaused).with("reason", None, text("no_payment_method"))
        }
        MailKind::SubscriptionStarted => Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"))
            .with("status", None, text("active"))
            .with("plan", None, text("team"))
            .with("seats", None, Some(Value::Number(3)))
            .with("period_end", None, later),
        MailKind::ChangeBooked => Entry::new(NOW, Kind::ChangeBooked, None)
            .with("plan", text("business"), text("team"))
            .with("seats", Some(Value::Number(5)), Some(Value::Number(3))),
        MailKind::SubscriptionEnded => Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"))
            .with("status", text("active"), text("canceled")),
        MailKind::TransferReported => transfer(TransferEvent::Submitted)
            .with("amount", None, Some(usd(124_000)))
            .with("held_until", None, Some(Value::Time(NOW.plus_seconds(10 * 86_400)))),
        MailKind::TransferApproved => {
            transfer(TransferEvent::Approved).with("received", None, Some(usd(124_000)))
        }
        MailKind::TransferPartlyApproved => {
            transfer(TransferEvent::PartiallyApproved).with("received", None, Some(usd(24_000)))
        }
        MailKind::TransferRejected => {
            transfer(TransferEvent::Rejected).with("note", None, text("No such payment so far."))
        }
        MailKind::TransferExpired => transfer(TransferEvent::Expired),
        MailKind::TransferReturned => {
            transfer(TransferEvent::Returned).with("note", None, text("The account was closed."))
        }
        MailKind::PrepaymentReceived => {
            transfer(TransferEvent::Prepaid).with("prepaid", None, Some(usd(50_000)))
        }
    }
}

/// An entry about a transfer that names the invoice.
fn transfer(event: TransferEvent) -> Entry {
    let mut entry = Entry::new(NOW, Kind::Transfer(event), Some("adv_1")).with(
        "reference",
        None,
        text("RF18 ACME 0042"),
    );
    entry.because = vec!["in_1".to_owned()];
    entry
}

fn rendered(kind: MailKind) -> Rendered {
    let account = AccountId::parse("acme").unwrap();
    let mut standing = Standing::new(account.clone(), "free", 14 * 86_400, NOW);
    let status = match kind {
        MailKind::Paid | MailKind::TransferApproved => InvoiceStatus::Paid,
        _ => InvoiceStatus::Open,
    };
    let mut invoice = invoice(status);
    if kind == MailKind::TransferPartlyApproved {
        invoice.holds.reserved = 24_000;
    }
    let overdue_at = NOW;
    invoice.deadline = Some(billing::invoice::Deadline {
        overdue_at,
        disables_at: overdue_at.plus_seconds(14 * 86_400),
        missed_at: overdue_at,
        grace_seconds: 14 * 86_400,
    });
    standing.list(&invoice, billing::account::Owner::Ours);
    let invoices = BTreeMap::from([(invoice.id.clone(), invoice)]);
    let vendor = Vendor {
        name: "Example".to_owned(),
        support: "support@example.com".to_owned(),
        footer: "Example Ltd, 1 Example Street, Example City".to_owned(),
    };
    let entry = entry(kind);
    assert_eq!(MailKind::of(&entry), Some(kind), "the sample is of another kind");
    let facts = Facts {
        standing: &standing,
        invoices: &invoices,
        watch: &Watch::default(),
        withdrawn: &BTreeSet::new(),
        now: NOW.plus_seconds(60),
    };
    let letter = Letter {
        kind,
        entry: &entry,
        facts,
        account: &account,
        account_name: "Acme Ltd",
        vendor: &vendor,
        number: "42-0",
        entry_url: Some("https://app.example.com/billing"),
        unsubscribe_url: (!kind.is_required()).then_some("https://api.example.com/unsubscribe/t"),
    };
    render(letter).expect("the template has all its values")
}

/// Goal: each mail reads as its expected file, fills every placeholder, and loads nothing from
/// elsewhere.
#[test]
fn each_mail_is_its_expected_file() {
    for (kind, name) in MailKind::WORDS {
        let Rendered { subject, text, html } = rendered(*kind);
        let path = format!("{FOLDER}/{name}.html");
        if is_to_be_written() {
            std::fs::write(&path, &html).expect("the file is written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();

        assert!(html == expected, "{name} is not its expected file: {UPDATE}");
        for part in [&subject, &text, &html] {
            assert!(!part.contains('{') && !part.contains('}'), "{name}: {part}");
            assert!(!part.contains("  ") || part == &html, "{name}: an empty value in {part}");
        }
        assert!(subject.chars().count() <= 90, "{name}: {subject}");
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("url("));
        assert!(html.contains(&html_of(&subject)), "{name}");
    }
}

fn html_of(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test by hand")]
fn is_to_be_written() -> bool {
    std::env::var("UPDATE_MAILS").is_ok()
}
