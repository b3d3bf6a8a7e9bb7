//! The test cards by number, with the names that follow `pm_card_` and `tok_`
//! (docs.stripe.com/testing).

use super::{Authentication, Behaviour, Decline, DisputeKind};

/// A test card.
#[derive(Debug, Clone, Copy)]
pub struct TestCard {
    /// Its number, without spaces.
    pub number: &'static str,
    /// `credit`, `debit` or `prepaid`.
    pub funding: &'static str,
    /// Whose bank issued it, ISO 3166.
    pub country: &'static str,
    /// What follows `pm_card_` and `tok_`.
    pub names: &'static [&'static str],
    /// What it does.
    pub behaviour: Behaviour,
}

const fn good(
    number: &'static str,
    country: &'static str,
    names: &'static [&'static str],
) -> TestCard {
    TestCard { number, funding: "credit", country, names, behaviour: Behaviour::Succeeds }
}

const fn funded(
    number: &'static str,
    funding: &'static str,
    names: &'static [&'static str],
) -> TestCard {
    TestCard { number, funding, country: "US", names, behaviour: Behaviour::Succeeds }
}

const fn acts(
    number: &'static str,
    names: &'static [&'static str],
    behaviour: Behaviour,
) -> TestCard {
    TestCard { number, funding: "credit", country: "US", names, behaviour }
}

const fn declined(
    number: &'static str,
    names: &'static [&'static str],
    decline: Decline,
) -> TestCard {
    acts(number, names, Behaviour::Declines(decline))
}

const fn authenticates(
    number: &'static str,
    country: &'static str,
    names: &'static [&'static str],
    when: Authentication,
    then: Option<Decline>,
) -> TestCard {
    TestCard { country, ..acts(number, names, Behaviour::Authenticates { when, then }) }
}

/// Cards by what becomes of their charges: the first of a number counts.
pub const ACTING: &[TestCard] = &[
    declined("4000000000000002", &["visa_chargeDeclined", "chargeDeclined"], Decline::Generic),
    declined(
        "4000000000009995",
        &["visa_chargeDeclinedInsufficientFunds", "chargeDeclinedInsufficientFunds"],
        Decline::InsufficientFunds,
    ),
    declined(
        "4000000000009987",
        &["visa_chargeDeclinedLostCard", "chargeDeclinedLostCard"],
        Decline::LostCard,
    ),
    declined(
        "4000000000009979",
        &["visa_chargeDeclinedStolenCard", "chargeDeclinedStolenCard"],
        Decline::StolenCard,
    ),
    declined("4000000000000069", &["chargeDeclinedExpiredCard"], Decline::ExpiredCard),
    declined("4000000000000127", &["chargeDeclinedIncorrectCvc"], Decline::IncorrectCvc),
    declined("4000000000000119", &["chargeDeclinedProcessingError"], Decline::ProcessingError),
    declined(
        "4000000000006975",
        &["visa_chargeDeclinedVelocityLimitExceeded", "chargeDeclinedVelocityLimitExceeded"],
        Decline::VelocityExceeded,
    ),
    declined("4100000000000019", &["radarBlock", "chargeDeclinedFraudulent"], Decline::Fraudulent),
    declined("4000000000004954", &["riskLevelHighest"], Decline::Fraudulent),
    acts(
        "4000000000000341",
        &["chargeCustomerFail", "visa_chargeCustomerFail"],
        Behaviour::DeclinesCharges(Decline::Generic),
    ),
    acts("4000000000000259", &["createDispute"], Behaviour::IsDisputed(DisputeKind::Fraudulent)),
    acts(
        "4000000000002685",
        &["createDisputeProductNotReceived"],
        Behaviour::IsDisputed(DisputeKind::NotReceived),
    ),
    acts(
        "4000000000001976",
        &["createDisputeInquiry"],
        Behaviour::IsDisputed(DisputeKind::Inquiry),
    ),
    acts("4000000000007726", &["pendingRefund"], Behaviour::RefundsLater),
    acts("4000000000005126", &["refundFail"], Behaviour::RefundsFail),
    TestCard { country: "IN", ..acts("4000003560000008", &["in"], Behaviour::NeedsMandate) },
    authenticates(
        "4000002500003155",
        "FR",
        &["authenticationRequiredOnSetup"],
        Authentication::UnlessSetUp,
        None,
    ),
    authenticates(
        "4000002760003184",
        "DE",
        &["authenticationRequired"],
        Authentication::Always,
        None,
    ),
    authenticates(
        "4000003800000446",
        "IT",
        &["authenticationRequiredSetupForOffSession"],
        Authentication::OnSession,
        None,
    ),
    authenticates(
        "4000008260003178",
        "GB",
        &["authenticationRequiredChargeDeclinedInsufficientFunds"],
        Authentication::UnlessSetUp,
        Some(Decline::InsufficientFunds),
    ),
    authenticates(
        "4000000000003220",
        "US",
        &["threeDSecure2Required"],
        Authentication::Always,
        None,
    ),
    authenticates(
        "4000000000003063",
        "US",
        &["threeDSecureRequired"],
        Authentication::Always,
        None,
    ),
    authenticates(
        "4000008400001629",
        "US",
        &["threeDSecureRequiredChargeDeclined"],
        Authentication::Always,
        Some(Decline::Generic),
    ),
    declined("4000008400001280", &["threeDSecureRequiredProcessingError"], Decline::Generic),
];

/// Cards whose charges succeed, by brand and for what else they are known.
pub const GOOD: &[TestCard] = &[
    good("4242424242424242", "US", &["visa", "us"]),
    funded("4000056655665556", "debit", &["visa_debit"]),
    good("4012888888881881", "US", &[]),
    good("5555555555554444", "US", &["mastercard"]),
    good("2223003122003222", "US", &[]),
    funded("5200828282828210", "debit", &["mastercard_debit"]),
    funded("5105105105105100", "prepaid", &["mastercard_prepaid"]),
    good("378282246310005", "US", &["amex", "amex_threeDSecureNotSupported"]),
    good("371449635398431", "US", &[]),
    good("6011111111111117", "US", &["discover"]),
    good("6011000990139424", "US", &[]),
    funded("6011981111111113", "debit", &[]),
    good("3056930009020004", "US", &["diners"]),
    good("36227206271667", "US", &[]),
    good("3566002020360505", "JP", &["jcb"]),
    good("6200000000000005", "CN", &["unionpay"]),
    good("4000000000000077", "US", &["bypassPending"]),
    good("4000003720000278", "IE", &["bypassPendingInternational"]),
    good("4000000000000010", "US", &["avsFail"]),
    good("4000000000000028", "US", &["avsLine1Fail"]),
    good("4000000000000036", "US", &["avsZipFail"]),
    good("4000000000000044", "US", &["avsUnchecked"]),
    good("4000000000000101", "US", &["cvcCheckFail"]),
    good("4000000000009235", "US", &["riskLevelElevated"]),
    good("4000000000005423", "US", &["createIssuerFraudRecord"]),
    good("4000000000003055", "US", &["threeDSecureOptional"]),
    good("4000000000003097", "US", &["threeDSecureOptionalProcessingError"]),
];

/// Visa cards by the country of their bank, whose charges succeed.
pub const ABROAD: &[TestCard] = &[
    good("4000007840000001", "AE", &["ae"]),
    good("4000000320000021", "AR", &["ar"]),
    good("4000000400000008", "AT", &["at"]),
    good("4000000360000006", "AU", &["au"]),
    good("4000000560000004", "BE", &["be"]),
    good("4000001000000000", "BG", &["bg"]),
    good("4000000760000002", "BR", &["br"]),
    good("4000001120000005", "BY", &["by"]),
    good("4000001240000000", "CA", &["ca"]),
    good("4000007560000009", "CH", &["ch"]),
    good("4000001520000001", "CL", &["cl"]),
    good("4000001560000002", "CN", &["cn"]),
    good("4000001700000003", "CO", &["co"]),
    good("4000001880000005", "CR", &["cr"]),
    good("4000001960000008", "CY", &["cy"]),
    good("4000002030000002", "CZ", &["cz"]),
    good("4000002760000016", "DE", &["de"]),
    good("4000002080000001", "DK", &["dk"]),
    good("4000002180000000", "EC", &["ec"]),
    good("4000002330000009", "EE", &["ee"]),
    good("4000007240000007", "ES", &["es"]),
    good("4000002460000001", "FI", &["fi"]),
    good("4000002500000003", "FR", &["fr"]),
    good("4000008260000000", "GB", &["gb"]),
    good("4000002920000005", "GI", &["gi"]),
    good("4000003000000030", "GR", &["gr"]),
    good("4000003440000004", "HK", &["hk"]),
    good("4000001910000009", "HR", &["hr"]),
    good("4000003480000005", "HU", &["hu"]),
    good("4000003720000005", "IE", &["ie"]),
    good("4000003800000008", "IT", &["it"]),
    good("4000003920000003", "JP", &["jp"]),
    good("4000004380000004", "LI", &["li"]),
    good("4000004400000000", "LT", &["lt"]),
    good("4000004420000006", "LU", &["lu"]),
    good("4000004280000005", "LV", &["lv"]),
    good("4000004700000007", "MT", &["mt"]),
    good("4000004840008001", "MX", &["mx"]),
    good("4000004580000002", "MY", &["my"]),
    good("4000005280000002", "NL", &["nl"]),
    good("4000005780000007", "NO", &["no"]),
    good("4000005540000008", "NZ", &["nz"]),
    good("4000005910000000", "PA", &["pa"]),
    good("4000006040000068", "PE", &["pe"]),
    good("4000006160000005", "PL", &["pl"]),
    good("4000006200000007", "PT", &["pt"]),
    good("4000006000000066", "PY", &["py"]),
    good("4000006420000001", "RO", &["ro"]),
    good("4000006820000007", "SA", &["sa"]),
    good("4000007520000008", "SE", &["se"]),
    good("4000007020000003", "SG", &["sg"]),
    good("4000007050000006", "SI", &["si"]),
    good("4000007030000001", "SK", &["sk"]),
    good("4000007640000003", "TH", &["th_credit"]),
    good("4000001580000008", "TW", &["tw"]),
    good("4000008580000003", "UY", &["uy"]),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static TestCard> {
    ACTING.iter().chain(GOOD).chain(ABROAD)
}
