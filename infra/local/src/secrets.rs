//! A double of Secrets Manager: `GetSecretValue`, of values that can be changed while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::tasks::lock;

/// Secrets by ARN; each holds several values at once, the newest first.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<BTreeMap<String, Vec<String>>>);

impl Secrets {
    /// Sets a secret's values: `[new, old]` while one is rolled.
    pub fn set(&self, id: &str, values: Vec<String>) {
        lock(&self.0).insert(id.to_owned(), values);
    }

    /// A secret's values.
    pub fn get(&self, id: &str) -> Option<Vec<String>> {
        lock(&self.0).get(id).cloned()
    }
}

impl Secrets {
    /// All of them.
    pub fn all(&self) -> BTreeMap<String, Vec<String>> {
        lock(&self.0).clone()
    }

    /// Goes on with these.
    pub fn go_on(&self, all: BTreeMap<String, Vec<String>>) {
        *lock(&self.0) = all;
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    secret_id: String,
}

/// The route.
pub fn serve(secrets: Arc<Secrets>) -> Router {
    Router::new().route("/", post(handle)).with_state(secrets)
}

async fn handle(State(secrets): State<Arc<Secrets>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if target != Some("secretsmanager.GetSecretValue") {
        return refuse("InvalidRequestException", "local mode knows GetSecretValue only");
    }
    let Ok(input) = serde_json::from_slice::<Input>(&body) else {
        return refuse("InvalidParameterException", "SecretId is missing");
    };
    match secrets.get(&input.secret_id) {
        Some(values) => answer(
            StatusCode::OK,
            &json!({
                "ARN": input.secret_id,
                "Name": input.secret_id.rsplit(':').next(),
                "SecretString": json!(values).to_string(),
                "VersionStages": ["AWSCURRENT"],
            }),
        ),
        None => {
            refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        }
    }
}

fn refuse(kind: &str, detail: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "Message": detail }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [("content-type", "application/x-amz-json-1.1")];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use runtime::secrets::SecretList;

    use crate::tests::stub_cloud;

    #[tokio::test]
    async fn a_secret_is_read_by_the_sdk_and_can_be_rolled() {
        let cloud = stub_cloud().await;
        let client = cloud.host("Stub").secrets_manager().unwrap();
        let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:Secret";
        let secret = SecretList::new(client.clone(), arn);

        assert_eq!(secret.read().await.unwrap(), [cloud.webhook_secret()]);
        cloud.set_webhook_secrets(vec!["whsec_new".to_owned(), "whsec_old".to_owned()]);

        assert_eq!(secret.read().await.unwrap(), ["whsec_new", "whsec_old"]);
        assert_eq!(cloud.webhook_secret(), "whsec_new");
        assert!(SecretList::new(client, "another").read().await.is_err());
    }
}
