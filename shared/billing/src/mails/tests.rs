//! Kinds, recipients, plans and the steps of a mail.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::account::Standing;
use crate::alerts::{Threshold, Watch};
use crate::authority::Role;
use crate::fact::InvoiceEvent;
use crate::ids::{AccountId, MemberId};
use crate::journal::alert::AlertEvent;
use crate::journal::{Entry, Kind, Value};
use crate::member::{Mails, Member, Preferences};
use crate::money::{Currency, Money};
use crate::time::Timestamp;
use crate::words::Word;

const NOW: Timestamp = Timestamp(1_795_338_000);

fn member(id: &str, role: Role) -> Member {
    Member {
        version: 1,
        id: MemberId::parse(id).unwrap(),
        email: format!("{id}@acme.example"),
        role,
        preferences: Preferences::default(),
    }
}

fn addresses(kind: MailKind, members: &[Member]) -> Vec<String> {
    let all = recipients(kind, members, Some("Billing@acme.example"));
    all.into_iter().map(|it| it.address).collect()
}

/// Goal: each kind goes to whom F1 says, and each address gets one mail.
#[test]
fn recipients_follow_role_and_preference() {
    let (ada, fin) = (member("ada", Role::AccountAdministrator), member("fin", Role::Finance));
    let mo = member("mo", Role::Member);
    let quiet = Preferences {
        alerts: Mails::Unwanted,
        invoices: Mails::Unwanted,
        notices: Mails::Unwanted,
    };
    let silent = Member { preferences: quiet, ..fin.clone() };
    let billing = Member { email: "billing@ACME.example".to_owned(), ..ada.clone() };
    let all = [ada.clone(), fin.clone(), mo.clone()];
    let (a, f, b) = ("ada@acme.example", "fin@acme.example", "Billing@acme.example");

    for (kind, members, expected) in [
        (MailKind::Alert, &all[..], vec![a, f]),
        (MailKind::Alert, &[ada.clone(), silent.clone()][..], vec![a]),
        (MailKind::Alert, &[silent.clone()][..], vec![]),
        (MailKind::Alert, &[mo.clone()][..], vec![b]),
        (MailKind::Disabled, &all[..], vec![a, f, b]),
        (MailKind::Disabled, &[silent.clone()][..], vec![f, b]),
        (MailKind::Disabled, &[billing][..], vec!["billing@ACME.example"]),
        (MailKind::PaymentFailed, &[ada, silent.clone()][..], vec![a, f]),
        (MailKind::PaymentFailed, &[][..], vec![b]),
        (MailKind::RechargeDone, &[silent][..], vec![]),
    ] {
        assert_eq!(addresses(kind, members), expected, "{kind:?} {members:?}");
    }
    assert_eq!(recipients(MailKind::Disabled, &[], None), []);
}

fn pending(kind: Kind, about: Option<&str>, sequence: u64) -> Pending {
    let entry = Entry::new(NOW, kind, about);
    Pending {
        recorded_at: NOW,
        sequence,
        place: 0,
        kind: MailKind::of(&entry).expect("a kind that is mailed"),
        entry,
    }
}

fn standing() -> Standing {
    Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW)
}

fn fates(pending: Vec<Pending>, watch: &Watch, withdrawn: &[&str]) -> Vec<Fate> {
    let withdrawn: BTreeSet<String> = withdrawn.iter().map(|it| (*it).to_owned()).collect();
    let facts = Facts {
        standing: &standing(),
        invoices: &BTreeMap::new(),
        watch,
        withdrawn: &withdrawn,
        now: NOW,
    };
    plan(pending, facts).into_iter().map(|planned| planned.fate).collect()
}

/// Goal: what does not hold any more is superseded: a state that is over, an alert that was
/// removed, a price that stays.
#[test]
fn what_no_longer_holds_is_not_mailed() {
    const GONE: Fate = Fate::Superseded(Superseded::NoLongerTrue);
    let usd = Money::new(1, Currency::parse("usd").unwrap());
    let alert =
        Watch { threshold: Some(Threshold { amount: usd, since: NOW }), ..Watch::default() };
    let triggered = || pending(Kind::Alert(AlertEvent::Triggered), Some("2026-11"), 1);
    let price = || pending(Kind::PriceChangeAnnounced, Some("tollgate_team_month"), 2);

    assert_eq!(fates(vec![triggered()], &alert, &[]), [Fate::Mailed]);
    assert_eq!(fates(vec![triggered()], &Watch::default(), &[]), [GONE]);
    assert_eq!(fates(vec![price()], &alert, &[]), [Fate::Mailed]);
    assert_eq!(fates(vec![price()], &alert, &["tollgate_team_month"]), [GONE]);
    for kind in [Kind::AccountDisabled, Kind::AccountPastDue, Kind::AccountDisableScheduled] {
        assert_eq!(fates(vec![pending(kind, None, 1)], &alert, &[]), [GONE], "{kind:?}");
    }
    let paid = Kind::Invoice(InvoiceEvent::PaymentFailed);
    assert_eq!(fates(vec![pending(paid, Some("in_1"), 1)], &alert, &[]), [GONE], "not owed");
}

/// Goal: of several of a topic that hold, the gravest is mailed, and the latest of a kind; topics
/// do not matter to each other.
#[test]
fn of_several_the_gravest_of_each_topic_is_mailed() {
    const OTHER: Fate = Fate::Superseded(Superseded::ByAnother);
    let usd = Money::new(1, Currency::parse("usd").unwrap());
    let alert =
        Watch { threshold: Some(Threshold { amount: usd, since: NOW }), ..Watch::default() };
    let declined = crate::journal::credits::CreditsEvent::RechargeDeclined;
    let paused = crate::journal::credits::CreditsEvent::RechargePaused;
    let all = vec![
        pending(Kind::Alert(AlertEvent::Triggered), Some("2026-11"), 1),
        pending(Kind::AccountReactivated, None, 2),
        pending(Kind::Credits(declined), Some("pur_1"), 3),
        pending(Kind::Credits(paused), Some("pur_1"), 4),
        pending(Kind::AccountReactivated, None, 5),
        pending(Kind::PriceChangeAnnounced, Some("a"), 6),
        pending(Kind::PriceChangeAnnounced, Some("b"), 7),
    ];
    let expected =
        [Fate::Mailed, OTHER, OTHER, Fate::Mailed, Fate::Mailed, Fate::Mailed, Fate::Mailed];
    assert_eq!(fates(all, &alert, &[]), expected);
}

fn mail(kind: MailKind) -> Mail {
    Mail {
        version: 0,
        recorded_at: NOW,
        sequence: 7,
        place: 0,
        kind,
        recipient: Some(Recipient::Billing),
        status: MailStatus::Sending,
        sendings: 0,
        at: NOW,
        is_asked_again: false,
    }
}

/// Goal: a marker in doubt lets a required mail go once more and an optional one not; what is being
/// sent is waited for; what is sent is not sent again unless somebody asks.
#[test]
fn a_mail_in_doubt_goes_once_more_only_if_it_is_required() {
    let later = NOW.plus_seconds(IN_PROGRESS_SECONDS);
    for kind in [MailKind::Disabled, MailKind::Alert] {
        let Step::Send(first) = mail(kind).step(None, NOW) else { panic!("not sent") };
        assert_eq!((first.sendings, &first.status), (1, &MailStatus::Sending));
        assert_eq!(mail(kind).step(Some(&first), NOW.plus_seconds(1)), Step::Wait);

        let doubted = mail(kind).step(Some(&first), later);
        if kind.is_required() {
            let Step::Send(second) = doubted else { panic!("{doubted:?}") };
            assert_eq!(second.sendings, 2);
            assert_eq!(mail(kind).step(Some(&second), later.plus_seconds(359)), Step::Wait);
            let (mut marker, mut at, mut sendings) = (second, later, 2);
            let end = loop {
                at = at.plus_seconds(30 * 3_600);
                match mail(kind).step(Some(&marker), at) {
                    Step::Send(next) => (marker, sendings) = (next, sendings + 1),
                    Step::GiveUp(end) => break end,
                    other @ (Step::Wait | Step::Nothing) => panic!("{other:?}"),
                }
            };
            assert_eq!((sendings, &end.status), (16, &MailStatus::InDoubt));
        } else {
            let Step::GiveUp(end) = doubted else { panic!("{doubted:?}") };
            assert_eq!(end.status, MailStatus::InDoubt);
        }

        let sent = first.ended(MailStatus::Sent("1".to_owned()), NOW);
        assert_eq!(mail(kind).step(Some(&sent), later), Step::Nothing);
        let asked = sent.asked_again(later).expect("it can be sent again");
        assert_eq!(asked.asked_again(later), None, "it is asked for");
        let Step::Send(again) = mail(kind).step(Some(&asked), later) else { panic!("not again") };
        assert_eq!((again.sendings, again.number()), (2, first.number()));

        let free = first.released();
        let Step::Send(free) = mail(kind).step(Some(&free), NOW) else { panic!("not free") };
        assert_eq!(free.sendings, 1, "it was certainly not sent");
    }
}

/// Goal: a subscription that begins or ends is mailed, every other change of one is not; a paid
/// invoice is mailed once, by the fact that made it so.
#[test]
fn only_some_entries_are_mailed() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let changed = |before: Option<&str>, after: &str| {
        let entry = Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"));
        MailKind::of(&entry.with("status", before.and_then(text), text(after)))
    };
    assert_eq!(changed(None, "active"), Some(MailKind::SubscriptionStarted));
    assert_eq!(changed(None, "incomplete"), None);
    assert_eq!(changed(Some("active"), "past_due"), None);
    assert_eq!(changed(Some("active"), "canceled"), Some(MailKind::SubscriptionEnded));
    let seats = Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"));
    assert_eq!(MailKind::of(&seats.with("seats", None, Some(Value::Number(3)))), None);

    let paid = |event: InvoiceEvent, after: Option<&str>| {
        let entry = Entry::new(NOW, Kind::Invoice(event), Some("in_1"));
        MailKind::of(&entry.with("status", text("open"), after.and_then(text)))
    };
    assert_eq!(paid(InvoiceEvent::Paid, Some("paid")), Some(MailKind::Paid));
    assert_eq!(paid(InvoiceEvent::PaymentSucceeded, Some("paid")), Some(MailKind::Paid));
    assert_eq!(paid(InvoiceEvent::Voided, Some("void")), None);
    for (kind, word) in MailKind::WORDS {
        assert_eq!(MailKind::of_word(word), Some(*kind));
    }
}
