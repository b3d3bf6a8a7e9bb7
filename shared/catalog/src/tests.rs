//! The example catalog holds what the customer fixed, and a wrong one is refused by line and
//! reason.

use super::*;

/// A small catalog that is right.
const SMALL: &str = r#"currency = "usd"
late_usage_hours = 48
[[resources]]
id = "events"
name = "Events"
unit = "event"
kind = "sum"
[[plans]]
id = "free"
name = "Free"
resources.events = { included = 10, beyond = "refuse" }
[[plans]]
id = "team"
name = "Team"
seats_max = 5
prices = [{ interval = "month", amount = 100, seat_amount = 10, billed = "in_advance" }]
resources.events = { included = 10, beyond = "priced", tiers = [{ up_to = 5, unit_amount = "0.5" }, { unit_amount = "0.1" }] }
[credits]
currency = "eur"
[[credits.packs]]
id = "starter"
name = "Starter"
tokens = 10
amount = 50
[vendor]
name = "V"
support = "help@v.example"
footer = "V Ltd"
"#;

/// Goal: the packs have exactly the prices of D10, and the plans of D1 are there.
#[test]
fn the_deployed_catalog_is_what_the_customer_fixed() {
    let catalog = deployed().unwrap();
    let packs = catalog.packs.iter();
    let packs: Vec<_> =
        packs.map(|pack| (pack.id.as_str(), pack.tokens, pack.price.to_string())).collect();
    let fixed = [
        ("starter", 1_000_000, "5.00 EUR"),
        ("standard", 2_500_000, "10.00 EUR"),
        ("pro", 7_000_000, "25.00 EUR"),
        ("enterprise", 15_000_000, "50.00 EUR"),
    ];
    assert_eq!(packs, fixed.map(|(id, tokens, price)| (id, tokens, price.to_owned())));
    let plans: Vec<_> = catalog.plans.iter().map(|plan| plan.id.as_str()).collect();
    assert_eq!(plans, ["free", "personal", "team", "business", "enterprise"]);
    let resources: Vec<_> = catalog.resources.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(resources, ["Sessions", "Events", "Enrichments", "Storage"]);
    for plan in &catalog.plans {
        let enrichments = plan.terms("enrichments").unwrap();
        assert_eq!(enrichments.beyond, Beyond::Credits, "{}", plan.id);
    }
}

/// Goal: the paid plans of the example are calendar plans (C3); a plan that says nothing renews by
/// its day.
#[test]
fn a_plan_says_when_it_renews() {
    let catalog = deployed().unwrap();
    let (free, paid) = catalog.plans.split_first().unwrap();
    assert!(paid.iter().all(|plan| plan.renews == Renews::OnTheFirst));
    assert_eq!(free.renews, Renews::OnTheDay);
    let team = |text: &str| Catalog::parse(text).unwrap().plan("team").unwrap().renews;
    assert_eq!(team(SMALL), Renews::OnTheDay);
    let said = |when: &str| SMALL.replace("seats_max", &format!("renews = \"{when}\"\nseats_max"));
    assert_eq!(team(&said("on_the_first")), Renews::OnTheFirst);
    assert_eq!(team(&said("on_the_day")), Renews::OnTheDay);
}

/// Goal: the example leaves tax to Stripe; fixed rates are read to four decimals, and a wrong one
/// has its line.
#[test]
fn tax_rates_are_fixed_percentages() {
    assert_eq!(deployed().unwrap().taxes(), []);
    let taxed = |percent: &str, id: &str| {
        let rate = "[[tax_rates]]\nid = \"vat\"\nname = \"VAT\"\npercent = \"19\"\n";
        let text = format!("{SMALL}{rate}{}", rate.replace("vat", id).replace("19", percent));
        Catalog::parse(&text)
    };
    let rates = taxed("8.875", "city").unwrap().taxes();
    let words: Vec<_> = rates.iter().map(TaxRate::to_string).collect();
    assert_eq!(words, ["VAT 19 %", "VAT 8.875 %"]);
    let wrong = |percent, id| taxed(percent, id).unwrap_err().to_string();
    assert!(wrong("19 %", "city").contains("line 36: `19 %` is not a percentage"));
    assert!(wrong("1", "vat").contains("line 34: the tax rate `vat` is there twice"));
}

/// Goal: gauges keep an account from cancelling, sums do not, unless the catalog says so (A6).
#[test]
fn gauges_block_a_cancellation() {
    let blocks = |text: &str| Catalog::parse(text).unwrap().resources.remove(0).blocks_cancel;
    assert!(!blocks(SMALL));
    assert!(blocks(&SMALL.replace("\"sum\"", "\"gauge\"")));
    assert!(blocks(&SMALL.replace("\"sum\"", "\"sum\"\nblocks_cancel = true")));
}

#[test]
fn plans_rise_and_limits_follow_what_holds_beyond() {
    let catalog = Catalog::parse(SMALL).unwrap();
    let (free, team) = (catalog.plan("free").unwrap(), catalog.plan("team").unwrap());
    assert!(catalog.is_larger(team, free) && !catalog.is_larger(free, team));
    assert!(!catalog.is_larger(free, free));
    assert_eq!(free.terms("events").unwrap().limit(), Some(10));
    assert_eq!(team.terms("events").unwrap().limit(), None);
    assert_eq!(team.price(Interval::Month).unwrap().amount.to_string(), "1.00 USD");
    assert_eq!(team.price(Interval::Year), None);
    assert_eq!(catalog.free(), Some(free));
}

/// Goal: whatever is wrong is named with its line, and all of it at once.
#[test]
fn a_wrong_catalog_is_refused_by_line_and_reason() {
    let cases = [
        ("currency = \"usd\"", "currency = \"dollar\"", 1, "`dollar` is not a currency"),
        ("= 48", "= 673", 2, "at most 672"),
        ("kind = \"sum\"", "kind = \"total\"", 7, "unknown variant `total`"),
        ("id = \"team\"", "id = \"free\"", 13, "the plan `free` is there twice"),
        ("id = \"team\"", "id = \"Team 1\"", 13, "cannot be the id of a plan"),
        ("name = \"Team\"", "name = \" \"", 14, "the name is empty"),
        ("seats_max = 5\n", "", 15, "the plan has no seats"),
        (", seat_amount = 10", "", 16, "seat_amount is missing"),
        ("amount = 100", "amount = -1", 16, "-1 is not a price"),
        ("amount = 100", "amount = 1.5", 16, "floating point"),
        ("up_to = 5, ", "", 17, "every tier but the last says up_to"),
        ("up_to = 5", "up_to = 0", 17, "up_to must be more than 0"),
        ("\"0.5\"", "\"a lot\"", 17, "`a lot` is not a unit's price"),
        ("beyond = \"priced\", ", "beyond = \"restrict\", ", 17, "tiers stand with"),
        (
            "included = 10, beyond = \"refuse\"",
            "beyond = \"refuse\"",
            11,
            "`included` and `beyond`",
        ),
        (
            "resources.events = { included = 10, beyond = \"refuse\" }",
            "resources = {}",
            9,
            "does not say",
        ),
        (
            "resources.events = { included = 10, beyond = \"refuse\" }",
            "resources.evnts = { unlimited = true }",
            11,
            "`evnts` is not a resource",
        ),
        ("beyond = \"refuse\"", "beyond = \"credits\"", 1, "one resource takes credits"),
        ("amount = 50", "amount = 0", 24, "cannot be bought"),
        ("tokens = 10", "tokens = 0", 23, "0 is not a number of tokens"),
        ("tokens = 10", "token = 10", 23, "unknown field `token`"),
        ("\"in_advance\"", "\"in_arrears\"", 16, "no licensed price in arrears"),
        ("\"in_advance\"", "\"whenever\"", 16, "unknown variant `whenever`"),
        ("name = \"Team\"", "name = \"Team\"\nrenews = \"on_the_last\"", 15, "unknown variant"),
        ("name = \"Free\"", "name = \"Free\"\nrenews = \"on_the_day\"", 11, "has no periods"),
        ("id = \"team\"", "id = \"pack_team\"", 13, "begins with `pack_`"),
    ];
    for (right, wrong, line, reason) in cases {
        let text = SMALL.replacen(right, wrong, 1);
        assert_ne!(text, SMALL, "{right}");
        let CatalogError(complaints) = Catalog::parse(&text).unwrap_err();
        let found = complaints.iter().any(|it| it.line == line && it.reason.contains(reason));
        assert!(found, "{wrong}: {complaints:?}");
    }
    let twice = SMALL.replace("\"usd\"", "\"dollar\"").replace("tokens = 10", "tokens = 0");
    assert_eq!(Catalog::parse(&twice).unwrap_err().0.len(), 2);
}

/// Goal: a calendar plan's first whole period begins on the next first; bought on a first at
/// midnight, it begins at once, as does what renews on its own day (C3, C4).
#[test]
fn the_first_whole_period_begins_on_the_first() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let bought = at("2026-11-22T09:00:00Z");
    assert_eq!(Renews::OnTheFirst.anchor(bought), Some(at("2026-12-01T00:00:00Z")));
    let midnight = at("2026-12-01T00:00:00Z");
    assert_eq!(Renews::OnTheFirst.anchor(midnight), None);
    assert_eq!(
        Renews::OnTheFirst.anchor(midnight.plus_seconds(1)),
        Some(at("2027-01-01T00:00:00Z"))
    );
    assert_eq!(Renews::OnTheDay.anchor(bought), None);
}

/// Goal: a bank account that is wrong, or the second of its currency, is refused.
#[test]
fn there_is_one_bank_account_for_each_currency() {
    let account = "[[bank_accounts]]\ncurrency = \"eur\"\nholder = \"V\"\naccount = \"DE02\"\n\
                   bank_code = \"B\"\nbank = \"Bank\"\nreference = \"The number\"\n";
    let one = check::check(&format!("{SMALL}{account}")).unwrap();
    assert_eq!(one.bank_accounts.first().map(|it| it.account.as_str()), Some("DE02"));

    let twice = check::check(&format!("{SMALL}{account}{account}")).unwrap_err().to_string();
    assert!(twice.contains("two bank accounts"), "{twice}");
    let empty = check::check(&format!("{SMALL}{}", account.replace("DE02", " "))).unwrap_err();
    assert!(empty.to_string().contains("account is empty"), "{empty}");
    assert!(!deployed().unwrap().bank_accounts.is_empty());
}
