//! Sentences of the dashboard's pages.

use billing::authority::Role;
use billing::banner::Banner;
use billing::credits::ledger::LedgerKind;
use billing::credits::recharge::{PauseReason, Verdict};
use billing::fact::Suspension;
use billing::ids::AccountId;
use billing::journal::{Entry, Kind as Happened, Value};
use billing::money::Money;
use billing::session::NotSignedIn;
use billing::state::State;
use billing::usage::{Exceeded, Kind};

use super::changes;
use super::values::{instant, last_day, money, number};
use crate::Wording;
use crate::outcome::{Done, Refusal};

fn sums(all: &[Money]) -> String {
    all.iter().map(|sum| money(*sum)).collect::<Vec<_>>().join(" and ")
}

/// The banner, with amounts for a reader who may see them.
pub(crate) fn banner(banner: &Banner) -> Wording {
    let (detail, clears_by) = match banner {
        Banner::Closed(State::Terminated) => (
            "This account was terminated.".to_owned(),
            "Its invoices and records stay here. Support can tell you more.".to_owned(),
        ),
        Banner::Closed(_) => {
            ("This account is closed.".to_owned(), "Its invoices and records stay here.".to_owned())
        }
        Banner::Disabled { overdue } => (
            format!("This account is disabled: {} is overdue.", sums(overdue)),
            "It is back at once when everything that is overdue is paid.".to_owned(),
        ),
        Banner::Paused(suspension) => paused(*suspension),
        Banner::PaymentNeedsYou => (
            "A payment needs your confirmation.".to_owned(),
            "Your bank asks the card holder to confirm it. Until then nothing has changed."
                .to_owned(),
        ),
        Banner::PastDue { overdue, disables_on } => (
            format!("{} is overdue.", sums(overdue)),
            match disables_on {
                Some(at) => {
                    format!("Without a payment the account is disabled on {}.", instant(*at))
                }
                None => "Please pay it to keep the account in good standing.".to_owned(),
            },
        ),
        Banner::Restricted(exceeded) => restricted(exceeded),
        Banner::RechargePaused(reason, _) => {
            ("Auto-recharge is paused.".to_owned(), recharge_paused(*reason).to_owned())
        }
        Banner::PaidBy(parent) => return paid_by(parent),
        Banner::PlanEnds(at) => (
            format!("Your plan ends on {}.", last_day(*at)),
            "From then on the Free plan holds. Until then you can keep your plan.".to_owned(),
        ),
    };
    Wording { detail, clears_by }
}

/// The banner for a reader who sees the product and not its billing.
pub(crate) fn banner_without_money(banner: &Banner) -> Wording {
    let ask = "An administrator of the account can settle this.".to_owned();
    let detail = match banner {
        Banner::Closed(_) => return self::banner(banner),
        Banner::Disabled { .. } => "This account is disabled.",
        Banner::Paused(_) => "The plan is paused.",
        Banner::PastDue { .. } => "This account is past due.",
        Banner::Restricted(exceeded) => {
            let (detail, _) = restricted(exceeded);
            return Wording { detail, clears_by: ask };
        }
        Banner::PaidBy(parent) => return paid_by(parent),
        Banner::PaymentNeedsYou => "A change of the plan is waiting for an administrator.",
        Banner::RechargePaused(..) => "Credits are not bought automatically at the moment.",
        Banner::PlanEnds(at) => {
            return Wording {
                detail: format!("The plan ends on {}.", last_day(*at)),
                clears_by: ask,
            };
        }
    };
    Wording { detail: detail.to_owned(), clears_by: ask }
}

fn paid_by(parent: &AccountId) -> Wording {
    Wording {
        detail: format!("This account is paid by {parent}."),
        clears_by: "Its plan and its invoices are there.".to_owned(),
    }
}

fn paused(suspension: Suspension) -> (String, String) {
    let (detail, clears_by) = match suspension {
        Suspension::ForPayment => (
            "Your plan is paused, because there was no payment method to charge.",
            "Add a payment method, then resume the plan.",
        ),
        Suspension::ByVendor => {
            ("Your plan is paused. Nothing is charged meanwhile.", "Support can resume it.")
        }
    };
    (detail.to_owned(), clears_by.to_owned())
}

fn restricted(exceeded: &[Exceeded]) -> (String, String) {
    let said = exceeded.iter().map(|it| {
        format!(
            "{}: {} used of {} included",
            it.name,
            number(it.used.into()),
            number(it.included.into())
        )
    });
    let said = said.collect::<Vec<_>>().join("; ");
    let waits = exceeded.iter().all(|it| it.kind == Kind::Sum);
    let clears_by = if waits {
        "Answers come from the cache until the next month, or until you choose a larger plan."
    } else {
        "Answers come from the cache until less is held, or until you choose a larger plan."
    };
    (format!("Your plan's limit is reached. {said}."), clears_by.to_owned())
}

/// Reason why auto-recharge does not buy, with what lets it go on.
pub(crate) fn recharge_paused(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::Declined => "The card was declined. Another card lets it go on.",
        PauseReason::AuthenticationRequired => {
            "The bank asks the card holder to confirm the payment. Confirming it, or another card, \
             lets it go on."
        }
        PauseReason::Dispute => {
            "A payment for credits is disputed. Saving the settings again lets it go on."
        }
        PauseReason::NoPaymentMethod => {
            "There is no payment method on file. Adding one lets it go on."
        }
    }
}

/// Prospect of the next purchase by auto-recharge.
pub(crate) fn verdict(verdict: &Verdict, threshold: i64) -> String {
    match verdict {
        Verdict::Charging => "A pack is being bought right now.".to_owned(),
        Verdict::Off => "Off: credits are bought by hand.".to_owned(),
        Verdict::Held => "On, and held while the account is disabled.".to_owned(),
        Verdict::Paused => "Paused.".to_owned(),
        Verdict::Enough => {
            format!("On: buys when fewer than {} credits are available.", number(threshold.into()))
        }
        Verdict::Waits(at) => format!("On: tries again on {}.", instant(*at)),
        Verdict::OverLimit => {
            "On, and stopped by this month's spending limit. A higher limit starts it at once."
                .to_owned()
        }
        Verdict::Buy => "On: buys a pack within the next minutes.".to_owned(),
    }
}

/// Kind of an entry of the credits' history.
pub(crate) fn ledger_kind(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Purchase => "Bought",
        LedgerKind::AutoRecharge => "Bought by auto-recharge",
        LedgerKind::Deduction => "Used",
        LedgerKind::Refund => "Refund",
        LedgerKind::Dispute => "Dispute",
        LedgerKind::Adjustment => "Adjusted by support",
    }
}

/// State of an account.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Terminated => "Terminated",
        State::Canceled => "Closed",
        State::Disabled => "Disabled",
        State::Restricted => "Restricted",
        State::PastDue => "Past due",
        State::Active => "Active",
    }
}

/// Role of a member.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::AccountAdministrator => "Administrator",
        Role::Finance => "Finance",
        Role::Member => "Member",
    }
}

/// Outcome of a form that succeeded.
pub(crate) fn done(done: Done) -> &'static str {
    match done {
        Done::PlanChanged => "Your plan was changed.",
        Done::ChangeBooked => "The change is booked for the end of the period.",
        Done::PlanEnds => "Your plan ends with its period. Until then you can keep it.",
        Done::PlanKept => "Your plan goes on as it is.",
        Done::RechargeSaved => "Auto-recharge was saved.",
        Done::DetailsSaved => "The billing details were saved. The next invoice prints them.",
        Done::PreferencesSaved => "Your mail preferences were saved.",
        Done::KeyRevoked => "The API key was revoked. It opens nothing from now on.",
        Done::AlertSaved => "The alert was saved.",
        Done::AlertRemoved => "The alert was removed. No mail is sent any more.",
        Done::InvoicePaid => "The invoice is paid. Thank you.",
        Done::AllPaid => "Everything is paid. Thank you.",
        Done::PaymentUnderWay => {
            "The payment is on its way. The bank reports its outcome within days."
        }
        Done::TransferTold => "Thank you. We look for the transfer within 48 hours.",
        Done::TransferWithdrawn => "The transfer is not waited for any more.",
        Done::CreditsBought => "The credits were bought and can be used.",
        Done::CreditsNotBought => "No credits were bought, and nothing was charged.",
    }
}

/// Reason why a link opens no session.
pub(crate) fn not_signed_in(why: NotSignedIn) -> &'static str {
    match why {
        NotSignedIn::Unknown => "This link is not complete, or it was never made.",
        NotSignedIn::Used => "This link was used before. Each link opens the pages once.",
        NotSignedIn::Expired => "This link has expired. Links last five minutes.",
        NotSignedIn::MemberRemoved => "You are not a member of this account any more.",
    }
}

/// Refusals that belong to pages alone.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::FormExpired => {
            "This page was open for too long, or was opened elsewhere. Nothing \
             was done: please check the form and send it again."
                .to_owned()
        }
        Refusal::DoneMeanwhile(person) => format!(
            "Done meanwhile by {person}: please look at the account's timeline before you go on. \
             Nothing more was done."
        ),
        Refusal::WrongFields => "Please check what is marked below. Nothing was saved.".to_owned(),
        Refusal::FormReused => {
            "This form was sent before, with other values. Please check what is \
             so now, and send it again if it is still wanted."
                .to_owned()
        }
        Refusal::InProgress => {
            "Another change of this account is in progress. Nothing was done: please try again in \
             a few seconds."
                .to_owned()
        }
        Refusal::Unknown => "We are finding out what became of this: please look here again in a \
             minute before you repeat it. Nothing is done twice."
            .to_owned(),
        Refusal::NoCustomer => {
            "The account is still being set up. Please try again in a few minutes.".to_owned()
        }
        Refusal::LimitBelowPrice(price) => {
            format!("One pack costs {}: with a lower limit nothing could be bought.", money(*price))
        }
        Refusal::AccountNotServed(is) => {
            format!("The account is {}: nothing can be bought.", state(*is).to_lowercase())
        }
    }
}

/// A declined payment, and what did not change.
pub(crate) fn change_declined(code: &str, message: Option<&str>) -> String {
    match (code, message) {
        ("authentication_required", _) => "Your bank asks you to confirm the payment. Nothing has \
             changed: the plan changes once the payment is confirmed."
            .to_owned(),
        ("payment_method_required", _) => {
            "There is no payment method to charge. Nothing has changed.".to_owned()
        }
        (_, Some(message)) => {
            format!("The payment was declined. {} Nothing has changed.", message.trim())
        }
        (_, None) => "The payment was declined. Nothing has changed.".to_owned(),
    }
}

/// An entry of the journal for the account's own people: values as they write them.
pub(crate) fn customer_entry(entry: &Entry) -> String {
    match (entry.kind, entry.changes.as_slice()) {
        (Happened::SubscriptionChanged, [only]) if only.field == "period_end" => {
            match &only.after {
                Some(Value::Time(at)) => format!("The plan runs until {}.", last_day(*at)),
                Some(_) | None => "The plan was renewed.".to_owned(),
            }
        }
        (Happened::SubscriptionChanged, changes) => {
            format!("The plan: {}.", changes::listed(changes))
        }
        (Happened::DetailsChanged, changes) => {
            format!("Billing details: {}.", changes::listed(changes))
        }
        (Happened::ChangeBooked, changes) => {
            format!("A change is booked for the end of the period: {}.", changes::listed(changes))
        }
        _ => super::entry(entry),
    }
}
