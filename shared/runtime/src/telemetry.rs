//! Logs: one JSON line for each thing that was handled, to standard output, which Lambda keeps.
//!
//! An *alarm* is a log line at level WARN or ERROR with a field `alarm`; template.yaml has a metric
//! filter for each name, and `infra/RUNBOOK.md` a heading of the same name.

/// Logs of this process as JSON lines. For `main.rs`; local mode prints text.
pub fn to_json() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .init();
}

/// The names of our alarms: each has a metric filter and a heading in the runbook.
pub mod alarm {
    /// A fact contradicts what we know: another currency or amount under the same key.
    pub const FACT_REFUSED: &str = "FactRefused";
    /// A live event reached a test stack, or the reverse.
    pub const WRONG_MODE: &str = "WrongMode";
    /// A dead letter could not be kept in the table: it stays on its queue.
    pub const LETTER_NOT_KEPT: &str = "LetterNotKept";
    /// Something was put on the dead-letter queue.
    pub const DEAD_LETTERED: &str = "DeadLettered";
    /// The webhook's secrets cannot be read or used, so no delivery can be verified.
    pub const NOT_VERIFIABLE: &str = "NotVerifiable";
    /// Stripe cannot be called: its key cannot be read, is of the other mode, or is not taken.
    pub const NOT_CALLABLE: &str = "NotCallable";
    /// What follows from an account's books could not be done at Stripe, and waiting does not help.
    pub const NOT_AGREED: &str = "NotAgreed";
    /// A charge of auto-recharge cannot go on, and waiting does not help.
    pub const NOT_CHARGED: &str = "NotCharged";
    /// The upcoming invoice of an account cannot be compared with its alert, and waiting does not
    /// help.
    pub const ALERT_NOT_CHECKED: &str = "AlertNotChecked";
    /// A customer's advice of a transfer waits for staff longer than it should (A18).
    pub const ADVICE_LATE: &str = "AdviceLate";
    /// An invoice was marked as paid outside of Stripe for more than the money that came for it.
    pub const SETTLED_SHORT: &str = "SettledShort";
    /// An account's journal is not published as events, and waiting does not help.
    pub const EVENT_NOT_PUBLISHED: &str = "EventNotPublished";
    /// Events of an account cannot be delivered, for a reason of ours.
    pub const EVENT_NOT_DELIVERED: &str = "EventNotDelivered";
    /// An endpoint of the vendor gets no more events.
    pub const ENDPOINT_DISABLED: &str = "EndpointDisabled";
    /// A mail is not sent: SES sends nothing for us, refuses it, or nothing helps.
    pub const MAIL_NOT_SENT: &str = "MailNotSent";
    /// A month's usage costs something and is not invoiced: Stripe refuses, or the run did not
    /// begin.
    pub const NOT_INVOICED: &str = "NotInvoiced";
    /// Our books and Stripe are not compared, or differ in what a person must look at.
    pub const NOT_RECONCILED: &str = "NotReconciled";
    /// An event has a word of Stripe's that no reader knows.
    pub const UNKNOWN_WORD: &str = "UnknownWord";
    /// Stripe says that it did not generate some events.
    pub const EVENTS_NOT_GENERATED: &str = "EventsNotGenerated";
    /// The webhook endpoint is subscribed to thin events.
    pub const THIN_EVENTS: &str = "ThinEvents";
    /// Neither the effect nor its retry could be made durable: Stripe was told to send again.
    pub const NOT_DURABLE: &str = "NotDurable";
}
