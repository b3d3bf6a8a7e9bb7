//! What amounts Stripe charges in which currency (docs.stripe.com/currencies): least, most, and
//! which digits a currency takes. Amounts are minor units throughout.

use crate::error::ApiError;
use crate::pages::money;

/// Most that is charged at once: eight digits.
const AMOUNT_MAX: i64 = 99_999_999;
/// Most in rupiah, whose amounts have twelve digits.
const AMOUNT_MAX_IDR: i64 = 999_999_999_999;

/// Least that is charged, by Stripe's table; of other currencies Stripe names no amount.
const MINIMUMS: [(&str, i64); 25] = [
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("hrk", 50),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// The currencies that can be charged.
const CURRENCIES: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd \
    bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq \
    gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad \
    mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar \
    ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs \
    vnd vuv wst xaf xcd xcg xof xpf yer zar zmw";

/// The least amount that is charged; below it an invoice is closed into the customer's balance.
pub fn minimum(currency: &str) -> i64 {
    MINIMUMS.iter().find(|(code, _)| *code == currency).map_or(1, |(_, least)| *least)
}

/// Whether Stripe charges this amount of this currency.
///
/// # Errors
///
/// An unknown currency, too little, too much, or digits that the currency does not have.
pub fn chargeable(amount: i64, currency: &str) -> Result<(), ApiError> {
    known(currency)?;
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    let (least, most) = (minimum(currency), maximum(currency));
    if amount > most {
        let most = money::text(most, currency);
        let message = format!("Amount must be no more than {most} {currency}");
        return Err(ApiError::invalid(message).code("amount_too_large").param("amount"));
    }
    if amount < least {
        let message = match currency {
            "usd" => "Amount must be at least 50 cents".to_owned(),
            _ => format!("Amount must be at least {} {currency}", money::text(least, currency)),
        };
        return Err(ApiError::invalid(message).code("amount_too_small").param("amount"));
    }
    let step = step(currency);
    if amount.checked_rem(step) != Some(0) {
        let code = currency.to_uppercase();
        let message = format!("Invalid amount: {code} amounts must be a multiple of {step}.");
        return Err(ApiError::invalid(message).code("invalid_charge_amount").param("amount"));
    }
    Ok(())
}

/// Whether Stripe charges in this currency.
///
/// # Errors
///
/// It does not.
pub fn known(currency: &str) -> Result<(), ApiError> {
    if CURRENCIES.split(' ').any(|code| code == currency) {
        return Ok(());
    }
    let all = CURRENCIES.replace(' ', ", ");
    let message =
        format!("Invalid currency: {currency}. Stripe currently supports these currencies: {all}");
    Err(ApiError::invalid(message).param("currency"))
}

fn maximum(currency: &str) -> i64 {
    if currency == "idr" { AMOUNT_MAX_IDR } else { AMOUNT_MAX }
}

/// Minor units that an amount is a multiple of: three-decimal currencies end in 0, and those that
/// lost their decimals are still sent with two, as zeros.
fn step(currency: &str) -> i64 {
    match currency {
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        "isk" | "ugx" => 100,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_held_to_what_stripe_charges_in_their_currency() {
        let cases = [
            (50, "eur", None),
            (49, "eur", Some("amount_too_small")),
            (49, "usd", Some("amount_too_small")),
            (29, "gbp", Some("amount_too_small")),
            (50, "jpy", None),
            (0, "eur", Some("parameter_invalid_integer")),
            (99_999_999, "usd", None),
            (100_000_000, "usd", Some("amount_too_large")),
            (100_000_000, "idr", None),
            (5_120, "kwd", None),
            (5_124, "kwd", Some("invalid_charge_amount")),
            (500, "isk", None),
            (550, "isk", Some("invalid_charge_amount")),
            (17_501, "huf", None),
        ];
        for (amount, currency, refusal) in cases {
            let code = chargeable(amount, currency).err().and_then(|error| error.code);
            assert_eq!(code, refusal, "{amount} {currency}");
        }
    }

    #[test]
    fn messages_name_the_bound_as_people_write_it() {
        let message = |amount, currency| chargeable(amount, currency).unwrap_err().message;
        assert_eq!(message(1, "usd"), "Amount must be at least 50 cents");
        assert_eq!(message(1, "eur"), "Amount must be at least €0.50 eur");
        assert_eq!(message(i64::MAX, "usd"), "Amount must be no more than $999,999.99 usd");
    }

    #[test]
    fn a_currency_that_stripe_does_not_charge_is_refused() {
        assert_eq!(chargeable(100, "xxx").unwrap_err().param.as_deref(), Some("currency"));
    }
}
