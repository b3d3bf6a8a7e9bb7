//! `/staff/disputes`.

use auth::{StaffNotAdmitted, problem};
use billing::dispute::DisputePosition;
use invocation::Invocation;
use pages::staff::disputes::DisputesPage;
use runtime::{Request, Response};

use crate::Dashboard;
use crate::answer::html;
use crate::staff::frame;

/// Disputes of a page.
const DISPUTES: usize = 25;
/// Disputes that the home page counts.
pub(super) const COUNTED: usize = 100;

impl Dashboard {
    pub(super) async fn staff_disputes(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let behind = request.query.get("behind").and_then(|text| DisputePosition::parse(text));

        let found = self.store.disputes(invocation, (behind.as_ref(), DISPUTES)).await;
        let (disputes, end) = found.map_err(|error| problem(&error))?;

        let next = end.map(|place| {
            // `#` begins a fragment in an address.
            format!("/staff/disputes?behind={}", place.text().replace('#', "%23"))
        });
        let page = DisputesPage { disputes, next, stripe: self.stripe_dashboard() };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }
}
