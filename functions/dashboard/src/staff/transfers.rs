//! `/staff/transfers`.

use auth::{StaffNotAdmitted, problem};
use invocation::Invocation;
use pages::staff::transfers::TransfersPage;
use runtime::{Request, Response};
use transfers_commands::waiting::waiting;

use crate::Dashboard;
use crate::answer::html;
use crate::staff::frame;

impl Dashboard {
    pub(super) async fn staff_transfers(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let waiting = waiting(&self.store, invocation).await.map_err(|error| problem(&error))?;

        let waiting = waiting.into_iter().map(|it| (it.account, it.advice)).collect();
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, TransfersPage { waiting }.page(&frame)))
    }
}
