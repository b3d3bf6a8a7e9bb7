//! Requests about transfers, read and checked field by field.

use billing::advice::{AdviceStatus, NAMED_MAX, NOTE_CHARACTERS_MAX, REFERENCE_CHARACTERS_MAX};
use billing::desk::Grace;
use billing::ids::{AccountId, InvoiceId};
use billing::money::Money;
use billing::month::Day;
use billing::receipt::Source;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::input::{Checks, body, idempotency, is_plain};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};
use transfers_commands::Failure;
use transfers_commands::advice::NewAdvice;
use transfers_commands::desk::{Approval, Found};
use views::requests::transfers::{
    ApproveAdvice, GiveGrace, RecordPrepayment, RecordReceipt, RejectAdvice, ReturnAdvice,
    SubmitAdvice, SubmitAdviceForInvoice,
};

use crate::problem::ended;

/// Largest amount, in minor units: twelve digits, more than an invoice can have.
const AMOUNT_MAX: i64 = 999_999_999_999;

/// A parameter of the path.
pub(crate) fn path<'a>(request: &'a Request, name: &str) -> &'a str {
    request.path.get(name).map(String::as_str).unwrap_or_default()
}

/// Advice that a request submits: for the invoice of its path, or for those of its body.
pub(crate) fn advice(request: &Request, invocation: &Invocation) -> Result<NewAdvice, Problem> {
    let submitted = match request.path.get("invoice_id") {
        Some(invoice) => {
            let SubmitAdviceForInvoice { reference, paid_on, amount, note } = body(request)?;
            if InvoiceId::parse(invoice).is_err() {
                return Err(Problem::not_found("invoice"));
            }
            SubmitAdvice { invoices: vec![invoice.clone()], reference, paid_on, amount, note }
        }
        None => body(request)?,
    };
    let SubmitAdvice { invoices, reference, paid_on, amount, note } = submitted;
    let mut checks = Checks::default();
    let invoices = named(&mut checks, &invoices, 1);
    let paid_on = checks.parse(Day::parse(&paid_on), "paid_on");
    check_money(&mut checks, amount, "amount");
    check_text(&mut checks, &reference, ("reference", REFERENCE_CHARACTERS_MAX));
    check_note(&mut checks, note.as_deref());
    checks.passed()?;

    Ok(NewAdvice {
        request: key(request, invocation)?,
        invoices,
        reference: reference.trim().to_owned(),
        paid_on: paid_on.ok_or_else(Problem::internal)?,
        amount,
        note,
    })
}

/// Money that staff saw for an advice.
pub(crate) fn approval(request: &Request, invocation: &Invocation) -> Result<Approval, Problem> {
    let ApproveAdvice { received, received_on, note } = body(request)?;
    let mut checks = Checks::default();
    let received_on = checks.parse(Day::parse(&received_on), "received_on");
    check_money(&mut checks, received, "received");
    check_note(&mut checks, note.as_deref());
    checks.passed()?;

    let received_on = received_on.ok_or_else(Problem::internal)?;
    Ok(Approval { request: key(request, invocation)?, received, received_on, note })
}

/// Reason for a rejection.
pub(crate) fn rejection(request: &Request) -> Result<String, Problem> {
    let RejectAdvice { note } = body(request)?;
    let mut checks = Checks::default();
    check_text(&mut checks, &note, ("note", NOTE_CHARACTERS_MAX));
    checks.passed()?;
    Ok(note)
}

/// Reason why the bank took the money of an advice back.
pub(crate) fn return_reason(request: &Request) -> Result<String, Problem> {
    let ReturnAdvice { reason } = body(request)?;
    let mut checks = Checks::default();
    check_text(&mut checks, &reason, ("reason", NOTE_CHARACTERS_MAX));
    checks.passed()?;
    Ok(reason)
}

/// Money that came without advice, and its account.
pub(crate) fn receipt(
    request: &Request,
    invocation: &Invocation,
) -> Result<(AccountId, Found), Problem> {
    let RecordReceipt { account, amount, received_on, reference, invoices } = body(request)?;
    let mut checks = Checks::default();
    let account = checks.parse(AccountId::parse(&account), "account");
    let invoices = named(&mut checks, &invoices, 0);
    let received_on = checks.parse(Day::parse(&received_on), "received_on");
    check_money(&mut checks, amount, "amount");
    check_text(&mut checks, &reference, ("reference", REFERENCE_CHARACTERS_MAX));
    checks.passed()?;

    let received_on = received_on.ok_or_else(Problem::internal)?;
    let approval =
        Approval { request: key(request, invocation)?, received: amount, received_on, note: None };
    let reference = reference.trim().to_owned();
    let found = Found { approval, source: Source::Transfer, reference, invoices };
    Ok((account.ok_or_else(Problem::internal)?, found))
}

/// Money that came upfront.
pub(crate) fn prepayment(request: &Request, invocation: &Invocation) -> Result<Found, Problem> {
    let RecordPrepayment { amount, reference, paid_on } = body(request)?;
    let mut checks = Checks::default();
    let received_on = checks.parse(Day::parse(&paid_on), "paid_on");
    check_money(&mut checks, amount, "amount");
    check_text(&mut checks, &reference, ("reference", REFERENCE_CHARACTERS_MAX));
    checks.passed()?;

    let received_on = received_on.ok_or_else(Problem::internal)?;
    let approval =
        Approval { request: key(request, invocation)?, received: amount, received_on, note: None };
    let reference = reference.trim().to_owned();
    Ok(Found { approval, source: Source::Prepayment, reference, invoices: Vec::new() })
}

/// Grace that staff give: days, or a date with its reason; neither ends such a date.
pub(crate) fn grace(request: &Request) -> Result<Grace, Problem> {
    let GiveGrace { days, hold_until, reason } = body(request)?;
    let mut checks = Checks::default();
    let is_one = days.is_none() || hold_until.is_none();
    checks.expect(is_one, "days", "Either `days` or `hold_until` is expected.");
    let until = hold_until.and_then(|text| checks.parse(Timestamp::parse(&text), "hold_until"));
    let reason = reason.unwrap_or_default();
    if until.is_some() {
        check_text(&mut checks, &reason, ("reason", NOTE_CHARACTERS_MAX));
    }
    checks.passed()?;

    Ok(match (days, until) {
        (Some(days), _) => Grace::Days(days),
        (None, Some(until)) => Grace::Until(until, reason),
        (None, None) => Grace::Ended,
    })
}

/// Status that a list of waiting advice is filtered by: the edge has checked its word.
pub(crate) fn status(request: &Request) -> Option<&'static str> {
    let status = AdviceStatus::of_word(request.query.get("status")?);
    status.filter(|status| status.is_undecided()).map(Word::word)
}

/// Answer to a receipt for an account that its body names.
pub(crate) fn of_account(failure: Failure, account: &AccountId) -> Problem {
    if let Failure::Missing(what) = &failure
        && what == account.as_str()
    {
        let detail = "There is no such account.".to_owned();
        return Problem::invalid(vec![FieldProblem::invalid("account", detail)]);
    }
    ended(failure, account)
}

/// Fingerprint of the Idempotency-Key.
fn key(request: &Request, invocation: &Invocation) -> Result<Option<String>, Problem> {
    let scope = path(request, "id");
    Ok(idempotency(request, scope, invocation.now)?.map(|key| key.fingerprint))
}

fn named(checks: &mut Checks, invoices: &[String], least: usize) -> Vec<InvoiceId> {
    let fits = (least..=NAMED_MAX).contains(&invoices.len());
    let detail = format!("{least} to {NAMED_MAX} invoices are expected.");
    checks.expect(fits, "invoices", &detail);
    let mut ids: Vec<InvoiceId> = Vec::new();
    for (place, text) in invoices.iter().enumerate() {
        let Some(id) = checks.parse(InvoiceId::parse(text), format!("invoices[{place}]")) else {
            continue;
        };
        checks.expect(!ids.contains(&id), format!("invoices[{place}]"), "It is named before.");
        ids.push(id);
    }
    ids
}

fn check_money(checks: &mut Checks, money: Money, field: &str) {
    let fits = (1..=AMOUNT_MAX).contains(&money.amount);
    let detail = format!("1 to {AMOUNT_MAX} minor units are expected.");
    checks.expect(fits, format!("{field}.amount"), &detail);
}

fn check_text(checks: &mut Checks, text: &str, (field, most): (&str, usize)) {
    let fits = !text.trim().is_empty() && text.chars().count() <= most;
    let detail = format!("A text of 1 to {most} characters is expected.");
    checks.expect(fits && is_plain(text), field, &detail);
}

fn check_note(checks: &mut Checks, note: Option<&str>) {
    let fits = note.is_none_or(|note| note.chars().count() <= NOTE_CHARACTERS_MAX);
    let detail = format!("A text of at most {NOTE_CHARACTERS_MAX} characters is expected.");
    checks.expect(fits, "note", &detail);
}
