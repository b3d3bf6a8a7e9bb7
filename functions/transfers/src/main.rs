//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = transfers::Transfers::new(host)?;
    runtime::serve::http(host, async |request| function.handle(request).await).await
}
