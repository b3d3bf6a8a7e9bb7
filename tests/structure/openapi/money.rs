//! Routes of subscriptions, invoices, credits, plans and staff.

use serde_json::{Value, json};
use views::access::ReasonView;
use views::alerts::{AlertView, AlertedView};
use views::credits::{
    AdjustmentView, CreditsView, DailyView, DeductionView, EntryView, PurchaseView, RechargeView,
    ReservationView,
};
use views::invoices::{FullInvoiceView, InvoiceView, PaidAllView, PaymentStatusView, PaymentView};
use views::mails::MailView;
use views::plans::{MemberPackView, MemberPlanView, PackView, PlanView};
use views::prices::PriceChangeView;
use views::product::{MemberCreditsView, MemberSubscriptionView};
use views::requests::alerts::SetAlert;
use views::requests::credits::{Adjust, BuyPack, Deduct, Reserve, SetRecharge, Settle};
use views::requests::invoices::{PayInvoice, PayInvoices};
use views::requests::prices::AnnouncePrice;
use views::requests::staff::{CloseAccount, SetCollection, SetPlan};
use views::requests::subscriptions::{ChangeSubscription, VisitPortal};
use views::staff::{ClosedView, CollectionView, PlanView as StaffPlanView};
use views::statement::StatementView;
use views::subscriptions::{CheckoutView, DryRunView, PreviewView, SubscriptionView, VisitView};
use views::timeline::TimelineView;
use views::upcoming::UpcomingView;

use super::codes;
use super::route::{
    ADMINISTRATOR, BILLING, BILLING_BUT_STAFF, Body, EVERYBODY, Route, STAFF, VENDOR, route,
};

/// Statuses by which invoices are listed.
const STATUSES: [&str; 5] = ["open", "uncollectible", "unpaid", "paid", "void"];
/// Kinds of invoices.
const KINDS: [&str; 4] = ["subscription", "usage", "manual", "credits"];
const FROM: &str = "First day or time of creation.";
const TO: &str = "Last day or time of creation.";
const SINCE: &str = "First day or time; the first of this month without it.";
const UNTIL: &str = "Last day or time; now without it.";

fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// Those routes.
pub fn routes() -> Vec<Route> {
    let mut all = about_subscriptions();
    all.extend(about_alerts());
    all.extend(about_invoices());
    all.extend(about_credits());
    all.extend(about_the_ledger());
    all.extend(about_reservations());
    all.extend(about_prices());
    all.extend(of_staff());
    all
}

fn about_subscriptions() -> Vec<Route> {
    vec![
        route("GET /v1/accounts/{id}/subscription", EVERYBODY, "Read a subscription")
            .at_stripe(409)
            .gives_by_sight::<SubscriptionView, MemberSubscriptionView>("The subscription."),
        route("POST /v1/accounts/{id}/subscription/preview", BILLING, "Ask what a change costs")
            .takes::<ChangeSubscription>()
            .at_stripe(409)
            .needs_open()
            .refuses_each(409, &["account_incomplete", "subscription_ends", "subscription_paused"])
            .gives::<PreviewView>(200, "The cost of the change."),
        route("PUT /v1/accounts/{id}/subscription", BILLING, "Change plan, interval or seats")
            .takes::<ChangeSubscription>()
            .at_stripe(409)
            .needs_open()
            .refuses_each(402, &codes::DECLINED)
            .tells::<Option<String>>(402, "next_action_url")
            .refuses_each(409, &["account_incomplete", "preview_stale", "subscription_ends"])
            .refuses(&[(409, "subscription_paused")])
            .tells::<PreviewView>(409, "preview")
            .gives::<SubscriptionView>(200, "The subscription as it is now.")
            .gives::<CheckoutView>(202, "The page on which a first paid plan is bought."),
        route("DELETE /v1/accounts/{id}/subscription", BILLING, "Cancel at the end of the period")
            .asks(
                ("dry_run", "`true` only tells whether it could be cancelled."),
                json!({ "type": "boolean" }),
            )
            .at_stripe(409)
            .refuses_each(409, &["cancellation_blocked", "no_subscription"])
            .gives::<DryRunView>(200, "Every condition, met or not: a dry run changes nothing.")
            .gives::<SubscriptionView>(202, "The subscription, which ends with its period."),
        route(
            "POST /v1/accounts/{id}/subscription/resume",
            BILLING,
            "Undo a cancellation or a booked change",
        )
        .at_stripe(409)
        .needs_open()
        .refuses_each(402, &codes::DECLINED)
        .refuses_each(409, &["no_subscription", "subscription_paused"])
        .gives::<SubscriptionView>(200, "The subscription, which goes on."),
        route(
            "POST /v1/accounts/{id}/portal-sessions",
            BILLING_BUT_STAFF,
            "Open Stripe's billing portal",
        )
        .takes::<VisitPortal>()
        .at_stripe(409)
        .refuses_each(409, &["account_incomplete", "cancellation_blocked", "change_booked"])
        .refuses_each(409, &["no_subscription", "subscription_ends"])
        .gives::<VisitView>(201, "The address that lets its holder in."),
    ]
}

fn about_invoices() -> Vec<Route> {
    vec![
        route("GET /v1/accounts/{id}/invoices", BILLING, "List invoices, newest first")
            .asks(("status", "Status of invoices that are listed."), one_of(&STATUSES))
            .asks(("kind", "Kind of invoices that are listed."), one_of(&KINDS))
            .asks(("from", FROM), json!({ "type": "string" }))
            .asks(("to", TO), json!({ "type": "string" }))
            .refuses(&[(422, "cursor_invalid")])
            .gives_page::<InvoiceView>("A page of invoices."),
        route("GET /v1/accounts/{id}/invoices.csv", BILLING, "Export invoices, newest first")
            .asks(("status", "Status of invoices that are listed."), one_of(&STATUSES))
            .asks(("kind", "Kind of invoices that are listed."), one_of(&KINDS))
            .asks(("from", FROM), json!({ "type": "string" }))
            .asks(("to", TO), json!({ "type": "string" }))
            .asks(("cursor", "Cursor of the link that an answer has."), json!({ "type": "string" }))
            .refuses(&[(422, "cursor_invalid")])
            .answers(200, "The invoices; `Link` leads to what follows.", Body::Csv),
        route("GET /v1/accounts/{id}/statement", BILLING, "Read a statement of account")
            .asks(("from", SINCE), json!({ "type": "string" }))
            .asks(("to", UNTIL), json!({ "type": "string" }))
            .gives::<StatementView>(200, "What was owed and prepaid, and what moved it."),
        route("GET /v1/accounts/{id}/statement.csv", BILLING, "Export a statement of account")
            .asks(("from", SINCE), json!({ "type": "string" }))
            .asks(("to", UNTIL), json!({ "type": "string" }))
            .answers(200, "Each movement, between opening and closing balance.", Body::Csv),
        route("GET /v1/accounts/{id}/invoices/{invoice_id}", BILLING, "Read an invoice")
            .gives::<FullInvoiceView>(200, "The invoice."),
        route(
            "GET /v1/accounts/{id}/invoices/{invoice_id}/changes",
            BILLING,
            "List what happened to an invoice, newest first",
        )
        .paged()
        .refuses(&[(422, "cursor_invalid")])
        .gives::<TimelineView>(200, "A page of the journal."),
        route("POST /v1/accounts/{id}/invoices/{invoice_id}/pay", BILLING, "Pay an invoice now")
            .takes::<PayInvoice>()
            .at_stripe(409)
            .refuses_each(402, &codes::DECLINED)
            .tells::<Option<String>>(402, "next_action_url")
            .tells::<Option<PaymentView>>(402, "last_attempt")
            .tells::<Option<String>>(402, "next_attempt_at")
            .tells::<Option<ReasonView>>(402, "no_further_attempt")
            .refuses_each(
                409,
                &["invoice_not_payable", "payment_advice_pending", "payment_in_progress"],
            )
            .gives::<FullInvoiceView>(200, "The invoice, paid.")
            .gives::<PaymentStatusView>(202, "The payment is on its way."),
        route("POST /v1/accounts/{id}/pay", BILLING, "Pay all invoices that are owed")
            .takes::<PayInvoices>()
            .gives::<PaidAllView>(202, "What became of each."),
        route("GET /v1/accounts/{id}/invoices/upcoming", BILLING, "Read the upcoming invoice")
            .gives::<UpcomingView>(200, "Its lines and sums."),
    ]
}

fn about_alerts() -> Vec<Route> {
    vec![
        route("GET /v1/accounts/{id}/alert", BILLING, "Read the spend alert")
            .gives::<AlertView>(200, "The alert with recent invoices."),
        route("PUT /v1/accounts/{id}/alert", BILLING, "Set the spend alert")
            .takes::<SetAlert>()
            .gives::<AlertView>(200, "The alert with recent invoices."),
        route("DELETE /v1/accounts/{id}/alert", BILLING, "Remove the spend alert").gives_nothing(),
        route(
            "GET /v1/accounts/{id}/alert/history",
            BILLING,
            "List notifications of the spend alert, newest first",
        )
        .gives_page::<AlertedView>("A page of notifications."),
        route("GET /v1/accounts/{id}/mails", BILLING, "List mails of an account, newest first")
            .refuses(&[(422, "cursor_invalid")])
            .gives_page::<MailView>("A page of mails, with what became of each."),
        route(
            "POST /v1/accounts/{id}/mails/{mail_id}/resend",
            ADMINISTRATOR,
            "Send a mail once more",
        )
        .refuses(&[(409, "mail_superseded")])
        .gives::<MailView>(202, "The mail, which will be sent."),
    ]
}

fn about_credits() -> Vec<Route> {
    let tokens = ["insufficient_credits"];
    vec![
        route("GET /v1/accounts/{id}/credits", EVERYBODY, "Read credits and auto-recharge")
            .gives_by_sight::<CreditsView, MemberCreditsView>("The credits."),
        route("POST /v1/accounts/{id}/credits/purchases", BILLING, "Buy a pack in Checkout")
            .takes::<BuyPack>()
            .refuses(&[(409, "parent_account")])
            .at_stripe(409)
            .needs_open()
            .refuses(&[(409, "account_incomplete"), (422, "unknown_pack")])
            .gives::<PurchaseView>(201, "The purchase with its page."),
        route("GET /v1/accounts/{id}/credits/purchases", BILLING, "List purchases, newest first")
            .refuses(&[(422, "cursor_invalid")])
            .gives_page::<PurchaseView>("A page of purchases."),
        route("GET /v1/accounts/{id}/credits/purchases/{purchase_id}", BILLING, "Read a purchase")
            .at_stripe(409)
            .gives::<PurchaseView>(200, "The purchase."),
        route("POST /v1/accounts/{id}/credits/deductions", VENDOR, "Take tokens")
            .takes::<Deduct>()
            .refuses(&[(409, "parent_account")])
            .keyed()
            .needs_open()
            .refuses_each(402, &tokens)
            .refuses_each(422, &["invalid_tokens", "invalid_reason"])
            .gives::<DeductionView>(201, "The deduction."),
        route("PUT /v1/accounts/{id}/credits/auto-recharge", BILLING, "Set auto-recharge")
            .takes::<SetRecharge>()
            .refuses(&[(409, "parent_account")])
            .refuses_each(422, &["invalid_threshold", "invalid_spending_limit", "unknown_pack"])
            .refuses_each(422, &["spending_limit_below_price"])
            .gives::<RechargeView>(200, "Auto-recharge."),
        route("POST /v1/staff/accounts/{id}/credits/adjustments", STAFF, "Add or remove tokens")
            .takes::<Adjust>()
            .keyed()
            .refuses_each(409, &tokens)
            .refuses_each(422, &["invalid_tokens", "invalid_reason"])
            .gives::<AdjustmentView>(201, "The adjustment."),
    ]
}

fn about_the_ledger() -> Vec<Route> {
    vec![
        route("GET /v1/accounts/{id}/credits/daily", BILLING, "Read the tokens used on each day")
            .asks(("period", "Month; this one without it."), json!({ "type": "string" }))
            .gives::<DailyView>(200, "The days of a month, by UTC."),
        route(
            "GET /v1/accounts/{id}/credits/daily.csv",
            BILLING,
            "Export the tokens used on each day",
        )
        .asks(("period", "Month; this one without it."), json!({ "type": "string" }))
        .answers(200, "The days of a month, by UTC.", Body::Csv),
        route(
            "GET /v1/accounts/{id}/credits/transactions",
            BILLING,
            "List the ledger, newest first",
        )
        .refuses(&[(422, "cursor_invalid")])
        .gives_page::<EntryView>("A page of the ledger."),
        route(
            "GET /v1/accounts/{id}/credits/transactions.csv",
            BILLING,
            "Export the ledger, oldest first",
        )
        .asks(("period", "Month; all of the ledger without it."), json!({ "type": "string" }))
        .asks(("cursor", "Cursor of the link that an answer has."), json!({ "type": "string" }))
        .refuses(&[(422, "cursor_invalid")])
        .answers(
            200,
            "The ledger, or a month of it; `Link` leads to what follows.",
            Body::Csv,
        ),
    ]
}

fn about_reservations() -> Vec<Route> {
    let over = ["reservation_expired", "reservation_released", "reservation_settled"];
    vec![
        route("POST /v1/accounts/{id}/credits/reservations", VENDOR, "Hold tokens for a job")
            .takes::<Reserve>()
            .refuses(&[(409, "parent_account")])
            .repeatable()
            .needs_open()
            .refuses(&[(402, "insufficient_credits")])
            .refuses_each(422, &["invalid_tokens", "invalid_ttl"])
            .gives::<ReservationView>(201, "The reservation."),
        route(
            "GET /v1/accounts/{id}/credits/reservations",
            BILLING,
            "List open reservations, the earliest end first",
        )
        .refuses(&[(422, "cursor_invalid")])
        .gives_page::<ReservationView>("A page of open reservations."),
        route(
            "GET /v1/accounts/{id}/credits/reservations/{reservation_id}",
            BILLING,
            "Read a reservation",
        )
        .gives::<ReservationView>(200, "The reservation."),
        route(
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle",
            VENDOR,
            "Take what a job took, and release the rest",
        )
        .takes::<Settle>()
        .refuses_each(409, &over)
        .refuses(&[(409, "more_than_reserved"), (422, "invalid_tokens")])
        .gives::<ReservationView>(200, "The reservation."),
        route(
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release",
            VENDOR,
            "Release what is held",
        )
        .refuses_each(409, &over)
        .gives::<ReservationView>(200, "The reservation."),
    ]
}

fn about_prices() -> Vec<Route> {
    vec![
        route("GET /v1/plans", EVERYBODY, "List the plans that are sold")
            .gives_all_by_sight::<PlanView, MemberPlanView>("The plans."),
        route("GET /v1/credit-packs", EVERYBODY, "List the packs that are sold")
            .gives_all_by_sight::<PackView, MemberPackView>("The packs."),
        route("POST /v1/staff/price-changes", STAFF, "Announce a change of a price")
            .takes::<AnnouncePrice>()
            .gives::<PriceChangeView>(201, "The change."),
        route("GET /v1/staff/price-changes", STAFF, "List changes of prices")
            .gives_page::<PriceChangeView>("A page of changes."),
        route("DELETE /v1/staff/price-changes/{change_id}", STAFF, "Withdraw a change of a price")
            .refuses(&[(409, "price_change_in_force")])
            .gives::<PriceChangeView>(200, "The change, withdrawn."),
    ]
}

fn of_staff() -> Vec<Route> {
    vec![
        route("PUT /v1/staff/accounts/{id}/collection", STAFF, "Set how an account pays")
            .takes::<SetCollection>()
            .at_stripe(409)
            .refuses(&[(409, "manual_collection_refused")])
            .gives::<CollectionView>(200, "The terms of payment."),
        route("PUT /v1/staff/accounts/{id}/plan", STAFF, "Set a plan, with prices of its own")
            .takes::<SetPlan>()
            .at_stripe(409)
            .needs_open()
            .refuses_each(402, &["authentication_required", "card_declined"])
            .refuses_each(402, &["payment_method_required"])
            .refuses_each(409, &["account_incomplete", "no_price", "subscription_ends"])
            .gives::<StaffPlanView>(200, "The plan with the prices that are paid."),
        route("POST /v1/staff/accounts/{id}/terminate", STAFF, "Terminate an account for cause")
            .takes::<CloseAccount>()
            .at_stripe(409)
            .gives::<ClosedView>(200, "The account's state."),
        route("POST /v1/staff/accounts/{id}/close", STAFF, "Close an account")
            .takes::<CloseAccount>()
            .at_stripe(409)
            .refuses(&[(409, "account_terminated")])
            .gives::<ClosedView>(200, "The account's state."),
    ]
}
