//! `/v1/accounts/{id}/cancellation-blockers/{code}`: what keeps an account from cancelling, in the
//! vendor's words (A7 to A9).

use accounts_commands::Subject;
use accounts_commands::blockers::{CancellationBlockers, SetBlocker};
use auth::writer_of_account;
use billing::cancellation::{Blocker, BlockerCode, TEXT_CHARACTERS_MAX};
use billing::ids::AccountId;
use invocation::Invocation;
use runtime::input::{Checks, NOT_PLAIN, body, is_plain};
use runtime::{Problem, Request, Response};
use store::Loaded;
use views::blockers::BlockerView;
use views::requests::accounts::ReportBlocker;

use crate::problem::{blocker_refused, failed};
use crate::{Accounts, nothing_to_show};

impl Accounts {
    pub(crate) async fn report_blocker(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, loaded) = self.with_blockers(invocation, request).await?;
        let (code, blocker) = reported(request)?;
        let view = BlockerView::of(&code, &blocker);

        let set = SetBlocker { code, blocker: Some(blocker) };
        self.set_blocker(invocation, &Subject::loaded(account, loaded), &set).await?;

        Ok(Response::json(200, &view))
    }

    pub(crate) async fn clear_blocker(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, loaded) = self.with_blockers(invocation, request).await?;
        let set = SetBlocker { code: code(request)?, blocker: None };
        self.set_blocker(invocation, &Subject::loaded(account, loaded), &set).await?;

        Ok(nothing_to_show())
    }

    async fn with_blockers(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Loaded), Problem> {
        let parts = |_: &_| CancellationBlockers::parts();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller.loaded))
    }

    async fn set_blocker(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        set: &SetBlocker,
    ) -> Result<(), Problem> {
        let blockers = CancellationBlockers { store: &self.store };
        let done = blockers.set(invocation, subject, set).await;
        done.map_err(|failure| failed(failure, &subject.account, blocker_refused))
    }
}

fn code(request: &Request) -> Result<BlockerCode, Problem> {
    let mut checks = Checks::default();
    let text = request.path.get("code").map(String::as_str).unwrap_or_default();
    let code = checks.parse(BlockerCode::parse(text), "code");
    checks.passed()?;
    code.ok_or_else(Problem::internal)
}

fn reported(request: &Request) -> Result<(BlockerCode, Blocker), Problem> {
    let code = code(request)?;
    let ReportBlocker { detail, clears_by } = body(request)?;
    let mut checks = Checks::default();
    for (field, text) in [("detail", &detail), ("clears_by", &clears_by)] {
        let fits = (1..=TEXT_CHARACTERS_MAX).contains(&text.trim().chars().count());
        checks.expect_range(fits, field, "1 to 500 characters are expected.");
        checks.expect(is_plain(text), field, NOT_PLAIN);
    }
    checks.passed()?;

    let trimmed = |text: String| text.trim().to_owned();
    Ok((code, Blocker { detail: trimmed(detail), clears_by: trimmed(clears_by) }))
}
