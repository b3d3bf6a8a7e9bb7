//! Configuration in, function out.

use runtime::Host;
use stripe_webhook::StripeWebhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let function = StripeWebhook::new(&Host::of_process())?.start().await?;
    runtime::serve::http(async |request| function.handle(request).await).await
}
