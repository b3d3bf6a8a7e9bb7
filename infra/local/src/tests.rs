//! A cloud with a stub function, for tests of this crate.

use crate::{Options, Running, start};
use billing::time::Timestamp;

/// A table, two queues, and one function that serves a route and a queue.
pub const TEMPLATE: &str = r"
Parameters:
  Grace:
    Default: 3
Globals:
  Function:
    Timeout: 5
    Environment:
      Variables:
        TABLE_NAME: !Ref Table
Resources:
  Stub:
    Type: AWS::Serverless::Function
    Metadata:
      BuildProperties:
        Binary: stub
    Properties:
      Environment:
        Variables:
          RETRY_QUEUE_URL: !Ref Retry
          GRACE_DAYS: !Ref Grace
      Events:
        Post:
          Type: HttpApi
          Properties: { Method: POST, Path: /do }
        Read:
          Type: HttpApi
          Properties: { Method: GET, Path: '/things/{id}' }
        Fixed:
          Type: HttpApi
          Properties: { Method: GET, Path: /things/fixed }
        Retries:
          Type: SQS
          Properties:
            Queue: !GetAtt Retry.Arn
            BatchSize: 10
            FunctionResponseTypes: [ReportBatchItemFailures]
      Policies:
        - Statement:
            - Effect: Deny
              Action: dynamodb:PutItem
              Resource: !GetAtt Table.Arn
              Condition:
                ForAnyValue:StringLike:
                  dynamodb:LeadingKeys: 'KEY#*'
            - Effect: Allow
              Action: dynamodb:PutItem
              Resource: !GetAtt Table.Arn
            - Effect: Allow
              Action: sqs:SendMessage
              Resource: [!GetAtt Retry.Arn, !GetAtt Dead.Arn]
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: pk, AttributeType: S }
        - { AttributeName: sk, AttributeType: S }
      KeySchema:
        - { AttributeName: pk, KeyType: HASH }
        - { AttributeName: sk, KeyType: RANGE }
  Retry:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 3
  Dead:
    Type: AWS::SQS::Queue
  Secret:
    Type: AWS::SecretsManager::Secret
";

/// The time at which its clock stands.
pub const NOON: &str = "2026-11-01T12:00:00Z";

/// Starts it.
pub async fn stub_cloud() -> Running {
    stub_cloud_of(TEMPLATE).await
}

/// Starts one of another template.
pub async fn stub_cloud_of(template: &str) -> Running {
    let options = Options {
        clock: Some(Timestamp::parse(NOON).unwrap()),
        seed: Some(1),
        template: Some(template.to_owned()),
        ..Options::default()
    };
    start(options).await.unwrap()
}

/// The request that lets the stub take these steps.
pub fn steps(steps: &[&str]) -> http::Request<bytes::Bytes> {
    http::Request::post("/do")
        .header("content-type", "application/json")
        .body(bytes::Bytes::from(serde_json::json!(steps).to_string()))
        .unwrap()
}

/// What became of them.
pub fn done(response: &http::Response<bytes::Bytes>) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    let done = body["done"].as_array().cloned().unwrap_or_default();
    done.iter().map(|step| step.as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn many_clouds_run_side_by_side() {
    let began = tokio::time::Instant::now();
    let clouds = futures_util::future::join_all((0..20).map(|_| stub_cloud())).await;
    println!("{:?}", began.elapsed());
    let urls: std::collections::BTreeSet<&str> = clouds.iter().map(Running::gateway_url).collect();
    assert_eq!(urls.len(), clouds.len());
}

/// Goal: a cloud that has nothing to do waits. Looking whether it has is no change that wakes it.
#[tokio::test]
async fn a_cloud_with_nothing_to_do_is_still() {
    let cloud = stub_cloud().await;
    cloud.clock().advance("0s").await.unwrap();
    let changes = cloud.stripe().changes();
    cloud.clock().advance("0s").await.unwrap();
    assert!(!changes.has_changed().unwrap());
}
