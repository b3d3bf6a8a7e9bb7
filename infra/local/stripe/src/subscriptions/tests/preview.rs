//! Previews: what they say is what is billed.

use serde_json::Value;

use super::{DAY, HOUR, Shop, lines, written};
use crate::testing::id;

/// A row of numbers that look random and are always the same.
struct Row(u64);

impl Row {
    fn next(&mut self, below: i64) -> i64 {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap().rem_euclid(below)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.next(i64::try_from(choices.len()).unwrap())).unwrap()]
    }
}

fn within_details(form: &str) -> String {
    let parts = form.split('&').map(|part| {
        let (name, value) = part.split_once('=').unwrap();
        let (first, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
        format!("subscription_details[{first}]{rest}={value}")
    });
    parts.collect::<Vec<_>>().join("&")
}

/// Amounts and descriptions of lines, and the sums.
fn money(invoice: &Value) -> (Vec<(String, i64)>, [Value; 4]) {
    let sums = ["subtotal", "total", "amount_due", "starting_balance"];
    (lines(invoice), sums.map(|name| invoice[name].clone()))
}

#[test]
fn a_preview_with_the_same_date_equals_what_the_update_bills() {
    for seed in 0..40 {
        let mut row = Row(seed);
        let mut shop = Shop::open();
        let form = "display_name=VAT&inclusive=false&percentage=19";
        let tax = id(&shop.world.post("/v1/tax_rates", form));
        let prices = [
            shop.price(row.next(90_000) + 1, "month"),
            shop.price(row.next(90_000) + 1, "month"),
            shop.price(row.next(900_000) + 1, "year"),
        ];
        let billing = row.of(&["classic", "flexible"]);
        let taxed = row.of(&["", "&default_tax_rates[0]="]);
        let taxed = if taxed.is_empty() { String::new() } else { format!("{taxed}{tax}") };
        let quantity = row.next(20) + 1;
        let made =
            shop.subscribe(&prices[0], quantity, &format!("billing_mode[type]={billing}{taxed}"));
        let (subscription, item) = (id(&made), id(&made["items"]["data"][0]));
        let mut since = shop.world.now.0;
        for _ in 0..3 {
            shop.world.advance(row.next(9 * DAY) + 1);
            let date = (shop.world.now.0 - row.next(HOUR)).max(since);
            since = shop.world.now.0;
            let price = &prices[usize::try_from(row.next(3)).unwrap()];
            let mut change = format!(
                "items[0][id]={item}&items[0][price]={price}&items[0][quantity]={}\
                 &proration_behavior=always_invoice&proration_date={date}",
                row.next(30) + 1
            );
            if row.next(4) == 0 {
                change.push_str("&billing_cycle_anchor[type]=now");
            }
            let asked = format!("subscription={subscription}&{}", within_details(&change));
            let events = shop.world.events().len();
            let preview = shop.world.post("/v1/invoices/create_preview", &asked);
            assert_eq!(shop.world.events().len(), events, "a preview changes nothing");
            let before = shop.subscription(&subscription)["latest_invoice"].clone();
            shop.update(&subscription, &change);
            let billed = shop.latest_invoice(&subscription);
            if billed["id"] == before {
                // Nothing changed in this round.
                continue;
            }
            assert_eq!(money(&preview).0, money(&billed).0, "seed {seed}");
            let (preview, billed) = (money(&preview).1, money(&billed).1);
            assert_eq!(preview, billed, "seed {seed}");
        }
    }
}

#[test]
fn a_preview_of_the_next_invoice_equals_the_renewal() {
    for (change, expected) in [
        ("", 4_900),
        // 78.40, and the prorations that wait: 52.27 − 32.67
        ("items[0][quantity]=8", 7_840 + 5_227 - 3_267),
        ("items[0][quantity]=8&proration_behavior=none", 7_840),
    ] {
        let mut shop = Shop::open();
        let price = shop.price(980, "month");
        let made = shop.subscribe(&price, 5, "");
        let subscription = id(&made);
        shop.world.advance(10 * DAY);
        let change = match change {
            "" => String::new(),
            change => format!("items[0][id]={}&{change}", id(&made["items"]["data"][0])),
        };
        let mut asked = format!("subscription={subscription}");
        if !change.is_empty() {
            asked = format!("{asked}&{}", within_details(&change));
        }
        let preview = shop.world.post("/v1/invoices/create_preview", &asked);
        if !change.is_empty() {
            shop.update(&subscription, &change);
        }
        shop.world.advance(20 * DAY);
        let renewal = shop.latest_invoice(&subscription);
        assert_eq!(money(&preview), money(&renewal), "{change}");
        assert_eq!(preview["total"], expected);
        assert_eq!(preview["billing_reason"], "upcoming");
        for name in ["period_start", "period_end"] {
            assert_eq!(preview[name], renewal[name]);
        }
    }
}

#[test]
fn a_preview_of_a_new_subscription_equals_its_first_invoice() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let asked = format!(
        "customer={}&subscription_details[items][0][price]={price}\
         &subscription_details[items][0][quantity]=5",
        shop.customer
    );
    let preview = shop.world.post("/v1/invoices/create_preview", &asked);
    let subscription = id(&shop.subscribe(&price, 5, ""));
    assert_eq!(money(&preview), money(&shop.latest_invoice(&subscription)));
}

#[test]
fn a_recurring_preview_leaves_out_what_is_billed_once() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 5, "");
    let form = format!("customer={}&amount=490&currency=eur", shop.customer);
    shop.world.post("/v1/invoiceitems", &form);
    let item = id(&made["items"]["data"][0]);
    let asked = format!(
        "subscription={}&subscription_details[items][0][id]={item}\
         &subscription_details[items][0][quantity]=8&preview_mode=recurring",
        id(&made)
    );
    let preview = shop.world.post("/v1/invoices/create_preview", &asked);
    assert_eq!(lines(&preview), written(&[("8 × Team (at €9.80 / month)", 7_840)]));
}

#[test]
fn without_a_next_invoice_there_is_none_to_preview() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let subscription = id(&shop.subscribe(&price, 1, "cancel_at_period_end=true"));
    let asked = format!("subscription={subscription}");
    let (status, error) = shop.world.refused("/v1/invoices/create_preview", &asked);
    assert_eq!((status, error["code"].as_str()), (404, Some("invoice_upcoming_none")));

    let asked = format!("{asked}&invoice_items[0][amount]=500&invoice_items[0][currency]=eur");
    assert_eq!(shop.world.post("/v1/invoices/create_preview", &asked)["total"], 500);
}
