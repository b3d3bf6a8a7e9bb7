//! `/billing/{id}/timeline` and `/billing/{id}/why`.

use accounts_commands::explain::{Explainable, Question, parts_to_explain};
use accounts_commands::read::{Accounts, Window};
use auth::{NotAdmitted, problem};
use billing::journal::page::{Cursor, Filter, Recorded};
use invocation::Invocation;
use pages::timeline::Timeline;
use pages::why::Why;
use runtime::{Problem, Request, Response};

use crate::answer::html;
use crate::problem::not_read;
use crate::{Dashboard, LANGUAGE};

/// Entries of a page.
const ENTRIES: usize = 25;

impl Dashboard {
    pub(crate) async fn timeline(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Vec::new()).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;
        let account = &visitor.account;
        let cursor = request.query.get("before").and_then(|text| Cursor::parse(text));

        let window = Window { cursor, limit: ENTRIES, filter: Filter::default() };
        let page = self.reader().timeline(invocation, account, window).await;
        let page = page.map_err(|error| problem(&error))?;

        let older = page.next.map(|next| format!("/billing/{account}/timeline?before={next}"));
        let is_paid = seen.frame.payer.is_some();
        let entries = if is_paid {
            page.entries.iter().filter_map(Recorded::for_paid_by_parent).collect()
        } else {
            page.entries
        };
        let timeline = Timeline { entries, older };
        Ok(html(200, timeline.page(&seen.frame)))
    }

    pub(crate) async fn why(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let (title, question) = match request.query.get("field").map(String::as_str) {
            Some("state") => ("Why this state", Question::State),
            Some("outstanding") => ("What is owed, and why", Question::Outstanding),
            Some("credits") => ("Where the credits come from", Question::Credits),
            Some(_) | None => return Err(Problem::not_found("page").into()),
        };
        let more = parts_to_explain(invocation.now);
        let visitor = self.admit(invocation, request, more).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;
        let account = &visitor.account;

        let about = (account, &visitor.caller.loaded);
        let explained = self.reader().explain(invocation, about, question).await;
        let explained = explained.map_err(|failure| not_read(failure, account))?;

        let value = match explained.value {
            Explainable::State(state) => LANGUAGE.state(state).to_owned(),
            Explainable::Sums(sums, _) if sums.is_empty() => "Nothing".to_owned(),
            Explainable::Sums(sums, _) => {
                let sums: Vec<String> = sums.iter().map(|sum| LANGUAGE.money(*sum)).collect();
                sums.join(" and ")
            }
            Explainable::Tokens(tokens) => LANGUAGE.number(tokens),
            Explainable::Access(access) => access.as_str().to_owned(),
            Explainable::Units(units) => units.to_string(),
        };
        let why = Why { title, value, because: explained.because, clears_by: explained.clears_by };
        Ok(html(200, why.page(&seen.frame)))
    }

    fn reader(&self) -> Accounts<'_> {
        Accounts { store: &self.store, catalog: &self.catalog }
    }
}
