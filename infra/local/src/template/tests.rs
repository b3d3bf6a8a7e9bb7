use super::*;

fn places() -> Places {
    Places::new("http://127.0.0.1:9".to_owned())
}

fn deployed() -> Template {
    Template::read(include_str!("../../../../template.yaml"), &places()).unwrap()
}

#[test]
fn the_deployed_template_is_understood() {
    let template = deployed();
    for function in ["Access", "Accounts", "InvoiceRun", "RetryWorker", "StripeWebhook"] {
        assert!(template.functions.contains_key(function), "{function}");
    }
    let retries = Mapping {
        queue: "RetryQueue".to_owned(),
        function: "RetryWorker".to_owned(),
        batch_max: 2,
        concurrency_max: 10,
        reports_failures: true,
    };
    assert!(template.mappings.contains(&retries), "{:?}", template.mappings);
    let daily = template.schedules.iter().find(|schedule| schedule.name == "InvoiceRunDaily");
    assert_eq!(daily.unwrap().expression.to_string(), "cron(15 0 * * ? *)");
    let webhook = &template.functions["StripeWebhook"];
    assert_eq!(webhook.environment["TABLE_NAME"], "Table");
    assert_eq!(
        webhook.environment["RETRY_QUEUE_URL"],
        "http://127.0.0.1:9/000000000000/RetryQueue"
    );
    assert_eq!(webhook.environment["STRIPE_MODE"], "test");
    assert_eq!(webhook.timeout_seconds, 10);
    assert_eq!(template.functions["RetryWorker"].timeout_seconds, 30);
    assert!(template.routes.iter().any(|route| route.key() == "POST /webhooks/stripe"));
    let redrive = template.queues["RetryQueue"].redrive.as_ref().unwrap();
    assert_eq!((redrive.target.as_str(), redrive.receives_max), ("DeadLetterQueue", 400));
    assert_eq!(template.tables["Table"]["GlobalSecondaryIndexes"][0]["IndexName"], "due");
}

#[test]
fn a_queue_is_invisible_six_times_as_long_as_its_function_may_take() {
    let template = deployed();
    for mapping in &template.mappings {
        let queue = &template.queues[&mapping.queue];
        let function = &template.functions[&mapping.function];
        assert!(queue.visibility_seconds >= function.timeout_seconds * 6, "{mapping:?}");
    }
}

/// A template with one good function, changed.
fn changed(from: &str, to: &str) -> Result<Template, TemplateError> {
    let good = r"
Parameters:
  Days: { Type: Number, Default: 3 }
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: stub } }
    Properties:
      Timeout: 5
      Environment: { Variables: { DAYS: !Ref Days, WHERE: !Sub '${AWS::Region}/${Q}' } }
      Events:
        Post: { Type: HttpApi, Properties: { Method: POST, Path: /do } }
        Tick: { Type: ScheduleV2, Properties: { ScheduleExpression: 'rate(1 hour)' } }
        Take: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn } }
      Policies:
        - Statement:
            - { Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn }
  Q:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 30 }
";
    assert!(good.contains(from), "{from}");
    Template::read(&good.replacen(from, to, 1), &places())
}

#[test]
fn expressions_are_resolved() {
    let template = changed("stub", "stub").unwrap();
    let environment = &template.functions["F"].environment;
    assert_eq!(environment["DAYS"], "3");
    assert_eq!(environment["WHERE"], "us-east-1/http://127.0.0.1:9/000000000000/Q");
    assert_eq!(
        template.functions["F"].policy.allowed,
        [Permission {
            action: "sqs:SendMessage".to_owned(),
            resource: "arn:aws:sqs:us-east-1:000000000000:Q".to_owned(),
        }]
    );
}

/// Goal: a denial is read with the keys that it is about, and any other condition is refused.
#[test]
fn a_denial_is_about_leading_keys() {
    let allow = "{ Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn }";
    let deny = |condition: &str| {
        let deny =
            "{ Effect: Deny, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn, Condition: ";
        changed(allow, &format!("{deny}{condition} }}"))
    };

    let template =
        deny("{ 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*'] } }").unwrap();

    let denied = &template.functions["F"].policy.denied;
    assert_eq!((denied.len(), denied[0].leading.as_str()), (1, "KEY#"));
    assert_eq!(template.functions["F"].policy.allowed, []);
    for other in [
        "{ StringLike: { 'dynamodb:LeadingKeys': 'KEY#*' } }",
        "{ 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': 'KEY' } }",
        "{ 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': '*KEY*' } }",
        "{ 'ForAnyValue:StringLike': { 'aws:SourceIp': 'KEY#*' } }",
    ] {
        assert!(deny(other).is_err(), "{other}");
    }
}

#[test]
fn a_schedule_says_when_and_what() {
    let template = changed("'rate(1 hour)'", "'cron(15 0 * * ? *)', Input: '{\"a\": 1}'").unwrap();
    let [schedule] = template.schedules.as_slice() else { panic!("{:?}", template.schedules) };
    assert_eq!((schedule.name.as_str(), schedule.function.as_str()), ("FTick", "F"));
    assert_eq!(schedule.expression.to_string(), "cron(15 0 * * ? *)");
    assert_eq!(schedule.input, "{\"a\": 1}");
    assert_eq!(changed("stub", "stub").unwrap().schedules[0].input, "{}");
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let cases = [
        ("Timeout: 5", "Layers: [x]", "Resources.F.Properties.Layers"),
        ("Timeout: 5", "Timeout: 0", "Resources.F.Properties.Timeout"),
        ("Timeout: 5", "Timeout: !FindInMap [a, b, c]", "Resources.F.Properties.Timeout"),
        ("!Ref Days", "!Ref Nobody", "Nobody"),
        ("!Ref Days", "!ImportValue x", "!ImportValue"),
        ("!Ref Days", "{ Ref: Days }", "Variables.DAYS"),
        ("${Q}", "${Q.Colour}", "Q.Colour"),
        ("Type: HttpApi", "Type: Api", "Events.Post.Type (Api)"),
        ("Type: HttpApi", "Type: Schedule", "Events.Post.Type (Schedule)"),
        ("rate(1 hour)", "at(2026-11-22T00:00:00)", "Properties.ScheduleExpression"),
        ("rate(1 hour)", "cron(0 0 L * ? *)", "cron(0 0 L * ? *)"),
        ("rate(1 hour)'", "rate(1 hour)', ScheduleExpressionTimezone: Asia/Tokyo", "Timezone"),
        ("rate(1 hour)'", "rate(1 hour)', State: DISABLED", "Events.Tick.Properties.State"),
        ("Method: POST", "Method: ANY", "Method (ANY)"),
        ("Path: /do", "Path: '/{proxy+}'", "Path (/{proxy+})"),
        ("Path: /do", "Path: /do, Auth: { Authorizer: x }", "Properties.Auth"),
        ("Queue: !GetAtt Q.Arn", "Queue: 'arn:aws:sqs:eu-west-1:1:Q'", "arn:aws:sqs:eu-west-1:1:Q"),
        ("Queue: !GetAtt Q.Arn", "Queue: !GetAtt Q.Arn, BatchSize: 11", "BatchSize"),
        ("Queue: !GetAtt Q.Arn", "Queue: !GetAtt Q.Arn, FilterCriteria: {}", "FilterCriteria"),
        ("Effect: Allow", "Effect: Deny", "LeadingKeys"),
        ("Effect: Allow", "Effect: Perhaps", "Effect"),
        ("Action: 'sqs:SendMessage'", "Action: 'sqs:*'", "sqs:*"),
        ("Binary: stub", "Features: [x]", "Binary"),
        ("AWS::SQS::Queue", "AWS::Kinesis::Stream", "Q"),
        ("VisibilityTimeout: 30", "FifoQueue: true", "Resources.Q.Properties.FifoQueue"),
        ("VisibilityTimeout: 30", "VisibilityTimeout: 50000", "VisibilityTimeout"),
        (
            "Type: AWS::SQS::Queue",
            "Type: AWS::SQS::Queue\n    Condition: Live",
            "Resources.Q.Condition",
        ),
        ("Resources:", "Mappings: {}\nResources:", "template.yaml.Mappings"),
        ("Days: { Type: Number, Default: 3 }", "Days: { Type: Number }", "Parameters.Days.Default"),
    ];
    for (from, to, named) in cases {
        let error = changed(from, to).expect_err(to).to_string();
        assert!(error.contains(named), "{to}: {error}");
    }
}

#[test]
fn what_is_not_yaml_is_refused() {
    assert!(matches!(Template::read("a: [", &places()), Err(TemplateError::Yaml(_))));
    assert!(matches!(Template::read("", &places()), Err(TemplateError::Yaml(_))));
}
