//! `cargo run -p local`: the whole cloud in one process, for a person.

mod arguments;
mod stop;

use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arguments::{Asked, KeyAsked};
use local::push::Push;
use local::{Options, bootstrap, push, send};
use runtime::Environment;
use stop::Stop;
use tracing::Level;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match arguments::read() {
        Asked::Run(options) => run(*options).await,
        Asked::Send(letters) => post(letters).await,
        Asked::Key(asked) => key(&asked),
        Asked::Push(asked) => put(&asked).await,
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // Without a terminal there is nobody to tell.
    let _ = writeln!(stderr(), "{error}");
    ExitCode::FAILURE
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let started = Arc::new(AtomicBool::new(false));
    log_after(started.clone());
    let cloud = local::start(options).await?;
    started.store(true, Ordering::Relaxed);
    let mut stop = Stop::listen()?;
    let info = cloud.information();
    let text = |name: &str| info.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let dashboard = info.pointer("/demo/dashboard_url").and_then(|url| url.as_str());
    let mut out = stdout();
    writeln!(out, "\nTollgate runs here, and on this machine only:\n")?;
    for (title, value) in [
        ("Dashboard", dashboard.unwrap_or_default()),
        ("Staff desk", text("staff_desk_url")),
        ("Gateway", text("gateway")),
        ("Control page", text("control")),
        ("Stripe", text("stripe")),
        ("DynamoDB", text("dynamodb")),
        ("SQS", text("sqs")),
        ("Webhook secret", text("webhook_secret")),
        ("Vendor key", cloud.vendor_key()),
        ("Staff key", cloud.staff_key()),
        ("Support key", cloud.support_key()),
        ("Clock", text("now")),
    ] {
        writeln!(out, "  {title:<15} {value}")?;
    }
    if let Some(world) = cloud.world() {
        writeln!(out, "  {:<15} {}", "World kept in", world.display())?;
    }
    writeln!(out, "\nSend events with: cargo run -p local -- send FILE...    Stop with Ctrl-C.\n")?;
    stop.asked().await;
    // Keeping waits for a quiet point; who stops it once more does not.
    tokio::select! {
        kept = cloud.keep() => kept?,
        () = stop.asked() => {}
    }
    Ok(())
}

/// Logs to the terminal as text. Until the start is over warnings only: what made the demo data is
/// not news.
fn log_after(started: Arc<AtomicBool>) {
    let shown = dynamic_filter_fn(move |metadata, _| {
        let least = if started.load(Ordering::Relaxed) { Level::INFO } else { Level::WARN };
        *metadata.level() <= least
    });
    let text = tracing_subscriber::fmt::layer().with_target(false);
    tracing_subscriber::registry().with(text.with_filter(shown)).init();
}

async fn post(letters: send::Letters) -> Result<(), Box<dyn Error>> {
    let mut out = stdout();
    let mut written = Ok(());
    let sent = send::send(&letters, |answered| {
        let send::Answered { id, kind, status, body } = answered;
        let line = writeln!(out, "{status}  {kind:<36} {id}  {body}");
        written = written.as_ref().map_or_else(|_| Ok(()), |()| line);
    });
    sent.await?;
    Ok(written?)
}

/// Writes each step, also those before a failure.
async fn put(asked: &Push) -> Result<(), Box<dyn Error>> {
    let (mut lines, mut changes) = (Vec::new(), 0_usize);
    let pushed = push::push(asked, &Environment::of_process(), |step| {
        changes = changes.saturating_add(usize::from(step.changes()));
        lines.push(step.to_string());
    })
    .await;
    let mut out = stdout();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    pushed?;
    let done = match (changes, asked.dry_run) {
        (0, _) => "Stripe sells what the catalog says: there is nothing to do.".to_owned(),
        (changes, true) => format!("{changes} to be done; nothing was changed."),
        (changes, false) => format!("{changes} done."),
    };
    writeln!(out, "{done}")?;
    Ok(())
}

fn key(asked: &KeyAsked) -> Result<(), Box<dyn Error>> {
    let (key, item) = bootstrap::key(
        &asked.scope,
        asked.name.as_deref(),
        asked.account.as_deref(),
        asked.role.as_deref(),
    )?;
    let mut out = stdout();
    writeln!(out, "The key, shown once: {key}")?;
    writeln!(out, "Its item, for `aws dynamodb put-item --table-name ... --item`:\n{item}")?;
    Ok(())
}
