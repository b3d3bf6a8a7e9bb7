//! Starting the cloud: ports, the table, queues, functions and the gateway, from template.yaml.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::{Router, middleware};
use billing::time::Timestamp;
use bytes::Bytes;
use catalog::{Catalog, CatalogError};
use dynoxide::Database;
use http::{HeaderValue, Request};
use runtime::entropy::NoEntropy;
use runtime::environment::{
    AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SECRETS_MANAGER,
    AWS_ENDPOINT_URL_SESV2, AWS_ENDPOINT_URL_SQS, AWS_REGION, AWS_SECRET_ACCESS_KEY,
    DASHBOARD_ENTRY_URL, DASHBOARD_ORIGIN, LOOPBACK_ENDPOINTS, RETURN_ORIGINS, STAFF_ENTRY_URL,
    STRIPE_API_URL, STRIPE_KEY_SECRET_ID, STRIPE_PAGE_ORIGINS,
};
use runtime::{Entropy, Host};
use stripe_simulator::rates::Rates;
use tokio::net::TcpListener;

use crate::clock::VirtualClock;
use crate::control;
use crate::deliveries::Deliveries;
use crate::demo;
use crate::directory::Directory;
use crate::door;
use crate::entry::{sign_in_page, staff_page};
use crate::gate::{self, Gate, Limits, Tag};
use crate::gateway::Gateway;
use crate::handler::HandlerError;
use crate::keys::{KeyRing, Keys};
use crate::outbox::{self, Outbox};
use crate::pool::Pool;
use crate::ports::{Addresses, Bound, Ports};
use crate::push::{self, PushError};
use crate::schedules::Schedules;
use crate::secrets::Secrets;
use crate::sign::signature;
use crate::sqs::{self, Pump, Queues};
use crate::streams::Streams;
use crate::table::{self, TableError};
use crate::tasks::Tasks;
use crate::template::{Places, Template, TemplateError};
use crate::timeline::Timeline;
use crate::webhook::{self, Webhook};
use crate::world_file::WorldFileError;

/// What is deployed.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The key that functions call the simulator with, which takes any of its form.
pub(crate) const STRIPE_KEY: &str = "sk_test_tollgate_local";

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The clock's time, frozen; wall time when absent.
    pub clock: Option<Timestamp>,
    /// What all randomness comes from; the operating system when absent.
    pub seed: Option<u64>,
    /// Which ports to take.
    pub ports: Ports,
    /// True if accounts and events are made for a person to look at.
    pub demo: bool,
    /// Directory in which the world is kept; in memory only when absent.
    pub data: Option<PathBuf>,
    /// Another template than the project's own.
    pub template: Option<String>,
    /// True if schedules also fire when they would find nothing.
    pub fires_idle: bool,
    /// Another catalog than the one that the functions are built with.
    pub catalog: Option<Catalog>,
}

/// The cloud did not start; nothing of it runs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template cannot be wired.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The embedded table could not be made.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A function does not start with the template's configuration.
    #[error(transparent)]
    Function(#[from] HandlerError),
    /// No port could be had.
    #[error("not started: {0}")]
    Port(#[source] std::io::Error),
    /// The catalog is wrong.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// What is sold could not be put into the simulator.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The directory in which the world is kept.
    #[error(transparent)]
    WorldFile(#[from] WorldFileError),
    /// No randomness for keys.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub addresses: Addresses,
    pub template: Template,
    pub places: Places,
    pub clock: VirtualClock,
    pub timeline: Arc<Timeline>,
    pub queues: Arc<Queues>,
    pub streams: Arc<Streams>,
    pub outbox: Arc<Outbox>,
    pub gate: Arc<Gate>,
    pub pool: Arc<Pool>,
    pub gateway: Arc<Gateway>,
    pub stripe: stripe_simulator::Running,
    pub webhook: Arc<Webhook>,
    pub deliveries: Arc<Deliveries>,
    pub directory: Arc<Directory>,
    pub secrets: Arc<Secrets>,
    pub keys: KeyRing,
    pub environment: BTreeMap<String, String>,
    pub entropy: Entropy,
    pub demo: AtomicBool,
}

/// Starts everything but the gateway's port, whose listener is handed back: who connects before it
/// is opened waits.
pub(crate) async fn start(
    options: Options,
) -> Result<(Arc<Cloud>, Tasks, TcpListener), StartError> {
    let system = Entropy::system();
    let hidden = system.bytes()?;
    let mut bound = Bound::bind(options.ports, hidden).await.map_err(StartError::Port)?;
    let addresses = bound.addresses();
    let places = Places::new(addresses.sqs.clone());
    let text = options.template.as_deref().unwrap_or(TEMPLATE);
    let template = Template::read(text, &places)?;
    let catalog = options.catalog.map_or_else(catalog::deployed, Ok)?;
    let entropy = Entropy::seeded(options.seed.unwrap_or_else(|| system.below(u64::MAX)));
    let clock = VirtualClock::new(options.clock);
    if options.demo {
        clock.set_back(demo::HISTORY_SECONDS);
    }
    let database = table::create(&template.tables)?;
    let keys = Keys::generate(&entropy)?;
    keys.install(&database, &template)?;
    let secrets = Arc::new(Secrets::default());
    secrets.set(&webhook_secret_arn(&template, &places), vec![keys.webhook_secret.clone()]);
    if let Some(arn) = stripe_key_arn(&template) {
        secrets.set(arn, vec![STRIPE_KEY.to_owned()]);
    }
    let seed = options.seed.unwrap_or_else(|| system.below(u64::MAX));
    let stripe = simulator(bound.stripe.take(), seed, &clock).await?;
    // Before anybody listens: what is sold is no news.
    push::fill(stripe.simulator(), &catalog).await?;
    let base = Base {
        template,
        catalog,
        places,
        addresses,
        clock,
        entropy,
        keys,
        secrets,
        stripe,
        database: database.clone(),
        fires_idle: options.fires_idle,
    };
    let cloud = Arc::new(wire(base));
    cloud.demo.store(options.demo, Ordering::Relaxed);
    cloud.pool.warm_up()?;
    let (tasks, gateway) = run(&cloud, bound, database);
    Ok((cloud, tasks, gateway))
}

/// Stripe, by this cloud's clock. It delivers nothing by itself: the timeline says when.
async fn simulator(
    listener: Option<TcpListener>,
    seed: u64,
    clock: &VirtualClock,
) -> Result<stripe_simulator::Running, StartError> {
    let clock = clock.clone();
    let options = stripe_simulator::Options::new(seed, Arc::new(move || clock.now()));
    // As if an automation for it were set up at Stripe: `invoice.overdue` is one of the types that
    // we use.
    let settings = stripe_simulator::Settings { tells_overdue: true, ..options.settings };
    let options = stripe_simulator::Options { listener, settings, delivers: false, ..options };
    stripe_simulator::start(options).await.map_err(StartError::Port)
}

/// What everything else stands on.
struct Base {
    template: Template,
    catalog: Catalog,
    places: Places,
    addresses: Addresses,
    clock: VirtualClock,
    entropy: Entropy,
    keys: Keys,
    secrets: Arc<Secrets>,
    stripe: stripe_simulator::Running,
    database: Database,
    fires_idle: bool,
}

#[expect(clippy::too_many_lines, reason = "a list: each part of the cloud once")]
fn wire(base: Base) -> Cloud {
    let Base {
        template, catalog, places, addresses, clock, entropy, keys, secrets, stripe, ..
    } = base;
    let database = base.database;
    let gate = Gate::new(clock.clone(), places.clone(), entropy.clone(), (&template, database));
    let gate = Arc::new(gate);
    let environment = environment(&places, &addresses);
    let pool = Arc::new(Pool::new(
        &template.functions,
        &environment,
        gate.clone(),
        clock.for_functions(),
        entropy.clone(),
        catalog,
    ));
    let queues = Arc::new(Queues::new(&template.queues, clock.clone(), entropy.clone()));
    let schedules =
        Schedules::new(template.schedules.clone(), pool.clone(), (queues.clone(), clock.now()));
    let schedules = if base.fires_idle { schedules.firing_idle() } else { schedules };
    let pump = Pump::new(template.mappings.clone(), queues.clone(), pool.clone(), places.clone());
    let deliveries = Arc::new(Deliveries::default());
    let directory = Arc::new(Directory::default());
    let gateway = Arc::new(Gateway::new(
        (template.routes.clone(), template.cors.clone()),
        pool.clone(),
        clock.clone(),
        entropy.clone(),
        deliveries.clone(),
        directory.clone(),
    ));
    let webhook = Arc::new(Webhook::register(
        stripe.simulator().clone(),
        (gateway.clone(), &addresses.gateway),
        secrets.clone(),
        webhook_secret_arn(&template, &places),
    ));
    let streams = Arc::new(Streams::new(template.streams.clone(), gate.clone(), pool.clone()));
    let outbox = Arc::new(Outbox::new(clock.clone()));
    let timeline = (pump, queues.clone(), streams.clone());
    let timeline = Timeline::new(clock.clone(), schedules, timeline, webhook.clone(), gate.clone());
    Cloud {
        addresses,
        template,
        places,
        clock,
        timeline: Arc::new(timeline),
        queues,
        streams,
        outbox,
        gate,
        pool,
        gateway,
        stripe,
        webhook,
        deliveries,
        directory,
        secrets,
        keys: keys.into(),
        environment,
        entropy,
        demo: AtomicBool::new(false),
    }
}

/// The secret with the keys that Stripe is called with: the one that functions are given as such.
pub(crate) fn stripe_key_arn(template: &Template) -> Option<&str> {
    let mut functions = template.functions.values();
    let given = functions.find_map(|function| function.environment.get(STRIPE_KEY_SECRET_ID));
    given.map(String::as_str)
}

/// The secret with the webhook's signing secrets: the other one.
pub(crate) fn webhook_secret_arn(template: &Template, places: &Places) -> String {
    let mut arns = template.secrets.iter().map(|name| places.secret_arn(name));
    arns.find(|arn| Some(arn.as_str()) != stripe_key_arn(template)).unwrap_or_default()
}

/// What AWS sets for every function, with the endpoints of this cloud, its Stripe and its pages.
fn environment(places: &Places, addresses: &Addresses) -> BTreeMap<String, String> {
    let entry = sign_in_page(&addresses.gateway);
    let staff_entry = staff_page(&addresses.gateway);
    [
        (AWS_REGION, places.region),
        (AWS_ACCESS_KEY_ID, "local"),
        (AWS_SECRET_ACCESS_KEY, "local"),
        (AWS_ENDPOINT_URL_DYNAMODB, &addresses.table),
        (AWS_ENDPOINT_URL_SQS, &addresses.sqs),
        (AWS_ENDPOINT_URL_SECRETS_MANAGER, &addresses.secrets_manager),
        // The two share a port.
        (AWS_ENDPOINT_URL_SESV2, &addresses.secrets_manager),
        (LOOPBACK_ENDPOINTS, "allowed"),
        (STRIPE_API_URL, &addresses.stripe),
        (RETURN_ORIGINS, &addresses.gateway),
        (DASHBOARD_ORIGIN, &addresses.gateway),
        (DASHBOARD_ENTRY_URL, &entry),
        (STAFF_ENTRY_URL, &staff_entry),
        (STRIPE_PAGE_ORIGINS, &addresses.stripe),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn run(cloud: &Arc<Cloud>, bound: Bound, database: Database) -> (Tasks, TcpListener) {
    let mut tasks = Tasks::default();
    let stopped = tasks.stopped();
    Tasks::serve(async move {
        let served = dynoxide::server::serve_with_shutdown(bound.table, database, stopped).await;
        if let Err(error) = served {
            tracing::error!("the embedded DynamoDB stopped: {error}");
        }
    });
    serve(&tasks, bound.dynamodb, door::to(cloud.addresses.table.clone()));
    let queues = sqs::serve(cloud.queues.clone(), cloud.places.clone());
    serve(&tasks, bound.sqs, queues);
    let secrets = crate::secrets::serve(cloud.secrets.clone());
    let secrets = secrets.merge(outbox::serve(cloud.outbox.clone()));
    serve(&tasks, bound.secrets_manager, secrets);
    tasks.run(cloud.timeline.clone().keep());
    (tasks, bound.gateway)
}

/// Opens the gateway's port.
pub(crate) fn open(cloud: &Arc<Cloud>, tasks: &Tasks, gateway: TcpListener) {
    serve(tasks, gateway, control::serve(cloud.clone()));
}

/// Serves a port of this machine, to nobody from elsewhere.
fn serve(tasks: &Tasks, listener: TcpListener, router: Router) {
    let router = router.layer(middleware::from_fn(door::only_this_machine));
    let stopped = tasks.stopped();
    Tasks::serve(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        if let Err(error) = served {
            tracing::error!("a server of local mode stopped: {error}");
        }
    });
}

impl Cloud {
    /// Lets limits of AWS and of Stripe hold from now on.
    pub fn limit(&self, limits: Limits, rates: Option<Rates>, seed: u64) {
        self.gate.set_limits(limits);
        let chance = limits.disorder.then(|| Entropy::seeded(seed));
        self.streams.set_disorder(chance.clone());
        self.queues.set_disorder(chance);
        self.stripe.with_engine(|engine| engine.stripe.rates.set(rates));
    }

    /// All signing secrets of the webhook, the newest first.
    pub fn webhook_secrets(&self) -> Vec<String> {
        let arn = webhook_secret_arn(&self.template, &self.places);
        self.secrets.get(&arn).unwrap_or_default()
    }

    /// The request of an event, signed at the clock's time; without a signature while there is no
    /// secret to sign with.
    pub fn event_request(&self, body: Bytes) -> Request<Bytes> {
        let header = signature(&self.webhook_secrets(), self.clock.now(), &body);
        let header = header.ok().and_then(|header| HeaderValue::from_str(&header).ok());
        webhook::request(body, header)
    }

    /// A host as functions get it, with the environment of one of them, for tests of adapters. Its
    /// calls pass the gate as calls outside of any invocation.
    pub fn host(&self, function: &str) -> Host {
        let function_of_template = self.template.functions.get(function);
        let own = function_of_template.map(|function| function.environment.clone());
        let mut environment = own.unwrap_or_default();
        environment.extend(self.environment.clone());
        Host {
            environment: environment.into_iter().collect(),
            clock: self.clock.for_functions(),
            entropy: self.entropy.clone(),
            http: gate::http_client(self.gate.clone(), Tag::new(function)),
            sleep: gate::endless_sleep(),
            stopwatch: runtime::Stopwatch::unlimited(),
        }
    }
}
