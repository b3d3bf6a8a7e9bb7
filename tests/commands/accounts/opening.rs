use accounts_commands::Failure;
use accounts_commands::opening::NewAccount;
use billing::ids::CustomerId;
use billing::journal::Kind;
use billing::opening::{Left, OpeningRefusal, RefusedField};
use http::Method;
use stripe_client::CALL_TRIES_MAX;
use stripe_simulator::error::ApiError;
use stripe_simulator::faults::{self, Trouble};

use super::{House, acme, call, customers, id, with_key};
use crate::world::{cloud, put_customer};

fn at_stripe(trouble: Trouble) -> faults::Script {
    let path = "/v1/customers".to_owned();
    faults::Script { method: Some(Method::POST), path, nth: 1, trouble }
}

fn of_customer(id: &str) -> NewAccount {
    NewAccount { customer: CustomerId::parse(id).ok(), members: Vec::new(), ..acme() }
}

/// Goal: an account gets a customer of its own, and the journal has both steps.
#[tokio::test]
async fn an_account_gets_a_customer_of_its_own() {
    let cloud = cloud().await;
    let house = House::of(&cloud);

    let opened = house.opening().open(&call(1), &acme()).await.unwrap();

    assert_eq!(opened, id("acme"));
    let customer = house.customer().await.map(String::from);
    assert_eq!(customer.as_slice(), customers(&cloud));
    assert_eq!(house.kinds().await, [Kind::AccountCreated, Kind::CustomerLinked]);
}

/// Goal: twins of a request, each with tokens of its own, make one customer.
#[tokio::test]
async fn twins_make_one_customer() {
    let cloud = cloud().await;
    let (one, two) = (House::of(&cloud), House::of(&cloud));
    let new = NewAccount { idempotency: Some(with_key("k", "body")), ..acme() };
    let (first, second) = (call(1), call(2));

    let (left, right) = (one.opening(), two.opening());
    let (left, right) = tokio::join!(left.open(&first, &new), right.open(&second, &new));

    assert_eq!((left.unwrap(), right.unwrap()), (id("acme"), id("acme")));
    assert_eq!(customers(&cloud).len(), 1);
    assert_eq!(one.kinds().await, [Kind::AccountCreated, Kind::CustomerLinked]);
}

/// Goal: an account whose customer Stripe refuses leaves nothing, so that its id is free.
#[tokio::test]
async fn a_refused_customer_leaves_nothing() {
    let cloud = cloud().await;
    let house = House::of(&cloud);
    let refusal = ApiError::invalid("Invalid email address").code("email_invalid").param("email");
    let script = at_stripe(Trouble::Refused(refusal));
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));

    let refused = house.opening().open(&call(1), &acme()).await;

    let Err(Failure::Refused(OpeningRefusal::ByStripe(RefusedField { field, message }))) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(field.as_deref(), Some("email"));
    assert!(message.is_some_and(|message| message.contains("Invalid email")));
    assert!(!house.has("acme").await);
    house.opening().open(&call(2), &acme()).await.unwrap();
}

/// Goal: whether the customer was made or not when the answer is lost, a call is made again under
/// its key; and when no answer ever comes, the same request goes on. One customer is made.
#[tokio::test]
async fn an_opening_goes_on_after_a_lost_answer() {
    for trouble in [Trouble::Unheard, Trouble::Lost, Trouble::rate_limit()] {
        let cloud = cloud().await;
        let (house, at) = (House::of(&cloud), format!("{trouble:?}"));
        let script = at_stripe(trouble.clone());
        cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
        assert_eq!(house.opening().open(&call(1), &acme()).await.unwrap(), id("acme"), "{at}");
        assert_eq!(customers(&cloud).len(), 1, "{at}");

        if trouble == Trouble::Lost {
            // What took effect is replayed: only its first answer can be lost.
            continue;
        }
        let cloud = crate::world::cloud().await;
        let house = House::of(&cloud);
        for _ in 0..CALL_TRIES_MAX {
            let script = at_stripe(trouble.clone());
            cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
        }

        let first = house.opening().open(&call(1), &acme()).await;
        let again = house.opening().open(&call(2), &acme()).await;

        let begun = matches!(first, Err(Failure::Stripe { left: Left::Begun, .. }));
        assert!(begun, "{at}: {first:?}");
        assert_eq!(again.unwrap(), id("acme"), "{at}");
        assert_eq!(customers(&cloud).len(), 1, "{at}");
        assert_eq!(house.kinds().await, [Kind::AccountCreated, Kind::CustomerLinked], "{at}");
    }
}

/// Goal: a failure of Stripe's own leaves an account that is begun, and the next try uses another
/// key.
#[tokio::test]
async fn a_failure_of_stripe_is_not_repeated() {
    let cloud = cloud().await;
    let house = House::of(&cloud);
    let script = at_stripe(Trouble::api_error());
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));

    let failed = house.opening().open(&call(1), &acme()).await;

    let begun = matches!(failed, Err(Failure::Stripe { left: Left::Begun, .. }));
    assert!(begun && house.has("acme").await, "{failed:?}");
    house.opening().open(&call(2), &acme()).await.unwrap();
    assert_eq!(customers(&cloud).len(), 1);
}

/// Goal: an id is taken by the first content; another content is refused, before and behind the end
/// of the opening.
#[tokio::test]
async fn another_content_is_refused() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let other = NewAccount { content: "other".to_owned(), ..acme() };

    for new in [acme(), other] {
        let refused = house.opening().open(&call(2), &new).await;
        let exists = matches!(refused, Err(Failure::Refused(OpeningRefusal::Exists(_))));
        assert!(exists, "{refused:?}");
    }
}

/// Goal: an Idempotency-Key leads to the account that it made, and to no other content.
#[tokio::test]
async fn an_idempotency_key_leads_to_what_it_made() {
    let cloud = cloud().await;
    let house = House::of(&cloud);
    let new = NewAccount { idempotency: Some(with_key("k", "body")), ..acme() };
    house.opening().open(&call(1), &new).await.unwrap();
    let other = NewAccount { idempotency: Some(with_key("k", "another body")), ..acme() };

    let again = NewAccount { account: id("drawn-anew"), ..new };
    assert_eq!(house.opening().open(&call(2), &again).await.unwrap(), id("acme"));
    let refused = house.opening().open(&call(3), &other).await;
    assert!(matches!(refused, Err(Failure::Refused(OpeningRefusal::KeyReused))), "{refused:?}");
    assert!(!house.has("drawn-anew").await);
}

/// Goal: a given customer is linked to one account; one that Stripe does not know leaves nothing.
#[tokio::test]
async fn a_given_customer_exists_and_has_one_account() {
    let cloud = cloud().await;
    let house = House::of(&cloud);
    put_customer(&cloud, "cus_acme");

    let unknown = house.opening().open(&call(1), &of_customer("cus_nobody")).await;
    let is_unknown = matches!(unknown, Err(Failure::Refused(OpeningRefusal::UnknownCustomer(_))));
    assert!(is_unknown && !house.has("acme").await, "{unknown:?}");
    house.opening().open(&call(2), &of_customer("cus_acme")).await.unwrap();
    assert_eq!(house.customer().await, CustomerId::parse("cus_acme").ok());

    let second = NewAccount { account: id("second"), ..of_customer("cus_acme") };
    let linked = house.opening().open(&call(3), &second).await;
    let is_linked = matches!(linked, Err(Failure::Refused(OpeningRefusal::AlreadyLinked(_))));
    assert!(is_linked && !house.has("second").await, "{linked:?}");
}
