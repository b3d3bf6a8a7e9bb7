//! `GET /v1/accounts/{id}/credits/daily` and `.csv`: tokens that deductions took on each day of a
//! month, whatever the number of deductions (D15).

use std::collections::BTreeMap;

use auth::caller_of_account;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use invocation::Invocation;
use runtime::{Problem, Request, Response, cursor};
use store::Part;
use views::credits::DailyView;
use views::csv::{Cell, Table};

use crate::{Credits, input};

impl Credits {
    /// As JSON.
    pub(crate) async fn daily(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (_, month, used) = self.used_by_day(invocation, request).await?;
        Ok(Response::json(200, &DailyView::of(month, &used)))
    }

    /// As a table.
    pub(crate) async fn daily_table(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, month, used) = self.used_by_day(invocation, request).await?;
        let mut table = Table::new(["day", "tokens"]);
        for (day, tokens) in used {
            table.push(&[Cell::value(day), Cell::value(tokens)]);
        }
        let name = format!("credits-by-day-{account}-{month}.csv");
        Ok(cursor::table(request, (&name, table.into_text()), None))
    }

    /// The account, the month, and each day of it that has begun, with its tokens.
    async fn used_by_day(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Month, BTreeMap<Day, i64>), Problem> {
        let now = invocation.now;
        let month = input::period(request)?.unwrap_or(Month::of(now));
        let parts = |_: &AccountId| vec![Part::Standing, Part::Credits, Part::Tokens(month)];
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let counted = caller.loaded.tokens(month).map_err(|error| auth::problem(&error))?;
        let mut used: BTreeMap<Day, i64> = month.days_until(now).map(|day| (day, 0)).collect();
        used.extend(counted);
        Ok((account, month, used))
    }
}
