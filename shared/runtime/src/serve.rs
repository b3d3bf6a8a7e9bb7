//! The loops that `main.rs` runs in Lambda: an event in, an answer out.

use std::future::Future;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{Request, Response};

/// Serves an HTTP function.
pub async fn http<F, A>(handle: F) -> Result<(), Error>
where
    F: Fn(Request) -> A,
    A: Future<Output = Response>,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        // Boxed: the future of a function is too deep to be laid out within another.
        let answer = Box::pin(handle(event.payload.into())).await;
        Ok::<ApiGatewayV2httpResponse, Error>(answer.into())
    }))
    .await
}

/// Serves a function that takes any other event, such as a batch from SQS.
pub async fn events<F, E, A, O>(handle: F) -> Result<(), Error>
where
    F: Fn(E) -> A,
    E: DeserializeOwned,
    A: Future<Output = O>,
    O: Serialize,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<E>| {
        Ok::<O, Error>(Box::pin(handle(event.payload)).await)
    }))
    .await
}
