//! What a person does at Stripe: as their own API calls, which faults spare. What they cause is
//! delivered before the page comes back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{Method, StatusCode};
use serde_json::Value;

use super::pages;
use crate::cloud::Cloud;

/// Longest time until a sent invoice is due, in days.
const DUE_DAYS_MAX: i64 = 365;

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &Bytes) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }
}

/// Parameters as Stripe's API takes them.
fn encoded(parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    form.finish()
}

/// A call, or Stripe's refusal in words.
fn call(cloud: &Cloud, method: Method, path: &str, parameters: &str) -> Result<Value, String> {
    let (status, answer) = cloud.stripe.simulator().call(method, path, parameters);
    if status == 200 {
        return Ok(answer);
    }
    let message = answer.get("error").and_then(|error| error.get("message"));
    Err(message.and_then(Value::as_str).unwrap_or("There is no reason given.").to_owned())
}

fn id(object: &Value) -> String {
    object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Back to the customer's page, when all that this caused has happened.
async fn done(cloud: &Cloud, customer: Result<String, String>) -> Response {
    cloud.timeline.run_due().await;
    match customer {
        Ok(customer) => {
            Redirect::to(&format!("/_local/stripe/customers/{customer}")).into_response()
        }
        Err(message) => {
            let page = Html(pages::refused(&message).into_string());
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

/// A card that is charged from now on.
fn attach(cloud: &Cloud, customer: &str, card: &str) -> Result<(), String> {
    if card.is_empty() {
        return Ok(());
    }
    let path = format!("/v1/payment_methods/{card}/attach");
    let method = id(&call(cloud, Method::POST, &path, &encoded(&[("customer", customer)]))?);
    let default = encoded(&[("invoice_settings[default_payment_method]", &method)]);
    call(cloud, Method::POST, &format!("/v1/customers/{customer}"), &default)?;
    Ok(())
}

/// `POST /_local/stripe/customers`
pub async fn create_customer(State(cloud): State<Arc<Cloud>>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let parameters = encoded(&[("name", form.text("name")), ("email", form.text("email"))]);
    let made = call(&cloud, Method::POST, "/v1/customers", &parameters).map(|made| id(&made));
    let made = made.and_then(|customer| {
        attach(&cloud, &customer, form.text("card"))?;
        Ok(customer)
    });
    done(&cloud, made).await
}

/// `POST /_local/stripe/customers/{id}/card`
pub async fn add_card(
    State(cloud): State<Arc<Cloud>>,
    Path(customer): Path<String>,
    body: Bytes,
) -> Response {
    let attached = attach(&cloud, &customer, Form::read(&body).text("card"));
    done(&cloud, attached.map(|()| customer)).await
}

/// `POST /_local/stripe/customers/{id}/subscription`
pub async fn subscribe(
    State(cloud): State<Arc<Cloud>>,
    Path(customer): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let days = form.text("days_until_due");
    let parameters = encoded(&[
        ("customer", &customer),
        ("items[0][price]", form.text("price")),
        ("items[0][quantity]", form.text("quantity")),
        ("collection_method", if days.is_empty() { "" } else { "send_invoice" }),
        ("days_until_due", days),
    ]);
    let made = call(&cloud, Method::POST, "/v1/subscriptions", &parameters);
    done(&cloud, made.map(|_| customer)).await
}

/// `POST /_local/stripe/customers/{id}/invoice`: one line, sent.
pub async fn send_invoice(
    State(cloud): State<Arc<Cloud>>,
    Path(customer): Path<String>,
    body: Bytes,
) -> Response {
    let sent = send(&cloud, &customer, &Form::read(&body));
    done(&cloud, sent.map(|()| customer)).await
}

fn send(cloud: &Cloud, customer: &str, form: &Form) -> Result<(), String> {
    let amount = minor_units(form.text("amount")).ok_or("That is not an amount, such as 49.00.")?;
    let days: i64 = form.text("days_until_due").parse().unwrap_or(30);
    let days = days.clamp(0, DUE_DAYS_MAX).to_string();
    let invoice = encoded(&[
        ("customer", customer),
        ("collection_method", "send_invoice"),
        ("days_until_due", &days),
        ("currency", form.text("currency")),
    ]);
    let invoice = id(&call(cloud, Method::POST, "/v1/invoices", &invoice)?);
    let item = encoded(&[
        ("customer", customer),
        ("invoice", &invoice),
        ("amount", &amount.to_string()),
        ("currency", form.text("currency")),
        ("description", form.text("description")),
    ]);
    call(cloud, Method::POST, "/v1/invoiceitems", &item)?;
    call(cloud, Method::POST, &format!("/v1/invoices/{invoice}/send"), "")?;
    Ok(())
}

/// `49`, `49.5` or `49.00` in hundredths.
fn minor_units(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if fraction.len() > 2 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let hundredths: i64 = format!("{fraction:0<2}").parse().ok()?;
    let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
    whole.checked_mul(100)?.checked_add(hundredths)
}

/// `POST /_local/stripe/subscriptions/{id}/cancel`: at the end of its period, or at once.
pub async fn cancel(
    State(cloud): State<Arc<Cloud>>,
    Path(subscription): Path<String>,
    body: Bytes,
) -> Response {
    let path = format!("/v1/subscriptions/{subscription}");
    let ended = match Form::read(&body).text("when") {
        "now" => call(&cloud, Method::DELETE, &path, ""),
        _ => call(&cloud, Method::POST, &path, "cancel_at_period_end=true"),
    };
    done(&cloud, ended.map(|it| customer_of(&it))).await
}

/// `POST /_local/stripe/invoices/{id}/pay`, or another of an invoice's own actions.
pub async fn settle(
    State(cloud): State<Arc<Cloud>>,
    Path((invoice, action)): Path<(String, String)>,
) -> Response {
    let (action, parameters) = match action.as_str() {
        "pay" => ("pay", ""),
        "pay_outside" => ("pay", "paid_out_of_band=true"),
        "void" => ("void", ""),
        "finalize" => ("finalize", ""),
        "mark_uncollectible" => ("mark_uncollectible", ""),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let path = format!("/v1/invoices/{invoice}/{action}");
    let settled = call(&cloud, Method::POST, &path, parameters);
    done(&cloud, settled.map(|it| customer_of(&it))).await
}

fn customer_of(object: &Value) -> String {
    let customer = object.get("customer").and_then(Value::as_str);
    customer.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_without_a_float() {
        for (text, amount) in [("49", 4_900), ("49.5", 4_950), ("0,05", 5), ("1200.00", 120_000)] {
            assert_eq!(minor_units(text), Some(amount), "{text}");
        }
        for text in ["", "-1", "1.234", "1e3", "a", "1.x"] {
            assert_eq!(minor_units(text), None, "{text}");
        }
    }
}
