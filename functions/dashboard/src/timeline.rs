//! `/billing/{id}/timeline` and `/billing/{id}/why`.

use accounts_commands::explain::{Explainable, Question, parts_to_explain};
use accounts_commands::read::{Accounts, Window};
use auth::{NotAdmitted, problem};
use billing::authority::Sight;
use billing::ids::AccountId;
use billing::journal::page::{Cursor, Filter, Page, Recorded};
use billing::journal::topic::Topic;
use billing::words::Word;
use invocation::Invocation;
use pages::timeline::Timeline;
use pages::why::Why;
use runtime::{Problem, Request, Response};
use views::csv::Extent;

use crate::answer::html;
use crate::problem::not_read;
use crate::{Dashboard, LANGUAGE};

/// Entries of a page.
const ENTRIES: usize = 25;
/// Most entries of the CSV.
const CSV_ROWS_MAX: usize = 2_000;

impl Dashboard {
    pub(crate) async fn timeline(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Vec::new()).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;
        let account = &visitor.account;
        let topic = topic(request)?;
        let sight = visitor.caller.sight(invocation.now)?;

        let page = self.entries(invocation, request, (account, sight), (topic, ENTRIES)).await?;
        let timeline = Timeline { entries: page.entries, topic, older: page.next };
        Ok(html(200, timeline.page(&seen.frame)))
    }

    pub(crate) async fn timeline_csv(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Vec::new()).await?;
        let (account, sight) = (&visitor.account, visitor.caller.sight(invocation.now)?);
        let wanted = (topic(request)?, CSV_ROWS_MAX);

        let page = self.entries(invocation, request, (account, sight), wanted).await?;
        let table = pages::timeline::csv(&page.entries, Extent::of(page.next.as_ref()), LANGUAGE);
        Ok(Response::csv(&format!("{account}-timeline.csv"), table))
    }

    /// Entries from the request's place on, as the account's people see them.
    async fn entries(
        &self,
        invocation: &Invocation,
        request: &Request,
        (account, sight): (&AccountId, Sight),
        (topic, limit): (Option<Topic>, usize),
    ) -> Result<Page, Problem> {
        let cursor = request.query.get("before").and_then(|text| Cursor::parse(text));
        let window = Window { cursor, limit, filter: Filter { topic, ..Filter::default() } };
        let page = self.reader().timeline(invocation, account, window).await;
        let mut page = page.map_err(|error| problem(&error))?;

        if sight == Sight::Product {
            let seen = page.entries.iter().filter_map(Recorded::for_paid_by_parent);
            page.entries = seen.collect();
        }
        Ok(page)
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

/// The topic that is asked for; none for all.
fn topic(request: &Request) -> Result<Option<Topic>, Problem> {
    let word = request.query.get("topic").filter(|word| !word.is_empty());
    let topic = word.map(|word| Topic::of_word(word).ok_or_else(|| Problem::not_found("page")));
    topic.transpose()
}
