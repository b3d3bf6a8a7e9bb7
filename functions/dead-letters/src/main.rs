//! Configuration in, function out.

use runtime::Host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = dead_letters::DeadLetters::new(host)?;
    let handle = async |batch| Ok::<_, std::convert::Infallible>(function.handle(batch).await);
    runtime::serve::events(host, handle).await
}
