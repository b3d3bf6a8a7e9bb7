//! `GET /v1/accounts/{id}/access`

use runtime::{EnvironmentError, Host, Problem, Request, Response};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Access;

impl Access {
    /// Built from its configuration.
    pub fn new(_host: &Host) -> Result<Self, EnvironmentError> {
        Ok(Self)
    }

    /// One request.
    pub async fn handle(&self, _request: Request) -> Response {
        Problem::internal().response()
    }
}
