//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = events::Events::new(host)?;
    runtime::serve::http(host, async |request| Box::pin(function.handle(request)).await).await
}
