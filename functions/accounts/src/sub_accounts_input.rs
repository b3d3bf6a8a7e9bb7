//! Bodies of requests about sub-accounts, checked.

use accounts_commands::opening::{NewAccount, NewSubAccount};
use billing::authority::Role;
use billing::family::BillingModel;
use billing::ids::AccountId;
use billing::member::Member;
use billing::words::Word;
use catalog::Catalog;
use runtime::input::{Checks, NOT_AN_EMAIL, body, is_email};
use runtime::key::fingerprint;
use runtime::{Problem, Request};
use views::requests::accounts::{AddSubAccount, RenameSubAccount, SetBillingModel};

use crate::opening_input::{check_country, check_name, checked_members};

/// Words of a billing model that are accepted.
const MODELS: &str = "`bill_to_parent` or `bill_to_sub_account` is expected.";

/// Every wrong field, or the sub-account to be opened.
pub(crate) fn new_sub_account(
    parent: &AccountId,
    catalog: &Catalog,
    input: AddSubAccount,
) -> Result<NewAccount, Problem> {
    let mut checks = Checks::default();
    let account = checks.parse(AccountId::parse(&input.id), "id");
    check_name(&input.name, &mut checks);
    check_country(input.country.as_deref(), &mut checks);
    let is_email = input.email.as_deref().is_none_or(is_email);
    checks.expect(is_email, "email", NOT_AN_EMAIL);
    let is_region = catalog.regions.iter().any(|region| region.id == input.processing_region);
    let detail = "A region of `GET /v1/regions` is expected.";
    checks.expect(is_region, "processing_region", detail);
    let model = BillingModel::of_word(&input.billing_model);
    checks.expect(model.is_some(), "billing_model", MODELS);
    let members = checked_members(&input.members, &mut checks);
    checks.passed()?;

    let content = serde_json::to_vec(&(parent, &input)).map_err(|_| Problem::internal())?;
    let (account, model) = account.zip(model).ok_or_else(Problem::internal)?;
    Ok(NewAccount {
        account,
        name: input.name.trim().to_owned(),
        email: input.email.or_else(|| address_of(&members)),
        country: input.country,
        processing_region: Some(input.processing_region),
        members,
        place: Some(NewSubAccount { parent: parent.clone(), model }),
        customer: None,
        content: fingerprint(&content),
        idempotency: None,
    })
}

/// Address of the first member who sees billing.
fn address_of(members: &[Member]) -> Option<String> {
    let sees_billing = |member: &&Member| match member.role {
        Role::AccountAdministrator | Role::Finance => true,
        Role::Member => false,
    };
    members.iter().find(sees_billing).map(|member| member.email.clone())
}

/// Another name.
pub(crate) fn name(request: &Request) -> Result<String, Problem> {
    let RenameSubAccount { name } = body(request)?;
    let mut checks = Checks::default();
    check_name(&name, &mut checks);
    checks.passed()?;
    Ok(name.trim().to_owned())
}

/// Another billing model.
pub(crate) fn model(request: &Request) -> Result<BillingModel, Problem> {
    let SetBillingModel { billing_model } = body(request)?;
    let model = BillingModel::of_word(&billing_model);
    let mut checks = Checks::default();
    checks.expect(model.is_some(), "billing_model", MODELS);
    checks.passed()?;
    model.ok_or_else(Problem::internal)
}
