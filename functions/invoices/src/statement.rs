//! `GET /v1/accounts/{id}/statement` and `.csv`: the statement of account (F7).

use auth::caller_of_account;
use billing::authority::Sight;
use billing::ids::AccountId;
use billing::listing::Range;
use billing::month::Month;
use invocation::Invocation;
use payments_commands::{NotStated, Statements};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use tracing::error;
use views::csv::{Cell, Table};
use views::money::MoneyView;
use views::statement::{MovementView, Named, StatementInCurrencyView, StatementView};

use crate::{Invoices, input};

const HEADER: [&str; 12] = [
    "currency",
    "ledger",
    "recorded_at",
    "at",
    "kind",
    "method",
    "invoice",
    "number",
    "prepayment",
    "reference",
    "amount",
    "balance",
];

impl Invoices {
    /// The statement of a span.
    pub(crate) async fn statement(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let view = self.stated(invocation, request).await?;
        Ok(Response::json(200, &view))
    }

    /// The statement as CSV: for each currency both ledgers, each from its opening to its closing.
    pub(crate) async fn statement_csv(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let view = self.stated(invocation, request).await?;
        Ok(Response::csv(&format!("statement-{}.csv", view.account), table(&view)))
    }

    async fn stated(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<StatementView, Problem> {
        let parts = |_: &AccountId| Statements::parts();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let sight = caller.sight(invocation.now)?;
        let span = span(invocation, request)?;

        let command = Statements { store: &self.store };
        let stated = command.state(invocation, (&account, &caller.loaded), span).await;
        let stated = stated.map_err(|failure| failed(&failure, &account))?;

        // A sub-account that its parent pays for has the invoices that it pays itself, or none.
        if stated.currencies.is_empty() && sight == Sight::Product {
            return Err(Problem::not_found("page"));
        }
        let named = Named { invoices: &stated.invoices, receipts: &stated.receipts };
        let about = (span, invocation.now);
        let view = StatementView::of(account.to_string(), about, &stated.currencies, named);
        view.map_err(|error| failed(&error.into(), &account))
    }
}

/// The span that is asked for: this month up to now where nothing else is.
fn span(invocation: &Invocation, request: &Request) -> Result<Range, Problem> {
    let asked = input::span(request);
    let month = Month::of(invocation.now).start();
    let from = if request.query.contains_key("from") { asked.from } else { month };
    if from > asked.to || from > invocation.now {
        let detail = "A time that is over, and not behind `to`, is expected.";
        return Err(Problem::invalid_field(FieldProblem::out_of_range("from", detail)));
    }
    Ok(Range { from, to: asked.to })
}

/// Answer without a statement; logged here, once.
fn failed(failure: &NotStated, account: &AccountId) -> Problem {
    match failure {
        NotStated::NoAccount(_) => Problem::not_found("account"),
        NotStated::TooLong(_) => {
            let detail = "Too much has happened since then for one statement. A later day is \
                          expected.";
            Problem::invalid_field(FieldProblem::out_of_range("from", detail))
        }
        NotStated::TooLarge(error) => {
            error!(account.id = %account, reason = %error, "could not add up: {error}");
            Problem::internal()
        }
        NotStated::Store(error) => auth::problem(error),
    }
}

fn table(view: &StatementView) -> String {
    let mut table = Table::new(HEADER);
    for it in &view.currencies {
        let prepaid = &it.prepaid;
        let receivable = (view.from.as_str(), view.to.as_str(), "receivable");
        ledger(&mut table, it, receivable, (&it.opening, &it.closing));
        let side = (view.from.as_str(), view.to.as_str(), "prepaid");
        ledger(&mut table, it, side, (&prepaid.opening, &prepaid.closing));
    }
    table.into_text()
}

/// Rows of one ledger, from its opening to its closing.
fn ledger(
    table: &mut Table<12>,
    it: &StatementInCurrencyView,
    (from, to, name): (&str, &str, &'static str),
    (opening, closing): (&MoneyView, &MoneyView),
) {
    let edge = |at: &str, kind: &str, balance: &MoneyView| {
        let [currency, ledger] = [it.currency.as_str(), name].map(Cell::value);
        let [recorded_at, at, kind] = [at, at, kind].map(Cell::value);
        let [method, invoice, number, prepayment, reference, amount] = [""; 6].map(Cell::value);
        let balance = Cell::value(balance.amount);
        [
            currency,
            ledger,
            recorded_at,
            at,
            kind,
            method,
            invoice,
            number,
            prepayment,
            reference,
            amount,
            balance,
        ]
    };
    table.push(&edge(from, "opening", opening));
    for movement in it.movements.iter().filter(|movement| movement.ledger == name) {
        table.push(&row(&it.currency, movement));
    }
    table.push(&edge(to, "closing", closing));
}

fn row(currency: &str, movement: &MovementView) -> [Cell; 12] {
    [
        Cell::value(currency),
        Cell::value(movement.ledger),
        Cell::value(&movement.recorded_at),
        Cell::value(&movement.at),
        Cell::value(movement.kind),
        Cell::optional(movement.method),
        Cell::text(movement.invoice.as_deref()),
        Cell::text(movement.number.as_deref()),
        Cell::text(movement.prepayment.as_deref()),
        Cell::text(movement.reference.as_deref()),
        Cell::value(movement.amount.amount),
        Cell::value(movement.balance.amount),
    ]
}
