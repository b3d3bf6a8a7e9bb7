use accounts_commands::details::{BillingDetails, ChangeDetails, NewTaxId};
use accounts_commands::{Failure, Subject};
use billing::details::{AddressChange, DetailsRefusal, Field};
use billing::opening::{Left, RefusedField};
use billing::profile::Profile;
use http::Method;
use local::Running;
use serde_json::{Value, json};
use stripe_requests::request::details::TaxIdType;
use stripe_simulator::error::ApiError;
use stripe_simulator::faults::{self, Trouble};

use super::{House, call, customers, id, subject};

type Changed = Result<Profile, Failure<DetailsRefusal>>;

impl House {
    async fn change(&self, seed: u64, change: &ChangeDetails) -> Changed {
        let Self { store, stripe, facts, .. } = self;
        let details = BillingDetails { store, stripe, facts };
        details.change(&call(seed), &subject(), change).await
    }
}

fn given(text: &str) -> Field<String> {
    Field::Given(text.to_owned())
}

fn vat(value: &str) -> NewTaxId {
    NewTaxId { kind: TaxIdType::parse("eu_vat").unwrap(), value: value.to_owned() }
}

fn company(name: &str) -> ChangeDetails {
    ChangeDetails { company: given(name), ..ChangeDetails::default() }
}

/// Trouble with a POST about the customer: the first adds the tax id, the second changes the
/// customer.
fn at_customer(cloud: &Running, nth: u32, trouble: Trouble) -> faults::Script {
    let path = format!("/v1/customers/{}", customers(cloud)[0]);
    faults::Script { method: Some(Method::POST), path, nth, trouble }
}

fn at_stripe(cloud: &Running) -> Value {
    let path = format!("/v1/customers/{}", customers(cloud)[0]);
    cloud.stripe().call(Method::GET, &path, "").1
}

fn tax_ids(cloud: &Running) -> Vec<Value> {
    let path = format!("/v1/customers/{}/tax_ids", customers(cloud)[0]);
    let (_, list) = cloud.stripe().call(Method::GET, &path, "");
    list["data"].as_array().unwrap().iter().map(|it| it["value"].clone()).collect()
}

/// Goal: the profile that is returned is Stripe's, and a field that is not named stays.
#[tokio::test]
async fn a_change_is_at_stripe_and_in_the_profile() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let city = AddressChange { city: given("Bonn"), ..AddressChange::default() };
    let change = ChangeDetails { address: Field::Given(city), ..company("Acme SE") };

    let profile = house.change(2, &change).await.unwrap();

    let details = profile.details;
    assert_eq!(details.name.as_deref(), Some("Acme SE"));
    assert_eq!(details.email.as_deref(), Some("billing@acme.example"));
    assert_eq!(details.address.country.as_deref(), Some("DE"));
    let customer = at_stripe(&cloud);
    assert_eq!(
        (&customer["name"], &customer["address"]["city"]),
        (&json!("Acme SE"), &json!("Bonn"))
    );
}

/// Goal: a change sets a state: the same again changes nothing at Stripe and writes no entry.
#[tokio::test]
async fn the_same_again_changes_nothing() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let change = ChangeDetails { tax_ids: Some(vec![vat("DE123456789")]), ..company("Acme SE") };
    house.change(2, &change).await.unwrap();
    let (kinds, calls) = (house.kinds().await, cloud.gate().calls().len());

    house.change(3, &change).await.unwrap();

    assert_eq!(house.kinds().await, kinds);
    let calls = cloud.gate().calls().into_iter().skip(calls);
    let posts = calls.filter(|call| call.operation.starts_with("Stripe.POST"));
    assert_eq!(posts.count(), 0);
}

/// Goal: of the tax ids only the difference is added and removed; none in the request leaves them.
#[tokio::test]
async fn tax_ids_become_those_of_the_request() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let all = |values: &[&str]| ChangeDetails {
        tax_ids: Some(values.iter().map(|value| vat(value)).collect()),
        ..ChangeDetails::default()
    };
    house.change(2, &all(&["DE123456789"])).await.unwrap();

    house.change(3, &company("Acme SE")).await.unwrap();
    assert_eq!(tax_ids(&cloud), ["DE123456789"]);
    let profile = house.change(4, &all(&["ATU12345678"])).await.unwrap();

    assert_eq!(tax_ids(&cloud), ["ATU12345678"]);
    let shown: Vec<&str> = profile.tax_ids.present().map(|it| it.value.as_str()).collect();
    assert_eq!(shown, ["ATU12345678"]);
}

/// Goal: a customer that Stripe refuses takes the tax ids of the same request back.
#[tokio::test]
async fn a_refusal_takes_back_what_was_added() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let refusal = ApiError::invalid("Invalid email address").code("email_invalid").param("email");
    let script = at_customer(&cloud, 2, Trouble::Refused(refusal));
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
    let change = ChangeDetails {
        email: given("nobody@acme.example"),
        tax_ids: Some(vec![vat("DE123456789")]),
        ..ChangeDetails::default()
    };

    let refused = house.change(2, &change).await;

    let Err(Failure::Refused(DetailsRefusal::ByStripe(RefusedField { field, .. }))) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(field.as_deref(), Some("email"));
    assert_eq!(tax_ids(&cloud), Vec::<Value>::new());
    assert_eq!(at_stripe(&cloud)["email"], "billing@acme.example");
}

/// Goal: a lost answer is a failure that says that a part may be done, and the same change does the
/// rest: behind the tax id, and behind the customer.
#[tokio::test]
async fn a_change_goes_on_after_a_lost_answer() {
    for (nth, trouble) in [(1, Trouble::Lost), (2, Trouble::Unheard), (2, Trouble::Lost)] {
        let (cloud, house) = Box::pin(House::with_acme()).await;
        let at = format!("{trouble:?} at call {nth}");
        let script = at_customer(&cloud, nth, trouble);
        cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
        let tax_id = Some(vec![vat("DE123456789")]);
        let change = ChangeDetails { tax_ids: tax_id, ..company("Acme SE") };

        let first = house.change(2, &change).await;
        let profile = house.change(3, &change).await.unwrap();

        let part = matches!(first, Err(Failure::Stripe { left: Left::Part, .. }));
        assert!(part, "{at}: {first:?}");
        assert_eq!(profile.details.name.as_deref(), Some("Acme SE"), "{at}");
        assert_eq!(tax_ids(&cloud), ["DE123456789"], "{at}");
    }
}

/// Goal: an account that does not exist, and one whose customer was deleted, are refused, each by
/// its reason.
#[tokio::test]
async fn an_account_without_a_customer_is_refused() {
    let (cloud, house) = Box::pin(House::with_acme()).await;
    let path = format!("/v1/customers/{}", customers(&cloud)[0]);
    cloud.stripe().call(Method::DELETE, &path, "");

    let deleted = house.change(2, &company("Acme SE")).await;
    let House { store, stripe, facts, .. } = &house;
    let details = BillingDetails { store, stripe, facts };
    let nobody = Subject::of(id("nobody"));
    let unknown = details.change(&call(3), &nobody, &company("Acme SE")).await;

    let refused = matches!(deleted, Err(Failure::Refused(DetailsRefusal::CustomerDeleted)));
    assert!(refused, "{deleted:?}");
    assert!(matches!(unknown, Err(Failure::NoAccount(_))), "{unknown:?}");
}
