//! Who does what falls due.

use crate::agenda::Task;
use crate::stripe::Stripe;
use crate::{
    checkout, disputes, invoices, payment_intents, refunds, schedules, subscriptions, tax_ids,
    test_clocks,
};

/// Does it. What has been settled or deleted meanwhile makes it do nothing.
pub fn run(stripe: &mut Stripe, task: Task) {
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
