//! Fourteen months of a monthly and an annual subscription, every invoice to the cent.
//!
//! Rules: docs.stripe.com/billing/subscriptions/prorations (to the second; in flexible mode credits
//! are what was billed) and .../billing-cycle (the anchor of the 31st). All changes are at noon, as
//! the periods are, so that days can be counted. Taxes are rounded line by line.

use billing::time::Timestamp;
use serde_json::Value;

use super::{HOUR, Shop, lines, period, written};
use crate::testing::id;

/// A subscription and its item.
struct Life {
    shop: Shop,
    subscription: String,
    item: String,
}

impl Life {
    /// It begins at noon of the last day of 2026.
    fn begin(cents: i64, every: &str, seats: i64, vat: Option<&str>) -> (Self, String) {
        let mut shop = Shop::open_at(at("2026-12-31T12:00:00Z"));
        let price = shop.price(cents, every);
        let vat = vat.map(|percentage| {
            let form = format!("display_name=VAT&inclusive=false&percentage={percentage}");
            format!("default_tax_rates[0]={}", id(&shop.world.post("/v1/tax_rates", &form)))
        });
        let made = shop.subscribe(&price, seats, &vat.unwrap_or_default());
        let item = id(&made["items"]["data"][0]);
        (Self { shop, subscription: id(&made), item }, price)
    }

    /// Time goes on until then.
    fn until(&mut self, time: &str) {
        let seconds = at(time).0.checked_sub(self.shop.world.now.0).unwrap();
        assert!(seconds >= 0, "{time}");
        self.shop.world.advance(seconds);
    }

    /// A renewal at noon, and its payment an hour later.
    #[track_caller]
    fn renews(&mut self, day: &str, expected: &[(&str, i64)]) {
        self.until(&format!("{day}T12:00:00Z"));
        let draft = self.invoice();
        assert_eq!(
            (&draft["status"], &draft["billing_reason"]),
            (&"draft".into(), &"subscription_cycle".into())
        );
        assert_eq!(draft["created"], self.shop.world.now.0, "{day}");
        assert_eq!(lines(&draft), written(expected), "{day}");
        self.shop.world.advance(HOUR);
    }

    /// Its newest invoice.
    fn invoice(&mut self) -> Value {
        self.shop.latest_invoice(&self.subscription)
    }

    /// Changes it; seats and price go to its item.
    #[track_caller]
    fn change(&mut self, form: &str) -> Value {
        let form = form.replace("item[", "items[0][");
        let form = if form.contains("items[0]") {
            format!("items[0][id]={}&{form}", self.item)
        } else {
            form
        };
        self.shop.update(&self.subscription, &form)
    }

    #[track_caller]
    fn stands(&mut self, status: &str) {
        assert_eq!(self.shop.subscription(&self.subscription)["status"], status);
    }

    /// The newest invoice: its lines, its total and whether it is paid.
    #[track_caller]
    fn billed(&mut self, expected: &[(&str, i64)], total: i64, status: &str) {
        let invoice = self.invoice();
        assert_eq!(lines(&invoice), written(expected));
        assert_eq!((&invoice["total"], &invoice["status"]), (&total.into(), &status.into()));
    }

    /// Totals and states of all invoices, oldest first.
    fn ledger(&mut self) -> Vec<(i64, String)> {
        let path = format!("/v1/invoices?limit=100&subscription={}", self.subscription);
        let page = self.shop.world.get(&path);
        let rows = page["data"].as_array().unwrap().iter().rev();
        rows.map(|it| (it["total"].as_i64().unwrap(), it["status"].as_str().unwrap().to_owned()))
            .collect()
    }
}

fn at(time: &str) -> Timestamp {
    Timestamp::parse(time).unwrap()
}

#[test]
fn a_monthly_subscription_lives_for_fourteen_months() {
    // Team 9.80 a seat, Business 19.80 a seat. 5 × 9.80 = 49.00.
    let (mut life, team) = Life::begin(980, "month", 5, None);
    let business = life.shop.price(1_980, "month");
    life.billed(&[("5 × Team (at €9.80 / month)", 4_900)], 4_900, "paid");
    life.renews("2027-01-31", &[("5 × Team (at €9.80 / month)", 4_900)]);

    // Eight seats: 14 of the 28 days to 28 February are left. 49.00 / 2 back, 8 × 9.80 / 2 = 39.20.
    life.until("2027-02-14T12:00:00Z");
    life.change("item[quantity]=8&proration_behavior=always_invoice");
    life.billed(
        &[
            ("Remaining time on 8 × Team after 14 Feb 2027", 3_920),
            ("Unused time on 5 × Team after 14 Feb 2027", -2_450),
        ],
        1_470,
        "paid",
    );
    life.renews("2027-02-28", &[("8 × Team (at €9.80 / month)", 7_840)]);

    // Business: 21 of the 31 days to 31 March are left. 78.40 × 21/31 = 53.1096.., 158.40 × 21/31 =
    // 107.3032..
    life.until("2027-03-10T12:00:00Z");
    life.change(&format!(
        "item[price]={business}&item[quantity]=8&proration_behavior=always_invoice"
    ));
    life.billed(
        &[
            ("Remaining time on 8 × Team after 10 Mar 2027", 10_730),
            ("Unused time on 8 × Team after 10 Mar 2027", -5_311),
        ],
        5_419,
        "paid",
    );
    let full = ("8 × Team (at €19.80 / month)", 15_840);
    life.renews("2027-03-31", &[full]);

    fails_and_recovers(&mut life);
    fewer_seats_and_downgrade(&mut life, &team);
    declined_upgrade_and_end(&mut life, &business);

    let sums: Vec<i64> = life.ledger().into_iter().map(|(total, _)| total).collect();
    let months = [5_880; 7];
    let mut expected =
        vec![4_900, 4_900, 1_470, 7_840, 5_419, 15_840, 15_840, 9_837, 5_880, 5_880, 5_880, 4_000];
    expected.extend(&months[..5]);
    assert_eq!(sums, expected);
}

/// A renewal that fails on 30 April, and twice more is tried: the third time with another card.
fn fails_and_recovers(life: &mut Life) {
    life.until("2027-04-29T00:00:00Z");
    life.shop.card("pm_card_chargeCustomerFail");
    life.renews("2027-04-30", &[("8 × Team (at €19.80 / month)", 15_840)]);
    life.stands("past_due");
    // Three days after the first try, the second; five after that, the third.
    life.until("2027-05-03T13:00:00Z");
    assert_eq!(life.invoice()["attempt_count"], 2);
    life.stands("past_due");
    life.until("2027-05-05T09:00:00Z");
    life.shop.card("pm_card_mastercard");
    life.stands("past_due");
    life.until("2027-05-08T13:00:00Z");
    let recovered = life.invoice();
    assert_eq!((&recovered["status"], &recovered["attempt_count"]), (&"paid".into(), &3.into()));
    life.stands("active");
}

/// Six seats that are credited with the renewal, then Team again from the next period on.
fn fewer_seats_and_downgrade(life: &mut Life, team: &str) {
    // 16 of the 31 days to 31 May are left. 158.40 × 16/31 = 81.7548.., 118.80 × 16/31 = 61.3161..
    life.until("2027-05-15T12:00:00Z");
    life.change("item[quantity]=6");
    life.renews(
        "2027-05-31",
        &[
            ("Remaining time on 6 × Team after 15 May 2027", 6_132),
            ("Unused time on 8 × Team after 15 May 2027", -8_175),
            ("6 × Team (at €19.80 / month)", 11_880),
        ],
    );
    assert_eq!(life.invoice()["amount_paid"], 9_837);

    // Booked in June for the period that begins on the 30th: an anchor of the 31st.
    life.until("2027-06-10T12:00:00Z");
    let form = format!("from_subscription={}", life.subscription);
    let schedule = life.shop.world.post("/v1/subscription_schedules", &form);
    let phase = &schedule["phases"][0];
    let form = format!(
        "phases[0][items][0][price]={}&phases[0][items][0][quantity]=6&phases[0][start_date]={}\
         &phases[0][end_date]={}&phases[1][items][0][price]={team}\
         &phases[1][items][0][quantity]=6&phases[1][proration_behavior]=none",
        phase["items"][0]["price"].as_str().unwrap(),
        phase["start_date"],
        phase["end_date"],
    );
    let path = format!("/v1/subscription_schedules/{}", id(&schedule));
    life.shop.world.post(&path, &form);
    let asked = format!("subscription={}", life.subscription);
    let preview = life.shop.world.post("/v1/invoices/create_preview", &asked);
    assert_eq!(preview["total"], 5_880);
    life.renews("2027-06-30", &[("6 × Team (at €9.80 / month)", 5_880)]);
    let now = life.shop.subscription(&life.subscription);
    assert_eq!(period(&now, 0).1, "2027-07-31T12:00:00Z");
    life.renews("2027-07-31", &[("6 × Team (at €9.80 / month)", 5_880)]);
    assert!(life.shop.subscription(&life.subscription)["schedule"].is_null());
    life.renews("2027-08-31", &[("6 × Team (at €9.80 / month)", 5_880)]);
    life.item = id(&life.shop.subscription(&life.subscription)["items"]["data"][0]);
}

/// An upgrade that is declined changes nothing; at last it ends with its period, on a leap day.
fn declined_upgrade_and_end(life: &mut Life, business: &str) {
    // 20 of the 30 days to 30 September are left. 58.80 × 2/3 back, 118.80 × 2/3 = 79.20.
    life.until("2027-09-10T12:00:00Z");
    life.shop.card("pm_card_chargeCustomerFail");
    let changed = life.change(&format!(
        "item[price]={business}&item[quantity]=6&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete"
    ));
    assert!(changed["pending_update"].is_object());
    life.billed(
        &[
            ("Remaining time on 6 × Team after 10 Sep 2027", 7_920),
            ("Unused time on 6 × Team after 10 Sep 2027", -3_920),
        ],
        4_000,
        "open",
    );
    life.until("2027-09-11T11:00:00Z");
    assert_eq!(life.invoice()["status"], "void");
    life.stands("active");
    life.shop.card("pm_card_visa");
    for day in ["2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31"] {
        life.renews(day, &[("6 × Team (at €9.80 / month)", 5_880)]);
        life.stands("active");
    }
    let ends = life.change("cancel_at_period_end=true");
    assert_eq!(ends["cancel_at"], at("2028-02-29T12:00:00Z").0);
    life.until("2028-02-29T11:59:59Z");
    life.stands("active");
    life.until("2028-02-29T12:00:00Z");
    life.stands("canceled");
    life.until("2028-04-15T12:00:00Z");
}

#[test]
fn an_annual_subscription_lives_for_thirteen_months_and_is_credited_for_the_rest() {
    // 98.00 a seat and year, and VAT: 980.00 + 186.20.
    let (mut life, _) = Life::begin(9_800, "year", 10, Some("19"));
    let business = life.shop.price(19_800, "year");
    life.billed(&[("10 × Team (at €98.00 / year)", 98_000)], 116_620, "paid");

    // Twelve seats: 274 of 365 days are left. 980.00 × 274/365 = 735.6712.., 1,176.00 × 274/365 =
    // 882.8054.. VAT on 882.81 is 167.7339, on 735.67 139.7773: 147.14 + 167.73 − 139.78.
    life.until("2027-04-01T12:00:00Z");
    life.change("item[quantity]=12&proration_behavior=always_invoice");
    life.billed(
        &[
            ("Remaining time on 12 × Team after 01 Apr 2027", 88_281),
            ("Unused time on 10 × Team after 01 Apr 2027", -73_567),
        ],
        17_509,
        "paid",
    );

    // Business: 183 days are left. What was billed are 882.81 for 274 days: × 183/274 = 589.6139..
    // 2,376.00 × 183/365 = 1,191.2547.. VAT: 226.3375 and 112.0259.
    life.until("2027-07-01T12:00:00Z");
    life.change(&format!(
        "item[price]={business}&item[quantity]=12&proration_behavior=always_invoice"
    ));
    life.billed(
        &[
            ("Remaining time on 12 × Team after 01 Jul 2027", 119_125),
            ("Unused time on 12 × Team after 01 Jul 2027", -58_961),
        ],
        71_595,
        "paid",
    );

    // Nine seats from 1 October: 91 days are left. 1,191.25 × 91/183 = 592.3702.., 1,782.00 ×
    // 91/365 = 444.2794.. They wait for the renewal, which fails at first.
    life.until("2027-10-01T12:00:00Z");
    life.change("item[quantity]=9");
    life.until("2027-12-30T00:00:00Z");
    life.shop.card("pm_card_chargeCustomerFail");
    life.renews(
        "2027-12-31",
        &[
            ("Remaining time on 9 × Team after 01 Oct 2027", 44_428),
            ("Unused time on 12 × Team after 01 Oct 2027", -59_237),
            ("9 × Team (at €198.00 / year)", 178_200),
        ],
    );
    // VAT: 84.4132, 112.5503 and 338.58: 1,633.91 + 84.41 − 112.55 + 338.58.
    let owed = life.invoice();
    assert_eq!((&owed["total"], &owed["status"]), (&194_435.into(), &"open".into()));
    life.stands("past_due");
    life.until("2028-01-05T10:00:00Z");
    life.shop.card("pm_card_visa");
    life.shop.world.post(&format!("/v1/invoices/{}/pay", id(&owed)), "");
    life.stands("active");

    // Ended at once on 31 January: 335 of the 366 days of 2028 are left. 1,782.00 × 335/366 =
    // 1,631.0655.. VAT 309.9033. It is credit of the customer.
    life.until("2028-01-31T12:00:00Z");
    let path = format!("/v1/subscriptions/{}?prorate=true&invoice_now=true", life.subscription);
    life.shop.world.delete(&path);
    life.billed(&[("Unused time on 9 × Team after 31 Jan 2028", -163_107)], -194_097, "paid");
    let customer = life.shop.world.get(&format!("/v1/customers/{}", life.shop.customer));
    assert_eq!(customer["balance"], -194_097);
    life.until("2029-02-01T00:00:00Z");
    let sums: Vec<i64> = life.ledger().into_iter().map(|(total, _)| total).collect();
    assert_eq!(sums, [116_620, 17_509, 71_595, 194_435, -194_097]);
}
