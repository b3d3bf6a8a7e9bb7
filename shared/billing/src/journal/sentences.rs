//! The sentence of each journal entry, made from its codes and values when it is read.

use super::{Entry, Kind, Value};
use crate::fact::InvoiceEvent;

impl Entry {
    /// The entry in a sentence.
    pub fn summary(&self) -> String {
        let about = self.about.as_deref().unwrap_or("the account");
        let because = match self.because.as_slice() {
            [] => String::new(),
            [one] => format!(" because invoice {one} is overdue"),
            several => format!(" because invoices {} are overdue", several.join(", ")),
        };
        match self.kind {
            Kind::AccountCreated => "The account was created.".to_owned(),
            Kind::AccountPastDue => format!("The account became past due{because}."),
            Kind::AccountDisabled => format!("The account was disabled{because}."),
            Kind::AccountReactivated => {
                "The account was reactivated: nothing overdue remains.".to_owned()
            }
            Kind::AccountRecovered => {
                "The account is in good standing again: nothing overdue remains.".to_owned()
            }
            Kind::AccountClosed => "The account was closed.".to_owned(),
            Kind::Invoice(event) => self.invoice_summary(event, about),
            Kind::CreditNoteIssued => {
                format!("A credit note was issued on invoice {about}{}.", self.remainder())
            }
            Kind::CreditNoteVoided => {
                format!("A credit note on invoice {about} was voided{}.", self.remainder())
            }
            Kind::SubscriptionChanged => format!("Subscription {about}: {}.", self.listed()),
            Kind::DetailsChanged => format!("Billing details changed: {}.", self.listed()),
            Kind::FactRefused => format!(
                "A message from Stripe about {about} contradicts what is known and was not applied."
            ),
            Kind::CustomerLinked => format!("Stripe customer {about} was made for the account."),
            Kind::KeyCreated => format!("API key {about} was made."),
            Kind::KeyDeleted => format!("API key {about} was deleted."),
            Kind::ChangeBooked => {
                format!("A change was booked for the end of the period: {}.", self.listed())
            }
            Kind::ChangeUndone => "The booked change was taken back.".to_owned(),
            Kind::ChangeDeclined => {
                format!("A change was not paid for, and nothing changed: {}.", self.listed())
            }
            Kind::PlanSet => format!("Staff set the plan: {}.", self.listed()),
            Kind::TermsChanged => format!("Invoices are collected otherwise: {}.", self.listed()),
            Kind::PartnerChanged => format!("Partner terms changed: {}.", self.listed()),
            Kind::PaymentMethodSet => format!("Payment method {about} is charged from now on."),
            Kind::MemberSaved => format!("Member {about}: {}.", self.listed()),
            Kind::MemberRemoved => format!("Member {about} was removed."),
            Kind::BlockerReported => {
                format!("The account can not be cancelled because of {about}: {}.", self.listed())
            }
            Kind::BlockerCleared => format!("{about} keeps the account from cancelling no more."),
            Kind::UsageClosed => format!("Usage of {about} was closed: {}.", self.listed()),
            Kind::UsageNotInvoiced => {
                format!("Usage of {about} could not be invoiced: {}.", self.listed())
            }
            Kind::PriceChangeAnnounced => price_notice(about, self),
            Kind::PriceChangeWithdrawn => format!("The price change {about} was withdrawn."),
            Kind::Credits(event) => event.summary(self, about),
        }
    }

    fn invoice_summary(&self, event: InvoiceEvent, about: &str) -> String {
        let happened = match event {
            InvoiceEvent::Created => "is being drafted",
            InvoiceEvent::Finalized => "was finalized",
            InvoiceEvent::Updated => "changed",
            InvoiceEvent::Paid => "was settled",
            InvoiceEvent::PaymentSucceeded => "was paid",
            InvoiceEvent::PaymentFailed => "could not be collected: the payment failed",
            InvoiceEvent::PaymentActionRequired => {
                "could not be collected: the payment needs authentication"
            }
            InvoiceEvent::Voided => "was voided",
            InvoiceEvent::MarkedUncollectible => "was marked uncollectible; it is still unpaid",
            InvoiceEvent::Deleted => "was deleted as a draft",
            InvoiceEvent::Overdue => "passed its due date",
        };
        format!("Invoice {about} {happened}{}.", self.remainder())
    }

    /// What is left to pay, when the entry says so.
    fn remainder(&self) -> String {
        let remaining = self.changes.iter().find(|change| change.field == "amount_remaining");
        match remaining.and_then(|change| change.after.as_ref()) {
            Some(Value::Money(money)) if money.amount == 0 => "; nothing remains to pay".to_owned(),
            Some(value) => format!("; {value} remains to pay"),
            None => String::new(),
        }
    }

    /// Every field with what it is now; an entry may be about something that has no field here, such as a doubt that was settled.
    pub(super) fn listed(&self) -> String {
        if self.changes.is_empty() {
            return "no field changed".to_owned();
        }
        let fields: Vec<String> = self
            .changes
            .iter()
            .map(|change| match &change.after {
                Some(value) => format!("{} is now {value}", change.field.replace('_', " ")),
                None => format!("{} is now empty", change.field.replace('_', " ")),
            })
            .collect();
        fields.join(", ")
    }
}

/// The sentence of an announced price change.
fn price_notice(price: &str, entry: &Entry) -> String {
    let of = |field: &str| entry.changes.iter().find(|change| change.field == field);
    let amounts = of("amount").and_then(|it| it.before.as_ref().zip(it.after.as_ref()));
    let Some(((from, to), at)) = amounts.zip(of("effective_at").and_then(|it| it.after.as_ref()))
    else {
        return format!("The price {price} changes.");
    };
    format!(
        "The price {price} will be {to} instead of {from} from the first period on that begins at {at} or later, \
         and 30 days after this notice."
    )
}
