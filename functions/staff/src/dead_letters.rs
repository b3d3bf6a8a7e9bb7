//! `/v1/staff/dead-letters`: messages that no retry could help, listed, and redriven or dismissed
//! (E10).

use billing::dead_letter::{AskedEnd, LetterEnd, LetterList, LetterRefusal, is_position};
use billing::explain::Reason;
use billing::words::Word;
use invocation::Invocation;
use letters_commands::end::NotEnded;
use plans_commands::checked_reason;
use runtime::input::{Page, body, idempotency};
use runtime::{Problem, Request, Response, cursor, query};
use tracing::warn;
use views::dead_letters::DeadLetterView;
use views::requests::staff::EndLetter;

use crate::Staff;
use crate::corrections::LANGUAGE;

impl Staff {
    pub(crate) async fn dead_letters(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let store = self.plans.store();
        auth::caller(invocation, store, request, &[]).await?;
        let list = request.query.get("status").and_then(|word| LetterList::of_word(word));
        let before = cursor::read(request, invocation.now)?;
        if before.as_ref().is_some_and(|place| !is_position(place)) {
            return Err(cursor::invalid());
        }

        let window = (before.as_deref(), query::limit(request));
        let list = list.unwrap_or(LetterList::Open);
        let found = store.dead_letters(invocation, list, window).await;
        let (letters, end) = found.map_err(|error| auth::problem(&error))?;

        let next = end.map(|place| cursor::write(request, &place, invocation.now));
        let data = letters.iter().map(DeadLetterView::of).collect();
        Ok(Response::json(200, &Page { data, next_cursor: next }))
    }

    pub(crate) async fn end_letter(
        &self,
        invocation: &Invocation,
        request: &Request,
        how: LetterEnd,
    ) -> Result<Response, Problem> {
        let store = self.plans.store();
        auth::writer(invocation, store, request, &[]).await?;
        let EndLetter { reason } = body(request)?;
        checked_reason(&reason)?;
        let key = idempotency(request, "", invocation.now)?;
        let asked = AskedEnd { how, reason, request: key.map(|key| key.fingerprint) };
        let id = request.path.get("letter_id").map(String::as_str).unwrap_or_default();

        let ended = self.letters.end(invocation, store, (id, &asked)).await;
        let letter = ended.map_err(not_ended)?;
        Ok(Response::json(200, &DeadLetterView::of(&letter)))
    }
}

fn not_ended(failure: NotEnded) -> Problem {
    match failure {
        NotEnded::Store(error) => auth::problem(&error),
        NotEnded::NotSent(error) => {
            warn!(reason = %error, "could not redrive a dead letter: {error}");
            Problem::unavailable()
        }
        NotEnded::Refused(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &LetterRefusal) -> Problem {
    let wording = LANGUAGE.letter_refused(refusal);
    let detail = wording.detail.clone();
    let problem = match refusal {
        LetterRefusal::Unknown => return Problem::not_found("dead letter"),
        LetterRefusal::Ended(_) => Problem::new(409, "letter_ended", detail),
        LetterRefusal::EventIncomplete | LetterRefusal::QueueUnknown => {
            Problem::new(409, "letter_not_redrivable", detail)
        }
    };
    let reason = Reason::new(problem.code, wording.detail, wording.clears_by);
    Problem { reasons: vec![reason], ..problem }
}
