//! Disputes (`docs.stripe.com/api/disputes`), made by a test card or the control page.

mod api;
mod render;
#[cfg(test)]
mod tests;

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::agenda::Task;
use crate::cards::{Behaviour, Debit, DebitOutcome, DisputeKind};
use crate::charges::{Charge, ChargeStatus};
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/disputes", api::list),
    Route::get("/v1/disputes/{dispute}", api::get),
    Route::post("/v1/disputes/{dispute}", api::update),
    Route::post("/v1/disputes/{dispute}/close", api::close),
];

/// Seconds in which evidence is to be given: nine days.
const RESPONSE_SECONDS: i64 = 9 * DAY_SECONDS;
/// Seconds until evidence has been looked at.
const REVIEW_SECONDS: i64 = 3;

/// A charge that the bank's customer disputes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dispute {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Of which charge.
    pub charge: String,
    /// The charge's intent.
    pub payment_intent: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Stripe's word for why, such as `fraudulent`.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Time at which evidence is due.
    pub due_by: Timestamp,
    /// What evidence was given.
    pub evidence: Map<String, Value>,
    /// How often evidence was submitted.
    pub submissions: i64,
    /// Movements of money: id, minor units and when; withdrawn below zero, reinstated above.
    pub movements: Vec<(String, i64, Timestamp)>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// Where a dispute stands. A warning is an inquiry, which takes no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeStatus {
    /// An inquiry waits for evidence.
    WarningNeedsResponse,
    /// An inquiry's evidence is looked at.
    WarningUnderReview,
    /// An inquiry is over.
    WarningClosed,
    /// It waits for evidence.
    NeedsResponse,
    /// The evidence is looked at.
    UnderReview,
    /// The money came back.
    Won,
    /// The money is gone.
    Lost,
}

impl DisputeStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// True if it is over.
    pub fn is_over(self) -> bool {
        match self {
            Self::WarningClosed | Self::Won | Self::Lost => true,
            Self::WarningNeedsResponse
            | Self::WarningUnderReview
            | Self::NeedsResponse
            | Self::UnderReview => false,
        }
    }

    /// True if it is an inquiry.
    pub fn is_inquiry(self) -> bool {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed => true,
            Self::NeedsResponse | Self::UnderReview | Self::Won | Self::Lost => false,
        }
    }
}

impl Object for Dispute {
    const KIND: &'static str = "dispute";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        render::json(self, stripe)
    }
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The money comes back.
    Won,
    /// The money is gone.
    Lost,
}

/// Disputes a charge, for a reason in Stripe's word; the funds are withdrawn.
///
/// # Errors
///
/// There is no such charge, it took no money, or it is disputed already.
pub fn open(stripe: &mut Stripe, charge: &str, reason: &str) -> Result<String, ApiError> {
    begin(stripe, charge, reason, DisputeStatus::NeedsResponse)
}

/// Asks about a charge before disputing it: an inquiry, which takes no money.
///
/// # Errors
///
/// As of [`open`].
pub fn inquire(stripe: &mut Stripe, charge: &str, reason: &str) -> Result<String, ApiError> {
    begin(stripe, charge, reason, DisputeStatus::WarningNeedsResponse)
}

fn begin(
    stripe: &mut Stripe,
    id_of_charge: &str,
    reason: &str,
    status: DisputeStatus,
) -> Result<String, ApiError> {
    let charge = stripe.charges.named(id_of_charge)?;
    if charge.status != ChargeStatus::Succeeded || charge.refundable() <= 0 {
        let message = format!("Charge {id_of_charge} has no money that could be disputed.");
        return Err(ApiError::invalid(message));
    }
    if charge.disputed {
        let message = format!("Charge {id_of_charge} has already been disputed.");
        return Err(ApiError::invalid(message).code("charge_disputed"));
    }
    let customer = charge.customer.clone();
    let created = stripe.time_of(customer.as_deref());
    let due_by = created.plus_seconds(RESPONSE_SECONDS);
    let dispute = Dispute {
        id: stripe.ids.next("du"),
        created,
        charge: id_of_charge.to_owned(),
        payment_intent: charge.payment_intent.clone(),
        amount: charge.refundable(),
        currency: charge.currency.clone(),
        reason: reason.to_owned(),
        status,
        due_by,
        evidence: Map::new(),
        submissions: 0,
        movements: Vec::new(),
        metadata: Metadata::default(),
    };
    let id = dispute.id.clone();
    stripe.disputes.add(dispute);
    if let Some(charge) = stripe.charges.get_mut(id_of_charge) {
        charge.disputed = true;
    }
    tell(stripe, "charge.dispute.created", &id);
    if !status.is_inquiry() {
        withdraw(stripe, &id);
    }
    stripe.schedule(customer.as_deref(), due_by, Task::DisputeMoves(id.clone()));
    Ok(id)
}

/// Ends a dispute.
///
/// # Errors
///
/// It is not there, or over already.
pub fn close(stripe: &mut Stripe, id: &str, verdict: Verdict) -> Result<(), ApiError> {
    let status = stripe.disputes.named(id)?.status;
    if status.is_over() {
        let message =
            format!("This dispute is already closed with a status of {}.", status.as_str());
        return Err(ApiError::invalid(message));
    }
    let ends = match verdict {
        Verdict::Won | Verdict::Lost if status.is_inquiry() => DisputeStatus::WarningClosed,
        Verdict::Won => DisputeStatus::Won,
        Verdict::Lost => DisputeStatus::Lost,
    };
    change(stripe, id, "charge.dispute.closed", |dispute| dispute.status = ends);
    if ends == DisputeStatus::Won {
        let amount = stripe.disputes.get(id).map_or(0, |dispute| dispute.amount);
        book(stripe, id, amount);
        tell(stripe, "charge.dispute.funds_reinstated", id);
    }
    Ok(())
}

/// A dispute moves on by itself: submitted evidence has been looked at, or none was given in time.
pub fn move_on(stripe: &mut Stripe, id: &str) {
    let Some(dispute) = stripe.disputes.get(id) else { return };
    let due = dispute.due_by <= now(stripe, dispute);
    let said = dispute.evidence.get("uncategorized_text").and_then(Value::as_str);
    let verdict = match (dispute.status, said) {
        (DisputeStatus::NeedsResponse | DisputeStatus::WarningNeedsResponse, _) => {
            due.then_some(Verdict::Lost)
        }
        (DisputeStatus::WarningUnderReview, Some("escalate_inquiry_evidence")) => {
            return escalate(stripe, id);
        }
        (
            DisputeStatus::UnderReview | DisputeStatus::WarningUnderReview,
            Some("winning_evidence"),
        ) => Some(Verdict::Won),
        (
            DisputeStatus::UnderReview | DisputeStatus::WarningUnderReview,
            Some("losing_evidence"),
        ) => Some(Verdict::Lost),
        (
            DisputeStatus::UnderReview
            | DisputeStatus::WarningUnderReview
            | DisputeStatus::WarningClosed
            | DisputeStatus::Won
            | DisputeStatus::Lost,
            _,
        ) => None,
    };
    if let Some(verdict) = verdict {
        // Only its end could be in the way, and then there is nothing to do.
        let _ = close(stripe, id, verdict);
    }
}

/// An inquiry becomes a dispute of what was not given back meanwhile, and that money is withdrawn.
fn escalate(stripe: &mut Stripe, id: &str) {
    let Some(dispute) = stripe.disputes.get(id) else { return };
    let left = stripe.charges.get(&dispute.charge).map_or(0, Charge::refundable);
    let due_by = now(stripe, dispute).plus_seconds(RESPONSE_SECONDS);
    change(stripe, id, "charge.dispute.updated", |dispute| {
        dispute.status = DisputeStatus::NeedsResponse;
        dispute.amount = left;
        dispute.due_by = due_by;
        dispute.evidence = Map::new();
    });
    withdraw(stripe, id);
    schedule(stripe, id, due_by);
}

/// A charge has succeeded: the bank's customer may dispute it. A direct debit's dispute cannot be
/// contested.
pub(crate) fn after_charge(stripe: &mut Stripe, id: &str) {
    let Some(charge) = stripe.charges.get(id) else { return };
    let method = charge.payment_method.as_ref().and_then(|id| stripe.payment_methods.get(id));
    let begun = match method.map(|method| method.behaviour) {
        Some(Behaviour::IsDisputed(DisputeKind::Fraudulent)) => open(stripe, id, "fraudulent"),
        Some(Behaviour::IsDisputed(DisputeKind::NotReceived)) => {
            open(stripe, id, "product_not_received")
        }
        Some(Behaviour::IsDisputed(DisputeKind::Inquiry)) => inquire(stripe, id, "general"),
        Some(Behaviour::Debits(Debit { outcome: DebitOutcome::IsDisputed, .. })) => {
            let begun = open(stripe, id, "debit_not_authorized");
            begun.and_then(|id| close(stripe, &id, Verdict::Lost).map(|()| id))
        }
        Some(
            Behaviour::Succeeds
            | Behaviour::Declines(_)
            | Behaviour::DeclinesCharges(_)
            | Behaviour::Authenticates { .. }
            | Behaviour::RefundsLater
            | Behaviour::RefundsFail
            | Behaviour::NeedsMandate
            | Behaviour::Debits(_),
        )
        | None => return,
    };
    if let Err(error) = begun {
        // What the payment was for has given it back meanwhile.
        tracing::debug!("charge {id} is not disputed: {error}");
    }
}

/// True if the money of a charge was withdrawn by a dispute that is not won.
pub(crate) fn charged_back(stripe: &Stripe, charge: &str) -> bool {
    let mut disputes = stripe.disputes.iter().filter(|dispute| dispute.charge == charge);
    disputes.any(|dispute| !dispute.status.is_inquiry() && dispute.status != DisputeStatus::Won)
}

/// Submits the evidence that was given.
fn submit(stripe: &mut Stripe, id: &str) {
    let Some(dispute) = stripe.disputes.get_mut(id) else { return };
    dispute.submissions = dispute.submissions.saturating_add(1);
    dispute.status = if dispute.status.is_inquiry() {
        DisputeStatus::WarningUnderReview
    } else {
        DisputeStatus::UnderReview
    };
    let Some(dispute) = stripe.disputes.get(id) else { return };
    let at = now(stripe, dispute).plus_seconds(REVIEW_SECONDS);
    schedule(stripe, id, at);
}

fn withdraw(stripe: &mut Stripe, id: &str) {
    let amount = stripe.disputes.get(id).map_or(0, |dispute| dispute.amount);
    book(stripe, id, amount.saturating_neg());
    tell(stripe, "charge.dispute.funds_withdrawn", id);
}

fn book(stripe: &mut Stripe, id: &str, amount: i64) {
    let Some(dispute) = stripe.disputes.get(id) else { return };
    let at = now(stripe, dispute);
    let transaction = stripe.ids.next("txn");
    if let Some(dispute) = stripe.disputes.get_mut(id) {
        dispute.movements.push((transaction, amount, at));
    }
}

fn customer<'a>(stripe: &'a Stripe, dispute: &Dispute) -> Option<&'a str> {
    stripe.charges.get(&dispute.charge)?.customer.as_deref()
}

fn now(stripe: &Stripe, dispute: &Dispute) -> Timestamp {
    stripe.time_of(customer(stripe, dispute))
}

fn schedule(stripe: &mut Stripe, id: &str, at: Timestamp) {
    let Some(dispute) = stripe.disputes.get(id) else { return };
    let customer = customer(stripe, dispute).map(str::to_owned);
    stripe.schedule(customer.as_deref(), at, Task::DisputeMoves(id.to_owned()));
}

fn change(stripe: &mut Stripe, id: &str, kind: &'static str, change: impl FnOnce(&mut Dispute)) {
    let before = stripe.shown(|stripe| &stripe.disputes, id);
    if let Some(dispute) = stripe.disputes.get_mut(id) {
        change(dispute);
    }
    let after = stripe.shown(|stripe| &stripe.disputes, id);
    stripe.emit_update(kind, &before, after);
}

fn tell(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let json = stripe.shown(|stripe| &stripe.disputes, id);
    stripe.emit(kind, json);
}
