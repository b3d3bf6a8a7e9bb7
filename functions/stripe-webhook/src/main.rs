//! Configuration in, function out.

use runtime::Host;
use stripe_webhook::StripeWebhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::telemetry::to_json();
    let host = &Host::of_process();
    let function = StripeWebhook::new(host)?.start().await?;
    runtime::serve::http(host, async |request| Box::pin(function.handle(request)).await).await
}
