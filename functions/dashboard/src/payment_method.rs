//! `POST /billing/{id}/payment-method`: a visit to Stripe's portal, which manages payment methods.

use auth::NotAdmitted;
use billing::ids::AccountId;
use invocation::Invocation;
use plans_commands::portal::{Task, Visit, parts};
use runtime::{Request, Response};

use crate::Dashboard;
use crate::answer::see_other;
use crate::problem::not_visited;

impl Dashboard {
    pub(crate) async fn payment_method(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| parts(invocation.now);
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let id = &visitor.account;
        let return_url = format!("{}/billing/{id}/payments", self.answers.origin(request));
        let visit = Visit { task: Task::Everything, return_url };

        let visited = self.portal.visit(invocation, &visitor.caller.loaded, &visit).await;
        let visited = visited.map_err(|error| not_visited(error, id))?;

        Ok(see_other(&visited.url))
    }
}
