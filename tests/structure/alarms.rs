//! Alarms: what the code says, what template.yaml counts and rings, and what the runbook explains.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::constants::constants;
use crate::rust::Source;
use crate::template::{functions, resources, template};
use crate::{hold, reach, tree};

/// The namespace of what our own log lines count.
const NAMESPACE: &str = "Tollgate";

type Names = BTreeSet<String>;

/// What is said about alarms in one place each.
#[derive(Debug, Default, Clone)]
struct Alarms {
    /// Names in shared/runtime/src/telemetry.rs.
    named: Names,
    /// Function's binary and alarm, as the code logs it.
    logged: BTreeSet<(String, String)>,
    /// The same, as a metric filter of the function's log group counts it.
    counted: BTreeSet<(String, String)>,
    /// Alarms of template.yaml on our own counts.
    rung: Names,
    /// All alarms of template.yaml.
    deployed: Names,
    /// Headings of the runbook that begin with a capital and are one word.
    explained: Names,
}

/// Metric filters: the binary whose log group they read, and the alarm that they count.
fn counted(template: &Value, complaints: &mut Vec<String>) -> BTreeSet<(String, String)> {
    let mut counted = BTreeSet::new();
    for (name, filter) in resources(template, "AWS::Logs::MetricFilter") {
        let properties = &filter["Properties"];
        let group = &properties["LogGroupName"];
        let reader =
            functions(template).find(|(_, _, it)| it["LoggingConfig"]["LogGroup"] == *group);
        let metric = properties.pointer("/MetricTransformations/0/MetricName");
        let metric = metric.and_then(Value::as_str).unwrap_or_default();
        let pattern = format!("{{ $.alarm = \"{metric}\" }}");
        let namespace = properties.pointer("/MetricTransformations/0/MetricNamespace");
        if properties["FilterPattern"] != pattern.as_str() {
            complaints.push(format!("{name} counts {metric}, so its pattern must be `{pattern}`"));
        }
        if namespace.and_then(Value::as_str) != Some(NAMESPACE) {
            complaints.push(format!("{name} counts outside the namespace {NAMESPACE}"));
        }
        match reader {
            Some((_, binary, _)) => drop(counted.insert((binary.to_owned(), metric.to_owned()))),
            None => complaints.push(format!("{name} reads a log group of no function")),
        }
    }
    counted
}

/// Alarms: those on our own counts, and all.
fn alarms(template: &Value, complaints: &mut Vec<String>) -> (Names, Names) {
    let (mut rung, mut all) = (Names::new(), Names::new());
    for (name, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        all.insert(name.to_owned());
        if properties["Namespace"] == NAMESPACE {
            rung.insert(name.to_owned());
            if properties["MetricName"] != name {
                complaints.push(format!("the alarm {name} must watch the metric {name}"));
            }
        }
        if properties["AlarmActions"].as_array().is_none_or(Vec::is_empty) {
            complaints.push(format!("the alarm {name} tells nobody: give it AlarmActions"));
        }
        let description = properties["AlarmDescription"].as_str().unwrap_or_default();
        if !description.ends_with(&format!("infra/RUNBOOK.md, {name}.")) {
            complaints.push(format!("the alarm {name} must say `infra/RUNBOOK.md, {name}.`"));
        }
    }
    (rung, all)
}

/// The headings of the runbook that name an alarm: one word with a capital.
fn explained(runbook: &str) -> Names {
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    let is_alarm = |it: &&str| !it.contains(' ') && it.starts_with(|c: char| c.is_uppercase());
    headings.filter(is_alarm).map(str::to_owned).collect()
}

/// The alarms that a function's code names, by their constants.
fn logged(binary: &str, constants: &[(String, String)]) -> Vec<(String, String)> {
    let code: String = reach::sources(binary).iter().map(Source::squeezed).collect();
    let is_named = |constant: &str| {
        let path = format!("alarm::{constant}");
        let mut after = code.split(&path).skip(1);
        after.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let named = constants.iter().filter(|(constant, _)| is_named(constant));
    named.map(|(_, name)| (binary.to_owned(), name.clone())).collect()
}

impl Alarms {
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut differ = |what: &str, left: &Names, right: &Names| {
            let names = left.difference(right);
            complaints.extend(names.map(|name| format!("{name}: {what}")));
        };
        differ("give it an alarm in template.yaml", &self.named, &self.rung);
        differ("an alarm on a name that telemetry.rs does not have", &self.rung, &self.named);
        differ("give it a heading in infra/RUNBOOK.md", &self.deployed, &self.explained);
        differ(
            "infra/RUNBOOK.md explains an alarm that is not there",
            &self.explained,
            &self.deployed,
        );
        let logged: Names = self.logged.iter().map(|(_, name)| name.clone()).collect();
        differ("nothing logs it: remove it from telemetry.rs", &self.named, &logged);
        let uncounted = self.logged.difference(&self.counted);
        complaints.extend(uncounted.map(|(binary, name)| {
            format!("functions/{binary} logs {name}: give its log group a metric filter")
        }));
        let silent = self.counted.difference(&self.logged);
        complaints.extend(silent.map(|(binary, name)| {
            format!("a metric filter counts {name} of functions/{binary}, which never logs it")
        }));
        complaints
    }
}

/// Goal: whatever the code calls an alarm rings, and whoever is woken by it finds what to do.
#[test]
fn every_alarm_rings_and_is_explained() {
    let template = template();
    let constants = constants(&tree::text("shared/runtime/src/telemetry.rs"));
    assert!(!constants.is_empty(), "no alarm was found in telemetry.rs");
    let mut complaints = Vec::new();
    let counted = counted(&template, &mut complaints);
    let (rung, deployed) = alarms(&template, &mut complaints);
    let all = Alarms {
        named: constants.iter().map(|(_, name)| name.clone()).collect(),
        logged: functions(&template).flat_map(|(_, it, _)| logged(it, &constants)).collect(),
        counted,
        rung,
        deployed,
        explained: explained(&tree::text("infra/RUNBOOK.md")),
    };
    complaints.extend(all.complaints());
    hold(&complaints);
}

#[test]
fn an_alarm_without_its_counterpart_is_found() {
    let names = |name: &str| Names::from([name.to_owned()]);
    let pair = BTreeSet::from([("f".to_owned(), "A".to_owned())]);
    let good = Alarms {
        named: names("A"),
        logged: pair.clone(),
        counted: pair,
        rung: names("A"),
        deployed: names("A"),
        explained: names("A"),
    };
    assert_eq!(good.complaints(), Vec::<String>::new());
    let none = BTreeSet::new;
    let bad = [
        Alarms { rung: Names::new(), ..good.clone() },
        Alarms { explained: Names::new(), ..good.clone() },
        Alarms { explained: names("B"), ..good.clone() },
        Alarms { counted: none(), ..good.clone() },
        Alarms { logged: none(), ..good.clone() },
        Alarms { named: Names::new(), ..good.clone() },
    ];
    for alarms in bad {
        assert_ne!(alarms.complaints().len(), 0, "{alarms:?}");
    }
    assert_eq!(explained("# Runbook\n## Redriving dead letters\n## A\n### B\n"), names("A"));
}

#[test]
fn a_filter_or_an_alarm_that_points_nowhere_is_found() {
    let template = crate::template::parse(
        "Resources:\n  F: {Type: 'AWS::Logs::MetricFilter', Properties: {LogGroupName: !Ref L, \
         FilterPattern: other, MetricTransformations: [{MetricName: A, MetricNamespace: Other}]}}\n  \
         A: {Type: 'AWS::CloudWatch::Alarm', Properties: {Namespace: Tollgate, MetricName: B}}\n",
    );
    let mut complaints = Vec::new();
    assert_eq!(counted(&template, &mut complaints).len(), 0);
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    alarms(&template, &mut complaints);
    assert_eq!(complaints.len(), 6, "{complaints:?}");
}
