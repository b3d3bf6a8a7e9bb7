//! `/staff/dead-letters`: the list, one letter, and its end by a person (E10).

use auth::{StaffNotAdmitted, problem};
use billing::dead_letter::{
    AskedEnd, LetterEnd, LetterList, LetterRefusal, is_letter_id, is_position,
};
use billing::words::Word;
use invocation::Invocation;
use letters_commands::end::NotEnded;
use pages::staff::dead_letters::{DeadLetterPage, DeadLettersPage, LETTERS};
use plans_commands::checked_reason;
use runtime::input::idempotency;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use tracing::warn;

use crate::answer::{html, see_other};
use crate::form::{text, typed};
use crate::seen::Again;
use crate::staff::frame;
use crate::{Dashboard, LANGUAGE};

/// Letters of a page.
const LETTERS_MAX: usize = 25;

impl Dashboard {
    pub(super) async fn staff_letters(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let asked = |name: &str| request.query.get(name).map(String::as_str);
        let list = asked("status").and_then(LetterList::of_word).unwrap_or(LetterList::Open);
        let before = asked("before").filter(|place| is_position(place));

        let found = self.store.dead_letters(invocation, list, (before, LETTERS_MAX)).await;
        let (letters, end) = found.map_err(|error| problem(&error))?;

        let next = end.map(|place| {
            // `#` begins a fragment in an address.
            format!("{LETTERS}?status={}&before={}", list.word(), place.replace('#', "%23"))
        });
        let done = asked("done").and_then(LetterEnd::of_word);
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, DeadLettersPage { list, letters, next, done }.page(&frame)))
    }

    pub(super) async fn staff_letter(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let id = Some(letter_id(request)).filter(|id| is_letter_id(id));
        let id = id.ok_or_else(|| Problem::not_found("page"))?;

        let letter = self.store.dead_letter(invocation, id).await;
        let letter = letter.map_err(|error| problem(&error))?;
        let letter = letter.ok_or_else(|| Problem::not_found("dead letter"))?;

        let (status, frame) = frame(invocation, &visitor, (request, again))?;
        Ok(html(status, DeadLetterPage { letter, stripe: self.stripe_dashboard() }.page(&frame)))
    }

    pub(super) async fn staff_end_letter(
        &self,
        invocation: &Invocation,
        request: &Request,
        how: LetterEnd,
    ) -> Result<Response, StaffNotAdmitted> {
        let none = |_: &_| Vec::new();
        auth::writing_staff_visitor(invocation, &self.store, request, none).await?;
        let field = match how {
            LetterEnd::Redriven => "redrive",
            LetterEnd::Dismissed => "dismiss",
        };
        let reason = text(&typed(request)?, field).to_owned();
        checked_reason(&reason).map_err(|problem| under(field, problem))?;
        let key = idempotency(request, "", invocation.now)?;
        let asked = AskedEnd { how, reason, request: key.map(|key| key.fingerprint) };

        let id = letter_id(request);
        self.letters.end(invocation, &self.store, (id, &asked)).await.map_err(not_ended)?;

        Ok(see_other(&format!("{LETTERS}?done={}", how.word())))
    }
}

fn letter_id(request: &Request) -> &str {
    request.path.get("letter_id").map(String::as_str).unwrap_or_default()
}

/// The problem with its field named after the form: the page has two forms, each with a reason.
fn under(name: &str, problem: Problem) -> Problem {
    let fields = problem.fields.iter();
    let fields = fields.map(|it| FieldProblem { field: name.to_owned(), ..it.clone() }).collect();
    Problem { fields, ..problem }
}

fn not_ended(failure: NotEnded) -> Problem {
    match failure {
        NotEnded::Store(error) => problem(&error),
        NotEnded::NotSent(error) => {
            warn!(reason = %error, "could not redrive a dead letter: {error}");
            Problem::unavailable()
        }
        NotEnded::Refused(LetterRefusal::Unknown) => Problem::not_found("dead letter"),
        NotEnded::Refused(LetterRefusal::Ended(ended)) => {
            Problem::new(409, "letter_ended", LANGUAGE.letter_ended_meanwhile(&ended))
        }
        NotEnded::Refused(
            refusal @ (LetterRefusal::EventIncomplete | LetterRefusal::QueueUnknown),
        ) => {
            let detail = LANGUAGE.letter_refused(&refusal).detail;
            Problem::new(409, "letter_not_redrivable", detail)
        }
    }
}
