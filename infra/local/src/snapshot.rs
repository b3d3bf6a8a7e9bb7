//! Keeping the whole world, and going on from one that was kept.
//!
//! Both wait for a quiet point: the clock stands, no function runs, and requests wait at the
//! gateway. So no invocation is cut in two.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::warn;

use crate::cloud::Cloud;
use crate::table;
use crate::world::{Form, Stripe, World, WorldError};
use crate::world_file::{WorldFile, WorldFileError};

/// Time between two looks whether there is something to keep.
const PAUSE: Duration = Duration::from_secs(2);

/// Counts of what may change a world after it was kept: functions that ran, moves of the clock,
/// messages, and calls of others to Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stirred([u64; 4]);

impl Stirred {
    /// So far.
    fn of(cloud: &Cloud) -> Self {
        Self([
            cloud.gate.begun(),
            *cloud.clock.moves().borrow(),
            *cloud.queues.changes().borrow(),
            *cloud.webhook.changes().borrow(),
        ])
    }
}

/// The world as text.
pub async fn take(cloud: &Cloud) -> Result<String, WorldError> {
    let _the_clock_stands = cloud.timeline.hold().await;
    let _requests_wait = cloud.gateway.hold().await;
    let world = World {
        form: Form::default(),
        clock: cloud.clock.kept(),
        entropy: cloud.entropy.drawn(),
        keys: cloud.keys.now().clone(),
        demo: cloud.demo.load(Ordering::Relaxed),
        accounts: cloud.directory.ids(),
        secrets: cloud.secrets.all(),
        mails: cloud.outbox.mails(),
        queues: cloud.queues.kept(),
        streams: cloud.streams.kept(),
        schedules: cloud.timeline.schedules().kept(),
        gate: cloud.gate.kept(),
        deliveries: cloud.deliveries.kept(),
        stripe: cloud.stripe.simulator().look(Stripe::of)?,
        table: table::items(cloud.gate.database(), cloud.template.tables.keys())?,
    };
    world.text(&cloud.addresses)
}

/// Goes on from a world in the place of this one; after an error, this one goes on.
pub async fn put(cloud: &Cloud, text: &str) -> Result<(), WorldError> {
    let world = World::read(text, &cloud.addresses)?;
    let engine = world.stripe.engine()?;
    if let Some(queue) = cloud.queues.lacks(&world.queues) {
        return Err(WorldError::Queue(queue.to_owned()));
    }
    let _the_clock_stands = cloud.timeline.hold().await;
    let _requests_wait = cloud.gateway.hold().await;
    table::replace(cloud.gate.database(), &cloud.template.tables, &world.table)?;
    // From here on nothing fails.
    cloud.pool.forget_instances();
    cloud.stripe.simulator().replace(engine, || cloud.clock.go_on(world.clock));
    cloud.gate.go_on(world.gate, world.table.values().flatten());
    if let Some(drawn) = world.entropy {
        cloud.entropy.go_on(drawn);
    }
    cloud.keys.go_on(world.keys);
    cloud.demo.store(world.demo, Ordering::Relaxed);
    cloud.directory.go_on(world.accounts);
    cloud.secrets.go_on(world.secrets);
    cloud.outbox.go_on(world.mails);
    cloud.streams.go_on(world.streams);
    cloud.timeline.schedules().go_on(world.schedules, cloud.clock.now());
    cloud.deliveries.go_on(world.deliveries);
    cloud.queues.go_on(world.queues);
    Ok(())
}

/// Keeps the world in a directory.
pub async fn keep(cloud: &Cloud, data: &WorldFile) -> Result<(), WorldFileError> {
    let _one_at_a_time = data.turn().await;
    match take(cloud).await {
        Ok(text) => data.keep(&text),
        Err(error) => Err(WorldFileError::World(data.path(), error)),
    }
}

/// Keeps the world in a directory at quiet points, while something happens in it.
pub async fn keep_on(cloud: Arc<Cloud>, data: Arc<WorldFile>) {
    let mut kept = None;
    loop {
        let stirred = Stirred::of(&cloud);
        if kept != Some(stirred) {
            if let Err(error) = keep(&cloud, &data).await {
                warn!("the world was not kept: {error}");
            }
            kept = Some(stirred);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
