//! Asking Stripe for credit purchases: sessions, charges, and what the customer has on file.

use billing::ids::{CustomerId, PaymentIntentId, PaymentMethodId, PriceId, PurchaseId, SessionId};
use billing::money::{Currency, Money};
use billing::payment::{
    PaymentFact, PaymentNews, PaymentSnapshot, PaymentStatus, SessionSnapshot, SessionStatus,
};
use billing::time::Timestamp;
use http::Method;
use invocation::Classified;
use local::Running;
use serde_json::Value;
use stripe_client::payments::{NewCharge, NewPackSession, PackSession};
use stripe_client::{PRICES_SECONDS_MAX, Stripe, StripeError};
use stripe_simulator::faults::{Chances, Probability};

use crate::world::{NOW, cloud, invocation};

const AT: Timestamp = Timestamp(NOW);

fn by_hand(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, &format!("/v1/{path}"), form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// A cloud, what asks its Stripe, and a customer there.
struct Shop {
    cloud: Running,
    stripe: Stripe,
    customer: CustomerId,
    price: PriceId,
}

impl Shop {
    async fn new() -> Self {
        let cloud = cloud().await;
        let stripe = Stripe::new(&cloud.host("Accounts")).unwrap();
        let customer = id(&by_hand(&cloud, "customers", "name=Acme"));
        let customer = CustomerId::parse(&customer).unwrap();
        let price = stripe.pack_price(&invocation(AT), "tollgate_pack_starter").await.unwrap();
        assert_eq!(price.amount, eur(500));
        Self { cloud, stripe, customer, price: price.id }
    }

    /// A payment method that the customer gets.
    fn card(&self, name: &str) -> PaymentMethodId {
        let customer = format!("customer={}", self.customer);
        let path = format!("payment_methods/pm_card_{name}/attach");
        PaymentMethodId::parse(&id(&by_hand(&self.cloud, &path, &customer))).unwrap()
    }

    async fn sell(&self, buy: &str, key: &str) -> PackSession {
        let purchase = purchase(buy);
        let new = NewPackSession {
            customer: &self.customer,
            account: "acme",
            purchase: &purchase,
            price: &self.price,
            tax_rates: &[],
            success_url: "https://acme.example/thanks",
            cancel_url: "https://acme.example/credits",
            expires_at: None,
        };
        self.stripe.sell_pack(&invocation(AT), &new, key.to_owned()).await.unwrap()
    }

    async fn charge(
        &self,
        buy: &str,
        method: &PaymentMethodId,
        key: &str,
    ) -> Result<PaymentFact, StripeError> {
        let purchase = purchase(buy);
        let new = NewCharge {
            customer: &self.customer,
            account: "acme",
            purchase: &purchase,
            amount: eur(500),
            method,
            description: "1,000,000 credits",
        };
        self.stripe.charge(&invocation(AT), &new, key.to_owned()).await
    }

    fn break_with(&self, chances: Chances) {
        self.cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));
    }
}

fn eur(cents: i64) -> Money {
    Money::new(cents, Currency::parse("eur").unwrap())
}

fn purchase(id: &str) -> PurchaseId {
    PurchaseId::parse(id).unwrap()
}

fn session(fact: &PaymentFact) -> &SessionSnapshot {
    match &fact.news {
        PaymentNews::Session(session) => session,
        other => panic!("{other:?} is no session"),
    }
}

fn payment(fact: &PaymentFact) -> &PaymentSnapshot {
    match &fact.news {
        PaymentNews::Payment(payment) => payment,
        other => panic!("{other:?} is no payment"),
    }
}

/// Goal: a pack is sold once under a key; whoever asks again is told how the session is now;
/// session and payment both name the purchase, and what paid is kept for later.
#[tokio::test]
async fn a_pack_is_sold_once_and_told_as_it_is_now() {
    let shop = Shop::new().await;
    let opened = shop.sell("buy_1", "k1").await;
    let told = session(&opened.fact);
    assert_eq!((told.status, told.paid, told.failed), (SessionStatus::Open, false, false));
    assert_eq!((told.subtotal, told.total), (eur(500), eur(500)));
    assert_eq!((&told.customer, told.purchase.as_str()), (&shop.customer, "buy_1"));
    assert!(opened.url.as_ref().is_some_and(|url| url.starts_with("http")), "{opened:?}");
    assert_eq!(shop.sell("buy_1", "k1").await, opened);

    let card = shop.card("visa");
    let path = format!("payment_pages/{}/confirm", told.id);
    by_hand(&shop.cloud, &path, &format!("payment_method={card}"));

    let again = shop.sell("buy_1", "k1").await;
    let now = session(&again.fact);
    assert_eq!(
        (now.id.clone(), now.status, now.paid),
        (told.id.clone(), SessionStatus::Complete, true)
    );
    assert_eq!(again.url, None);
    let paid = now.payment.clone().unwrap();
    let paid = shop.stripe.payment(&invocation(AT), &paid).await.unwrap();
    let paid = payment(&paid);
    assert_eq!((paid.status, paid.amount), (PaymentStatus::Succeeded, eur(500)));
    assert_eq!((&paid.customer, paid.purchase.as_str()), (&shop.customer, "buy_1"));
    shop.charge("buy_2", &card, "k2").await.expect("it was set up for later");
}

/// Goal: after a lost answer a session is found by its purchase, and of several the one that was
/// completed.
#[tokio::test]
async fn a_session_is_found_by_its_purchase() {
    let shop = Shop::new().await;
    let find = async |buy: &str, since: i64| {
        let (customer, purchase) = (&shop.customer, purchase(buy));
        let since = Timestamp(since);
        let found = shop
            .stripe
            .find_pack_session(&invocation(AT), customer, &purchase, since)
            .await
            .unwrap();
        found.map(|found| (session(&found.fact).id.clone(), session(&found.fact).status))
    };
    let first = session(&shop.sell("buy_1", "k1").await.fact).id.clone();
    let second = session(&shop.sell("buy_1", "k2").await.fact).id.clone();
    shop.sell("buy_2", "k3").await;
    assert_eq!(find("buy_1", NOW).await, Some((second.clone(), SessionStatus::Open)));
    let path = format!("payment_pages/{first}/confirm");
    by_hand(&shop.cloud, &path, "payment_method=pm_card_visa");
    assert_eq!(find("buy_1", NOW).await, Some((first, SessionStatus::Complete)));
    assert_eq!(find("buy_3", NOW).await, None);
    assert_eq!(find("buy_1", NOW + 1).await, None);

    shop.stripe.expire_session(&invocation(AT), second.as_str()).await.unwrap();
    let expired = shop.stripe.pack_session(&invocation(AT), &second).await.unwrap();
    assert_eq!((session(&expired.fact).status, expired.url), (SessionStatus::Expired, None));
    let unknown = SessionId::parse("cs_unknown").unwrap();
    let missing = shop.stripe.pack_session(&invocation(AT), &unknown).await.unwrap_err();
    assert!(missing.is_refusal() && !missing.is_transient(), "{missing}");
}

/// Goal: with tax the total differs, and the subtotal is still the pack's price (money rule 25).
#[tokio::test]
async fn tax_comes_on_top() {
    let shop = Shop::new().await;
    let rate = "display_name=VAT&percentage=19&inclusive=false";
    let rates = [id(&by_hand(&shop.cloud, "tax_rates", rate))];
    let purchase = purchase("buy_1");
    let new = NewPackSession {
        customer: &shop.customer,
        account: "acme",
        purchase: &purchase,
        price: &shop.price,
        tax_rates: &rates,
        success_url: "https://acme.example/thanks",
        cancel_url: "https://acme.example/credits",
        expires_at: Some(AT.plus_seconds(3_600)),
    };
    let opened = shop.stripe.sell_pack(&invocation(AT), &new, "k1".to_owned()).await.unwrap();
    assert_eq!((session(&opened.fact).subtotal, session(&opened.fact).total), (eur(500), eur(595)));
}

/// Goal: a charge is made once under a key; a decline is an answer with its reason, the same when
/// asked again; what became of the payment since is told then.
#[tokio::test]
async fn a_charge_is_made_once_and_a_decline_is_an_answer() {
    let shop = Shop::new().await;
    let good = shop.card("visa");
    let first = shop.charge("buy_1", &good, "k1").await.unwrap();
    assert_eq!(payment(&first).status, PaymentStatus::Succeeded);
    assert_eq!((payment(&first).amount, payment(&first).declined.as_ref()), (eur(500), None));
    let again = shop.charge("buy_1", &good, "k1").await.unwrap();
    assert_eq!(payment(&again).id, payment(&first).id);

    let poor = shop.card("chargeCustomerFail");
    let declined = shop.charge("buy_2", &poor, "k2").await.unwrap();
    let told = payment(&declined);
    assert_eq!(told.status, PaymentStatus::Waiting);
    let why = told.declined.clone().unwrap();
    assert_eq!(
        (why.code.as_str(), why.decline_code.as_deref()),
        ("card_declined", Some("generic_decline"))
    );
    assert_eq!(
        (why.method.as_ref(), why.message.as_deref()),
        (Some(&poor), Some("Your card was declined."))
    );
    let again = shop.charge("buy_2", &poor, "k2").await.unwrap();
    assert_eq!(payment(&again), told, "Stripe says the same again");
    let canceled = shop.stripe.cancel_payment(&invocation(AT), &told.id).await.unwrap();
    assert_eq!(payment(&canceled).status, PaymentStatus::Canceled);
    let replayed = shop.charge("buy_2", &poor, "k2").await.unwrap();
    assert_eq!(payment(&replayed).status, PaymentStatus::Canceled, "as it is now");
    assert_eq!(payment(&replayed).id, told.id);

    let asks = shop.card("authenticationRequired");
    let declined = shop.charge("buy_3", &asks, "k3").await.unwrap();
    let why = payment(&declined).declined.clone().unwrap();
    assert_eq!(
        (payment(&declined).status, why.code.as_str()),
        (PaymentStatus::Waiting, "authentication_required")
    );
    for (ended, status) in
        [(&first, PaymentStatus::Succeeded), (&canceled, PaymentStatus::Canceled)]
    {
        let told = shop.stripe.cancel_payment(&invocation(AT), &payment(ended).id).await.unwrap();
        assert_eq!(payment(&told).status, status, "what has ended stays as it is");
    }
}

/// Goal: what is no decline is an error, and says whether waiting helps.
#[tokio::test]
async fn what_is_no_decline_is_an_error() {
    let shop = Shop::new().await;
    let unknown = PaymentMethodId::parse("pm_unknown").unwrap();
    let refused = shop.charge("buy_1", &unknown, "k1").await.unwrap_err();
    assert!(refused.is_refusal() && !refused.is_transient(), "{refused}");
    let other = format!("customer={}", id(&by_hand(&shop.cloud, "customers", "name=Other")));
    let strangers = id(&by_hand(&shop.cloud, "payment_methods/pm_card_visa/attach", &other));
    let strangers = PaymentMethodId::parse(&strangers).unwrap();
    let refused = shop.charge("buy_1", &strangers, "k2").await.unwrap_err();
    assert!(refused.is_refusal() && refused.declined().is_none(), "{refused}");

    let good = shop.card("visa");
    let always = Probability::percent(100);
    shop.break_with(Chances { api_rate_limit: always, ..Chances::default() });
    let busy = shop.charge("buy_1", &good, "k3").await.unwrap_err();
    assert!(busy.is_transient() && !busy.would_be_repeated(), "{busy}");
    shop.break_with(Chances { api_error: always, ..Chances::default() });
    let failed = shop.charge("buy_1", &good, "k4").await.unwrap_err();
    assert!(failed.is_transient() && failed.would_be_repeated(), "{failed}");
    shop.break_with(Chances::default());

    let other = id(&by_hand(&shop.cloud, "payment_intents", "amount=500&currency=eur"));
    let other = PaymentIntentId::parse(&other).unwrap();
    let not_ours = shop.stripe.payment(&invocation(AT), &other).await.unwrap_err();
    assert!(matches!(not_ours, StripeError::Unreadable { .. }), "{not_ours}");
}

/// Goal: after a lost answer a payment is found by its purchase, and of several the one that has
/// the money.
#[tokio::test]
async fn a_payment_is_found_by_its_purchase() {
    let shop = Shop::new().await;
    let find = async |buy: &str| {
        let (customer, purchase) = (&shop.customer, purchase(buy));
        let found =
            shop.stripe.find_payment(&invocation(AT), customer, &purchase, AT).await.unwrap();
        found.map(|found| payment(&found).clone())
    };
    let (good, poor) = (shop.card("visa"), shop.card("chargeCustomerFail"));
    let declined = shop.charge("buy_1", &poor, "k1").await.unwrap();
    assert_eq!(find("buy_1").await.as_ref(), Some(payment(&declined)));
    let paid = shop.charge("buy_1", &good, "k2").await.unwrap();
    shop.charge("buy_1", &poor, "k3").await.unwrap();
    assert_eq!(find("buy_1").await.as_ref(), Some(payment(&paid)));
    assert_eq!(find("buy_2").await, None);
}

/// Goal: what is charged is the customer's default, with what makes two of them the same card or
/// account.
#[tokio::test]
async fn the_method_on_file_has_a_fingerprint() {
    let shop = Shop::new().await;
    let method =
        async || shop.stripe.default_method(&invocation(AT), &shop.customer).await.unwrap();
    assert_eq!(method().await, None);
    let mut fingerprints = Vec::new();
    let path = format!("customers/{}", shop.customer);
    let choose = |method: &PaymentMethodId| {
        by_hand(&shop.cloud, &path, &format!("invoice_settings[default_payment_method]={method}"));
    };
    for card in ["visa", "visa", "mastercard"] {
        let card = shop.card(card);
        choose(&card);
        let found = method().await.unwrap();
        assert_eq!(found.id, card);
        fingerprints.push(found.fingerprint.unwrap());
    }
    assert_eq!(fingerprints[0], fingerprints[1], "the same number under another id");
    assert_ne!(fingerprints[0], fingerprints[2]);
    let debit = "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000&billing_details[name]=A\
                 &billing_details[email]=a@b.example";
    let debit = id(&by_hand(&shop.cloud, "payment_methods", debit));
    let attach = format!("payment_methods/{debit}/attach");
    by_hand(&shop.cloud, &attach, &format!("customer={}", shop.customer));
    let debit = PaymentMethodId::parse(&debit).unwrap();
    choose(&debit);
    let found = method().await.unwrap();
    assert!(found.id == debit && found.fingerprint.is_some(), "{found:?}");
    let under_way = shop.charge("buy_1", &debit, "k1").await.unwrap();
    assert_eq!(payment(&under_way).status, PaymentStatus::Processing);
    cloud_deletes(&shop);
    assert_eq!(method().await, None, "the customer was deleted");
}

fn cloud_deletes(shop: &Shop) {
    let path = format!("/v1/customers/{}", shop.customer);
    assert_eq!(shop.cloud.stripe().call(Method::DELETE, &path, "").0, 200);
}

/// Goal: what a pack costs is Stripe's word, asked for once in five minutes; what is not sold, or
/// not once, has no price.
#[tokio::test]
async fn a_packs_price_is_stripes_and_remembered() {
    let shop = Shop::new().await;
    let price =
        async |key: &str, at: i64| shop.stripe.pack_price(&invocation(Timestamp(at)), key).await;
    let change = "product=tollgate_pack_starter&currency=eur&unit_amount=600&metadata[tollgate_pack]=starter\
                  &lookup_key=tollgate_pack_starter&transfer_lookup_key=true";
    by_hand(&shop.cloud, "prices", change);
    let key = "tollgate_pack_starter";
    assert_eq!(price(key, NOW + PRICES_SECONDS_MAX - 1).await.unwrap().amount, eur(500));
    assert_eq!(price(key, NOW + PRICES_SECONDS_MAX).await.unwrap().amount, eur(600));
    let error = price("tollgate_pack_none", NOW).await.unwrap_err();
    assert!(
        matches!(&error, StripeError::NotPushed(what) if what == "price `tollgate_pack_none`"),
        "{error}"
    );
    let monthly = price("tollgate_team_month", NOW).await.unwrap_err();
    assert!(matches!(monthly, StripeError::Unreadable { .. }), "{monthly}");
}
