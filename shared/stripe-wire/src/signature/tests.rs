//! The header, entered as a caller would: bytes, secrets and a time.

use proptest::prelude::*;

use super::*;

const AT: Timestamp = Timestamp(1_796_086_863);
const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
/// `printf '1796086863.{"id":"evt_1","object":"event"}' | openssl dgst -sha256 -hmac
/// whsec_test_secret`
const GENUINE: &str = "95b809013404ee2089d5f555204b1b6d93ba458a1a5017741987deaecc76825f";

fn secrets(texts: &[&str]) -> Secrets {
    let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
    Secrets::new(&texts).unwrap()
}

fn ours() -> Secrets {
    secrets(&["whsec_test_secret"])
}

fn answer(header: &str) -> Result<Verified, SignatureError> {
    verify(&ours(), Some(header.as_bytes()), BODY, AT)
}

fn code(header: &str) -> &'static str {
    answer(header).map_or_else(|error| error.code(), |_| "verified")
}

#[test]
fn a_signature_made_elsewhere_is_verified_and_made_alike() {
    let header = format!("t=1796086863,v1={GENUINE}");
    assert_eq!(answer(&header), Ok(Verified { secret_index: 0, timestamp: AT }));
    assert_eq!(sign(&ours(), BODY, AT), header);
}

#[test]
fn a_key_longer_than_a_block_and_an_empty_body_are_signed_as_hmac_says() {
    let long = format!("whsec_{}", "k".repeat(100));
    let header = sign(&secrets(&[&long]), b"", AT);
    // Made with Python's hmac module.
    let elsewhere = "b77116ac58b78318ca7b7fe297677bfc8f881c062cd8dfaeba812cbdc5b87874";
    assert_eq!(header, format!("t=1796086863,v1={elsewhere}"));
}

#[test]
fn what_a_header_may_look_like() {
    let v1 = format!("v1={GENUINE}");
    let junk = format!("v1={}", "0".repeat(64));
    let t = "t=1796086863";
    for header in [
        format!("{t},{v1}"),
        format!("{v1},{t}"),
        format!("{t}, {v1}"),
        format!("{t},{junk},{v1}"),
        format!("{t},{v1},{junk}"),
        format!("{t},{v1},v0={GENUINE}"),
        format!("{t},{v1},v2=abc,v10={GENUINE},new="),
        format!("{t},v1=abc,v1=,{v1}"),
        format!("{t},{},{v1}", vec![junk.as_str(); SIGNATURES_MAX - 1].join(",")),
    ] {
        assert_eq!(code(&header), "verified", "{header}");
    }
}

#[test]
fn what_a_header_may_not_look_like() {
    let v1 = format!("v1={GENUINE}");
    let junk = format!("v1={}", "0".repeat(64));
    let t = "t=1796086863";
    let whole = format!("{t},{v1}");
    for (header, expected) in [
        (String::new(), "signature_missing"),
        (" ".into(), "signature_missing"),
        ("garbage".into(), "signature_malformed"),
        (t.into(), "signature_malformed"),
        (v1.clone(), "signature_malformed"),
        (format!("{whole},"), "signature_malformed"),
        (format!("{t};{v1}"), "signature_malformed"),
        (format!("{whole},{t}"), "signature_malformed"),
        (format!("{whole},{whole}"), "signature_malformed"),
        (format!("{whole}, {whole}"), "signature_malformed"),
        (format!("t=,{v1}"), "signature_malformed"),
        (format!("t=+1796086863,{v1}"), "signature_malformed"),
        (format!("t=-1,{v1}"), "signature_malformed"),
        (format!("t=1.8e9,{v1}"), "signature_malformed"),
        (format!("t=99999999999999999999,{v1}"), "signature_malformed"),
        (format!("{whole},v1=ü{}", "0".repeat(HEADER_BYTES_MAX)), "signature_malformed"),
        (format!("{t},v0={GENUINE}"), "signature_malformed"),
        (format!("{t},v1={}", GENUINE.to_ascii_uppercase()), "signature_mismatch"),
        (format!("{t},v1={}", &GENUINE[..62]), "signature_mismatch"),
        (format!("{t},v1={GENUINE}00"), "signature_mismatch"),
        (format!("{t},v1=deadbeef"), "signature_mismatch"),
        (format!("{t},{junk},v0={GENUINE}"), "signature_mismatch"),
        // The signed text has the stamp as it was written.
        (format!("t=01796086863,{v1}"), "signature_mismatch"),
        (format!("t=1796086864,{v1}"), "signature_mismatch"),
        (
            format!("{t},{},{v1}", vec![junk.as_str(); SIGNATURES_MAX].join(",")),
            "signature_mismatch",
        ),
    ] {
        assert_eq!(code(&header), expected, "{header}");
    }
    let not_text = verify(&ours(), Some(b"t=1,v1=\xff"), BODY, AT).unwrap_err();
    assert_eq!(not_text.code(), "signature_malformed");
    let absent = verify(&ours(), None, BODY, AT).unwrap_err();
    assert_eq!(absent, SignatureError::Missing);
}

#[test]
fn a_stamp_may_lie_300_seconds_to_either_side() {
    for (seconds, expected) in [
        (-3_600, "timestamp_outside_tolerance"),
        (-301, "timestamp_outside_tolerance"),
        (-300, "verified"),
        (-299, "verified"),
        (0, "verified"),
        (299, "verified"),
        (300, "verified"),
        (301, "timestamp_outside_tolerance"),
        (3_600, "timestamp_outside_tolerance"),
    ] {
        let header = sign(&ours(), BODY, AT.plus_seconds(seconds));
        assert_eq!(code(&header), expected, "{seconds} s");
    }
    let largest = sign(&ours(), BODY, Timestamp(i64::MAX));
    assert_eq!(code(&largest), "timestamp_outside_tolerance");
}

#[test]
fn only_a_genuine_signature_learns_that_it_is_too_old() {
    let forged = sign(&secrets(&["whsec_other"]), BODY, AT.plus_seconds(-3_600));
    assert_eq!(code(&forged), "signature_mismatch");
}

#[test]
fn while_secrets_are_rolled_any_may_match_and_it_is_said_which() {
    let (old, new, other) = ("whsec_old", "whsec_new", "whsec_other");
    let held = secrets(&[new, old]);
    for (signed_with, expected) in [
        (&[new][..], Some(0)),
        (&[old], Some(1)),
        (&[old, new], Some(0)),
        (&[other, old], Some(1)),
        (&[other], None),
    ] {
        let header = sign(&secrets(signed_with), BODY, AT);
        let verified = verify(&held, Some(header.as_bytes()), BODY, AT);
        let index = verified.ok().map(|verified| verified.secret_index);
        assert_eq!(index, expected, "{signed_with:?}");
    }
}

#[test]
fn secrets_that_can_not_work_are_refused_and_none_is_printed() {
    let refusal = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
        Secrets::new(&texts).unwrap_err()
    };
    assert_eq!(refusal(&[]), SecretsError::None);
    assert_eq!(refusal(&[""]), SecretsError::Blank(0));
    assert_eq!(refusal(&["whsec_a", "  "]), SecretsError::Blank(1));
    assert_eq!(refusal(&["whsec_a\n"]), SecretsError::Blank(0));
    assert_eq!(refusal(&["whsec_a"; 9]), SecretsError::TooMany(9));
    let shown = format!("{:?}", secrets(&["whsec_a", "whsec_b"]));
    assert_eq!(shown, "Secrets(2 hidden)");
}

proptest! {
    /// One changed byte, anywhere in the body, and the signature no longer matches.
    #[test]
    fn a_tampered_body_never_verifies(
        body in prop::collection::vec(any::<u8>(), 1..512),
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let header = sign(&ours(), &body, AT);
        let mut tampered = body.clone();
        tampered[place.index(body.len())] ^= change;
        let header = Some(header.as_bytes());
        prop_assert!(verify(&ours(), header, &body, AT).is_ok());
        prop_assert_eq!(verify(&ours(), header, &tampered, AT), Err(SignatureError::Mismatch));
    }

    /// Whatever is sent as a header is answered, and never accepted.
    #[test]
    fn an_arbitrary_header_never_verifies(
        header in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(t=[0-9]{0,12},|v[01]=[0-9a-f]{0,70},| |,){0,8}".prop_map(String::into_bytes),
        ],
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        prop_assert!(verify(&ours(), Some(&header), &body, AT).is_err());
    }
}
