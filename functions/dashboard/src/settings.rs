//! `/billing/{id}/settings`: billing details, own mails, people, API keys.

use accounts_commands::Subject;
use accounts_commands::details::{BillingDetails, Given};
use accounts_commands::keys::{Keys, MadeKey, NewKey, wanted};
use accounts_commands::members::{ChangeMember, Members};
use auth::{NotAdmitted, Visitor, problem};
use billing::api_key::KeyRefusal;
use billing::authority::Role;
use billing::decide::MemberRequest;
use billing::details::{AddressChange, Field};
use billing::ids::AccountId;
use billing::member::{Mails, Preferences};
use billing::pages::authorise_page;
use billing::profile::Profile;
use billing::words::Word;
use invocation::Invocation;
use messages::page::Done;
use pages::form::Typed;
use pages::keys;
use pages::settings::{Details, Settings};
use runtime::input::idempotency;
use runtime::{Problem, Request, Response};

use crate::answer::{html, see_other};
use crate::form::{text, typed};
use crate::problem::{details_refused, failed};
use crate::seen::{Again, parts};
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    pub(crate) async fn settings(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Vec::new()).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let account = &visitor.account;

        let sees_billing = seen.frame.sees_money();
        let sees_people = match visitor.role() {
            Role::AccountAdministrator | Role::Finance => true,
            Role::Member => false,
        };
        let members = if sees_people {
            let all = Members { store: &self.store }.all(invocation, account).await;
            all.map_err(|error| problem(&error))?
        } else {
            Vec::new()
        };
        let keys = if authorise_page("POST /billing/{id}/settings/keys", visitor.role()).is_ok() {
            let all = Keys { store: &self.store }.all(invocation, account).await;
            Some(all.map_err(|error| problem(&error))?)
        } else {
            None
        };

        let page = Settings {
            details: sees_billing.then(|| details(&seen.account.profile)),
            own: visitor.member.clone(),
            members,
            keys,
        };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    pub(crate) async fn save_details(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| BillingDetails::parts();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let change = given(&typed(request)?).checked()?;

        let Self { store, stripe, facts, .. } = self;
        let details = BillingDetails { store, stripe, facts };
        let subject = Subject::loaded(account, caller.loaded);
        let changed = Box::pin(details.change(invocation, &subject, &change)).await;
        let account = &subject.account;
        changed.map_err(|failure| failed(failure, account, |it| details_refused(&it)))?;

        let done = Done::DetailsSaved.word();
        Ok(see_other(&format!("/billing/{account}/settings?done={done}")))
    }

    pub(crate) async fn save_preferences(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| Members::parts();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, member, .. } = visitor;
        let typed = typed(request)?;
        let wanted = |name: &str| Mails::of(typed.contains_key(name));
        let preferences = Preferences {
            alerts: wanted("alerts"),
            invoices: wanted("invoices"),
            notices: wanted("notices"),
        };
        let change = ChangeMember {
            member: member.id,
            request: MemberRequest::Prefer(preferences),
            by: caller.principal,
        };

        let subject = Subject::loaded(account, caller.loaded);
        let members = Members { store: &self.store };
        let changed = members.change(invocation, &subject, &change).await;
        let account = &subject.account;
        changed.map_err(|failure| {
            failed(failure, account, |it| {
                Problem::new(409, "not_found", LANGUAGE.member_refused(it).detail)
            })
        })?;

        let done = Done::PreferencesSaved.word();
        Ok(see_other(&format!("/billing/{account}/settings?done={done}")))
    }

    pub(crate) async fn make_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let scope = request.path.get("id").cloned().unwrap_or_default();
        let key = idempotency(request, &scope, invocation.now)?;
        let parts = |_: &AccountId| parts(invocation.now, Keys::parts(key.as_ref()));
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;
        let Visitor { account, caller, .. } = visitor;
        let typed = typed(request)?;
        let (role, name) = wanted(text(&typed, "role"), text(&typed, "name"))?;

        let subject = Subject::loaded(account, caller.loaded);
        let new = NewKey { role, name, mode: self.mode, by: None, idempotency: key };
        let made = Keys { store: &self.store }.make(invocation, &subject, &new).await;
        let MadeKey { key, secret } =
            made.map_err(|failure| failed(failure, &subject.account, |it| key_refused(&it)))?;

        Ok(html(200, keys::made(&seen.frame, &key, &secret)))
    }

    pub(crate) async fn revoke_page(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, Vec::new()).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let wanted = request.path.get("key_id").map(String::as_str).unwrap_or_default();
        let all = Keys { store: &self.store }.all(invocation, &visitor.account).await;
        let all = all.map_err(|error| problem(&error))?;
        let key = all.iter().find(|key| key.id == wanted);
        let key = key.ok_or_else(|| Problem::not_found("API key"))?;

        Ok(html(seen.status, keys::revoke(&seen.frame, key)))
    }

    pub(crate) async fn revoke_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| Keys::parts(None);
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let id = request.path.get("key_id").map(String::as_str).unwrap_or_default();

        let subject = Subject::loaded(account, caller.loaded);
        let revoked = Keys { store: &self.store }.revoke(invocation, &subject, id).await;
        let account = &subject.account;
        revoked.map_err(|failure| failed(failure, account, |it| key_refused(&it)))?;

        let done = Done::KeyRevoked.word();
        Ok(see_other(&format!("/billing/{account}/settings?done={done}")))
    }
}

fn key_refused(refusal: &KeyRefusal) -> Problem {
    let detail = LANGUAGE.key_refused(refusal);
    match refusal {
        KeyRefusal::SecretAlreadyShown(_) => Problem::new(409, "secret_already_shown", detail),
        KeyRefusal::IdempotencyKeyReused => Problem::new(409, "idempotency_key_reused", detail),
        KeyRefusal::TooMany => Problem::new(409, "too_many_keys", detail),
        KeyRefusal::Unknown => Problem::not_found("API key"),
    }
}

fn details(profile: &Profile) -> Details {
    let known = profile.details.clone();
    let tax_ids = profile.tax_ids.present();
    Details {
        company: known.name.unwrap_or_default(),
        email: known.email.unwrap_or_default(),
        address: known.address,
        purchase_order: known.purchase_order.unwrap_or_default(),
        tax_ids: tax_ids.map(|it| (it.kind.clone(), it.value.clone(), it.verification)).collect(),
    }
}

/// Changes of a form: an empty field clears, a field that the form does not have stays.
fn given(typed: &Typed) -> Given {
    let one = |name: &str| match typed.get(name) {
        None => Field::Absent,
        Some(value) if value.trim().is_empty() => Field::Cleared,
        Some(value) => Field::Given(value.clone()),
    };
    let address = AddressChange {
        line1: one("address.line1"),
        line2: one("address.line2"),
        postal_code: one("address.postal_code"),
        city: one("address.city"),
        state: one("address.state"),
        country: one("address.country"),
    };
    let tax_id = |place: usize| {
        let part = |name: &str| text(typed, &format!("tax_ids[{place}].{name}")).to_owned();
        (part("type"), part("value"))
    };
    let places = 0..=billing::tax_id::TAX_IDS_MAX;
    let tax_ids = places.map(tax_id).filter(|(_, value)| !value.is_empty()).collect();
    let has_tax_ids = typed.contains_key("tax_ids[0].value");
    Given {
        company: one("company"),
        email: one("email"),
        address: Field::Given(address),
        tax_ids: if has_tax_ids { Field::Given(tax_ids) } else { Field::Absent },
        purchase_order: one("purchase_order"),
    }
}
