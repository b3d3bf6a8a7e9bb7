//! The accounts that were made since the start, for the control page: the API has no list of all
//! accounts, and local mode does not look into the table past the functions.

use std::collections::BTreeSet;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde::Deserialize;

use crate::tasks::lock;

/// Where accounts are made.
const ACCOUNTS_PATH: &str = "/v1/accounts";

/// Their ids.
#[derive(Debug, Default)]
pub struct Directory(Mutex<BTreeSet<String>>);

#[derive(Debug, Deserialize)]
struct Made {
    id: String,
}

impl Directory {
    /// All ids, in order.
    pub fn ids(&self) -> Vec<String> {
        lock(&self.0).iter().cloned().collect()
    }

    /// Goes on with these.
    pub fn go_on(&self, ids: Vec<String>) {
        *lock(&self.0) = ids.into_iter().collect();
    }

    /// Notes an answer, when it says that an account was made.
    pub fn note(&self, method: &Method, path: &str, response: &Response<Bytes>) {
        if method != Method::POST
            || path != ACCOUNTS_PATH
            || response.status() != StatusCode::CREATED
        {
            return;
        }
        if let Ok(made) = serde_json::from_slice::<Made>(response.body()) {
            lock(&self.0).insert(made.id);
        }
    }
}
