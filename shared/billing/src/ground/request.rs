//! Requests with an Idempotency-Key: the use of a key, and the answer that a repeat gets.
//!
//! Each write belongs to a [`Repetition`], by its route. A first request is marked before it acts,
//! so that a twin waits and an interruption is known; its answer is kept at the end. What a repeat
//! may do is decided by [`repeat`].

use crate::time::{DAY_SECONDS, Timestamp};

/// Time for which an answer is kept, in seconds.
pub const ANSWER_SECONDS: i64 = 7 * DAY_SECONDS;
/// Time after which an attempt that has not answered is taken for interrupted, in seconds: longer
/// than a function runs.
pub const ATTEMPT_SECONDS: i64 = 35;
/// Longest answer that is kept, in bytes: an item of the table has room for it.
const ANSWER_BYTES_MAX: usize = 200_000;
/// Status of a form's answer that leads to the page behind it.
const SEE_OTHER: u16 = 303;
/// Status of an answer that asks for payment.
const PAYMENT_REQUIRED: u16 = 402;
/// Status from which on an answer is an error of ours.
const ERRORS: u16 = 500;

/// Use of an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedKey {
    /// Fingerprint of path, query and body that came with the key.
    pub body: String,
    /// Id of the thing that the request made.
    pub made: String,
    /// End of the time for which the use is remembered.
    pub expires_at: Timestamp,
}

/// Way in which a repeat of a request is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// A read, or an answer that must not be kept because it lets its holder in.
    Unkept,
    /// The command itself finds what the first request did, in the write that did it. Nothing else
    /// is written, and a refusal does not use up the key.
    Counted,
    /// The command itself finds what the first request did; its answer is kept.
    Found,
    /// One commit sets a state: the request is marked before, and in the commit.
    Once,
    /// Several steps set a state under the account's lease: the request is marked before.
    Leased,
}

/// Repetition of each route that writes.
const ROUTES: [(&str, Repetition); 86] = [
    ("POST /v1/accounts", Repetition::Found),
    ("PATCH /v1/accounts/{id}", Repetition::Leased),
    ("PATCH /v1/accounts/{id}/billing-details", Repetition::Leased),
    ("POST /v1/accounts/{id}/api-keys", Repetition::Unkept),
    ("DELETE /v1/accounts/{id}/api-keys", Repetition::Found),
    ("DELETE /v1/accounts/{id}/api-keys/{key_id}", Repetition::Found),
    ("PUT /v1/accounts/{id}/members/{member_id}", Repetition::Once),
    ("DELETE /v1/accounts/{id}/members/{member_id}", Repetition::Once),
    ("PUT /v1/accounts/{id}/members/{member_id}/preferences", Repetition::Once),
    ("DELETE /v1/accounts/{id}/members/{member_id}/personal-data", Repetition::Once),
    ("PUT /v1/accounts/{id}/cancellation-blockers/{code}", Repetition::Once),
    ("DELETE /v1/accounts/{id}/cancellation-blockers/{code}", Repetition::Once),
    ("POST /v1/accounts/{id}/mails/{mail_id}/resend", Repetition::Found),
    ("PUT /v1/accounts/{id}/alert", Repetition::Once),
    ("DELETE /v1/accounts/{id}/alert", Repetition::Once),
    ("POST /v1/accounts/{id}/portal-sessions", Repetition::Unkept),
    ("PUT /v1/event-endpoints/{endpoint_id}", Repetition::Unkept),
    ("DELETE /v1/event-endpoints/{endpoint_id}", Repetition::Found),
    ("POST /v1/event-endpoints/{endpoint_id}/enable", Repetition::Found),
    ("POST /v1/event-endpoints/{endpoint_id}/rotate", Repetition::Unkept),
    ("POST /v1/event-endpoints/{endpoint_id}/test", Repetition::Unkept),
    ("POST /v1/event-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend", Repetition::Found),
    ("POST /v1/accounts/{id}/invoices/{invoice_id}/pay", Repetition::Found),
    ("POST /v1/accounts/{id}/pay", Repetition::Found),
    ("POST /v1/usage", Repetition::Counted),
    ("POST /v1/accounts/{id}/credits/purchases", Repetition::Found),
    ("POST /v1/accounts/{id}/credits/deductions", Repetition::Counted),
    ("POST /v1/accounts/{id}/credits/reservations", Repetition::Counted),
    ("POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle", Repetition::Counted),
    ("POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release", Repetition::Counted),
    ("PUT /v1/accounts/{id}/credits/auto-recharge", Repetition::Once),
    ("POST /v1/staff/accounts/{id}/credits/adjustments", Repetition::Found),
    ("POST /v1/staff/accounts/{id}/usage-corrections", Repetition::Found),
    ("POST /v1/staff/accounts/{id}/credit-notes", Repetition::Found),
    ("POST /v1/accounts/{id}/subscription/preview", Repetition::Found),
    ("PUT /v1/accounts/{id}/subscription", Repetition::Leased),
    ("DELETE /v1/accounts/{id}/subscription", Repetition::Leased),
    ("POST /v1/accounts/{id}/subscription/resume", Repetition::Leased),
    ("PUT /v1/staff/accounts/{id}/collection", Repetition::Leased),
    ("PUT /v1/staff/accounts/{id}/plan", Repetition::Leased),
    ("POST /v1/accounts/{id}/payment-advice", Repetition::Found),
    ("POST /v1/accounts/{id}/invoices/{invoice_id}/payment-advice", Repetition::Found),
    ("DELETE /v1/accounts/{id}/payment-advice/{advice_id}", Repetition::Found),
    ("POST /v1/staff/payment-advice/{advice_id}/approve", Repetition::Found),
    ("POST /v1/staff/payment-advice/{advice_id}/reject", Repetition::Found),
    ("POST /v1/staff/payment-advice/{advice_id}/returned", Repetition::Found),
    ("POST /v1/staff/dead-letters/{letter_id}/redrive", Repetition::Found),
    ("POST /v1/staff/dead-letters/{letter_id}/dismiss", Repetition::Found),
    ("POST /v1/staff/receipts", Repetition::Found),
    ("POST /v1/staff/accounts/{id}/prepayments", Repetition::Found),
    ("POST /v1/staff/prepayments/{prepayment_id}/reverse", Repetition::Found),
    ("POST /v1/accounts/{id}/sub-accounts", Repetition::Found),
    ("PATCH /v1/accounts/{id}/sub-accounts/{sub_id}", Repetition::Once),
    ("PUT /v1/accounts/{id}/sub-accounts/{sub_id}/billing-model", Repetition::Once),
    ("POST /v1/staff/accounts/{id}/convert-to-parent", Repetition::Once),
    ("POST /v1/staff/accounts/{id}/convert-to-standard", Repetition::Once),
    ("PUT /v1/staff/accounts/{id}/sub-account-limit", Repetition::Once),
    ("POST /v1/staff/accounts/{id}/terminate", Repetition::Leased),
    ("POST /v1/staff/accounts/{id}/close", Repetition::Leased),
    ("PUT /v1/staff/accounts/{id}/grace", Repetition::Once),
    ("POST /v1/staff/price-changes", Repetition::Found),
    ("DELETE /v1/staff/price-changes/{change_id}", Repetition::Found),
    ("POST /v1/accounts/{id}/dashboard-sessions", Repetition::Unkept),
    ("DELETE /v1/accounts/{id}/dashboard-sessions", Repetition::Found),
    ("POST /billing/{id}/plan", Repetition::Leased),
    ("POST /billing/{id}/plan/cancel", Repetition::Leased),
    ("POST /billing/{id}/plan/resume", Repetition::Leased),
    ("POST /billing/{id}/credits/purchases", Repetition::Found),
    ("POST /billing/{id}/credits/auto-recharge", Repetition::Once),
    ("POST /billing/{id}/alerts", Repetition::Once),
    ("POST /billing/{id}/alerts/remove", Repetition::Once),
    ("POST /billing/{id}/settings/details", Repetition::Leased),
    ("POST /billing/{id}/settings/preferences", Repetition::Once),
    ("POST /billing/{id}/settings/keys", Repetition::Unkept),
    ("POST /billing/{id}/settings/keys/{key_id}", Repetition::Found),
    ("POST /billing/{id}/payments/pay", Repetition::Found),
    ("POST /billing/{id}/payments/advice", Repetition::Found),
    ("POST /billing/{id}/payments/withdraw", Repetition::Found),
    ("POST /billing/{id}/payment-method", Repetition::Unkept),
    ("POST /billing/{id}/sign-out", Repetition::Unkept),
    ("POST /v1/staff/dashboard-sessions", Repetition::Unkept),
    ("POST /staff/sign-out", Repetition::Unkept),
    ("POST /staff/dead-letters/{letter_id}/redrive", Repetition::Found),
    ("POST /staff/dead-letters/{letter_id}/dismiss", Repetition::Found),
    ("POST /staff/accounts/{id}/do/{act}/check", Repetition::Unkept),
    // Each act is repeated as the act's route of the API is.
    ("POST /staff/accounts/{id}/do/{act}", Repetition::Found),
];

/// A request as it is remembered by its Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Version of the item that it was read from; 0 where there is none.
    pub version: u64,
    /// Fingerprint of its path, query and body.
    pub content: String,
    /// Id of the latest attempt.
    pub attempt: String,
    /// Progress of that attempt.
    pub stage: Stage,
    /// End of the time for which it is remembered.
    pub expires_at: Timestamp,
}

/// Progress of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// An attempt is at work, or was interrupted.
    Working(Working),
    /// It was answered.
    Answered(KeptAnswer),
}

/// Mark of a request that is not answered yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Working {
    /// Time from which on the attempt counts as interrupted.
    pub until: Timestamp,
    /// [`Repetition::Once`]: version of the standing that its commit made; 0 before.
    /// [`Repetition::Leased`]: turns of the account's lease when it began.
    pub rests_on: u64,
    /// True once a change at once was decided that leaves what is booked.
    pub leaves_booking: bool,
}

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// Body.
    pub body: String,
}

/// Decision on a request with an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// It is the first.
    First,
    /// An earlier attempt was interrupted: this one goes on.
    GoesOn(Working),
    /// An earlier attempt is at work.
    InProgress,
    /// The key was used with another path, query or body.
    OtherContent,
    /// It was answered so.
    Answered(KeptAnswer),
}

/// End of an attempt, as the table remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The answer is kept.
    Kept,
    /// The same request may go on at once.
    Open,
    /// Nothing is remembered: the key is free for any content.
    Forgotten,
}

/// Way in which a repeat of a route is recognised; none for a route that the table does not name.
pub fn repetition(route: &str) -> Option<Repetition> {
    ROUTES.iter().find(|(known, _)| *known == route).map(|(_, repetition)| *repetition)
}

/// Routes that the table names.
pub fn routes() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|(route, _)| *route)
}

impl Repetition {
    /// True if answers are kept.
    pub fn keeps_answers(self) -> bool {
        match self {
            Self::Found | Self::Once | Self::Leased => true,
            Self::Unkept | Self::Counted => false,
        }
    }

    /// True if a request is marked before it acts.
    pub fn is_marked(self) -> bool {
        match self {
            Self::Once | Self::Leased => true,
            Self::Unkept | Self::Counted | Self::Found => false,
        }
    }

    fn keeps(self, status: u16) -> bool {
        let is_final =
            (200..300).contains(&status) || [SEE_OTHER, PAYMENT_REQUIRED].contains(&status);
        self.keeps_answers() && is_final
    }

    /// End of an attempt with an answer of that status and length. `goes_on` is true behind an
    /// interruption: then a refusal does not say that nothing was done.
    pub fn end(self, (status, bytes): (u16, usize), goes_on: bool) -> End {
        if self.keeps(status) && bytes <= ANSWER_BYTES_MAX {
            End::Kept
        } else if status >= ERRORS || goes_on || self.keeps(status) {
            End::Open
        } else {
            End::Forgotten
        }
    }
}

/// Decides what a request does, by what is remembered under its key.
pub fn repeat(known: Option<&Remembered>, content: &str, now: Timestamp) -> Repeat {
    let Some(known) = known.filter(|known| known.expires_at > now) else { return Repeat::First };
    if known.content != content {
        return Repeat::OtherContent;
    }
    match &known.stage {
        Stage::Answered(answer) => Repeat::Answered(answer.clone()),
        Stage::Working(working) if working.until > now => Repeat::InProgress,
        Stage::Working(working) => Repeat::GoesOn(*working),
    }
}

#[cfg(test)]
mod tests;
