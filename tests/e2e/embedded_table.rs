//! The embedded table, which all other tests rest on, does what our store expects of DynamoDB.

use crate::table_story::tell;
use crate::world::{TABLE, cloud};

/// Goal: every step of the story ends as it must.
#[tokio::test]
async fn the_embedded_table_answers_as_expected() {
    let cloud = cloud().await;

    let lines = tell(cloud.dynamodb_url(), TABLE).await;

    assert!(lines.len() > 50, "only {} steps", lines.len());
}
