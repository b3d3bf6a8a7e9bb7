//! A credit note as staff typed it, checked field by field.

use billing::crediting::{
    CREDITED_LINES_MAX, Credited, CreditedLine, GiveBack, MEMO_CHARACTERS_MAX, NoteRequest,
};
use billing::ids::InvoiceId;
use billing::money::Money;
use billing::staff::REASON_CHARACTERS_MAX;
use billing::words::Word;
use runtime::Problem;
use runtime::input::{Checks, NOT_PLAIN, is_plain};
use runtime::key::fingerprint;

/// Longest id of a line, in characters.
const LINE_CHARACTERS_MAX: usize = 255;

/// Fields of a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFields {
    /// Stripe's id of the invoice.
    pub invoice: String,
    /// Amount with tax.
    pub amount: Option<Money>,
    /// Lines, instead of an amount.
    pub lines: Option<Vec<GivenLine>>,
    /// Reason.
    pub reason: String,
    /// Way in which paid money is given back.
    pub after_payment: Option<String>,
    /// Text to the customer.
    pub memo: Option<String>,
}

/// A line that is credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenLine {
    /// Stripe's id of the line.
    pub line: String,
    /// Amount without tax; none for the whole line.
    pub amount: Option<Money>,
}

impl GivenFields {
    /// The note, under the id of its request. Paid money goes to the customer's balance where
    /// nothing is said: no money leaves the vendor by that.
    ///
    /// # Errors
    /// 422 with every wrong field.
    pub fn checked(self, id: String) -> Result<NoteRequest, Problem> {
        let content = fingerprint(format!("{self:?}").as_bytes());
        let Self { invoice, amount, lines, reason, after_payment, memo } = self;
        let mut checks = Checks::default();
        let invoice = checks.parse(InvoiceId::parse(&invoice), "invoice");
        let credited = credited(&mut checks, (amount, lines));
        check_text(&mut checks, ("reason", &reason), (1, REASON_CHARACTERS_MAX));
        if let Some(memo) = &memo {
            check_text(&mut checks, ("memo", memo), (1, MEMO_CHARACTERS_MAX));
        }
        let give_back = match after_payment.as_deref() {
            None => Some(GiveBack::CustomerBalance),
            Some(word) => GiveBack::of_word(word),
        };
        let ways = "`customer_balance`, `refund` or `out_of_band` is expected.";
        checks.expect(give_back.is_some(), "after_payment", ways);
        checks.passed()?;

        let whole = invoice.zip(credited).zip(give_back);
        let ((invoice, credited), give_back) = whole.ok_or_else(Problem::internal)?;
        Ok(NoteRequest { id, content, invoice, credited, give_back, reason, memo })
    }
}

fn credited(
    checks: &mut Checks,
    given: (Option<Money>, Option<Vec<GivenLine>>),
) -> Option<Credited> {
    match given {
        (Some(amount), None) => {
            check_amount(checks, amount, "amount.amount");
            Some(Credited::Amount(amount))
        }
        (None, Some(lines)) => {
            let fits = (1..=CREDITED_LINES_MAX).contains(&lines.len());
            let detail = format!("1 to {CREDITED_LINES_MAX} lines are expected.");
            checks.expect_range(fits, "lines", &detail);
            let mut seen: Vec<&str> = Vec::new();
            for (place, GivenLine { line, amount }) in lines.iter().enumerate() {
                let is_id = !line.is_empty()
                    && line.len() <= LINE_CHARACTERS_MAX
                    && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let field = format!("lines[{place}].line");
                checks.expect(is_id, &field, "Stripe's id of a line is expected.");
                checks.expect(!seen.contains(&line.as_str()), &field, "It is named before.");
                seen.push(line);
                if let Some(amount) = amount {
                    check_amount(checks, *amount, &format!("lines[{place}].amount.amount"));
                }
            }
            let line = |GivenLine { line, amount }| CreditedLine { line, amount };
            Some(Credited::Lines(lines.into_iter().map(line).collect()))
        }
        (Some(_), Some(_)) | (None, None) => {
            checks.expect(false, "amount", "Either `amount` or `lines` is expected.");
            None
        }
    }
}

fn check_amount(checks: &mut Checks, amount: Money, field: &str) {
    checks.expect_range(amount.amount > 0, field, "A number above 0 is expected.");
}

fn check_text(checks: &mut Checks, (field, text): (&str, &str), (least, most): (usize, usize)) {
    let fits =
        (least..=most).contains(&text.trim().chars().count()) && text.chars().count() <= most;
    let detail = format!("A text of {least} to {most} characters is expected.");
    checks.expect(fits, field, &detail);
    checks.expect(is_plain(text), field, NOT_PLAIN);
}
