//! A cloud whose stub function is started by schedules.

use billing::time::Timestamp;

use crate::tests::{NOON, TEMPLATE};
use crate::{Options, Running, start};

/// The stub cloud with a schedule.
async fn scheduled(expression: &str, step: &str) -> Running {
    scheduled_as("Stub", expression, step).await
}

/// The stub cloud with a schedule, whose function has that name.
async fn scheduled_as(function: &str, expression: &str, step: &str) -> Running {
    let event = format!(
        "      Events:\n        Tick:\n          Type: ScheduleV2\n          Properties:\n            \
         ScheduleExpression: {expression}\n            Input: '{{\"steps\": [\"{step}\"]}}'\n"
    );
    let options = Options {
        clock: Some(Timestamp::parse(NOON).unwrap()),
        template: Some(TEMPLATE.replacen("      Events:\n", &event, 1).replace("Stub", function)),
        ..Options::default()
    };
    start(options).await.unwrap()
}

/// Bodies of the messages that the schedule sent to a queue that keeps them.
fn sent(cloud: &Running) -> Vec<String> {
    let messages = cloud.queues().messages("Dead").unwrap();
    messages.into_iter().map(|message| message.body).collect()
}

/// Goal: a function runs at each of its times, in order, and is told which.
#[tokio::test]
async fn a_schedule_fires_at_its_times_and_says_which() {
    let cloud = scheduled("cron(0 0/12 * * ? *)", "bury <aws.scheduler.scheduled-time>").await;
    cloud.clock().run_due().await;
    assert_eq!(sent(&cloud), [""; 0], "noon itself is over");
    cloud.clock().advance("12h").await.unwrap();
    assert_eq!(sent(&cloud), ["2026-11-02T00:00:00Z"]);
    cloud.clock().advance("1d").await.unwrap();
    assert_eq!(sent(&cloud)[1..], ["2026-11-02T12:00:00Z", "2026-11-03T00:00:00Z"]);
    assert_eq!(cloud.clock().next_due(), Some(Timestamp::parse("2026-11-03T12:00:00Z").unwrap()));
}

/// Goal: a function that fails is tried again as Lambda does it, after one minute and after two
/// more, and the next time comes all the same.
#[tokio::test]
async fn a_failure_is_tried_twice_more() {
    let cloud = scheduled("rate(1 day)", "panic").await;
    let due = |after: i64| Some(Timestamp::parse(NOON).unwrap().plus_seconds(after));
    for next in [86_400, 86_460, 86_580, 172_800] {
        assert_eq!(cloud.clock().next_due(), due(next));
        cloud.clock().advance_to(due(next).unwrap()).await;
    }
}

/// Goal: an hourly schedule with nothing to do is looked at once a day: a year of it is some
/// hundred invocations. One that compares with Stripe waits for longer each time, up to a week.
#[tokio::test]
async fn a_year_is_cheap() {
    let end = Timestamp::parse("2027-11-01T12:00:00Z").unwrap();
    for (function, most) in [("Stub", 366), ("Reconcile", 60)] {
        let cloud = scheduled_as(function, "rate(1 hour)", "send nothing").await;
        let mut fired = 0;
        while let Some(due) = cloud.clock().next_due().filter(|due| *due <= end) {
            cloud.clock().advance_to(due).await;
            fired += 1;
        }
        assert!((most - 10..=most).contains(&fired), "{function}: {fired}");
    }
}

/// Goal: the function whose pages wake no schedule has that name in the template.
#[test]
fn what_compares_is_in_the_template() {
    let template = include_str!("../../../../template.yaml");
    assert!(template.contains(&format!(
        "\n  {}:\n    Type: AWS::Serverless::Function\n",
        crate::gate::COMPARES
    )));
}
