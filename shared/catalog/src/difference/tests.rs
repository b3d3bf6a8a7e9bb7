//! What is done at Stripe, and what is left alone.

use super::*;
use crate::deployed;

/// Does the steps to what Stripe has, as the executor does.
fn done(mut there: AtStripe, steps: &[Step]) -> AtStripe {
    for step in steps {
        match step.clone() {
            Step::MakeProduct(Product { of, name }) => there.products.push(ProductThere {
                id: of.product_id(),
                name,
                active: true,
                of: Some(of),
            }),
            Step::MendProduct(Product { of, name }) => {
                let known = there.products.iter_mut().find(|it| it.id == of.product_id()).unwrap();
                *known = ProductThere { id: of.product_id(), name, active: true, of: Some(of) };
            }
            Step::MakePrice { price, .. } => {
                for known in &mut there.prices {
                    known.lookup_key.take_if(|key| *key == price.lookup_key);
                }
                let id = format!("price_{}", there.prices.len());
                there.prices.push(found(&id, &price));
            }
            Step::MendPrice { id, price } => {
                let known = there.prices.iter_mut().find(|it| it.id == id).unwrap();
                *known = found(&id, &price);
            }
            Step::RetirePrice(retired) => {
                there.prices.iter_mut().find(|it| it.id == retired.id).unwrap().active = false;
            }
            Step::RetireProduct(retired) => {
                there.products.iter_mut().find(|it| it.id == retired.id).unwrap().active = false;
            }
            Step::MakeTaxRate(SoldTaxRate { id: of, rate }) => {
                let id = format!("txr_{}", there.tax_rates.len());
                there.tax_rates.push(TaxRateThere { id, of, rate: Some(rate), active: true });
            }
            Step::MendTaxRate(mended) => {
                there.tax_rates.iter_mut().find(|it| it.id == mended.id).unwrap().active = true;
            }
            Step::KeepChanged { .. } => {}
        }
    }
    there
}

fn found(id: &str, price: &Price) -> PriceThere {
    PriceThere {
        id: id.to_owned(),
        product: price.of.product_id(),
        lookup_key: Some(price.lookup_key.clone()),
        active: true,
        amount: Some(price.amount),
        recurs: price.recurs(),
        of: Some(price.of.clone()),
        part: price.part,
        amounts_before: Vec::new(),
    }
}

fn pushed() -> (Catalog, AtStripe) {
    let catalog = deployed().unwrap();
    let there = done(AtStripe::default(), &difference(&catalog, &AtStripe::default()));
    (catalog, there)
}

fn of_key<'a>(there: &'a mut AtStripe, key: &str) -> &'a mut PriceThere {
    there.prices.iter_mut().find(|it| it.lookup_key.as_deref() == Some(key)).unwrap()
}

fn lines(catalog: &Catalog, there: &AtStripe) -> Vec<String> {
    difference(catalog, there).iter().map(ToString::to_string).collect()
}

/// Goal: into an empty Stripe goes everything, products first, and the second time nothing.
#[test]
fn what_was_done_is_not_done_again() {
    let catalog = deployed().unwrap();
    let lines = lines(&catalog, &AtStripe::default());
    let (products, prices): (Vec<_>, Vec<_>) =
        lines.iter().map(String::as_str).partition(|line| line.starts_with("+ product "));
    assert_eq!([products.as_slice(), prices.as_slice()].concat(), lines);
    assert_eq!(products[0], "+ product tollgate_plan_personal: \"Personal\"");
    assert_eq!(prices[0], "+ price tollgate_personal_month: 19.00 USD a month");
    assert_eq!(prices[3], "+ price tollgate_team_month_seat: 9.00 USD a seat and month");
    assert_eq!(prices[17], "+ price tollgate_pack_enterprise: 50.00 EUR");
    let (catalog, there) = pushed();
    assert_eq!(difference(&catalog, &there), []);
}

/// Goal: another amount is another price, and the old one stays as it is for those who have it.
#[test]
fn an_old_price_stays_for_those_who_have_it() {
    let (mut catalog, there) = pushed();
    catalog.plans[1].prices[0].amount.amount = 2_100;
    let old = "price_0";
    assert_eq!(
        lines(&catalog, &there),
        [format!(
            "~ price tollgate_personal_month: 21.00 USD a month instead of 19.00 USD for new \
             subscriptions; {old} stays for those that have it"
        )]
    );
    let there = done(there.clone(), &difference(&catalog, &there));
    let kept = there.prices.iter().find(|it| it.id == old).unwrap();
    assert!(kept.active && kept.lookup_key.is_none());
    assert_eq!(difference(&catalog, &there), []);
}

/// Goal: a catalog from before a price change does not take it back; one that goes on after it
/// does.
#[test]
fn a_price_change_stands_above_an_older_catalog() {
    let (mut catalog, mut there) = pushed();
    let price = of_key(&mut there, "tollgate_personal_month");
    price.amount.as_mut().unwrap().amount = 2_300;
    price.amounts_before = vec![1_900, 2_100];
    let kept = "= price tollgate_personal_month: 23.00 USD is in force by a price change; the \
                catalog still says 19.00 USD";
    assert_eq!(lines(&catalog, &there), [kept]);
    assert!(!difference(&catalog, &there)[0].changes());
    catalog.plans[1].prices[0].amount.amount = 2_300;
    assert_eq!(difference(&catalog, &there), []);
    catalog.plans[1].prices[0].amount.amount = 2_500;
    assert!(difference(&catalog, &there)[0].changes());
}

/// Goal: what the catalog does not have is deactivated when it is ours, and only then.
#[test]
fn only_our_own_is_deactivated() {
    let (mut catalog, mut there) = pushed();
    let personal = of_key(&mut there, "tollgate_personal_month").clone();
    let with = |id: &str, key: Option<&str>| PriceThere {
        id: id.to_owned(),
        lookup_key: key.map(str::to_owned),
        ..personal.clone()
    };
    there.prices.extend([
        with("price_transferred", None),
        with("price_announced", Some("tollgate_personal_month_next")),
        PriceThere { of: None, ..with("price_foreign", Some("tollgate_of_somebody_else")) },
        with("price_other_key", Some("vip")),
        PriceThere { active: false, ..with("price_gone", Some("tollgate_gone_month")) },
    ]);
    let shop = ProductThere {
        id: "prod_shop".to_owned(),
        name: "T-shirt".to_owned(),
        active: true,
        of: None,
    };
    there.products.push(shop);
    assert_eq!(difference(&catalog, &there), []);
    catalog.plans.remove(1);
    let expected = [
        "- price tollgate_personal_month: price_0 is not sold any more",
        "- price tollgate_personal_year: price_1 is not sold any more",
        "- product tollgate_plan_personal: \"Personal\" is not sold any more",
    ];
    assert_eq!(lines(&catalog, &there), expected);
    let there = done(there.clone(), &difference(&catalog, &there));
    assert_eq!(difference(&catalog, &there), []);
    // And back again.
    let catalog = deployed().unwrap();
    let expected = [
        "~ product tollgate_plan_personal: \"Personal\", active",
        "~ price tollgate_personal_month: price_0, active and marked as ours",
        "~ price tollgate_personal_year: price_1, active and marked as ours",
    ];
    assert_eq!(lines(&catalog, &there), expected);
}

/// Goal: whatever else is wrong with the price under a key makes another one, never a wrong charge.
#[test]
fn a_price_of_another_kind_is_replaced() {
    let wrongs: [fn(&mut PriceThere); 5] = [
        |price| price.amount = None,
        |price| price.amount.as_mut().unwrap().currency = "eur".to_owned().try_into().unwrap(),
        |price| price.recurs = Recurs::Each(Interval::Year),
        |price| price.recurs = Recurs::Otherwise,
        |price| price.product = "prod_other".to_owned(),
    ];
    for wrong in wrongs {
        let (catalog, mut there) = pushed();
        let price = of_key(&mut there, "tollgate_personal_month");
        price.amounts_before = vec![1_900];
        wrong(price);
        let steps = difference(&catalog, &there);
        assert!(matches!(&steps[..], [Step::MakePrice { instead_of: Some(_), .. }]), "{steps:?}");
    }
}

/// Goal: a percentage that changes is a new tax rate beside the old one, which functions of the
/// catalog before still use; going back uses that one again, and one that somebody turned off is
/// turned on. Nothing is made twice.
#[test]
fn tax_rates_are_made_once_and_stay() {
    let (mut catalog, there) = pushed();
    let vat = |percent: &str| {
        let percent = billing::tax::Percent::parse(percent).unwrap();
        let rate = TaxRate { percent, name: "VAT".to_owned() };
        vec![SoldTaxRate { id: "vat".to_owned(), rate }]
    };
    catalog.tax_rates = vat("19");
    assert_eq!(lines(&catalog, &there), ["+ tax rate vat: VAT 19 %"]);
    let mut taxed = done(there.clone(), &difference(&catalog, &there));
    assert_eq!(lines(&catalog, &taxed), Vec::<String>::new());
    let lower = Catalog { tax_rates: vat("16"), ..catalog.clone() };
    assert_eq!(lines(&lower, &taxed), ["+ tax rate vat: VAT 16 %"]);
    taxed = done(taxed.clone(), &difference(&lower, &taxed));
    for known in [&catalog, &lower, &Catalog { tax_rates: Vec::new(), ..catalog.clone() }] {
        assert_eq!(lines(known, &taxed), Vec::<String>::new());
    }
    taxed.tax_rates[0].active = false;
    assert_eq!(lines(&catalog, &taxed), ["~ tax rate vat: txr_0, active"]);
    let steps = difference(&catalog, &taxed);
    assert!(steps.iter().all(Step::changes));
    assert_eq!(lines(&catalog, &done(taxed, &steps)), Vec::<String>::new());
}
