//! `GET /v1/staff/disputes`: open disputes of any payment, by deadline (F6).

use billing::dispute::DisputePosition;
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use views::disputes::DisputeView;

use crate::Staff;

impl Staff {
    pub(crate) async fn disputes(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let store = self.plans.store();
        auth::caller(invocation, store, request, &[]).await?;
        let behind = cursor::read(request, invocation.now)?;
        let place = |text: String| DisputePosition::parse(&text).ok_or_else(cursor::invalid);
        let behind = behind.map(place).transpose()?;

        let window = (behind.as_ref(), query::limit(request));
        let found = store.disputes(invocation, window).await;
        let (disputes, end) = found.map_err(|error| auth::problem(&error))?;

        let next = end.map(|place| cursor::write(request, &place.text(), invocation.now));
        let data = disputes.iter().map(|(account, it)| DisputeView::of(account, it)).collect();
        Ok(Response::json(200, &Page { data, next_cursor: next }))
    }
}
