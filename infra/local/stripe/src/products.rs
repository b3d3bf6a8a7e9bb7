//! Products (docs.stripe.com/api/products).

mod api;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::Params;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::told;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/products", api::create),
    Route::get("/v1/products", api::list),
    Route::get("/v1/products/{id}", api::read),
    Route::post("/v1/products/{id}", api::update),
    Route::delete("/v1/products/{id}", api::delete),
];

/// What a product only repeats.
const TOLD: &[&str] = &[
    "description",
    "images",
    "marketing_features",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
];

/// A product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Time at which it was changed.
    pub updated: Timestamp,
    /// True if it is sold.
    pub active: bool,
    /// Its name, which invoice lines begin with.
    pub name: String,
    /// The price that is meant when nobody says which.
    pub default_price: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for Product {
    const KIND: &'static str = "product";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let product = json!({
            "id": self.id,
            "object": "product",
            "active": self.active,
            "created": self.created.0,
            "default_price": self.default_price,
            "description": null,
            "images": [],
            "livemode": false,
            "marketing_features": [],
            "metadata": self.metadata.json(),
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": null,
            "tax_code": null,
            "type": "service",
            "unit_label": null,
            "updated": self.updated.0,
            "url": null,
        });
        told::over(product, &self.told)
    }
}

/// A product that can be made: what a caller said of it is right.
#[derive(Debug, Clone)]
pub struct NewProduct {
    id: Option<String>,
    active: bool,
    name: String,
    metadata: Metadata,
    told: Map<String, Value>,
}

/// Reads what a caller says of a new product: the parameters of `POST /v1/products`, or a
/// `product_data`.
///
/// # Errors
///
/// `resource_already_exists` when the id of the caller's choice is taken.
pub fn checked(stripe: &Stripe, params: &Params) -> Result<NewProduct, ApiError> {
    let id = params.text("id").map(str::to_owned);
    if id.as_deref().is_some_and(|id| stripe.products.get(id).is_some()) {
        return Err(ApiError::invalid("Product already exists.").code("resource_already_exists"));
    }
    let mut repeated = Map::new();
    told::update(&mut repeated, params, TOLD);
    Ok(NewProduct {
        id,
        active: params.flag("active").unwrap_or(true),
        name: params.required("name")?.to_owned(),
        metadata: params.metadata(),
        told: repeated,
    })
}

impl NewProduct {
    /// Makes it and tells of it. Answers with its id.
    pub fn make(self, stripe: &mut Stripe) -> String {
        let id = self.id.unwrap_or_else(|| stripe.ids.next("prod"));
        let now = stripe.now();
        stripe.products.add(Product {
            id: id.clone(),
            created: now,
            updated: now,
            active: self.active,
            name: self.name,
            default_price: None,
            metadata: self.metadata,
            told: self.told,
        });
        let product = stripe.shown(|stripe| &stripe.products, &id);
        stripe.emit("product.created", product);
        id
    }
}
