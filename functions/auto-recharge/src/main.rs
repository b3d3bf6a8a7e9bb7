//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let function = auto_recharge::AutoRecharge::new(&Host::of_process(), catalog::deployed()?)?;
    runtime::serve::events(async |event| function.handle(event).await).await
}
