//! `GET /v1/staff/exports/{kind}`: a month of all accounts as comma-separated values (F7).

use std::time::Duration;

use billing::listing::Range;
use billing::month::Month;
use billing::time::Timestamp;
use credits_commands::Unspent;
use invocation::Invocation;
use payments_commands::{Exports, NotStated};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response, cursor};
use store::opened::Opened;
use tracing::error;
use views::csv::{Cell, Table};
use views::exports::{self, Account, Rows};

use crate::Staff;

/// Most accounts of one answer.
const ACCOUNTS_MAX: usize = 50;
/// Bytes behind which an answer ends.
const TABLE_BYTES: usize = 1_000_000;
/// Time that must be left for another account, in milliseconds: what an account takes that has
/// thousands of records.
const ACCOUNT_MILLISECONDS: u64 = 10_000;

impl Staff {
    /// One export. What one answer does not hold follows under the link of its header.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::caller(invocation, self.plans.store(), request, &[]).await?;
        let wanted = Wanted::of(invocation, request)?;
        let ask = (request, &wanted);
        match request.path.get("kind").map(String::as_str) {
            Some("invoices") => {
                self.money(invocation, ask, (exports::INVOICES, exports::invoices)).await
            }
            Some("payments") => {
                self.money(invocation, ask, (exports::PAYMENTS, exports::payments)).await
            }
            Some("credit_notes") => {
                self.money(invocation, ask, (exports::CREDIT_NOTES, exports::credit_notes)).await
            }
            Some("tax") => self.money(invocation, ask, (exports::TAX, exports::tax)).await,
            Some("prepayments") => {
                self.money(invocation, ask, (exports::PREPAYMENTS, exports::prepayments)).await
            }
            Some("receivables") => {
                self.money(invocation, ask, (exports::RECEIVABLES, exports::receivables)).await
            }
            Some("credits") => self.unspent(invocation, ask).await,
            Some(_) | None => Err(Problem::not_found("export")),
        }
    }

    /// An export that statements of account give.
    async fn money<const N: usize>(
        &self,
        invocation: &Invocation,
        (request, wanted): (&Request, &Wanted),
        (header, rows): ([&'static str; N], fn(&Account<'_>) -> Rows<N>),
    ) -> Result<Response, Problem> {
        let (mut page, command) = (self.page(invocation, wanted, header).await?, self.exports());
        while let Some(opened) = page.next(invocation) {
            let id = &opened.account;
            let exported = command.account(invocation, id, wanted.span).await;
            let Some(it) = exported.map_err(|failure| failed(&failure, &opened))? else { continue };
            let account = Account {
                id,
                profile: &it.profile,
                currencies: &it.currencies,
                receivables: &it.receivables,
                invoices: &it.invoices,
                receipts: &it.receipts,
                end: wanted.span.to,
            };
            page.extend(rows(&account).map_err(|error| failed(&error.into(), &opened))?);
        }
        Ok(page.answer(invocation, request, wanted))
    }

    /// Unspent credits.
    async fn unspent(
        &self,
        invocation: &Invocation,
        (request, wanted): (&Request, &Wanted),
    ) -> Result<Response, Problem> {
        let mut page = self.page(invocation, wanted, exports::CREDITS).await?;
        let command = Unspent { store: self.plans.store() };
        while let Some(opened) = page.next(invocation) {
            let unspent = command.at_end(invocation, &opened.account, wanted.month).await;
            let unspent = unspent.map_err(|error| auth::problem(&error))?;
            let Some((profile, credits)) = unspent else { continue };
            let account = (&opened.account, &profile);
            page.extend(exports::credits(account, wanted.span.to, credits));
        }
        Ok(page.answer(invocation, request, wanted))
    }

    fn exports(&self) -> Exports<'_> {
        Exports { store: self.plans.store() }
    }

    async fn page<const N: usize>(
        &self,
        invocation: &Invocation,
        wanted: &Wanted,
        header: [&'static str; N],
    ) -> Result<PageOf<N>, Problem> {
        let before = wanted.before.as_ref();
        let found = self.exports().accounts(invocation, before, ACCOUNTS_MAX).await;
        let (accounts, more) = found.map_err(|error| auth::problem(&error))?;
        let accounts = accounts.into_iter();
        Ok(PageOf { table: Table::new(header), accounts, last: None, more })
    }
}

/// Part of an export that is asked for.
struct Wanted {
    month: Month,
    /// The month, as far as it is over.
    span: Range,
    /// Account behind which the answer begins.
    before: Option<Opened>,
}

impl Wanted {
    fn of(invocation: &Invocation, request: &Request) -> Result<Self, Problem> {
        let this = Month::of(invocation.now);
        let asked = request.query.get("period").and_then(|text| Month::parse(text).ok());
        let month = asked.unwrap_or(this);
        if month > this {
            let detail = format!("{month} has not begun.");
            return Err(Problem::invalid_field(FieldProblem::out_of_range("period", detail)));
        }
        let to = month.end().plus_seconds(-1).min(invocation.now);

        let place = cursor::read(request, invocation.now)?;
        let opened = |place: String| {
            let (at, account) = place.split_once(' ')?;
            let account = billing::ids::AccountId::parse(account).ok()?;
            Some(Opened { at: Timestamp(at.parse().ok()?), account })
        };
        let before = place.map(|place| opened(place).ok_or_else(cursor::invalid)).transpose()?;
        Ok(Self { month, span: Range { from: month.start(), to }, before })
    }
}

/// One answer's part of an export.
struct PageOf<const N: usize> {
    table: Table<N>,
    accounts: std::vec::IntoIter<Opened>,
    /// The last account that it has.
    last: Option<Opened>,
    /// Accounts follow behind those that were read.
    more: bool,
}

impl<const N: usize> PageOf<N> {
    /// The next account, if the answer has room and time for it. An answer has one at least, so
    /// each of its links leads on.
    fn next(&mut self, invocation: &Invocation) -> Option<Opened> {
        let has_time = invocation.has_time_for(Duration::from_millis(ACCOUNT_MILLISECONDS));
        if self.last.is_some() && (!has_time || self.table.bytes() > TABLE_BYTES) {
            return None;
        }
        let next = self.accounts.next()?;
        self.last = Some(next.clone());
        Some(next)
    }

    fn extend(&mut self, rows: Vec<[Cell; N]>) {
        for row in rows {
            self.table.push(&row);
        }
    }

    fn answer(self, invocation: &Invocation, request: &Request, wanted: &Wanted) -> Response {
        let kind = request.path.get("kind").map(String::as_str).unwrap_or_default();
        let follows = self.more || self.accounts.len() > 0;
        let next = self.last.filter(|_| follows);
        let next = next.map(|it| format!("{} {}", it.at.0, it.account));
        let next = next.map(|place| cursor::write(request, &place, invocation.now));
        let name = format!("{kind}-{}.csv", wanted.month);
        cursor::table(request, (&name, self.table.into_text()), next)
    }
}

/// Answer to an export that fails; logged here, once.
fn failed(failure: &NotStated, Opened { account, .. }: &Opened) -> Problem {
    match failure {
        NotStated::NoAccount(_) => Problem::not_found("account"),
        NotStated::TooLong(_) => {
            let detail = format!(
                "Too much has happened to account {account} since then for an export. A later \
                 month is expected."
            );
            Problem::invalid_field(FieldProblem::out_of_range("period", detail))
        }
        NotStated::TooLarge(error) => {
            error!(account.id = %account, reason = %error, "could not add up: {error}");
            Problem::internal()
        }
        NotStated::Store(error) => auth::problem(error),
    }
}
