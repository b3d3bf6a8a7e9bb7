//! `POST /v1/accounts`: a new account, linked to a Stripe customer that exists.

use admit::{Admitted, admit, problem};
use billing::account::{FREE_PLAN, Standing};
use billing::authority::Role;
use billing::decide::open_account;
use billing::fact::{Address, CustomerSnapshot};
use billing::ids::{AccountId, CustomerId, MemberId};
use billing::journal::{Cause, CauseKind};
use billing::profile::Profile;
use billing::time::Timestamp;
use runtime::key::hex;
use runtime::{Problem, Request, Response};
use serde::Deserialize;
use store::credential::{self, Member};
use store::open::{NEW_MEMBERS_MAX, Opening};
use store::profile::{Link, read_link};
use store::{Cost, StoreError, keys};
use tracing::info;

use crate::Accounts;
use crate::input::{Checks, Idempotency, body, idempotency, other_content};
use crate::view;

/// Longest name, in characters.
const NAME_CHARACTERS_MAX: usize = 200;
/// Longest e-mail address, in characters (RFC 5321).
const EMAIL_CHARACTERS_MAX: usize = 254;
/// Longest name of a processing region, in characters.
const REGION_CHARACTERS_MAX: usize = 40;
/// How often it is tried when somebody else takes the id meanwhile.
const TRIES_MAX: u32 = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    id: Option<String>,
    name: String,
    email: String,
    plan: Option<String>,
    country: Option<String>,
    processing_region: Option<String>,
    #[serde(default)]
    members: Vec<NewMember>,
    stripe_customer_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMember {
    id: String,
    email: String,
    role: String,
}

/// What was asked for, checked.
struct New {
    account: AccountId,
    customer: CustomerId,
    members: Vec<Member>,
    input: Input,
}

impl Accounts {
    pub(crate) async fn create(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Problem> {
        // Whoever has no valid key is not told what is wrong with the body.
        let mut cost = Cost::default();
        admit(&self.store, request, Vec::new(), &mut cost).await?;
        let new = self.checked(body(request)?)?;
        let idempotency = idempotency(request, "vendor", now)?;
        for _ in 0..TRIES_MAX {
            let mut wanted = vec![keys::standing(&new.account), keys::link(&new.customer)];
            if let Some(idempotency) = &idempotency {
                wanted.push(keys::request(&idempotency.fingerprint));
            }
            let admitted = admit(&self.store, request, wanted, &mut cost).await?;
            if let Some(made) = made_before(&admitted, idempotency.as_ref(), now)? {
                return self.show(&made, 201, now, &mut cost).await;
            }
            refuse_taken(&admitted, &new)?;
            match self.open(&new, idempotency.as_ref(), request, now, &mut cost).await {
                Ok(()) => {
                    let (account, customer) = (&new.account, &new.customer);
                    info!(account.id = %account, customer.id = %customer,
                        "opened account {account} for customer {customer}: {cost}");
                    return self.show(account, 201, now, &mut cost).await;
                }
                Err(StoreError::Lost) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::unavailable())
    }

    /// Every wrong field, or what was asked for.
    fn checked(&self, input: Input) -> Result<New, Problem> {
        let mut checks = Checks::default();
        let account = match &input.id {
            Some(id) => AccountId::parse(id),
            None => AccountId::parse(&self.new_id()?),
        };
        let account = checks.parse(account, "id");
        let customer = input.stripe_customer_id.as_deref().unwrap_or_default();
        let detail = "A Stripe customer that exists is needed: this version links, it does not \
                      create customers at Stripe.";
        checks.expect(!customer.is_empty(), "stripe_customer_id", detail);
        let customer = CustomerId::parse(customer);
        let customer = if customer.is_err() && input.stripe_customer_id.is_none() {
            None
        } else {
            checks.parse(customer, "stripe_customer_id")
        };
        let name = 1..=NAME_CHARACTERS_MAX;
        let detail = "1 to 200 characters are expected.";
        checks.expect(name.contains(&input.name.trim().chars().count()), "name", detail);
        checks.expect(is_email(&input.email), "email", NOT_AN_EMAIL);
        let plan = input.plan.as_deref().unwrap_or(FREE_PLAN);
        checks.expect(plan == FREE_PLAN, "plan", "An account begins on the plan `free`.");
        let country = input.country.as_deref().unwrap_or("DE");
        let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
        checks.expect(is_country, "country", "Two letters are expected, as in ISO 3166-1.");
        let region = input.processing_region.as_deref().unwrap_or("eu");
        let is_region = (1..=REGION_CHARACTERS_MAX).contains(&region.chars().count());
        checks.expect(is_region, "processing_region", "1 to 40 characters are expected.");
        let members = checked_members(&input.members, &mut checks);
        checks.passed()?;
        match (account, customer) {
            (Some(account), Some(customer)) => Ok(New { account, customer, members, input }),
            _ => Err(Problem::internal()),
        }
    }

    async fn open(
        &self,
        new: &New,
        idempotency: Option<&Idempotency>,
        request: &Request,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let account = new.account.clone();
        let standing = Standing::new(account, FREE_PLAN, self.grace_seconds, now);
        let change = open_account(standing, new.profile(now), now);
        let remembered = idempotency.map(|idempotency| {
            let request = credential::Request {
                body: idempotency.body.clone(),
                made: new.account.to_string(),
                expires_at: idempotency.expires_at,
            };
            (idempotency.fingerprint.clone(), request)
        });
        let opening = Opening {
            customer: Some(new.customer.clone()),
            members: new.members.clone(),
            request: remembered,
        };
        let cause = Cause { kind: CauseKind::Api, id: request.id.clone() };
        self.store.open(&change, &opening, &cause, now, cost).await
    }

    fn new_id(&self) -> Result<String, Problem> {
        let bytes = self.entropy.bytes().map_err(|_| Problem::unavailable())?;
        let first: [u8; 8] = bytes.first_chunk().copied().unwrap_or_default();
        Ok(format!("acc-{}", hex(&first)))
    }

    /// The account as it is now.
    pub(crate) async fn show(
        &self,
        account: &AccountId,
        status: u16,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Response, Problem> {
        let wanted = [keys::standing(account), keys::profile(account)];
        let items = self.store.batch(&wanted, cost).await.map_err(|error| problem(&error))?;
        let view = view::account(&self.store, &items, now, cost).await?;
        Ok(Response::json(status, &view))
    }
}

impl New {
    fn profile(&self, now: Timestamp) -> Profile {
        let country = self.input.country.as_deref().map(str::to_ascii_uppercase);
        Profile {
            version: 0,
            account: self.account.clone(),
            name: self.input.name.trim().to_owned(),
            created_at: now,
            processing_region: self.input.processing_region.clone(),
            customer: Some(self.customer.clone()),
            details: CustomerSnapshot {
                name: Some(self.input.name.trim().to_owned()),
                email: Some(self.input.email.clone()),
                address: Address { country, ..Address::default() },
                ..CustomerSnapshot::default()
            },
            as_of: None,
            ambiguous: false,
        }
    }
}

const NOT_AN_EMAIL: &str = "An e-mail address is expected.";

/// Enough to catch a slip of the hand; whether mail arrives is known only by sending one.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.chars().count() <= EMAIL_CHARACTERS_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
}

fn checked_members(members: &[NewMember], checks: &mut Checks) -> Vec<Member> {
    let detail = "An account can be created with at most 50 members.";
    checks.expect(members.len() <= NEW_MEMBERS_MAX, "members", detail);
    let mut checked: Vec<Member> = Vec::new();
    for (index, member) in members.iter().take(NEW_MEMBERS_MAX).enumerate() {
        let field = |name: &str| format!("members[{index}].{name}");
        let id = checks.parse(MemberId::parse(&member.id), field("id"));
        let role = Role::parse(&member.role);
        let roles = "`account_administrator`, `finance` or `member` is expected.";
        checks.expect(role.is_some(), field("role"), roles);
        checks.expect(is_email(&member.email), field("email"), NOT_AN_EMAIL);
        let (Some(id), Some(role)) = (id, role) else { continue };
        let is_new = checked.iter().all(|other| other.id != id);
        checks.expect(is_new, field("id"), "Another member of the list has this id.");
        checked.push(Member { id, email: member.email.clone(), role });
    }
    checked
}

/// The account that the same request made before, if it did.
fn made_before(
    admitted: &Admitted,
    idempotency: Option<&Idempotency>,
    now: Timestamp,
) -> Result<Option<AccountId>, Problem> {
    let (Some(idempotency), Some(item)) = (idempotency, admitted.item("request")) else {
        return Ok(None);
    };
    let before = credential::read_request(item).map_err(|error| problem(&error))?;
    if before.expires_at <= now {
        return Ok(None);
    }
    if before.body != idempotency.body {
        return Err(other_content());
    }
    AccountId::parse(&before.made).map(Some).map_err(|_| Problem::internal())
}

/// 409 when the account's id or its customer is taken.
fn refuse_taken(admitted: &Admitted, new: &New) -> Result<(), Problem> {
    if admitted.item("standing").is_some() {
        let detail = format!("There is an account `{}` already.", new.account);
        return Err(Problem::new(409, "account_exists", detail));
    }
    let link = admitted.item("link").map(read_link).transpose().map_err(|error| problem(&error))?;
    if let Some(Link::Account(_)) = link {
        let detail = format!("The Stripe customer {} belongs to another account.", new.customer);
        return Err(Problem::new(409, "customer_already_linked", detail));
    }
    Ok(())
}
