//! The loops that `main.rs` runs in Lambda: an event and its deadline in, an answer out.

use std::future::Future;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{Request, Response};
use crate::{Host, edge};

/// Serves an HTTP function on its host.
pub async fn http<F, A>(host: &Host, handle: F) -> Result<(), Error>
where
    F: Fn(Request) -> A,
    A: Future<Output = Response>,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        host.stopwatch.ends_at(event.context.deadline);
        #[expect(
            clippy::redundant_closure,
            reason = "lent by itself, it could be called once only"
        )]
        let answer = edge::answered(event.payload.into(), |it| handle(it)).await;
        Ok::<ApiGatewayV2httpResponse, Error>(answer.into())
    }))
    .await
}

/// Serves a function on its host that takes any other event, such as a batch from SQS.
pub async fn events<F, E, A, O, N>(host: &Host, handle: F) -> Result<(), Error>
where
    F: Fn(E) -> A,
    E: DeserializeOwned,
    A: Future<Output = Result<O, N>>,
    O: Serialize,
    N: std::error::Error + Send + Sync + 'static,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<E>| {
        host.stopwatch.ends_at(event.context.deadline);
        Box::pin(handle(event.payload)).await.map_err(Error::from)
    }))
    .await
}
