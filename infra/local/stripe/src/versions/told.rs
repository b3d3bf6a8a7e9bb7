//! A life of a customer, as each version tells it.

use std::collections::BTreeSet;

use billing::fact::News;
use billing::time::DAY_SECONDS;
use serde_json::Value;
use stripe_wire::event_type::EventType;
use stripe_wire::wire::{PURCHASE_METADATA, Parsed, parse};

use super::*;
use crate::payment_methods::automatically_update;
use crate::shelf::Object;
use crate::testing::{World, id};

/// One version of each shape.
const TOLD: [&str; 10] = [
    "2020-03-02",
    "2020-08-27",
    "2022-11-15",
    "2024-04-10",
    "2024-09-30.acacia",
    "2025-03-31.basil",
    "2025-09-30.clover",
    "2026-03-25.dahlia",
    "2026-10-28.endive",
    "2026-11-18.endive",
];

/// A customer who subscribes, renews, cannot pay, pays elsewhere, is credited, buys credits, and
/// leaves. Events are kept for 30 days: somebody looks now and then.
fn life(look: &mut dyn FnMut(&World)) -> World {
    let mut world = World::new();
    let (customer, subscription) = subscribed(&mut world);
    keeps_another_card(&mut world, &customer);
    look(&world);
    let path = format!("/v1/subscriptions/{subscription}");
    world.advance(DAY_SECONDS * 29);
    look(&world);
    world.advance(DAY_SECONDS * 3);
    let item = id(&world.get(&path)["items"]["data"][0]);
    world.post(&path, &format!("items[0][id]={item}&items[0][quantity]=7"));
    pays_by(&mut world, &customer, "pm_card_chargeCustomerFail");
    look(&world);
    world.advance(DAY_SECONDS * 29);
    look(&world);
    pays_by(&mut world, &customer, "pm_card_authenticationRequired");
    world.advance(DAY_SECONDS * 4);
    sent_invoices(&mut world, &customer);
    look(&world);
    buys_credits(&mut world, &customer);
    look(&world);
    let tax_ids = format!("/v1/customers/{customer}/tax_ids");
    let tax_id = id(&world.post(&tax_ids, "type=eu_vat&value=DE123456789"));
    world.advance(DAY_SECONDS);
    world.delete(&format!("{tax_ids}/{tax_id}"));
    world.delete(&path);
    world.post(&format!("/v1/customers/{customer}"), "email=new@acme.example");
    world.delete(&format!("/v1/customers/{customer}"));
    look(&world);
    world
}

fn subscribed(world: &mut World) -> (String, String) {
    let product = id(&world.post("/v1/products", "name=Team"));
    let price = format!(
        "product={product}&currency=eur&unit_amount=980&recurring[interval]=month&lookup_key=team"
    );
    let price = id(&world.post("/v1/prices", &price));
    let rate = "display_name=VAT&percentage=19&inclusive=false&country=DE";
    let rate = id(&world.post("/v1/tax_rates", rate));
    let customer = "name=Acme&email=a@acme.example&payment_method=pm_card_visa\
                    &invoice_settings[default_payment_method]=pm_card_visa";
    let customer = id(&world.post("/v1/customers", customer));
    let trial = format!("customer={customer}&items[0][price]={price}&trial_period_days=5");
    let trial = id(&world.post("/v1/subscriptions", &trial));
    world.advance(DAY_SECONDS * 3);
    world.delete(&format!("/v1/subscriptions/{trial}"));
    let subscription = format!(
        "customer={customer}&items[0][price]={price}&items[0][quantity]=5&default_tax_rates[0]={rate}"
    );
    let subscription = id(&world.post("/v1/subscriptions", &subscription));
    (customer, subscription)
}

fn pays_by(world: &mut World, customer: &str, card: &str) {
    let path = format!("/v1/payment_methods/{card}/attach");
    let card = id(&world.post(&path, &format!("customer={customer}")));
    let default = format!("invoice_settings[default_payment_method]={card}");
    world.post(&format!("/v1/customers/{customer}"), &default);
}

/// A second card, which its owner changes and its bank replaces.
fn keeps_another_card(world: &mut World, customer: &str) {
    let form = format!("customer={customer}");
    let card = id(&world.post("/v1/payment_methods/pm_card_mastercard/attach", &form));
    world.post(&format!("/v1/payment_methods/{card}"), "card[exp_month]=4&card[exp_year]=2031");
    automatically_update(&mut world.engine.stripe, &card).unwrap();
}

/// One is paid outside of Stripe, one credited, one void, one given up, one never sent.
fn sent_invoices(world: &mut World, customer: &str) {
    for what in ["pay", "credit", "void", "mark_uncollectible", "delete"] {
        let invoice =
            format!("customer={customer}&collection_method=send_invoice&days_until_due=14");
        let invoice = id(&world.post("/v1/invoices", &invoice));
        let item = format!("customer={customer}&invoice={invoice}&amount=2000&currency=eur");
        world.post("/v1/invoiceitems", &item);
        let path = format!("/v1/invoices/{invoice}");
        if what == "delete" {
            world.delete(&path);
            continue;
        }
        world.post(&format!("{path}/send"), "");
        match what {
            "pay" => drop(world.post(&format!("{path}/pay"), "paid_out_of_band=true")),
            "credit" => {
                let note = format!("invoice={invoice}&amount=500");
                let note = id(&world.post("/v1/credit_notes", &note));
                world.post(&format!("/v1/credit_notes/{note}"), "memo=Sorry");
                world.post(&format!("/v1/credit_notes/{note}/void"), "");
            }
            other => drop(world.post(&format!("{path}/{other}"), "")),
        }
    }
}

/// A session of each end, and payments that are declined, authenticated, given back and disputed.
fn buys_credits(world: &mut World, customer: &str) {
    let product = id(&world.post("/v1/products", "name=Credits"));
    let price = format!("product={product}&currency=eur&unit_amount=500");
    let price = id(&world.post("/v1/prices", &price));
    let session = format!(
        "mode=payment&success_url=https://a.example&customer={customer}&line_items[0][price]={price}\
         &line_items[0][quantity]=1&payment_method_types[0]=card&payment_method_types[1]=sepa_debit\
         &metadata[{PURCHASE_METADATA}]=buy_1&payment_intent_data[metadata][{PURCHASE_METADATA}]=buy_1"
    );
    for iban in ["DE89370400440532013000", "DE62370400440532013001"] {
        let method = format!(
            "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=A&billing_details[email]=a@b.example"
        );
        let method = id(&world.post("/v1/payment_methods", &method));
        let session = id(&world.post("/v1/checkout/sessions", &session));
        let path = format!("/v1/payment_pages/{session}/confirm");
        world.post(&path, &format!("payment_method={method}"));
        world.advance(600);
    }
    let expires = id(&world.post("/v1/checkout/sessions", &session));
    world.post(&format!("/v1/checkout/sessions/{expires}/expire"), "");
    let pay = format!(
        "amount=500&currency=eur&customer={customer}&metadata[{PURCHASE_METADATA}]=buy_1&confirm=true&payment_method=pm_card"
    );
    let refunded = id(&world.post("/v1/payment_intents", &format!("{pay}_refundFail")));
    world.post("/v1/refunds", &format!("payment_intent={refunded}"));
    world.advance(600);
    for evidence in ["winning_evidence", "losing_evidence"] {
        let intent = id(&world.post("/v1/payment_intents", &format!("{pay}_createDispute")));
        let disputes = world.get(&format!("/v1/disputes?payment_intent={intent}"));
        let path = format!("/v1/disputes/{}", id(&disputes["data"][0]));
        world.post(&path, &format!("evidence[uncategorized_text]={evidence}"));
    }
    let authenticates = format!("{pay}_authenticationRequired");
    let intent = id(&world.post("/v1/payment_intents", &authenticates));
    world.post(&format!("/v1/payment_intents/{intent}/cancel"), "");
    world.refused("/v1/payment_intents", &format!("{authenticates}&off_session=true"));
    world.advance(DAY_SECONDS * 10);
}

/// What an event says, with the version taken off in which it says so; nothing when it is not for
/// us. A payment names its invoice before basil alone: since then the invoice's payments are read.
fn said(event: &Value) -> Option<Parsed> {
    let mut parsed =
        parse(event.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {event:#}"));
    if let Parsed::Fact { fact, .. } = &mut parsed
        && let News::PaymentMoved(moved) = &mut fact.news
    {
        moved.invoice = None;
    }
    match &mut parsed {
        Parsed::Fact { event, .. } | Parsed::Payment { event, .. } => event.api_version = None,
        Parsed::Unused(_) | Parsed::Thin(_) | Parsed::WithoutCustomer(_) => return None,
    }
    Some(parsed)
}

#[test]
fn all_that_happens_is_the_same_fact_in_every_version() {
    let used = EventType::ALL.map(EventType::as_str);
    let mut seen = BTreeSet::new();
    let mut paid_outside = 0;
    life(&mut |world| {
        let stripe = &world.engine.stripe;
        for event in stripe.events.iter() {
            if !used.contains(&&*event.kind) || !seen.insert((event.kind.clone(), event.id.clone()))
            {
                continue;
            }
            let newest = event.json(stripe);
            let Some(expected) = said(&newest) else {
                // An invoice's payment, which buys no credits.
                assert!(!newest.to_string().contains(PURCHASE_METADATA), "{newest:#}");
                assert!(event.kind.starts_with("payment_intent."), "{newest:#} was not used");
                continue;
            };
            for version in TOLD {
                let version = Version::asked(Some(version)).unwrap();
                let written = version.rewrite_event(stripe, newest.clone());
                let found = said(&written).unwrap();
                assert_eq!(found, expected, "{} in {version}", event.kind);
                if written["data"]["object"]["paid_out_of_band"] == true {
                    paid_outside += 1;
                }
            }
        }
    });
    assert_ne!(
        paid_outside, 0,
        "no version before basil told of an invoice paid outside of Stripe"
    );
    let kinds: BTreeSet<&str> = seen.iter().map(|(kind, _)| &**kind).collect();
    let missing: Vec<_> = used.into_iter().filter(|kind| !kinds.contains(kind)).collect();
    let never = [
        "invoice.overdue",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.pending_update_applied",
        "customer.subscription.pending_update_expired",
    ];
    assert_eq!(missing, never);
}

#[test]
fn an_old_paid_invoice_names_its_payment_and_the_payment_its_invoice() {
    let world = life(&mut |_| {});
    let stripe = &world.engine.stripe;
    let old = Version::asked(Some("2022-08-01")).unwrap();
    let paid = stripe.invoices.iter().find(|it| it.amount_paid > 0).unwrap().json(stripe);
    let shown = old.rewrite(stripe, paid.clone());
    let intent = stripe.payment_intents.get(shown["payment_intent"].as_str().unwrap()).unwrap();
    let charge = stripe.charges.get(shown["charge"].as_str().unwrap()).unwrap();
    let intent = old.rewrite(stripe, intent.json(stripe));
    assert_eq!(intent["invoice"], paid["id"]);
    assert_eq!(intent["charges"]["data"][0]["id"], charge.id.as_str());
    assert_eq!(old.rewrite(stripe, charge.json(stripe))["invoice"], paid["id"]);
    assert_eq!(
        (&shown["paid"], &shown["paid_out_of_band"]),
        (&Value::from(true), &Value::from(false))
    );
    let line = &shown["lines"]["data"][0];
    assert_eq!(line["type"], "subscription");
    assert_eq!(line["price"]["lookup_key"], "team");
    assert_eq!(line["plan"]["interval"], "month");
    assert_eq!(line["tax_amounts"][0]["amount"], shown["tax"]);

    // When it was made there was no payment yet.
    let mut events = stripe.events.iter();
    let created = events.find(|event| event.kind == "invoice.created").unwrap();
    let created = old.rewrite_event(stripe, created.json(stripe));
    assert_eq!(created["data"]["object"]["object"], "invoice");

    let outside = stripe.invoices.iter().map(|invoice| old.rewrite(stripe, invoice.json(stripe)));
    let outside: Vec<_> = outside.filter(|invoice| invoice["paid_out_of_band"] == true).collect();
    assert_eq!(outside.len(), 1);
    assert_eq!(
        (&outside[0]["amount_paid"], &outside[0]["status"]),
        (&Value::from(0), &Value::from("paid"))
    );
}
