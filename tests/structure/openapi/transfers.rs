//! Routes of money that comes outside of Stripe.

use serde_json::json;
use views::requests::transfers::{
    ApproveAdvice, GiveGrace, RecordPrepayment, RecordReceipt, RejectAdvice, ReturnAdvice,
    SubmitAdvice, SubmitAdviceForInvoice,
};
use views::staff::ReconciliationView;
use views::transfers::{
    AdviceView, ApprovedView, BankDetailsView, GraceView, PrepaymentView, ReceiptView,
    SubmittedView, WaitingView,
};

use super::route::{BILLING, Route, STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
    let mut all = of_customers();
    all.extend(of_staff());
    all
}

fn of_customers() -> Vec<Route> {
    let refused = ["invoice_not_payable", "reference_used", "too_many_transfers"];
    vec![
        route("POST /v1/accounts/{id}/payment-advice", BILLING, "Tell of a transfer on its way")
            .takes::<SubmitAdvice>()
            .refuses_each(409, &refused)
            .gives::<SubmittedView>(201, "The advice."),
        route(
            "POST /v1/accounts/{id}/invoices/{invoice_id}/payment-advice",
            BILLING,
            "Tell of a transfer for one invoice",
        )
        .takes::<SubmitAdviceForInvoice>()
        .refuses_each(409, &refused)
        .gives::<SubmittedView>(201, "The advice."),
        route("GET /v1/accounts/{id}/payment-advice", BILLING, "List advices of transfers")
            .gives_all::<AdviceView>("The advices, newest first."),
        route(
            "DELETE /v1/accounts/{id}/payment-advice/{advice_id}",
            BILLING,
            "Withdraw the advice of a transfer",
        )
        .refuses(&[(409, "advice_decided")])
        .gives::<AdviceView>(200, "The advice, withdrawn."),
        route("GET /v1/bank-details", BILLING, "Read where transfers go")
            .gives_all::<BankDetailsView>("A bank account for each currency."),
        route("GET /v1/accounts/{id}/prepayments", BILLING, "List prepayments and their use")
            .gives_all::<PrepaymentView>("The prepayments, newest first."),
    ]
}

fn of_staff() -> Vec<Route> {
    let mut routes = about_advice();
    routes.extend(about_money());
    routes
}

fn about_advice() -> Vec<Route> {
    vec![
        route("GET /v1/staff/payment-advice", STAFF, "List advices that wait, oldest first")
            .asks(
                ("status", "`pending` or `expired`; both without it."),
                json!({ "type": "string", "enum": ["pending", "expired"] }),
            )
            .gives_all::<WaitingView>("The advices."),
        route(
            "POST /v1/staff/payment-advice/{advice_id}/approve",
            STAFF,
            "Approve what was received for an advice",
        )
        .takes::<ApproveAdvice>()
        .at_stripe(409)
        .refuses_each(409, &["account_incomplete", "advice_decided", "payment_in_progress"])
        .gives::<ApprovedView>(200, "The advice with its receipt."),
        route(
            "POST /v1/staff/payment-advice/{advice_id}/reject",
            STAFF,
            "Reject an advice with a reason",
        )
        .takes::<RejectAdvice>()
        .at_stripe(409)
        .refuses(&[(409, "advice_decided")])
        .gives::<AdviceView>(200, "The advice, rejected."),
        route(
            "POST /v1/staff/payment-advice/{advice_id}/returned",
            STAFF,
            "Say that the bank took a transfer back",
        )
        .takes::<ReturnAdvice>()
        .at_stripe(409)
        .refuses_each(409, &["account_incomplete", "advice_decided", "advice_not_approved"])
        .refuses(&[(409, "payment_in_progress")])
        .gives::<ApprovedView>(200, "The advice, returned, with what became of its receipt."),
    ]
}

fn about_money() -> Vec<Route> {
    let recorded = ["payment_in_progress", "reference_used", "too_many_transfers"];
    vec![
        route("GET /v1/staff/reconciliation", STAFF, "Read how far our books are proven")
            .gives::<ReconciliationView>(200, "The proven time, and what was missing."),
        route("PUT /v1/staff/accounts/{id}/grace", STAFF, "Give more time before disabling")
            .takes::<GiveGrace>()
            .gives::<GraceView>(200, "The grace."),
        route("POST /v1/staff/receipts", STAFF, "Record money that came without advice")
            .takes::<RecordReceipt>()
            .at_stripe(409)
            .refuses_each(409, &recorded)
            .refuses(&[(409, "account_incomplete")])
            .gives::<ReceiptView>(201, "The receipt."),
        route("POST /v1/staff/accounts/{id}/prepayments", STAFF, "Record a payment upfront")
            .takes::<RecordPrepayment>()
            .at_stripe(409)
            .refuses_each(409, &recorded)
            .refuses(&[(409, "account_incomplete")])
            .gives::<ReceiptView>(201, "The receipt."),
        route(
            "POST /v1/staff/prepayments/{prepayment_id}/reverse",
            STAFF,
            "Take the unused rest of a prepayment out",
        )
        .at_stripe(409)
        .refuses_each(409, &["account_incomplete", "prepayment_used_up"])
        .gives::<ReceiptView>(200, "The receipt."),
    ]
}
