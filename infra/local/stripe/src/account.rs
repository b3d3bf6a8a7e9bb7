//! The account itself (docs.stripe.com/api/accounts): what its owner sees of it.

use serde_json::{Value, json};

use crate::routes::Route;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[Route::get("/v1/account", |stripe, _| Ok(json(stripe)))];

/// When it was opened: 2026-01-01T00:00:00Z.
const CREATED: i64 = 1_767_225_600;

fn json(stripe: &Stripe) -> Value {
    let account = &stripe.settings;
    json!({
        "id": account.account,
        "object": "account",
        "business_profile": business_profile(&account.name),
        "business_type": "company",
        "capabilities": {
            "card_payments": "active",
            "sepa_debit_payments": "active",
            "transfers": "active",
        },
        "charges_enabled": true,
        "controller": { "type": "account" },
        "country": account.country,
        "created": CREATED,
        "default_currency": account.currency,
        "details_submitted": true,
        "email": null,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": false,
            "url": format!("/v1/accounts/{}/external_accounts", account.account),
        },
        "future_requirements": nothing_required(),
        "metadata": {},
        "payouts_enabled": true,
        "requirements": nothing_required(),
        "settings": settings(&account.name),
        "tos_acceptance": { "date": null, "ip": null, "user_agent": null },
        "type": "standard",
    })
}

fn business_profile(name: &str) -> Value {
    json!({
        "annual_revenue": null,
        "estimated_worker_count": null,
        "mcc": null,
        "minority_owned_business_designation": null,
        "name": name,
        "product_description": null,
        "support_address": null,
        "support_email": null,
        "support_phone": null,
        "support_url": null,
        "url": null,
    })
}

fn nothing_required() -> Value {
    json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": [],
        "disabled_reason": null,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    })
}

fn settings(name: &str) -> Value {
    json!({
        "bacs_debit_payments": { "display_name": null, "service_user_number": null },
        "branding": {
            "icon": null, "logo": null, "primary_color": null, "secondary_color": null,
        },
        "card_issuing": { "tos_acceptance": { "date": null, "ip": null } },
        "card_payments": {
            "decline_on": { "avs_failure": false, "cvc_failure": false },
            "statement_descriptor_prefix": null,
            "statement_descriptor_prefix_kana": null,
            "statement_descriptor_prefix_kanji": null,
        },
        "dashboard": { "display_name": name, "timezone": "Etc/UTC" },
        "invoices": { "default_account_tax_ids": null, "hosted_payment_method_save": null },
        "payments": {
            "statement_descriptor": null,
            "statement_descriptor_kana": null,
            "statement_descriptor_kanji": null,
        },
        "payouts": {
            "debit_negative_balances": true,
            "schedule": { "delay_days": 7, "interval": "daily" },
            "statement_descriptor": null,
        },
        "sepa_debit_payments": {},
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::World;

    #[test]
    fn the_account_tells_its_country_and_currency() {
        let account = World::new().get("/v1/account");
        assert_eq!(
            (&account["country"], &account["default_currency"]),
            (&"DE".into(), &"eur".into())
        );
        assert_eq!(account["charges_enabled"], true);
        assert_eq!(account["settings"]["dashboard"]["display_name"], "Tollgate Local");
    }
}
