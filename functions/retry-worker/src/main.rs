//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = retry_worker::RetryWorker::new(host)?;
    runtime::serve::events(host, async |batch| Box::pin(function.handle(batch)).await).await
}
