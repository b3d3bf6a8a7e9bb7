//! The log of an account's mails: read, and one of them asked for once more (F6).

use billing::ids::AccountId;
use billing::mails::Mail;
use invocation::Invocation;
use store::{Store, StoreError};

/// Logs of mails, in a table.
#[derive(Debug, Clone, Copy)]
pub struct MailLog<'a> {
    /// The table.
    pub store: &'a Store,
}

/// Answer to a request for a mail once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It will be sent.
    WillBeSent(Mail),
    /// It was asked for before, or is being sent: nothing changes.
    IsUnderWay(Mail),
    /// Nobody was mailed: there is nothing to send again.
    NobodyWasMailed,
    /// There is no such mail.
    Unknown,
}

impl MailLog<'_> {
    /// A page of the log, the newest first, and whether there is more behind it.
    ///
    /// # Errors
    /// The table's.
    pub async fn page(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (before, limit): (Option<&str>, i32),
    ) -> Result<(Vec<Mail>, bool), StoreError> {
        self.store.mails(invocation, account, (before, limit)).await
    }

    /// Asks for a mail once more.
    ///
    /// # Errors
    /// The table's.
    pub async fn ask_again(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Asked, StoreError> {
        let try_once = async || {
            let Some(mail) = self.store.mail(invocation, account, id).await? else {
                return Ok(Asked::Unknown);
            };
            if mail.recipient.is_none() {
                return Ok(Asked::NobodyWasMailed);
            }
            let Some(asked) = mail.asked_again(invocation.now) else {
                return Ok(Asked::IsUnderWay(mail));
            };
            let asked = self.store.keep_mail(invocation, account, &asked).await?;
            Ok(Asked::WillBeSent(asked))
        };
        invocation.retry(try_once).await
    }
}
