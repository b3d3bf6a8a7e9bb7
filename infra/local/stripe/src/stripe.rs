//! Everything that one Stripe account holds, and the few things that all of its parts do: tell the
//! time, tell what happened, and put down what falls due.
//!
//! It does no input or output, and reads no clock: the time is told with each request and each run.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agenda::{Agenda, Task};
use crate::balance::BalanceTransaction;
use crate::charges::Charge;
use crate::checkout::CheckoutSession;
use crate::coupons::Coupon;
use crate::credit_notes::CreditNote;
use crate::customers::Customer;
use crate::deliveries::Deliveries;
use crate::disputes::Dispute;
use crate::endpoints::WebhookEndpoint;
use crate::events::Event;
use crate::faults::Faults;
use crate::frozen::Frozen;
use crate::ids::Ids;
use crate::invoice_items::InvoiceItem;
use crate::invoice_payments::InvoicePayment;
use crate::invoices::Invoice;
use crate::payment_intents::PaymentIntent;
use crate::payment_methods::PaymentMethod;
use crate::payment_records::PaymentRecord;
use crate::portal::{PortalConfiguration, PortalSession};
use crate::prices::Price;
use crate::products::Product;
use crate::rates::Buckets;
use crate::refunds::Refund;
use crate::schedules::Schedule;
use crate::settings::Settings;
use crate::setup_intents::SetupIntent;
use crate::shelf::{Object, Shelf};
use crate::subscriptions::Subscription;
use crate::tax_ids::TaxId;
use crate::tax_rates::TaxRate;
use crate::test_clocks::TestClock;
use crate::{
    checkout, disputes, invoices, payment_intents, refunds, schedules, subscriptions, tax_ids,
    test_clocks,
};

/// One Stripe account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stripe {
    pub settings: Settings,
    pub ids: Ids,
    pub customers: Shelf<Customer>,
    pub tax_ids: Shelf<TaxId>,
    pub balance_transactions: Shelf<BalanceTransaction>,
    pub products: Shelf<Product>,
    pub prices: Shelf<Price>,
    pub tax_rates: Shelf<TaxRate>,
    pub coupons: Shelf<Coupon>,
    pub payment_methods: Shelf<PaymentMethod>,
    pub setup_intents: Shelf<SetupIntent>,
    pub payment_intents: Shelf<PaymentIntent>,
    pub charges: Shelf<Charge>,
    pub refunds: Shelf<Refund>,
    pub disputes: Shelf<Dispute>,
    pub subscriptions: Shelf<Subscription>,
    pub schedules: Shelf<Schedule>,
    pub invoices: Shelf<Invoice>,
    pub invoice_items: Shelf<InvoiceItem>,
    pub invoice_payments: Shelf<InvoicePayment>,
    pub payment_records: Shelf<PaymentRecord>,
    pub credit_notes: Shelf<CreditNote>,
    pub checkout_sessions: Shelf<CheckoutSession>,
    pub portal_sessions: Shelf<PortalSession>,
    pub portal_configurations: Shelf<PortalConfiguration>,
    pub test_clocks: Shelf<TestClock>,
    pub endpoints: Shelf<WebhookEndpoint>,
    pub events: Shelf<Event>,
    pub deliveries: Deliveries,
    pub faults: Faults,
    /// Its rate limits.
    pub rates: Buckets,
    /// The simulator's time, as it was last told.
    now: Timestamp,
    agenda: Agenda,
    test_agendas: BTreeMap<String, Agenda>,
    /// What made the events of this moment: request id and idempotency key.
    cause: Option<(String, Option<String>)>,
}

impl Stripe {
    /// An account without anything in it. The seed fixes all ids and random choices.
    pub fn new(settings: Settings, seed: u64, now: Timestamp) -> Self {
        Self {
            settings,
            ids: Ids::new(seed),
            customers: Shelf::default(),
            tax_ids: Shelf::default(),
            balance_transactions: Shelf::default(),
            products: Shelf::default(),
            prices: Shelf::default(),
            tax_rates: Shelf::default(),
            coupons: Shelf::default(),
            payment_methods: Shelf::default(),
            setup_intents: Shelf::default(),
            payment_intents: Shelf::default(),
            charges: Shelf::default(),
            refunds: Shelf::default(),
            disputes: Shelf::default(),
            subscriptions: Shelf::default(),
            schedules: Shelf::default(),
            invoices: Shelf::default(),
            invoice_items: Shelf::default(),
            invoice_payments: Shelf::default(),
            payment_records: Shelf::default(),
            credit_notes: Shelf::default(),
            checkout_sessions: Shelf::default(),
            portal_sessions: Shelf::default(),
            portal_configurations: Shelf::default(),
            test_clocks: Shelf::default(),
            endpoints: Shelf::default(),
            events: Shelf::default(),
            deliveries: Deliveries::default(),
            faults: Faults::new(seed),
            rates: Buckets::default(),
            now,
            agenda: Agenda::default(),
            test_agendas: BTreeMap::new(),
            cause: None,
        }
    }

    /// The simulator's time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The time of a customer: that of its test clock, where it has one.
    pub fn time_of(&self, customer: Option<&str>) -> Timestamp {
        let clock = customer.and_then(|id| self.customers.get(id)?.test_clock.as_deref());
        self.time_on(clock)
    }

    /// The time on a test clock, or the simulator's.
    pub fn time_on(&self, clock: Option<&str>) -> Timestamp {
        clock.and_then(|id| self.test_clocks.get(id)).map_or(self.now, TestClock::time)
    }

    /// Puts down what falls due by the time of a customer.
    pub fn schedule(&mut self, customer: Option<&str>, at: Timestamp, task: Task) {
        let clock = customer.and_then(|id| self.customers.get(id)?.test_clock.clone());
        match clock {
            Some(clock) => self.test_agendas.entry(clock).or_default().put(at, task),
            None => self.agenda.put(at, task),
        }
    }

    /// Time at which the next task falls due by the simulator's own clock.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// Runs what is due by then, in order. Time stands at each task's own while it runs.
    pub fn run_due(&mut self, now: Timestamp) {
        while let Some((at, task)) = self.agenda.take_due(now) {
            self.now = self.now.max(at);
            run(self, task);
        }
        self.now = self.now.max(now);
        crate::events_api::forget_old(self);
    }

    /// Runs what is due on a test clock by then; its time stands at each task's own while it runs.
    pub fn run_test_clock(&mut self, clock: &str, to: Timestamp) {
        while let Some((at, task)) =
            self.test_agendas.get_mut(clock).and_then(|agenda| agenda.take_due(to))
        {
            if let Some(clock) = self.test_clocks.get_mut(clock) {
                clock.arrive(at);
            }
            run(self, task);
        }
    }

    /// A test clock is gone, and what was due on it.
    pub fn forget_test_clock(&mut self, clock: &str) {
        self.test_clocks.remove(clock);
        self.test_agendas.remove(clock);
    }

    /// Tells that a request is the cause of what happens next, at this time.
    pub fn begin(&mut self, now: Timestamp, request: &str, idempotency_key: Option<&str>) {
        self.now = self.now.max(now);
        self.cause = Some((request.to_owned(), idempotency_key.map(str::to_owned)));
    }

    /// Tells that nobody's request is the cause of what happens next.
    pub fn end(&mut self) {
        self.cause = None;
    }

    /// Tells what happened to an object, to all endpoints that want to know.
    pub fn emit(&mut self, kind: &'static str, object: Value) {
        self.emit_change(kind, object, None);
    }

    /// Tells that an object changed from one state to another; nothing when it did not.
    pub fn emit_update(&mut self, kind: &'static str, before: &Value, after: Value) {
        let previous = crate::events::difference(before, &after);
        if previous.as_object().is_some_and(|previous| !previous.is_empty()) {
            self.emit_change(kind, after, Some(previous));
        }
    }

    /// Tells what happened to an object, with what it was like before. It happens on the clock of
    /// its customer, or of its invoice's.
    pub fn emit_change(&mut self, kind: &'static str, object: Value, previous: Option<Value>) {
        let invoice = object.get("invoice").and_then(Value::as_str);
        let invoice = invoice.and_then(|id| self.invoices.get(id)).map(|it| it.customer.as_str());
        let customer = object.get("customer").and_then(Value::as_str).or(invoice);
        let customer = customer.map(str::to_owned);
        let clock = object.get("test_clock").and_then(Value::as_str);
        let created =
            if clock.is_some() { self.time_on(clock) } else { self.time_of(customer.as_deref()) };
        let id = self.ids.next("evt");
        let cause = self.cause.clone();
        let object = Frozen::from(object);
        let kind = kind.into();
        let event = Event { id, kind, created, told: self.now, object, previous, cause };
        crate::deliveries::announce(self, &event);
        self.events.add(event);
    }

    /// An object as it is shown now; null when it is not there.
    pub fn shown<T: Object>(&self, of: impl Fn(&Self) -> &Shelf<T>, id: &str) -> Value {
        of(self).get(id).map_or(Value::Null, |object| object.json(self))
    }
}

/// Does what falls due. What has been settled or deleted meanwhile makes it do nothing.
fn run(stripe: &mut Stripe, task: Task) {
    match task {
        Task::FinalizeInvoice(id) => invoices::finalize_due(stripe, &id),
        Task::CollectInvoice(id) => invoices::collect_due(stripe, &id),
        Task::InvoiceDue(id) => invoices::due_date_passed(stripe, &id),
        Task::SubscriptionPeriod(id) => subscriptions::period_due(stripe, &id),
        Task::TrialWillEnd(id) => subscriptions::trial_will_end(stripe, &id),
        Task::SubscriptionExpires(id) => subscriptions::incomplete_expires(stripe, &id),
        Task::PendingUpdateExpires(id) => subscriptions::pending_update_expires(stripe, &id),
        Task::SchedulePhase(id) => schedules::phase_due(stripe, &id),
        Task::PaymentSettles(id) => payment_intents::settle(stripe, &id),
        Task::RefundSettles(id) => refunds::settle(stripe, &id),
        Task::DisputeMoves(id) => disputes::move_on(stripe, &id),
        Task::CheckoutExpires(id) => checkout::expire_due(stripe, &id),
        Task::TaxIdVerified(id) => tax_ids::verified(stripe, &id),
        Task::TestClockArrives(id) => test_clocks::arrive(stripe, &id),
    }
}
