//! Fields of each act's form.

use billing::fact::Collection;
use billing::staff::StaffAct;
use maud::{Markup, html};

use crate::form::{self, Field, Ticked, Trouble, tick};
use crate::payments::INVOICE_BOX;
use crate::recharge::plain;
use crate::staff::act::ActPage;
use crate::staff::frame::StaffFrame;

impl ActPage {
    pub(crate) fn fields(&self, frame: &StaffFrame) -> Markup {
        let trouble = frame.trouble.as_ref();
        let line = |name, label, hint, value: &str| {
            Field { name, label, hint, value, ..Field::default() }.shown(trouble)
        };
        match self.act {
            StaffAct::Hold => html! {
                (line("hold_until", "Hold until", "A date such as 2026-12-24: nothing is disabled \
                    before it. Empty for none.", ""))
                (line("days", "Days of grace", "0 to 365, from overdue to disabled. Empty for \
                    none.", ""))
            },
            StaffAct::Collection => self.collection(trouble),
            StaffAct::Plan => self.plan(trouble),
            StaffAct::Credits => {
                line("tokens", "Tokens", "A whole number; with − or - it removes.", "")
            }
            StaffAct::Usage => self.usage(trouble),
            StaffAct::CreditNote => self.credit_note(trouble),
            StaffAct::Receipt => html! {
                (self.money(trouble, "")) (self.invoices(trouble))
            },
            StaffAct::Prepayment => self.money(trouble, ""),
            StaffAct::ReversePrepayment => html! {
                @if self.prepayments.is_empty() { p { "No prepayment has an unused rest." } }
                (form::select(&Field { name: "prepayment", label: "Prepayment", ..Field::default() },
                    &self.prepayments, trouble))
            },
            StaffAct::Approve => self.approve(trouble),
            StaffAct::Reject => html! {
                (form::hidden("advice", self.advice.as_ref().map_or("", |advice| &advice.id)))
            },
            StaffAct::SubAccountLimit => line("accounts", "Sub-accounts", "Most sub-accounts.", ""),
            StaffAct::Terminate
            | StaffAct::Close
            | StaffAct::ConvertToParent
            | StaffAct::ConvertToStandard
            | StaffAct::Resend => html! {},
        }
    }

    fn collection(&self, trouble: Option<&Trouble>) -> Markup {
        let (collection, days) = self.terms;
        let (now, days) = match collection {
            Collection::Automatic => ("automatic", String::new()),
            Collection::Manual => ("manual", days.to_string()),
        };
        let ways = [("automatic", "Automatic"), ("manual", "Manual, invoices are sent")];
        let ways = ways.map(|(word, name)| (word.to_owned(), name.to_owned()));
        html! {
            (form::select(&Field { name: "collection", label: "Collection", value: now,
                ..Field::default() }, &ways, trouble))
            (Field { name: "net_days", label: "Net days", hint: "1 to 365, for manual collection.",
                value: &days, ..Field::default() }.shown(trouble))
            (tick(("upfront", "It pays a year or more upfront"), typed(trouble, "upfront")))
        }
    }

    fn plan(&self, trouble: Option<&Trouble>) -> Markup {
        let (plan, seats) = &self.plan;
        let seats = seats.map(|seats| seats.to_string()).unwrap_or_default();
        let intervals = [("month", "Month"), ("year", "Year")];
        let intervals = intervals.map(|(word, name)| (word.to_owned(), name.to_owned()));
        let code = self.currency.as_str().to_ascii_uppercase();
        html! {
            div.fields {
                (form::select(&Field { name: "plan", label: "Plan", value: plan, ..Field::default()
                    }, &self.plans, trouble))
                (form::select(&Field { name: "interval", label: "Interval", ..Field::default() },
                    &intervals, trouble))
                (Field { name: "seats", label: "Seats", hint: "Empty for a plan without seats.",
                    value: &seats, ..Field::default() }.shown(trouble))
            }
            div.fields {
                (Field { name: "prices.amount", label: "Negotiated price of the plan",
                    hint: &format!("In {code}, without tax, for an interval. Empty for the \
                        catalog's."), ..Field::default() }.shown(trouble))
                (Field { name: "prices.seat_amount", label: "Negotiated price of a seat",
                    hint: &format!("In {code}, for an interval."), ..Field::default()
                    }.shown(trouble))
            }
            (tick(("partner", "The account is a partner's"), typed(trouble, "partner")))
        }
    }

    fn usage(&self, trouble: Option<&Trouble>) -> Markup {
        let month = self.today.month().to_string();
        html! {
            div.fields {
                (form::select(&Field { name: "resource", label: "Resource", ..Field::default() },
                    &self.resources, trouble))
                (Field { name: "period", label: "Month", value: &month,
                    hint: "Such as 2026-11, while it is not invoiced.", ..Field::default()
                    }.shown(trouble))
                (Field { name: "quantity", label: "Units",
                    hint: "A whole number; with − or - it takes off.", ..Field::default()
                    }.shown(trouble))
                (Field { name: "day", label: "Day", hint: "Empty spreads what is taken off over \
                    the days of the month.", kind: "date", ..Field::default() }.shown(trouble))
            }
        }
    }

    fn credit_note(&self, trouble: Option<&Trouble>) -> Markup {
        let ways = [
            ("customer_balance", "To the customer's balance, for the next invoice"),
            ("refund", "Refund to the card or account that paid"),
            ("out_of_band", "By us, outside of Stripe"),
        ];
        let ways = ways.map(|(word, name)| (word.to_owned(), name.to_owned()));
        html! {
            @if self.invoices.is_empty() { p { "There is no invoice to credit." } }
            (form::select(&Field { name: "invoice", label: "Invoice", ..Field::default() },
                &self.invoices, trouble))
            div.fields {
                (Field { name: "amount", label: "Amount with tax", ..Field::default()
                    }.shown(trouble))
                (Field { name: "currency", label: "Currency", value: self.currency.as_str(),
                    hint: "That of the invoice.", ..Field::default() }.shown(trouble))
            }
            (form::select(&Field { name: "after_payment", label: "Money that was paid goes",
                ..Field::default() }, &ways, trouble))
            (Field { name: "memo", label: "Text to the customer",
                hint: "Printed on the note. Empty for none.", ..Field::default() }.shown(trouble))
        }
    }

    fn approve(&self, trouble: Option<&Trouble>) -> Markup {
        let advice = self.advice.as_ref();
        let amount = advice.map(|advice| plain(advice.amount)).unwrap_or_default();
        let today = self.today.to_string();
        html! {
            (form::hidden("advice", advice.map_or("", |advice| &advice.id)))
            div.fields {
                (Field { name: "received", label: "Amount that was received", value: &amount,
                    hint: "In the currency of the advice.", ..Field::default() }.shown(trouble))
                (Field { name: "received_on", label: "Day on which it was received", value: &today,
                    kind: "date", ..Field::default() }.shown(trouble))
            }
        }
    }

    fn money(&self, trouble: Option<&Trouble>, amount: &str) -> Markup {
        let today = self.today.to_string();
        html! {
            div.fields {
                (Field { name: "amount", label: "Amount", value: amount, ..Field::default()
                    }.shown(trouble))
                (Field { name: "currency", label: "Currency", value: self.currency.as_str(),
                    hint: "Three letters, such as eur.", ..Field::default() }.shown(trouble))
                (Field { name: "received_on", label: "Day on which it was received", value: &today,
                    kind: "date", ..Field::default() }.shown(trouble))
                (Field { name: "reference", label: "Reference of the transfer", ..Field::default()
                    }.shown(trouble))
            }
        }
    }

    fn invoices(&self, trouble: Option<&Trouble>) -> Markup {
        html! {
            fieldset {
                legend { "Invoices that it is for" }
                @if self.unpaid.is_empty() { p { "Nothing is owed: all of it becomes a \
                    prepayment." } }
                @for (id, label) in &self.unpaid {
                    @let name = format!("{INVOICE_BOX}{id}");
                    (tick((&name, label), typed(trouble, &name)))
                }
            }
        }
    }
}

/// What was ticked before, if the form was refused.
fn typed(trouble: Option<&Trouble>, name: &str) -> Ticked {
    trouble.is_some_and(|trouble| trouble.typed.contains_key(name)).into()
}
