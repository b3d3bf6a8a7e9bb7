//! `/billing/{id}/invoices`: issued invoices, and one of them.

use auth::NotAdmitted;
use billing::fact::InvoiceKind;
use billing::ids::{AccountId, InvoiceId};
use billing::listing::{Position, Range, Wanted, WantedStatus};
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use pages::invoice::OneInvoice;
use pages::invoices::{Invoices, Row};
use payments_commands::{Failure, Listed, Lister, Shown, Shows, Window};
use runtime::{Problem, Request, Response};
use views::csv::Extent;

use crate::Dashboard;
use crate::answer::html;
use crate::problem::no_forecast;
use crate::seen::{Again, parts};

/// Invoices of a page.
const ROWS: usize = 25;
/// Most invoices as CSV.
const CSV_ROWS_MAX: usize = 1_000;

impl Dashboard {
    pub(crate) async fn invoices(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, forecast::parts(invocation.now)).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);

        let upcoming = Box::pin(self.forecast.upcoming(invocation, loaded)).await;
        let upcoming = upcoming.map_err(|error| no_forecast(error, id))?;
        let wanted = wanted(request);
        let window = Window { wanted, behind: behind(request), limit: ROWS };
        let listed = self.lister().list(invocation, (id, loaded), window).await;
        let listed = listed.map_err(|failure| not_listed(&failure))?;

        let older = listed.next.as_ref().map(|place| older(request, id, place));
        let Wanted { status, kind, .. } = wanted;
        let page = Invoices { upcoming, rows: rows(listed), status, kind, older };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    pub(crate) async fn invoices_csv(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Lister::parts()).await?;
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);

        let window = Window { wanted: wanted(request), behind: None, limit: CSV_ROWS_MAX };
        let listed = self.lister().list(invocation, (id, loaded), window).await;
        let listed = listed.map_err(|failure| not_listed(&failure))?;

        let extent = Extent::of(listed.next.as_ref());
        let table = pages::invoices::csv(&rows(listed), extent);
        Ok(Response::csv(&format!("{id}-invoices.csv"), table))
    }

    pub(crate) async fn invoice(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let id = request.path.get("invoice_id").map(String::as_str).unwrap_or_default();
        let id = InvoiceId::parse(id).map_err(|_| Problem::not_found("invoice"))?;
        let parts = |_: &AccountId| parts(invocation.now, Shows::parts(&id));
        let visitor = auth::visitor(invocation, &self.store, request, parts).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;

        let command = Shows { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let about = (&visitor.account, &visitor.caller.loaded);
        let shown = Box::pin(command.show(invocation, about, &id)).await;
        let shown = shown.map_err(|failure| not_listed(&failure))?;

        let Shown { invoice, standing, printed, next } = shown;
        let dates = standing.dates_of(&invoice);
        let page = OneInvoice { row: Row { invoice, dates }, printed, next };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    fn lister(&self) -> Lister<'_> {
        Lister { store: &self.store }
    }
}

fn rows(listed: Listed) -> Vec<Row> {
    let Listed { invoices, standing, .. } = listed;
    let row = |invoice| Row { dates: standing.dates_of(&invoice), invoice };
    invoices.into_iter().map(row).collect()
}

/// Filters of an address; one that is not known lists everything.
fn wanted(request: &Request) -> Wanted {
    let text = |name: &str| request.query.get(name).map(String::as_str);
    Wanted {
        status: text("status").and_then(WantedStatus::of_word),
        kind: text("kind").and_then(InvoiceKind::of_word),
        range: Range::default(),
    }
}

/// Position of an address: `<seconds>.<id>`.
fn behind(request: &Request) -> Option<Position> {
    let (created, id) = request.query.get("before")?.split_once('.')?;
    Some(Position { created: Timestamp(created.parse().ok()?), id: InvoiceId::parse(id).ok()? })
}

fn older(request: &Request, account: &AccountId, place: &Position) -> String {
    let Position { created, id } = place;
    let mut address = format!("/billing/{account}/invoices?before={}.{id}", created.0);
    for name in ["status", "kind"] {
        if let Some(value) = request.query.get(name).filter(|value| !value.is_empty()) {
            address = format!("{address}&{name}={value}");
        }
    }
    address
}

pub(crate) fn not_listed(failure: &Failure) -> Problem {
    match failure {
        Failure::NoAccount(_) => Problem::not_found("account"),
        Failure::NoInvoice(_) => Problem::not_found("invoice"),
        Failure::Store(error) => auth::problem(error),
    }
}
