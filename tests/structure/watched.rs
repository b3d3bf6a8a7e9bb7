//! What AWS itself counts: the gateway's 5xx, errors of workers, ages of queues, and schedules. A
//! new worker, queue or schedule that no alarm watches is found here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hold;
use crate::template::{functions, resources, template};

/// Most metrics of one alarm: AWS refuses more.
const METRICS_MAX: usize = 10;

/// The logical names that an alarm watches by a metric: whatever its dimensions refer to.
fn watched(template: &Value, alarm: &str) -> BTreeSet<String> {
    let properties = &template["Resources"][alarm]["Properties"];
    let metrics = properties["Metrics"].as_array().into_iter().flatten();
    let dimensions =
        metrics.map(|metric| &metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]);
    dimensions.filter_map(referred).collect()
}

/// The resource that `!Ref` or `!GetAtt` names.
fn referred(value: &Value) -> Option<String> {
    let name = value["Ref"].as_str().or(value["Fn::GetAtt"].as_str());
    let name = name.or(value["Fn::GetAtt"][0].as_str())?;
    name.split('.').next().map(str::to_owned)
}

/// True if one of the function's events is of one of these types.
fn has_event(function: &Value, kinds: &[&str]) -> bool {
    let events = function["Events"].as_object().into_iter().flatten();
    events.map(|(_, event)| &event["Type"]).any(|kind| kinds.iter().any(|known| kind == known))
}

fn with_events(template: &Value, kinds: &[&str]) -> BTreeSet<String> {
    let all = functions(template).filter(|(_, _, function)| has_event(function, kinds));
    all.map(|(name, _, _)| name.to_owned()).collect()
}

/// The queues that a function works off.
fn queues(template: &Value) -> BTreeSet<String> {
    let mut queues = BTreeSet::new();
    for (_, _, function) in functions(template) {
        let events = function["Events"].as_object().into_iter().flatten();
        queues.extend(events.filter_map(|(_, event)| referred(&event["Properties"]["Queue"])));
    }
    queues
}

fn without(all: &BTreeSet<String>, some: &BTreeSet<String>) -> BTreeSet<String> {
    all.difference(some).cloned().collect()
}

/// Functions whose errors have an alarm of their own.
fn watched_alone(template: &Value) -> BTreeSet<String> {
    let alarms = resources(template, "AWS::CloudWatch::Alarm").map(|(_, it)| &it["Properties"]);
    let of_errors = alarms.filter(|it| it["MetricName"] == "Errors");
    of_errors.filter_map(|it| referred(&it["Dimensions"][0]["Value"])).collect()
}

/// Functions that work off one of those queues.
fn workers_of(template: &Value, of: &BTreeSet<String>) -> BTreeSet<String> {
    let works = |function: &Value| {
        let mut events = function["Events"].as_object().into_iter().flatten();
        let queue = |event: &Value| referred(&event["Properties"]["Queue"]);
        events.any(|(_, event)| queue(event).is_some_and(|it| of.contains(&it)))
    };
    let all = functions(template).filter(|(_, _, function)| works(function));
    all.map(|(name, _, _)| name.to_owned()).collect()
}

fn complaints(template: &Value) -> Vec<String> {
    let mut complaints = too_large(template);
    let mut differ = |alarm: &str, wanted: BTreeSet<String>| {
        let watched = watched(template, alarm);
        complaints.extend(wanted.difference(&watched).map(|it| format!("{alarm} must watch {it}")));
        complaints.extend(watched.difference(&wanted).map(|it| format!("{alarm} watches {it}")));
    };
    // Dead letters have an alarm of their own, which rings when they stay on their queue for
    // whatever reason.
    let apart = watched(template, "DeadLetterDepth");
    let workers = with_events(template, &["SQS", "ScheduleV2", "DynamoDB"]);
    let workers = without(&workers, &workers_of(template, &apart));
    differ("WorkerErrors", without(&workers, &watched_alone(template)));
    differ("ScheduleSilent", with_events(template, &["ScheduleV2"]));
    differ("QueueAge", without(&queues(template), &apart));

    let gateways = resources(template, "AWS::Serverless::HttpApi");
    let gateways: BTreeSet<_> = gateways.map(|(name, _)| name.to_owned()).collect();
    let value = &template["Resources"]["Gateway5xx"]["Properties"]["Dimensions"][0]["Value"];
    if referred(value).is_none_or(|name| gateways != BTreeSet::from([name])) {
        complaints.push("Gateway5xx must watch the gateway".to_owned());
    }
    complaints
}

/// Alarms with more metrics than AWS takes.
fn too_large(template: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        let metrics = alarm["Properties"]["Metrics"].as_array().into_iter().flatten();
        let count = metrics.filter(|metric| metric["MetricStat"].is_object()).count();
        if count > METRICS_MAX {
            complaints.push(format!("{name} has {count} metrics, and {METRICS_MAX} are possible"));
        }
    }
    complaints
}

/// Goal: whatever runs without a caller rings when it fails, waits or does not run.
#[test]
fn every_worker_queue_and_schedule_is_watched() {
    let template = template();
    assert_ne!(queues(&template).len(), 0, "no queue was found");
    hold(&complaints(&template));
}

#[test]
fn a_worker_a_queue_or_a_schedule_that_nothing_watches_is_found() {
    let mut template = template();
    for alarm in ["WorkerErrors", "QueueAge", "ScheduleSilent"] {
        let metrics = &mut template["Resources"][alarm]["Properties"]["Metrics"];
        metrics.as_array_mut().expect("metrics").pop().expect("a metric");
    }
    template["Resources"]["Gateway5xx"]["Properties"]["Dimensions"] = Value::Null;
    assert_eq!(complaints(&template).len(), 4);

    let metrics = &mut template["Resources"]["QueueAge"]["Properties"]["Metrics"];
    let metrics = metrics.as_array_mut().expect("metrics");
    let more: Vec<Value> = metrics.iter().cycle().take(2 * METRICS_MAX).cloned().collect();
    metrics.extend(more);
    let found = complaints(&template);
    assert!(found.iter().any(|it| it.contains("are possible")), "{found:?}");
}
