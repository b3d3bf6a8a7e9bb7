//! Credit notes, subscriptions and customers.

use billing::fact::{
    Address, CreditNoteStatus, Interval, Origin, Pause, SubscriptionStatus, Suspension,
};

use super::*;

#[test]
fn a_credit_note_is_void_when_either_object_or_event_says_so() {
    use CreditNoteStatus::{Issued, Void};
    for (event_type, shown, expected) in [
        ("credit_note.created", "issued", Issued),
        ("credit_note.updated", "issued", Issued),
        ("credit_note.updated", "void", Void),
        ("credit_note.voided", "issued", Void),
        ("credit_note.voided", "void", Void),
    ] {
        let note = credit_note_in(event_type, &with(credit_note(), json!({"status": shown})));
        assert_eq!(note.status, expected, "{shown} in {event_type}");
        assert_eq!((note.pre_payment, note.post_payment), (1_000, 1_000));
        assert_eq!(note.reason.as_deref(), Some("order_change"));
        assert_eq!(note.invoice.as_str(), "in_1");
    }
}

#[test]
fn a_credit_note_that_leaves_its_amounts_open_is_unreadable() {
    let old = without(without(credit_note(), "pre_payment_amount"), "post_payment_amount");
    for (object, expected) in [
        (without(credit_note(), "post_payment_amount"), "`post_payment_amount` is missing"),
        (without(credit_note(), "pre_payment_amount"), "`pre_payment_amount` is missing"),
        (old.clone(), "`type` has a value that is not known here: `mixed`"),
        (with(old.clone(), json!({"type": null})), "`type` is missing"),
        (with(old.clone(), json!({"type": "pre_payment", "amount": null})), "`amount` is missing"),
        (with(credit_note(), json!({"invoice": null})), "`invoice` is missing"),
    ] {
        assert_eq!(reason("credit_note.created", &object), expected);
    }
}

#[test]
fn the_plan_is_named_by_metadata_then_lookup_key_then_id() {
    let price = |fields: Value| {
        json!({"items": {"data": [{
            "current_period_start": 1, "current_period_end": 2, "price": fields,
        }]}})
    };
    for (fields, expected) in [
        (json!({"metadata": {"plan": "team"}}), "team"),
        (json!({"metadata": {"plan": ""}}), "team_monthly"),
        (json!({"metadata": null}), "team_monthly"),
        (price(json!({"id": "price_1", "lookup_key": "team_yearly"})), "team_yearly"),
        (price(json!({"id": "price_1", "lookup_key": null})), "price_1"),
    ] {
        let object = with(subscription(), fields);
        assert_eq!(subscription_in("customer.subscription.updated", &object).plan, expected);
    }
    let object = with(subscription(), price(json!(null)));
    let reason = reason("customer.subscription.updated", &object);
    assert_eq!(reason, "`items.data[].price` is missing");
}

#[test]
fn the_first_licensed_item_is_the_plan() {
    let item = |key: &str, usage_type: &str, quantity: Value| {
        json!({
            "quantity": quantity, "current_period_start": 1, "current_period_end": 2,
            "price": {"id": key, "recurring": {"interval": "year", "usage_type": usage_type}},
        })
    };
    for (items, expected) in [
        (json!([item("a", "metered", json!(null)), item("b", "licensed", json!(3))]), ("b", 3)),
        (json!([item("a", "licensed", json!(0)), item("b", "licensed", json!(3))]), ("a", 0)),
        (json!([item("a", "licensed", json!(null))]), ("a", 1)),
        (json!([item("a", "metered", json!(null)), item("b", "metered", json!(null))]), ("a", 1)),
    ] {
        let object = with(subscription(), json!({"items": {"data": items}}));
        let told = subscription_in("customer.subscription.updated", &object);
        assert_eq!((told.plan.as_str(), told.seats), expected);
        assert_eq!(told.interval, Some(Interval::Year));
    }
}

/// Goal: an item of ours gives plan, seats, fee and period in whatever position it stands; without
/// one, and without a mark, a subscription is another product's.
#[test]
fn items_of_ours_count_wherever_they_stand() {
    let item = |plan: Option<&str>, part: &str, quantity: u64, end: u64| {
        let metadata = plan.map(|plan| json!({"tollgate_plan": plan, "tollgate_part": part}));
        json!({
            "quantity": quantity, "current_period_start": 1, "current_period_end": end,
            "price": {
                "id": format!("price_{end}"), "currency": "usd", "unit_amount": end * 100,
                "recurring": {"interval": "month", "usage_type": "licensed"},
                "metadata": metadata.unwrap_or_default(),
            },
        })
    };
    let other = item(None, "", 7, 3);
    let (plan, seat) = (item(Some("team"), "plan", 1, 4), item(Some("team"), "seat", 5, 5));
    for items in [[&other, &seat, &plan], [&plan, &other, &seat], [&seat, &plan, &other]] {
        let object = with(subscription(), json!({"items": {"data": items}}));
        let told = subscription_in("customer.subscription.updated", &object);
        assert_eq!((told.origin, &*told.plan, told.seats), (Origin::Sold, "team", 5));
        assert_eq!(told.period_end, Timestamp(4));
        let fee = told.fee.unwrap();
        assert_eq!((fee.plan_amount, fee.seat_amount), (400, Some(500)));
    }
    for (metadata, origin) in [
        (json!({}), Origin::Foreign),
        (json!({"product": "hosting"}), Origin::Foreign),
        (json!({"plan": "team"}), Origin::Named),
        (json!({"tollgate_plan": "team"}), Origin::Sold),
        (json!({"tollgate_account": "acme"}), Origin::Sold),
    ] {
        let fields = json!({"items": {"data": [other]}, "metadata": metadata});
        let told = subscription_in("customer.subscription.updated", &with(subscription(), fields));
        assert_eq!(told.origin, origin, "{metadata}");
    }
}

/// Goal: who resumes a paused subscription is told by the reason, and by none where no reason is
/// given.
#[test]
fn who_resumes_a_paused_subscription_is_read() {
    use Suspension::{ByVendor, ForPayment};
    let details = |reason: &str| json!({"paused": {"type": "subscription", "subscription": {"type": reason}}});
    for (status, details, expected) in [
        ("paused", Value::Null, Some(ForPayment)),
        ("paused", details("trial_end_without_payment_method"), Some(ForPayment)),
        ("paused", details("pause_requested"), Some(ByVendor)),
        ("paused", details("system"), Some(ByVendor)),
        ("paused", details("a word of tomorrow"), Some(ByVendor)),
        ("active", details("pause_requested"), None),
    ] {
        let fields = json!({"status": status, "status_details": details});
        let told = subscription_in("customer.subscription.updated", &with(subscription(), fields));
        assert_eq!(told.suspension, expected, "{status} {details}");
    }
}

/// Goal: a pause is ours by its mark and its content together.
#[test]
fn a_pause_is_ours_by_its_mark() {
    let void = json!({"behavior": "void", "resumes_at": null});
    let until = json!({"behavior": "void", "resumes_at": 1_781_481_600});
    let draft = json!({"behavior": "keep_as_draft", "resumes_at": null});
    let marked = json!({"tollgate_pause": "disabled"});
    for (pause, metadata, expected) in [
        (&Value::Null, json!({}), None),
        (&Value::Null, marked.clone(), Some(Pause::MarkLeft)),
        (&void, json!({}), Some(Pause::Foreign)),
        (&void, marked.clone(), Some(Pause::Ours)),
        (&until, marked.clone(), Some(Pause::Foreign)),
        (&draft, marked, Some(Pause::Foreign)),
        (&draft, json!({}), Some(Pause::Foreign)),
    ] {
        let fields = json!({"pause_collection": pause, "metadata": metadata});
        let told = subscription_in("customer.subscription.updated", &with(subscription(), fields));
        assert_eq!(told.pause, expected, "{pause} {metadata}");
    }
}

#[test]
fn an_interval_without_a_name_is_none() {
    for (recurring, expected) in [
        (json!({"interval": "day"}), Some(Interval::Day)),
        (json!({"interval": "week", "interval_count": 1}), Some(Interval::Week)),
        (json!({"interval": "month", "interval_count": 3}), None),
        (json!({"interval": "decade"}), None),
        (json!(null), None),
    ] {
        let object = with(
            subscription(),
            json!({"items": {"data": [{
                "current_period_start": 1, "current_period_end": 2,
                "price": {"id": "price_1", "recurring": recurring},
            }]}}),
        );
        assert_eq!(subscription_in("customer.subscription.updated", &object).interval, expected);
    }
}

#[test]
fn the_end_of_a_subscription_shows_whatever_its_object_says() {
    use SubscriptionStatus::{Active, Canceled, IncompleteExpired, Paused};
    for (event_type, shown, expected) in [
        ("customer.subscription.updated", "active", Active),
        ("customer.subscription.paused", "paused", Paused),
        ("customer.subscription.deleted", "active", Canceled),
        ("customer.subscription.deleted", "canceled", Canceled),
        ("customer.subscription.deleted", "incomplete_expired", IncompleteExpired),
    ] {
        let told = subscription_in(event_type, &with(subscription(), json!({"status": shown})));
        assert_eq!(told.status, expected, "{shown} in {event_type}");
    }
}

#[test]
fn a_booked_end_and_a_pending_invoice_are_told() {
    let period_end = Some(Timestamp(1_798_761_600));
    let pending = Some("in_1".to_owned());
    for (fields, ends_at, pending_invoice) in [
        (json!({}), None, None),
        (json!({"cancel_at_period_end": true}), period_end, None),
        (json!({"cancel_at": 1_800_000_000}), Some(Timestamp(1_800_000_000)), None),
        (json!({"cancel_at": 9, "cancel_at_period_end": true}), Some(Timestamp(9)), None),
        (json!({"pending_update": {"expires_at": 5}}), None, pending.clone()),
        (json!({"status": "incomplete"}), None, pending.clone()),
        (json!({"status": "incomplete", "latest_invoice": {"id": "in_1"}}), None, pending),
        (json!({"status": "incomplete", "latest_invoice": null}), None, None),
    ] {
        let told = subscription_in("customer.subscription.updated", &with(subscription(), fields));
        assert_eq!(told.ends_at, ends_at);
        assert_eq!(told.pending_invoice.map(String::from), pending_invoice);
    }
}

/// Goal: rates on top of prices are read digit by digit; what is within prices changes no sum, and
/// what is no percentage is said.
#[test]
fn fixed_tax_rates_of_a_subscription_are_read() {
    let rate = |percentage: Value, inclusive: bool| {
        json!({"id": "txr_1", "object": "tax_rate", "display_name": "VAT", "inclusive": inclusive,
            "percentage": percentage})
    };
    let told = |rates: Value| {
        let object = with(subscription(), json!({ "default_tax_rates": rates }));
        subscription_in("customer.subscription.updated", &object).tax_rates
    };
    let words = |rates: Value| told(rates).iter().map(ToString::to_string).collect::<Vec<_>>();
    let both = json!([rate(json!(19.0), false), rate(json!(7), true), rate(json!(8.875), false)]);
    assert_eq!(words(both), ["VAT 19 %", "VAT 8.875 %"]);
    assert_eq!(words(json!([])), Vec::<String>::new());
    assert_eq!(words(Value::Null), Vec::<String>::new());
    let wrong = json!({ "default_tax_rates": [rate(json!("a lot"), false)] });
    assert_eq!(
        reason("customer.subscription.updated", &with(subscription(), wrong)),
        "`default_tax_rates.percentage` cannot be used: `\"a lot\"` is not a percentage: 0 to 100 with \
         at most four decimals, such as `19` or `8.875`"
    );
}

#[test]
fn a_subscription_without_a_period_is_unreadable() {
    let object = with(subscription(), json!({"items": {"data": [{"price": {"id": "price_1"}}]}}));
    let reason = reason("customer.subscription.created", &object);
    assert_eq!(reason, "`current_period_start` is missing");
}

#[test]
fn a_customers_details_are_read_and_a_deleted_one_is_an_id() {
    let told = customer_in(&customer());
    assert_eq!(
        told,
        CustomerSnapshot {
            name: Some("Acme \u{1F680} GmbH".into()),
            email: Some("billing@acme.example".into()),
            address: Address {
                line1: Some("Domstraße 1".into()),
                line2: None,
                postal_code: Some("50668".into()),
                city: Some("Köln".into()),
                state: None,
                country: Some("DE".into()),
            },
            balance: -500,
            currency: Some("eur".to_owned().try_into().unwrap()),
            purchase_order: None,
            tax_exempt: false,
        }
    );
    let fields =
        json!([{"name": "Cost centre", "value": "9"}, {"name": "Purchase order", "value": "PO-7"}]);
    let ordered = json!({"id": "cus_1", "invoice_settings": {"custom_fields": fields}});
    assert_eq!(customer_in(&ordered).purchase_order.as_deref(), Some("PO-7"));
    for (word, exempt) in [("none", false), ("exempt", true), ("reverse", true)] {
        let told = customer_in(&json!({"id": "cus_1", "tax_exempt": word}));
        assert_eq!(told.tax_exempt, exempt, "{word}");
    }
    let bare = json!({"id": "cus_1", "address": null, "currency": null, "tax_exempt": null});
    assert_eq!(customer_in(&bare), CustomerSnapshot::default());
    let gone =
        fact("customer.deleted", &json!({"id": "cus_9", "object": "customer", "deleted": true}));
    assert_eq!((gone.customer.as_str(), gone.news), ("cus_9", News::CustomerDeleted));
    assert_eq!(reason("customer.deleted", &json!({})), "`id` is missing");
}

/// Goal: a tax id is read in each of its events; one of Stripe's account itself, which has no
/// customer, is no event of ours.
#[test]
fn a_tax_id_is_read_and_one_of_nobodys_is_not_used() {
    let tax_id = json!({
        "id": "txi_1", "object": "tax_id", "customer": "cus_1", "type": "eu_vat",
        "value": "DE123456789", "verification": {"status": "verified"},
    });
    for (event_type, removed) in [
        ("customer.tax_id.created", false),
        ("customer.tax_id.updated", false),
        ("customer.tax_id.deleted", true),
    ] {
        let News::TaxId(told) = fact(event_type, &tax_id).news else { panic!("{event_type}") };
        let verification = billing::tax_id::Verification::Verified;
        assert_eq!((told.verification, told.removed), (verification, removed));
        let text = (told.id.as_str(), told.kind.as_str(), told.value.as_str());
        assert_eq!(text, ("txi_1", "eu_vat", "DE123456789"));
        let own = with(tax_id.clone(), json!({"customer": null, "owner": {"type": "self"}}));
        let parsed = parse(event(event_type, &own).to_string().as_bytes()).unwrap();
        assert!(matches!(parsed, Parsed::Unused(_)), "{parsed:?}");
    }
}
