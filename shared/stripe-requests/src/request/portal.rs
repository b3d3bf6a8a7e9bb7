//! The billing portal (D8): how it is configured, and visits to it
//! (docs.stripe.com/customer-management/configure-portal).

use std::collections::HashMap;

use billing::ids::{CustomerId, SubscriptionId};
use stripe_billing::billing_portal_configuration::{
    CreateBillingPortalConfiguration, CreateBillingPortalConfigurationFeatures as Features,
    CreateBillingPortalConfigurationFeaturesCustomerUpdate as CustomerUpdate,
    CreateBillingPortalConfigurationFeaturesCustomerUpdateAllowedUpdates as Allowed,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancel as Cancel,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancelMode as CancelMode,
    CreateBillingPortalConfigurationFeaturesSubscriptionUpdate as SubscriptionUpdate,
    InvoiceListParam, ListBillingPortalConfiguration, PaymentMethodUpdateParam,
};
use stripe_billing::billing_portal_session::{
    CreateBillingPortalSession, CreateBillingPortalSessionFlowData as FlowData,
    CreateBillingPortalSessionFlowDataAfterCompletion as AfterCompletion,
    CreateBillingPortalSessionFlowDataAfterCompletionRedirect as Redirect,
    CreateBillingPortalSessionFlowDataAfterCompletionType as AfterCompletionType,
    CreateBillingPortalSessionFlowDataSubscriptionCancel as CancelFlow,
    CreateBillingPortalSessionFlowDataType as FlowType,
};

use super::{PAGE_OBJECTS_MAX, Request};

/// The key, in a configuration's metadata, of what it is for.
pub const PORTAL_METADATA: &str = "tollgate_portal";

/// Which of our two configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portal {
    /// Details, payment methods and invoices: no change of plan and no cancellation, which would go
    /// past our rules (money rule 14).
    Managing,
    /// That, and cancelling at the end of the period: for whom the cancellation check let through.
    Cancelling,
}

/// What a customer comes to the portal for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow<'a> {
    /// All that there is.
    Home,
    /// Another payment method.
    PaymentMethodUpdate,
    /// To cancel a subscription.
    SubscriptionCancel(&'a SubscriptionId),
}

impl Portal {
    /// What its configuration is marked with. Another content needs another mark: what Stripe has
    /// is found by it and taken as it is.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Managing => "managing-1",
            Self::Cancelling => "cancelling-1",
        }
    }
}

/// `GET /v1/billing_portal/configurations`: those in use.
pub fn configurations(after: Option<&str>) -> Request {
    let list = ListBillingPortalConfiguration::new().active(true).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/billing_portal/configurations`.
pub fn create_configuration(portal: Portal) -> Request {
    let mut details = CustomerUpdate::new(true);
    details.allowed_updates =
        Some(vec![Allowed::Address, Allowed::Email, Allowed::Name, Allowed::TaxId]);
    let mut cancel = Cancel::new(portal == Portal::Cancelling);
    cancel.mode = Some(CancelMode::AtPeriodEnd);
    let mut features = Features::new();
    features.customer_update = Some(details);
    features.invoice_history = Some(InvoiceListParam::new(true));
    features.payment_method_update = Some(PaymentMethodUpdateParam::new(true));
    features.subscription_cancel = Some(cancel);
    features.subscription_update = Some(SubscriptionUpdate::new(false));
    let mark = HashMap::from([(PORTAL_METADATA.to_owned(), portal.mark().to_owned())]);
    Request::of(&CreateBillingPortalConfiguration::new(features).metadata(mark))
}

/// `POST /v1/billing_portal/sessions`. Whoever came for one thing goes back when it is done.
pub fn create_session(
    customer: &CustomerId,
    configuration: &str,
    return_url: &str,
    flow: Flow<'_>,
) -> Request {
    let session = CreateBillingPortalSession::new()
        .customer(customer.as_str())
        .configuration(configuration)
        .return_url(return_url);
    let mut flow_data = match flow {
        Flow::Home => return Request::of(&session),
        Flow::PaymentMethodUpdate => FlowData::new(FlowType::PaymentMethodUpdate),
        Flow::SubscriptionCancel(subscription) => {
            let mut flow = FlowData::new(FlowType::SubscriptionCancel);
            flow.subscription_cancel = Some(CancelFlow::new(subscription.as_str()));
            flow
        }
    };
    let mut done = AfterCompletion::new(AfterCompletionType::Redirect);
    done.redirect = Some(Redirect::new(return_url));
    flow_data.after_completion = Some(done);
    Request::of(&session.flow_data(flow_data))
}
