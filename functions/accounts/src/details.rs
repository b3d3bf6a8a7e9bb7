//! `PATCH /v1/accounts/{id}/billing-details`: what invoices print, changed at Stripe and read back (A1, A2, F4).
//!
//! It sets a state: each step looks first and changes only what is not so yet, so whatever breaks on the way, the same
//! request does the rest. What Stripe refuses is refused before anything else of the request has changed.

use auth::{admit_to_account, problem};
use billing::fact::Address;
use billing::ids::{AccountId, CustomerId, TaxIdId};
use billing::tax_id::TaxIdSnapshot;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use store::keys;
use stripe_client::{Customer, StripeError};
use stripe_requests::request::details::{NewDetails, create_tax_id, delete_tax_id};
use stripe_wire::wire::PURCHASE_ORDER;
use tracing::{info, warn};

use crate::Accounts;
use crate::details_input::{Field, Wanted, WantedTaxId};
use crate::stripe::{Left, refusal_of, unasked, unsynced};
use crate::view::{Details, standing_and_profile};

/// What is asked of a customer's tax ids, against what it has.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference<'a> {
    /// To be added, each with its place in the request.
    missing: Vec<(usize, &'a WantedTaxId)>,
    /// To be removed.
    surplus: Vec<TaxIdId>,
}

impl Accounts {
    pub(crate) async fn change_details(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let items = |account: &_| vec![keys::standing(account), keys::profile(account)];
        let (account, admitted) = admit_to_account(invocation, &self.store, request, items).await?;
        let (_, profile) = standing_and_profile(&admitted.items)?;
        let wanted = Wanted::read(request)?;
        let customer = profile.customer.ok_or_else(incomplete)?;
        let changed_at = self.set_details(invocation, &account, &customer, &wanted).await?;
        let sync = self.sync();
        let read = sync.read_customer(invocation, &account, &customer, changed_at).await;
        read.map_err(|error| unsynced(&error, &account))?;
        let cost = invocation.cost();
        info!(account.id = %account, customer.id = %customer,
            "set billing details of {account}: {cost}");
        let wanted = [keys::standing(&account), keys::profile(&account)];
        let items = self.store.batch(invocation, &wanted).await.map_err(|error| problem(&error))?;
        let (_, profile) = standing_and_profile(&items)?;
        Ok(Response::json(200, &Details::of(&profile)))
    }

    /// Changes at Stripe what is not so yet: adds tax ids, the likeliest to be refused, then changes the customer, then
    /// removes tax ids. Answers with when it was done, by Stripe's clock.
    async fn set_details(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        customer: &CustomerId,
        wanted: &Wanted,
    ) -> Result<Timestamp, Problem> {
        let failed = |error: &StripeError| unasked(error, account, Left::Part);
        let known =
            self.stripe.customer(invocation, customer).await.map_err(|error| failed(&error))?;
        let known = known.ok_or_else(deleted)?;
        let tax_ids = match &wanted.tax_ids {
            None => Vec::new(),
            Some(_) => {
                self.stripe.tax_ids(invocation, customer).await.map_err(|error| failed(&error))?
            }
        };
        let Difference { missing, surplus } = difference(wanted.tax_ids.as_deref(), &tax_ids);
        let mut changed_at = known.at;
        let mut added = Vec::new();
        for (place, new) in missing {
            match self.add_tax_id(invocation, customer, new).await {
                Ok((id, at)) => {
                    added.push(id);
                    changed_at = changed_at.max(at);
                }
                Err(error) => {
                    self.take_back(invocation, customer, &added).await;
                    let field = |param: &str| match param {
                        "type" => Some(format!("tax_ids[{place}].type")),
                        _ => Some(format!("tax_ids[{place}].value")),
                    };
                    return Err(refusal_of(&error, field).unwrap_or_else(|| failed(&error)));
                }
            }
        }
        let new = new_details(wanted, &known);
        if new != NewDetails::default() {
            match self.stripe.update_details(invocation, customer, &new).await {
                Ok(updated) => changed_at = changed_at.max(updated.at),
                Err(error) => {
                    self.take_back(invocation, customer, &added).await;
                    return Err(refusal_of(&error, field_of).unwrap_or_else(|| failed(&error)));
                }
            }
        }
        for id in &surplus {
            match self.stripe.call(invocation, &delete_tax_id(customer, id)).await {
                Ok(answer) => changed_at = changed_at.max(answer.at),
                Err(StripeError::Call(error)) if error.is_missing() => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(changed_at)
    }

    async fn add_tax_id(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        new: &WantedTaxId,
    ) -> Result<(TaxIdId, Timestamp), StripeError> {
        let request = create_tax_id(customer, &new.kind, &new.value);
        let answer = self.stripe.call(invocation, &request).await?;
        Ok((stripe_client::tax_id(&answer)?.id, answer.at))
    }

    /// Removes what was added, when the rest of the request is refused.
    async fn take_back(&self, invocation: &Invocation, customer: &CustomerId, added: &[TaxIdId]) {
        for id in added {
            if let Err(error) = self.stripe.call(invocation, &delete_tax_id(customer, id)).await {
                warn!(customer.id = %customer, reason = %error,
                    "could not take back tax id {id} of {customer}: {error}");
            }
        }
    }
}

/// What differs. Of two alike that twins of a request added, the older stays.
fn difference<'a>(wanted: Option<&'a [WantedTaxId]>, known: &[TaxIdSnapshot]) -> Difference<'a> {
    let Some(wanted) = wanted else { return Difference::default() };
    let is = |new: &WantedTaxId, old: &TaxIdSnapshot| {
        new.kind.as_str() == old.kind && new.value == old.value
    };
    let is_known = |new: &WantedTaxId| known.iter().any(|old| is(new, old));
    let missing = wanted.iter().enumerate().filter(|(_, new)| !is_known(new)).collect();
    let mut kept: Vec<&TaxIdSnapshot> = Vec::new();
    let mut surplus = Vec::new();
    for old in known {
        let alike = kept.iter().any(|one| one.kind == old.kind && one.value == old.value);
        if wanted.iter().any(|new| is(new, old)) && !alike {
            kept.push(old);
        } else {
            surplus.push(old.id.clone());
        }
    }
    Difference { missing, surplus }
}

/// What is to be said to Stripe: only what is not so yet.
fn new_details(wanted: &Wanted, known: &Customer) -> NewDetails {
    let text = |field: &Field<String>, known: &Option<String>| {
        let new = match field {
            Field::Absent => return None,
            Field::Cleared => String::new(),
            Field::Given(text) => text.clone(),
        };
        (known.as_deref().unwrap_or_default() != new).then_some(new)
    };
    let address = wanted.address.over(&known.details.address);
    let others = known.custom_fields.iter().filter(|(name, _)| name != PURCHASE_ORDER);
    let mut fields: Vec<(String, String)> = others.cloned().collect();
    match &wanted.purchase_order {
        Field::Absent => fields.clone_from(&known.custom_fields),
        Field::Cleared => {}
        Field::Given(number) => fields.push((PURCHASE_ORDER.to_owned(), number.clone())),
    }
    NewDetails {
        name: text(&wanted.company, &known.details.name),
        email: text(&wanted.email, &known.details.email),
        address: Some(address).filter(|new: &Address| *new != known.details.address),
        custom_fields: Some(fields).filter(|new| *new != known.custom_fields),
    }
}

/// The field of ours that a parameter of Stripe's is.
fn field_of(param: &str) -> Option<String> {
    match param {
        "name" => Some("company".to_owned()),
        "email" => Some("email".to_owned()),
        _ if param.starts_with("invoice_settings") => Some("purchase_order".to_owned()),
        _ => {
            let within = param.strip_prefix("address[")?.strip_suffix(']')?;
            Some(format!("address.{within}"))
        }
    }
}

fn incomplete() -> Problem {
    let detail =
        "The account has no customer at Stripe yet: whoever opened it sends that request again.";
    Problem::new(409, "account_incomplete", detail)
}

fn deleted() -> Problem {
    Problem::new(409, "customer_deleted", "The account's customer was deleted at Stripe.")
}
