//! How far the opening of an account is, and whether it is this request's to go on with.

use auth::{Admitted, admit};
use billing::account::Standing;
use billing::ids::AccountId;
use billing::intent::{Intent, IntentStatus};
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::key::fingerprint;
use runtime::{Problem, Request};
use store::attributes::Attributes;
use store::credential;
use store::keys::ENTITY;
use store::profile::{Link, read_link};
use store::{StoreError, keys};
use stripe_sync::Interrupted;

use crate::Accounts;
use crate::create::New;
use runtime::input::{Idempotency, other_content};

/// One request.
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a Request,
    pub(crate) new: New,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) now: Timestamp,
}

/// An account on its way.
pub(crate) struct Opened {
    pub(crate) standing: Standing,
    pub(crate) profile: Profile,
    pub(crate) intent: Intent,
}

/// How far it is.
pub(crate) enum Found {
    Nothing,
    Open(Box<Opened>),
    Done(AccountId),
}

impl Accounts {
    /// How far the account is, by whoever began it; a refusal when it is not this request's to go on.
    pub(crate) async fn find(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
    ) -> Result<Found, Interrupted> {
        let mut wanted = items_of(&asked.new.account, asked.request);
        wanted.extend(asked.new.customer.as_ref().map(keys::link));
        wanted.extend(asked.idempotency.iter().map(|it| keys::request(&it.fingerprint)));
        let admitted = admit(invocation, &self.store, asked.request, wanted).await?;
        if let Some(account) = made_before(&admitted, asked)? {
            let wanted = items_of(&account, asked.request);
            let items = self.store.batch(invocation, &wanted).await?;
            return match Opened::read(&items)? {
                Some(opened) if opened.is_open() => Ok(Found::Open(Box::new(opened))),
                None if items.is_empty() => Err(Interrupted::Conflict),
                Some(_) | None => Ok(Found::Done(account)),
            };
        }
        if admitted.item("standing").is_some() {
            let mine = Opened::read(&admitted.items)?
                .filter(|opened| opened.is_open() && opened.intent.content == asked.new.content);
            let opened = mine.ok_or_else(|| {
                let detail = format!("There is an account `{}` already.", asked.new.account);
                Problem::new(409, "account_exists", detail)
            })?;
            return Ok(Found::Open(Box::new(opened)));
        }
        let link = admitted.item("link").map(read_link).transpose()?;
        if let (Some(Link::Account(_)), Some(customer)) = (link, &asked.new.customer) {
            let detail = format!("The Stripe customer {customer} belongs to another account.");
            return Err(Problem::new(409, "customer_already_linked", detail).into());
        }
        Ok(Found::Nothing)
    }
}

impl Asked<'_> {
    /// What is remembered of its Idempotency-Key.
    pub(crate) fn remembered(&self, account: &AccountId) -> Option<(String, credential::Request)> {
        self.idempotency.as_ref().map(|it| {
            let (body, made, expires_at) = (it.body.clone(), account.to_string(), it.expires_at);
            (it.fingerprint.clone(), credential::Request { body, made, expires_at })
        })
    }

    /// The same, unless it was remembered when the account was begun.
    pub(crate) fn to_remember(&self, opened: &Opened) -> Option<(String, credential::Request)> {
        let remembered = self.remembered(&opened.standing.account);
        remembered.filter(|(fingerprint, _)| Some(fingerprint) != opened.intent.request.as_ref())
    }
}

impl Opened {
    /// Of items; nothing when one of the three is missing: the account is older than its intent is kept.
    fn read(items: &[Attributes]) -> Result<Option<Self>, StoreError> {
        let item = |entity: &str| {
            items.iter().find(|item| {
                item.get(ENTITY).and_then(|it| it.as_s().ok()).is_some_and(|it| it == entity)
            })
        };
        let (Some(standing), Some(profile), Some(intent)) =
            (item("standing"), item("profile"), item("intent"))
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            standing: store::standing::read(standing)?,
            profile: store::profile::read(profile)?,
            intent: store::intent::read(intent)?,
        }))
    }

    fn is_open(&self) -> bool {
        self.intent.status == IntentStatus::Open
    }
}

fn items_of(account: &AccountId, request: &Request) -> Vec<keys::Key> {
    let intent = intent_id(request, account);
    vec![keys::standing(account), keys::profile(account), keys::intent(account, &intent)]
}

/// There is one opening of an account, whatever Idempotency-Key it is asked for with.
pub(crate) fn intent_id(request: &Request, account: &AccountId) -> String {
    fingerprint(format!("{}\n{account}", request.route).as_bytes())
}

/// The account that the same request made before, if it did.
fn made_before(admitted: &Admitted, asked: &Asked<'_>) -> Result<Option<AccountId>, Interrupted> {
    let (Some(idempotency), Some(item)) = (&asked.idempotency, admitted.item("request")) else {
        return Ok(None);
    };
    let before = credential::read_request(item)?;
    if before.expires_at <= asked.now {
        return Ok(None);
    }
    if before.body != idempotency.body {
        return Err(other_content().into());
    }
    let account = AccountId::parse(&before.made).map_err(|_| Problem::internal())?;
    Ok(Some(account))
}
