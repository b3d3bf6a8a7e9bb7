//! Dead letters, for tests of what makes one: those of the table, and those that are on their way
//! there.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{TABLE, dynamodb};

/// A dead letter that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id of the letter; empty for one that is not in the table yet.
    pub id: String,
    /// Body of the message.
    pub body: String,
    /// Reason.
    pub reason: Option<String>,
}

/// Dead letters that are open. One that is being taken from the queue is found once.
pub async fn dead_letters(cloud: &Running) -> Vec<Letter> {
    let messages = cloud.queues().messages("DeadLetterQueue").unwrap();
    let (mut letters, mut kept): (Vec<Letter>, Vec<String>) = (Vec::new(), Vec::new());

    let scan = dynamodb(cloud).scan().table_name(TABLE).consistent_read(true);
    for item in scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap() {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        if text("entity").as_deref() != Some("dead_letter") {
            continue;
        }
        let id = text("id").unwrap();
        kept.push(id.clone());
        if !item.contains_key("ended") {
            letters.push(Letter { id, body: text("body").unwrap(), reason: text("reason") });
        }
    }
    for message in messages {
        let id = format!("dl_{}", message.id.replace('-', ""));
        if !kept.contains(&id) {
            let (body, reason) = (message.body.clone(), message.reason());
            letters.push(Letter { id: String::new(), body, reason });
        }
    }
    letters
}

/// Redrives every open letter, as staff do. Returns how many.
pub async fn redrive_letters(cloud: &Running) -> usize {
    cloud.clock().run_due().await;
    let letters: Vec<_> =
        dead_letters(cloud).await.into_iter().filter(|it| !it.id.is_empty()).collect();
    for letter in &letters {
        let (status, answer) = redrive(cloud, &letter.id).await;
        assert_eq!(status, 200, "{answer}");
    }
    letters.len()
}

/// Redrives one letter.
pub async fn redrive(cloud: &Running, id: &str) -> (u16, Value) {
    let path = format!("/v1/staff/dead-letters/{id}/redrive");
    let reason = json!({ "reason": "The cause is gone." });
    Box::pin(cloud.call(cloud.staff_key(), Method::POST, &path, &reason)).await
}
