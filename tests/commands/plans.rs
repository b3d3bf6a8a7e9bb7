//! Plans and subscriptions, without the gateway: preview, change, booking, cancellation, and plans
//! that staff set.

use billing::account::Standing;
use billing::decline;
use billing::fact::{Collection, Interval};
use billing::ids::AccountId;
use billing::lease::NotLeased;
use billing::money::{Currency, Money};
use billing::plan_change::Target;
use billing::time::Timestamp;
use invocation::Invocation;
use local::Running;
use plans_commands::{Account, Changed, Plans, Prices, Shown, Terms, Wanted, Ways, Wish};
use runtime::Problem;
use store::{Part, Store};
use stripe_sync::Interrupted;

use crate::subscription::{card, invoices, paid, running, shop, subscribed};
use crate::world::{NOW, TABLE, invocation, kinds};

/// Plans of a cloud, and the account `acme` as it is in its books.
struct Desk {
    cloud: Running,
    plans: Plans,
    store: Store,
}

impl Desk {
    fn of(cloud: Running) -> Self {
        let host = cloud.host("Subscription");
        let catalog = catalog::deployed().expect("the catalog is right");
        let plans = Plans::new(&host, catalog).expect("the environment is complete");
        let store = Store::new(host.dynamodb().expect("a table"), TABLE);
        Self { cloud, plans, store }
    }

    /// The account, with every part that any command asks for.
    async fn acme(&self, wish: Option<&Wish>) -> Account {
        let id = acme();
        let preview = wish.and_then(|wish| wish.preview_id.as_deref());
        let mut parts = plans_commands::change_parts(&id, preview);
        parts.extend(plans_commands::cancellation_parts(Timestamp(NOW)));
        parts.dedup();
        let loaded = self.store.load(&at_now(), &id, &unique(parts)).await.unwrap();
        Account { id, loaded }
    }

    async fn standing(&self) -> Standing {
        self.acme(None).await.loaded.standing().unwrap().unwrap()
    }

    async fn change(&self, wish: &Wish) -> Result<Changed, Interrupted> {
        Box::pin(self.plans.change(&at_now(), self.acme(Some(wish)).await, wish)).await
    }

    /// A change that must be answered with the subscription.
    async fn changed(&self, wish: &Wish) -> Shown {
        match self.change(wish).await {
            Ok(Changed::Shown(shown)) => *shown,
            other => panic!("{other:?} is no subscription"),
        }
    }
}

fn unique(parts: Vec<Part>) -> Vec<Part> {
    let mut unique: Vec<Part> = Vec::new();
    for part in parts {
        if !unique.contains(&part) {
            unique.push(part);
        }
    }
    unique
}

fn acme() -> AccountId {
    AccountId::parse("acme").unwrap()
}

fn at_now() -> Invocation {
    invocation(Timestamp(NOW))
}

fn target(plan: &str, seats: u64) -> Target {
    Target { plan: plan.to_owned(), interval: Interval::Month, seats }
}

fn wish(plan: &str, seats: u64) -> Wish {
    let page = "https://acme.example/".to_owned();
    Wish {
        target: target(plan, seats),
        preview_id: None,
        ways: Ok(Ways { success_url: page.clone(), cancel_url: page }),
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Interrupted>) -> Problem {
    match result {
        Err(Interrupted::Refused(problem)) => problem,
        other => panic!("{other:?} is no refusal"),
    }
}

/// Goal: an upgrade is charged at once, and answered with what was committed: the books have the
/// same, and the webhooks behind it change nothing of the plan.
#[tokio::test]
async fn an_upgrade_is_answered_as_it_was_committed() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);
    let before = paid(&desk.cloud);

    let shown = desk.changed(&wish("business", 4)).await;

    assert_eq!(
        (shown.standing.plan(), desk.standing().await),
        ("business", shown.standing.clone())
    );
    assert!(paid(&desk.cloud) > before, "nothing was charged");
    desk.cloud.clock().run_due().await;
    let after = desk.standing().await;
    assert_eq!(after.subscription, shown.standing.subscription);
    assert_eq!(after.open, shown.standing.open);
}

/// Goal: the invoice of a change stands in the books with the subscription, before any event tells
/// of it.
#[tokio::test]
async fn the_invoice_of_a_change_is_settled_with_it() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);

    desk.changed(&wish("team", 5)).await;

    let books = desk.store.invoices(&at_now(), &acme()).await.unwrap();
    assert_eq!(books.len(), invoices(&desk.cloud).len());
    assert!(books.iter().all(|invoice| !invoice.is_owed()), "{books:?}");
}

/// Goal: a decline leaves plan, seats and booking as they were, charges nothing, and stands in the
/// journal.
#[tokio::test]
async fn a_decline_leaves_everything_as_it_was() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);
    desk.changed(&wish("personal", 1)).await;
    desk.cloud.clock().run_due().await;
    card(&desk.cloud, "pm_card_chargeCustomerFail");
    desk.cloud.clock().run_due().await;
    let (before, so_far) = (desk.standing().await, paid(&desk.cloud));

    let declined = desk.change(&wish("business", 4)).await;

    let Ok(Changed::Declined(not_paid)) = declined else { panic!("{declined:?}") };
    let code = decline::Refusal::Code(not_paid.code.as_deref().unwrap());
    assert_eq!(plans_commands::declined_code(&not_paid), decline::shown(code));
    desk.cloud.clock().run_due().await;
    let after = desk.standing().await;
    let seats = |standing: &Standing| standing.live_subscription().map(|live| live.seats);
    assert_eq!((after.plan(), seats(&after)), (before.plan(), seats(&before)));
    assert!(after.pending.is_some_and(|it| it.is_same_as(before.pending.as_ref().unwrap())));
    assert_eq!(paid(&desk.cloud), so_far);
    let kinds = kinds(&desk.cloud, "acme").await;
    assert!(kinds.iter().any(|kind| kind.contains("declined")), "{kinds:?}");
}

/// Goal: a smaller plan is booked with Stripe's schedule, and both are gone once it is taken back.
#[tokio::test]
async fn a_booking_is_made_and_taken_back() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);

    let booked = desk.changed(&wish("personal", 1)).await;

    let pending = booked.standing.pending.clone().expect("a booking");
    assert_eq!((Target::booked(&pending), pending.booked), (target("personal", 1), true));
    assert!(running(&desk.cloud)["schedule"].is_string());
    assert_eq!(booked.next_renewal.map(|money| money.amount), Some(1_900));

    let account = desk.acme(None).await;
    let resumed = desk.plans.resume(&at_now(), account).await.unwrap();

    assert_eq!((resumed.standing.plan(), &resumed.standing.pending), ("team", &None));
    assert!(running(&desk.cloud)["schedule"].is_null());
    assert_eq!(desk.standing().await, resumed.standing);
}

/// Goal: a cancellation that a condition blocks is refused with every condition, and ends nothing.
#[tokio::test]
async fn a_blocked_cancellation_names_its_conditions() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);
    let blocker =
        serde_json::json!({ "detail": "One domain is configured.", "clears_by": "Removing it." });
    let path = "/v1/accounts/acme/cancellation-blockers/custom_domains";
    let (status, answer) =
        crate::world::vendor(&desk.cloud, http::Method::PUT, path, &blocker).await;
    assert!(status < 300, "{status} {answer}");

    let cancelled = desk.plans.cancel(&at_now(), desk.acme(None).await).await;

    let problem = refusal(cancelled);
    assert_eq!((problem.status, problem.code), (409, "cancellation_blocked"));
    let unmet = problem.conditions.iter().filter(|condition| !condition.met);
    assert_eq!(unmet.map(|it| it.code.as_str()).collect::<Vec<_>>(), ["custom_domains"]);
    assert_eq!(running(&desk.cloud)["cancel_at_period_end"], false);
}

/// Goal: without a blocker the subscription ends with its period, once; resuming lets it go on.
#[tokio::test]
async fn a_cancellation_ends_with_the_period_and_is_resumed() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);

    let ends = desk.plans.cancel(&at_now(), desk.acme(None).await).await.unwrap();

    let live = ends.standing.live_subscription().unwrap();
    assert_eq!((live.ends_at, ends.next_renewal), (Some(live.period_end), None));
    let again = desk.plans.cancel(&at_now(), desk.acme(None).await).await.unwrap();
    assert_eq!(again.standing, ends.standing, "it was cancelled twice");

    let resumed = desk.plans.resume(&at_now(), desk.acme(None).await).await.unwrap();
    assert_eq!(resumed.standing.live_subscription().unwrap().ends_at, None);
}

/// Goal: a confirmed preview whose cost has changed charges nothing, and the new one holds.
#[tokio::test]
async fn a_stale_preview_is_answered_with_the_cost_of_now() {
    let desk = Desk::of(Box::pin(subscribed("team", "month", 3)).await);
    let ten = target("team", 10);
    let account = desk.acme(None).await;
    let told = desk.plans.preview(&at_now(), account, &ten).await.unwrap();
    desk.changed(&wish("team", 4)).await;
    let so_far = paid(&desk.cloud);

    let confirmed = Wish { preview_id: Some(told.preview.id), ..wish("team", 10) };
    let changed = desk.change(&confirmed).await;

    let Ok(Changed::Stale(previewed)) = changed else { panic!("{changed:?}") };
    assert_eq!(paid(&desk.cloud), so_far);
    assert_ne!(previewed.preview.due, told.quote.due);
    let due = previewed.preview.due.amount;
    let confirmed = Wish { preview_id: Some(previewed.preview.id), ..wish("team", 10) };
    desk.changed(&confirmed).await;
    assert_eq!(paid(&desk.cloud), so_far + due);
}

/// Goal: a negotiated plan is in force at its prices, which stay when only seats change.
#[tokio::test]
async fn a_negotiated_plan_keeps_its_prices() {
    let desk = Desk::of(Box::pin(shop()).await);
    let terms = Terms { collection: Collection::Manual, net_days: 30 };
    let account = desk.acme(None).await;
    desk.plans.set_terms(&at_now(), account, terms).await.unwrap();
    let usd = |amount: i64| Money::new(amount, Currency::parse("usd").unwrap());
    let prices = Prices { plan: usd(100_000), seat: Some(usd(1_000)) };
    let wanted =
        |seats, prices| Wanted { target: target("enterprise", seats), prices, partner: Some(true) };

    let account = desk.acme(None).await;
    let set = desk.plans.set_plan(&at_now(), account, &wanted(12, Some(prices))).await.unwrap();

    assert_eq!((set.standing.plan(), set.profile.partner), ("enterprise", true));
    let account = desk.acme(None).await;
    let more = desk.plans.set_plan(&at_now(), account, &wanted(15, None)).await.unwrap();
    let live = more.standing.live_subscription().unwrap();
    let fee = live.fee.unwrap();
    assert_eq!((live.seats, fee.plan_amount, fee.seat_amount), (15, 100_000, Some(1_000)));
    assert_eq!(desk.standing().await, more.standing);
}

/// Goal: two first plans that are alike, decided on the same books, make one subscription.
#[tokio::test]
async fn two_alike_first_plans_make_one() {
    let desk = Desk::of(Box::pin(shop()).await);
    let terms = Terms { collection: Collection::Manual, net_days: 30 };
    let account = desk.acme(None).await;
    desk.plans.set_terms(&at_now(), account, terms).await.unwrap();
    let wish = wish("team", 3);
    let (one, other) = (desk.acme(None).await, desk.acme(None).await);

    let (now, later) = (at_now(), at_now());
    let first = desk.plans.change(&now, one, &wish).await.unwrap();
    let second = desk.plans.change(&later, other, &wish).await;

    // The second rests on a lease that was taken since.
    assert!(matches!(second, Err(Interrupted::NotLeased(NotLeased::InProgress))), "{second:?}");
    let again = desk.changed(&wish).await;
    let Changed::Shown(first) = first else { panic!("not shown") };
    assert_eq!(first.standing.subscription, again.standing.subscription);
    assert_eq!(running(&desk.cloud)["items"]["data"][1]["quantity"], 3);
}
