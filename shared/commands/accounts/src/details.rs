//! Billing details, changed at Stripe and read back (A1, A2, F4).
//!
//! A change sets a state: each step looks first and changes only what is not so yet, so whatever
//! breaks on the way, the same request does the rest. What Stripe refuses is refused before
//! anything else of the request has changed.

mod given;

use apply::Applier;
use billing::details::{AddressChange, DetailsRefusal, Field, TaxIdDifference};
use billing::fact::Address;
use billing::ids::{AccountId, CustomerId, TaxIdId};
use billing::opening::{Left, RefusedField};
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::Invocation;
use store::{Part, Store};
use stripe_client::{Customer, Stripe, StripeError};
use stripe_requests::request::details::{NewDetails, TaxIdType, create_tax_id, delete_tax_id};
use stripe_sync::Sync;
use stripe_wire::wire::PURCHASE_ORDER;
use tracing::{info, warn};

use crate::{Failure, Subject};

pub use given::Given;

type Result<T> = std::result::Result<T, Failure<DetailsRefusal>>;

/// Changes billing details.
#[derive(Debug, Clone, Copy)]
pub struct BillingDetails<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

/// A change of billing details; an absent field stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ChangeDetails {
    /// Name on invoices.
    pub company: Field<String>,
    /// Address for invoices.
    pub email: Field<String>,
    /// Postal address.
    pub address: Field<AddressChange>,
    /// All tax ids; none when they stay as they are.
    pub tax_ids: Option<Vec<NewTaxId>>,
    /// Purchase order on invoices.
    pub purchase_order: Field<String>,
}

/// A tax id of a type that Stripe knows, in its right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTaxId {
    /// Type of the tax id.
    pub kind: TaxIdType,
    /// The number.
    pub value: String,
}

/// A customer whose details are being changed at Stripe.
struct AtStripe<'a> {
    customer: &'a CustomerId,
    known: Customer,
    /// Latest time of an answer, by Stripe's clock.
    changed_at: Timestamp,
    /// Tax ids that this request added.
    added: Vec<TaxIdId>,
}

impl BillingDetails<'_> {
    /// Parts that a subject needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Profile, Part::Lease]
    }

    /// Changes the details at Stripe, reads them back, and returns the profile then.
    ///
    /// # Errors
    /// A rule or Stripe refuses the change, or something failed; [`Left`] says what is done
    /// nevertheless.
    pub async fn change(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        wanted: &ChangeDetails,
    ) -> Result<Profile> {
        let account = &subject.account;
        let loaded = subject.parts(invocation, self.store, &Self::parts()).await?;
        let profile = loaded.profile()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let customer = profile.customer.ok_or(Failure::Refused(DetailsRefusal::Incomplete))?;

        let Self { store, stripe, facts } = *self;
        let sync = Sync { store, stripe, facts };
        let change = async {
            let changed_at = self.change_at_stripe(invocation, &customer, wanted).await?;
            sync.read_customer(invocation, account, &customer, changed_at).await?;
            Ok::<(), Failure<DetailsRefusal>>(())
        };
        Box::pin(sync.leased(invocation, account, loaded.lease()?, change)).await?;

        let cost = invocation.cost();
        info!(account.id = %account, customer.id = %customer,
            "set billing details of {account}: {cost}");
        self.read(invocation, account).await
    }

    async fn read(&self, invocation: &Invocation, account: &AccountId) -> Result<Profile> {
        let loaded = self.store.load(invocation, account, &Self::parts()).await?;
        loaded.profile()?.ok_or_else(|| Failure::NoAccount(account.clone()))
    }

    /// Changes at Stripe what is not so yet: adds tax ids, the likeliest to be refused, then
    /// changes the customer, then removes tax ids. Returns the time of the last change, by Stripe's
    /// clock.
    async fn change_at_stripe(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        wanted: &ChangeDetails,
    ) -> Result<Timestamp> {
        let known = self.stripe.customer(invocation, customer).await;
        let known = known.map_err(Failure::of_stripe(Left::Part))?;
        let known = known.ok_or(Failure::Refused(DetailsRefusal::CustomerDeleted))?;
        let difference = self.difference(invocation, customer, wanted).await?;

        let (changed_at, added) = (known.at, Vec::new());
        let mut at_stripe = AtStripe { customer, known, changed_at, added };
        self.add_tax_ids(invocation, (wanted, &difference), &mut at_stripe).await?;
        self.update(invocation, wanted, &mut at_stripe).await?;
        self.remove_tax_ids(invocation, &difference.surplus, &mut at_stripe).await?;
        Ok(at_stripe.changed_at)
    }

    /// Difference of the tax ids; they are read only if they are to change.
    async fn difference(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        wanted: &ChangeDetails,
    ) -> Result<TaxIdDifference> {
        let Some(wanted) = &wanted.tax_ids else { return Ok(TaxIdDifference::default()) };
        let known = self.stripe.tax_ids(invocation, customer).await;
        let known = known.map_err(Failure::of_stripe(Left::Part))?;

        let wanted = wanted.iter().map(|it| (it.kind.as_str(), it.value.as_str()));
        Ok(TaxIdDifference::of(&wanted.collect::<Vec<_>>(), &known))
    }

    async fn add_tax_ids(
        &self,
        invocation: &Invocation,
        (wanted, difference): (&ChangeDetails, &TaxIdDifference),
        at_stripe: &mut AtStripe<'_>,
    ) -> Result<()> {
        let wanted = wanted.tax_ids.iter().flatten().enumerate();
        for (place, new) in wanted.filter(|(place, _)| difference.missing.contains(place)) {
            let added = self.add_tax_id(invocation, at_stripe.customer, new).await;
            match added {
                Ok((id, at)) => {
                    at_stripe.added.push(id);
                    at_stripe.changed_at = at_stripe.changed_at.max(at);
                }
                Err(error) => {
                    self.take_back(invocation, at_stripe).await;
                    let field = |param: &str| match param {
                        "type" => Some(format!("tax_ids[{place}].type")),
                        _ => Some(format!("tax_ids[{place}].value")),
                    };
                    return Err(refused_or_failed(error, field));
                }
            }
        }
        Ok(())
    }

    async fn add_tax_id(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        new: &NewTaxId,
    ) -> std::result::Result<(TaxIdId, Timestamp), StripeError> {
        let request = create_tax_id(customer, &new.kind, &new.value);
        let answer = self.stripe.call(invocation, &request).await?;
        Ok((stripe_client::tax_id(&answer)?.id, answer.at))
    }

    async fn update(
        &self,
        invocation: &Invocation,
        wanted: &ChangeDetails,
        at_stripe: &mut AtStripe<'_>,
    ) -> Result<()> {
        let new = new_details(wanted, &at_stripe.known);
        if new == NewDetails::default() {
            return Ok(());
        }

        match self.stripe.update_details(invocation, at_stripe.customer, &new).await {
            Ok(updated) => {
                at_stripe.changed_at = at_stripe.changed_at.max(updated.at);
                Ok(())
            }
            Err(error) => {
                self.take_back(invocation, at_stripe).await;
                Err(refused_or_failed(error, field_of))
            }
        }
    }

    async fn remove_tax_ids(
        &self,
        invocation: &Invocation,
        surplus: &[TaxIdId],
        at_stripe: &mut AtStripe<'_>,
    ) -> Result<()> {
        for id in surplus {
            let removed = delete_tax_id(at_stripe.customer, id);
            match self.stripe.call(invocation, &removed).await {
                Ok(answer) => at_stripe.changed_at = at_stripe.changed_at.max(answer.at),
                Err(StripeError::Call(error)) if error.is_missing() => {}
                Err(error) => return Err(Failure::Stripe { error, left: Left::Part }),
            }
        }
        Ok(())
    }

    /// Removes tax ids that this request added, when the rest of it is refused.
    async fn take_back(&self, invocation: &Invocation, at_stripe: &AtStripe<'_>) {
        let customer = at_stripe.customer;
        for id in &at_stripe.added {
            if let Err(error) = self.stripe.call(invocation, &delete_tax_id(customer, id)).await {
                warn!(customer.id = %customer, reason = %error,
                    "could not take back tax id {id} of {customer}: {error}");
            }
        }
    }
}

/// The details to be sent to Stripe: only what is not so yet.
fn new_details(wanted: &ChangeDetails, known: &Customer) -> NewDetails {
    let text = |field: &Field<String>, known: &Option<String>| {
        let new = match field {
            Field::Absent => return None,
            Field::Cleared => String::new(),
            Field::Given(text) => text.clone(),
        };
        (known.as_deref().unwrap_or_default() != new).then_some(new)
    };
    let after = wanted.address.over_address(&known.details.address);
    let address = changed_fields(&known.details.address, &after);
    let fields = custom_fields(&wanted.purchase_order, &known.custom_fields);

    NewDetails {
        name: text(&wanted.company, &known.details.name),
        email: text(&wanted.email, &known.details.email),
        address: Some(address).filter(|fields: &Address| *fields != Address::default()),
        custom_fields: Some(fields).filter(|new| *new != known.custom_fields),
    }
}

/// The fields of an address that change; one that is taken away is empty.
fn changed_fields(before: &Address, after: &Address) -> Address {
    let field = |before: &Option<String>, after: &Option<String>| {
        (before != after).then(|| after.clone().unwrap_or_default())
    };
    Address {
        line1: field(&before.line1, &after.line1),
        line2: field(&before.line2, &after.line2),
        postal_code: field(&before.postal_code, &after.postal_code),
        city: field(&before.city, &after.city),
        state: field(&before.state, &after.state),
        country: field(&before.country, &after.country),
    }
}

/// The fields that invoices print besides, with another purchase order.
fn custom_fields(
    purchase_order: &Field<String>,
    known: &[(String, String)],
) -> Vec<(String, String)> {
    let others = known.iter().filter(|(name, _)| name != PURCHASE_ORDER);
    match purchase_order {
        Field::Absent => known.to_vec(),
        Field::Cleared => others.cloned().collect(),
        Field::Given(number) => {
            let ours = (PURCHASE_ORDER.to_owned(), number.clone());
            others.cloned().chain([ours]).collect()
        }
    }
}

/// Stripe's refusal, on the field of ours that its parameter is; or its failure.
pub(crate) fn refused_or_failed(
    error: StripeError,
    field_of: impl Fn(&str) -> Option<String>,
) -> Failure<DetailsRefusal> {
    let Some(refusal) = error.refusal() else {
        return Failure::Stripe { error, left: Left::Part };
    };
    let field = refusal.param.as_deref().and_then(field_of);
    let refused = RefusedField { field, message: refusal.message.clone() };
    Failure::Refused(DetailsRefusal::ByStripe(refused))
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
