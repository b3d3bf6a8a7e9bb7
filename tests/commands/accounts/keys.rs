use accounts_commands::keys::{Keys, MadeKey, NewKey};
use accounts_commands::{Failure, Subject};
use billing::api_key::KeyRefusal;
use billing::authority::{Principal, Role};
use billing::journal::Kind;
use runtime::input::Idempotency;
use runtime::key::KeyHash;
use store::Part;

use super::{House, call, id, subject, with_key};

impl House {
    fn keys(&self) -> Keys<'_> {
        Keys { store: &self.store }
    }

    async fn make_key(&self, seed: u64, idempotency: Option<Idempotency>) -> Made {
        let new = of_role(Role::Finance, idempotency);
        self.keys().make(&call(seed), &subject(), &new).await
    }

    /// Owner of a secret.
    async fn owner(&self, secret: &str) -> Option<Principal> {
        let hash = KeyHash::of(secret);
        let loaded = self.store.load_with_key(&call(0), hash.as_str(), None, &[]).await;
        loaded.unwrap().0.map(|credential| credential.principal)
    }
}

fn of_role(role: Role, idempotency: Option<Idempotency>) -> NewKey {
    NewKey { role, name: "CI".to_owned(), mode: "test", by: None, idempotency }
}

type Made = Result<MadeKey, Failure<KeyRefusal>>;

/// Goal: a key opens what its role may, is listed without its secret, and opens nothing once it is
/// deleted.
#[tokio::test]
async fn a_key_opens_until_it_is_deleted() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;

    let MadeKey { key, secret } = house.make_key(2, None).await.unwrap();

    let finance = Principal::Account { account: id("acme"), role: Role::Finance };
    assert_eq!(house.owner(&secret).await, Some(finance));
    assert_eq!(house.keys().all(&call(0), &id("acme")).await.unwrap(), std::slice::from_ref(&key));
    house.keys().revoke(&call(3), &subject(), &key.id).await.unwrap();
    assert_eq!(house.owner(&secret).await, None);
    assert_eq!(house.keys().all(&call(0), &id("acme")).await.unwrap(), []);
    assert_eq!(house.kinds().await[2..], [Kind::KeyCreated, Kind::KeyDeleted]);
}

/// Goal: an Idempotency-Key makes one key; its secret is not shown again, and another body is
/// refused.
#[tokio::test]
async fn an_idempotency_key_makes_one_key() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let made = house.make_key(2, Some(with_key("k", "body"))).await.unwrap();

    let again = house.make_key(3, Some(with_key("k", "body"))).await;
    let reused = house.make_key(4, Some(with_key("k", "another body"))).await;

    let Err(Failure::Refused(KeyRefusal::SecretAlreadyShown(shown))) = again else {
        panic!("{again:?}")
    };
    assert_eq!(shown, made.key.id);
    let is_reused = matches!(reused, Err(Failure::Refused(KeyRefusal::IdempotencyKeyReused)));
    assert!(is_reused, "{reused:?}");
    assert_eq!(house.keys().all(&call(0), &id("acme")).await.unwrap().len(), 1);
}

/// Goal: a remembered request is forgotten when its time is over.
#[tokio::test]
async fn an_idempotency_key_is_forgotten() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let expired = Idempotency { expires_at: call(0).now, ..with_key("k", "body") };

    house.make_key(2, Some(expired)).await.unwrap();
    house.make_key(3, Some(with_key("k", "another body"))).await.unwrap();

    assert_eq!(house.keys().all(&call(0), &id("acme")).await.unwrap().len(), 2);
}

/// Goal: a standing that another writer moved costs another try, and one key.
#[tokio::test]
async fn a_stale_standing_is_loaded_again() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;
    let loaded = house.store.load(&call(0), &id("acme"), &[Part::Standing]).await.unwrap();
    let stale = Subject::loaded(id("acme"), loaded);
    house.make_key(2, None).await.unwrap();

    let new = of_role(Role::Member, None);
    house.keys().make(&call(3), &stale, &new).await.unwrap();

    assert_eq!(house.keys().all(&call(0), &id("acme")).await.unwrap().len(), 2);
}

/// Goal: a key that is not there, and an account that is not there, are refused.
#[tokio::test]
async fn an_unknown_key_is_refused() {
    let (_cloud, house) = Box::pin(House::with_acme()).await;

    let unknown = house.keys().revoke(&call(2), &subject(), "key-0").await;
    let nobody = house.keys().revoke(&call(3), &Subject::of(id("nobody")), "key-0").await;

    assert!(matches!(unknown, Err(Failure::Refused(KeyRefusal::Unknown))), "{unknown:?}");
    assert!(matches!(nobody, Err(Failure::Refused(KeyRefusal::Unknown))), "{nobody:?}");
}
