//! The page of a Checkout session.

use billing::time::Timestamp;
use maud::{Markup, html};

use super::inputs::Errors;
use super::pay_form::{self, Asks, Email, FORM, PayForm};
use super::{Form, Page, PageRequest, dates, frame, links, methods, money, test_cards};
use crate::checkout::{self, CheckoutSession, Confirmation, Mode, SessionLine, SessionStatus};
use crate::field;
use crate::invoices;
use crate::prices::Recurring;
use crate::stripe::Stripe;

/// What the page shows, as text.
#[derive(Debug, Clone, Default)]
struct View {
    merchant: String,
    headline: &'static str,
    amount: Option<String>,
    then: Option<String>,
    lines: Vec<(String, Option<String>, String)>,
    sums: Vec<(&'static str, String)>,
    cancel_url: Option<String>,
    note: Option<String>,
    form: PayForm,
}

/// `GET /c/pay/{session}`
pub fn get(stripe: &Stripe, id: &str, request: &PageRequest) -> Page {
    let Some(session) = stripe.checkout_sessions.get(id) else { return frame::not_found() };
    if session.status != SessionStatus::Open {
        return over(session);
    }
    let mut typed = request.form.clone();
    if typed.text("country").is_empty() {
        typed.set("country", &stripe.settings.country);
    }
    let refusal = session.refusal.clone();
    Page::html(200, show(&view(stripe, session, typed, Errors::default(), refusal)))
}

/// `POST /c/pay/{session}`: fills in a test card, or confirms the session.
pub fn post(stripe: &mut Stripe, id: &str, request: &PageRequest, now: Timestamp) -> Page {
    let Some(session) = stripe.checkout_sessions.get(id) else { return frame::not_found() };
    if session.status != SessionStatus::Open {
        return over(session);
    }
    let typed = request.form.clone();
    let number = typed.text("use");
    if !number.is_empty() {
        let filled = pay_form::fill(typed.clone(), number, now);
        return Page::html(200, show(&view(stripe, session, filled, Errors::default(), None)));
    }
    let read = pay_form::read(&asks(stripe, session), &typed);
    let payer = match read.and_then(|typed| typed.payer(stripe)) {
        Ok(payer) => payer,
        Err(errors) => return again(stripe, id, typed, errors, None, 422),
    };
    match checkout::confirm(stripe, id, &payer) {
        Ok(Confirmation::Complete) => {
            let session = stripe.checkout_sessions.get(id);
            session.map_or_else(frame::not_found, |session| Page::go(session.success_url()))
        }
        Ok(Confirmation::Authenticate(intent)) => {
            Page::go(links::authenticate(&request.host, &intent))
        }
        Ok(Confirmation::Refused(error)) | Err(error) => {
            again(stripe, id, typed, Errors::default(), Some(error.message), 402)
        }
    }
}

fn again(
    stripe: &Stripe,
    id: &str,
    typed: Form,
    errors: Errors,
    refusal: Option<String>,
    status: u16,
) -> Page {
    let session = stripe.checkout_sessions.get(id);
    session.map_or_else(frame::not_found, |session| {
        Page::html(status, show(&view(stripe, session, typed, errors, refusal)))
    })
}

/// The page of a session that can no longer be confirmed.
fn over(session: &CheckoutSession) -> Page {
    let back = session.asked.text("cancel_url");
    match session.status {
        SessionStatus::Expired | SessionStatus::Open => frame::message(
            "This checkout has expired",
            "Go back to where you came from and begin again. Nothing was paid here.",
            back.map(|url| (url, "Go back")),
        ),
        SessionStatus::Complete => frame::message(
            "You are all done",
            "This checkout is complete. There is nothing more to do here.",
            Some((session.success_url().as_str(), "Continue")),
        ),
    }
}

/// What a session asks its customer for.
fn asks(stripe: &Stripe, session: &CheckoutSession) -> Asks {
    let on = |name: &str| {
        session.asked.within(name).and_then(|within| within.flag("enabled")) == Some(true)
    };
    let given = session.customer.is_some() || session.asked.has("customer_email");
    let known = field::text(&session.customer_details, "/email").filter(|_| given);
    let kinds = if session.collects_payment_method() {
        session.payment_method_types.clone()
    } else {
        Vec::new()
    };
    let mut saved = session
        .customer
        .as_ref()
        .map_or_else(Vec::new, |customer| methods::of_customer(stripe, customer));
    saved.retain(|saved| {
        let method = stripe.payment_methods.get(&saved.id);
        method.is_some_and(|method| kinds.contains(&method.kind))
    });
    Asks {
        kinds,
        saved,
        email: known.map_or(Email::Asked, |known| Email::Known(known.to_owned())),
        address: session.asked.text("billing_address_collection") == Some("required"),
        phone: on("phone_number_collection"),
        tax_id: on("tax_id_collection"),
    }
}

fn view(
    stripe: &Stripe,
    session: &CheckoutSession,
    typed: Form,
    errors: Errors,
    refusal: Option<String>,
) -> View {
    let currency = session.currency.as_deref().unwrap_or_default();
    let text = |amount: i64| money::text(amount, currency);
    let total = text(session.total());
    let trial = session.mode == Mode::Subscription && session.total() == 0;
    let (headline, button) = match session.mode {
        Mode::Payment => ("Pay", format!("Pay {total}")),
        Mode::Setup => ("Save a payment method", "Save".to_owned()),
        Mode::Subscription if trial => ("Start your trial", "Start trial".to_owned()),
        Mode::Subscription => ("Subscribe", format!("Subscribe and pay {total}")),
    };
    let tax = session.lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.tax()));
    let subtotal = session.lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.subtotal));
    let mut sums = Vec::new();
    if tax != 0 {
        sums.extend([("Subtotal", text(subtotal)), ("Tax", text(tax))]);
    }
    if session.mode != Mode::Setup {
        sums.push(("Due today", total.clone()));
    }
    let said = session.asked.within("custom_text").and_then(|texts| texts.within("submit"));
    View {
        merchant: stripe.settings.name.clone(),
        headline,
        amount: (session.mode != Mode::Setup).then_some(total),
        then: renewal(stripe, session),
        lines: session.lines.iter().map(|line| line_view(stripe, line)).collect(),
        sums,
        cancel_url: session.asked.text("cancel_url").map(str::to_owned),
        note: said.and_then(|said| said.text("message").map(str::to_owned)),
        form: PayForm {
            asks: asks(stripe, session),
            action: format!("/c/pay/{}", session.id),
            button,
            legend: "Pay with",
            typed,
            errors,
            refusal,
        },
    }
}

/// What a line is called, what one of it costs, and what it costs now.
fn line_view(stripe: &Stripe, line: &SessionLine) -> (String, Option<String>, String) {
    let price = stripe.prices.get(&line.price);
    let every = price.and_then(|price| price.recurring).map(Recurring::text);
    let unit = price.and_then(|price| price.unit_amount);
    let unit = unit.map(|unit| money::exact(unit, &line.currency));
    let each = match (unit, every) {
        (Some(unit), Some(every)) => Some(format!("{unit} {every}")),
        (Some(unit), None) if line.quantity > 1 => Some(format!("{unit} each")),
        (None, Some(every)) => Some(every),
        (Some(_) | None, None) => None,
    };
    let name = match line.quantity {
        quantity if quantity > 1 => format!("{quantity} × {}", line.description),
        _ => line.description.clone(),
    };
    (name, each, money::text(line.subtotal, &line.currency))
}

/// What follows, such as `Then €23.80 per month, from 6 December 2026`.
fn renewal(stripe: &Stripe, session: &CheckoutSession) -> Option<String> {
    let recurring: Vec<&SessionLine> = session.lines.iter().filter(|line| line.recurring).collect();
    let first = recurring.first()?;
    let every = |line: &SessionLine| stripe.prices.get(&line.price).and_then(|it| it.recurring);
    let interval = every(first)?;
    if recurring.iter().any(|line| every(line) != Some(interval)) {
        return None;
    }
    let data = session.asked.within("subscription_data").unwrap_or_default();
    let customer = session.customer.as_deref().and_then(|id| stripe.customers.get(id));
    let exempt = customer.map_or("none", |customer| customer.tax_exempt.as_str());
    let amount = recurring.iter().fold(0, |sum: i64, line| {
        let price = stripe.prices.get(&line.price);
        let amount = price.map_or(0, |price| price.amount(line.quantity));
        let own = Some(line.tax_rates.clone()).filter(|rates| !rates.is_empty());
        let rates = own.unwrap_or_else(|| data.texts("default_tax_rates"));
        let taxes = invoices::taxes(stripe, exempt, amount, &rates);
        let taxes = taxes.iter().filter(|tax| !tax.inclusive);
        taxes.fold(sum.saturating_add(amount), |sum, tax| sum.saturating_add(tax.amount))
    });
    let amount = money::text(amount, &first.currency);
    let now = stripe.time_of(session.customer.as_deref());
    let days = data.integer("trial_period_days").map(|days| days.saturating_mul(86_400));
    let end = data.time("trial_end").or_else(|| days.map(|seconds| now.plus_seconds(seconds)));
    let from = end.map_or_else(String::new, |end| format!(", from {}", dates::day(end)));
    Some(format!("Then {amount} {}{from}", interval.text()))
}

fn show(view: &View) -> Markup {
    let content = html! {
        main class="two" {
            section class="summary" {
                p class="merchant" { (view.merchant) }
                h1 { (view.headline) }
                @if let Some(amount) = &view.amount { p class="amount" { (amount) } }
                @if let Some(then) = &view.then { p class="then" { (then) } }
                @if !view.lines.is_empty() {
                    ul class="lines" {
                        @for (name, each, amount) in &view.lines {
                            li {
                                span { (name) @if let Some(each) = each { small { (each) } } }
                                span class="number" { (amount) }
                            }
                        }
                    }
                    dl class="sums" {
                        @for (label, amount) in &view.sums {
                            div { dt { (label) } dd class="number" { (amount) } }
                        }
                    }
                }
                @if let Some(url) = &view.cancel_url { p class="back" { a href=(url) { "← Back" } } }
            }
            section class="card" {
                (view.form.show())
                @if let Some(note) = &view.note { p class="hint" { (note) } }
            }
            (test_cards::panel(FORM, &view.form.asks.kinds))
        }
    };
    frame::page(&format!("{} · {}", view.headline, view.merchant), &content)
}
