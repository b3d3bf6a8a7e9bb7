//! English.

mod changes;
pub(crate) mod corrections;
mod disputes;
pub(crate) mod endpoints;
pub(crate) mod family;
pub(crate) mod letters;
pub(crate) mod notes;
pub(crate) mod page;
pub(crate) mod payments;
pub(crate) mod prices;
pub(crate) mod problems;
pub(crate) mod transfers;
pub(crate) mod values;

use billing::advice::TransferRefusal;
use billing::alerts::{AlertRefusal, THRESHOLD_MAX};
use billing::api_key::{KEYS_MAX, KeyRefusal};
use billing::cancellation::{BLOCKERS_MAX, BlockerRefusal};
use billing::details::DetailsRefusal;
use billing::fact::InvoiceEvent;
use billing::ids::AccountId;
use billing::journal::alert::AlertEvent;
use billing::journal::credits::CreditsEvent;
use billing::journal::{Entry, FieldChange, Kind, Value};
use billing::member::{MEMBERS_MAX, MemberRefusal};
use billing::opening::{Left, OpeningRefusal, RefusedField};

use crate::wording::Wording;

/// An entry of the journal.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each kind")]
pub(crate) fn entry(entry: &Entry) -> String {
    let about = entry.about.as_deref().unwrap_or("the account");
    let listed = || changes::listed(&entry.changes);
    let remainder = || remainder(entry);
    match entry.kind {
        Kind::AccountCreated => "The account was created.".to_owned(),
        Kind::AccountRenamed => format!("The account was renamed: {}.", listed()),
        Kind::AccountPastDue => {
            format!("The account became past due{}.{}", because(entry), will_be_disabled(entry))
        }
        Kind::AccountDisableScheduled => {
            format!("A reminder was due{}.{}", because(entry), will_be_disabled(entry))
        }
        Kind::AccountDisabled => format!("The account was disabled{}.", because(entry)),
        Kind::AccountReactivated => {
            "The account was reactivated: nothing overdue remains.".to_owned()
        }
        Kind::AccountRecovered => {
            "The account is in good standing again: nothing overdue remains.".to_owned()
        }
        Kind::AccountClosed => {
            let reason = after(entry, "reason").map(|it| format!(" Reason: {it}"));
            format!("The account was closed.{}", reason.unwrap_or_default())
        }
        Kind::HoldChanged => hold_changed(entry),
        Kind::Invoice(event) => {
            let (happened, remainder) = (happened(event), remainder());
            format!("Invoice {about} {happened}{remainder}.{}", will_be_disabled(entry))
        }
        Kind::CreditNoteIssued => {
            format!("A credit note was issued on invoice {about}{}.", remainder())
        }
        Kind::CreditNoteGiven => notes::entry(entry, about),
        Kind::CreditNoteVoided => {
            format!("A credit note on invoice {about} was voided{}.", remainder())
        }
        Kind::SubscriptionChanged => format!("Subscription {about}: {}.", listed()),
        Kind::DetailsChanged => format!("Billing details changed: {}.", listed()),
        Kind::FactRefused => format!(
            "A message from Stripe about {about} contradicts what is known and was not applied."
        ),
        Kind::CustomerLinked => format!("Stripe customer {about} was made for the account."),
        Kind::KeyCreated => format!("API key {about} was made."),
        Kind::KeyDeleted => format!("API key {about} was deleted."),
        Kind::ChangeBooked => {
            format!("A change is booked for the end of the period: {}.", listed())
        }
        Kind::ChangeUndone => "The booked change was taken back.".to_owned(),
        Kind::ChangeDeclined => {
            format!("A change was not paid for, and nothing changed: {}.", listed())
        }
        Kind::PlanSet => format!("Staff set the plan: {}.", listed()),
        Kind::TermsChanged => format!("Invoices are collected otherwise: {}.", listed()),
        Kind::PartnerChanged => format!("Partner terms changed: {}.", listed()),
        Kind::PaymentMethodSet => format!("Payment method {about} is charged from now on."),
        Kind::MemberSaved => changes::member(about, entry),
        Kind::MemberRemoved => format!("Member {about} was removed."),
        Kind::BlockerReported => {
            format!("The account cannot be cancelled because of {about}: {}.", listed())
        }
        Kind::BlockerCleared => format!("{about} keeps the account from cancelling no more."),
        Kind::UsageClosed => format!("Usage of {about} was closed: {}.", listed()),
        Kind::UsageCorrected => corrections::entry(entry, about),
        Kind::RestBilled => {
            format!(
                "The rest of the period is invoiced, because the account is back: {}.",
                listed()
            )
        }
        Kind::RestNotInvoiced => {
            format!("The rest of the period could not be invoiced: {}.", listed())
        }
        Kind::UsageNotInvoiced => format!("Usage of {about} could not be invoiced: {}.", listed()),
        Kind::PriceChangeAnnounced => price_notice(about, entry),
        Kind::PriceChangeWithdrawn => format!("The price change {about} was withdrawn."),
        Kind::Alert(event) => alert(event, entry, about),
        Kind::Credits(event) => credits(event, entry, about),
        Kind::Transfer(event) => transfers::entry(event, entry, about),
        Kind::Dispute(event) => disputes::entry(event, entry, about),
        Kind::Family(event) => family::entry(event, entry, about),
    }
}

/// Reason why a threshold is not accepted.
pub(crate) fn alert_refused(refusal: &AlertRefusal) -> String {
    match refusal {
        AlertRefusal::OutOfRange => {
            format!("A whole number of minor units from 1 to {THRESHOLD_MAX} is expected.")
        }
        AlertRefusal::OtherCurrency(currencies) => {
            let codes: Vec<String> = currencies.iter().map(|it| format!("`{it}`")).collect();
            format!("The account is invoiced in {}.", codes.join(" or "))
        }
    }
}

fn alert(event: AlertEvent, entry: &Entry, about: &str) -> String {
    let said = |field: &str| after(entry, field).map(changes::value).unwrap_or_default();
    match event {
        AlertEvent::Updated => format!("The spend alert is set to {}.", said("threshold")),
        AlertEvent::Removed => "The spend alert was removed.".to_owned(),
        AlertEvent::Triggered => format!(
            "The upcoming invoice for {about} came to {}, more than the alert at {}.",
            said("upcoming"),
            said("threshold")
        ),
    }
}

/// Reason why something about a transfer is refused, and the way to clear it.
pub(crate) fn transfer_refused(refusal: &TransferRefusal) -> Wording {
    let (detail, clears_by) = transfers::refused(refusal);
    Wording { detail, clears_by: clears_by.to_owned() }
}

/// Reason why an account is not opened.
pub(crate) fn opening_refused(refusal: &OpeningRefusal) -> String {
    match refusal {
        OpeningRefusal::Exists(account) => format!("There is an account `{account}` already."),
        OpeningRefusal::AlreadyLinked(customer) => {
            format!("The Stripe customer {customer} belongs to another account.")
        }
        OpeningRefusal::UnknownCustomer(customer) => {
            format!("Stripe knows no customer {customer}, or knows it as deleted.")
        }
        OpeningRefusal::KeyReused => key_reused(),
        OpeningRefusal::Family(refusal) => family::refused(refusal).detail,
        OpeningRefusal::ByStripe(refused) => refused_by_stripe(refused),
    }
}

/// Stripe did not answer, and the same request does the rest.
pub(crate) fn stripe_unanswered(left: Left, account: &AccountId) -> String {
    let done = match left {
        Left::Nothing => "Nothing was done.".to_owned(),
        Left::Begun => format!("Account `{account}` exists and is not complete."),
        Left::Unread => "Not all that the customer has at Stripe could be read in time.".to_owned(),
        Left::Part => {
            return "Stripe could not be asked just now. A part of it may be done; please send the same \
                    request again, which does the rest."
                .to_owned();
        }
    };
    format!(
        "Stripe could not be asked just now. {done} Please send the same request again (with `id` \
         `{account}`, or with the same Idempotency-Key): it goes on where this one stopped, and does \
         nothing twice."
    )
}

/// Reason why billing details are not changed.
pub(crate) fn details_refused(refusal: &DetailsRefusal) -> String {
    match refusal {
        DetailsRefusal::Incomplete => {
            "The account has no customer at Stripe yet: whoever opened it sends that request again."
                .to_owned()
        }
        DetailsRefusal::CustomerDeleted => {
            "The account's customer was deleted at Stripe.".to_owned()
        }
        DetailsRefusal::ByStripe(refused) => refused_by_stripe(refused),
    }
}

/// Stripe refuses something, in its own words.
pub(crate) fn refused_by_stripe(refused: &RefusedField) -> String {
    let message = refused.message.as_deref().unwrap_or("it does not say why");
    format!("Stripe refuses this: {message}")
}

/// Reason why a member is not saved or removed, and the way to clear it.
pub(crate) fn member_refused(refusal: MemberRefusal) -> Wording {
    let (detail, clears_by) = match refusal {
        MemberRefusal::LastAdministrator(_) => (
            "the account's last administrator cannot be removed, or be given another role, by the account itself."
                .to_owned(),
            "Making somebody else an account administrator first.",
        ),
        MemberRefusal::TooMany => (
            format!("An account can have {MEMBERS_MAX} members."),
            "Removing another member first.",
        ),
        MemberRefusal::Unknown => {
            ("There is no such member.".to_owned(), "Adding the member first.")
        }
        MemberRefusal::StillMember => (
            "The person is still a member of the account, so nothing was erased.".to_owned(),
            "Removing the member first, or closing the account.",
        ),
    };
    Wording { detail, clears_by: clears_by.to_owned() }
}

/// Reason why a blocker is not reported.
pub(crate) fn blocker_refused(refusal: BlockerRefusal) -> String {
    match refusal {
        BlockerRefusal::TooMany => format!("An account can have {BLOCKERS_MAX} blockers at once."),
    }
}

/// Reason why a key is not made or deleted.
pub(crate) fn key_refused(refusal: &KeyRefusal) -> String {
    match refusal {
        KeyRefusal::SecretAlreadyShown(id) => format!(
            "This request made API key {id}, whose secret was shown then and is not kept. If it was \
             lost, delete that key and make another with a new Idempotency-Key."
        ),
        KeyRefusal::TooMany => {
            format!("An account can have {KEYS_MAX} API keys: revoke one that is not used.")
        }
        KeyRefusal::IdempotencyKeyReused => key_reused(),
        KeyRefusal::Unknown => "There is no such API key.".to_owned(),
    }
}

fn key_reused() -> String {
    "This Idempotency-Key was used before, with another body.".to_owned()
}

fn because(entry: &Entry) -> String {
    match entry.because.as_slice() {
        [] => String::new(),
        [one] => format!(" because invoice {one} is overdue"),
        several => format!(" because invoices {} are overdue", several.join(", ")),
    }
}

/// The date on which the account will be disabled, when the entry has it.
fn will_be_disabled(entry: &Entry) -> String {
    match after(entry, "disables_on") {
        Some(date) => {
            let date = changes::value(date);
            format!(" The account will be disabled on {date} if nothing is paid.")
        }
        None => String::new(),
    }
}

/// Grace that staff gave: days, a date with its reason, or the end of such a date.
fn hold_changed(entry: &Entry) -> String {
    if let Some(days) = after(entry, "grace_days") {
        return format!("Overdue invoices disable the account after {days} days from now on.");
    }
    let reason = after(entry, "reason").map(|it| format!(" Reason: {it}")).unwrap_or_default();
    match after(entry, "hold_until") {
        Some(until) => {
            format!("Open invoices disable nobody until {}.{reason}", changes::value(until))
        }
        None => "Open invoices are held no longer.".to_owned(),
    }
}

fn happened(event: InvoiceEvent) -> &'static str {
    match event {
        InvoiceEvent::Created => "is being drafted",
        InvoiceEvent::Finalized => "was finalized",
        InvoiceEvent::Updated => "has other terms or dates",
        InvoiceEvent::Paid => "was settled",
        InvoiceEvent::PaymentSucceeded => "was paid",
        InvoiceEvent::PaymentFailed => "could not be collected: the payment failed",
        InvoiceEvent::PaymentActionRequired => {
            "could not be collected: the payment needs authentication"
        }
        InvoiceEvent::Voided => "was voided",
        InvoiceEvent::MarkedUncollectible => "was marked uncollectible; it is still unpaid",
        InvoiceEvent::Deleted => "was deleted as a draft",
        InvoiceEvent::Overdue => "became overdue",
    }
}

fn change<'a>(entry: &'a Entry, field: &str) -> Option<&'a FieldChange> {
    entry.changes.iter().find(|change| change.field == field)
}

fn after<'a>(entry: &'a Entry, field: &str) -> Option<&'a Value> {
    change(entry, field).and_then(|change| change.after.as_ref())
}

/// The amount that is left to pay, when the entry has it.
fn remainder(entry: &Entry) -> String {
    match after(entry, "amount_remaining") {
        Some(Value::Money(money)) if money.amount == 0 => "; nothing remains to pay".to_owned(),
        Some(value) => format!("; {} remains to pay", changes::value(value)),
        None => String::new(),
    }
}

fn price_notice(price: &str, entry: &Entry) -> String {
    let amounts = change(entry, "amount").and_then(|it| it.before.as_ref().zip(it.after.as_ref()));
    let Some(((from, to), at)) = amounts.zip(after(entry, "effective_at")) else {
        return format!("The price {price} changes.");
    };
    let [from, to, at] = [from, to, at].map(changes::value);
    format!(
        "The price {price} will be {to} instead of {from} from the first period on that begins on {at} or later, \
         and 30 days after this notice."
    )
}

fn credits(event: CreditsEvent, entry: &Entry, about: &str) -> String {
    let said = |field: &str| after(entry, field).map(changes::value).unwrap_or_default();
    let tokens = match after(entry, "tokens") {
        Some(Value::Number(tokens)) => *tokens,
        _ => 0,
    };
    let many = values::number(tokens.unsigned_abs().into());
    match event {
        CreditsEvent::Purchased => {
            format!("{many} credits were bought for {} and granted ({about}).", said("price"))
        }
        CreditsEvent::PurchaseFailed => format!(
            "The payment of {} for credits failed ({about}): nothing was granted.",
            said("price")
        ),
        CreditsEvent::TakenBack => format!("{many} credits were taken back because of {about}."),
        CreditsEvent::Returned => {
            format!("{many} credits were given back: {about} did not take the money after all.")
        }
        CreditsEvent::Adjusted => {
            let did = if tokens < 0 { "removed" } else { "granted" };
            let why = after(entry, "reason").map(|why| format!(": {why}")).unwrap_or_default();
            format!("Staff {did} {many} credits{why}.")
        }
        CreditsEvent::RechargeSet => {
            format!("Auto-recharge was set: {}.", changes::listed(&entry.changes))
        }
        CreditsEvent::RechargeDeclined => format!(
            "Auto-recharge was declined ({}). It is tried again on {}, if credits are still low.",
            said("decline_code"),
            said("next_attempt_at")
        ),
        CreditsEvent::RechargePaused => {
            let decline = after(entry, "decline_code").map(ToString::to_string);
            paused(&said("reason"), decline.as_deref())
        }
        CreditsEvent::RechargeResumed => "Auto-recharge goes on.".to_owned(),
        CreditsEvent::LimitReached => format!(
            "Auto-recharge did not buy: with {} more, the {} spent this month would pass the limit of {}. \
             It starts again on {}.",
            said("price"),
            said("spent_this_period"),
            said("spending_limit"),
            said("resets_at")
        ),
    }
}

fn paused(reason: &str, decline: Option<&str>) -> String {
    match (reason, decline) {
        ("declined", Some(code)) => format!(
            "Auto-recharge is paused: the card was declined ({code}). Another card lets it go on."
        ),
        ("authentication_required", _) => "Auto-recharge is paused: the payment needs the card holder's \
             authentication. Completing it on the payment page, or another card, lets it go on."
            .to_owned(),
        ("dispute", _) => "Auto-recharge is paused: a payment for credits is disputed. Setting it again lets it go on."
            .to_owned(),
        ("no_payment_method", _) => "Auto-recharge is paused: there is no payment method on file. Adding one lets it \
             go on."
            .to_owned(),
        (other, _) => format!("Auto-recharge is paused ({other})."),
    }
}

#[cfg(test)]
mod tests;
