//! Progress of an opening, as the table has it; `billing::opening` says which request may go on
//! with it.

use billing::ids::AccountId;
use billing::opening::{Begun, Kept, OpeningRefusal, Progress};
use invocation::Invocation;
use runtime::key::fingerprint;
use store::credential::Request;
use store::profile::Link;
use store::{Loaded, Part, StoreError};

use super::{NewAccount, OpenAccounts, Result};
use crate::Failure;

/// Effect that an opening's intent is for: an account has one, under whatever Idempotency-Key it is
/// requested.
const INTENT_OF: &str = "POST /v1/accounts";

impl OpenAccounts<'_> {
    /// Progress of the account, whichever request began it; a refusal when this request may not go
    /// on with it.
    pub(super) async fn progress(
        &self,
        invocation: &Invocation,
        new: &NewAccount,
    ) -> Result<Progress> {
        let mut parts = parts(&new.account);
        parts.extend(new.customer.clone().map(Part::Link));
        parts.extend(new.idempotency.iter().map(|it| Part::Request(it.fingerprint.clone())));
        let loaded = self.store.load(invocation, &new.account, &parts).await?;

        if let Some(account) = begun_before(invocation, new, &loaded)? {
            let loaded = self.store.load(invocation, &account, &self::parts(&account)).await?;
            let progress = kept(&account, &loaded)?.progress_of_same_request(account);
            return progress.ok_or(Failure::Store(StoreError::Conflict));
        }

        let progress = kept(&new.account, &loaded)?.progress_by_id(&new.account, &new.content);
        let progress = progress.map_err(Failure::Refused)?;
        if progress == Progress::Nothing
            && let Some(customer) = &new.customer
            && let Some(Link::Account(_)) = loaded.link(customer)?
        {
            return Err(Failure::Refused(OpeningRefusal::AlreadyLinked(customer.clone())));
        }
        Ok(progress)
    }
}

impl NewAccount {
    /// The use of the Idempotency-Key, to be remembered with the account.
    pub(super) fn remembered(&self, account: &AccountId) -> Option<(String, Request)> {
        self.idempotency.as_ref().map(|it| {
            let (body, made, expires_at) = (it.body.clone(), account.to_string(), it.expires_at);
            (it.fingerprint.clone(), Request { body, made, expires_at })
        })
    }

    /// The use of the Idempotency-Key, unless it was remembered when the account was begun.
    pub(super) fn to_remember(&self, begun: &Begun) -> Option<(String, Request)> {
        let remembered = self.remembered(&begun.standing.account);
        remembered.filter(|(fingerprint, _)| Some(fingerprint) != begun.intent.request.as_ref())
    }
}

/// Id of the intent of an account's opening.
pub(super) fn intent_id(account: &AccountId) -> String {
    fingerprint(format!("{INTENT_OF}\n{account}").as_bytes())
}

fn parts(account: &AccountId) -> Vec<Part> {
    vec![Part::Standing, Part::Profile, Part::Intent(intent_id(account))]
}

fn kept(account: &AccountId, loaded: &Loaded) -> std::result::Result<Kept, StoreError> {
    Ok(Kept {
        standing: loaded.standing()?,
        profile: loaded.profile()?,
        intent: loaded.intent(&intent_id(account))?,
    })
}

/// The account that the same request began before, if it did.
fn begun_before(
    invocation: &Invocation,
    new: &NewAccount,
    loaded: &Loaded,
) -> Result<Option<AccountId>> {
    let Some(idempotency) = &new.idempotency else { return Ok(None) };
    let Some(before) = loaded.request(&idempotency.fingerprint, invocation.now)? else {
        return Ok(None);
    };
    if before.body != idempotency.body {
        return Err(Failure::Refused(OpeningRefusal::KeyReused));
    }

    let account = AccountId::parse(&before.made);
    Ok(Some(account.map_err(|_| Failure::Missing(format!("account `{}`", before.made)))?))
}
