//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let function = credits::Credits::new(&Host::of_process(), catalog::deployed()?)?;
    runtime::serve::http(async |request| function.handle(request).await).await
}
