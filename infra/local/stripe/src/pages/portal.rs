//! The billing portal: what a customer sees and does there, as far as its configuration allows.

mod cancel;
mod change;
mod confirm;
mod details;
mod home;
mod methods;

use billing::time::Timestamp;
use http::Method;
use maud::{Markup, html};

use super::{Page, PageRequest, frame};
use crate::portal::{self, AfterCompletion, Features, Flow, FlowKind};
use crate::stripe::Stripe;
use crate::subscriptions::Subscription;

/// One visit.
#[derive(Debug, Clone)]
struct Visit {
    /// Where its pages are, such as `/p/session/bps_1`.
    base: String,
    /// Whose.
    customer: String,
    /// What the customer may do.
    features: Features,
    /// What it came for.
    flow: Option<Flow>,
    /// Where it goes back to.
    return_url: Option<String>,
    /// Whose portal it is.
    merchant: String,
    /// What the merchant says above.
    headline: Option<String>,
}

/// What was done, as a page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Method,
    Removed,
    Details,
    Canceled,
    Renewed,
    Changed,
    Booked,
}

impl Done {
    const ALL: [Self; 7] = [
        Self::Method,
        Self::Removed,
        Self::Details,
        Self::Canceled,
        Self::Renewed,
        Self::Changed,
        Self::Booked,
    ];

    /// In an address.
    fn word(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Removed => "removed",
            Self::Details => "details",
            Self::Canceled => "canceled",
            Self::Renewed => "renewed",
            Self::Changed => "changed",
            Self::Booked => "booked",
        }
    }

    /// On a page.
    fn says(self) -> &'static str {
        match self {
            Self::Method => "Your payment method is updated.",
            Self::Removed => "The payment method is removed.",
            Self::Details => "Your details are updated.",
            Self::Canceled => "Your subscription is canceled.",
            Self::Renewed => "Your subscription goes on.",
            Self::Changed => "Your subscription is updated.",
            Self::Booked => "Your subscription changes at the end of its period.",
        }
    }
}

impl Visit {
    fn of(stripe: &Stripe, session: &portal::PortalSession) -> Option<Self> {
        let configuration = stripe.portal_configurations.get(&session.configuration)?;
        let headline = configuration.told.get("business_profile");
        let headline = headline.and_then(|profile| crate::field::text(profile, "/headline"));
        Some(Self {
            base: super::links::portal("", &session.id),
            customer: session.customer.clone(),
            features: configuration.features.clone(),
            flow: session.flow.clone(),
            return_url: session.return_url.clone(),
            merchant: stripe.settings.name.clone(),
            headline: headline.map(str::to_owned),
        })
    }

    /// The customer's own subscription that is not over.
    fn subscription<'a>(&self, stripe: &'a Stripe, id: &str) -> Option<&'a Subscription> {
        let subscription = stripe.subscriptions.get(id)?;
        let own = subscription.customer == self.customer && !subscription.status.ended();
        own.then_some(subscription)
    }

    /// What follows when something is done: by the flow, or the first page.
    fn done(&self, done: Done) -> Page {
        match self.flow.as_ref().map(|flow| &flow.after) {
            None | Some(AfterCompletion::Homepage) => {
                Page::go(format!("{}/home?done={}", self.base, done.word()))
            }
            Some(AfterCompletion::Confirmation(_)) => {
                Page::go(format!("{}/done?done={}", self.base, done.word()))
            }
            Some(AfterCompletion::Redirect(url)) => Page::go(url.clone()),
        }
    }

    /// A page of the portal.
    fn page(&self, status: u16, title: &str, content: &Markup) -> Page {
        let whole = html! {
            main class="wide" {
                div class="top" {
                    p class="merchant" { (self.merchant) " · Billing" }
                    @if let Some(url) = &self.return_url {
                        a href=(url) { "← Return to " (self.merchant) }
                    }
                }
                (content)
            }
        };
        Page::html(status, frame::page(&format!("{title} · {}", self.merchant), &whole))
    }

    /// The way back to the first page, unless the customer came for one thing only.
    fn back(&self) -> Markup {
        html! {
            @if self.flow.is_none() {
                p { a href={ (self.base) "/home" } { "← Back" } }
            } @else if let Some(url) = &self.return_url {
                p { a href=(url) { "← Go back" } }
            }
        }
    }
}

/// Answers everything below `/p/session/{session}`.
pub fn handle(
    stripe: &mut Stripe,
    id: &str,
    rest: &[&str],
    request: &PageRequest,
    now: Timestamp,
) -> Page {
    let Some(session) = stripe.portal_sessions.get(id) else { return frame::not_found() };
    if !portal::is_open(session, now) {
        let text = "Links to the billing portal last a few minutes. Go back and open it again.";
        let back = session.return_url.as_deref().map(|url| (url, "Go back"));
        return frame::message("This link has expired", text, back);
    }
    let Some(visit) = Visit::of(stripe, session) else { return frame::not_found() };
    if let Some(session) = stripe.portal_sessions.get_mut(id) {
        session.used = Some(now);
    }
    let page = if request.method == Method::POST {
        post(stripe, &visit, rest, request, now)
    } else {
        get(stripe, &visit, rest, request)
    };
    page.unwrap_or_else(frame::not_found)
}

fn get(stripe: &mut Stripe, visit: &Visit, rest: &[&str], request: &PageRequest) -> Option<Page> {
    match rest {
        [] => Some(first(stripe, visit, request)),
        ["home"] => Some(home::show(stripe, visit, request)),
        ["done"] => Some(confirmation(visit, request)),
        ["payment_methods"] => methods::get(stripe, visit),
        ["saved"] => methods::saved(stripe, visit, request),
        ["details"] => details::get(stripe, visit),
        ["subscriptions", id, "cancel"] => cancel::get(stripe, visit, id),
        ["subscriptions", id, "update"] => change::get(stripe, visit, id, request),
        ["subscriptions", id, "confirm"] => confirm::get(stripe, visit, id, request),
        _ => None,
    }
}

fn post(
    stripe: &mut Stripe,
    visit: &Visit,
    rest: &[&str],
    request: &PageRequest,
    now: Timestamp,
) -> Option<Page> {
    match rest {
        ["payment_methods"] => methods::post(stripe, visit, request, now),
        ["payment_methods", id, "default"] => methods::make_default(stripe, visit, id),
        ["payment_methods", id, "remove"] => methods::remove(stripe, visit, id),
        ["details"] => details::post(stripe, visit, request),
        ["details", "tax_ids", id, "remove"] => details::remove_tax_id(stripe, visit, id),
        ["subscriptions", id, "cancel"] => cancel::post(stripe, visit, id, request),
        ["subscriptions", id, "renew"] => cancel::renew(stripe, visit, id),
        ["subscriptions", id, "confirm"] => confirm::post(stripe, visit, id, request),
        _ => None,
    }
}

/// Where a visit begins: the first page, or what the customer came for.
fn first(stripe: &Stripe, visit: &Visit, request: &PageRequest) -> Page {
    let base = &visit.base;
    match visit.flow.as_ref().map(|flow| &flow.kind) {
        None => home::show(stripe, visit, request),
        Some(FlowKind::CustomerUpdate) => Page::go(format!("{base}/details")),
        Some(FlowKind::PaymentMethodUpdate) => Page::go(format!("{base}/payment_methods")),
        Some(FlowKind::SubscriptionCancel { subscription }) => {
            Page::go(format!("{base}/subscriptions/{subscription}/cancel"))
        }
        Some(FlowKind::SubscriptionUpdate { subscription }) => {
            Page::go(format!("{base}/subscriptions/{subscription}/update"))
        }
        Some(FlowKind::SubscriptionUpdateConfirm { subscription, price, quantity, .. }) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(price.iter().map(|price| ("price", price)));
            query.extend_pairs(quantity.iter().map(|quantity| ("quantity", quantity.to_string())));
            Page::go(format!("{base}/subscriptions/{subscription}/confirm?{}", query.finish()))
        }
    }
}

/// The page after a flow that ends on one.
fn confirmation(visit: &Visit, request: &PageRequest) -> Page {
    let own = visit.flow.as_ref().and_then(|flow| match &flow.after {
        AfterCompletion::Confirmation(message) => message.as_deref(),
        AfterCompletion::Homepage | AfterCompletion::Redirect(_) => None,
    });
    let done = said(request).map_or("All done.", Done::says);
    let content = html! {
        section class="card" {
            h1 { (done) }
            @if let Some(own) = own { p { (own) } }
            @if let Some(url) = &visit.return_url {
                p { a class="button" href=(url) { "Return to " (visit.merchant) } }
            }
        }
    };
    visit.page(200, "Done", &content)
}

/// What was done, as the address says.
fn said(request: &PageRequest) -> Option<Done> {
    let word = request.form.text("done");
    Done::ALL.into_iter().find(|done| done.word() == word)
}
