//! The body of `POST /v1/accounts`, checked.

use accounts_commands::opening::NewAccount;
use billing::account::FREE_PLAN;
use billing::authority::Role;
use billing::ids::{AccountId, CustomerId, MemberId};
use billing::member::{Member, Preferences};
use invocation::Invocation;
use runtime::Problem;
use runtime::input::{Checks, NOT_AN_EMAIL, NOT_PLAIN, is_email, is_plain};
use runtime::key::fingerprint;
use store::open::NEW_MEMBERS_MAX;
use views::requests::accounts::{NewMember, OpenAccount};

/// Random bytes in the id of an account whose request gives none.
const ID_BYTES: usize = 8;
/// Longest name, in characters.
const NAME_CHARACTERS_MAX: usize = 200;
/// Longest name of a processing region, in characters.
const REGION_CHARACTERS_MAX: usize = 40;

/// Every wrong field, or the account to be opened.
pub(crate) fn new_account(
    invocation: &Invocation,
    mut input: OpenAccount,
) -> Result<NewAccount, Problem> {
    let mut checks = Checks::default();
    let id = match input.id.take() {
        Some(id) => id,
        None => new_id(invocation)?,
    };
    let account = checks.parse(AccountId::parse(&id), "id");
    let customer = input.stripe_customer_id.as_deref().map(CustomerId::parse);
    let customer = customer.map(|id| checks.parse(id, "stripe_customer_id"));
    check_texts(&input, &mut checks);
    let members = checked_members(&input.members, &mut checks);
    checks.passed()?;

    input.id = Some(id);
    let content = serde_json::to_vec(&input).map_err(|_| Problem::internal())?;
    Ok(NewAccount {
        account: account.ok_or_else(Problem::internal)?,
        name: input.name.trim().to_owned(),
        email: Some(input.email),
        place: None,
        country: input.country,
        processing_region: input.processing_region,
        members,
        customer: customer.flatten(),
        content: fingerprint(&content),
        idempotency: None,
    })
}

/// An account's other name, trimmed.
pub(crate) fn checked_name(name: &str) -> Result<String, Problem> {
    let mut checks = Checks::default();
    check_name(name, &mut checks);
    checks.passed()?;
    Ok(name.trim().to_owned())
}

pub(crate) fn check_name(name: &str, checks: &mut Checks) {
    let characters = 1..=NAME_CHARACTERS_MAX;
    let detail = "1 to 200 characters are expected.";
    checks.expect_range(characters.contains(&name.trim().chars().count()), "name", detail);
    checks.expect(is_plain(name), "name", NOT_PLAIN);
}

pub(crate) fn check_country(country: Option<&str>, checks: &mut Checks) {
    let country = country.unwrap_or("DE");
    let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
    checks.expect(is_country, "country", "Two letters are expected, as in ISO 3166-1.");
}

fn check_texts(input: &OpenAccount, checks: &mut Checks) {
    check_name(&input.name, checks);
    checks.expect(is_email(&input.email), "email", NOT_AN_EMAIL);
    let plan = input.plan.as_deref().unwrap_or(FREE_PLAN);
    checks.expect(plan == FREE_PLAN, "plan", "An account begins on the plan `free`.");
    check_country(input.country.as_deref(), checks);
    let region = input.processing_region.as_deref().unwrap_or("eu");
    let is_region = (1..=REGION_CHARACTERS_MAX).contains(&region.chars().count());
    checks.expect_range(is_region, "processing_region", "1 to 40 characters are expected.");
    checks.expect(is_plain(region), "processing_region", NOT_PLAIN);
}

fn new_id(invocation: &Invocation) -> Result<String, Problem> {
    let id = invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
    Ok(format!("acc-{id}"))
}

pub(crate) fn checked_members(members: &[NewMember], checks: &mut Checks) -> Vec<Member> {
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
        let (email, preferences) = (member.email.clone(), Preferences::default());
        checked.push(Member { version: 0, id, email, role, preferences });
    }
    checked
}
