//! Admitting a request that writes, once for each Idempotency-Key.
//!
//! What is remembered under the key is read with the caller's key. A first request of a route that
//! [is marked](billing::request::Repetition::is_marked) is remembered before it acts; [`answered`]
//! keeps its answer. A repeat gets the kept answer and does nothing; one whose first attempt was
//! interrupted goes on, unless the account has changed since.

use billing::ids::{AccountId, MemberId};
use billing::request::{
    ANSWER_SECONDS, ATTEMPT_SECONDS, End, KeptAnswer, Remembered, Repeat, Repetition, Stage,
    Working, repeat, repetition,
};
use invocation::{Claim, Invocation, Precondition, Shown};
use runtime::input::{Idempotency, idempotency, other_content};
use runtime::{Problem, Request, Response, edge};
use store::{Part, Store, StoreError};
use tracing::warn;

use crate::person::{hidden, restored};
use crate::session::{NotAdmitted, Visitor, check_form, visitor};
use crate::{Caller, caller, caller_of_account, problem};

/// Most readings of a key that twins write at the same time.
const READINGS_MAX: u32 = 5;

/// Admits the caller of a request that writes and names no account.
///
/// # Errors
/// Those of [`caller`]; the kept answer of a repeat; 409 for a key that was used for something
/// else, or while a twin is at work.
pub async fn writer(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: &[Part],
) -> Result<Caller, Problem> {
    let Some(key) = Key::of(invocation, request) else {
        let admitted = caller(invocation, store, request, parts).await?;
        check_precondition(invocation)?;
        return Ok(admitted);
    };
    let mut parts = parts.to_vec();
    parts.push(Part::Answer(key.fingerprint.clone()));

    let admitted = caller(invocation, store, request, &parts).await?;
    key.claim(invocation, store, (&admitted, Shown::Nobody)).await?;
    Ok(admitted)
}

/// Admits the caller of a request that writes about the account in its path.
///
/// # Errors
/// Those of [`caller_of_account`] and of [`writer`].
pub async fn writer_of_account(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<(AccountId, Caller), Problem> {
    let Some(key) = Key::of(invocation, request) else {
        let admitted = caller_of_account(invocation, store, request, parts).await?;
        check_precondition(invocation)?;
        return Ok(admitted);
    };
    let with_key = |account: &AccountId| key.with(parts(account));

    let (account, admitted) = caller_of_account(invocation, store, request, with_key).await?;
    let shown = key.shown(&admitted)?;
    key.claim(invocation, store, (&admitted, shown)).await?;
    Ok((account, admitted))
}

/// Admits the visitor of a page whose form writes about the account in its path. The form's
/// one-time key is the request's Idempotency-Key.
///
/// # Errors
/// Those of [`visitor`] and of [`writer`].
pub async fn writing_visitor(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<Visitor, NotAdmitted> {
    check_form(request)?;
    let Some(key) = Key::of(invocation, request) else {
        return visitor(invocation, store, request, parts).await;
    };
    let with_key = |account: &AccountId| key.with(parts(account));

    let visitor = visitor(invocation, store, request, with_key).await?;
    let shown = Shown::Visitor(visitor.member.email.clone());
    key.claim(invocation, store, (&visitor.caller, shown)).await?;
    Ok(visitor)
}

/// Answers a request, and keeps the answer for its repeats.
pub async fn answered(
    invocation: &Invocation,
    store: &Store,
    answer: Result<Response, Problem>,
) -> Response {
    let response = answer.unwrap_or_else(|problem| problem.response());
    let response = edge::named(response, invocation.cause_id());
    let Some(claim) = invocation.claim() else { return response };

    let kept = keep(invocation, store, claim, &response).await;
    if let Err(error) = kept {
        // The repeat goes on where this attempt stopped.
        warn!(reason = %error, "could not keep the answer to a request: {error}");
    }
    response
}

/// Refuses a request whose `If-Match` names another state than the present one. The repeat of a
/// request that took effect comes to its answer before this.
///
/// # Errors
/// 412.
fn check_precondition(invocation: &Invocation) -> Result<(), Problem> {
    let failed = invocation.precondition().is_some_and(Precondition::is_failed);
    if failed { Err(Problem::precondition_failed()) } else { Ok(()) }
}

async fn keep(
    invocation: &Invocation,
    store: &Store,
    claim: &Claim,
    response: &Response,
) -> Result<(), StoreError> {
    let remembered = &claim.remembered;
    let end = claim.repetition.end((response.status, response.body.len()), claim.goes_on);
    let after = match end {
        End::Kept => {
            Remembered { stage: Stage::Answered(kept(response, claim)), ..remembered.clone() }
        }
        End::Open | End::Forgotten if !claim.repetition.is_marked() => return Ok(()),
        End::Forgotten => Remembered { expires_at: invocation.now, ..remembered.clone() },
        // Its mark may say more than it did when the attempt began: what is written is the time.
        End::Open => return open(invocation, store, claim).await,
    };

    let fingerprint = &claim.fingerprint;
    if claim.repetition.is_marked() {
        return store.remember_attempt(invocation, fingerprint, &after).await;
    }
    match store.remember(invocation, fingerprint, &after).await {
        // A twin kept its answer.
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Lets the same request go on at once.
async fn open(invocation: &Invocation, store: &Store, claim: &Claim) -> Result<(), StoreError> {
    let part = Part::Answer(claim.fingerprint.clone());
    let loaded = store.load_shared(invocation, &[part]).await?;
    let Some(known) = loaded.remembered(&claim.fingerprint)? else { return Ok(()) };
    let Stage::Working(working) = known.stage else { return Ok(()) };
    if known.attempt != claim.remembered.attempt {
        return Ok(());
    }

    let stage = Stage::Working(Working { until: invocation.now, ..working });
    let after = Remembered { stage, ..known };
    store.remember_attempt(invocation, &claim.fingerprint, &after).await
}

/// An answer as it is kept: without the address of a member.
fn kept(response: &Response, claim: &Claim) -> KeptAnswer {
    let content_type = response.headers.get("content-type");
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    KeptAnswer {
        status: response.status,
        content_type: content_type.to_owned(),
        body: hidden(&response.body, &claim.shown),
    }
}

/// Idempotency-Key of a request whose repeats are recognised here.
pub(crate) struct Key {
    fingerprint: String,
    content: String,
    repetition: Repetition,
    /// The member in the path.
    member: Option<MemberId>,
}

impl Key {
    /// The key of a request; none where it has none, or one that the caller is yet told to mend.
    fn of(invocation: &Invocation, request: &Request) -> Option<Self> {
        Self::of_route(invocation, request, &request.route)
    }

    /// The key of a request that is repeated as a route is.
    pub(crate) fn of_route(
        invocation: &Invocation,
        request: &Request,
        route: &str,
    ) -> Option<Self> {
        let scope = request.path.get("id").map(String::as_str).unwrap_or_default();
        let repetition = repetition(route).filter(|it| it.keeps_answers())?;
        let key = idempotency(request, scope, invocation.now).ok().flatten()?;
        let Idempotency { fingerprint, body: content, .. } = key;
        let member = request.path.get("member_id").and_then(|id| MemberId::parse(id).ok());
        Some(Self { fingerprint, content, repetition, member })
    }

    /// Parts of a request, and those that its key needs.
    pub(crate) fn with(&self, mut parts: Vec<Part>) -> Vec<Part> {
        parts.push(Part::Answer(self.fingerprint.clone()));
        parts.extend(self.member.clone().map(Part::Member));
        match self.repetition {
            Repetition::Once => parts.push(Part::Standing),
            Repetition::Leased => parts.push(Part::Lease),
            Repetition::Unkept | Repetition::Counted | Repetition::Found => {}
        }
        parts
    }

    /// Person whose address the answer shows.
    fn shown(&self, caller: &Caller) -> Result<Shown, Problem> {
        let Some(id) = &self.member else { return Ok(Shown::Nobody) };
        let member = caller.loaded.member(id).map_err(|error| problem(&error))?;
        Ok(Shown::Member(member.map(|member| member.email)))
    }

    /// Claims the key for this attempt, or says why the request does nothing.
    pub(crate) async fn claim(
        &self,
        invocation: &Invocation,
        store: &Store,
        (caller, shown): (&Caller, Shown),
    ) -> Result<(), Problem> {
        let known = caller.loaded.remembered(&self.fingerprint);
        let mut known = known.map_err(|error| problem(&error))?;
        for _ in 0..READINGS_MAX {
            let decided = repeat(known.as_ref(), &self.content, invocation.now);
            let before = match decided {
                Repeat::OtherContent => return Err(other_content()),
                Repeat::Answered(answer) => {
                    let body = restored(&answer.body, &shown);
                    return Err(Problem::replayed(KeptAnswer { body, ..answer }));
                }
                Repeat::InProgress => return Err(Problem::repeat_in_progress()),
                Repeat::First => {
                    check_precondition(invocation)?;
                    None
                }
                Repeat::GoesOn(working) => Some(working),
            };
            let claim = self.claimed(invocation, (caller, &shown), (known.as_ref(), before))?;
            if !self.repetition.is_marked() {
                invocation.claims(claim);
                return Ok(());
            }

            match store.remember(invocation, &self.fingerprint, &claim.remembered).await {
                Ok(()) => {
                    invocation.claims(claim.written());
                    return Ok(());
                }
                Err(StoreError::Conflict) => known = self.read(invocation, store).await?,
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::repeat_in_progress())
    }

    /// The claim of this attempt. Behind an interruption of a command with one commit, the account
    /// must be as that commit left it.
    fn claimed(
        &self,
        invocation: &Invocation,
        (caller, shown): (&Caller, &Shown),
        (known, before): (Option<&Remembered>, Option<Working>),
    ) -> Result<Claim, Problem> {
        let version = known.map_or(0, |known| known.version);
        let working = match (self.repetition, before) {
            (Repetition::Once, Some(before)) => {
                let committed = before.rests_on;
                if committed > 0 && caller.standing()?.version != committed {
                    return Err(Problem::overtaken());
                }
                before
            }
            (Repetition::Leased, None) => {
                let lease = caller.loaded.lease().map_err(|error| problem(&error))?;
                let rests_on = lease.map_or(0, |lease| lease.turns);
                Working { rests_on, ..Working::default() }
            }
            (_, before) => before.unwrap_or_default(),
        };

        let now = invocation.now;
        let stage = Stage::Working(Working { until: now.plus_seconds(ATTEMPT_SECONDS), ..working });
        let remembered = Remembered {
            version,
            content: self.content.clone(),
            attempt: invocation.cause_id().to_owned(),
            stage,
            expires_at: now.plus_seconds(ANSWER_SECONDS),
        };
        Ok(Claim {
            fingerprint: self.fingerprint.clone(),
            repetition: self.repetition,
            remembered,
            goes_on: before.is_some(),
            shown: shown.clone(),
        })
    }

    async fn read(
        &self,
        invocation: &Invocation,
        store: &Store,
    ) -> Result<Option<Remembered>, Problem> {
        let part = Part::Answer(self.fingerprint.clone());
        let loaded = store.load_shared(invocation, &[part]).await;
        let loaded = loaded.map_err(|error| problem(&error))?;
        loaded.remembered(&self.fingerprint).map_err(|error| problem(&error))
    }
}
