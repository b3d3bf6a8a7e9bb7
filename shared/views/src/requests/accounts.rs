//! Requests about accounts, as their bodies are read.

use billing::details::Field;
use serde::{Deserialize, Serialize};

/// An account to be opened.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// Id of the account; one is drawn without it.
    pub id: Option<String>,
    /// Name of the account.
    pub name: String,
    /// Address for invoices.
    pub email: String,
    /// `free`, or nothing.
    pub plan: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
    /// Region in which the account's data is processed.
    pub processing_region: Option<String>,
    /// First members, at most 50.
    #[serde(default)]
    pub members: Vec<NewMember>,
    /// Customer at Stripe that is linked; one is created without it.
    pub stripe_customer_id: Option<String>,
}

/// Another name of an account.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameAccount {
    /// Name of the account, 1 to 200 characters.
    pub name: String,
}

/// A member of a new account.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The vendor's id of the person.
    pub id: String,
    /// Address for mails.
    pub email: String,
    /// `account_administrator`, `finance` or `member`.
    pub role: String,
}

/// A sub-account to be opened.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddSubAccount {
    /// Id of the sub-account.
    pub id: String,
    /// Name of the sub-account.
    pub name: String,
    /// Region in which its data is processed: one of `GET /v1/regions`.
    pub processing_region: String,
    /// `bill_to_parent` or `bill_to_sub_account`.
    pub billing_model: String,
    /// Address for its own invoices; without it, the first member who sees billing.
    pub email: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
    /// First members, at most 50; nobody of the parent unless named.
    #[serde(default)]
    pub members: Vec<NewMember>,
}

/// Another name of a sub-account.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameSubAccount {
    /// Name of the sub-account.
    pub name: String,
}

/// Another billing model of a sub-account.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetBillingModel {
    /// `bill_to_parent` or `bill_to_sub_account`.
    pub billing_model: String,
}

/// An API key to be made.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MakeKey {
    /// `account_administrator`, `finance` or `member`.
    pub role: String,
    /// Label, 1 to 60 characters; the role's name without it.
    #[serde(default)]
    pub name: Option<String>,
}

/// A member as it is to be.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveMember {
    /// Address for mails.
    pub email: String,
    /// `account_administrator`, `finance` or `member`.
    pub role: String,
}

/// A cancellation blocker, in the vendor's words.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportBlocker {
    /// The case, in 1 to 500 characters.
    pub detail: String,
    /// The way to clear it, in 1 to 500 characters.
    pub clears_by: String,
}

/// Billing details: an absent field stays as it is, null clears it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChangeDetails {
    /// Name on invoices.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub company: Field<String>,
    /// Address for invoices; cannot be cleared.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub email: Field<String>,
    /// Postal address.
    #[cfg_attr(feature = "schema", schemars(with = "Option<ChangeAddress>"))]
    pub address: Field<ChangeAddress>,
    /// All tax ids.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<GivenTaxId>>"))]
    pub tax_ids: Field<Vec<GivenTaxId>>,
    /// Purchase order on invoices.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub purchase_order: Field<String>,
}

/// A postal address: an absent line stays as it is, null clears it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChangeAddress {
    /// Street and number.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub line1: Field<String>,
    /// Flat or floor.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub line2: Field<String>,
    /// Postal code.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub postal_code: Field<String>,
    /// City.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub city: Field<String>,
    /// State or province.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub state: Field<String>,
    /// Country, two letters.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub country: Field<String>,
}

/// A tax id.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GivenTaxId {
    /// Stripe's type, such as `eu_vat`.
    pub r#type: String,
    /// The number.
    pub value: String,
}
