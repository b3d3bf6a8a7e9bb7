use super::*;

const NOW: Timestamp = Timestamp(1_795_338_000);

/// Those of docs.stripe.com/billing/customer/tax-ids.
const RIGHT: &[(&str, &str)] = &[
    ("eu_vat", "ATU12345678"),
    ("eu_vat", "BE0123456789"),
    ("eu_vat", "BG0123456789"),
    ("eu_vat", "CY12345678Z"),
    ("eu_vat", "CZ1234567890"),
    ("eu_vat", "DE123456789"),
    ("eu_vat", "DK12345678"),
    ("eu_vat", "EE123456789"),
    ("eu_vat", "EL123456789"),
    ("eu_vat", "ESA1234567Z"),
    ("eu_vat", "FI12345678"),
    ("eu_vat", "FRAB123456789"),
    ("eu_vat", "HR12345678912"),
    ("eu_vat", "HU12345678"),
    ("eu_vat", "IE1234567AB"),
    ("eu_vat", "IT12345678912"),
    ("eu_vat", "LT123456789123"),
    ("eu_vat", "LU12345678"),
    ("eu_vat", "LV12345678912"),
    ("eu_vat", "MT12345678"),
    ("eu_vat", "NL123456789B12"),
    ("eu_vat", "PL1234567890"),
    ("eu_vat", "PT123456789"),
    ("eu_vat", "RO1234567891"),
    ("eu_vat", "SE123456789123"),
    ("eu_vat", "SI12345678"),
    ("eu_vat", "SK1234567891"),
    ("eu_vat", "XI123456789"),
    ("gb_vat", "GB123456789"),
    ("us_ein", "12-3456789"),
    ("ch_vat", "CHE-123.456.789 MWST"),
    ("in_gst", "12ABCDE3456FGZH"),
    ("au_abn", "12345678912"),
    ("ca_bn", "123456789"),
    ("no_vat", "123456789MVA"),
    ("jp_trn", "T1234567891234"),
];

/// Goal: each country's own form is taken and a slip in it refused, with the right form (A2).
#[test]
fn each_type_and_country_has_its_form() {
    for (kind, value) in RIGHT {
        assert_eq!(check_form(kind, &normal(kind, value)), Ok(()), "{kind} {value}");
        // One character less or more is never right, but where a country has several lengths.
        let several = ["BG", "CZ", "RO", "IE"].iter().any(|it| value.starts_with(it));
        let longer = format!("{value}1");
        let known = *kind == "eu_vat" || FORMS.iter().any(|form| form.kind == *kind);
        if known && !several {
            assert!(check_form(kind, &value[..value.len() - 1]).is_err(), "{kind} {value} -1");
            assert!(check_form(kind, &longer).is_err(), "{kind} {longer}");
        }
    }
    for (kind, value) in [
        ("eu_vat", "GB123456789"),
        ("eu_vat", "GR123456789"),
        ("eu_vat", "DE12345678A"),
        ("eu_vat", "NL123456789C12"),
        ("us_ein", "123456789"),
        ("ch_vat", "CHE123456789"),
        ("no_vat", "123456789"),
        ("eu_vat", ""),
        ("jp_trn", " "),
    ] {
        assert!(check_form(kind, &normal(kind, value)).is_err(), "{kind} {value}");
    }
    let error = check_form("eu_vat", "DE1").unwrap_err().to_string();
    assert!(error.ends_with("`DE` and 9 digits is expected"), "{error}");
}

#[test]
fn what_people_put_between_digits_is_left_out() {
    assert_eq!(normal("eu_vat", " de 123.456-789 "), "DE123456789");
    assert_eq!(normal("au_abn", "12 345 678 912"), "12345678912");
    assert_eq!(normal("us_ein", "12-3456789 "), "12-3456789");
    assert_eq!(normal("ch_vat", "che-123.456.789 mwst"), "CHE-123.456.789 MWST");
}

fn told(id: &str, verification: Verification, removed: bool) -> TaxIdSnapshot {
    TaxIdSnapshot {
        id: TaxIdId::parse(id).unwrap(),
        kind: "eu_vat".to_owned(),
        value: "DE123456789".to_owned(),
        verification,
        removed,
    }
}

/// Goal: any order of a tax id's events gives the same, and a removed one does not come back.
#[test]
fn events_commute_and_a_removed_one_stays_away() {
    let made = (told("txi_1", Verification::Pending, false), NOW);
    let verified = (told("txi_1", Verification::Verified, false), NOW.plus_seconds(10));
    let removed = (told("txi_1", Verification::Verified, true), NOW.plus_seconds(20));
    let after = |order: [&(TaxIdSnapshot, Timestamp); 3]| {
        let none = TaxIds::default();
        order.into_iter().fold(none, |all, (told, at)| all.after(told, *at))
    };
    let expected = after([&made, &verified, &removed]);
    for order in [
        [&made, &removed, &verified],
        [&verified, &made, &removed],
        [&removed, &made, &verified],
        [&removed, &verified, &made],
    ] {
        assert_eq!(after(order), expected);
    }
    assert_eq!(expected.present().count(), 0);
    let later = told("txi_2", Verification::Pending, false);
    let much_later = NOW.plus_seconds(REMOVED_SECONDS + 21);
    assert_eq!(expected.after(&later, much_later).0.len(), 1, "remembered for ever");
}

/// Goal: a reading is the whole set: what it does not show is gone, and what it shows again is no
/// news.
#[test]
fn a_reading_is_the_whole_set() {
    let both = ["txi_1", "txi_2"].map(|id| told(id, Verification::Pending, false));
    let known = both.iter().fold(TaxIds::default(), |all, told| all.after(told, NOW));
    assert_eq!(known.after_reading(&both, NOW.plus_seconds(9)), known);
    let read = known.after_reading(&both[1..], NOW);
    let left: Vec<&str> = read.present().map(|it| it.id.as_str()).collect();
    assert_eq!(left, ["txi_2"]);
    assert_eq!(read.after(&both[0], NOW.plus_seconds(9)), read, "a late event");
    assert_eq!(read.one_line().unwrap(), "DE123456789 (eu_vat, pending)");
}

/// Goal: removed tax ids do not pile up: the latest are remembered, and what is there stays.
#[test]
fn removed_ones_do_not_pile_up() {
    let there = told("txi_here", Verification::Pending, false);
    let mut all = TaxIds::default().after(&there, NOW);
    for nth in 0..60 {
        let gone = told(&format!("txi_{nth}"), Verification::Pending, true);
        all = all.after(&gone, NOW.plus_seconds(nth));
    }

    assert_eq!(all.0.len(), REMOVED_MAX + 1);
    assert_eq!(all.present().count(), 1);
    let latest = told("txi_59", Verification::Pending, false);
    assert_eq!(all.after(&latest, NOW.plus_seconds(61)), all, "the latest stays away");
}
