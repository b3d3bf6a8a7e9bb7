//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = event_delivery::EventDelivery::new(host)?;
    runtime::serve::events(host, async |event| function.handle(event).await).await
}
