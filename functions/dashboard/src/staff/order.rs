//! Forms of acts, read: the fields of a form become an order to a command, with the sentences that
//! the second page shows.

use billing::account::Closure;
use billing::advice::{Advice, NOTE_CHARACTERS_MAX, REFERENCE_CHARACTERS_MAX};
use billing::crediting::{Credited, GiveBack, NoteRequest};
use billing::credits::Wish;
use billing::desk::Grace;
use billing::money::{Currency, Money};
use billing::month::Day;
use billing::receipt::Source;
use billing::staff::StaffAct;
use billing::time::Timestamp;
use billing::usage::correction::CorrectionRequest;
use catalog::Catalog;
use invocation::Invocation;
use pages::form::Typed;
use plans_commands::{Closing, Conversion, GivenPlan, GivenTerms, Terms, Wanted};
use runtime::input::idempotency;
use runtime::{Problem, Request};
use transfers_commands::desk::{Approval, Found};

use crate::LANGUAGE;
use crate::form::{number, text};
use crate::payments::named;
use crate::problem::field;
use crate::staff::correct::{ID_CHARACTERS, correction, note};

/// An order to a command, with the person's reason.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) reason: Option<String>,
    pub(super) what: What,
}

/// A command with its values.
#[derive(Debug)]
pub(super) enum What {
    Hold(Grace),
    Terms(Terms),
    TermsOfUpfrontPayer(Terms),
    Plan(Wanted),
    Credits(Wish),
    Usage(CorrectionRequest),
    Note(NoteRequest),
    Receipt(Found),
    Reverse(String),
    Approve(String, Approval),
    Reject(String, String),
    Close(Closing),
    Convert(Conversion),
    Resend(String),
}

/// Id of the adjustment that a form makes.
pub(super) fn entry_id(request: &Request, invocation: &Invocation) -> Option<String> {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let key = idempotency(request, account, invocation.now).ok().flatten()?;
    Some(format!("adj_{}", key.fingerprint.get(..ID_CHARACTERS)?))
}

/// Reads the form of an act.
pub(super) fn order(
    invocation: &Invocation,
    (act, typed): (StaffAct, &Typed),
    (catalog, advice): (&Catalog, Option<&Advice>),
) -> Result<Order, Problem> {
    let reason = reason(act, typed)?;
    let given = reason.clone().unwrap_or_default();
    let advised = || advice.ok_or_else(|| Problem::not_found("payment advice"));
    let what = match act {
        StaffAct::Hold => What::Hold(grace(typed, given)?),
        StaffAct::Collection => terms(typed)?,
        StaffAct::Plan => What::Plan(plan(typed, catalog)?),
        StaffAct::Credits => What::Credits(credits(invocation, typed, given)?),
        StaffAct::Usage => What::Usage(correction(invocation, typed, given)?),
        StaffAct::CreditNote => What::Note(note(invocation, typed, given)?),
        StaffAct::Receipt => What::Receipt(found(invocation, typed, Source::Transfer)?),
        StaffAct::Prepayment => What::Receipt(found(invocation, typed, Source::Prepayment)?),
        StaffAct::ReversePrepayment => What::Reverse(text(typed, "prepayment").to_owned()),
        StaffAct::Approve => {
            let advice = advised()?;
            What::Approve(advice.id.clone(), approval(invocation, typed, (advice, given))?)
        }
        StaffAct::Reject => What::Reject(advised()?.id.clone(), given),
        StaffAct::Terminate => What::Close(Closing { how: Closure::Terminated, reason: given }),
        StaffAct::Close => What::Close(Closing { how: Closure::Canceled, reason: given }),
        StaffAct::ConvertToParent => What::Convert(Conversion::ToParent),
        StaffAct::ConvertToStandard => What::Convert(Conversion::ToStandard),
        StaffAct::SubAccountLimit => What::Convert(limit(typed)?),
        StaffAct::Resend => What::Resend(text(typed, "mail").to_owned()),
    };
    Ok(Order { reason, what })
}

fn reason(act: StaffAct, typed: &Typed) -> Result<Option<String>, Problem> {
    if !act.needs_reason() {
        return Ok(None);
    }
    let reason = text(typed, "reason");
    plans_commands::checked_reason(reason)?;
    if reason.chars().any(char::is_control) || reason.chars().count() > NOTE_CHARACTERS_MAX {
        return Err(field("reason", "A reason of one line is expected."));
    }
    Ok(Some(reason.to_owned()))
}

fn grace(typed: &Typed, reason: String) -> Result<Grace, Problem> {
    match (text(typed, "hold_until"), text(typed, "days")) {
        ("", "") => Ok(Grace::Ended),
        ("", _) => {
            let days = number(typed, "days");
            days.map(Grace::Days).ok_or_else(|| field("days", "A number of days is expected."))
        }
        (until, "") => {
            let until = Timestamp::parse(&format!("{until}T00:00:00Z"));
            let until = until.map_err(|_| field("hold_until", "A date is expected."))?;
            Ok(Grace::Until(until, reason))
        }
        (_, _) => Err(field("days", "Either days of grace or a date is expected.")),
    }
}

fn terms(typed: &Typed) -> Result<What, Problem> {
    let days = text(typed, "net_days");
    let net_days = match days {
        "" => None,
        days => {
            let wrong = |_| field("net_days", "A number of days is expected.");
            Some(days.parse::<u32>().map_err(wrong)?)
        }
    };
    let collection = text(typed, "collection").to_owned();
    let terms = GivenTerms { collection, net_days }.checked()?;
    let is_upfront = typed.contains_key("upfront");
    Ok(if is_upfront { What::TermsOfUpfrontPayer(terms) } else { What::Terms(terms) })
}

fn plan(typed: &Typed, catalog: &Catalog) -> Result<Wanted, Problem> {
    let currency = catalog.credit_currency;
    let price = |name: &str| match text(typed, name) {
        "" => Ok(None),
        amount => {
            let money = Money::typed(amount, currency);
            let money = money.map_err(|error| field(name, format!("Here {error}.")))?;
            Ok(Some(money.amount))
        }
    };
    let (amount, seat_amount) = (price("prices.amount")?, price("prices.seat_amount")?);
    if amount.is_none() && seat_amount.is_some() {
        return Err(field("prices.amount", "The price of the plan is expected too."));
    }
    let seats = match text(typed, "seats") {
        "" => None,
        seats => {
            let wrong = |_| field("seats", "A number of seats is expected.");
            Some(seats.parse::<u64>().map_err(wrong)?)
        }
    };
    let given = GivenPlan {
        plan: text(typed, "plan").to_owned(),
        interval: text(typed, "interval").to_owned(),
        seats,
        prices: amount.map(|amount| (amount, seat_amount)),
        partner: Some(typed.contains_key("partner")),
    };
    given.checked(catalog)
}

fn credits(invocation: &Invocation, typed: &Typed, reason: String) -> Result<Wish, Problem> {
    let tokens = text(typed, "tokens").replace('−', "-").replace([',', ' '], "");
    let tokens = tokens.parse::<i64>().ok().filter(|tokens| *tokens != 0);
    let tokens =
        tokens.ok_or_else(|| field("tokens", "A whole number other than 0 is expected."))?;
    let claim = invocation.claim().map(|claim| claim.fingerprint.as_str());
    let id = claim.and_then(|fingerprint| fingerprint.get(..ID_CHARACTERS)).unwrap_or_default();
    Ok(Wish { id: format!("adj_{id}"), tokens, reason: Some(reason) })
}

fn found(invocation: &Invocation, typed: &Typed, source: Source) -> Result<Found, Problem> {
    let currency = Currency::parse(text(typed, "currency"));
    let currency = currency.map_err(|_| field("currency", "Three letters are expected."))?;
    let received = money(typed, ("amount", currency))?;
    let reference = text(typed, "reference").to_owned();
    let fits = !reference.is_empty() && reference.chars().count() <= REFERENCE_CHARACTERS_MAX;
    if !fits || reference.chars().any(char::is_control) {
        return Err(field("reference", "The reference of the transfer is expected."));
    }
    let invoices = match source {
        Source::Transfer => named(typed),
        Source::Prepayment | Source::Advice => Vec::new(),
    };
    let approval = Approval {
        request: invocation.claim().map(|claim| claim.fingerprint.clone()),
        received,
        received_on: day(typed)?,
        note: None,
    };
    Ok(Found { approval, source, reference, invoices })
}

fn approval(
    invocation: &Invocation,
    typed: &Typed,
    (advice, reason): (&Advice, String),
) -> Result<Approval, Problem> {
    Ok(Approval {
        request: invocation.claim().map(|claim| claim.fingerprint.clone()),
        received: money(typed, ("received", advice.amount.currency))?,
        received_on: day(typed)?,
        note: Some(reason),
    })
}

fn money(typed: &Typed, (name, currency): (&str, Currency)) -> Result<Money, Problem> {
    let money = Money::typed(text(typed, name), currency);
    let money = money.map_err(|error| field(name, format!("Here {error}.")))?;
    if money.amount > 0 { Ok(money) } else { Err(field(name, "An amount above zero is expected.")) }
}

fn day(typed: &Typed) -> Result<Day, Problem> {
    Day::parse(text(typed, "received_on")).map_err(|_| field("received_on", "A date is expected."))
}

fn limit(typed: &Typed) -> Result<Conversion, Problem> {
    let accounts = number(typed, "accounts").and_then(|it| u32::try_from(it).ok());
    let accounts = accounts.ok_or_else(|| field("accounts", "A number is expected."))?;
    plans_commands::checked_sub_account_limit(accounts).map(Conversion::Limit)
}

impl Order {
    /// Description of the act for the second page, in sentences.
    pub(super) fn said(&self, catalog: &Catalog) -> Vec<String> {
        let mut said = vec![self.what.said(catalog)];
        if let What::Receipt(found) = &self.what {
            said.push(format!("Reference: {}.", found.reference));
            let ids: Vec<String> = found.invoices.iter().map(ToString::to_string).collect();
            if !ids.is_empty() {
                said.push(format!("For {}.", ids.join(", ")));
            }
        }
        said.extend(self.reason.as_ref().map(|reason| format!("Reason: {reason}")));
        said
    }

    /// Name of the button, with the amount where there is one.
    pub(super) fn button(&self) -> String {
        match &self.what {
            What::Receipt(found) => {
                format!("Record {}", LANGUAGE.money(found.approval.received))
            }
            What::Approve(_, approval) => format!("Approve {}", LANGUAGE.money(approval.received)),
            What::Credits(wish) if wish.tokens < 0 => {
                format!("Remove {}", counted(wish.tokens.saturating_neg(), "token"))
            }
            What::Credits(wish) => format!("Grant {}", counted(wish.tokens, "token")),
            What::Usage(request) if request.quantity < 0 => {
                format!("Take off {}", counted(request.quantity.saturating_neg(), "unit"))
            }
            What::Usage(request) => format!("Add {}", counted(request.quantity, "unit")),
            What::Note(request) => format!("Credit {}", credited(request)),
            What::Plan(_) => "Set the plan".to_owned(),
            What::Reverse(_) => "Reverse the prepayment".to_owned(),
            What::Close(Closing { how: Closure::Terminated, .. }) => {
                "Terminate the account".to_owned()
            }
            What::Close(_) => "Close the account".to_owned(),
            What::Convert(_) => "Convert the account".to_owned(),
            What::Hold(_)
            | What::Terms(_)
            | What::TermsOfUpfrontPayer(_)
            | What::Reject(..)
            | What::Resend(_) => "Do it".to_owned(),
        }
    }
}

impl What {
    fn said(&self, catalog: &Catalog) -> String {
        match self {
            Self::Plan(wanted) => plan_said(wanted, catalog),
            Self::Credits(wish) => format!("{} tokens.", LANGUAGE.number(wish.tokens)),
            Self::Note(request) => note_said(request),
            Self::Usage(request) => {
                let CorrectionRequest { month, resource, quantity, day, .. } = request;
                let on = day.map_or_else(|| format!("in {month}"), |day| format!("on {day}"));
                format!("{} units of {resource} {on}.", LANGUAGE.number(*quantity))
            }
            Self::Receipt(found) => format!(
                "{} was received on {}.",
                LANGUAGE.money(found.approval.received),
                found.approval.received_on
            ),
            Self::Approve(_, approval) => format!(
                "{} was received on {}. It settles the invoices of the advice.",
                LANGUAGE.money(approval.received),
                approval.received_on
            ),
            Self::Reverse(id) => format!("The unused rest of prepayment {id} is taken out."),
            Self::Close(Closing { how: Closure::Terminated, .. }) => {
                pages::staff::words::about(StaffAct::Terminate).to_owned()
            }
            Self::Close(_) => pages::staff::words::about(StaffAct::Close).to_owned(),
            Self::Convert(Conversion::ToParent) => {
                pages::staff::words::about(StaffAct::ConvertToParent).to_owned()
            }
            Self::Convert(_) => pages::staff::words::about(StaffAct::ConvertToStandard).to_owned(),
            Self::Hold(_)
            | Self::Terms(_)
            | Self::TermsOfUpfrontPayer(_)
            | Self::Reject(..)
            | Self::Resend(_) => String::new(),
        }
    }
}

/// A number of things, such as `1 unit` and `2,500 tokens`.
fn counted(count: i64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", LANGUAGE.number(count))
}

fn credited(request: &NoteRequest) -> String {
    match &request.credited {
        Credited::Amount(amount) => LANGUAGE.money(*amount),
        Credited::Lines(lines) => counted(i64::try_from(lines.len()).unwrap_or(i64::MAX), "line"),
    }
}

fn note_said(request: &NoteRequest) -> String {
    let way = match request.give_back {
        GiveBack::CustomerBalance => "goes to the customer's balance",
        GiveBack::Refund => "is refunded",
        GiveBack::OutOfBand => "is given back outside of Stripe",
    };
    format!("{} of invoice {}. What of it was paid {way}.", credited(request), request.invoice)
}

fn plan_said(wanted: &Wanted, catalog: &Catalog) -> String {
    let name = catalog.plan(&wanted.target.plan).map_or("", |plan| plan.name.as_str());
    let seats = wanted.target.seats;
    let prices = match &wanted.prices {
        None => "at the catalog's prices".to_owned(),
        Some(prices) => match prices.seat {
            Some(seat) => {
                format!("at {} and {} a seat", LANGUAGE.money(prices.plan), LANGUAGE.money(seat))
            }
            None => format!("at {}", LANGUAGE.money(prices.plan)),
        },
    };
    format!("Plan {name}, {seats} seats, {prices}, at once.")
}
