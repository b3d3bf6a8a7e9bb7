//! `/v1/accounts/{id}/mails`: the log of an account's mails, and one of them once more.

use auth::{caller_of_account, problem, writer_of_account};
use invocation::Invocation;
use mails_commands::log::{Asked, MailLog};
use queue::notify::{MailAgain, NotifyMessage};
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use store::Part;
use tracing::warn;
use views::mails::MailView;

use crate::Alerts;

/// Characters of a mail's id.
const ID_CHARACTERS_MAX: usize = 150;

impl Alerts {
    pub(crate) async fn mails(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| vec![Part::Standing];
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let before = cursor::read(request, invocation.now)?;
        let limit = i32::try_from(query::limit(request)).unwrap_or(i32::MAX);

        let log = MailLog { store: &self.store };
        let page = log.page(invocation, &account, (before.as_deref(), limit)).await;
        let (mails, is_more) = page.map_err(|error| problem(&error))?;

        let end = mails.last().filter(|_| is_more);
        let next_cursor = end.map(|mail| cursor::write(request, &mail.id(), invocation.now));
        let data: Vec<MailView> = mails.iter().map(MailView::of).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    pub(crate) async fn resend(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| vec![Part::Standing];
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let id = request.path.get("mail_id").map(String::as_str).unwrap_or_default();
        if !is_id(id) {
            return Err(Problem::not_found("mail"));
        }

        let log = MailLog { store: &self.store };
        let asked = log.ask_again(invocation, &account, id).await;
        let mail = match asked.map_err(|error| problem(&error))? {
            Asked::WillBeSent(mail) | Asked::IsUnderWay(mail) => mail,
            Asked::Unknown => return Err(Problem::not_found("mail")),
            Asked::NobodyWasMailed => {
                let detail = "Nobody was mailed of this: there is nothing to send again.";
                return Err(Problem::new(409, "mail_superseded", detail));
            }
        };
        // Sent for a repeated request too: the message does nothing where the mail is sent.
        let message = NotifyMessage::Again(MailAgain { account, mail: id.to_owned() });
        self.again.send(&message).await.map_err(|error| {
            warn!(reason = %error, "could not hand on a mail: {error}");
            Problem::unavailable()
        })?;

        Ok(Response::json(202, &MailView::of(&mail)))
    }
}

/// Ids are made of digits, dots and what ids of members have.
fn is_id(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !text.is_empty() && text.len() <= ID_CHARACTERS_MAX && text.chars().all(is_part)
}
