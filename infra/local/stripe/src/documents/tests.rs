use serde_json::{Value, json};

use super::{Document, Rates, credit_note, invoice};

fn shown() -> Value {
    json!({
        "account_name": "Tollgate Local", "account_country": "DE", "currency": "eur",
        "number": "ACME-0007", "status": "open", "created": 1_795_338_000,
        "effective_at": 1_795_341_600, "due_date": 1_797_930_000,
        "custom_fields": [{ "name": "PO number", "value": "4500017" }],
        "customer_name": "Müller & Söhne",
        "customer_address": {
            "line1": "Hauptstr. 1", "line2": null, "postal_code": "10115", "city": "Berlin",
            "state": null, "country": "DE",
        },
        "customer_email": "billing@acme.example",
        "customer_tax_ids": [{ "type": "eu_vat", "value": "DE123456789" }],
        "subtotal": 4_900, "total_excluding_tax": 4_900, "total": 5_831,
        "total_taxes": [{
            "amount": 931, "tax_behavior": "exclusive",
            "tax_rate_details": { "tax_rate": "txr_1" },
        }],
        "starting_balance": -831, "ending_balance": 0, "amount_due": 5_000, "amount_paid": 1_000,
        "amount_remaining": 4_000, "pre_payment_credit_notes_amount": 0,
        "post_payment_credit_notes_amount": 0, "status_transitions": { "paid_at": null },
    })
}

fn sums(document: &Document) -> Vec<(&str, &str)> {
    document.sums.iter().map(|sum| (sum.label.as_str(), sum.amount.as_str())).collect()
}

#[test]
fn an_invoice_says_who_owes_what_by_when_and_how_it_adds_up() {
    let line = json!({
        "amount": 4_900, "description": "5 × Team", "quantity": 5,
        "period": { "start": 1_795_338_000, "end": 1_797_930_000 },
        "pricing": { "unit_amount_decimal": "980" },
        "taxes": [{ "tax_rate_details": { "tax_rate": "txr_1" } }],
    });
    let document = invoice(&shown(), &[line], &Rates::default());
    assert_eq!(document.headline, "€40.00 due 22 December 2026");
    assert_eq!(
        document.customer,
        [
            "Müller & Söhne",
            "Hauptstr. 1",
            "10115 Berlin",
            "Germany",
            "billing@acme.example",
            "EU VAT DE123456789"
        ]
    );
    assert!(document.facts.contains(&("PO number".to_owned(), "4500017".to_owned())));
    assert_eq!(
        sums(&document),
        [
            ("Subtotal", "€49.00"),
            ("Tax", "€9.31"),
            ("Total", "€58.31"),
            ("Applied balance", "-€8.31"),
            ("Paid", "-€10.00"),
            ("Amount due", "€40.00")
        ]
    );
    let line = &document.lines[0];
    assert_eq!(line.unit_price.as_deref(), Some("€9.80"));
    assert_eq!(line.period.as_deref(), Some("22 Nov 2026 – 22 Dec 2026"));
}

#[test]
fn an_invoice_says_where_it_stands() {
    for (status, stamp, headline) in [
        ("paid", "Paid", "€10.00 paid"),
        ("void", "Void", "This invoice is void: nothing is due"),
        ("uncollectible", "Uncollectible", "€40.00 is due and not expected"),
        ("draft", "Draft", "€40.00 so far: this is a draft"),
    ] {
        let mut shown = shown();
        shown["status"] = json!(status);
        let document = invoice(&shown, &[], &Rates::default());
        assert_eq!(document.stamp.unwrap().text, stamp);
        assert_eq!(document.headline, headline);
    }
}

#[test]
fn a_credit_note_says_where_the_money_went() {
    let note = json!({
        "currency": "eur", "number": "ACME-0007-CN-01", "status": "issued", "subtotal": 4_900,
        "total": 4_900, "total_taxes": [], "created": 1_795_341_600, "reason": "order_change",
        "pre_payment_amount": 900, "post_payment_amount": 4_000, "out_of_band_amount": 500,
        "refunds": [{ "amount_refunded": 1_500 }],
    });
    let document = credit_note(&note, &shown(), &[], &Rates::default());
    assert!(document.facts.contains(&("For invoice".to_owned(), "ACME-0007".to_owned())));
    assert_eq!(
        sums(&document),
        [
            ("Subtotal", "€49.00"),
            ("Total credited", "€49.00"),
            ("Taken off the invoice", "€9.00"),
            ("Refunded", "€15.00"),
            ("Credited to the balance", "€20.00"),
            ("Given otherwise", "€5.00")
        ]
    );
}
